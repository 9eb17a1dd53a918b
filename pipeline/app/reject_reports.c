/*
 * reject_reports.c — the reports that stand in the reject topic, and which of them are meant.
 */
#include "app/reject_reports.h"

#include "runtime/sample.h"

#include <jansson.h>
#include <stdlib.h>

enum {
    NAMES_MAX = 4096, /* different texts: they are words of a configuration and of formats */
    NAME_MAX_LEN = 1024,
};

/* ---- Which ----------------------------------------------------------------------------------- */

static bool is_same(const char *wanted, const char *found)
{
    return wanted == NULL || strcmp(wanted, found) == 0;
}

static bool is_meant(const struct wv_reject_choice *choice, const struct wv_reject_report *report)
{
    return is_same(choice->topic, report->topic) && is_same(choice->tenant, report->tenant) &&
           is_same(choice->cause, report->reason) && is_same(choice->output, report->output) &&
           report->time_ms >= choice->since_ms && report->time_ms < choice->until_ms &&
           (choice->partition < 0 || report->partition == choice->partition) &&
           report->offset >= choice->first && report->offset <= choice->last;
}

/* ---- A report -------------------------------------------------------------------------------- */

/* The text, once. NULL: it is none, too long, or there are too many of them. */
static const char *name_of(struct wv_reject_reports *reports, const json_t *object,
                           const char *member)
{
    const json_t *value = json_object_get(object, member);
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) > NAME_MAX_LEN ||
        strlen(text) != json_string_length(value)) {
        return NULL;
    }
    for (size_t i = 0; i < reports->name_count; i++) {
        if (strcmp(reports->names[i], text) == 0) {
            return reports->names[i];
        }
    }
    if (reports->names == NULL) {
        reports->names = calloc(NAMES_MAX, sizeof *reports->names);
    }
    char *copy = reports->names == NULL || reports->name_count == NAMES_MAX ? NULL : strdup(text);
    if (copy != NULL) {
        reports->names[reports->name_count++] = copy;
    }
    return copy;
}

static bool number_of(const json_t *object, const char *member, int64_t most, int64_t *out)
{
    const json_t *value = json_object_get(object, member);
    *out = json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
    return json_is_integer(value) && *out >= 0 && *out <= most;
}

static bool parse(struct wv_reject_reports *reports, const json_t *object,
                  struct wv_reject_report *out)
{
    int64_t partition = 0;
    int64_t record = 0;
    out->topic = name_of(reports, object, "topic");
    out->tenant = name_of(reports, object, "tenant");
    out->reason = name_of(reports, object, "reason");
    out->output = name_of(reports, object, "output");
    out->plan = name_of(reports, object, "plan");
    out->format = name_of(reports, object, "input");
    out->place = name_of(reports, object, "place");
    out->unsealed = name_of(reports, object, "unsealed");
    out->sealed = json_is_string(json_object_get(object, "sealed"));
    const bool good = number_of(object, "partition", INT32_MAX, &partition) &&
                      number_of(object, "offset", INT64_MAX - 1, &out->offset) &&
                      number_of(object, "record", UINT32_MAX, &record);
    if (!number_of(object, "records", INT64_MAX, &out->records)) {
        out->records = -1;
    }
    out->partition = good ? (int32_t)partition : 0;
    out->record = good ? (uint32_t)record : 0;
    return good && out->topic != NULL && out->tenant != NULL && out->reason != NULL &&
           out->output != NULL && out->plan != NULL && out->format != NULL;
}

static void keep(struct wv_reject_reports *reports, const struct wv_reject_report *report)
{
    if (reports->count == WV_REJECT_REPORTS_MAX) {
        reports->too_many = true;
        return;
    }
    if (reports->count == reports->cap) {
        reports->cap = reports->cap == 0 ? 1024 : reports->cap * 2;
        reports->items = realloc(reports->items, reports->cap * sizeof *reports->items);
        wv_ensure(reports->items != NULL);
    }
    reports->items[reports->count++] = *report;
}

void wv_reject_reports_add(struct wv_reject_reports *reports,
                           const struct wv_topic_message *message)
{
    struct wv_reject_report report = {.time_ms = message->time_ms,
                                      .report_partition = message->partition,
                                      .report_offset = message->offset};
    json_t *object = message->value.ptr == NULL
                         ? NULL
                         : json_loadb((const char *)message->value.ptr, message->value.len,
                                      JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object) || !parse(reports, object, &report)) {
        reports->foreign++;
    } else if (is_meant(reports->choice, &report)) {
        keep(reports, &report);
    }
    json_decref(object);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int wv_reject_compare_place(const struct wv_reject_report *a, const struct wv_reject_report *b)
{
    int order = a->topic == b->topic ? 0 : strcmp(a->topic, b->topic);
    order = order != 0 ? order : compare_numbers(a->partition, b->partition);
    return order != 0 ? order : compare_numbers(a->offset, b->offset);
}

static int compare_report(const struct wv_reject_report *a, const struct wv_reject_report *b)
{
    const int order = compare_numbers(a->report_partition, b->report_partition);
    return order != 0 ? order : compare_numbers(a->report_offset, b->report_offset);
}

static int by_time(const void *left, const void *right)
{
    const struct wv_reject_report *a = left;
    const struct wv_reject_report *b = right;
    int order = compare_numbers(a->time_ms, b->time_ms);
    order = order != 0 ? order : wv_reject_compare_place(a, b);
    return order != 0 ? order : compare_report(a, b);
}

static int by_place(const void *left, const void *right)
{
    const int order = wv_reject_compare_place(left, right);
    return order != 0 ? order : compare_report(left, right);
}

size_t wv_reject_reports_messages(struct wv_reject_reports *reports)
{
    size_t messages = reports->count > 0;
    if (reports->count > 0) {
        qsort(reports->items, reports->count, sizeof *reports->items, by_place);
    }
    for (size_t i = 1; i < reports->count; i++) {
        messages += wv_reject_compare_place(&reports->items[i - 1], &reports->items[i]) != 0;
    }
    return messages;
}

static void take(void *user, const struct wv_topic_message *message)
{
    wv_reject_reports_add(user, message);
}

enum wv_exit wv_reject_reports_read(const struct wv_config *config,
                                    const struct wv_reject_choice *choice,
                                    struct wv_reject_reports *reports)
{
    struct wv_sample_trouble trouble = {NULL, NULL};
    const struct wv_topic topic = {.name = config->rejects_topic,
                                   .kafka = config->rejects_kafka,
                                   .each = UINT64_MAX,
                                   .since_ms = choice->since_ms};
    *reports = (struct wv_reject_reports){.choice = choice};
    if (config->rejects_topic.len == 0) {
        (void)fputs("wafveil: the configuration names no rejects.topic: rejected records are only "
                    "counted\n",
                    stderr);
        return WV_EXIT_CONFIG;
    }
    if (!wv_topic_read(config, &topic, take, reports, &trouble)) {
        (void)fprintf(stderr, "wafveil: the topic %s cannot be read: %s; %s\n",
                      (const char *)topic.name.ptr, trouble.what, trouble.advice);
        return WV_EXIT_KAFKA;
    }
    if (reports->too_many) {
        (void)fprintf(stderr,
                      "wafveil: there are more than %d such reports: name a shorter time, a topic, "
                      "a tenant or a reason\n",
                      WV_REJECT_REPORTS_MAX);
        return WV_EXIT_USAGE;
    }
    if (reports->count > 0) {
        qsort(reports->items, reports->count, sizeof *reports->items, by_time);
    }
    return WV_EXIT_OK;
}

void wv_reject_reports_fini(struct wv_reject_reports *reports)
{
    for (size_t i = 0; i < reports->name_count; i++) {
        free(reports->names[i]);
    }
    free(reports->names);
    free(reports->items);
    *reports = (struct wv_reject_reports){0};
}
