/*
 * spelled.h — a short text that is looked for at one place, again and again.
 *
 * Compared as four words under a mask: no branch depends on its length, so a walk that expects
 * another text at every step is not thrown off by their lengths.
 */
#ifndef WV_BASE_SPELLED_H
#define WV_BASE_SPELLED_H

#include "base/slice.h"

enum { WV_SPELLED_WORDS = 4, WV_SPELLED_MAX = 8 * WV_SPELLED_WORDS };

struct wv_spelled {
    uint32_t len; /* 0: stands nowhere */
    uint64_t bytes[WV_SPELLED_WORDS];
    uint64_t mask[WV_SPELLED_WORDS]; /* ones where the text has a byte */
};

/* A text of more than WV_SPELLED_MAX bytes stands nowhere. */
static inline struct wv_spelled wv_spelled_of(struct wv_slice text)
{
    struct wv_spelled spelled = {0};
    if (text.len > 0 && text.len <= WV_SPELLED_MAX) {
        spelled.len = (uint32_t)text.len;
        memcpy(spelled.bytes, text.ptr, text.len);
        memset(spelled.mask, 0xff, text.len);
    }
    return spelled;
}

/* Whether the text stands at `at`, where WV_SPELLED_MAX bytes can be read. */
static inline bool wv_spelled_stands(const struct wv_spelled *spelled, const uint8_t *at)
{
    uint64_t other = spelled->len == 0;
    for (size_t i = 0; i < WV_SPELLED_WORDS; i++) {
        uint64_t word;
        memcpy(&word, at + 8 * i, sizeof word);
        other |= (word ^ spelled->bytes[i]) & spelled->mask[i];
    }
    return other == 0;
}

#endif
