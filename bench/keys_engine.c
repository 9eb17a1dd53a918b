/*
 * keys_engine.c — records through the engine, by how much of their tokens is remembered.
 *
 * The linker puts wv_tokens_new() of this file in front of the real one (--wrap), so that the
 * engine can be had without a cache of tokens, and is otherwise what the service runs.
 */
#include "bench/keys.h"

#include "bench/plain.h"
#include "bench/tree.h"
#include "engine/transform.h"
#include "engine/work.h"

#include <stdio.h>
#include <stdlib.h>

static bool without_cache;

struct wv_tokens *__real_wv_tokens_new(const struct wv_keyring *keyring, size_t cache_slots);
struct wv_tokens *__wrap_wv_tokens_new(const struct wv_keyring *keyring, size_t cache_slots);

struct wv_tokens *__wrap_wv_tokens_new(const struct wv_keyring *keyring, size_t cache_slots)
{
    return __real_wv_tokens_new(keyring, without_cache ? 0 : cache_slots);
}

static const struct {
    const char *name;
    const char *what;
    bool repeats; /* the same hundred records over and over */
    bool fresh;   /* every client is new */
    bool without_cache;
} cases[] = {
    {"known", "nearly all values known: a hundred records in turn", true, false, false},
    {"known_uncached", "the same records, no token remembered", true, false, true},
    {"usual", "clients come back as in life", false, false, false},
    {"fresh", "every client new", false, true, false},
    {"usual_uncached", "clients as in life, no token remembered", false, false, true},
};

enum { CASES = WV_COUNT(cases), REPEATED = 100 };

struct measured {
    struct wv_plan *plan;
    struct wv_worker *worker;
    uint64_t digest;
    struct wv_token_stats stats; /* of the last round */
    double took[KEYS_ROUNDS_MAX];
};

static bool run_case(size_t number, struct measured *measured, const struct plain_records *records,
                     size_t count, size_t round)
{
    uint64_t digest = 1;
    const struct wv_token_stats before = wv_tokens_stats(measured->worker->tokens);
    const double start = keys_now();
    for (size_t i = 0; i < count; i++) {
        const size_t at = cases[number].repeats ? i % REPEATED : i;
        const struct wv_record record = {.value = records->items[at], .time_ms = -1};
        const struct wv_results results = wv_transform(measured->worker, &record);
        wv_ensure(results.count == 1 && results.items[0].outcome == WV_PUBLISH);
        digest = bench_digest(digest, results.items[0].value.ptr, results.items[0].value.len);
    }
    measured->took[round] = (keys_now() - start) / (double)count * 1e9;
    measured->stats = wv_tokens_stats(measured->worker->tokens);
    measured->stats.hits -= before.hits;
    measured->stats.misses -= before.misses;
    const bool same = measured->digest == 0 || measured->digest == digest;
    measured->digest = digest;
    if (!same) {
        fprintf(stderr, "bench: %s did not make the same as before\n", cases[number].name);
    }
    return same;
}

static void say(struct measured all[CASES], size_t rounds, size_t count, bool json)
{
    const double per = 1.0 / (double)count;
    double ns[CASES];
    if (!json) {
        printf("\n%-15s%9s%7s%7s%7s  (of the time of the first)\n", "engine", "ns/rec", "hits",
               "new", "ratio");
    }
    for (size_t i = 0; i < CASES; i++) {
        ns[i] = keys_median(all[i].took, rounds);
        printf(json ? "{\"suite\":\"keys\",\"case\":\"engine_%s\",\"ns_record\":%.1f,"
                      "\"hits\":%.2f,\"new\":%.2f,\"ratio\":%.3f%s}\n"
                    : "%-15s%9.0f%7.2f%7.2f%7.3f  %s\n",
               cases[i].name, ns[i], (double)all[i].stats.hits * per,
               (double)all[i].stats.misses * per, ns[i] / ns[0], json ? "" : cases[i].what);
    }
}

bool keys_engine(bool json, size_t count, double seconds)
{
    static struct measured all[CASES];
    struct plain_records usual;
    struct plain_records fresh;
    wv_ensure(plain_records_make(&usual, count < REPEATED ? REPEATED : count, 1, false));
    wv_ensure(plain_records_make(&fresh, count, 1, true));
    bool good = true;
    for (size_t i = 0; i < CASES; i++) {
        without_cache = cases[i].without_cache;
        all[i].plan = bench_plan_new();
        all[i].worker = all[i].plan == NULL ? NULL : wv_worker_new(all[i].plan);
        good = good && all[i].worker != NULL;
    }
    size_t rounds = 0;
    const double start = keys_now();
    for (bool warm = false; good && rounds < KEYS_ROUNDS_MAX; warm = true) {
        if (rounds >= 5 && keys_now() - start > seconds) {
            break;
        }
        for (size_t i = 0; good && i < CASES; i++) {
            good = run_case(i, &all[i], cases[i].fresh ? &fresh : &usual, count, rounds);
        }
        rounds += warm;
    }
    if (good) {
        /* What is remembered may only save time. */
        wv_ensure(all[0].digest == all[1].digest && all[2].digest == all[4].digest);
        say(all, rounds, count, json);
    }
    for (size_t i = 0; i < CASES; i++) {
        wv_worker_free(all[i].worker);
        wv_plan_free(all[i].plan);
    }
    plain_records_free(&usual);
    plain_records_free(&fresh);
    return good;
}
