/*
 * hmac_batch.h — HMAC-SHA-256 of many short messages at once.
 *
 * One block of SHA-256 waits for the one before it, so that a single message leaves most of a core
 * idle. Here several messages go side by side: two with the instructions for SHA-256 where the
 * machine has them, else eight in the lanes of AVX2, else one after another. All ways give the same
 * MACs; the choice follows that of json/index.h, so that WAFVEIL_SIMD=scalar holds here, too.
 *
 * Allocates nothing. Its own copies of keys and messages are wiped before it returns; what a
 * compiler puts aside on the stack is out of reach, as in hmac.c.
 */
#ifndef WV_KEYS_HMAC_BATCH_H
#define WV_KEYS_HMAC_BATCH_H

#include "keys/hmac.h"

/* One message, of any length. Messages of one batch can have keys of their own. */
struct wv_hmac_job {
    const struct wv_hmac *hmac;
    struct wv_slice message;
    uint8_t out[WV_HMAC_BYTES];
};

/* Fills the `out` of every job. */
void wv_hmac_make_batch(struct wv_hmac_job *jobs, size_t count);

/* ---- The ways, for tests that hold them against each other, and to measure them --------------
 */

enum wv_hmac_way { WV_HMAC_SERIAL = 0, WV_HMAC_AVX2, WV_HMAC_SHA_NI, WV_HMAC_WAYS };

bool wv_hmac_has(enum wv_hmac_way way);
enum wv_hmac_way wv_hmac_way_used(void);

/* The way must be one that the machine has. */
void wv_hmac_make_batch_by(enum wv_hmac_way way, struct wv_hmac_job *jobs, size_t count);

/* One more block of each message into its state; only on machines that have the instructions. */
enum { WV_HMAC_AVX2_LANES = 8, WV_HMAC_SHA_NI_LANES = 2, WV_HMAC_LANES_MAX = 8 };
void wv_hmac_blocks_avx2(uint32_t states[][8], const uint8_t *const *blocks);
void wv_hmac_blocks_sha_ni(uint32_t states[][8], const uint8_t *const *blocks);

#endif
