/*
 * wall_watch.c — compares the wall clock with the monotonic one, now and then.
 */
#include "runtime/wall_watch.h"

#include "base/log.h"
#include "runtime/stop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
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
    pthread_t thread;
    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t wake;
    bool stopping;
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

static void compare(struct wv_wall_watch *watch)
{
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

/* Under the mutex. */
static void pause_for(struct wv_wall_watch *watch, uint32_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!watch->stopping &&
           pthread_cond_timedwait(&watch->wake, &watch->mutex, &until) != ETIMEDOUT) {
    }
}

static void *run(void *context)
{
    struct wv_wall_watch *watch = context;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->stopping) {
        pthread_mutex_unlock(&watch->mutex);
        compare(watch);
        pthread_mutex_lock(&watch->mutex);
        pause_for(watch, watch->setup.look_ms);
    }
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct wv_wall_watch *watch)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&watch->thread, NULL, run, watch) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void destroy(struct wv_wall_watch *watch)
{
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->mutex);
    free(watch);
}

struct wv_wall_watch *wv_wall_watch_start(const struct wv_wall_setup *setup)
{
    struct wv_wall_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    pthread_condattr_t monotonic;
    watch->setup = *setup;
    watch->last = look_now(setup->clock);
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!start_thread(watch)) {
        destroy(watch);
        return NULL;
    }
    return watch;
}

void wv_wall_watch_stop(struct wv_wall_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->mutex);
    watch->stopping = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->mutex);
    (void)pthread_join(watch->thread, NULL);
    destroy(watch);
}
