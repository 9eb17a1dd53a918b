/*
 * counting.h — what a lane counts for the audit, on its way to who writes it.
 *
 * At least once the main thread asks for the counts and writes them; exactly once the lane itself
 * does, in its transactions. Counts of earlier plans wait beside those that are being filled.
 *
 * Threads. wv_counting_ask() and the two that take are the main thread's; everything else is the
 *          lane's.
 */
#ifndef WV_RUNTIME_COUNTING_H
#define WV_RUNTIME_COUNTING_H

#include "runtime/lane_audit.h"
#include "runtime/reader.h"

#include <pthread.h>

struct wv_counting {
    struct wv_reader *reader;
    struct wv_categories *filled; /* what is being counted; NULL: there is no audit */
    struct wv_categories *given;  /* the main thread's, unless they are wanted */
    struct wv_categories *spare;  /* to be given next, where those are of an earlier plan */
    pthread_mutex_t mutex;        /* over `full` */
    struct wv_categories *full;   /* of earlier plans, to be fetched */
    _Atomic int hand_over;        /* where `given` is on its way between the threads */
};

void wv_counting_init(struct wv_counting *counting);
void wv_counting_fini(struct wv_counting *counting);

/* From now on what the reader reads is counted, where there is an audit. False when memory is
 * short.
 */
WV_MUST_USE bool wv_counting_start(struct wv_counting *counting, struct wv_reader *reader,
                                   struct wv_plan *plan);

/* What a change to another plan needs; the caller's, some of it perhaps NULL when memory is short.
 */
WV_MUST_USE bool wv_counting_prepare(struct wv_plan *plan, struct wv_categories *fresh[2]);

/* From now on counts for that plan; takes what was prepared for it where that is needed. */
void wv_counting_change(struct wv_counting *counting, const struct wv_plan *plan,
                        struct wv_categories *fresh[2]);

/* Gives the counts away, if they are asked for. What was published last stands in the positions;
 * everything before them has been counted. */
void wv_counting_hand_over(struct wv_counting *counting);

/* Nothing of what was counted and is not written is published. */
void wv_counting_forget(struct wv_counting *counting);

/* Writes everything, of earlier plans too, and begins anew. */
void wv_counting_write(struct wv_counting *counting, struct wv_lane_audit *audit);

/* As lane.h says of them. */
void wv_counting_ask(struct wv_counting *counting);
struct wv_categories *wv_counting_take(struct wv_counting *counting);
struct wv_categories *wv_counting_take_full(struct wv_counting *counting);

#endif
