/*
 * cmd_try.c — records before and after, with the reason for every change.
 *
 * It shows raw values to the person who gave the records.
 */
#include "app/corpus.h"
#include "app/records.h"
#include "app/setup.h"
#include "app/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAMPLES = 3, SAMPLE_SEED = 7, VALUE_SHOWN = 72, DESCRIPTION_MAX = 1024 };

struct trying {
    struct wv_setup setup;
    struct wv_worker *worker;
    const struct wv_colors *colors;
    bool all;
    uint64_t records;
    uint64_t rejected;
};

static void show_change(void *user, const struct wv_trace *trace)
{
    const struct trying *trying = user;
    const struct wv_colors *colors = trying->colors;
    if (trace->output != trying->setup.output ||
        (trace->action == WV_ACTION_KEPT && !trying->all)) {
        return;
    }
    uint8_t bytes[DESCRIPTION_MAX];
    struct wv_buf description = wv_buf_of(bytes, sizeof(bytes));
    struct wv_slice rule = WV_LIT("found in another field too");
    if (trace->rule != NULL) {
        wv_rule_describe(trace->rule, &description);
        if (!wv_buf_take(&description, &rule)) {
            rule = WV_LIT("a chain too long to show");
        }
    } else if (trace->action == WV_ACTION_KEPT) {
        rule = WV_LIT("no rule");
    }
    (void)printf("  %s%s%s  %s  %s%.*s%s  ", colors->bold, trace->path, colors->off,
                 wv_class_word(trace->class), colors->dim, (int)rule.len, (const char *)rule.ptr,
                 colors->off);
    (void)fputs(colors->red, stdout);
    wv_show(trace->before, VALUE_SHOWN);
    (void)printf("%s → %s", colors->off, colors->green);
    if (trace->action == WV_ACTION_REPLACED || trace->action == WV_ACTION_KEPT) {
        wv_show(trace->after, VALUE_SHOWN);
    } else {
        (void)fputs(trace->action == WV_ACTION_FAILED ? "(removed: the filter could not read it)"
                                                      : "(removed)",
                    stdout);
    }
    (void)printf("%s\n", colors->off);
    if (trace->rule != NULL && trace->rule->why != NULL && trace->action != WV_ACTION_KEPT) {
        (void)printf("    %s%s%s\n", colors->dim, trace->rule->why, colors->off);
    }
}

static void show_result(struct trying *trying, const struct wv_result *result)
{
    const struct wv_colors *colors = trying->colors;
    if (result->output != trying->setup.output && result->output != UINT32_MAX) {
        return;
    }
    if (result->outcome == WV_SUPPRESS) {
        (void)printf("%safter %s (left out, %s: %s)\n", colors->bold, colors->off,
                     wv_suppression_word(result->suppression),
                     wv_suppression_text(result->suppression));
        return;
    }
    if (result->outcome == WV_REJECT || result->outcome == WV_STUB) {
        trying->rejected++;
        (void)printf("%srejected%s %s: %s (byte %zu%s%s)\n", colors->red, colors->off,
                     wv_reason_word(result->reason), wv_reason_text(result->reason), result->at,
                     result->place == NULL ? "" : ", ", result->place == NULL ? "" : result->place);
    }
    if (result->outcome != WV_REJECT) {
        (void)printf("%s%s%s ", colors->bold, result->outcome == WV_STUB ? "stub  " : "after ",
                     colors->off);
        wv_show(result->value, SIZE_MAX);
        (void)fputc('\n', stdout);
    }
}

static void try_record(struct trying *trying, struct wv_slice line)
{
    const struct wv_colors *colors = trying->colors;
    trying->records++;
    (void)printf("%s%srecord %llu%s\n%sbefore%s ", trying->records == 1 ? "" : "\n", colors->bold,
                 (unsigned long long)trying->records, colors->off, colors->bold, colors->off);
    wv_show(line, SIZE_MAX);
    (void)fputc('\n', stdout);
    const struct wv_record record = wv_setup_record(&trying->setup, line);
    const struct wv_results results = wv_transform(trying->worker, &record);
    for (size_t i = 0; i < results.count; i++) {
        show_result(trying, &results.items[i]);
    }
}

static enum wv_exit try_file(struct trying *trying, const char *path)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        (void)fprintf(stderr, "wafveil: cannot read %s: %s\n", path, strerror(errno));
        return WV_EXIT_USAGE;
    }
    struct wv_records records;
    wv_records_init(&records, file, wv_plan_config(trying->setup.plan)->limits.record_bytes);
    enum wv_exit code = WV_EXIT_OK;
    enum wv_records_next next;
    struct wv_slice line;
    while (code == WV_EXIT_OK && (next = wv_records_next(&records, &line)) != WV_RECORDS_END) {
        if (next == WV_RECORDS_LINE) {
            try_record(trying, line);
        } else if (next == WV_RECORDS_TOO_LONG) {
            trying->rejected++;
            (void)printf("\nline %llu of %s is longer than limits.record_bytes\n",
                         (unsigned long long)records.line, path);
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

/* Made-up records: nothing in them belongs to a person. */
static enum wv_exit try_samples(struct trying *trying)
{
    const struct wv_config *config = wv_plan_config(trying->setup.plan);
    const struct wv_slice format = config->inputs[trying->setup.input].format;
    if (!wv_slice_eq(format, WV_LIT("aws-waf")) && !wv_slice_eq(format, WV_LIT("auto"))) {
        (void)fputs("wafveil: there is a built-in sample of aws-waf only: name a file, or - for "
                    "stdin\n",
                    stderr);
        return WV_EXIT_USAGE;
    }
    uint8_t *bytes = malloc(WV_CORPUS_RECORD_MAX);
    if (bytes == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, SAMPLE_SEED);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct wv_buf buf = wv_buf_of(bytes, WV_CORPUS_RECORD_MAX);
        struct wv_slice record;
        wv_ensure(wv_corpus_next(&corpus, &buf) && wv_buf_take(&buf, &record));
        try_record(trying, record);
    }
    free(bytes);
    return WV_EXIT_OK;
}

static enum wv_exit try_all(struct trying *trying, const struct wv_arguments *arguments)
{
    trying->worker = wv_worker_new(trying->setup.plan);
    if (trying->worker == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    wv_worker_trace(trying->worker, show_change, trying);
    enum wv_exit code = arguments->operand_count == 0 ? try_samples(trying) : WV_EXIT_OK;
    for (size_t i = 0; code == WV_EXIT_OK && i < arguments->operand_count; i++) {
        code = try_file(trying, arguments->operands[i]);
    }
    return code == WV_EXIT_OK && trying->rejected > 0 ? WV_EXIT_REJECTED : code;
}

enum wv_exit wv_cmd_try(const struct wv_arguments *arguments)
{
    struct trying trying = {.colors = wv_colors_choose(wv_argument_text(arguments, "color")),
                            .all = wv_argument_given(arguments, "all")};
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &trying.setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    code = try_all(&trying, arguments);
    wv_worker_free(trying.worker);
    wv_setup_close(&trying.setup);
    return code;
}
