/*
 * delivery_engine.c — the engine alone over the records of a delivery: what it makes, and its time.
 */
#include "bench/delivery.h"
#include "engine/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MAX = 200, ROUND_RECORDS = 4000 };

static uint64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct wv_slice transform(struct wv_worker *worker, struct wv_slice value)
{
    const struct wv_record record = {.value = value, .time_ms = (int64_t)1763800000000};
    const struct wv_results results = wv_transform(worker, &record);
    if (results.count != 1 || results.items[0].outcome != WV_PUBLISH) {
        delivery_fail("engine", "a record is not published: it would not be measured");
    }
    return results.items[0].value;
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Goes through the records in rounds. */
static size_t measure(struct wv_worker *worker, const struct delivery_records *records,
                      uint64_t seconds, double us[ROUNDS_MAX])
{
    const uint64_t end = thread_ns() + seconds * 1000000000;
    size_t rounds = 0;
    size_t next = 0;
    for (bool warm = false; !warm || rounds < 3 || (rounds < ROUNDS_MAX && thread_ns() < end);
         warm = true) {
        const uint64_t from = thread_ns();
        for (size_t i = 0; i < ROUND_RECORDS; i++) {
            (void)transform(worker, records->items[next]);
            next = (next + 1) % records->count;
        }
        if (warm) {
            us[rounds++] = (double)(thread_ns() - from) / 1000 / ROUND_RECORDS;
        }
    }
    return rounds;
}

struct engine {
    struct wv_report *report;
    struct wv_plan *plan;
    struct wv_worker *worker;
    struct delivery_records records;
};

static void open_engine(struct engine *engine, const char *config, size_t size)
{
    engine->report = wv_report_new();
    engine->plan = engine->report == NULL ? NULL : wv_plan_load(config, engine->report);
    engine->worker = engine->plan == NULL ? NULL : wv_worker_new(engine->plan);
    if (engine->worker == NULL || !delivery_records_make(&engine->records, size)) {
        delivery_fail("engine", "the configuration cannot be used");
    }
}

static void close_engine(struct engine *engine)
{
    delivery_records_free(&engine->records);
    wv_worker_free(engine->worker);
    wv_plan_free(engine->plan);
    wv_report_free(engine->report);
}

static bool protect_all(struct engine *engine, struct delivery_records *results)
{
    /* Annotations are longer than what they stand for where records are short. */
    const size_t room = 2 * engine->records.bytes;
    *results = (struct delivery_records){
        .items = calloc(engine->records.count, sizeof *results->items), .memory = malloc(room)};
    if (results->items == NULL || results->memory == NULL) {
        return false;
    }
    while (results->count < engine->records.count) {
        const struct wv_slice value =
            transform(engine->worker, engine->records.items[results->count]);
        if (value.len > room - results->bytes) {
            return false;
        }
        memcpy(results->memory + results->bytes, value.ptr, value.len);
        results->items[results->count++] =
            (struct wv_slice){results->memory + results->bytes, value.len};
        results->bytes += value.len;
    }
    return true;
}

bool delivery_records_protect(struct delivery_records *results, const char *config, size_t size)
{
    struct engine engine = {0};
    open_engine(&engine, config, size);
    const bool good = protect_all(&engine, results);
    close_engine(&engine);
    return good;
}

int delivery_engine(const char *config, size_t size, uint64_t seconds)
{
    static double us[ROUNDS_MAX];
    struct engine engine = {0};
    struct delivery_records results;
    open_engine(&engine, config, size);
    if (!protect_all(&engine, &results)) {
        delivery_fail("engine", "there is no memory left");
    }
    const size_t rounds = measure(engine.worker, &engine.records, seconds, us);
    qsort(us, rounds, sizeof *us, compare);
    const double count = (double)results.count;
    (void)printf("{\"us\":%.3f,\"best_us\":%.3f,\"bytes\":%.0f,\"out_bytes\":%.0f}\n",
                 us[rounds / 2], us[0], (double)engine.records.bytes / count,
                 (double)results.bytes / count);
    delivery_records_free(&results);
    close_engine(&engine);
    return 0;
}
