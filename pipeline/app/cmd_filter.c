/*
 * cmd_filter.c — protects records from stdin and writes them to stdout, in order.
 */
#include "app/records.h"
#include "app/setup.h"

#include "base/clock.h"
#include "base/wipe.h"
#include "engine/borders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { WRITE_BYTES = 1024 * 1024 };

/* Collects what goes to stdout. After a failed write everything else is dropped. */
struct sink {
    uint8_t *mem; /* WRITE_BYTES */
    size_t used;
    int error; /* errno of the write that failed; 0: none */
};

struct filtering {
    struct wv_setup setup;
    struct wv_worker *worker;
    struct wv_records records;
    struct sink sink;
    FILE *rejects; /* NULL: they are only counted */
    uint64_t too_long;
    uint64_t in;
    uint64_t out;
    uint64_t stubs;
    uint64_t suppressed;
    uint64_t rejected[WV_REASON_COUNT];
};

static void write_all(struct sink *sink, const uint8_t *bytes, size_t count)
{
    while (count > 0 && sink->error == 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno != EINTR) {
            sink->error = errno;
        }
    }
}

static void sink_flush(struct sink *sink)
{
    write_all(sink, sink->mem, sink->used);
    sink->used = 0;
}

static void write_flat(struct sink *sink, struct wv_slice line)
{
    if (line.len + 1 > WRITE_BYTES - sink->used) {
        sink_flush(sink);
    }
    if (line.len + 1 > WRITE_BYTES) {
        write_all(sink, line.ptr, line.len);
        write_all(sink, (const uint8_t *)"\n", 1);
        return;
    }
    memcpy(sink->mem + sink->used, line.ptr, line.len);
    sink->used += line.len;
    sink->mem[sink->used++] = '\n';
}

/* A record of a batch may be printed over several lines: here it takes one. */
static void sink_line(struct sink *sink, struct wv_slice line)
{
    if (line.len > 0 && line.ptr[0] == '{' && memchr(line.ptr, '\n', line.len) != NULL) {
        uint8_t *flat = malloc(line.len);
        wv_ensure(flat != NULL);
        memcpy(flat, line.ptr, line.len);
        wv_flatten(flat, line.len);
        write_flat(sink, (struct wv_slice){flat, line.len});
        free(flat);
        return;
    }
    write_flat(sink, line);
}

/* Reason and place, never a value. A place is a path of the format; what JSON would have to escape
 * in one is replaced. */
static void tell_reject(struct filtering *filtering, enum wv_reason reason, size_t at,
                        const char *place)
{
    filtering->rejected[reason]++;
    if (filtering->rejects == NULL) {
        return;
    }
    (void)fprintf(filtering->rejects, "{\"line\":%llu,\"reason\":\"%s\",\"at\":%zu,\"place\":",
                  (unsigned long long)filtering->records.line, wv_reason_word(reason), at);
    if (place == NULL || place[0] == '\0') {
        (void)fputs("null}\n", filtering->rejects);
        return;
    }
    (void)fputc('"', filtering->rejects);
    for (; *place != '\0'; place++) {
        const bool plain = (unsigned char)*place >= 0x20 && *place != '"' && *place != '\\';
        (void)fputc(plain ? *place : '?', filtering->rejects);
    }
    (void)fputs("\"}\n", filtering->rejects);
}

static void take_result(struct filtering *filtering, const struct wv_result *result)
{
    if (result->output != filtering->setup.output && result->output != UINT32_MAX) {
        return;
    }
    switch (result->outcome) {
    case WV_PUBLISH:
        filtering->out++;
        sink_line(&filtering->sink, result->value);
        break;
    case WV_STUB:
        filtering->stubs++;
        sink_line(&filtering->sink, result->value);
        tell_reject(filtering, result->reason, result->at, result->place);
        break;
    case WV_SUPPRESS:
        filtering->suppressed++;
        break;
    case WV_REJECT:
        tell_reject(filtering, result->reason, result->at, result->place);
        break;
    }
}

static void take_line(struct filtering *filtering, struct wv_slice line)
{
    const struct wv_record record = wv_setup_record(&filtering->setup, line);
    const struct wv_results results = wv_transform(filtering->worker, &record);
    filtering->in += results.records;
    for (size_t i = 0; i < results.count; i++) {
        take_result(filtering, &results.items[i]);
    }
}

static enum wv_exit filter_all(struct filtering *filtering)
{
    struct wv_slice line;
    enum wv_records_next next = WV_RECORDS_LINE;
    while (filtering->sink.error == 0 &&
           (next = wv_records_next(&filtering->records, &line)) != WV_RECORDS_END) {
        if (next == WV_RECORDS_FAILED) {
            (void)fprintf(stderr, "wafveil: cannot read stdin after line %llu: %s\n",
                          (unsigned long long)filtering->records.line, strerror(errno));
            sink_flush(&filtering->sink);
            return WV_EXIT_INTERNAL;
        }
        if (next == WV_RECORDS_TOO_LONG) {
            filtering->in++;
            tell_reject(filtering, WV_REASON_TOO_LARGE, filtering->records.max, NULL);
            continue;
        }
        take_line(filtering, line);
    }
    sink_flush(&filtering->sink);
    if (filtering->sink.error != 0) {
        (void)fprintf(stderr, "wafveil: cannot write to stdout: %s\n",
                      strerror(filtering->sink.error));
        return WV_EXIT_OUTPUT;
    }
    return WV_EXIT_OK;
}

static uint64_t count_rejects(const struct filtering *filtering)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WV_REASON_COUNT; i++) {
        sum += filtering->rejected[i];
    }
    return sum;
}

static void say_summary(const struct filtering *filtering, uint64_t nanoseconds)
{
    const uint64_t rejected = count_rejects(filtering);
    /* Lines that hold no event, such as the names of columns: no result tells of them. */
    const uint64_t hollow = wv_worker_tally(filtering->worker)->suppressed;
    (void)fprintf(stderr, "wafveil: %llu in, %llu out, %llu stubs, %llu suppressed, %llu rejected",
                  (unsigned long long)(filtering->in + hollow), (unsigned long long)filtering->out,
                  (unsigned long long)filtering->stubs,
                  (unsigned long long)(filtering->suppressed + hollow),
                  (unsigned long long)rejected);
    const char *before = " (";
    for (size_t i = 0; i < WV_REASON_COUNT; i++) {
        if (filtering->rejected[i] > 0) {
            (void)fprintf(stderr, "%s%s %llu", before, wv_reason_word((enum wv_reason)i),
                          (unsigned long long)filtering->rejected[i]);
            before = ", ";
        }
    }
    const double seconds = (double)nanoseconds / 1e9;
    const double megabytes = (double)filtering->records.bytes / 1e6;
    (void)fprintf(stderr, "%s; %.1f MB in %.3f s", rejected > 0 ? ")" : "", megabytes, seconds);
    (void)fprintf(stderr, seconds > 0 ? ", %.1f MB/s\n" : "\n", megabytes / seconds);
}

static bool open_rejects(struct filtering *filtering, const char *path)
{
    if (path == NULL) {
        return true;
    }
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    filtering->rejects = file < 0 ? NULL : fdopen(file, "w");
    if (filtering->rejects == NULL) {
        (void)fprintf(stderr, "wafveil: cannot write --rejects %s: %s\n", path, strerror(errno));
    }
    return filtering->rejects != NULL;
}

static bool close_rejects(struct filtering *filtering)
{
    if (filtering->rejects == NULL) {
        return true;
    }
    const bool failed = ferror(filtering->rejects) != 0;
    if (fclose(filtering->rejects) == 0 && !failed) {
        return true;
    }
    (void)fputs("wafveil: --rejects could not be written completely\n", stderr);
    return false;
}

static enum wv_exit filter_input(struct filtering *filtering, const struct wv_arguments *arguments)
{
    const struct wv_plan *plan = filtering->setup.plan;
    filtering->worker = wv_worker_new(plan);
    filtering->sink.mem = malloc(WRITE_BYTES);
    if (filtering->worker == NULL || filtering->sink.mem == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    if (!open_rejects(filtering, wv_argument_text(arguments, "rejects"))) {
        return WV_EXIT_OUTPUT;
    }
    if (wv_keyring_is_throwaway(wv_plan_keyring(plan))) {
        (void)fputs(wv_argument_given(arguments, "seed")
                        ? "wafveil: tokens are made from --seed: for tests only\n"
                        : "wafveil: tokens are made with a throwaway key: they join within this "
                          "run only\n",
                    stderr);
    }
    wv_records_init(&filtering->records, STDIN_FILENO, wv_plan_config(plan)->limits.record_bytes);
    const uint64_t start = wv_clock_now_ns(wv_clock_system());
    enum wv_exit code = filter_all(filtering);
    if (code == WV_EXIT_OK) {
        say_summary(filtering, wv_clock_now_ns(wv_clock_system()) - start);
    }
    if (!close_rejects(filtering) && code == WV_EXIT_OK) {
        code = WV_EXIT_OUTPUT;
    }
    return code == WV_EXIT_OK && count_rejects(filtering) > 0 ? WV_EXIT_REJECTED : code;
}

enum wv_exit wv_cmd_filter(const struct wv_arguments *arguments)
{
    struct filtering filtering = {0};
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_KEYS, &filtering.setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    if (isatty(STDIN_FILENO) != 0) {
        (void)fputs("wafveil: reading records from the terminal; Ctrl-D ends\n", stderr);
    }
    code = filter_input(&filtering, arguments);
    wv_records_fini(&filtering.records);
    free(filtering.sink.mem);
    wv_worker_free(filtering.worker);
    wv_setup_close(&filtering.setup);
    return code;
}
