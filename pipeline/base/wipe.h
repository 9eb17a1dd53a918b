/*
 * wipe.h — memory for secrets: kept out of swap and core dumps, zeroed before it is given back.
 */
#ifndef WV_BASE_WIPE_H
#define WV_BASE_WIPE_H

#include "base/ensure.h"

/* Zeroes memory in a way that the compiler cannot remove. mem may be NULL when count is 0. */
void wv_wipe(void *mem, size_t count);

/* The same for much memory of which perhaps only a little was ever used: pages that were never
 * touched stay so, and those that lie on a swap device are forgotten there. Not for locked memory.
 */
void wv_wipe_large(void *mem, size_t count);

/* Zeroes what functions that have returned left on the stack of this thread, 64 KiB deep: registers
 * are put there at any call, and a secret may be in them. */
void wv_wipe_stack(void);

/* Whether two secrets of one length are the same, in a time that does not tell where they are not.
 */
bool wv_same_secret(const uint8_t *a, const uint8_t *b, size_t count);

/* Whole pages of their own, readable by this process only and left out of core dumps. */
struct wv_locked {
    uint8_t *mem; /* size bytes, zeroed */
    size_t size;
    size_t mapped; /* size rounded up to pages */

    /* False when the system refused to keep the pages out of swap (RLIMIT_MEMLOCK). The memory is
     * usable all the same; the caller should warn. */
    bool locked;
};

/* False when memory is short; *out is {0} then. */
WV_MUST_USE bool wv_locked_new(size_t size, struct wv_locked *out);

/* How many bytes wv_locked_new() takes for so many: whole pages. 0 when that is no number. */
size_t wv_locked_size(size_t size);

/* Whether the system would keep so many more bytes out of swap now. */
WV_MUST_USE bool wv_locked_fits(size_t size);

/* Wipes and gives back; {0} is allowed. *memory is {0} afterwards. */
void wv_locked_free(struct wv_locked *memory);

#endif
