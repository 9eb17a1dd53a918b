/*
 * lane.c — one thread that reads partitions, has their records protected, and sends the results.
 */
#include "runtime/lane.h"

#include "base/log.h"
#include "base/wipe.h"
#include "runtime/counting.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
    IDLE_MS = 20, /* how long an idle lane sleeps, and how late it hears of an order */
    BUSY_MS = 2,  /* the same while acknowledgements are missing */
    PUBLISH_MS = 200,
    LAST_RECORD_MS = 3000, /* for the end of the audit's chain */
};

enum order { ORDER_NONE = 0, ORDER_ASSIGN, ORDER_RELEASE, ORDER_END };

struct wv_lane_turn {
    uint64_t number;
    struct wv_plan *plan; /* held */
    struct wv_worker *worker;
    struct wv_categories *fresh[2]; /* with an audit */
};

struct wv_lane {
    struct wv_lane_setup setup;
    pthread_t thread;
    struct wv_dispatch *dispatch;
    struct wv_reader *reader;

    /* Exactly once. */
    char id[WV_TRANSACTIONAL_ID_ROOM]; /* empty: at least once */
    struct wv_lane_audit *audit;       /* NULL: there is none */
    bool hurry;                        /* the transaction is to be closed as soon as it can be */

    /* Orders of the main thread, one at a time. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    _Atomic int order; /* enum order; written under the mutex */
    struct wv_lane_share *share;
    size_t source;
    uint64_t deadline_ns;
    bool clean;  /* answer to ORDER_RELEASE */
    bool failed; /* answer to ORDER_ASSIGN */

    /* What it is to work by from the next batch on: left by the main thread, taken by the lane. */
    struct wv_lane_turn *_Atomic turn;
    struct wv_plan *_Atomic plan; /* what it works by; held */
    _Atomic uint64_t turned;      /* number of the last turn that it took, to its end */

    struct wv_counting counting;

    /* What others may see, under the mutex. */
    struct wv_lane_numbers numbers;
    struct wv_destination_numbers *destinations;
    uint64_t published_ns;
    uint64_t delivered; /* when progress was last seen */
};

struct wv_lane_turn *wv_lane_turn_new(struct wv_plan *plan, uint64_t number)
{
    struct wv_lane_turn *turn = calloc(1, sizeof *turn);
    if (turn == NULL) {
        return NULL;
    }
    const bool audits = wv_plan_config(plan)->audit_topic.len > 0;
    *turn = (struct wv_lane_turn){
        .number = number, .plan = wv_plan_hold(plan), .worker = wv_worker_new(plan)};
    if (turn->worker == NULL || (audits && !wv_counting_prepare(plan, turn->fresh))) {
        wv_lane_turn_free(turn);
        return NULL;
    }
    return turn;
}

void wv_lane_turn_free(struct wv_lane_turn *turn)
{
    if (turn != NULL) {
        wv_worker_free(turn->worker);
        wv_categories_free(turn->fresh[0]);
        wv_categories_free(turn->fresh[1]);
        wv_plan_free(turn->plan);
        free(turn);
    }
}

static uint64_t now_ns(const struct wv_lane *lane)
{
    return wv_clock_now_ns(lane->setup.dispatch.clock);
}

static uint64_t delivered(const struct wv_lane *lane)
{
    const struct wv_destination_numbers *numbers = wv_dispatch_destinations(lane->dispatch);
    uint64_t sum = 0;
    for (size_t i = 0; i < lane->setup.dispatch.routes->destination_count; i++) {
        sum += numbers[i].delivered;
    }
    return sum;
}

static void publish(struct wv_lane *lane)
{
    const uint64_t now = now_ns(lane);
    wv_reader_publish(lane->reader);
    if (now - lane->published_ns < (uint64_t)PUBLISH_MS * 1000000) {
        return;
    }
    lane->published_ns = now;
    const size_t bytes =
        lane->setup.dispatch.routes->destination_count * sizeof *lane->destinations;
    pthread_mutex_lock(&lane->mutex);
    wv_reader_tally(lane->reader, &lane->numbers.tally);
    lane->numbers.delivery = *wv_dispatch_numbers(lane->dispatch);
    lane->numbers.queued = wv_dispatch_queued(lane->dispatch);
    lane->numbers.in_flight = wv_reader_in_flight(lane->reader);
    lane->numbers.damaged = wv_reader_damaged(lane->reader);
    lane->numbers.beat_ns = now;
    if (lane->numbers.in_flight == 0 || delivered(lane) != lane->delivered) {
        lane->delivered = delivered(lane);
        lane->numbers.progress_ns = now;
    }
    memcpy(lane->destinations, wv_dispatch_destinations(lane->dispatch), bytes);
    pthread_mutex_unlock(&lane->mutex);
    wv_reader_watch(lane->reader, lane->numbers.progress_ns);
    wv_reader_mend(lane->reader);
}

static void answer(struct wv_lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    atomic_store(&lane->order, ORDER_NONE);
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
}

static void obey_assign(struct wv_lane *lane)
{
    lane->failed = !wv_reader_add(lane->reader, lane->share);
    answer(lane);
}

static bool is_exact(const struct wv_lane *lane)
{
    return lane->id[0] != '\0';
}

/* Goes on as long as something is unfinished and there is time. */
static void obey_release(struct wv_lane *lane)
{
    wv_reader_stop(lane->reader, lane->source);
    wv_dispatch_hurry(lane->dispatch, BUSY_MS);
    lane->hurry = true;
    lane->clean = is_exact(lane) ? wv_reader_is_settled(lane->reader, lane->source)
                                 : wv_reader_unfinished(lane->reader, lane->source) == 0;
    if (!lane->clean && !wv_dispatch_is_dead(lane->dispatch) && now_ns(lane) < lane->deadline_ns) {
        return;
    }
    wv_reader_publish(lane->reader);
    wv_reader_remove(lane->reader, lane->source);
    if (is_exact(lane) && !lane->clean && !wv_reader_has_unsettled(lane->reader)) {
        wv_counting_forget(&lane->counting);
        wv_dispatch_void_audit(lane->dispatch);
    }
    wv_dispatch_drop_stale(lane->dispatch);
    lane->hurry = false;
    answer(lane);
}

/* Closes the transaction when it is time: its counts first, then all positions. */
static void settle(struct wv_lane *lane)
{
    const enum wv_exact_outcome outcome = wv_dispatch_outcome(lane->dispatch);
    if (outcome == WV_EXACT_COMMITTED) {
        wv_reader_settled(lane->reader);
    }
    if (lane->audit != NULL) {
        wv_lane_audit_settled(lane->audit, outcome);
    }
    const bool hurry = lane->hurry || !wv_reader_has_room(lane->reader);
    if (!wv_dispatch_is_due(lane->dispatch, hurry)) {
        return;
    }
    if (lane->audit != NULL) {
        wv_counting_write(&lane->counting, lane->audit);
        if (!wv_dispatch_is_due(lane->dispatch, true)) {
            return; /* the record waits for room, and nothing is read until it has gone */
        }
    }
    const struct wv_offers offers = wv_reader_offer(lane->reader);
    if (offers.items == NULL) { /* without them the records would come again */
        wv_stop_ask(lane->setup.dispatch.stop, WV_EXIT_INTERNAL);
        return;
    }
    wv_dispatch_close(lane->dispatch, offers);
}

/* Between two batches the lane goes on by another plan, if one waits. */
static void take_turn(struct wv_lane *lane)
{
    if (atomic_load_explicit(&lane->turn, memory_order_relaxed) == NULL ||
        !wv_reader_is_between_batches(lane->reader)) {
        return;
    }
    struct wv_lane_turn *turn = atomic_exchange(&lane->turn, NULL);
    if (turn == NULL) {
        return;
    }
    const uint64_t number = turn->number;
    if (wv_dispatch_use(lane->dispatch, turn->plan)) {
        wv_reader_use(lane->reader, turn->worker, turn->plan == atomic_load(&lane->plan));
        turn->worker = NULL;
        wv_counting_change(&lane->counting, turn->plan, turn->fresh);
        turn->plan = atomic_exchange(&lane->plan, turn->plan);
    } else {
        wv_log(WV_LOG_ERROR, "out_of_memory",
               WV_FIELDS(wv_log_word("advice", "give the process more memory")));
        wv_stop_ask(lane->setup.dispatch.stop, WV_EXIT_INTERNAL);
    }
    wv_lane_turn_free(turn);
    wv_wipe_stack(); /* before others are told that it has turned, its keys are nowhere */
    atomic_store(&lane->turned, number);
}

/* All is committed and given back: the chain says so, in a transaction of its own. Where that takes
 * too long it stays open, as after an end by force. */
static void end_audit(struct wv_lane *lane)
{
    if (lane->audit == NULL || wv_reader_has_unsettled(lane->reader) ||
        !wv_lane_audit_is_settled(lane->audit)) {
        return;
    }
    const uint64_t deadline = now_ns(lane) + (uint64_t)LAST_RECORD_MS * 1000000;
    wv_lane_audit_end(lane->audit, lane->setup.index);
    lane->hurry = true;
    while (!wv_lane_audit_is_settled(lane->audit) && !wv_dispatch_is_dead(lane->dispatch) &&
           now_ns(lane) < deadline) {
        wv_dispatch_hurry(lane->dispatch, BUSY_MS);
        settle(lane);
    }
}

static void *run(void *context)
{
    struct wv_lane *lane = context;
    for (;;) {
        take_turn(lane);
        const int order = atomic_load_explicit(&lane->order, memory_order_acquire);
        if (order == ORDER_END) {
            end_audit(lane);
            return NULL;
        }
        if (order == ORDER_ASSIGN) {
            obey_assign(lane);
        } else if (order == ORDER_RELEASE) {
            obey_release(lane);
        }
        if (wv_dispatch_is_full(lane->dispatch) || !wv_reader_has_room(lane->reader)) {
            wv_dispatch_serve(lane->dispatch, BUSY_MS);
        } else {
            const bool quiet = wv_dispatch_queued(lane->dispatch) == 0;
            wv_reader_turn(lane->reader, quiet ? IDLE_MS : BUSY_MS);
            wv_dispatch_serve(lane->dispatch, 0);
        }
        if (is_exact(lane)) {
            settle(lane);
        }
        publish(lane);
        wv_counting_hand_over(&lane->counting);
    }
}

/* Signals are the main thread's. */
static bool start_thread(struct wv_lane *lane)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&lane->thread, NULL, run, lane) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void free_lane(struct wv_lane *lane)
{
    wv_lane_turn_free(atomic_exchange(&lane->turn, NULL));
    wv_lane_audit_free(lane->audit);
    wv_dispatch_free(lane->dispatch); /* its last reports still name slots of the reader */
    wv_reader_free(lane->reader);
    wv_plan_free(atomic_load(&lane->plan));
    wv_counting_fini(&lane->counting);
    free(lane->destinations);
    pthread_cond_destroy(&lane->changed);
    pthread_mutex_destroy(&lane->mutex);
    free(lane);
}

static bool make_audit(struct wv_lane *lane)
{
    const struct wv_dispatch_setup *setup = &lane->setup.dispatch;
    if (!setup->routes->has_audit) {
        return true;
    }
    lane->audit =
        wv_lane_audit_new(setup->routes->config, setup->clock, lane->dispatch, setup->stop);
    return lane->audit != NULL;
}

static bool make_parts(struct wv_lane *lane)
{
    struct wv_dispatch_setup *setup = &lane->setup.dispatch;
    if (setup->routes->config->delivery.mode == WV_EXACTLY_ONCE) {
        if (!wv_routes_transactional_id(setup->routes, lane->setup.index, lane->id)) {
            return false;
        }
        setup->transactional_id = lane->id;
    }
    lane->destinations = calloc(setup->routes->destination_count + 1, sizeof *lane->destinations);
    lane->dispatch = lane->destinations == NULL ? NULL : wv_dispatch_new(setup);
    if (lane->dispatch == NULL) {
        return false;
    }
    const struct wv_reader_setup reader = {.plan = setup->plan,
                                           .routes = setup->routes,
                                           .stop = setup->stop,
                                           .clock = setup->clock,
                                           .dispatch = lane->dispatch,
                                           .lost = lane->setup.lost};
    lane->reader = wv_reader_new(&reader);
    return lane->reader != NULL && make_audit(lane) &&
           wv_counting_start(&lane->counting, lane->reader, setup->plan);
}

struct wv_lane *wv_lane_start(const struct wv_lane_setup *setup)
{
    struct wv_lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        return NULL;
    }
    lane->setup = *setup;
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->changed, NULL);
    wv_counting_init(&lane->counting);
    atomic_store(&lane->plan, wv_plan_hold(setup->dispatch.plan));
    atomic_store(&lane->turned, setup->turn);
    lane->numbers.beat_ns = now_ns(lane);
    lane->numbers.progress_ns = lane->numbers.beat_ns;
    if (!make_parts(lane) || !start_thread(lane)) {
        wv_log(WV_LOG_ERROR, "lane_failed",
               WV_FIELDS(wv_log_number("lane", setup->index),
                         wv_log_word("advice", "give the process more memory, or lower "
                                               "delivery.lanes")));
        free_lane(lane);
        return NULL;
    }
    return lane;
}

static void command(struct wv_lane *lane, enum order order)
{
    pthread_mutex_lock(&lane->mutex);
    wv_ensure(atomic_load(&lane->order) == ORDER_NONE);
    atomic_store_explicit(&lane->order, (int)order, memory_order_release);
    pthread_mutex_unlock(&lane->mutex);
}

static void await(struct wv_lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    while (atomic_load(&lane->order) != ORDER_NONE) {
        pthread_cond_wait(&lane->changed, &lane->mutex);
    }
    pthread_mutex_unlock(&lane->mutex);
}

void wv_lane_end(struct wv_lane *lane)
{
    command(lane, ORDER_END);
}

void wv_lane_stop(struct wv_lane *lane)
{
    pthread_join(lane->thread, NULL);
    free_lane(lane);
}

bool wv_lane_assign(struct wv_lane *lane, struct wv_lane_share *share)
{
    lane->share = share;
    command(lane, ORDER_ASSIGN);
    await(lane);
    return !lane->failed;
}

void wv_lane_release(struct wv_lane *lane, size_t source, uint64_t deadline_ns)
{
    lane->source = source;
    lane->deadline_ns = deadline_ns;
    command(lane, ORDER_RELEASE);
}

bool wv_lane_await_release(struct wv_lane *lane)
{
    await(lane);
    return lane->clean;
}

void wv_lane_use(struct wv_lane *lane, struct wv_lane_turn *turn)
{
    /* An earlier one that the lane has not come to is not needed any more. */
    wv_lane_turn_free(atomic_exchange(&lane->turn, turn));
}

bool wv_lane_has_turned(struct wv_lane *lane, uint64_t number)
{
    return atomic_load(&lane->turned) >= number;
}

void wv_lane_ask_counts(struct wv_lane *lane)
{
    wv_counting_ask(&lane->counting);
}

struct wv_categories *wv_lane_counts(struct wv_lane *lane)
{
    return wv_counting_take(&lane->counting);
}

struct wv_categories *wv_lane_full(struct wv_lane *lane)
{
    return wv_counting_take_full(&lane->counting);
}

void wv_lane_numbers(struct wv_lane *lane, struct wv_lane_numbers *numbers,
                     struct wv_destination_numbers *destinations)
{
    const size_t bytes =
        lane->setup.dispatch.routes->destination_count * sizeof *lane->destinations;
    pthread_mutex_lock(&lane->mutex);
    *numbers = lane->numbers;
    memcpy(destinations, lane->destinations, bytes);
    pthread_mutex_unlock(&lane->mutex);
}
