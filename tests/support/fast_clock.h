/*
 * fast_clock.h — a clock that runs faster than the machine's, for what a service waits minutes for.
 */
#ifndef WV_TESTS_FAST_CLOCK_H
#define WV_TESTS_FAST_CLOCK_H

#include "base/clock.h"

enum { FAST_CLOCK_TIMES = 50 };

static inline uint64_t fast_now_ns(const struct wv_clock *unused)
{
    (void)unused;
    return wv_clock_now_ns(wv_clock_system()) * FAST_CLOCK_TIMES;
}

/* In step with the other: a wall clock that lags behind would end the process, too. */
static inline int64_t fast_wall_ms(const struct wv_clock *clock)
{
    return INT64_C(1795000000000) + (int64_t)(fast_now_ns(clock) / 1000000);
}

static const struct wv_clock fast_clock = {fast_now_ns, fast_wall_ms};

#endif
