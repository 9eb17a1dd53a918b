/*
 * hmac.h — HMAC-SHA-256 (RFC 2104) for many short messages under one key.
 *
 * The two blocks that depend on the key alone are hashed once; a message of up to 55 bytes then
 * costs two compressions and no allocation.
 */
#ifndef WV_KEYS_HMAC_H
#define WV_KEYS_HMAC_H

#include "base/slice.h"

enum { WV_HMAC_BYTES = 32, WV_HMAC_BLOCK = 64, WV_HMAC_END_MAX = 2 * WV_HMAC_BLOCK };

/* As secret as the key itself: whoever has it can make every MAC. Wipe it. */
struct wv_hmac {
    uint32_t inner[8];
    uint32_t outer[8];
};

void wv_hmac_init(struct wv_hmac *hmac, struct wv_slice key);
void wv_hmac_make(const struct wv_hmac *hmac, struct wv_slice message, uint8_t out[WV_HMAC_BYTES]);

/* ---- Parts, for hmac_batch.c ------------------------------------------------------------------
 */

/* The last blocks of what is hashed behind the key's block: what of the message fills no block of
 * its own, and its padding. How many they are: 1 or 2. */
size_t wv_hmac_end(struct wv_slice message, uint8_t out[WV_HMAC_END_MAX]);

/* One more block into a state. */
void wv_hmac_block(uint32_t state[8], const uint8_t block[WV_HMAC_BLOCK]);

/* The state as bytes, most significant first. */
void wv_hmac_put(const uint32_t state[8], uint8_t out[WV_HMAC_BYTES]);

#endif
