/*
 * bench_client.c — what it costs to know where a client is.
 *
 *     bench_client FOLDER [--seconds N] [--records N]
 *
 * FOLDER holds country.mmdb, asn.mmdb and list.txt (client_files.py). One thread, made-up AWS WAF
 * records under the pack us, by which everything that is found is shown. Cases run in turn; time is
 * CPU time of the thread, by the median round; `ratio` is the time of a case over that of the
 * first.
 */
#include "app/corpus.h"
#include "bench/rounds.h"
#include "engine/transform.h"
#include "plan/geo.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CASES = 4, ROUNDS_MAX = 1000, CONFIG_BYTES = 4096 };

/* What a case adds to the configuration. */
static const struct {
    const char *name;
    const char *what;
    const char *regions;
    const char *enrich;
} cases[CASES] = {
    {"none", "region by the tenant, nothing added", "", "{}"},
    {"region", "and the client's country", ",{\"from\":\"database\",\"file\":\"country.mmdb\"}",
     "{}"},
    {"country", "and the country added", ",{\"from\":\"database\",\"file\":\"country.mmdb\"}",
     "{\"country\":{}}"},
    {"all", "and operator and list", ",{\"from\":\"database\",\"file\":\"country.mmdb\"}",
     "{\"country\":{},\"asn\":{\"file\":\"asn.mmdb\"},\"lists\":[{\"name\":\"list\",\"file\":"
     "\"list."
     "txt\"}]}"},
};

struct bench {
    struct wv_plan *plans[CASES];
    struct wv_worker *workers[CASES];
    double took[CASES][ROUNDS_MAX];
    struct wv_slice *records;
    struct wv_address *addresses;
    size_t count;
};

static double now_s(void)
{
    return bench_now(CLOCK_THREAD_CPUTIME_ID);
}

static struct wv_plan *plan_of(const char *folder, size_t number)
{
    char path[CONFIG_BYTES];
    (void)snprintf(path, sizeof path, "%s/case-%zu.json", folder, number);
    FILE *file = fopen(path, "w");
    wv_ensure(file != NULL);
    (void)fprintf(file,
                  "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"bench\","
                  "\"region\":\"us\"}}],\"regions\":[{\"from\":\"tenant\"}%s],\"enrich\":%s,"
                  "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]}\n",
                  cases[number].regions, cases[number].enrich);
    wv_ensure(fclose(file) == 0);
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = wv_plan_load(path, report);
    if (plan == NULL) {
        wv_report_print(report, stderr);
        exit(1);
    }
    wv_report_free(report);
    return plan;
}

static void make_records(struct bench *bench)
{
    struct wv_corpus corpus;
    uint8_t *memory = malloc(bench->count * WV_CORPUS_RECORD_MAX);
    bench->records = calloc(bench->count, sizeof *bench->records);
    bench->addresses = calloc(bench->count, sizeof *bench->addresses);
    wv_ensure(memory != NULL && bench->records != NULL && bench->addresses != NULL);
    wv_corpus_init(&corpus, 1);
    for (size_t i = 0; i < bench->count; i++) {
        struct wv_buf buf = wv_buf_of(memory + i * WV_CORPUS_RECORD_MAX, WV_CORPUS_RECORD_MAX);
        wv_ensure(wv_corpus_next(&corpus, &buf) && wv_buf_take(&buf, &bench->records[i]));
        wv_ensure(wv_address_parse(wv_corpus_address_of(&corpus), &bench->addresses[i]) ==
                  WV_ADDRESS_VALID);
    }
}

static double run_case(struct bench *bench, size_t number)
{
    const double start = now_s();
    for (size_t i = 0; i < bench->count; i++) {
        const struct wv_record record = {.value = bench->records[i], .time_ms = -1};
        const struct wv_results results = wv_transform(bench->workers[number], &record);
        wv_ensure(results.count == 1 && results.items[0].outcome == WV_PUBLISH);
    }
    return (now_s() - start) / (double)bench->count;
}

/* Nanoseconds of one look, over all addresses. */
static double look(const struct bench *bench, bool list)
{
    const struct wv_geo *geo = wv_plan_geo(bench->plans[CASES - 1]);
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        uint64_t found = 0;
        const double start = now_s();
        for (size_t i = 0; i < bench->count; i++) {
            found += list ? wv_networks_find(geo->networks, &bench->addresses[i])
                          : wv_geo_find(geo->country, &bench->addresses[i]);
        }
        const double took = (now_s() - start) / (double)bench->count * 1e9;
        wv_ensure(found != UINT64_MAX); /* so that nobody leaves the looking out */
        best = took < best ? took : best;
    }
    return best;
}

static void show(struct bench *bench, size_t rounds)
{
    const double first = bench_median(bench->took[0], rounds);
    (void)printf("%-8s %8s %6s  %s\n", "case", "ns/rec", "ratio", "");
    for (size_t i = 0; i < CASES; i++) {
        const double took = i == 0 ? first : bench_median(bench->took[i], rounds);
        (void)printf("%-8s %8.0f %6.3f  %s\n", cases[i].name, took * 1e9, took / first,
                     cases[i].what);
    }
    const uint64_t *counts = wv_worker_tally(bench->workers[CASES - 1])->geo[WV_GEO_FOR_COUNTRY];
    (void)printf(
        "%zu records, %zu rounds; one look into the database %.0f ns, into the list %.0f "
        "ns; %.0f %% of clients found\n",
        bench->count, rounds, look(bench, false), look(bench, true),
        100.0 * (double)counts[WV_GEO_FOUND] /
            (double)(counts[WV_GEO_FOUND] + counts[WV_GEO_UNKNOWN] + counts[WV_GEO_RESERVED]));
}

static double number_after(int argc, char **argv, const char *word, double otherwise)
{
    for (int i = 2; i + 1 < argc; i++) {
        if (strcmp(argv[i], word) == 0) {
            return strtod(argv[i + 1], NULL);
        }
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc < 2) {
        (void)fputs("bench_client FOLDER [--seconds N] [--records N]\n", stderr);
        return 2;
    }
    const double seconds = number_after(argc, argv, "--seconds", 20);
    bench.count = (size_t)number_after(argc, argv, "--records", 60000);
    make_records(&bench);
    for (size_t i = 0; i < CASES; i++) {
        bench.plans[i] = plan_of(argv[1], i);
        bench.workers[i] = wv_worker_new(bench.plans[i]);
        wv_ensure(bench.workers[i] != NULL);
        (void)run_case(&bench, i); /* warms up */
    }
    size_t rounds = 0;
    for (const double start = now_s(); now_s() - start < seconds && rounds < ROUNDS_MAX; rounds++) {
        for (size_t i = 0; i < CASES; i++) {
            bench.took[i][rounds] = run_case(&bench, i);
        }
    }
    show(&bench, rounds);
    for (size_t i = 0; i < CASES; i++) {
        wv_worker_free(bench.workers[i]);
        wv_plan_free(bench.plans[i]);
    }
    return 0;
}
