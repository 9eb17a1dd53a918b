/*
 * properties_group.c — how a group shares out its partitions: which ways there are, and with which
 * librdkafka.
 */
#include "runtime/properties.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <strings.h>

bool wv_settings_next_generation(const struct wv_settings *settings)
{
    const char *protocol = wv_settings_find(settings, "group.protocol");
    return protocol != NULL && strcasecmp(protocol, "consumer") == 0;
}

bool wv_settings_incremental(const struct wv_settings *settings)
{
    const char *strategy = wv_settings_find(settings, "partition.assignment.strategy");
    return wv_settings_next_generation(settings) ||
           (strategy != NULL && strcmp(strategy, "cooperative-sticky") == 0);
}

/* librdkafka's issues #4059, #4908 (until 2.10.0), #4800 (until 2.6.1), #4528, #4636, #4381. */
const char *wv_properties_strategy(const char *strategy, int version)
{
    const int without_losses = 0x020a0000;
    if (strstr(strategy, "cooperative") == NULL) {
        return NULL;
    }
    if (version < without_losses) {
        return "made of \"range\" and \"roundrobin\": commits during a cooperative rebalance can "
               "lose the assignment, until librdkafka 2.10";
    }
    return strcmp(strategy, "cooperative-sticky") == 0
               ? NULL
               : "\"cooperative-sticky\" alone, or made of \"range\" and \"roundrobin\": a group "
                 "cannot do both";
}

/* librdkafka has it since 2.12, with its issue #5541 until 2.15. Transactions name the member's
 * epoch, which brokers change without a word to us: one that was asked for later could be of a
 * member that has lost its partitions meanwhile. */
const char *wv_properties_next_generation(bool exactly_once, int version)
{
    const int complete = 0x020f0000;
    if (version < complete) {
        return "needs librdkafka 2.15 or newer";
    }
    return exactly_once ? "is for at_least_once: with exactly_once, use \"classic\"" : NULL;
}

/* What brokers decide by that protocol. */
static const char *const of_classic[] = {"partition.assignment.strategy", "session.timeout.ms",
                                         "heartbeat.interval.ms", "group.protocol.type"};

static bool check_source(const struct wv_config *config, const struct wv_settings *settings,
                         struct wv_report *report)
{
    bool good = true;
    for (size_t i = 0; i < settings->count; i++) {
        const struct wv_property *property = settings->items[i];
        const char *why = NULL;
        if (strcmp(property->name, "group.protocol") == 0) {
            /* The one that it was built for, and the one that it runs with. */
            const int version =
                rd_kafka_version() < RD_KAFKA_VERSION ? rd_kafka_version() : RD_KAFKA_VERSION;
            why = wv_properties_next_generation(config->delivery.mode == WV_EXACTLY_ONCE, version);
        }
        for (size_t k = 0; k < WV_COUNT(of_classic); k++) {
            why = strcmp(property->name, of_classic[k]) == 0
                      ? "is the brokers' to say with group.protocol \"consumer\": leave it out"
                      : why;
        }
        good = (why == NULL || wv_config_fail_at(config, property->pointer, report, "\"%s\" %s",
                                                 property->name, why)) &&
               good;
    }
    return good;
}

bool wv_properties_check_group(const struct wv_config *config, struct wv_report *report)
{
    bool good = true;
    for (size_t i = 0; good && i < config->input_count; i++) {
        struct wv_settings settings;
        if (!wv_settings_join(&settings, config->kafka, config->inputs[i].kafka)) {
            return wv_report_add(report, (struct wv_finding){0}, "out of memory");
        }
        good = !wv_settings_next_generation(&settings) || check_source(config, &settings, report);
        wv_settings_free(&settings);
    }
    return good;
}
