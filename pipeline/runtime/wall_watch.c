/*
 * wall_watch.c — compares the wall clock with the monotonic one, now and then.
 */
#include "runtime/wall_watch.h"

#include "base/log.h"
#include "runtime/routine.h"
#include "runtime/stop.h"

#include <stdlib.h>
#include <unistd.h>

/* Both clocks at one moment. */
struct look {
    bool taken;
    uint64_t now_ns;
    int64_t wall_ms;
};

struct wv_wall_watch {
    struct wv_wall_setup setup;
    struct look last;
    struct wv_routine *routine;
};

/* Who is held up between the two clocks would see one of them jump: such a look does not count. */
static struct look look_now(const struct wv_clock *clock)
{
    enum { LONG_NS = 100000000 };
    const uint64_t before_ns = wv_clock_now_ns(clock);
    const int64_t wall_ms = wv_clock_wall_ms(clock);
    const uint64_t now_ns = wv_clock_now_ns(clock);
    return (struct look){
        .taken = now_ns - before_ns < LONG_NS, .now_ns = now_ns, .wall_ms = wall_ms};
}

static void compare(void *context)
{
    struct wv_wall_watch *watch = context;
    const struct look look = look_now(watch->setup.clock);
    if (!look.taken) {
        return;
    }
    const int64_t passed_ms = (int64_t)((look.now_ns - watch->last.now_ns) / 1000000);
    const int64_t back_ms = passed_ms - (look.wall_ms - watch->last.wall_ms);
    if (watch->last.taken && back_ms >= WV_WALL_BACK_MS) {
        watch->setup.set_back(watch->setup.context, back_ms);
    }
    watch->last = look;
}

void wv_wall_end_process(void *context, int64_t ms)
{
    (void)context;
    wv_log(WV_LOG_ERROR, "clock_set_back",
           WV_FIELDS(wv_log_number("by_ms", ms), wv_log_number("exit", WV_EXIT_KAFKA),
                     wv_log_word("what", "librdkafka would wait for as long")));
    _exit(WV_EXIT_KAFKA);
}

struct wv_wall_watch *wv_wall_watch_start(const struct wv_wall_setup *setup)
{
    struct wv_wall_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    watch->setup = *setup;
    watch->last = look_now(setup->clock);
    const struct wv_routine_setup routine = {compare, watch, setup->look_ms};
    watch->routine = wv_routine_start(&routine);
    if (watch->routine == NULL) {
        free(watch);
        return NULL;
    }
    return watch;
}

void wv_wall_watch_stop(struct wv_wall_watch *watch)
{
    if (watch != NULL) {
        wv_routine_stop(watch->routine);
        free(watch);
    }
}
