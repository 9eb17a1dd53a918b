/* settle_time.c — when an event happened, and whether that is believed. */
#include "engine/work.h"

#include "filters/timestamp.h"
#include "keys/epoch.h"

#define SECOND_MS INT64_C(1000)

/* The difference that is nearest to a - b. */
static int64_t between(int64_t a, int64_t b)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return a < b ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

/* Measured from when the record came to Kafka, so that a second look at it says the same. */
static enum wv_timely timely(const struct wv_events *events, int64_t event_ms, int64_t arrival_ms)
{
    if (arrival_ms < 0) {
        return WV_TIMELY; /* an archive, or `wafveil filter` */
    }
    const int64_t late_ms = (int64_t)events->late_days * WV_DAY_S * SECOND_MS;
    const int64_t future_ms = (int64_t)events->future_s * SECOND_MS;
    if (events->late_days > 0 && between(arrival_ms, event_ms) > late_ms) {
        return WV_LATE;
    }
    return events->future_s > 0 && between(event_ms, arrival_ms) > future_ms ? WV_FUTURE
                                                                             : WV_TIMELY;
}

/* Of a record that is too far from its arrival the time stays in it, but chooses nothing: neither
 * the epoch of its tokens nor the versions of packs. */
static void settle_range(struct wv_worker *worker)
{
    struct wv_settled *settled = &worker->settled;
    const int64_t arrival_ms = worker->record->time_ms;
    settled->timely = timely(&worker->plan->config->events, settled->time_ms, arrival_ms);
    settled->trusted_ms = settled->timely == WV_TIMELY ? settled->time_ms : arrival_ms;
    settled->period = wv_plan_period(worker->plan, settled->trusted_ms);
    worker->tally.late += settled->timely == WV_LATE;
    worker->tally.future += settled->timely == WV_FUTURE;
}

bool wv_settled_untokenised(const struct wv_worker *worker)
{
    return worker->settled.timely != WV_TIMELY &&
           worker->plan->config->events.out_of_range != WV_RANGE_ARRIVAL;
}

/* What the record itself says; false: nothing, two things, or none that is a time. */
static bool read_time(struct wv_worker *worker, int64_t *ms)
{
    const uint32_t index = worker->roles[WV_ROLE_TIME];
    if (index == WV_NOWHERE || worker->ambiguous[WV_ROLE_TIME]) {
        return false;
    }
    const struct wv_field *field = &worker->fields[index];
    const struct wv_slice text =
        field->kind == WV_NUMBER
            ? wv_slice_sub(worker->layers[field->layer].text, field->start, field->end)
            : wv_field_text(worker, field);
    return wv_timestamp_parse(text, ms);
}

void wv_settle_time(struct wv_worker *worker)
{
    struct wv_settled *settled = &worker->settled;
    int64_t ms;
    settled->time_ms = read_time(worker, &ms) ? ms : worker->record->time_ms;
    settle_range(worker);
}
