/*
 * properties.c — librdkafka's properties as the operator wrote them: checked, and laid over one
 * another.
 */
#include "runtime/properties.h"

#include "plan/config_secrets.h"
#include "runtime/token_refresh.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static int by_name(const void *a, const void *b)
{
    const struct wv_property *const *left = a;
    const struct wv_property *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static const struct wv_property *find(struct wv_properties properties, const char *name)
{
    for (size_t i = 0; i < properties.count; i++) {
        if (strcmp(properties.items[i].name, name) == 0) {
            return &properties.items[i];
        }
    }
    return NULL;
}

bool wv_settings_join(struct wv_settings *settings, struct wv_properties base,
                      struct wv_properties own)
{
    *settings = (struct wv_settings){0};
    settings->items = calloc(base.count + own.count + 1, sizeof *settings->items);
    if (settings->items == NULL) {
        return false;
    }
    for (size_t i = 0; i < base.count; i++) {
        if (find(own, base.items[i].name) == NULL) {
            settings->items[settings->count++] = &base.items[i];
        }
    }
    for (size_t i = 0; i < own.count; i++) {
        settings->items[settings->count++] = &own.items[i];
    }
    qsort(settings->items, settings->count, sizeof *settings->items, by_name);
    return true;
}

void wv_settings_free(struct wv_settings *settings)
{
    free(settings->items);
    *settings = (struct wv_settings){0};
}

bool wv_settings_equal(const struct wv_settings *a, const struct wv_settings *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = strcmp(a->items[i]->name, b->items[i]->name) == 0 &&
                strcmp(a->items[i]->value, b->items[i]->value) == 0 &&
                a->items[i]->from == b->items[i]->from;
    }
    return equal;
}

const char *wv_settings_find(const struct wv_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->items[i]->name, name) == 0) {
            return settings->items[i]->value;
        }
    }
    return NULL;
}

const char *wv_settings_brokers(const struct wv_settings *settings)
{
    const char *brokers = wv_settings_find(settings, "bootstrap.servers");
    return brokers != NULL ? brokers : wv_settings_find(settings, "metadata.broker.list");
}

/* librdkafka's words for the two ends of a partition. */
static bool is_earliest(const char *word)
{
    return strcasecmp(word, "earliest") == 0 || strcasecmp(word, "smallest") == 0 ||
           strcasecmp(word, "beginning") == 0;
}

static bool is_latest(const char *word)
{
    return strcasecmp(word, "latest") == 0 || strcasecmp(word, "largest") == 0 ||
           strcasecmp(word, "end") == 0;
}

bool wv_settings_from_end(const struct wv_settings *settings)
{
    const char *reset = wv_settings_find(settings, "auto.offset.reset");
    return reset != NULL && is_latest(reset);
}

/* What the operator may not set, and why. */
static const struct owned {
    const char *name;
    const char *why;
} owned[] = {
    {"enable.auto.commit",
     "offsets are committed when all outputs have acknowledged, never before"},
    {"auto.commit.enable",
     "offsets are committed when all outputs have acknowledged, never before"},
    {"enable.auto.offset.store", "offsets advance only past what all outputs have acknowledged"},
    {"auto.commit.interval.ms", "delivery.commit_ms says how often offsets are committed"},
    {"offset.store.method", "offsets are kept by the brokers"},
    {"offset.store.path", "offsets are kept by the brokers"},
    {"acks", "only acks=all makes an acknowledgement mean that the record is safe"},
    {"request.required.acks",
     "only acks=all makes an acknowledgement mean that the record is safe"},
    {"delivery.report.only.error", "an offset is done only when success has been reported"},
    {"enable.gapless.guarantee", "it ends the process where a record can be rejected instead"},
    {"transactional.id",
     "delivery.mode says whether there are transactions, and instance what they go by"},
    {"log.queue", "log lines go to the service's own log"},
    {"test.mock.num.brokers", "every client would get a cluster of its own"},
};

static const char *owned_why(const char *name)
{
    for (size_t i = 0; i < WV_COUNT(owned); i++) {
        if (strcmp(owned[i].name, name) == 0) {
            return owned[i].why;
        }
    }
    return NULL;
}

/* What librdkafka says of itself: the names of its properties, and what each accepts. */
struct catalogue {
    char *text;
    const char **names;
    const char **ranges;
    size_t count;
};

static char *trim(char *text)
{
    while (*text == ' ') {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ') {
        text[--len] = '\0';
    }
    return text;
}

/* A row of its table: "name | C/P | range | …". */
static void catalogue_row(struct catalogue *catalogue, char *line)
{
    char *const role = strchr(line, '|');
    char *const range = role == NULL ? NULL : strchr(role + 1, '|');
    char *const rest = range == NULL ? NULL : strchr(range + 1, '|');
    if (rest == NULL || line[0] == '-') {
        return;
    }
    *role = '\0';
    *rest = '\0';
    catalogue->names[catalogue->count] = trim(line);
    catalogue->ranges[catalogue->count] = trim(range + 1);
    catalogue->count++;
}

static bool catalogue_read(struct catalogue *catalogue)
{
    *catalogue = (struct catalogue){0};
    size_t len = 0;
    FILE *stream = open_memstream(&catalogue->text, &len);
    if (stream == NULL) {
        return false;
    }
    rd_kafka_conf_properties_show(stream);
    if (fclose(stream) != 0) {
        return false;
    }
    size_t lines = 1;
    for (size_t i = 0; i < len; i++) {
        lines += catalogue->text[i] == '\n';
    }
    catalogue->names = calloc(lines, sizeof *catalogue->names);
    catalogue->ranges = calloc(lines, sizeof *catalogue->ranges);
    if (catalogue->names == NULL || catalogue->ranges == NULL) {
        return false;
    }
    char *line = catalogue->text;
    for (char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        *end = '\0';
        catalogue_row(catalogue, line);
        line = end + 1;
    }
    return true;
}

static void catalogue_free(struct catalogue *catalogue)
{
    free(catalogue->text);
    free(catalogue->names);
    free(catalogue->ranges);
}

struct check {
    const struct wv_config *config;
    const struct catalogue *catalogue;
    rd_kafka_conf_t *scratch;
    struct wv_report *report;
};

static bool fail_unknown(const struct check *check, const struct wv_property *property)
{
    const char *near =
        wv_nearest(wv_slice_of(property->name), check->catalogue->names, check->catalogue->count);
    if (near == NULL) {
        return wv_config_fail_at(check->config, property->pointer, check->report,
                                 "librdkafka %s has no property \"%s\"", rd_kafka_version_str(),
                                 property->name);
    }
    return wv_config_fail_at(check->config, property->pointer, check->report,
                             "librdkafka %s has no property \"%s\"; did you mean \"%s\"?",
                             rd_kafka_version_str(), property->name, near);
}

static bool fail_value(const struct check *check, const struct wv_property *property)
{
    const char *range = "";
    for (size_t i = 0; i < check->catalogue->count; i++) {
        if (strcmp(check->catalogue->names[i], property->name) == 0) {
            range = check->catalogue->ranges[i];
        }
    }
    return wv_config_fail_at(check->config, property->pointer, check->report,
                             "librdkafka does not accept this value of \"%s\"%s%s", property->name,
                             range[0] == '\0' ? "" : "; accepted: ", range);
}

/* Properties that are the operator's, but not with every value. */
static bool check_choice(const struct check *check, const struct wv_property *property)
{
    if (strcmp(property->name, "auto.offset.reset") == 0 && !is_earliest(property->value) &&
        !is_latest(property->value)) {
        return wv_config_fail_at(check->config, property->pointer, check->report,
                                 "auto.offset.reset must be \"earliest\" or \"latest\": where to "
                                 "start when the group has committed nothing yet");
    }
    if (strcmp(property->name, "partition.assignment.strategy") != 0) {
        return true;
    }
    const char *why = wv_properties_strategy(property->value, rd_kafka_version());
    return why == NULL || wv_config_fail_at(check->config, property->pointer, check->report,
                                            "partition.assignment.strategy must be %s", why);
}

static bool check_property(const struct check *check, const struct wv_property *property)
{
    const char *why = owned_why(property->name);
    if (why != NULL) {
        return wv_config_fail_at(check->config, property->pointer, check->report,
                                 "\"%s\" belongs to wafveil: %s", property->name, why);
    }
    struct wv_bytes secret;
    const char *value;
    char ignored[512]; /* librdkafka's text quotes the value */
    const bool found = wv_property_text(check->config, property, &secret, &value, check->report);
    const rd_kafka_conf_res_t set =
        found ? rd_kafka_conf_set(check->scratch, property->name, value, ignored, sizeof ignored)
              : RD_KAFKA_CONF_OK;
    wv_bytes_free(&secret);
    if (!found) {
        return false;
    }
    switch (set) {
    case RD_KAFKA_CONF_OK:
        return check_choice(check, property) &&
               wv_property_check_safety(check->config, property, check->report);
    case RD_KAFKA_CONF_INVALID:
        return fail_value(check, property);
    case RD_KAFKA_CONF_UNKNOWN:
    default:
        return fail_unknown(check, property);
    }
}

static bool check_all(const struct check *check, struct wv_properties properties)
{
    bool good = true;
    for (size_t i = 0; i < properties.count; i++) {
        good = check_property(check, &properties.items[i]) && good;
    }
    return good;
}

bool wv_properties_check(const struct wv_config *config, struct wv_report *report)
{
    struct catalogue catalogue;
    if (!catalogue_read(&catalogue)) {
        catalogue_free(&catalogue);
        return wv_report_add(report, (struct wv_finding){0}, "out of memory");
    }
    const struct check check = {.config = config,
                                .catalogue = &catalogue,
                                .scratch = rd_kafka_conf_new(),
                                .report = report};
    bool good = wv_config_check_rights(config, report);
    good = check_all(&check, config->kafka) && good;
    for (size_t i = 0; i < config->input_count; i++) {
        good = check_all(&check, config->inputs[i].kafka) && good;
    }
    for (size_t i = 0; i < config->output_count; i++) {
        good = check_all(&check, config->outputs[i].kafka) && good;
    }
    good = check_all(&check, config->rejects_kafka) && good;
    good = check_all(&check, config->audit_kafka) && good;
    good = wv_properties_check_exact(config, report) && good;
    good = wv_properties_check_group(config, report) && good;
    rd_kafka_conf_destroy(check.scratch);
    catalogue_free(&catalogue);
    return good;
}

static bool require_source(const struct wv_config *config, size_t input, struct wv_report *report)
{
    struct wv_settings settings;
    if (!wv_settings_join(&settings, config->kafka, config->inputs[input].kafka)) {
        return wv_report_add(report, (struct wv_finding){0}, "out of memory");
    }
    bool good = true;
    if (wv_settings_brokers(&settings) == NULL) {
        good = wv_config_fail_at(config, "/kafka", report,
                                 "\"bootstrap.servers\" is missing: the host:port of one or more "
                                 "brokers, separated by commas");
    } else if (wv_settings_find(&settings, "group.id") == NULL) {
        good = wv_config_fail_at(config, "/kafka", report,
                                 "\"group.id\" is missing: processes with the same group share the "
                                 "input's partitions, and Kafka keeps their offsets under it");
    }
    good = wv_token_refresh_check(config, &settings, "/kafka", report) && good;
    wv_settings_free(&settings);
    return good;
}

static bool require_destination(const struct wv_config *config, struct wv_properties own,
                                const char *pointer, struct wv_report *report)
{
    struct wv_settings settings;
    if (!wv_settings_join(&settings, config->kafka, own)) {
        return wv_report_add(report, (struct wv_finding){0}, "out of memory");
    }
    bool good = wv_settings_brokers(&settings) != NULL ||
                wv_config_fail_at(config, pointer, report,
                                  "\"bootstrap.servers\" is missing here and in /kafka");
    if (own.count > 0) { /* the others' were looked at with the inputs */
        good = wv_token_refresh_check(config, &settings, pointer, report) && good;
    }
    wv_settings_free(&settings);
    return good;
}

/* Two inputs that read the same topic through the same consumer cannot be told apart. */
static bool require_distinct(const struct wv_config *config, size_t input, struct wv_report *report)
{
    char pointer[48];
    (void)snprintf(pointer, sizeof pointer, "/inputs/%zu/topic", input);
    const struct wv_slice topic = config->inputs[input].topic;
    if (topic.len == 0) {
        return wv_config_fail_at(config, pointer, report, "an input needs a topic to be read");
    }
    if (topic.ptr[0] == '^') {
        return wv_config_fail_at(config, pointer, report,
                                 "a topic is a name here, not a pattern: list every topic, since "
                                 "each has its own format and tenant");
    }
    for (size_t i = 0; i < input; i++) {
        if (wv_slice_eq(config->inputs[i].topic, topic)) {
            return wv_config_fail_at(config, pointer, report, "input %zu reads this topic already",
                                     i);
        }
    }
    return true;
}

bool wv_properties_require(const struct wv_config *config, struct wv_report *report)
{
    bool good = true;
    if (config->input_count == 0) {
        good = wv_config_fail_at(config, "", report, "the service needs an input");
    }
    if (config->output_count == 0) {
        good = wv_config_fail_at(config, "", report, "the service needs an output");
    }
    for (size_t i = 0; i < config->input_count; i++) {
        good = require_distinct(config, i, report) && good;
        good = require_source(config, i, report) && good;
    }
    for (size_t i = 0; i < config->output_count; i++) {
        char pointer[48];
        (void)snprintf(pointer, sizeof pointer, "/outputs/%zu", i);
        if (config->outputs[i].topic.len == 0) {
            good = wv_config_fail_at(config, pointer, report, "an output needs a topic");
        }
        good = require_destination(config, config->outputs[i].kafka, pointer, report) && good;
    }
    if (config->audit_topic.len > 0) {
        good = require_destination(config, config->audit_kafka, "/audit", report) && good;
    }
    return require_destination(config, config->rejects_kafka, "/rejects", report) && good;
}
