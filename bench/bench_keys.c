/*
 * bench_keys.c — what a token costs: of a value that is known and of one that is new, one at a time
 * and many at once, beside what OpenSSL offers; and what is left of the difference in the engine.
 */
#include "bench/keys.h"
#include "bench/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MIN = 5, RECORDS_DEFAULT = 30000, SECONDS_DEFAULT = 30 };

/* Canonical values: an IPv4 address, an IPv6 address, an agent of middle length, a long one. */
static const size_t lengths[] = {5, 17, 64, 128};
static const size_t batches[] = {1, 2, 3, 4, 6, 8, 16, 64};

enum { LENGTHS = WV_COUNT(lengths), BATCHES = WV_COUNT(batches) };

double keys_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    const double first = *(const double *)a;
    const double second = *(const double *)b;
    return (first > second) - (first < second);
}

double keys_median(double *values, size_t count)
{
    wv_ensure(count > 0);
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* A type byte, a number that never comes again, and letters. */
static void write_message(uint8_t *message, uint64_t number)
{
    message[0] = 0x04;
    for (size_t i = 0; i < 4; i++) {
        message[1 + i] = (uint8_t)(number >> 8 * (3 - i));
    }
    for (size_t i = 5; i < KEYS_LEN_MAX; i++) {
        message[i] = (uint8_t)('a' + i % 26);
    }
}

static void next_round(struct keys_work *work)
{
    work->round++;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        write_message(work->messages[i], work->round * KEYS_MESSAGES + i);
    }
}

/* One turn of each case. Those that make the same MACs must have made the same. */
static void turn(const struct keys_work *work, void *const states[KEYS_CASES],
                 double ns[KEYS_CASES])
{
    uint64_t sums[KEYS_CASES];
    for (size_t i = 0; i < KEYS_CASES; i++) {
        const double from = keys_now();
        sums[i] = states[i] == NULL ? sums[0] : keys_cases[i].run(states[i], work);
        ns[i] = (keys_now() - from) / KEYS_MESSAGES * 1e9;
        wv_ensure(i > KEYS_LAST_BATCHED || sums[i] == sums[0]);
    }
    wv_ensure(sums[KEYS_NEW] == sums[KEYS_UNCACHED]);
}

/* Of the length that the cases are opened for. The first turn warms up. */
static void measure(struct keys_work *work, double seconds, double ns[KEYS_CASES])
{
    static double took[KEYS_CASES][KEYS_ROUNDS_MAX];
    void *states[KEYS_CASES];
    size_t rounds = 0;
    for (size_t i = 0; i < KEYS_CASES; i++) {
        states[i] = keys_cases[i].open(work);
    }
    const double start = keys_now();
    for (bool warm = false; rounds < KEYS_ROUNDS_MAX; warm = true) {
        double last[KEYS_CASES];
        if (rounds >= ROUNDS_MIN && keys_now() - start > seconds) {
            break;
        }
        next_round(work);
        turn(work, states, last);
        for (size_t i = 0; i < KEYS_CASES; i++) {
            took[i][rounds] = last[i];
        }
        rounds += warm;
    }
    for (size_t i = 0; i < KEYS_CASES; i++) {
        ns[i] = states[i] == NULL ? 0 : keys_median(took[i], rounds);
        if (states[i] != NULL) {
            keys_cases[i].close(states[i]);
        }
    }
}

static void say_lengths(double ns[LENGTHS][KEYS_CASES])
{
    printf("%-15s", "ns each, bytes");
    for (size_t l = 0; l < LENGTHS; l++) {
        printf("%7zu", lengths[l]);
    }
    printf("  ratio  (of the time of HMAC(), 17 bytes)\n");
    for (size_t i = 0; i < KEYS_CASES; i++) {
        if (ns[0][i] <= 0) {
            continue;
        }
        printf("%-15s", keys_cases[i].name);
        for (size_t l = 0; l < LENGTHS; l++) {
            printf("%7.0f", ns[l][i]);
        }
        printf("%7.3f  %s\n", ns[1][i] / ns[1][0], keys_cases[i].what);
    }
}

static void say_batches(double ns[BATCHES][KEYS_CASES])
{
    printf("\n%-15s", "at once");
    for (size_t b = 0; b < BATCHES; b++) {
        printf("%7zu", batches[b]);
    }
    printf("  ns each, 17 bytes\n");
    for (size_t i = KEYS_FIRST_BATCHED; i <= KEYS_LAST_BATCHED; i++) {
        if (ns[0][i] <= 0) {
            continue;
        }
        printf("%-15s", keys_cases[i].name);
        for (size_t b = 0; b < BATCHES; b++) {
            printf("%7.0f", ns[b][i]);
        }
        printf("\n");
    }
}

static void say_json(double ns[KEYS_CASES], const char *member, size_t value, size_t first,
                     size_t last)
{
    for (size_t i = first; i <= last; i++) {
        if (ns[i] > 0) {
            printf("{\"suite\":\"keys\",\"case\":\"%s\",\"%s\":%zu,\"ns\":%.1f}\n",
                   keys_cases[i].name, member, value, ns[i]);
        }
    }
}

/* Every length, and every number of messages at once. */
static void measure_all(struct keys_work *work, const struct plain_options *options)
{
    double by_length[LENGTHS][KEYS_CASES];
    double by_batch[BATCHES][KEYS_CASES];
    work->batch = 64;
    for (size_t l = 0; l < LENGTHS; l++) {
        work->len = lengths[l];
        measure(work, options->seconds / 4.0 / LENGTHS, by_length[l]);
    }
    work->len = 17;
    for (size_t b = 0; b < BATCHES; b++) {
        work->batch = batches[b];
        measure(work, options->seconds / 4.0 / BATCHES, by_batch[b]);
    }
    if (!options->json) {
        say_lengths(by_length);
        say_batches(by_batch);
        return;
    }
    for (size_t l = 0; l < LENGTHS; l++) {
        say_json(by_length[l], "bytes", lengths[l], 0, KEYS_CASES - 1);
    }
    for (size_t b = 0; b < BATCHES; b++) {
        say_json(by_batch[b], "at_once", batches[b], KEYS_FIRST_BATCHED, KEYS_LAST_BATCHED);
    }
}

static struct keys_work *work_new(void)
{
    static const uint8_t seed[WV_SECRET_BYTES] = {4};
    struct keys_work *work = calloc(1, sizeof *work);
    struct wv_report *report = wv_report_new();
    wv_ensure(work != NULL && report != NULL);
    work->keyring = wv_keyring_throwaway(seed, report);
    wv_ensure(work->keyring != NULL);
    for (size_t i = 0; i < WV_COUNT(work->known); i++) {
        write_message(work->known[i], i);
    }
    wv_report_free(report);
    return work;
}

int main(int argc, char **argv)
{
    struct plain_options options = {.records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT};
    if (!plain_options(argc, argv, &options)) {
        fputs("usage: bench_keys [--json] [--records N] [--seconds N]\n", stderr);
        return 2;
    }
    struct keys_work *work = work_new();
    measure_all(work, &options);
    const bool good = keys_rare(options.json) &&
                      keys_engine(options.json, options.records, options.seconds / 2.0);
    wv_keyring_free(work->keyring);
    free(work);
    return good ? 0 : 1;
}
