/*
 * changes_thread.c — the thread that looks at the key file, and reloads after a SIGHUP.
 */
#include "app/changes_parts.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

/* Under `state`: until somebody asks, or it is time to look. */
static void await(struct wv_changes *changes)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += changes->look_ms / 1000;
    until.tv_nsec += (long)(changes->look_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int result = 0;
    while (!changes->stop_asked && !changes->reload_asked && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&changes->asked, &changes->state, &until);
    }
}

static void *run(void *context)
{
    struct wv_changes *changes = context;
    for (;;) {
        pthread_mutex_lock(&changes->state);
        await(changes);
        const bool stop = changes->stop_asked;
        const bool reload = changes->reload_asked;
        changes->reload_asked = false;
        pthread_mutex_unlock(&changes->state);
        if (stop) {
            return NULL;
        }
        if (reload) {
            bool done; /* the log says it */
            json_decref(wv_changes_reload(changes, "signal", &done));
        } else {
            (void)wv_changes_reload_keys(changes, "file");
        }
    }
}

bool wv_changes_start(struct wv_changes *changes, uint32_t look_ms)
{
    sigset_t all; /* signals are the main thread's */
    sigset_t before;
    changes->look_ms = look_ms;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    changes->has_thread = pthread_create(&changes->thread, NULL, run, changes) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return changes->has_thread;
}

void wv_changes_ask_reload(struct wv_changes *changes)
{
    pthread_mutex_lock(&changes->state);
    changes->reload_asked = true;
    pthread_cond_signal(&changes->asked);
    pthread_mutex_unlock(&changes->state);
}

void wv_changes_stop(struct wv_changes *changes)
{
    if (!changes->has_thread) {
        return;
    }
    pthread_mutex_lock(&changes->state);
    changes->stop_asked = true;
    pthread_cond_signal(&changes->asked);
    pthread_mutex_unlock(&changes->state);
    (void)pthread_join(changes->thread, NULL);
    changes->has_thread = false;
}
