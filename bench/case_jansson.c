/*
 * case_jansson.c — Jansson's reader and writer alone.
 */
#include "bench/cases.h"

#include <jansson.h>
#include <stdlib.h>

enum { OUT_BYTES = 64 * 1024 };

static void *open_out(void)
{
    return malloc(OUT_BYTES);
}

static uint64_t copy_all(void *state, const struct bench_input *input)
{
    char *out = state;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct wv_slice record = input->records[i];
        json_t *root = json_loadb((const char *)record.ptr, record.len, 0, NULL);
        const size_t len = json_dumpb(root, out, OUT_BYTES, JSON_COMPACT);
        wv_ensure(len > 0 && len <= OUT_BYTES);
        json_decref(root);
        digest = bench_digest(digest, (const uint8_t *)out, len);
    }
    return digest;
}

const struct bench_case bench_case_jansson_copy = {
    .open = open_out, .run = copy_all, .close = free};
