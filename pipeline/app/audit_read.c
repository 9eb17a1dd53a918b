/*
 * audit_read.c — audit records from files, stdin or their topic.
 */
#include "app/audit_read.h"

#include "app/records.h"
#include "app/setup.h"
#include "keys/ledger.h"
#include "plan/config.h"
#ifdef WV_KAFKA
#include "runtime/sample.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct reading {
    wv_audit_line_fn *fn;
    void *user;
    const char *name;
};

static enum wv_exit fail_file(const char *name)
{
    (void)fprintf(stderr, "wafveil: %s: %s\n", name, strerror(errno));
    return WV_EXIT_CONFIG;
}

static enum wv_exit read_stream(const struct reading *reading, int file)
{
    struct wv_records records;
    struct wv_slice line;
    char place[WV_LEDGER_PLACE];
    enum wv_records_next next;
    wv_records_init(&records, file, WV_LEDGER_RECORD_MAX);
    while ((next = wv_records_next(&records, &line)) == WV_RECORDS_LINE ||
           next == WV_RECORDS_TOO_LONG) {
        (void)snprintf(place, sizeof place, "%s:%llu", reading->name,
                       (unsigned long long)records.line);
        reading->fn(reading->user, next == WV_RECORDS_LINE ? line : (struct wv_slice){0}, place);
    }
    wv_records_fini(&records);
    return next == WV_RECORDS_END ? WV_EXIT_OK : fail_file(reading->name);
}

static enum wv_exit read_file(struct reading reading)
{
    if (strcmp(reading.name, "-") == 0) {
        reading.name = "stdin";
        return read_stream(&reading, STDIN_FILENO);
    }
    const int file = open(reading.name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail_file(reading.name);
    }
    const enum wv_exit code = read_stream(&reading, file);
    (void)close(file);
    return code;
}

#ifdef WV_KAFKA
static void on_message(void *user, const struct wv_topic_message *message)
{
    const struct reading *reading = user;
    char place[WV_LEDGER_PLACE];
    (void)snprintf(place, sizeof place, "%.120s:%d:%lld", reading->name, (int)message->partition,
                   (long long)message->offset);
    reading->fn(reading->user, message->value, place);
}

static enum wv_exit read_topic(struct reading reading, const struct wv_config *config)
{
    struct wv_sample_trouble trouble = {NULL, NULL};
    const struct wv_topic topic = {
        .name = config->audit_topic, .kafka = config->audit_kafka, .each = UINT64_MAX};
    reading.name = (const char *)config->audit_topic.ptr;
    if (wv_topic_read(config, &topic, on_message, &reading, &trouble)) {
        return WV_EXIT_OK;
    }
    (void)fprintf(stderr, "wafveil: the topic %s cannot be read: %s; %s\n", reading.name,
                  trouble.what, trouble.advice);
    return WV_EXIT_KAFKA;
}
#else
static enum wv_exit read_topic(struct reading reading, const struct wv_config *config)
{
    (void)reading;
    (void)config;
    (void)fputs("wafveil: this program was built without Kafka: name files\n", stderr);
    return WV_EXIT_USAGE;
}
#endif

static enum wv_exit read_configured(struct reading reading, const char *path)
{
    struct wv_report *report = wv_report_new();
    struct wv_config *config = report == NULL ? NULL : wv_config_load(path, report);
    enum wv_exit code = WV_EXIT_CONFIG;
    if (config == NULL) {
        if (report != NULL) {
            wv_report_print(report, stderr);
        }
    } else if (config->audit_topic.len == 0) {
        (void)fprintf(stderr, "wafveil: %s names no audit.topic\n", path);
    } else {
        code = read_topic(reading, config);
    }
    wv_config_free(config);
    wv_report_free(report);
    return code;
}

enum wv_exit wv_audit_read(const struct wv_arguments *arguments, wv_audit_line_fn *fn, void *user)
{
    struct reading reading = {.fn = fn, .user = user, .name = "-"};
    const char *config = wv_argument_text(arguments, "config");
    if (config != NULL && arguments->operand_count > 1) {
        return wv_usage_fail(arguments, "--config reads the topic: name no files beside it");
    }
    if (config != NULL) {
        return read_configured(reading, config);
    }
    if (arguments->operand_count < 2) {
        return read_file(reading);
    }
    enum wv_exit code = WV_EXIT_OK;
    for (size_t i = 1; i < arguments->operand_count && code == WV_EXIT_OK; i++) {
        reading.name = arguments->operands[i];
        code = read_file(reading);
    }
    return code;
}
