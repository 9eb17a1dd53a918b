/*
 * plain.h — how much of a text can stand in a JSON string as it is.
 *
 * Everything but control bytes, the quote and the backslash can. The vector's way and the plain one
 * give the same answers; the plain one is always built so that a test can compare them.
 */
#ifndef WV_JSON_PLAIN_H
#define WV_JSON_PLAIN_H

#include "base/lanes.h"

static inline size_t wv_text_plain_bytewise(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] >= 0x20 && text.ptr[at] != '"' && text.ptr[at] != '\\') {
        at++;
    }
    return at;
}

#if defined(__SSE2__)

static inline unsigned wv_text_marks(__m128i bytes)
{
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    return wv_lanes_bits(
        _mm_or_si128(low, _mm_or_si128(wv_lanes_equal(bytes, '"'), wv_lanes_equal(bytes, '\\'))));
}

/* How many bytes at the beginning need no escape. */
static inline size_t wv_text_plain(struct wv_slice text)
{
    if (text.len < WV_LANES) {
        /* Behind the text stand zeros, which count as found. */
        return (size_t)__builtin_ctz(wv_text_marks(wv_lanes_short(text)));
    }
    const size_t last = text.len - WV_LANES;
    for (size_t at = 0; at < last; at += WV_LANES) {
        const unsigned marks = wv_text_marks(wv_lanes_load(text.ptr + at));
        if (marks != 0) {
            return at + (size_t)__builtin_ctz(marks);
        }
    }
    /* May look again at bytes that were found plain. */
    const unsigned marks = wv_text_marks(wv_lanes_load(text.ptr + last));
    return marks == 0 ? text.len : last + (size_t)__builtin_ctz(marks);
}

#else

static inline size_t wv_text_plain(struct wv_slice text)
{
    return wv_text_plain_bytewise(text, 0);
}

#endif

#endif
