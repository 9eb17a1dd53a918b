/*
 * anchors.h — finds the few bytes at which a closer look is worth its time.
 *
 * Most bytes of a log begin nothing. These leaves skip them 16 at a time (SSE2, which every x86-64
 * has) or one by one elsewhere; both ways give the same answers, and the plain one is always built
 * so that a test can compare them.
 */
#ifndef WV_FILTERS_ANCHORS_H
#define WV_FILTERS_ANCHORS_H

#include "base/slice.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { WV_ANCHOR_BLOCK = 64 };

static inline bool wv_anchor_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* A point or colon of an address, the @ of an e-mail, the sign between a name and its value, the J
 * of "eyJ", the blank after "Bearer". */
static inline bool wv_anchor_is(uint8_t byte)
{
    return byte == '.' || byte == ':' || byte == '@' || byte == '=' || byte == 'J' || byte == ' ' ||
           byte == '+' || byte == '\t';
}

static inline uint64_t wv_anchor_mask_plain(const uint8_t block[WV_ANCHOR_BLOCK])
{
    uint64_t mask = 0;
    for (size_t i = 0; i < WV_ANCHOR_BLOCK; i++) {
        mask |= (uint64_t)wv_anchor_is(block[i]) << i;
    }
    return mask;
}

static inline bool wv_anchor_is_lead(uint8_t byte, bool plus)
{
    return byte == '%' || byte == '\\' || byte == '&' || byte == 0xef || (plus && byte == '+');
}

static inline size_t wv_anchor_lead_plain(struct wv_slice text, size_t at, bool plus)
{
    while (at < text.len && !wv_anchor_is_lead(text.ptr[at], plus)) {
        at++;
    }
    return at;
}

#if defined(__SSE2__)

static inline __m128i wv_anchor_load(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i wv_anchor_equal(__m128i bytes, char byte)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}

static inline __m128i wv_anchor_either(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
}

/* Bit i: byte i of the 64-byte block is an anchor. */
static inline uint64_t wv_anchor_mask(const uint8_t block[WV_ANCHOR_BLOCK])
{
    uint64_t mask = 0;
    for (size_t i = 0; i < WV_ANCHOR_BLOCK; i += 16) {
        const __m128i bytes = wv_anchor_load(block + i);
        const __m128i some =
            wv_anchor_either(wv_anchor_equal(bytes, '.'), wv_anchor_equal(bytes, ':'),
                             wv_anchor_equal(bytes, '@'), wv_anchor_equal(bytes, '='));
        const __m128i others =
            wv_anchor_either(wv_anchor_equal(bytes, 'J'), wv_anchor_equal(bytes, ' '),
                             wv_anchor_equal(bytes, '+'), wv_anchor_equal(bytes, '\t'));
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(some, others)) << i;
    }
    return mask;
}

/* The offset of the first byte that may begin an escape, or text.len. */
static inline size_t wv_anchor_lead(struct wv_slice text, bool plus)
{
    size_t at = 0;
    for (; at + 16 <= text.len; at += 16) {
        const __m128i bytes = wv_anchor_load(text.ptr + at);
        const __m128i some =
            wv_anchor_either(wv_anchor_equal(bytes, '%'), wv_anchor_equal(bytes, '\\'),
                             wv_anchor_equal(bytes, '&'), wv_anchor_equal(bytes, (char)0xef));
        unsigned mask = (unsigned)_mm_movemask_epi8(some);
        if (plus) {
            mask |= (unsigned)_mm_movemask_epi8(wv_anchor_equal(bytes, '+'));
        }
        if (mask != 0) {
            return at + (size_t)__builtin_ctz(mask);
        }
    }
    return wv_anchor_lead_plain(text, at, plus);
}

#else

static inline uint64_t wv_anchor_mask(const uint8_t block[WV_ANCHOR_BLOCK])
{
    return wv_anchor_mask_plain(block);
}

static inline size_t wv_anchor_lead(struct wv_slice text, bool plus)
{
    return wv_anchor_lead_plain(text, 0, plus);
}

#endif

#endif
