/*
 * case_ours.c — the engine as it is used: the built-in pack eu, tokens, annotation, one output.
 */
#include "bench/cases.h"

#include "bench/tree.h"
#include "engine/transform.h"
#include "json/index.h"

#include <stdlib.h>

struct ours {
    struct wv_plan *plan;
    struct wv_worker *worker;
    struct wv_categories *counts; /* NULL: classes are not counted */
    enum wv_simd simd;
};

static void close_ours(void *state)
{
    struct ours *ours = state;
    wv_worker_free(ours->worker);
    wv_categories_free(ours->counts);
    wv_plan_free(ours->plan);
    free(ours);
}

static void *open_ours(enum wv_simd simd, struct wv_plan *(*plan_new)(void))
{
    struct ours *ours = wv_simd_force(simd) ? calloc(1, sizeof *ours) : NULL;
    if (ours == NULL) {
        return NULL;
    }
    ours->simd = simd;
    ours->plan = plan_new();
    ours->worker = ours->plan == NULL ? NULL : wv_worker_new(ours->plan);
    if (ours->worker == NULL) {
        close_ours(ours);
        return NULL;
    }
    return ours;
}

static void *open_scalar(void)
{
    return open_ours(WV_SIMD_SCALAR, bench_plan_new);
}

static void *open_avx2(void)
{
    return open_ours(WV_SIMD_AVX2, bench_plan_new);
}

static void *open_auto(void)
{
    return open_ours(WV_SIMD_AUTO, bench_plan_new);
}

/* As the service does it that has an audit. */
static void *open_counted(void)
{
    struct ours *ours = open_ours(WV_SIMD_AVX2, bench_plan_new);
    if (ours == NULL) {
        return NULL;
    }
    ours->counts = wv_categories_new(ours->plan);
    if (ours->counts == NULL) {
        close_ours(ours);
        return NULL;
    }
    wv_worker_counts(ours->worker, ours->counts);
    return ours;
}

static void *open_blind(void)
{
    return open_ours(WV_SIMD_AVX2, bench_plan_blind);
}

static uint64_t transform_all(void *state, const struct bench_input *input)
{
    struct ours *ours = state;
    uint64_t digest = 0;
    wv_ensure(wv_simd_force(ours->simd));
    for (size_t i = 0; i < input->count; i++) {
        const struct wv_record record = {.value = input->records[i], .time_ms = -1};
        const struct wv_results results = wv_transform(ours->worker, &record);
        wv_ensure(results.count == 1);
        wv_ensure(results.items[0].outcome == WV_PUBLISH);
        const struct wv_slice out = results.items[0].value;
        digest = bench_digest(digest, out.ptr, out.len);
    }
    return digest;
}

const struct bench_case bench_case_ours_scalar = {
    .open = open_scalar, .run = transform_all, .close = close_ours};
const struct bench_case bench_case_ours_avx2 = {
    .open = open_avx2, .run = transform_all, .close = close_ours};
const struct bench_case bench_case_ours_counted = {
    .open = open_counted, .run = transform_all, .close = close_ours};
const struct bench_case bench_case_ours_fresh = {
    .open = open_auto, .run = transform_all, .close = close_ours, .fresh = true};
const struct bench_case bench_case_ours_blind = {
    .open = open_blind, .run = transform_all, .close = close_ours};
