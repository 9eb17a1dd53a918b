/*
 * collect.c — carries the service's numbers to the page that Prometheus reads.
 */
#include "app/collect.h"

#include "app/domains.h"

#include "filters/filter.h"
#include "keys/keyring_sum.h"
#include "plan/explain.h"
#include "plan/geo.h"
#include "keys/seal.h"
#include "plan/legal.h"
#include "plan/sealing.h"

#include <math.h>
#include <stdio.h>

static const struct wv_labels none;

static void collect_plan(struct wv_metrics_writer *writer, const struct wv_collect *collect,
                         const struct wv_plan *plan)
{
    wv_metrics_value(writer, WV_METRIC_BUILD_INFO, (struct wv_labels){.first = WV_VERSION}, 1);
    wv_metrics_value(writer, WV_METRIC_PLAN_INFO,
                     (struct wv_labels){.first = wv_plan_version(plan)}, 1);
    wv_metrics_value(writer, WV_METRIC_START_TIME, none, (double)collect->started_ms / 1000);
}

static void collect_keys(struct wv_metrics_writer *writer, const struct wv_collect *collect)
{
    struct wv_keyring *keyring = wv_service_keyring(collect->service);
    const struct wv_changes_numbers numbers = wv_changes_numbers(collect->changes);
    const int64_t now_s = wv_clock_wall_ms(collect->clock) / 1000;
    struct wv_plan *plan = wv_changes_running(collect->changes);
    const int64_t runway_s = wv_domains_runway(plan, keyring, now_s);
    wv_plan_free(plan);
    uint8_t digest[WV_SHA256_BYTES];
    wv_metrics_value(writer, WV_METRIC_KEY_RUNWAY, none,
                     runway_s == INT64_MAX ? (double)INFINITY : (double)runway_s);
    wv_metrics_value(writer, WV_METRIC_KEY_AGE, none, (double)wv_keyring_age(keyring, now_s));
    wv_metrics_value(writer, WV_METRIC_KEY_EPOCHS, none, (double)wv_keyring_count(keyring));
    if (wv_keyring_digest(keyring, WV_KEYRING_CURRENT, now_s, digest)) {
        const uint32_t check = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
                               (uint32_t)digest[2] << 8 | digest[3];
        wv_metrics_value(writer, WV_METRIC_KEYRING_CHECK, none, (double)check);
    }
    wv_metrics_value(writer, WV_METRIC_KEYRINGS_HELD, none, (double)numbers.keys.held);
    wv_metrics_count(writer, WV_METRIC_KEYS_FORGOTTEN, none, numbers.keys.forgotten);
    wv_metrics_count(writer, WV_METRIC_KEY_RELOADS, (struct wv_labels){.first = "loaded"},
                     numbers.keys.loaded);
    wv_metrics_count(writer, WV_METRIC_KEY_RELOADS, (struct wv_labels){.first = "refused"},
                     numbers.keys.refused);
    wv_metrics_value(writer, WV_METRIC_KEY_RELOAD_FAILED, none, numbers.keys.last_refused);
    wv_keyring_free(keyring);
}

static void collect_refusals(struct wv_metrics_writer *writer,
                             const struct wv_http_refusals *refusals)
{
    wv_metrics_count(writer, WV_METRIC_ADMIN_REFUSED, (struct wv_labels){.first = "token"},
                     atomic_load(&refusals->token));
    wv_metrics_count(writer, WV_METRIC_ADMIN_REFUSED, (struct wv_labels){.first = "rate"},
                     atomic_load(&refusals->rate));
}

static void collect_changes(struct wv_metrics_writer *writer, struct wv_changes *changes)
{
    const struct wv_changes_numbers numbers = wv_changes_numbers(changes);
    wv_metrics_count(writer, WV_METRIC_RELOADS, (struct wv_labels){.first = "loaded"},
                     numbers.loaded);
    wv_metrics_count(writer, WV_METRIC_RELOADS, (struct wv_labels){.first = "refused"},
                     numbers.refused);
    wv_metrics_count(writer, WV_METRIC_RELOADS, (struct wv_labels){.first = "rolled_back"},
                     numbers.rolled_back);
    wv_metrics_value(writer, WV_METRIC_PLAN_TIME, none, (double)numbers.since_ms / 1000);
    wv_metrics_value(writer, WV_METRIC_APPROVED_UNTIL, none,
                     numbers.approved_until_ms == INT64_MAX
                         ? (double)INFINITY
                         : (double)numbers.approved_until_ms / 1000);
    wv_metrics_value(writer, WV_METRIC_RELOAD_FAILED, none, numbers.last_refused);
}

static void collect_tally(struct wv_metrics_writer *writer, const struct wv_tally *tally)
{
    wv_metrics_count(writer, WV_METRIC_MESSAGES, none, tally->messages);
    wv_metrics_count(writer, WV_METRIC_BYTES_IN, none, tally->bytes_in);
    wv_metrics_count(writer, WV_METRIC_BYTES_OUT, none, tally->bytes_out);
    wv_metrics_count(writer, WV_METRIC_RECORDS_IN, none, tally->records_in);
    wv_metrics_count(writer, WV_METRIC_TOKENS, none, tally->tokens);
    wv_metrics_count(writer, WV_METRIC_TOKENS_WITHOUT_KEY, none, tally->tokens_without_key);
    wv_metrics_count(writer, WV_METRIC_NEEDLES_REPLACED, none, tally->needles_found);
    wv_metrics_count(writer, WV_METRIC_REPAIRED_UTF8, none, tally->repaired_utf8);
    wv_metrics_count(writer, WV_METRIC_UNKNOWN_TENANT, none, tally->unknown_tenant);
    wv_metrics_count(writer, WV_METRIC_UNKNOWN_REGION, none, tally->unknown_region);
    wv_metrics_count(writer, WV_METRIC_UNREVIEWED_REGION, none, tally->unreviewed_region);
    wv_metrics_count(writer, WV_METRIC_EVENTS_OUT_OF_RANGE, (struct wv_labels){.first = "late"},
                     tally->late);
    wv_metrics_count(writer, WV_METRIC_EVENTS_OUT_OF_RANGE, (struct wv_labels){.first = "future"},
                     tally->future);
    wv_metrics_histogram(writer, WV_METRIC_TRANSFORM_SECONDS, tally->time_ns, WV_TIME_BUCKETS,
                         tally->time_ns_sum);
}

static void collect_geo(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                        const struct wv_clock *clock, const struct wv_tally *tally)
{
    const struct wv_geo *geo = wv_plan_geo(plan);
    const int64_t now_s = wv_clock_wall_ms(clock) / 1000;
    for (size_t i = 0; i < geo->used_count; i++) {
        wv_metrics_value(writer, WV_METRIC_GEO_DATABASE_AGE,
                         (struct wv_labels){.first = geo->used[i].file},
                         (double)wv_geo_age_s(geo->used[i].database, now_s));
    }
    for (size_t i = 0; i < WV_GEO_USES; i++) {
        for (size_t k = 0; k < WV_GEO_RESULTS; k++) {
            if (tally->geo[i][k] > 0) {
                wv_metrics_count(writer, WV_METRIC_GEO_LOOKUPS,
                                 (struct wv_labels){wv_geo_use_word((enum wv_geo_use)i),
                                                    wv_geo_result_word((enum wv_geo_result)k)},
                                 tally->geo[i][k]);
            }
        }
    }
    for (size_t i = 0; i < WV_ENRICHED_MEMBERS; i++) {
        for (size_t k = 0; k < WV_ENRICHED_COUNT; k++) {
            if (tally->enriched[i][k] > 0) {
                wv_metrics_count(writer, WV_METRIC_ENRICHED,
                                 (struct wv_labels){wv_enriched_member(i),
                                                    wv_enriched_word((enum wv_enriched)k)},
                                 tally->enriched[i][k]);
            }
        }
    }
}

static void collect_fields(struct wv_metrics_writer *writer, const struct wv_tally *tally)
{
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        for (size_t k = 0; k < WV_ACTION_COUNT; k++) {
            if (tally->fields[i][k] > 0) {
                wv_metrics_count(writer, WV_METRIC_FIELDS,
                                 (struct wv_labels){wv_class_word((enum wv_class)i),
                                                    wv_action_word((enum wv_action)k)},
                                 tally->fields[i][k]);
            }
        }
    }
    for (size_t i = 0; i < wv_filter_count() && i < WV_FILTERS_MAX; i++) {
        for (size_t k = 0; k < WV_ACTION_COUNT; k++) {
            if (tally->filters[i][k] > 0) {
                wv_metrics_count(
                    writer, WV_METRIC_FILTER_VALUES,
                    (struct wv_labels){wv_filter_at(i)->name, wv_action_word((enum wv_action)k)},
                    tally->filters[i][k]);
            }
        }
    }
}

static void collect_detectors(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                              const struct wv_tally *tally)
{
    const struct wv_patterns *patterns = wv_plan_patterns(plan);
    for (size_t i = 0; i < wv_patterns_count(patterns); i++) {
        const char *name = (const char *)wv_patterns_at(patterns, i)->name.ptr;
        wv_metrics_count(writer, WV_METRIC_DETECTOR_LIMITS, (struct wv_labels){.first = name},
                         tally->detector_limits[i]);
    }
}

/* A record that a topic found too large counts here, since the engine does not know of it. */
static void collect_rejected(struct wv_metrics_writer *writer, const struct wv_snapshot *snapshot)
{
    for (size_t i = 0; i < WV_REASON_COUNT; i++) {
        const bool too_large = i == WV_REASON_OUTPUT_TOO_LARGE;
        const uint64_t count =
            snapshot->sum.tally.rejected[i] + (too_large ? snapshot->sum.delivery.too_large : 0);
        if (i != WV_REASON_NONE) {
            wv_metrics_count(writer, WV_METRIC_REJECTED,
                             (struct wv_labels){.first = wv_reason_word((enum wv_reason)i)}, count);
        }
    }
    wv_metrics_count(writer, WV_METRIC_STUBS, none,
                     snapshot->sum.tally.stubs + snapshot->sum.delivery.too_large);
}

static void collect_refused(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                            const struct wv_tally *tally)
{
    const struct wv_legal *legal = wv_plan_legal(plan);
    for (size_t i = 0; i < legal->refusal_count; i++) {
        const struct wv_refusal *refusal = &legal->refusals[i];
        const struct wv_output *output = &wv_plan_config(plan)->outputs[refusal->output];
        wv_metrics_count_3(writer, WV_METRIC_TRANSFERS_REFUSED,
                           (struct wv_labels){(const char *)output->name.ptr,
                                              wv_plan_pack(plan, refusal->pack).name},
                           wv_transfer_word(refusal->reason), tally->withheld[i]);
    }
    if (tally->withheld[WV_REFUSALS_MAX] > 0) {
        wv_metrics_count_3(writer, WV_METRIC_TRANSFERS_REFUSED,
                           (struct wv_labels){"other", "other"}, "other",
                           tally->withheld[WV_REFUSALS_MAX]);
    }
}

static void collect_left_out(struct wv_metrics_writer *writer, const struct wv_config *config,
                             const struct wv_tally *tally)
{
    wv_metrics_count(writer, WV_METRIC_SUPPRESSED, (struct wv_labels){"all", "no_event"},
                     tally->suppressed);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        const char *name = (const char *)output->name.ptr;
        for (int why = WV_SUPPRESSION_NONE + 1; why < WV_SUPPRESSION_COUNT; why++) {
            wv_metrics_count(
                writer, WV_METRIC_SUPPRESSED,
                (struct wv_labels){name, wv_suppression_word((enum wv_suppression)why)},
                tally->left_out[i][why]);
        }
        wv_metrics_count(writer, WV_METRIC_PURPOSES_REFUSED,
                         (struct wv_labels){name, wv_purpose_words[output->purpose]},
                         tally->left_out[i][WV_SUPPRESSION_PURPOSE]);
        wv_metrics_count(writer, WV_METRIC_SENSITIVE_REMOVED, (struct wv_labels){.first = name},
                         tally->sensitive[i]);
        wv_metrics_count(writer, WV_METRIC_CONSENTS_REFUSED, (struct wv_labels){name, "processing"},
                         tally->unconsented[i][WV_CONSENT_PROCESSING]);
        wv_metrics_count(writer, WV_METRIC_CONSENTS_REFUSED,
                         (struct wv_labels){name, "third_party"},
                         tally->unconsented[i][WV_CONSENT_THIRD_PARTY]);
    }
}

static void collect_sealed(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                           const struct wv_tally *tally)
{
    const struct wv_config *config = wv_plan_config(plan);
    for (size_t i = 0; i < config->output_count; i++) {
        const char *name = (const char *)config->outputs[i].name.ptr;
        const struct wv_seal_certificate *certificate = wv_plan_seal(plan, i);
        if (certificate == NULL) {
            continue;
        }
        for (int result = 0; result < WV_SEALING_COUNT; result++) {
            wv_metrics_count(writer, WV_METRIC_SEALED,
                             (struct wv_labels){name, wv_sealing_word((enum wv_sealing)result)},
                             tally->sealed[i][result]);
        }
        wv_metrics_value(writer, WV_METRIC_SEAL_EXPIRY, (struct wv_labels){.first = name},
                         (double)wv_seal_certificate_facts(certificate)->until_s);
    }
}

static void collect_reject_seals(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                                 const struct wv_delivery_numbers *numbers)
{
    const struct wv_seal_certificate *certificate = wv_plan_reject_seal(plan);
    if (certificate == NULL) {
        return;
    }
    for (int result = 0; result < WV_BOX_COUNT; result++) {
        wv_metrics_count(writer, WV_METRIC_REJECT_SEALS,
                         (struct wv_labels){.first = wv_box_word((enum wv_box)result)},
                         numbers->boxes[result]);
    }
    wv_metrics_value(writer, WV_METRIC_REJECT_SEAL_EXPIRY, none,
                     (double)wv_seal_certificate_facts(certificate)->until_s);
}

/* An end that nobody knows has no line, and what has ended is counted by what it refuses. */
static void collect_ends(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                         const struct wv_clock *clock)
{
    const struct wv_config *config = wv_plan_config(plan);
    const int32_t today = (int32_t)wv_epoch_day(wv_clock_wall_ms(clock) / 1000);
    for (size_t i = 0; i < config->output_count; i++) {
        for (size_t pack = 0; pack < wv_plan_packs(plan); pack++) {
            const int32_t until = wv_legal_is_region(plan, pack)
                                      ? wv_legal_until(plan, i, pack, today)
                                      : WV_DAY_NEVER;
            if (until >= today && until != WV_DAY_NEVER) {
                wv_metrics_value(writer, WV_METRIC_LAW_EXPIRY,
                                 (struct wv_labels){(const char *)config->outputs[i].name.ptr,
                                                    wv_plan_pack(plan, pack).name},
                                 ((double)until + 1) * WV_DAY_S);
            }
        }
    }
}

static uint64_t collect_errors(struct wv_metrics_writer *writer, const char *topic,
                               const struct wv_destination_numbers *numbers)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WV_ERROR_KINDS && numbers->errors[i].name != NULL; i++) {
        wv_metrics_count(writer, WV_METRIC_PRODUCE_ERRORS,
                         (struct wv_labels){topic, numbers->errors[i].name},
                         numbers->errors[i].count);
        sum += numbers->errors[i].count;
    }
    return sum;
}

/* Outputs come first, in the order of the configuration; the reject topic, if any, is the last. */
static void collect_outputs(struct wv_metrics_writer *writer, const struct wv_config *config,
                            const struct wv_snapshot *snapshot)
{
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        const struct wv_destination_numbers *numbers = &snapshot->destinations[i];
        wv_metrics_count(writer, WV_METRIC_RECORDS_OUT,
                         (struct wv_labels){.first = (const char *)output->name.ptr},
                         numbers->delivered - numbers->stubs);
        (void)collect_errors(writer, (const char *)output->topic.ptr, numbers);
    }
    uint64_t failed = 0;
    if (config->rejects_topic.len > 0) {
        failed = collect_errors(writer, (const char *)config->rejects_topic.ptr,
                                &snapshot->destinations[config->output_count]);
    }
    wv_metrics_count(writer, WV_METRIC_REJECT_TOPIC_ERRORS, none, failed);
}

static void collect_intake(struct wv_metrics_writer *writer, const struct wv_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->partition_count; i++) {
        const struct wv_partition_numbers *numbers = &snapshot->partitions[i];
        char partition[16];
        (void)snprintf(partition, sizeof partition, "%d", (int)numbers->partition);
        if (numbers->lag >= 0) {
            wv_metrics_value(writer, WV_METRIC_LAG, (struct wv_labels){numbers->topic, partition},
                             (double)numbers->lag);
        }
    }
    wv_metrics_value(writer, WV_METRIC_ASSIGNED_PARTITIONS, none,
                     (double)snapshot->partition_count);
    wv_metrics_count(writer, WV_METRIC_REBALANCES, none, snapshot->rebalances);
    wv_metrics_value(writer, WV_METRIC_IN_FLIGHT, none, (double)snapshot->sum.in_flight);
    wv_metrics_value(writer, WV_METRIC_DAMAGED, none, (double)snapshot->sum.damaged);
    wv_metrics_count(writer, WV_METRIC_COMMITS, none, snapshot->commits);
    wv_metrics_count(writer, WV_METRIC_COMMIT_ERRORS, none, snapshot->commit_errors);
    wv_metrics_count(writer, WV_METRIC_TRANSACTIONS, (struct wv_labels){.first = "committed"},
                     snapshot->sum.delivery.committed);
    wv_metrics_count(writer, WV_METRIC_TRANSACTIONS, (struct wv_labels){.first = "aborted"},
                     snapshot->sum.delivery.aborted);
    wv_metrics_count(writer, WV_METRIC_SKIPPED_PUBLISHED, none, snapshot->sum.delivery.skipped);
    wv_metrics_count(writer, WV_METRIC_PRODUCERS_RENEWED, none, snapshot->sum.delivery.renewed);
}

static void collect_span(struct wv_metrics_writer *writer, enum wv_metric metric,
                         const char *output, int64_t ms)
{
    wv_metrics_value(writer, metric, (struct wv_labels){.first = output},
                     ms < 0 ? (double)INFINITY : (double)ms / 1000);
}

static void collect_retention(struct wv_metrics_writer *writer, struct wv_service *service,
                              const struct wv_config *config)
{
    struct wv_retention_numbers numbers;
    if (!wv_service_retention(service, &numbers)) {
        numbers = (struct wv_retention_numbers){0};
    }
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        const char *name = (const char *)output->name.ptr;
        const struct wv_output_keeping *keeping = &numbers.outputs[i];
        if (output->retention_days > 0) {
            collect_span(writer, WV_METRIC_RETENTION_DECLARED, name,
                         (int64_t)output->retention_days * WV_DAY_S * 1000);
        }
        if (keeping->known) {
            collect_span(writer, WV_METRIC_RETENTION_TOPIC, name, keeping->kept_ms);
            collect_span(writer, WV_METRIC_RETENTION_LONGEST, name, keeping->longest_ms);
        }
    }
    wv_metrics_count(writer, WV_METRIC_RETENTION_CHECKS, (struct wv_labels){.first = "answered"},
                     numbers.answered);
    wv_metrics_count(writer, WV_METRIC_RETENTION_CHECKS, (struct wv_labels){.first = "failed"},
                     numbers.failed);
}

static void collect_service(struct wv_metrics_writer *writer, const struct wv_plan *plan,
                            const struct wv_clock *clock, const struct wv_snapshot *snapshot)
{
    collect_tally(writer, &snapshot->sum.tally);
    collect_geo(writer, plan, clock, &snapshot->sum.tally);
    collect_fields(writer, &snapshot->sum.tally);
    collect_detectors(writer, plan, &snapshot->sum.tally);
    collect_rejected(writer, snapshot);
    collect_refused(writer, plan, &snapshot->sum.tally);
    collect_left_out(writer, wv_plan_config(plan), &snapshot->sum.tally);
    collect_sealed(writer, plan, &snapshot->sum.tally);
    collect_reject_seals(writer, plan, &snapshot->sum.delivery);
    collect_outputs(writer, wv_plan_config(plan), snapshot);
    collect_intake(writer, snapshot);
}

void wv_collect_all(struct wv_metrics_writer *writer, const struct wv_collect *collect)
{
    struct wv_plan *plan = wv_changes_running(collect->changes);
    uint8_t why[256];
    struct wv_buf reason = wv_buf_of(why, sizeof why);
    struct wv_snapshot snapshot;
    collect_plan(writer, collect, plan);
    collect_ends(writer, plan, collect->clock);
    collect_changes(writer, collect->changes);
    collect_refusals(writer, &collect->refusals);
    collect_retention(writer, collect->service, wv_plan_config(plan));
    collect_keys(writer, collect);
    wv_metrics_value(writer, WV_METRIC_READY, none,
                     wv_service_is_ready(collect->service, &reason) ? 1 : 0);
    if (wv_service_snapshot(collect->service, &snapshot)) {
        collect_service(writer, plan, collect->clock, &snapshot);
        wv_snapshot_free(&snapshot);
    }
    wv_plan_free(plan);
}
