/*
 * bench_detectors.c — how fast the detectors look through texts, and what of that is which.
 *
 * All cases run in turn over the same texts, A B C A B C …, as bench.c runs its cases; what is told
 * are ratios of medians of one run.
 */
#include "bench/detectors.h"
#include "bench/rounds.h"
#include "bench/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS_MIN = 5,
    ROUNDS_MAX = 200,
    RECORDS_DEFAULT = 3000,
    SECONDS_DEFAULT = 30,
    SCRATCH_BYTES = 8 * 1024 * 1024,
};

enum {
    WITHOUT = WV_SEARCH_ALL & ~WV_SEARCH_IDENTIFIERS,
};

enum way { BY_SEARCH = 0, BY_LOOP, BY_PART };

struct bench_way {
    const char *name;
    const char *summary;
    enum way way;
    unsigned what; /* BY_SEARCH: enum wv_search_what; BY_PART: index */
};

#define PART(index)                                                                                \
    {                                                                                              \
        NULL, NULL, BY_PART, index                                                                 \
    }

/* What the table needs stands first. */
enum { OFF = 0, ON, ALONE, LOOP, FAMILIES, PARTS = FAMILIES + 4, WAYS = PARTS + DETECTORS_PARTS };

static const struct bench_way ways[WAYS] = {
    [OFF] = {"off", "addresses, e-mails, credentials, parameters", BY_SEARCH, WITHOUT},
    [ON] = {"on", "and identifiers", BY_SEARCH, WV_SEARCH_ALL},
    [ALONE] = {"alone", "identifiers alone", BY_SEARCH, WV_SEARCH_IDENTIFIERS},
    [LOOP] = {"pcre2", "identifiers alone, a pattern each", BY_LOOP, 0},
    [FAMILIES] = {"addresses", "", BY_SEARCH,
                  WV_SEARCH_ALL & ~(WV_SEARCH_ADDRESSES | WV_SEARCH_NEEDLES)},
    {"e-mails", "", BY_SEARCH, WV_SEARCH_ALL & ~WV_SEARCH_EMAILS},
    {"credentials", "", BY_SEARCH, WV_SEARCH_ALL & ~WV_SEARCH_CREDENTIALS},
    {"parameters", "", BY_SEARCH, WV_SEARCH_ALL & ~WV_SEARCH_PARAMETERS},
    [PARTS] = PART(0),
    PART(1),
    PART(2),
    PART(3),
    PART(4),
    PART(5),
    PART(6),
    PART(7),
    PART(8),
};

struct options {
    bool json;
    size_t records;
    unsigned seconds;
    uint64_t seed;
    const char *samples;
};

/* One way through the texts of one sort. */
struct track {
    uint64_t found;
    size_t rounds;
    double seconds[ROUNDS_MAX];
};

struct bench {
    struct detectors_search search;
    struct detectors_texts texts[DETECTORS_SORTS];
    struct track tracks[WAYS][DETECTORS_SORTS];
};

bool detectors_search_open(struct detectors_search *search)
{
    search->plan = bench_plan_new();
    search->out = malloc(DETECTORS_TEXT_MAX);
    search->scratch = (struct wv_scratch){.mem = malloc(SCRATCH_BYTES), .cap = SCRATCH_BYTES};
    search->loop = detectors_loop_new();
    if (search->plan == NULL || search->out == NULL || search->scratch.mem == NULL ||
        search->loop == NULL) {
        return false;
    }
    search->context = (struct wv_context){
        .needles = &search->needles,
        .own_hosts = &search->hosts,
        .parameters = search->plan->parameters,
        .scratch = &search->scratch,
    };
    for (size_t i = 0; i < search->plan->pack_count; i++) {
        if (strcmp(search->plan->packs[i].name, "eu") == 0) {
            search->context.detectors = &search->plan->packs[i].detectors;
        }
    }
    return search->context.detectors != NULL;
}

void detectors_search_close(struct detectors_search *search)
{
    detectors_loop_free(search->loop);
    free(search->scratch.mem);
    free(search->out);
    wv_plan_free(search->plan);
}

uint64_t detectors_search_run(struct detectors_search *search, unsigned what,
                              const struct detectors_texts *texts)
{
    uint64_t found = 0;
    for (size_t i = 0; i < texts->count; i++) {
        struct wv_buf buf = wv_buf_of(search->out, DETECTORS_TEXT_MAX);
        struct wv_out out = wv_out_plain(&buf, texts->items[i]);
        found += wv_search(what, texts->items[i], &search->context, &out) != WV_HARMLESS;
    }
    return found;
}

static uint64_t run_way(struct bench *bench, const struct bench_way *way,
                        const struct detectors_texts *texts)
{
    switch (way->way) {
    case BY_SEARCH:
        return detectors_search_run(&bench->search, way->what, texts);
    case BY_LOOP:
        return detectors_loop_run(&bench->search, texts);
    case BY_PART:
        return detectors_parts_run(&bench->search, way->what, texts);
    }
    return 0;
}

/* The first round warms up and is not counted. */
static bool run_round(struct bench *bench, size_t way, bool first)
{
    for (size_t sort = 0; sort < DETECTORS_SORTS; sort++) {
        struct track *track = &bench->tracks[way][sort];
        const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
        const uint64_t found = run_way(bench, &ways[way], &bench->texts[sort]);
        const double took = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
        if (!first && found != track->found) {
            (void)fprintf(stderr, "bench: did not find the same as before\n");
            return false;
        }
        track->found = found;
        if (!first) {
            track->seconds[track->rounds++] = took;
        }
    }
    return true;
}

static bool run_all(struct bench *bench, unsigned seconds)
{
    const double start = bench_now(CLOCK_MONOTONIC);
    for (size_t round = 0; round < ROUNDS_MAX; round++) {
        if (round > ROUNDS_MIN && bench_now(CLOCK_MONOTONIC) - start > seconds) {
            break;
        }
        for (size_t way = 0; way < WAYS; way++) {
            if (!run_round(bench, way, round == 0)) {
                return false;
            }
        }
    }
    return true;
}

static double median(const struct track *track)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, track->seconds, track->rounds * sizeof sorted[0]);
    return bench_median(sorted, track->rounds);
}

/* Of one sort, or of all (DETECTORS_SORTS). */
struct sum {
    double seconds;
    double bytes;
    size_t count;
    uint64_t found;
};

static struct sum sum_of(const struct bench *bench, size_t way, size_t sort)
{
    struct sum sum = {0};
    for (size_t i = 0; i < DETECTORS_SORTS; i++) {
        if (sort == i || sort == DETECTORS_SORTS) {
            const struct track *track = &bench->tracks[way][i];
            sum.seconds += median(track);
            sum.found += track->found;
            sum.bytes += (double)bench->texts[i].bytes;
            sum.count += bench->texts[i].count;
        }
    }
    return sum;
}

static double speed(const struct bench *bench, size_t way, size_t sort)
{
    const struct sum sum = sum_of(bench, way, sort);
    return sum.bytes / sum.seconds / 1e9;
}

static const char *sort_name(const struct bench *bench, size_t sort)
{
    return sort == DETECTORS_SORTS ? "all of them" : bench->texts[sort].name;
}

static void say_speeds(const struct bench *bench)
{
    printf("%-22s %7s %6s %8s %8s %7s %8s %8s %7s %6s %6s\n", "search of", "texts", "bytes",
           "GB/s off", "GB/s on", "on/off", "alone", "PCRE2", "ratio", "found", "PCRE2");
    for (size_t sort = 0; sort <= DETECTORS_SORTS; sort++) {
        const struct sum alone = sum_of(bench, ALONE, sort);
        printf("%-22s %7zu %6.0f %8.3f %8.3f %6.0f%% %8.3f %8.4f %6.1fx %6" PRIu64 " %6" PRIu64
               "\n",
               sort_name(bench, sort), alone.count, alone.bytes / (double)alone.count,
               speed(bench, OFF, sort), speed(bench, ON, sort),
               100 * speed(bench, ON, sort) / speed(bench, OFF, sort), speed(bench, ALONE, sort),
               speed(bench, LOOP, sort), speed(bench, ALONE, sort) / speed(bench, LOOP, sort),
               alone.found, sum_of(bench, LOOP, sort).found);
    }
}

/* What the search is faster by without a family; and what a part of the search for identifiers
 * costs more than the one it builds upon. */
static double share_of(const struct bench *bench, size_t way)
{
    const double all = sum_of(bench, ON, DETECTORS_SORTS).seconds;
    const double own = sum_of(bench, way, DETECTORS_SORTS).seconds;
    if (way < PARTS) {
        return 1 - own / all;
    }
    const size_t base = way <= PARTS + 1 ? way - 1 : PARTS + 1;
    return (own - (way == PARTS ? 0 : sum_of(bench, base, DETECTORS_SORTS).seconds)) / all;
}

static void say_shares(const struct bench *bench)
{
    printf("\n%-22s %6s\n", "without", "faster");
    printf("%-22s %5.1f%%\n", "identifiers", 100 * share_of(bench, OFF));
    for (size_t way = FAMILIES; way < PARTS; way++) {
        printf("%-22s %5.1f%%\n", ways[way].name, 100 * share_of(bench, way));
    }
    printf("\n%-22s %6s %10s\n", "part of identifiers", "time", "looks/KB");
    for (size_t i = 0; i < DETECTORS_PARTS; i++) {
        const struct sum sum = sum_of(bench, PARTS + i, DETECTORS_SORTS);
        printf("%-22s %5.1f%% ", detectors_parts[i].name, 100 * share_of(bench, PARTS + i));
        if (i < 2) {
            printf("%10s  %s\n", "", detectors_parts[i].summary);
        } else {
            printf("%10.2f  %s\n", (double)sum.found / sum.bytes * 1000,
                   detectors_parts[i].summary);
        }
    }
}

static void say_table(const struct bench *bench)
{
    say_speeds(bench);
    say_shares(bench);
    printf("\n%zu patterns, PCRE2 with JIT; %zu rounds\n", detectors_loop_patterns(),
           bench->tracks[ON][0].rounds);
}

static void say_json(const struct bench *bench)
{
    printf("{\"suite\":\"detectors\",\"patterns\":%zu,\"rounds\":%zu,\"texts\":{",
           detectors_loop_patterns(), bench->tracks[ON][0].rounds);
    for (size_t sort = 0; sort <= DETECTORS_SORTS; sort++) {
        const struct sum sum = sum_of(bench, ALONE, sort);
        printf("%s\"%s\":{\"count\":%zu,\"bytes\":%.0f,\"gb_s_off\":%.4f,\"gb_s_on\":%.4f,"
               "\"gb_s_alone\":%.4f,\"gb_s_pcre2\":%.5f,\"found\":%" PRIu64
               ",\"found_pcre2\":%" PRIu64 "}",
               sort == 0 ? "" : ",", sort_name(bench, sort), sum.count, sum.bytes,
               speed(bench, OFF, sort), speed(bench, ON, sort), speed(bench, ALONE, sort),
               speed(bench, LOOP, sort), sum.found, sum_of(bench, LOOP, sort).found);
    }
    printf("},\"shares\":{\"identifiers\":%.4f", share_of(bench, OFF));
    for (size_t way = FAMILIES; way < PARTS; way++) {
        printf(",\"%s\":%.4f", ways[way].name, share_of(bench, way));
    }
    printf("},\"parts\":{");
    for (size_t i = 0; i < DETECTORS_PARTS; i++) {
        printf("%s\"%s\":%.4f", i == 0 ? "" : ",", detectors_parts[i].name,
               share_of(bench, PARTS + i));
    }
    printf("}}\n");
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = text == NULL ? 0 : strtoull(text, &end, 10);
    return text != NULL && errno == 0 && *text != '\0' && *text != '-' && *end == '\0' && *out > 0;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        uint64_t number = 0;
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
        } else if (strcmp(argv[i], "--records") == 0 && read_number(argv[++i], &number)) {
            options->records = number;
        } else if (strcmp(argv[i], "--seconds") == 0 && read_number(argv[++i], &number)) {
            options->seconds = (unsigned)number;
        } else if (strcmp(argv[i], "--seed") == 0 && read_number(argv[++i], &number)) {
            options->seed = number;
        } else {
            (void)fputs("usage: bench_detectors [--json] [--records N] [--seconds N] [--seed N]\n",
                        stderr);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct options options = {
        .records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT, .seed = 1, .samples = WV_SAMPLES};
    if (!read_options(argc, argv, &options)) {
        return 2;
    }
    if (!detectors_search_open(&bench.search) ||
        !detectors_texts_make(bench.texts, options.records, options.seed, options.samples) ||
        !run_all(&bench, options.seconds)) {
        return 1;
    }
    if (options.json) {
        say_json(&bench);
    } else {
        say_table(&bench);
    }
    detectors_search_close(&bench.search);
    return 0;
}
