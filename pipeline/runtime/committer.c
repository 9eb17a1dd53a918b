/*
 * committer.c — the thread that ends a lane's transactions, while the lane goes on.
 */
#include "runtime/committer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    STEP_MS = 500, /* how late it hears that it shall stop */
    OFFSETS_MS = 5000,
};

struct wv_committer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ends; /* under the mutex */
    rd_kafka_t *producer;
    struct wv_offers offers;
    struct wv_commit_trouble trouble;
    _Atomic int state; /* enum wv_committed; BUSY: the thread's, else the lane's */
    atomic_bool cancelled;
};

void wv_offers_free(struct wv_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        rd_kafka_topic_partition_list_destroy(offers->items[i].offsets);
        wv_membership_free(offers->items[i].membership);
    }
    free(offers->items);
    *offers = (struct wv_offers){0};
}

/* Some calls say at once that they may be made again. */
static void pause_a_little(void)
{
    const struct timespec step = {.tv_nsec = 20000000};
    (void)nanosleep(&step, NULL);
}

/* BUSY: librdkafka says that the same call may be made again. */
static enum wv_committed judge(struct wv_committer *committer, rd_kafka_error_t *error)
{
    if (error == NULL) {
        return WV_COMMIT_DONE;
    }
    enum wv_committed what = WV_COMMIT_FATAL;
    committer->trouble.code = rd_kafka_error_code(error);
    if (rd_kafka_error_txn_requires_abort(error)) {
        what = WV_COMMIT_ABORT;
    } else if (rd_kafka_error_is_retriable(error)) {
        what = WV_COMMIT_BUSY;
        pause_a_little();
    }
    rd_kafka_error_destroy(error);
    return what;
}

static enum wv_committed send_offsets(struct wv_committer *committer, const struct wv_offer *offer)
{
    enum wv_committed what = WV_COMMIT_BUSY;
    while (what == WV_COMMIT_BUSY && !atomic_load(&committer->cancelled)) {
        what = judge(committer, rd_kafka_send_offsets_to_transaction(
                                    committer->producer, offer->offsets,
                                    wv_membership_metadata(offer->membership), OFFSETS_MS));
    }
    return what;
}

static enum wv_committed commit(struct wv_committer *committer)
{
    enum wv_committed what = WV_COMMIT_DONE;
    for (size_t i = 0; what == WV_COMMIT_DONE && i < committer->offers.count; i++) {
        what = send_offsets(committer, &committer->offers.items[i]);
    }
    if (what != WV_COMMIT_DONE) {
        return what;
    }
    committer->trouble.attempted = true;
    what = WV_COMMIT_BUSY;
    while (what == WV_COMMIT_BUSY && !atomic_load(&committer->cancelled)) {
        what = judge(committer, rd_kafka_commit_transaction(committer->producer, STEP_MS));
    }
    return what;
}

static void *run(void *context)
{
    struct wv_committer *committer = context;
    pthread_mutex_lock(&committer->mutex);
    while (!committer->ends) {
        if (atomic_load(&committer->state) != WV_COMMIT_BUSY) {
            pthread_cond_wait(&committer->changed, &committer->mutex);
            continue;
        }
        pthread_mutex_unlock(&committer->mutex);
        const enum wv_committed what = commit(committer);
        wv_offers_free(&committer->offers);
        pthread_mutex_lock(&committer->mutex);
        if (what != WV_COMMIT_BUSY) {
            atomic_store_explicit(&committer->state, (int)what, memory_order_release);
        }
    }
    pthread_mutex_unlock(&committer->mutex);
    return NULL;
}

struct wv_committer *wv_committer_start(void)
{
    struct wv_committer *committer = calloc(1, sizeof *committer);
    if (committer == NULL) {
        return NULL;
    }
    pthread_mutex_init(&committer->mutex, NULL);
    pthread_cond_init(&committer->changed, NULL);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    const bool started = pthread_create(&committer->thread, NULL, run, committer) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started) {
        pthread_cond_destroy(&committer->changed);
        pthread_mutex_destroy(&committer->mutex);
        free(committer);
        return NULL;
    }
    return committer;
}

void wv_committer_stop(struct wv_committer *committer)
{
    if (committer == NULL) {
        return;
    }
    atomic_store(&committer->cancelled, true);
    pthread_mutex_lock(&committer->mutex);
    committer->ends = true;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->mutex);
    pthread_join(committer->thread, NULL);
    wv_offers_free(&committer->offers);
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->mutex);
    free(committer);
}

void wv_committer_begin(struct wv_committer *committer, rd_kafka_t *producer,
                        struct wv_offers offers)
{
    wv_ensure(atomic_load(&committer->state) == WV_COMMIT_IDLE);
    pthread_mutex_lock(&committer->mutex);
    committer->producer = producer;
    committer->offers = offers;
    committer->trouble = (struct wv_commit_trouble){.code = RD_KAFKA_RESP_ERR_NO_ERROR};
    atomic_store(&committer->state, WV_COMMIT_BUSY);
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->mutex);
}

enum wv_committed wv_committer_look(struct wv_committer *committer,
                                    struct wv_commit_trouble *trouble)
{
    const int state = atomic_load_explicit(&committer->state, memory_order_acquire);
    if (state != WV_COMMIT_IDLE && state != WV_COMMIT_BUSY) {
        *trouble = committer->trouble;
        atomic_store(&committer->state, WV_COMMIT_IDLE);
    }
    return (enum wv_committed)state;
}
