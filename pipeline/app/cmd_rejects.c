/*
 * cmd_rejects.c — what stands in the reject topic: listed, counted, or replayed.
 */
#include "app/rejects_replay.h"
#include "base/log.h"
#include "json/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIST_MOST = 1000, WORDS_MAX = 1000 /* bytes of --reason and --requester */ };

static bool as_json(const struct wv_arguments *arguments)
{
    const char *format = wv_argument_text(arguments, "format");
    return format != NULL && strcmp(format, "json") == 0;
}

/* Words of a report are ours and the operator's, but others may write to the topic: nothing there
 * plays tricks with a terminal. */
static void print_word(const char *word, int width)
{
    int used = 0;
    for (const char *at = word; *at != '\0'; at++, used++) {
        (void)putchar(*at > ' ' && *at < 0x7f ? *at : '?');
    }
    (void)printf("%*s", used < width ? width - used : 0, "");
}

static void print_time(int64_t time_ms)
{
    char text[WV_CLOCK_TEXT] = "-";
    if (time_ms >= 0) {
        wv_clock_text(time_ms, text);
        memcpy(text + 19, "Z", 2); /* without the milliseconds */
    }
    (void)printf("%-20s", text);
}

static enum wv_exit end_of_output(const struct wv_reject_reports *reports)
{
    if (reports->foreign > 0) {
        (void)fprintf(stderr, "wafveil: %llu message%s of the topic %s no report\n",
                      (unsigned long long)reports->foreign, wv_plural(reports->foreign),
                      reports->foreign == 1 ? "is" : "are");
    }
    return fflush(stdout) != 0 ? WV_EXIT_OUTPUT : WV_EXIT_OK;
}

/* ---- list ------------------------------------------------------------------------------------ */

static void list_json(const struct wv_reject_report *report)
{
    char time[WV_CLOCK_TEXT] = "";
    if (report->time_ms >= 0) {
        wv_clock_text(report->time_ms, time);
    }
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:i, s:I, s:I, s:s, s:b}", "time", time,
                  "reason", report->reason, "tenant", report->tenant, "output", report->output,
                  "place", report->place, "topic", report->topic, "partition",
                  (int)report->partition, "offset", (json_int_t)report->offset, "record",
                  (json_int_t)report->record, "plan", report->plan, "sealed", (int)report->sealed);
    (void)json_object_set_new(line, "input", json_string(report->format));
    (void)json_object_set_new(line, "report",
                              json_pack("{s:i, s:I}", "partition", (int)report->report_partition,
                                        "offset", (json_int_t)report->report_offset));
    (void)json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    (void)putchar('\n');
    json_decref(line);
}

static void list_line(const struct wv_reject_report *report)
{
    char at[80];
    print_time(report->time_ms);
    (void)putchar(' ');
    print_word(report->reason, 18);
    (void)putchar(' ');
    print_word(report->tenant, 16);
    (void)putchar(' ');
    print_word(report->output, 12);
    (void)putchar(' ');
    print_word(report->topic, 0);
    (void)snprintf(at, sizeof at, ":%d:%lld", (int)report->partition, (long long)report->offset);
    (void)fputs(at, stdout);
    if (report->record > 0 || report->records > 1) {
        (void)printf("#%u", report->record);
    }
    (void)fputs(report->sealed ? "  sealed" : "", stdout);
    if (report->place != NULL) {
        (void)fputs("  at ", stdout);
        print_word(report->place, 0);
    }
    (void)putchar('\n');
}

/* The newest, oldest first. */
static enum wv_exit list(const struct wv_arguments *arguments,
                         const struct wv_reject_reports *reports)
{
    uint32_t most;
    if (!wv_argument_number(arguments, "limit", 1, WV_REJECT_REPORTS_MAX, LIST_MOST, &most)) {
        return WV_EXIT_USAGE;
    }
    const size_t skipped = reports->count > most ? reports->count - most : 0;
    for (size_t i = skipped; i < reports->count; i++) {
        if (as_json(arguments)) {
            list_json(&reports->items[i]);
        } else {
            list_line(&reports->items[i]);
        }
    }
    if (skipped > 0) {
        (void)fprintf(stderr, "wafveil: %zu older one%s not shown (--limit)\n", skipped,
                      skipped == 1 ? " is" : "s are");
    }
    return end_of_output(reports);
}

/* ---- count ----------------------------------------------------------------------------------- */

struct row {
    const char *tenant;
    const char *reason;
    uint64_t reports;
    uint64_t sealed;
    int64_t first_ms;
    int64_t last_ms;
};

static int by_row(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;
    const int order = strcmp(a->tenant, b->tenant);
    return order != 0 ? order : strcmp(a->reason, b->reason);
}

/* Equal texts are the same pointer, and there are few of them. */
static struct row *make_rows(const struct wv_reject_reports *reports, size_t *count)
{
    struct row *rows = NULL;
    size_t cap = 0;
    *count = 0;
    for (size_t i = 0; i < reports->count; i++) {
        const struct wv_reject_report *report = &reports->items[i];
        size_t at = 0;
        while (at < *count &&
               (rows[at].tenant != report->tenant || rows[at].reason != report->reason)) {
            at++;
        }
        if (at == cap) {
            cap = cap == 0 ? 64 : cap * 2;
            rows = realloc(rows, cap * sizeof *rows);
            wv_ensure(rows != NULL);
        }
        if (at == *count) {
            rows[(*count)++] =
                (struct row){report->tenant, report->reason, 0, 0, report->time_ms, 0};
        }
        rows[at].reports++;
        rows[at].sealed += report->sealed;
        rows[at].last_ms = report->time_ms; /* they are sorted by it */
    }
    if (*count > 0) {
        qsort(rows, *count, sizeof *rows, by_row);
    }
    return rows;
}

static void count_json(const struct row *rows, size_t count,
                       const struct wv_reject_reports *reports, size_t messages)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char first[WV_CLOCK_TEXT] = "";
        char last[WV_CLOCK_TEXT] = "";
        if (rows[i].first_ms >= 0) {
            wv_clock_text(rows[i].first_ms, first);
            wv_clock_text(rows[i].last_ms, last);
        }
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "tenant", rows[i].tenant, "reason",
                            rows[i].reason, "reports", (json_int_t)rows[i].reports, "sealed",
                            (json_int_t)rows[i].sealed, "first", first, "last", last));
    }
    json_t *root = json_pack("{s:I, s:I, s:I, s:o}", "reports", (json_int_t)reports->count,
                             "messages", (json_int_t)messages, "no_reports",
                             (json_int_t)reports->foreign, "by_tenant_and_reason", list);
    (void)json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    (void)putchar('\n');
    json_decref(root);
}

static enum wv_exit count(const struct wv_arguments *arguments, struct wv_reject_reports *reports)
{
    size_t row_count;
    struct row *rows = make_rows(reports, &row_count);
    const size_t messages = wv_reject_reports_messages(reports);
    if (as_json(arguments)) {
        count_json(rows, row_count, reports, messages);
    } else {
        (void)printf("%-16s %-18s %10s %10s  %-20s %-20s\n", "tenant", "reason", "reports",
                     "sealed", "first", "last");
        for (size_t i = 0; i < row_count; i++) {
            print_word(rows[i].tenant, 16);
            (void)putchar(' ');
            print_word(rows[i].reason, 18);
            (void)printf(" %10llu %10llu  ", (unsigned long long)rows[i].reports,
                         (unsigned long long)rows[i].sealed);
            print_time(rows[i].first_ms);
            (void)putchar(' ');
            print_time(rows[i].last_ms);
            (void)putchar('\n');
        }
        (void)printf("%zu report%s of %zu message%s\n", reports->count, wv_plural(reports->count),
                     messages, wv_plural(messages));
    }
    free(rows);
    return end_of_output(reports);
}

/* ---- The command ----------------------------------------------------------------------------- */

static bool is_line(struct wv_slice text)
{
    bool plain = text.len <= WORDS_MAX && wv_utf8_valid(text);
    bool blank = true;
    for (size_t i = 0; i < text.len; i++) {
        plain = plain && text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
        blank = blank && text.ptr[i] == ' ';
    }
    return plain && !blank;
}

static enum wv_exit check_options(const struct wv_arguments *arguments, bool replays)
{
    static const char *const words[] = {"reason", "requester"};
    static const char *const others[] = {"audit", "dry-run", "again"};
    const bool dry = wv_argument_given(arguments, "dry-run");
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        const char *text = wv_argument_text(arguments, words[i]);
        if (!replays && text != NULL) {
            return wv_usage_fail(arguments, "--%s belongs to `rejects replay`%s", words[i],
                                 i == 0 ? "; --cause chooses by the reason of rejects" : "");
        }
        if (replays && text == NULL && !dry) {
            return wv_usage_fail(arguments,
                                 "replay needs --%s, for the record; or --dry-run, which only says "
                                 "what would happen",
                                 words[i]);
        }
        if (text != NULL && !is_line(wv_slice_of(text))) {
            return wv_usage_fail(arguments, "--%s takes one line of text of at most %d bytes",
                                 words[i], WORDS_MAX);
        }
    }
    for (size_t i = 0; i < WV_COUNT(others); i++) {
        if (!replays && wv_argument_given(arguments, others[i])) {
            return wv_usage_fail(arguments, "--%s belongs to `rejects replay`", others[i]);
        }
    }
    return WV_EXIT_OK;
}

static enum wv_exit replay(const struct wv_arguments *arguments,
                           const struct wv_reject_choice *choice, struct wv_report *report)
{
    uint32_t most;
    if (!wv_argument_number(arguments, "limit", 1, WV_REJECT_REPORTS_MAX, WV_REJECT_REPORTS_MAX,
                            &most)) {
        return WV_EXIT_USAGE;
    }
    struct wv_plan *plan = wv_plan_load(wv_argument_text(arguments, "config"), report);
    struct wv_reject_reports reports = {0};
    enum wv_exit code = WV_EXIT_CONFIG;
    if (plan == NULL) {
        wv_report_print(report, stderr);
    } else {
        code = wv_reject_reports_read(wv_plan_config(plan), choice, &reports);
    }
    if (code == WV_EXIT_OK) {
        code = wv_rejects_replay(arguments, plan, &reports, most, report);
    }
    wv_reject_reports_fini(&reports);
    wv_plan_free(plan);
    return code;
}

/* For looking the policy is not needed: where the topic is, the configuration says. */
static enum wv_exit look(const struct wv_arguments *arguments,
                         const struct wv_reject_choice *choice, bool counts,
                         struct wv_report *report)
{
    struct wv_config *config = wv_config_load(wv_argument_text(arguments, "config"), report);
    struct wv_reject_reports reports = {0};
    enum wv_exit code = WV_EXIT_CONFIG;
    if (config == NULL) {
        wv_report_print(report, stderr);
    } else {
        code = wv_reject_reports_read(config, choice, &reports);
    }
    if (code == WV_EXIT_OK) {
        code = counts ? count(arguments, &reports) : list(arguments, &reports);
    }
    wv_reject_reports_fini(&reports);
    wv_config_free(config);
    return code;
}

enum wv_exit wv_cmd_rejects(const struct wv_arguments *arguments)
{
    static const char *const verbs[] = {"list", "count", "replay"};
    const char *verb = arguments->operand_count == 1 ? arguments->operands[0] : "";
    struct wv_reject_choice choice;
    size_t at = 0;
    while (at < WV_COUNT(verbs) && strcmp(verbs[at], verb) != 0) {
        at++;
    }
    if (at == WV_COUNT(verbs)) {
        return wv_usage_fail(arguments, "rejects: say list, count or replay");
    }
    enum wv_exit code = check_options(arguments, at == 2);
    code = code == WV_EXIT_OK ? wv_reject_choose(arguments, &choice) : code;
    if (code != WV_EXIT_OK) {
        return code;
    }
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = STDERR_FILENO});
    code = at == 2 ? replay(arguments, &choice, report) : look(arguments, &choice, at == 1, report);
    wv_report_free(report);
    return code;
}
