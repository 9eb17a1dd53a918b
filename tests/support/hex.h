/*
 * hex.h — bytes written in hexadecimal, as the tables of known answers hold them.
 */
#ifndef WV_TESTS_HEX_H
#define WV_TESTS_HEX_H

#include "support/vectors.h"

/* Fills out, which has room for cap bytes, and points to what was filled. */
static inline struct wv_slice hex_read(struct wv_slice text, uint8_t *out, size_t cap)
{
    wv_ensure(text.len % 2 == 0 && text.len / 2 <= cap);
    for (size_t i = 0; i < text.len; i += 2) {
        const int high = vectors_hex(text.ptr[i]);
        const int low = vectors_hex(text.ptr[i + 1]);
        wv_ensure(high >= 0 && low >= 0);
        out[i / 2] = (uint8_t)(high * 16 + low);
    }
    return (struct wv_slice){out, text.len / 2};
}

#endif
