/*
 * routine.c — a thread that does one thing now and then.
 */
#include "runtime/routine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct wv_routine {
    struct wv_routine_setup setup;
    pthread_t thread;
    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t wake;
    bool stopping;
};

/* Under the mutex. */
static void pause_for(struct wv_routine *routine, uint32_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!routine->stopping &&
           pthread_cond_timedwait(&routine->wake, &routine->mutex, &until) != ETIMEDOUT) {
    }
}

static void *run(void *context)
{
    struct wv_routine *routine = context;
    pthread_mutex_lock(&routine->mutex);
    while (!routine->stopping) {
        pthread_mutex_unlock(&routine->mutex);
        routine->setup.turn(routine->setup.context);
        pthread_mutex_lock(&routine->mutex);
        pause_for(routine, routine->setup.every_ms);
    }
    pthread_mutex_unlock(&routine->mutex);
    return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct wv_routine *routine)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&routine->thread, NULL, run, routine) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void destroy(struct wv_routine *routine)
{
    pthread_cond_destroy(&routine->wake);
    pthread_mutex_destroy(&routine->mutex);
    free(routine);
}

struct wv_routine *wv_routine_start(const struct wv_routine_setup *setup)
{
    struct wv_routine *routine = calloc(1, sizeof *routine);
    if (routine == NULL) {
        return NULL;
    }
    pthread_condattr_t monotonic;
    routine->setup = *setup;
    pthread_mutex_init(&routine->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&routine->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!start_thread(routine)) {
        destroy(routine);
        return NULL;
    }
    return routine;
}

void wv_routine_stop(struct wv_routine *routine)
{
    if (routine == NULL) {
        return;
    }
    pthread_mutex_lock(&routine->mutex);
    routine->stopping = true;
    pthread_cond_signal(&routine->wake);
    pthread_mutex_unlock(&routine->mutex);
    (void)pthread_join(routine->thread, NULL);
    destroy(routine);
}
