/*
 * bench_outputs.c — what a further output costs: the same records with one, two and four outputs.
 *
 * The linker puts the functions below between the parts of the engine (--wrap), so that how often a
 * record is read, settled and written is counted where it happens, and not believed.
 */
#include "bench/outputs.h"
#include "bench/plain.h"
#include "bench/rounds.h"
#include "engine/transform.h"
#include "engine/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 200, RECORDS_DEFAULT = 20000, SECONDS_DEFAULT = 30 };

static struct calls {
    uint64_t read;
    uint64_t settle;
    uint64_t write;
} calls;

enum wv_reason __real_wv_read(struct wv_worker *worker, struct wv_slice text,
                              struct wv_slice origin, bool repaired);
enum wv_reason __wrap_wv_read(struct wv_worker *worker, struct wv_slice text,
                              struct wv_slice origin, bool repaired);
void __real_wv_settle(struct wv_worker *worker);
void __wrap_wv_settle(struct wv_worker *worker);
bool __real_wv_write(struct wv_writer *writer);
bool __wrap_wv_write(struct wv_writer *writer);

enum wv_reason __wrap_wv_read(struct wv_worker *worker, struct wv_slice text,
                              struct wv_slice origin, bool repaired)
{
    calls.read++;
    return __real_wv_read(worker, text, origin, repaired);
}

void __wrap_wv_settle(struct wv_worker *worker)
{
    calls.settle++;
    __real_wv_settle(worker);
}

bool __wrap_wv_write(struct wv_writer *writer)
{
    calls.write++;
    return __real_wv_write(writer);
}

struct measured {
    struct wv_plan *plan;
    struct wv_worker *worker;
    struct calls calls; /* of the last round */
    uint64_t digest;
    size_t rounds;
    double seconds[ROUNDS_MAX];
};

static bool run_round(const struct outputs_case *what, struct measured *measured,
                      const struct bench_input *input)
{
    uint64_t digest = 1;
    calls = (struct calls){0};
    const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < input->count; i++) {
        const struct wv_record record = {.value = input->records[i], .time_ms = -1};
        const struct wv_results results = wv_transform(measured->worker, &record);
        wv_ensure(results.count == what->outputs);
        for (size_t o = 0; o < results.count; o++) {
            wv_ensure(results.items[o].outcome == WV_PUBLISH);
            digest = bench_digest(digest, results.items[o].value.ptr, results.items[o].value.len);
        }
    }
    const double took = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
    if (measured->digest != 0 && digest != measured->digest) {
        fprintf(stderr, "bench: %s did not make the same as before\n", what->name);
        return false;
    }
    /* The first round warms up and is not counted. */
    if (measured->digest != 0 && measured->rounds < ROUNDS_MAX) {
        measured->seconds[measured->rounds++] = took;
    }
    measured->digest = digest;
    measured->calls = calls;
    return true;
}

static double median(struct measured *measured)
{
    return bench_median(measured->seconds, measured->rounds);
}

/* What one output more costs, of what the first one does. The first case has one. */
static void say_all(struct measured *all, const struct plain_options *options)
{
    const double records = (double)options->records;
    const double one = median(&all[0]);
    if (!options->json) {
        printf("%-12s %7s %8s %8s %6s %7s %6s\n", "case", "outputs", "ns/rec", "further", "reads",
               "settles", "writes");
    }
    for (size_t i = 0; i < OUTPUTS_CASES; i++) {
        const struct outputs_case *what = &outputs_cases[i];
        const double middle = median(&all[i]);
        const double further =
            what->outputs == 1 ? 1 : (middle - one) / (double)(what->outputs - 1) / one;
        printf(options->json ? "{\"suite\":\"outputs\",\"case\":\"%s\",\"outputs\":%zu,"
                               "\"ns_record\":%.1f,\"further\":%.3f,\"reads\":%.3f,"
                               "\"settles\":%.3f,\"writes\":%.3f}\n"
                             : "%-12s %7zu %8.0f %8.2f %6.2f %7.2f %6.2f\n",
               what->name, what->outputs, middle / records * 1e9, further,
               (double)all[i].calls.read / records, (double)all[i].calls.settle / records,
               (double)all[i].calls.write / records);
    }
}

/* Whatever the number of outputs, a record is read and settled once. */
static bool read_once(const struct measured *all, size_t records)
{
    for (size_t i = 0; i < OUTPUTS_CASES; i++) {
        if (all[i].calls.read != records || all[i].calls.settle != records) {
            fprintf(stderr, "bench: %s reads records more than once\n", outputs_cases[i].name);
            return false;
        }
    }
    return true;
}

/* A B C A B C …, until the time is over and each case had enough rounds. */
static bool run_all(struct measured *all, const struct bench_input *input, unsigned seconds)
{
    const double start = bench_now(CLOCK_MONOTONIC);
    bool good = true;
    for (size_t round = 0; good && round <= ROUNDS_MAX; round++) {
        if (round > ROUNDS_MIN && bench_now(CLOCK_MONOTONIC) - start > seconds) {
            break;
        }
        for (size_t i = 0; good && i < OUTPUTS_CASES; i++) {
            good = run_round(&outputs_cases[i], &all[i], input);
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    static struct measured all[OUTPUTS_CASES];
    struct plain_options options = {.records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT};
    struct plain_records records = {0};
    if (!plain_options(argc, argv, &options)) {
        fputs("usage: bench_outputs [--json] [--records N] [--seconds N]\n", stderr);
        return 2;
    }
    bool good = plain_records_make(&records, options.records, 1, false);
    const struct bench_input input = {.records = records.items, .count = records.count};
    for (size_t i = 0; good && i < OUTPUTS_CASES; i++) {
        all[i].plan = outputs_plan(&outputs_cases[i]);
        all[i].worker = all[i].plan == NULL ? NULL : wv_worker_new(all[i].plan);
        good = all[i].worker != NULL;
    }
    good = good && run_all(all, &input, options.seconds);
    if (good) {
        say_all(all, &options);
        good = read_once(all, options.records);
    }
    for (size_t i = 0; i < OUTPUTS_CASES; i++) {
        wv_worker_free(all[i].worker);
        wv_plan_free(all[i].plan);
    }
    plain_records_free(&records);
    return good ? 0 : 1;
}
