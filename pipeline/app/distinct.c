/* distinct.c — the smallest hashes of a stream. */
#include "app/distinct.h"

/* The first kept hash that is not smaller. */
static uint32_t place_of(const struct wv_distinct *distinct, uint64_t hash)
{
    uint32_t from = 0;
    uint32_t to = distinct->count;
    while (from < to) {
        const uint32_t middle = from + (to - from) / 2;
        if (distinct->least[middle] < hash) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

void wv_distinct_add(struct wv_distinct *distinct, uint64_t hash)
{
    const uint32_t at = place_of(distinct, hash);
    if (at == WV_DISTINCT_KEPT || (at < distinct->count && distinct->least[at] == hash)) {
        return;
    }
    const uint32_t last =
        distinct->count < WV_DISTINCT_KEPT ? distinct->count++ : WV_DISTINCT_KEPT - 1;
    memmove(&distinct->least[at + 1], &distinct->least[at],
            (last - at) * sizeof distinct->least[0]);
    distinct->least[at] = hash;
}

uint64_t wv_distinct_estimate(const struct wv_distinct *distinct)
{
    if (wv_distinct_is_exact(distinct)) {
        return distinct->count;
    }
    /* The largest of them stands where the KEPT-th of all values does, evenly spread. */
    const double share =
        ((double)distinct->least[WV_DISTINCT_KEPT - 1] + 1.0) / 18446744073709551616.0;
    return (uint64_t)((double)(WV_DISTINCT_KEPT - 1) / share);
}
