/*
 * lane.h — one thread that reads partitions, has their records protected, and sends the results.
 *
 * A lane has a worker of the engine and producers of its own and shares nothing mutable with other
 * lanes. The main thread gives it partitions and takes them back; everything else it decides alone.
 * Backpressure is not reading.
 *
 * Threads. All functions but the lane's own loop are for the main thread, except
 *          wv_lane_numbers(), which any thread may call.
 */
#ifndef WV_RUNTIME_LANE_H
#define WV_RUNTIME_LANE_H

#include "runtime/reader.h"

struct wv_lane_setup {
    struct wv_dispatch_setup dispatch;
    uint32_t index;
    uint64_t turn;          /* number of the last one before the lane began */
    _Atomic uint64_t *lost; /* counts messages that were gone before they were read */
};

struct wv_lane;
struct wv_lane_turn;

/* Starts the thread. NULL, logged, when something cannot be made. */
WV_MUST_USE struct wv_lane *wv_lane_start(const struct wv_lane_setup *setup);

/* Tells the thread to end, drained or not; once. */
void wv_lane_end(struct wv_lane *lane);

/* Waits until it has ended, and frees the lane with its producers. */
void wv_lane_stop(struct wv_lane *lane);

/* Hands the share over, beside what the lane has of the source, and waits until the lane has taken
 * it. False when memory is short. */
WV_MUST_USE bool wv_lane_assign(struct wv_lane *lane, struct wv_lane_share *share);

/* Tells the lane to stop reading those partitions of the source whose slots are marked as leaving,
 * and to finish what it has of them, until deadline_ns. It goes on with the others. */
void wv_lane_release(struct wv_lane *lane, size_t source, uint64_t deadline_ns);

/* Waits until it has done so. True when nothing was left unfinished. */
bool wv_lane_await_release(struct wv_lane *lane);

/* Another plan for one lane, or the same with other keys, and all that it needs to go on by it.
 * Holds the plan. number: greater than that of every turn before. NULL when memory is short. */
WV_MUST_USE struct wv_lane_turn *wv_lane_turn_new(struct wv_plan *plan, uint64_t number);
void wv_lane_turn_free(struct wv_lane_turn *turn); /* NULL is allowed */

/* Has the lane work by another plan from its next batch on; takes the turn, and does not wait. */
void wv_lane_use(struct wv_lane *lane, struct wv_lane_turn *turn);

/* Whether it has come to the turn of that number: nothing of what it had before is left then, but
 * for what waits for acknowledgement. A lane begins with the last one before it. */
bool wv_lane_has_turned(struct wv_lane *lane, uint64_t number);

/* Asks the lane for what it has counted since the last time; only with an audit. */
void wv_lane_ask_counts(struct wv_lane *lane);

/* The counts; NULL: it has not answered yet. They are to be cleared before they are asked for
 * again, and the positions of before are those to be committed (struct wv_slot, counted). */
struct wv_categories *wv_lane_counts(struct wv_lane *lane);

/* After the counts: those of earlier plans, from first to last by `next`; the caller's to free. */
struct wv_categories *wv_lane_full(struct wv_lane *lane);

/* A copy of what the lane published last, at most a fraction of a second old. destinations has room
 * for as many as the routes have. */
void wv_lane_numbers(struct wv_lane *lane, struct wv_lane_numbers *numbers,
                     struct wv_destination_numbers *destinations);

#endif
