/* clock.c — the machine's clock, and one for tests. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t system_now_ns(const struct wv_clock *clock)
{
    (void)clock;
    struct timespec now;
    wv_ensure(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t system_wall_ms(const struct wv_clock *clock)
{
    (void)clock;
    struct timespec now;
    wv_ensure(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct wv_clock *wv_clock_system(void)
{
    static const struct wv_clock machine = {system_now_ns, system_wall_ms};
    return &machine;
}

void wv_clock_text(int64_t wall_ms, char text[WV_CLOCK_TEXT])
{
    char room[80]; /* what a compiler thinks that six numbers can take */
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)snprintf(room, sizeof room, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                   (int)(wall_ms % 1000));
    memcpy(text, room, WV_CLOCK_TEXT - 1);
    text[WV_CLOCK_TEXT - 1] = '\0';
}

static uint64_t fake_now_ns(const struct wv_clock *clock)
{
    return ((const struct wv_clock_fake *)(const void *)clock)->ns;
}

static int64_t fake_wall_ms(const struct wv_clock *clock)
{
    return ((const struct wv_clock_fake *)(const void *)clock)->ms;
}

void wv_clock_fake_init(struct wv_clock_fake *fake, int64_t wall_ms)
{
    *fake = (struct wv_clock_fake){.clock = {fake_now_ns, fake_wall_ms}, .ms = wall_ms};
}

void wv_clock_fake_advance(struct wv_clock_fake *fake, uint32_t ms)
{
    fake->ns += (uint64_t)ms * 1000000u;
    fake->ms += ms;
}
