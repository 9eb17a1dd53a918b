/*
 * hmac.h — HMAC-SHA-256 (RFC 2104) for many short messages under one key.
 *
 * The two blocks that depend on the key alone are hashed once; a message of up to 55 bytes then
 * costs two compressions and no allocation.
 */
#ifndef WV_KEYS_HMAC_H
#define WV_KEYS_HMAC_H

#include "base/slice.h"

enum { WV_HMAC_BYTES = 32 };

/* As secret as the key itself: whoever has it can make every MAC. Wipe it. */
struct wv_hmac {
    uint32_t inner[8];
    uint32_t outer[8];
};

void wv_hmac_init(struct wv_hmac *hmac, struct wv_slice key);
void wv_hmac_make(const struct wv_hmac *hmac, struct wv_slice message, uint8_t out[WV_HMAC_BYTES]);

#endif
