/*
 * bearer_token.h — JSON web tokens as an issuer writes them: base64url without padding.
 */
#ifndef WV_TEST_BEARER_TOKEN_H
#define WV_TEST_BEARER_TOKEN_H

#include "base/slice.h"

#include <string.h>

#define BEARER_HEAD "eyJhbGciOiJub25lIn0."
#define BEARER_TAIL ".c2ln"

/* Room for a token of so many bytes of claims. */
#define BEARER_ROOM(len) (sizeof BEARER_HEAD + sizeof BEARER_TAIL + ((len) + 2) / 3 * 4)

static inline struct wv_slice bearer_make(struct wv_slice claims, uint8_t *room)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t at = sizeof BEARER_HEAD - 1;
    uint32_t bits = 0;
    unsigned held = 0;
    memcpy(room, BEARER_HEAD, at);
    for (size_t i = 0; i < claims.len; i++) {
        bits = bits << 8 | claims.ptr[i];
        for (held += 8; held >= 6; held -= 6) {
            room[at++] = (uint8_t)digits[bits >> (held - 6) & 63];
        }
    }
    if (held > 0) {
        room[at++] = (uint8_t)digits[bits << (6 - held) & 63];
    }
    memcpy(room + at, BEARER_TAIL, sizeof BEARER_TAIL - 1);
    return (struct wv_slice){room, at + sizeof BEARER_TAIL - 1};
}

#endif
