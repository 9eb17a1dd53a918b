/*
 * intake.h — one consumer: takes partitions, spreads them over the lanes, commits what is done.
 *
 * Partitions are taken and given back all at once (range or round robin), or one by one while the
 * others go on (cooperative-sticky). A partition that goes away is first finished, for as long as
 * delivery.drain_ms allows, and its offset committed.
 *
 * Threads. Belongs to the main thread, except wv_intake_numbers().
 */
#ifndef WV_RUNTIME_INTAKE_H
#define WV_RUNTIME_INTAKE_H

#include "runtime/lane.h"

struct wv_intake_setup {
    const struct wv_routes *routes;
    size_t source;
    struct wv_lane **lanes;
    size_t lane_count;
    struct wv_stop *stop;
    const struct wv_clock *clock;
    uint32_t *generation; /* counts all assignments of the process */
    /* With an audit: writes what was counted, before partitions are given back. False: it could not
     * be, so their last positions are not committed, and the next owner repeats. */
    bool (*count)(void *context);
    void *context;
};

struct wv_intake;

/* Joins the group. NULL, logged, when the consumer cannot be made. */
WV_MUST_USE struct wv_intake *wv_intake_start(const struct wv_intake_setup *setup);

/* Serves the group for at most wait_ms. */
void wv_intake_poll(struct wv_intake *intake, int wait_ms);

/* Commits what has become done since the last time; does not wait. */
void wv_intake_commit(struct wv_intake *intake);

/* Finishes and commits, leaves the group (a static member stays), and frees. */
void wv_intake_stop(struct wv_intake *intake);

/* Counters of this intake. */
struct wv_intake_numbers {
    uint64_t rebalances;
    uint64_t commits;
    uint64_t commit_errors;
    bool assigned; /* the group has answered, be it with no partition */
};

/* Copies the numbers and, of its partitions, at most max; returns how many it has. */
size_t wv_intake_numbers(struct wv_intake *intake, struct wv_intake_numbers *numbers,
                         struct wv_partition_numbers *partitions, size_t max);

#endif
