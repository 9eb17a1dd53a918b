/*
 * properties_exact.c — what exactly once asks of the configuration, as far as no broker is needed.
 *
 * One producer a lane must be able to write everything and to commit the offsets: so there is one
 * cluster, and one set of properties.
 */
#include "runtime/properties.h"

#include <stdio.h>
#include <string.h>

struct one {
    const struct wv_config *config;
    struct wv_settings producer; /* of the first output */
    struct wv_report *report;
};

static bool fail_memory(const struct one *one)
{
    return wv_report_add(one->report, (struct wv_finding){0}, "out of memory");
}

static bool check_destination(const struct one *one, struct wv_properties own, const char *pointer)
{
    struct wv_settings settings;
    if (!wv_settings_join(&settings, one->config->kafka, own)) {
        return fail_memory(one);
    }
    const bool same = wv_settings_equal(&settings, &one->producer);
    wv_settings_free(&settings);
    return same ||
           wv_config_fail_at(one->config, pointer, one->report,
                             "exactly_once needs the same properties for all outputs, rejects and "
                             "the audit, since one producer writes them in one transaction: put "
                             "them into /kafka, or use at_least_once");
}

static bool check_source(const struct one *one, size_t input)
{
    struct wv_settings settings;
    char pointer[48];
    if (!wv_settings_join(&settings, one->config->kafka, one->config->inputs[input].kafka)) {
        return fail_memory(one);
    }
    (void)snprintf(pointer, sizeof pointer, "/inputs/%zu", input);
    const char *here = wv_settings_brokers(&settings);
    const char *there = wv_settings_brokers(&one->producer);
    const char *isolation = wv_settings_find(&settings, "isolation.level");
    bool good = true;
    if (here != NULL && there != NULL && strcmp(here, there) != 0) {
        good = wv_config_fail_at(one->config, pointer, one->report,
                                 "exactly_once needs inputs and outputs on one cluster: a "
                                 "transaction cannot span two");
    }
    if (isolation != NULL && strcmp(isolation, "read_committed") != 0) {
        good = wv_config_fail_at(one->config, pointer, one->report,
                                 "exactly_once needs isolation.level \"read_committed\", or an "
                                 "offset could be taken over before it is settled");
    }
    wv_settings_free(&settings);
    return good;
}

bool wv_properties_check_exact(const struct wv_config *config, struct wv_report *report)
{
    if (config->delivery.mode != WV_EXACTLY_ONCE || config->output_count == 0) {
        return true;
    }
    struct one one = {.config = config, .report = report};
    if (!wv_settings_join(&one.producer, config->kafka, config->outputs[0].kafka)) {
        return fail_memory(&one);
    }
    bool good = true;
    for (size_t i = 0; i < config->output_count; i++) {
        char pointer[48];
        (void)snprintf(pointer, sizeof pointer, "/outputs/%zu", i);
        good = check_destination(&one, config->outputs[i].kafka, pointer) && good;
    }
    if (config->rejects_topic.len > 0) {
        good = check_destination(&one, config->rejects_kafka, "/rejects") && good;
    }
    if (config->audit_topic.len > 0) {
        good = check_destination(&one, config->audit_kafka, "/audit") && good;
    }
    for (size_t i = 0; i < config->input_count; i++) {
        good = check_source(&one, i) && good;
    }
    wv_settings_free(&one.producer);
    return good;
}
