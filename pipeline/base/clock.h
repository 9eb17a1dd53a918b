/*
 * clock.h — time behind one pointer, so that tests can move it.
 */
#ifndef WV_BASE_CLOCK_H
#define WV_BASE_CLOCK_H

#include "base/ensure.h"

struct wv_clock {
    uint64_t (*now_ns)(const struct wv_clock *clock); /* monotonic: for durations */
    int64_t (*wall_ms)(const struct wv_clock *clock); /* since 1970: for people and epochs */
};

/* The clock of the machine. */
const struct wv_clock *wv_clock_system(void);

static inline uint64_t wv_clock_now_ns(const struct wv_clock *clock)
{
    return clock->now_ns(clock);
}

static inline int64_t wv_clock_wall_ms(const struct wv_clock *clock)
{
    return clock->wall_ms(clock);
}

enum { WV_CLOCK_TEXT = 25 };

/* "2026-11-23T03:02:44.932Z", UTC; wall_ms from 1970 to the year 9999. */
void wv_clock_text(int64_t wall_ms, char text[WV_CLOCK_TEXT]);

/* A clock that stands still until it is moved. &fake.clock is what the code under test gets. */
struct wv_clock_fake {
    struct wv_clock clock; /* first member */
    uint64_t ns;
    int64_t ms;
};

void wv_clock_fake_init(struct wv_clock_fake *fake, int64_t wall_ms);

/* Moves both times. */
void wv_clock_fake_advance(struct wv_clock_fake *fake, uint32_t ms);

#endif
