/*
 * tails.h — reads the ends of the outputs' partitions: what is there already of an input's
 * partition that has been assigned.
 *
 * Whatever goes wrong is logged, and only means that records are not skipped.
 */
#ifndef WV_RUNTIME_TAILS_H
#define WV_RUNTIME_TAILS_H

#include "runtime/published.h"
#include "runtime/routes.h"
#include "runtime/stop.h"

/* An input's partition. */
struct wv_tail {
    const char *topic;
    int32_t partition;
    int64_t position; /* where it will be read from; -1: not known */
    struct wv_slice metadata;
    struct wv_published *published; /* filled in: the caller's; NULL when memory is short */
};

struct wv_tails_setup {
    const struct wv_routes *routes;
    size_t source;
    struct wv_stop *stop;
    const struct wv_clock *clock;
};

/* Waits for the brokers, for half a minute at most. */
void wv_tails_read(const struct wv_tails_setup *setup, struct wv_tail *tails, size_t count);

#endif
