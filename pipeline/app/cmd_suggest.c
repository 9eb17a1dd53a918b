/*
 * cmd_suggest.c — what a sample of records holds that formats and policy do not cover. Never shows
 * a value.
 */
#include "app/records.h"
#include "app/suggest.h"

#include "base/log.h"
#include "runtime/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MIN_RECORDS = 3, LEAST_MIN = 2, MOST_MIN = 1000000, TOPIC_RECORDS = 10000 };

struct suggesting {
    struct wv_setup setup;
    struct wv_worker *worker;
    struct wv_suggest suggest;
};

static void take(void *user, const struct wv_record *record)
{
    struct suggesting *suggesting = user;
    const uint32_t output = suggesting->setup.output;
    const struct wv_tally *tally = wv_worker_tally(suggesting->worker);
    const uint64_t suppressed = tally->suppressed;
    const struct wv_results results = wv_transform(suggesting->worker, record);
    suggesting->suggest.records += results.records;
    suggesting->suggest.suppressed += tally->suppressed - suppressed;
    for (size_t i = 0; i < results.count; i++) {
        const struct wv_result *result = &results.items[i];
        const bool mine = result->output == output || result->output == UINT32_MAX;
        suggesting->suggest.rejected +=
            mine && (result->outcome == WV_REJECT || result->outcome == WV_STUB);
    }
}

static enum wv_exit take_file(struct suggesting *suggesting, const char *path)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        (void)fprintf(stderr, "wafveil: cannot read %s: %s\n", path, strerror(errno));
        return WV_EXIT_USAGE;
    }
    struct wv_records records;
    wv_records_init(&records, file, wv_plan_config(suggesting->setup.plan)->limits.record_bytes);
    enum wv_exit code = WV_EXIT_OK;
    enum wv_records_next next;
    struct wv_slice line;
    while (code == WV_EXIT_OK && (next = wv_records_next(&records, &line)) != WV_RECORDS_END) {
        if (next == WV_RECORDS_LINE) {
            const struct wv_record record = wv_setup_record(&suggesting->setup, line);
            take(suggesting, &record);
        } else if (next == WV_RECORDS_TOO_LONG) {
            suggesting->suggest.records++;
            suggesting->suggest.rejected++;
        } else {
            (void)fprintf(stderr, "wafveil: cannot read %s: %s\n", path, strerror(errno));
            code = WV_EXIT_USAGE;
        }
    }
    wv_records_fini(&records);
    if (!is_stdin) {
        (void)close(file);
    }
    return code;
}

static enum wv_exit take_files(struct suggesting *suggesting, const struct wv_arguments *arguments)
{
    enum wv_exit code = WV_EXIT_OK;
    if (arguments->operand_count == 0) {
        return take_file(suggesting, "-");
    }
    for (size_t i = 0; code == WV_EXIT_OK && i < arguments->operand_count; i++) {
        code = take_file(suggesting, arguments->operands[i]);
    }
    return code;
}

/* The input that reads the topic. */
static enum wv_exit choose_topic(const struct wv_arguments *arguments, struct wv_setup *setup)
{
    const char *topic = wv_argument_text(arguments, "topic");
    const struct wv_config *config = wv_plan_config(setup->plan);
    for (uint32_t i = 0; i < config->input_count; i++) {
        if (wv_slice_eq(config->inputs[i].topic, wv_slice_of(topic))) {
            setup->input = i;
            return WV_EXIT_OK;
        }
    }
    return wv_usage_fail(arguments, "--topic: no input of the configuration reads \"%s\"", topic);
}

static enum wv_exit read_topic(struct suggesting *suggesting, uint32_t records)
{
#ifdef WV_KAFKA
    struct wv_sample_trouble trouble;
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = STDERR_FILENO});
    if (wv_sample_topic(wv_plan_config(suggesting->setup.plan), suggesting->setup.input, records,
                        take, suggesting, &trouble)) {
        return WV_EXIT_OK;
    }
    (void)fprintf(stderr, "wafveil: the topic cannot be read: %s: %s\n", trouble.what,
                  trouble.advice);
    return WV_EXIT_KAFKA;
#else
    (void)suggesting;
    (void)records;
    (void)fputs("wafveil: this program was built without Kafka: give it files\n", stderr);
    return WV_EXIT_USAGE;
#endif
}

static enum wv_exit take_topic(struct suggesting *suggesting, const struct wv_arguments *arguments)
{
    uint32_t records;
    if (!wv_argument_number(arguments, "records", 1, UINT32_MAX, TOPIC_RECORDS, &records)) {
        return WV_EXIT_USAGE;
    }
    const enum wv_exit code = choose_topic(arguments, &suggesting->setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    return read_topic(suggesting, records);
}

static enum wv_exit report(const struct suggesting *suggesting, bool json)
{
    struct wv_suggest_findings findings;
    enum wv_exit code = WV_EXIT_INTERNAL;
    if (wv_suggest_find(&suggesting->suggest, &findings)) {
        code = json ? wv_suggest_print_json(&suggesting->suggest, &findings)
                    : wv_suggest_print(&suggesting->suggest, &findings);
    }
    wv_suggest_findings_fini(&findings);
    if (fflush(stdout) != 0 && code == WV_EXIT_OK) {
        (void)fprintf(stderr, "wafveil: cannot write to stdout: %s\n", strerror(errno));
        return WV_EXIT_OUTPUT;
    }
    return code;
}

static enum wv_exit look(struct suggesting *suggesting, const struct wv_arguments *arguments,
                         uint32_t min)
{
    suggesting->worker = wv_worker_new(suggesting->setup.plan);
    if (suggesting->worker == NULL ||
        !wv_suggest_init(&suggesting->suggest, suggesting->setup.plan, min) ||
        !wv_worker_watch(suggesting->worker, suggesting->setup.output, wv_suggest_look,
                         &suggesting->suggest)) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const enum wv_exit code = wv_argument_given(arguments, "topic")
                                  ? take_topic(suggesting, arguments)
                                  : take_files(suggesting, arguments);
    return code == WV_EXIT_OK ? report(suggesting, wv_argument_given(arguments, "json")) : code;
}

static bool check_together(const struct wv_arguments *arguments)
{
    const bool topic = wv_argument_given(arguments, "topic");
    if (topic && !wv_argument_given(arguments, "config")) {
        (void)wv_usage_fail(arguments, "--topic needs --config, which says where the brokers are");
        return false;
    }
    if (topic && arguments->operand_count > 0) {
        (void)wv_usage_fail(arguments, "--topic does not go with files");
        return false;
    }
    if (!topic && wv_argument_given(arguments, "records")) {
        (void)wv_usage_fail(arguments, "--records goes with --topic");
        return false;
    }
    return true;
}

enum wv_exit wv_cmd_suggest(const struct wv_arguments *arguments)
{
    struct suggesting suggesting = {0};
    uint32_t min;
    if (!check_together(arguments) ||
        !wv_argument_number(arguments, "min", LEAST_MIN, MOST_MIN, MIN_RECORDS, &min)) {
        return WV_EXIT_USAGE;
    }
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &suggesting.setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    code = look(&suggesting, arguments, min);
    wv_worker_free(suggesting.worker);
    wv_suggest_fini(&suggesting.suggest);
    wv_setup_close(&suggesting.setup);
    return code;
}
