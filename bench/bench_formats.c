/*
 * bench_formats.c — how fast every format is read, named and found out, and AWS WAF's in wrappings.
 *
 * All rows are read by one worker in turn, round after round, as bench.c runs its cases: what the
 * worker remembers of a row is pushed out by the other rows before the row comes again.
 */
#include "bench/formats_table.h"

#include "bench/plain.h"
#include "bench/rounds.h"
#include "json/index.h"
#include "plan/builtin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MIN = 5, SECONDS_DEFAULT = 60, KILOBYTES_DEFAULT = 4096, CHECK_KILOBYTES = 64 };

struct options {
    bool json;
    bool check;       /* only look whether everything is published, and by auto as by name */
    const char *only; /* names between commas; NULL: all */
    const char *way;  /* "named" or "auto"; NULL: both */
    const char *samples;
    unsigned seconds;
    struct format_amount amount;
};

struct formats {
    struct wv_plan *plan;
    struct wv_worker *worker;
    size_t count;
    struct format_result results[FORMAT_ROWS_MAX];
};

/* False: something was not published. */
static bool read_messages(struct wv_worker *worker, uint32_t input,
                          const struct format_messages *messages, uint64_t *digest)
{
    size_t records = 0;
    *digest = 0;
    for (size_t i = 0; i < messages->count; i++) {
        const size_t published = format_publish(worker, input, messages->items[i], digest);
        if (published == 0) {
            return false;
        }
        records += published;
    }
    return records == messages->records;
}

static const char *const ways[FORMAT_WAYS] = {[FORMAT_NAMED] = "named", [FORMAT_AUTO] = "auto"};

/* The first round of a track warms up and is not counted. */
static bool run_round(struct formats *formats, struct format_result *result, enum format_way way)
{
    const struct format_row *row = &result->row;
    struct format_track *track = &result->tracks[way];
    uint64_t digest;
    const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    const bool good = read_messages(formats->worker, track->input, &row->messages, &digest);
    const double took = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
    if (!good || (track->digest != 0 && digest != track->digest)) {
        fprintf(stderr, "bench: %s, %s: %s\n", row->name, ways[way],
                good ? "did not make the same as before" : "not everything is published");
        return false;
    }
    if (track->digest != 0) {
        track->seconds[track->rounds++] = took;
    }
    track->digest = digest == 0 ? 1 : digest;
    return true;
}

/* What auto makes of the records must be what their format makes of them, or it is not the same job
 * that is measured. */
static bool run_first(struct formats *formats)
{
    bool good = true;
    for (size_t i = 0; i < formats->count; i++) {
        struct format_result *result = &formats->results[i];
        struct format_track *named = &result->tracks[FORMAT_NAMED];
        struct format_track *found = &result->tracks[FORMAT_AUTO];
        named->there = run_round(formats, result, FORMAT_NAMED);
        found->there =
            named->there && result->row.detected && run_round(formats, result, FORMAT_AUTO);
        if (found->there && found->digest != named->digest) {
            fprintf(stderr, "bench: %s: auto publishes something else\n", result->row.name);
            found->there = false;
        }
        good = good && named->there && found->there == result->row.detected;
    }
    return good;
}

/* One way of all rows and then the other, because the worker remembers what it has just read. */
static bool run_rows(struct formats *formats, enum format_way way)
{
    bool good = true;
    for (size_t i = 0; i < formats->count; i++) {
        struct format_result *result = &formats->results[i];
        struct format_track *track = &result->tracks[way];
        if (track->there && !run_round(formats, result, way)) {
            track->there = false;
            good = false;
        }
    }
    return good;
}

/* A B C A B C …, until the time is over and every row had enough rounds. */
static bool run_all(struct formats *formats, const struct options *options)
{
    const double start = bench_now(CLOCK_MONOTONIC);
    bool good = run_first(formats);
    for (size_t round = 0; round < FORMAT_ROUNDS_MAX; round++) {
        if (round >= ROUNDS_MIN && bench_now(CLOCK_MONOTONIC) - start > options->seconds) {
            break;
        }
        for (enum format_way way = FORMAT_NAMED; way < FORMAT_WAYS; way++) {
            if (options->way == NULL || strcmp(options->way, ways[way]) == 0) {
                good = run_rows(formats, way) && good;
            }
        }
    }
    return good;
}

static bool is_wanted(const struct options *options, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = options->only; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0')) {
            return true;
        }
    }
    return options->only == NULL;
}

static bool add_formats(struct formats *formats, const struct options *options)
{
    bool good = true;
    for (const struct wv_builtin *one = wv_builtin_documents; one->kind != NULL; one++) {
        struct format_result *result = &formats->results[formats->count];
        if (strcmp(one->kind, "format") != 0 || !is_wanted(options, one->name)) {
            continue;
        }
        wv_ensure(formats->count < FORMAT_ROWS_MAX);
        result->row.name = one->name;
        if (format_samples(formats->plan, options->samples, &options->amount, &result->row)) {
            formats->count++;
        } else {
            format_messages_fini(&result->row.messages);
            good = false;
        }
    }
    return good;
}

static bool add_wrappings(struct formats *formats, const struct options *options)
{
    struct format_row rows[FORMAT_ROWS_MAX] = {0};
    const size_t count = format_wrappings(&options->amount, rows, FORMAT_ROWS_MAX - formats->count);
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(options, "wrappings") || is_wanted(options, rows[i].name)) {
            formats->results[formats->count++].row = rows[i];
        } else {
            format_messages_fini(&rows[i].messages);
        }
    }
    return count > 0;
}

static bool find_inputs(struct formats *formats)
{
    bool good = true;
    for (size_t i = 0; i < formats->count; i++) {
        struct format_result *result = &formats->results[i];
        good =
            good &&
            format_input(formats->plan, result->row.input, &result->tracks[FORMAT_NAMED].input) &&
            format_input(formats->plan, "auto", &result->tracks[FORMAT_AUTO].input);
    }
    return good;
}

static bool is_way(const char *word)
{
    return word != NULL &&
           (strcmp(word, ways[FORMAT_NAMED]) == 0 || strcmp(word, ways[FORMAT_AUTO]) == 0);
}

static bool read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.samples = WV_SAMPLES,
                                .seconds = SECONDS_DEFAULT,
                                .amount = {.seed = 1, .bytes = KILOBYTES_DEFAULT * 1024}};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t number = 0;
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
            continue;
        }
        if (strcmp(argv[i], "--check") == 0) {
            options->check = true;
            options->amount.bytes = CHECK_KILOBYTES * 1024;
            continue;
        }
        if (strcmp(argv[i], "--only") == 0 && next != NULL) {
            options->only = next;
        } else if (strcmp(argv[i], "--way") == 0 && is_way(next)) {
            options->way = next;
        } else if (strcmp(argv[i], "--samples") == 0 && next != NULL) {
            options->samples = next;
        } else if (strcmp(argv[i], "--kilobytes") == 0 && plain_number(next, 1 << 20, &number)) {
            options->amount.bytes = (size_t)number * 1024;
        } else if (strcmp(argv[i], "--seconds") == 0 && plain_number(next, 3600, &number)) {
            options->seconds = (unsigned)number;
        } else if (strcmp(argv[i], "--seed") == 0 && plain_number(next, UINT64_MAX, &number)) {
            options->amount.seed = number;
        } else {
            return false;
        }
        i++;
    }
    return true;
}

static bool measure(struct formats *formats, const struct options *options)
{
    if (options->check) {
        return run_first(formats);
    }
    const bool good = run_all(formats, options);
    if (options->json) {
        format_table_json(formats->results, formats->count);
    } else {
        format_table_print(formats->results, formats->count);
    }
    return good;
}

int main(int argc, char **argv)
{
    static struct formats formats;
    struct options options;
    if (!read_options(argc, argv, &options)) {
        fputs("usage: bench_formats [--json] [--check] [--only FORMAT,WRAPPING,wrappings] "
              "[--way named|auto] [--seconds N] [--kilobytes N] [--seed N] [--samples FOLDER]\n",
              stderr);
        return 2;
    }
    (void)wv_simd_force(WV_SIMD_AVX2);
    formats.plan = format_plan_new();
    formats.worker = formats.plan == NULL ? NULL : wv_worker_new(formats.plan);
    bool good = formats.worker != NULL;
    if (good) {
        good = add_formats(&formats, &options);
        good = add_wrappings(&formats, &options) && good;
        good = find_inputs(&formats) && measure(&formats, &options) && good;
    }
    for (size_t i = 0; i < formats.count; i++) {
        format_messages_fini(&formats.results[i].row.messages);
    }
    wv_worker_free(formats.worker);
    wv_plan_free(formats.plan);
    return good ? 0 : 1;
}
