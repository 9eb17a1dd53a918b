/*
 * routine.h — a thread that does one thing now and then, by the monotonic clock, until it is told
 * to stop.
 */
#ifndef WV_RUNTIME_ROUTINE_H
#define WV_RUNTIME_ROUTINE_H

#include "base/ensure.h"

#include <stdint.h>

struct wv_routine_setup {
    void (*turn)(void *context); /* on the thread of the routine: the first at once */
    void *context;
    uint32_t every_ms; /* from the end of a turn to the next */
};

struct wv_routine;

/* NULL when memory or threads are short. Signals are not the thread's. */
WV_MUST_USE struct wv_routine *wv_routine_start(const struct wv_routine_setup *setup);

/* Waits for a turn that is under way. */
void wv_routine_stop(struct wv_routine *routine); /* NULL is allowed */

#endif
