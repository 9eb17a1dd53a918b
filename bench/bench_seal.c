/*
 * bench_seal.c — what it costs to seal the originals of a record: the same records without, with
 * some of them sealed, and with all, for keys of different kinds.
 *
 * The records are a year old; a clock that stands still at their time is what the engine goes by,
 * so a content key is renewed by its number of boxes. Its wrapping is part of what is measured, as
 * it is in service.
 */
#include "bench/plain.h"
#include "bench/rounds.h"

#include "engine/transform.h"
#include "engine/work.h"
#include "tests/support/sealing.h"

#include <stdio.h>

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 200, RECORDS_DEFAULT = 20000, SECONDS_DEFAULT = 30 };

#define CLOCK_MS INT64_C(1763900000000)
#define SOC(members)                                                                               \
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"default\",\"region\":\"eu\"}}],"  \
    "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\",\"purpose\":"              \
    "\"security\"" members "}]}"
#define SEAL(pem, when)                                                                            \
    SOC(",\"seal\":{\"certificate\":\"" pem "\",\"classes\":[\"client_ip\",\"forwarded_ip\"],"     \
        "\"when\":{" when "}}")
#define BLOCKED "\"action\":[\"BLOCK\"]"
#define ALL     "\"tenant\":[\"default\"]"

static const struct {
    const char *name;
    const char *config;
} cases[] = {
    {"none", SOC("")},
    {"BLOCK, EC", SEAL("ec.pem", BLOCKED)},
    {"all, EC", SEAL("ec.pem", ALL)},
    {"all, RSA", SEAL("rsa.pem", ALL)},
};

enum { CASES = sizeof cases / sizeof cases[0] };

struct measured {
    struct wv_plan *plan;
    struct wv_worker *worker;
    size_t rounds;
    double seconds[ROUNDS_MAX];
    uint64_t bytes;  /* published, of the last round */
    uint64_t sealed; /* boxes of the last round */
    uint64_t keys;   /* content keys of it */
};

static void run_round(struct measured *measured, const struct plain_records *input, bool counts)
{
    const struct wv_tally *tally = wv_worker_tally(measured->worker);
    const struct wv_sealer *sealer = measured->worker->sealers[0];
    const uint64_t bytes = tally->bytes_out;
    const uint64_t sealed = tally->sealed[0][WV_SEALING_DONE];
    const uint64_t keys = sealer == NULL ? 0 : wv_sealer_keys(sealer);
    const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < input->count; i++) {
        const struct wv_record record = {.value = input->items[i], .time_ms = -1};
        const struct wv_results results = wv_transform(measured->worker, &record);
        wv_ensure(results.count == 1 && results.items[0].outcome == WV_PUBLISH);
    }
    if (counts && measured->rounds < ROUNDS_MAX) {
        measured->seconds[measured->rounds++] = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    measured->bytes = tally->bytes_out - bytes;
    measured->sealed = tally->sealed[0][WV_SEALING_DONE] - sealed;
    measured->keys = sealer == NULL ? 0 : wv_sealer_keys(sealer) - keys;
}

static double median(struct measured *measured)
{
    return bench_median(measured->seconds, measured->rounds);
}

/* The first case seals nothing. What a sealed record costs is the time more, by sealed record. */
static void say_all(struct measured *all, const struct plain_options *options)
{
    const double records = (double)options->records;
    const double none = median(&all[0]) / records * 1e9;
    if (!options->json) {
        printf("%-10s %8s %7s %8s %10s %10s %6s\n", "case", "ns/rec", "of none", "sealed",
               "ns/sealed", "bytes/rec", "keys");
    }
    for (size_t i = 0; i < CASES; i++) {
        const double each = median(&all[i]) / records * 1e9;
        const double share = (double)all[i].sealed / records;
        printf(options->json ? "{\"suite\":\"seal\",\"case\":\"%s\",\"ns_record\":%.1f,"
                               "\"of_none\":%.3f,\"sealed\":%.3f,\"ns_sealed\":%.1f,"
                               "\"bytes_record\":%.1f,\"keys\":%llu}\n"
                             : "%-10s %8.0f %7.2f %8.2f %10.0f %10.0f %6llu\n",
               cases[i].name, each, each / none, share, share == 0 ? 0 : (each - none) / share,
               (double)all[i].bytes / records, (unsigned long long)all[i].keys);
    }
}

/* A case that seals nothing measures nothing. */
static bool all_sealed(const struct measured *all, size_t records)
{
    const bool good = all[0].sealed == 0 && all[1].sealed > 0 && all[1].sealed < records &&
                      all[2].sealed == records && all[3].sealed == records;
    if (!good) {
        fputs("bench: not the records were sealed that should be\n", stderr);
    }
    return good;
}

static struct wv_plan *make_plan(const char *folder, const char *config)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/wafveil.json", folder);
    sealing_write(path, config);
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = report == NULL ? NULL : wv_plan_load(path, report);
    if (plan == NULL && report != NULL) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    (void)unlink(path);
    return plan;
}

/* The certificates are old enough for the records. */
static bool make_plans(struct measured *all)
{
    static const char *const names[] = {"ec.pem", "rsa.pem"};
    static struct wv_clock_fake clock;
    char folder[] = "/tmp/bench-seal-XXXXXX";
    char path[128];
    if (mkdtemp(folder) == NULL) {
        return false;
    }
    wv_clock_fake_init(&clock, CLOCK_MS);
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        struct recipient *recipient = recipient_new(
            (struct recipient_wish){.from_days = -20000, .rsa_bits = i == 0 ? 0 : 3072});
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        sealing_write(path, recipient->certificate);
        recipient_free(recipient);
    }
    bool good = true;
    for (size_t i = 0; good && i < CASES; i++) {
        all[i].plan = make_plan(folder, cases[i].config);
        all[i].worker = all[i].plan == NULL ? NULL : wv_worker_new(all[i].plan);
        good = all[i].worker != NULL;
        if (good) {
            wv_worker_clock(all[i].worker, &clock.clock);
        }
    }
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return good;
}

/* A B C A B C …, until the time is over and each case had enough rounds. The first round warms up.
 */
static void run_all(struct measured *all, const struct plain_records *input, unsigned seconds)
{
    const double start = bench_now(CLOCK_MONOTONIC);
    for (size_t round = 0; round <= ROUNDS_MAX; round++) {
        if (round > ROUNDS_MIN && bench_now(CLOCK_MONOTONIC) - start > seconds) {
            break;
        }
        for (size_t i = 0; i < CASES; i++) {
            run_round(&all[i], input, round > 0);
        }
    }
}

int main(int argc, char **argv)
{
    static struct measured all[CASES];
    struct plain_options options = {.records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT};
    struct plain_records input = {0};
    if (!plain_options(argc, argv, &options)) {
        fputs("usage: bench_seal [--json] [--records N] [--seconds N]\n", stderr);
        return 2;
    }
    bool good = plain_records_make(&input, options.records, 1, false) && make_plans(all);
    if (good) {
        run_all(all, &input, options.seconds);
        say_all(all, &options);
        good = all_sealed(all, options.records);
    }
    for (size_t i = 0; i < CASES; i++) {
        wv_worker_free(all[i].worker);
        wv_plan_free(all[i].plan);
    }
    plain_records_free(&input);
    return good ? 0 : 1;
}
