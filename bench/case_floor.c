/*
 * case_floor.c — what no transformer of records can be faster than: copying them, and finding where
 * their strings are.
 */
#include "bench/cases.h"

#include "json/index.h"

#include <stdlib.h>

enum { RING_BYTES = 2 * 1024 * 1024, QUOTES_MAX = 64 * 1024 };

static void *open_ring(void)
{
    return malloc(RING_BYTES);
}

static uint64_t copy_all(void *state, const struct bench_input *input)
{
    uint8_t *ring = state;
    size_t at = 0;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct wv_slice record = input->records[i];
        if (record.len > RING_BYTES - at) {
            at = 0;
        }
        memcpy(ring + at, record.ptr, record.len);
        digest = bench_digest(digest, ring + at, record.len);
        at += record.len;
    }
    return digest;
}

const struct bench_case bench_case_memcpy = {.open = open_ring, .run = copy_all, .close = free};

struct indexing {
    struct wv_index index;
    enum wv_simd simd;
    uint32_t quotes[QUOTES_MAX + 64];
    uint64_t escapes[QUOTES_MAX / 8];
};

static struct indexing *open_index(enum wv_simd simd)
{
    struct indexing *indexing = wv_simd_force(simd) ? calloc(1, sizeof *indexing) : NULL;
    if (indexing != NULL) {
        indexing->simd = simd;
        indexing->index.quotes = indexing->quotes;
        indexing->index.quote_max = QUOTES_MAX;
        indexing->index.escapes = indexing->escapes;
    }
    return indexing;
}

static void *open_scalar(void)
{
    return open_index(WV_SIMD_SCALAR);
}

static void *open_avx2(void)
{
    return open_index(WV_SIMD_AVX2);
}

static uint64_t index_all(void *state, const struct bench_input *input)
{
    struct indexing *indexing = state;
    uint64_t digest = 0;
    wv_ensure(wv_simd_force(indexing->simd));
    for (size_t i = 0; i < input->count; i++) {
        wv_ensure(wv_index_build(&indexing->index, input->records[i]));
        digest = digest * 31 + indexing->index.quote_count;
    }
    return digest;
}

const struct bench_case bench_case_index_scalar = {
    .open = open_scalar, .run = index_all, .close = free};
const struct bench_case bench_case_index_avx2 = {
    .open = open_avx2, .run = index_all, .close = free};
