/*
 * wall_watch.h — notices that the wall clock was set back, which librdkafka does not bear.
 *
 * It waits until a time of that clock (librdkafka's issue #2145): what waits when the clock goes
 * back waits longer by as much. Then no heartbeat is sent, the group gives the partitions to
 * others, and neither that nor a signal to stop is noticed. Waits that begin afterwards are right,
 * but nobody can end the others; so the service ends itself, as if it had been killed.
 *
 * Threads. Start and stop are the main thread's. What is done about it is called on a thread of its
 *          own, which waits by the monotonic clock.
 */
#ifndef WV_RUNTIME_WALL_WATCH_H
#define WV_RUNTIME_WALL_WATCH_H

#include "base/clock.h"

/* Shorter than this delays a heartbeat or two, which every session bears. */
enum { WV_WALL_BACK_MS = 5000 };

struct wv_wall_setup {
    const struct wv_clock *clock;
    uint32_t look_ms;                            /* how often */
    void (*set_back)(void *context, int64_t ms); /* by so much, WV_WALL_BACK_MS at least */
    void *context;
};

/* A `set_back`: ends the process at once, with WV_EXIT_KAFKA. What is under way is left to the next
 * start: the clients cannot be closed any more. */
void wv_wall_end_process(void *context, int64_t ms);

struct wv_wall_watch;

/* NULL when memory or threads are short. */
WV_MUST_USE struct wv_wall_watch *wv_wall_watch_start(const struct wv_wall_setup *setup);
void wv_wall_watch_stop(struct wv_wall_watch *watch); /* NULL is allowed */

#endif
