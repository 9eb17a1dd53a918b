/* replay.c — single messages once more through the engine and to the outputs. */
#include "runtime/replay.h"

#include "base/log.h"
#include "runtime/dispatch.h"
#include "runtime/preflight.h"

#include <stdlib.h>
#include <time.h>

enum {
    TOPICS_MS = 30000, /* how long brokers and topics are waited for */
    PAUSE_MS = 500,
    SERVE_MS = 20,
};

struct wv_replay {
    struct wv_plan *plan;
    struct wv_worker *worker;
    struct wv_routes routes;
    struct wv_stop stop;
    struct wv_dispatch *dispatch; /* NULL: dry */
    struct wv_slot slot;          /* the partition of the moment */
    uint32_t generation;
    bool has_routes;
    bool has_tracker;
    struct wv_result *picked;
    size_t picked_cap;
};

static bool await_topics(struct wv_replay *replay)
{
    const struct wv_clock *clock = wv_clock_system();
    struct wv_preflight *preflight = wv_preflight_new(&replay->routes, clock);
    const uint64_t begin = wv_clock_now_ns(clock);
    bool ready = false;
    while (preflight != NULL && !ready &&
           wv_clock_now_ns(clock) - begin < (uint64_t)TOPICS_MS * 1000000) {
        ready = wv_preflight_ask(preflight) == WV_PREFLIGHT_READY;
        if (!ready) {
            const struct timespec pause = {.tv_nsec = (long)PAUSE_MS * 1000000};
            (void)nanosleep(&pause, NULL);
        }
    }
    wv_preflight_free(preflight);
    return ready;
}

static bool open_outputs(struct wv_replay *replay)
{
    replay->has_routes = wv_routes_init(&replay->routes, wv_plan_config(replay->plan));
    replay->has_tracker =
        replay->has_routes && wv_tracker_init(&replay->slot.tracker, WV_SLOT_IN_FLIGHT_MAX);
    if (!replay->has_tracker || !await_topics(replay)) {
        return false;
    }
    const struct wv_dispatch_setup setup = {.plan = replay->plan,
                                            .routes = &replay->routes,
                                            .stop = &replay->stop,
                                            .clock = wv_clock_system(),
                                            .producers = replay->routes.channel_count};
    replay->dispatch = wv_dispatch_new(&setup);
    return replay->dispatch != NULL;
}

struct wv_replay *wv_replay_new(struct wv_plan *plan, bool dry)
{
    struct wv_replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return NULL;
    }
    wv_stop_init(&replay->stop);
    replay->plan = wv_plan_hold(plan);
    replay->worker = wv_worker_new(plan);
    if (replay->worker == NULL || (!dry && !open_outputs(replay))) {
        wv_replay_free(replay);
        return NULL;
    }
    return replay;
}

void wv_replay_free(struct wv_replay *replay)
{
    if (replay == NULL) {
        return;
    }
    wv_dispatch_free(replay->dispatch); /* its last reports still name the slot */
    if (replay->has_tracker) {
        wv_tracker_fini(&replay->slot.tracker);
    }
    if (replay->has_routes) {
        wv_routes_fini(&replay->routes);
    }
    wv_worker_free(replay->worker);
    wv_plan_free(replay->plan);
    free(replay->picked);
    free(replay);
}

/* A user who may write nothing gets no producer id: here nobody waits for the permission. */
static bool has_ended(struct wv_replay *replay)
{
    return wv_stop_asked(&replay->stop) || atomic_load(&replay->stop.again);
}

int wv_replay_code(const struct wv_replay *replay)
{
    const int code = atomic_load(&replay->stop.code);
    return code == WV_STOP_NO ? WV_EXIT_OUTPUT : code;
}

bool wv_replay_drain(struct wv_replay *replay)
{
    while (replay->dispatch != NULL && wv_tracker_in_flight(&replay->slot.tracker) > 0) {
        if (has_ended(replay)) {
            return false;
        }
        wv_dispatch_hurry(replay->dispatch, SERVE_MS);
    }
    return replay->dispatch == NULL || !has_ended(replay);
}

uint64_t wv_replay_too_large(struct wv_replay *replay)
{
    return replay->dispatch == NULL ? 0 : wv_dispatch_numbers(replay->dispatch)->too_large;
}

/* ---- Which results --------------------------------------------------------------------------- */

/* Whether a report that named record number so-and-so means this result. A message of which one
 * record was seen is meant whole, however many are found in it now. */
static bool means(const struct wv_replay_want *want, const struct wv_results *results,
                  const struct wv_result *result)
{
    const bool whole =
        (want->records >= 0 && want->records <= 1) || (results->records <= 1 && want->record == 0);
    return (whole || result->record == want->record) &&
           (want->output == UINT32_MAX || result->output == UINT32_MAX ||
            result->output == want->output);
}

/* Numbers of records mean something only where the message is split as it was. */
static bool is_unsure(const struct wv_replay_want *want, const struct wv_results *results)
{
    if (want->records >= 0) {
        return want->records > 1 && (uint64_t)want->records != results->records;
    }
    return results->records > 1 || want->record > 0;
}

/* Counts it for the report; whether it has to be sent for that report. */
static bool judge(const struct wv_replay_want *want, const struct wv_results *results,
                  const struct wv_result *result, struct wv_replayed *done)
{
    /* A message that was one to us and is split now: its records are new, and so is what is said of
     * them. */
    const bool anew = want->records >= 0 && want->records <= 1 && results->records > 1;
    bool tell = anew;
    switch (result->outcome) {
    case WV_PUBLISH:
        done->sent++;
        return true;
    case WV_SUPPRESS:
        done->suppressed++;
        return false;
    case WV_STUB: /* for one output it stands there already */
        tell = anew || want->output == UINT32_MAX;
        break;
    case WV_REJECT:
        break;
    }
    done->rejected++;
    done->reason = result->reason;
    done->told += tell;
    return tell;
}

static bool make_room(struct wv_replay *replay, size_t count)
{
    if (count <= replay->picked_cap) {
        return true;
    }
    struct wv_result *more = realloc(replay->picked, count * sizeof *more);
    if (more == NULL) {
        wv_stop_ask(&replay->stop, WV_EXIT_INTERNAL);
        return false;
    }
    replay->picked = more;
    replay->picked_cap = count;
    return true;
}

/* Each result once, also where several reports mean it. */
static struct wv_results pick(struct wv_replay *replay, const struct wv_results *results,
                              const struct wv_replay_want *wants, size_t count,
                              struct wv_replayed *done)
{
    struct wv_results picked = {.items = replay->picked, .records = results->records};
    for (size_t i = 0; i < count; i++) {
        done[i] = (struct wv_replayed){.unsure = is_unsure(&wants[i], results)};
    }
    for (size_t r = 0; r < results->count; r++) {
        bool send = false;
        for (size_t i = 0; i < count; i++) {
            if (!done[i].unsure && means(&wants[i], results, &results->items[r])) {
                send = judge(&wants[i], results, &results->items[r], &done[i]) || send;
            }
        }
        if (send) {
            replay->picked[picked.count++] = results->items[r];
        }
    }
    return picked;
}

/* ---- A message ------------------------------------------------------------------------------- */

/* The slot is that of one partition; nothing of another one is on its way any more. */
static bool turn_to(struct wv_replay *replay, const struct wv_record *record, int32_t partition)
{
    struct wv_slot *slot = &replay->slot;
    const char *topic = (const char *)record->topic.ptr;
    if (slot->used && slot->partition == partition && strcmp(slot->topic, topic) == 0) {
        return true;
    }
    if (!wv_replay_drain(replay)) {
        return false;
    }
    wv_ensure(record->topic.len < sizeof slot->topic);
    memcpy(slot->topic, topic, record->topic.len + 1);
    slot->partition = partition;
    slot->input = record->input;
    slot->used = true;
    wv_tracker_reset(&slot->tracker, ++replay->generation, -1);
    return true;
}

static bool ship(struct wv_replay *replay, int64_t offset, const struct wv_results *picked)
{
    /* Without the record: what is reported anew has its box in the first report. */
    struct wv_consignment consignment = {
        .slot = &replay->slot, .offset = offset, .results = *picked};
    while (wv_dispatch_is_full(replay->dispatch) && !has_ended(replay)) {
        wv_dispatch_serve(replay->dispatch, SERVE_MS);
    }
    if (has_ended(replay) ||
        (wv_tracker_room(&replay->slot.tracker) == 0 && !wv_replay_drain(replay)) ||
        !wv_tracker_open(&replay->slot.tracker, offset, &consignment.ticket)) {
        return false;
    }
    wv_dispatch_message(replay->dispatch, &consignment);
    wv_dispatch_serve(replay->dispatch, 0);
    return !has_ended(replay);
}

bool wv_replay_message(struct wv_replay *replay, int32_t partition, int64_t offset,
                       const struct wv_record *record, const struct wv_replay_want *wants,
                       size_t count, struct wv_replayed *done)
{
    if (replay->dispatch != NULL && !turn_to(replay, record, partition)) {
        return false;
    }
    const struct wv_results results = wv_transform(replay->worker, record);
    if (!make_room(replay, results.count)) {
        return false;
    }
    const struct wv_results picked = pick(replay, &results, wants, count, done);
    return replay->dispatch == NULL || picked.count == 0 || ship(replay, offset, &picked);
}
