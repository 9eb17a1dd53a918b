/*
 * distinct.h — how many different values there were, in a fixed amount of memory.
 *
 * Keeps the smallest hashes that were met: exact up to WV_DISTINCT_KEPT values, above that an
 * estimate that is off by an eighth in two cases of three. Hashes must be evenly spread 64-bit
 * numbers made with a seed that nobody outside knows, so that values cannot be chosen to mislead.
 */
#ifndef WV_APP_DISTINCT_H
#define WV_APP_DISTINCT_H

#include "base/slice.h"

enum { WV_DISTINCT_KEPT = 64 };

/* All zero: nothing was met. */
struct wv_distinct {
    uint64_t least[WV_DISTINCT_KEPT]; /* rising */
    uint32_t count;
};

void wv_distinct_add(struct wv_distinct *distinct, uint64_t hash);
uint64_t wv_distinct_estimate(const struct wv_distinct *distinct);

static inline bool wv_distinct_is_exact(const struct wv_distinct *distinct)
{
    return distinct->count < WV_DISTINCT_KEPT;
}

#endif
