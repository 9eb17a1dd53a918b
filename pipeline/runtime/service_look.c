/*
 * service_look.c — what others see of the service: whether it lives and is ready, and its numbers.
 */
#include "runtime/service_parts.h"

#include <stdlib.h>

enum {
    HANG_MS = 60000,  /* a thread that does nothing for so long hangs */
    STALL_MS = 30000, /* no acknowledgement for so long: not ready */
};

bool wv_service_is_live(struct wv_service *service)
{
    const uint64_t now = wv_clock_now_ns(service->clock);
    const uint64_t drain_ns = (uint64_t)service->config->delivery.drain_ms * 1000000;
    const uint64_t hang_ns = (uint64_t)HANG_MS * 1000000;
    const int phase = atomic_load(&service->phase);
    if (phase == WV_PHASE_STOPPING) {
        return true; /* it ends by itself, and has its time for that */
    }
    struct wv_snapshot snapshot;
    if (!wv_service_snapshot(service, &snapshot)) {
        return false;
    }
    const uint64_t lane_beat_ns = snapshot.sum.beat_ns;
    wv_snapshot_free(&snapshot);
    return now < atomic_load(&service->beat_ns) + drain_ns + hang_ns &&
           (phase != WV_PHASE_RUNNING || now < lane_beat_ns + hang_ns);
}

static bool not_ready(struct wv_buf *reason, const char *text)
{
    wv_buf_put(reason, wv_slice_of(text));
    return false;
}

/* The intakes' part of the snapshot; under the mutex. */
static bool look_at_intakes(struct wv_service *service, struct wv_snapshot *snapshot)
{
    struct wv_intake_numbers all = service->gone;
    all.assigned = service->intake_count > 0;
    for (size_t i = 0; i < service->intake_count; i++) {
        struct wv_intake_numbers numbers;
        const size_t count = wv_intake_numbers(service->intakes[i], &numbers, NULL, 0);
        const size_t room = snapshot->partition_count + count;
        struct wv_partition_numbers *partitions =
            realloc(snapshot->partitions, (room + 1) * sizeof *partitions);
        if (partitions == NULL) {
            return false;
        }
        snapshot->partitions = partitions;
        const size_t now = wv_intake_numbers(service->intakes[i], &numbers,
                                             partitions + snapshot->partition_count, count);
        snapshot->partition_count += now < count ? now : count;
        all.rebalances += numbers.rebalances;
        all.commits += numbers.commits;
        all.commit_errors += numbers.commit_errors;
        all.assigned = all.assigned && numbers.assigned;
    }
    snapshot->rebalances = all.rebalances;
    snapshot->commits = all.commits;
    snapshot->commit_errors = all.commit_errors;
    snapshot->ready = all.assigned;
    return true;
}

static uint64_t older(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The lanes' part of the snapshot; under the mutex. */
static void look_at_lanes(struct wv_service *service, struct wv_snapshot *snapshot,
                          struct wv_lane_numbers *lane, struct wv_destination_numbers *destinations)
{
    struct wv_lane_numbers *sum = &snapshot->sum;
    sum->beat_ns = UINT64_MAX;
    sum->progress_ns = UINT64_MAX;
    for (size_t i = 0; i < service->lane_count; i++) {
        wv_lane_numbers(service->lanes[i], lane, destinations);
        wv_tally_add(&sum->tally, &lane->tally);
        sum->delivery.too_large += lane->delivery.too_large;
        sum->delivery.skipped += lane->delivery.skipped;
        sum->delivery.rejects_unsent += lane->delivery.rejects_unsent;
        for (size_t k = 0; k < WV_BOX_COUNT; k++) {
            sum->delivery.boxes[k] += lane->delivery.boxes[k];
        }
        sum->delivery.held += lane->delivery.held;
        sum->delivery.committed += lane->delivery.committed;
        sum->delivery.aborted += lane->delivery.aborted;
        sum->delivery.renewed += lane->delivery.renewed;
        sum->delivery.blocked_ns = UINT64_MAX - older(UINT64_MAX - sum->delivery.blocked_ns,
                                                      UINT64_MAX - lane->delivery.blocked_ns);
        sum->queued += lane->queued;
        sum->in_flight += lane->in_flight;
        sum->damaged += lane->damaged;
        sum->beat_ns = older(sum->beat_ns, lane->beat_ns);
        sum->progress_ns = older(sum->progress_ns, lane->progress_ns);
        for (size_t k = 0; k < snapshot->destination_count; k++) {
            wv_destination_add(&snapshot->destinations[k], &destinations[k]);
        }
    }
}

bool wv_service_snapshot(struct wv_service *service, struct wv_snapshot *snapshot)
{
    *snapshot = (struct wv_snapshot){.destination_count = service->routes.destination_count};
    const size_t count = snapshot->destination_count + 1;
    snapshot->destinations = calloc(count, sizeof *snapshot->destinations);
    struct wv_destination_numbers *destinations = calloc(count, sizeof *destinations);
    struct wv_lane_numbers *lane = calloc(1, sizeof *lane);
    bool good = snapshot->destinations != NULL && destinations != NULL && lane != NULL;
    if (good) {
        pthread_mutex_lock(&service->mutex);
        look_at_lanes(service, snapshot, lane, destinations);
        good = look_at_intakes(service, snapshot);
        pthread_mutex_unlock(&service->mutex);
    }
    free(destinations);
    free(lane);
    if (!good) {
        wv_snapshot_free(snapshot);
        return false;
    }
    snapshot->lost = atomic_load(&service->lost);
    return true;
}

bool wv_service_retention(struct wv_service *service, struct wv_retention_numbers *numbers)
{
    pthread_mutex_lock(&service->mutex);
    const bool watched = service->retention != NULL;
    if (watched) {
        wv_retention_watch_numbers(service->retention, numbers);
    }
    pthread_mutex_unlock(&service->mutex);
    return watched;
}

void wv_snapshot_free(struct wv_snapshot *snapshot)
{
    free(snapshot->destinations);
    free(snapshot->partitions);
    *snapshot = (struct wv_snapshot){0};
}

bool wv_service_is_ready(struct wv_service *service, struct wv_buf *reason)
{
    const int phase = atomic_load(&service->phase);
    if (phase == WV_PHASE_PREFLIGHT) {
        return not_ready(reason, "waiting for brokers and topics; the log names them");
    }
    if (phase == WV_PHASE_STOPPING) {
        return not_ready(reason, "stopping");
    }
    struct wv_snapshot snapshot;
    if (!wv_service_snapshot(service, &snapshot)) {
        return not_ready(reason, "out of memory");
    }
    const bool assigned = snapshot.ready;
    const bool blocked = snapshot.sum.delivery.blocked_ns > 0;
    const bool damaged = snapshot.sum.damaged > 0;
    const bool stalled =
        wv_clock_now_ns(service->clock) > snapshot.sum.progress_ns + (uint64_t)STALL_MS * 1000000;
    wv_snapshot_free(&snapshot);
    if (atomic_load(&service->audit_trouble)) {
        return not_ready(reason, "the audit topic cannot be written; the log says why");
    }
    if (!assigned) {
        return not_ready(reason, "waiting for the consumer group");
    }
    if (blocked) {
        return not_ready(reason, "an output cannot be written; the log names it");
    }
    if (damaged) {
        return not_ready(reason, "a batch of an input cannot be read; the log says which");
    }
    return stalled ? not_ready(reason, "the brokers do not acknowledge") : true;
}
