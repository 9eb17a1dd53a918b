/*
 * lanes.h — sixteen bytes side by side in a register (SSE2, which every x86-64 has).
 *
 * Only where __SSE2__ is defined, but for wv_find_byte() and wv_find_either(). Whoever uses it has
 * a plain way beside it that gives the same answers, and a test that compares the two.
 */
#ifndef WV_BASE_LANES_H
#define WV_BASE_LANES_H

#include "base/slice.h"

#if defined(__SSE2__)

#include <emmintrin.h>

enum { WV_LANES = 16 };

static inline __m128i wv_lanes_load(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i wv_lanes_equal(__m128i bytes, char byte)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}

static inline __m128i wv_lanes_either(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
}

/* Up to 16 bytes in a register, zeros behind them, without reading past their end. */
static inline __m128i wv_lanes_short(struct wv_slice text)
{
    uint64_t low = 0;
    uint64_t high = 0;
    if (text.len >= 8) {
        memcpy(&low, text.ptr, 8);
        memcpy(&high, text.ptr + text.len - 8, 8);
        high = text.len == 8 ? 0 : high >> (8 * (16 - text.len));
    } else if (text.len >= 4) {
        uint32_t begin;
        uint32_t end;
        memcpy(&begin, text.ptr, 4);
        memcpy(&end, text.ptr + text.len - 4, 4);
        low = begin | (uint64_t)end << (8 * (text.len - 4));
    } else if (text.len > 0) {
        low = text.ptr[0] | (uint64_t)text.ptr[text.len / 2] << (8 * (text.len / 2)) |
              (uint64_t)text.ptr[text.len - 1] << (8 * (text.len - 1));
    }
    return _mm_set_epi64x((long long)high, (long long)low);
}

/* '0' … '9' become -128 … -119, the lowest signed numbers; in the same way for other ranges. */
static inline __m128i wv_lanes_range(__m128i bytes, uint8_t first, int count)
{
    return _mm_cmplt_epi8(_mm_sub_epi8(bytes, _mm_set1_epi8((char)(uint8_t)(first + 128U))),
                          _mm_set1_epi8((char)(-128 + count)));
}

/* Bit i: byte i was found. */
static inline unsigned wv_lanes_bits(__m128i found)
{
    return (unsigned)_mm_movemask_epi8(found);
}

/* The offset of the first such byte at or after `from`, or text.len. For texts and distances so
 * short that the call of memchr() is most of what it costs. */
static inline size_t wv_find_byte(struct wv_slice text, size_t from, uint8_t byte)
{
    for (; from < text.len; from += WV_LANES) {
        const struct wv_slice rest = {text.ptr + from, text.len - from};
        const __m128i bytes = rest.len < WV_LANES ? wv_lanes_short(rest) : wv_lanes_load(rest.ptr);
        const unsigned found = wv_lanes_bits(wv_lanes_equal(bytes, (char)byte));
        if (found != 0) {
            /* Behind a short rest stand zeros. */
            const size_t at = (size_t)__builtin_ctz(found);
            return at < rest.len ? from + at : text.len;
        }
    }
    return text.len;
}

/* The same for the first of three bytes. */
static inline size_t wv_find_either(struct wv_slice text, size_t from, uint8_t a, uint8_t b,
                                    uint8_t c)
{
    for (; from < text.len; from += WV_LANES) {
        const struct wv_slice rest = {text.ptr + from, text.len - from};
        const __m128i bytes = rest.len < WV_LANES ? wv_lanes_short(rest) : wv_lanes_load(rest.ptr);
        const unsigned found = wv_lanes_bits(_mm_or_si128(
            _mm_or_si128(wv_lanes_equal(bytes, (char)a), wv_lanes_equal(bytes, (char)b)),
            wv_lanes_equal(bytes, (char)c)));
        if (found != 0) {
            const size_t at = (size_t)__builtin_ctz(found);
            return at < rest.len ? from + at : text.len;
        }
    }
    return text.len;
}

#else

static inline size_t wv_find_byte(struct wv_slice text, size_t from, uint8_t byte)
{
    const uint8_t *found = from < text.len ? memchr(text.ptr + from, byte, text.len - from) : NULL;
    return found == NULL ? text.len : (size_t)(found - text.ptr);
}

static inline size_t wv_find_either(struct wv_slice text, size_t from, uint8_t a, uint8_t b,
                                    uint8_t c)
{
    while (from < text.len && text.ptr[from] != a && text.ptr[from] != b && text.ptr[from] != c) {
        from++;
    }
    return from < text.len ? from : text.len;
}

#endif

#endif
