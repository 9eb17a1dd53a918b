/*
 * bench.c — runs the cases in turn and says how fast each was.
 */
#include "bench/bench.h"

#include "bench/agree.h"
#include "bench/cases.h"
#include "bench/plain.h"
#include "bench/rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 200, RECORDS_DEFAULT = 50000, SECONDS_DEFAULT = 45 };

struct entry {
    const char *name;
    const char *help;
    const struct bench_case *what;
    unsigned share;
};

static const struct entry entries[] = {
#define BENCH_CASE(symbol, help, share) {#symbol, help, &bench_case_##symbol, share},
#include "bench/cases.def"
#undef BENCH_CASE
};

enum { CASES = WV_COUNT(entries) };

struct options {
    bool json;
    bool agree;       /* only say how the naive job differs */
    const char *only; /* names between commas; NULL: all */
    size_t records;
    unsigned seconds;
    uint64_t seed;
};

struct measured {
    void *state;
    struct bench_input input;
    uint64_t digest;
    double best;
    size_t rounds;
    double seconds[ROUNDS_MAX];
};

static struct bench_input input_of(const struct plain_records *records)
{
    return (struct bench_input){
        .records = records->items, .count = records->count, .bytes = records->bytes};
}

/* The first of so many parts of the records. */
static struct bench_input part_of(const struct bench_input *input, unsigned share)
{
    struct bench_input part = *input;
    part.count = (input->count + share - 1) / share;
    part.bytes = 0;
    for (size_t i = 0; i < part.count; i++) {
        part.bytes += part.records[i].len;
    }
    return part;
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

static bool run_round(const struct entry *entry, struct measured *measured)
{
    const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t digest = entry->what->run(measured->state, &measured->input);
    const double took = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
    if (measured->digest != 0 && digest != measured->digest) {
        fprintf(stderr, "bench: %s did not make the same as before\n", entry->name);
        return false;
    }
    /* The first round warms up and is not counted. */
    if (measured->digest != 0 && measured->rounds < ROUNDS_MAX) {
        measured->seconds[measured->rounds++] = took;
        measured->best = took < measured->best || measured->best == 0 ? took : measured->best;
    }
    measured->digest = digest == 0 ? 1 : digest;
    return true;
}

/* A B C A B C …, until the time is over and each case had enough rounds. */
static bool run_all(struct measured measured[CASES], unsigned seconds)
{
    const double start = bench_now(CLOCK_MONOTONIC);
    for (size_t round = 0; round <= ROUNDS_MAX; round++) {
        if (round > ROUNDS_MIN && bench_now(CLOCK_MONOTONIC) - start > seconds) {
            break;
        }
        for (size_t i = 0; i < CASES; i++) {
            if (measured[i].state != NULL && !run_round(&entries[i], &measured[i])) {
                return false;
            }
        }
    }
    return true;
}

static double median(struct measured *measured)
{
    return bench_median(measured->seconds, measured->rounds);
}

static void say_table(const struct entry *entry, const struct measured *measured, double middle,
                      double ratio)
{
    printf("%-14s %7.3f %7.3f %9.0f %8.0f ", entry->name,
           (double)measured->input.bytes / middle / 1e9,
           (double)measured->input.bytes / measured->best / 1e9,
           (double)measured->input.count / middle, middle / (double)measured->input.count * 1e9);
    if (ratio > 0) {
        printf("%7.1f  %s\n", ratio, entry->help);
    } else {
        printf("%7s  %s\n", "-", entry->help);
    }
}

static void say_json(const struct entry *entry, const struct measured *measured, double middle,
                     double ratio)
{
    printf("{\"suite\":\"engine\",\"case\":\"%s\",\"gb_s\":%.4f,\"gb_s_best\":%.4f,"
           "\"records_s\":%.0f,\"ns_record\":%.1f,\"records\":%zu,\"bytes\":%zu,\"rounds\":%zu,"
           "\"digest\":\"%016" PRIx64 "\",\"ratio\":",
           entry->name, (double)measured->input.bytes / middle / 1e9,
           (double)measured->input.bytes / measured->best / 1e9,
           (double)measured->input.count / middle, middle / (double)measured->input.count * 1e9,
           measured->input.count, measured->input.bytes, measured->rounds, measured->digest);
    printf(ratio > 0 ? "%.2f}\n" : "null}\n", ratio);
}

/* GB/s over GB/s of the first case. */
static void say_all(struct measured measured[CASES], bool json)
{
    double base = 0;
    if (!json) {
        printf("%-14s %7s %7s %9s %8s %7s\n", "case", "GB/s", "best", "records/s", "ns/rec",
               "ratio");
    }
    for (size_t i = 0; i < CASES; i++) {
        if (measured[i].state == NULL) {
            continue;
        }
        const double middle = median(&measured[i]);
        const double speed = (double)measured[i].input.bytes / middle;
        base = i == 0 ? speed : base;
        const double ratio = base > 0 ? speed / base : 0;
        if (json) {
            say_json(&entries[i], &measured[i], middle, ratio);
        } else {
            say_table(&entries[i], &measured[i], middle, ratio);
        }
    }
}

static bool read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT, .seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t number = 0;
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
            continue;
        }
        if (strcmp(argv[i], "--agree") == 0) {
            options->agree = true;
            continue;
        }
        if (strcmp(argv[i], "--only") == 0 && next != NULL) {
            options->only = next;
        } else if (strcmp(argv[i], "--records") == 0 && plain_number(next, 1000000, &number)) {
            options->records = (size_t)number;
        } else if (strcmp(argv[i], "--seconds") == 0 && plain_number(next, 3600, &number)) {
            options->seconds = (unsigned)number;
        } else if (strcmp(argv[i], "--seed") == 0 && plain_number(next, UINT64_MAX, &number)) {
            options->seed = number;
        } else {
            return false;
        }
        i++;
    }
    return true;
}

static void usage(void)
{
    fputs("usage: bench_engine [--json] [--agree] [--only CASE,CASE] [--records N] [--seconds N] "
          "[--seed N]\ncases:\n",
          stderr);
    for (size_t i = 0; i < CASES; i++) {
        fprintf(stderr, "  %-14s %s\n", entries[i].name, entries[i].help);
    }
}

static double percent(size_t some, size_t all)
{
    return all == 0 ? 0 : 100.0 * (double)some / (double)all;
}

/* Says whether what the first case is compared with does the same job. False: asked for nothing
 * else, it found something that does not agree. */
static bool say_agreement(const struct bench_input *input, const struct options *options)
{
    struct agreement sum;
    if (!agree_run(input, options->agree && !options->json, &sum)) {
        return false;
    }
    printf(
        options->json
            ? "{\"suite\":\"engine\",\"case\":\"agreement\",\"leaves_percent\":%.2f,"
              "\"records_percent\":%.2f,\"records\":%zu,\"raw_clients\":%zu}\n"
            : "tree_naive writes what wafveil writes: %.2f %% of values, %.2f %% of records whole "
              "(of %zu); raw client addresses left: %zu\n",
        percent(sum.same_leaves, sum.leaves), percent(sum.same_records, sum.records), sum.records,
        sum.leaks);
    return !options->agree || (sum.same_records == sum.records && sum.leaks == 0);
}

static void open_cases(struct measured measured[CASES], const struct options *options,
                       const struct bench_input *usual, const struct bench_input *fresh)
{
    for (size_t i = 0; i < CASES; i++) {
        if (options->agree || !is_wanted(options, entries[i].name)) {
            continue;
        }
        measured[i].state = entries[i].what->open();
        measured[i].input = part_of(entries[i].what->fresh ? fresh : usual, entries[i].share);
        if (measured[i].state == NULL) {
            fprintf(stderr, "bench: %s is left out: it cannot run here\n", entries[i].name);
        }
    }
}

int main(int argc, char **argv)
{
    static struct measured measured[CASES];
    struct options options;
    struct plain_records usual = {0};
    struct plain_records fresh = {0};
    if (!read_options(argc, argv, &options)) {
        usage();
        return 2;
    }
    if (!plain_records_make(&usual, options.records, options.seed, false) ||
        !plain_records_make(&fresh, options.records, options.seed, true)) {
        fputs("bench: there is no memory for the records\n", stderr);
        return 1;
    }
    const struct bench_input usual_input = input_of(&usual);
    const struct bench_input fresh_input = input_of(&fresh);
    open_cases(measured, &options, &usual_input, &fresh_input);
    bool good = options.agree || run_all(measured, options.seconds);
    if (good && !options.agree) {
        say_all(measured, options.json);
    }
    if (options.agree || is_wanted(&options, "tree_naive")) {
        good = good && say_agreement(&usual_input, &options);
    }
    for (size_t i = 0; i < CASES; i++) {
        if (measured[i].state != NULL) {
            entries[i].what->close(measured[i].state);
        }
    }
    plain_records_free(&usual);
    plain_records_free(&fresh);
    return good ? 0 : 1;
}
