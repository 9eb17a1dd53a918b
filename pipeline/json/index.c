/* index.c — the portable version, and the choice between the two. */
#include "json/index.h"

#include <stdlib.h>

/* The bits of the words that hold quotes are set to zero when their first quote is. */
static void put_quote(struct wv_index *index, size_t at, bool backslash)
{
    const size_t number = index->quote_count++;
    uint64_t *word = &index->escapes[number / 64];
    *word = (number % 64 == 0 ? 0 : *word) | (uint64_t)backslash << number % 64;
    index->quotes[number] = (uint32_t)at;
}

bool wv_index_build_scalar(struct wv_index *index, struct wv_slice text)
{
    bool escaped = false;   /* the byte before was a backslash that is not escaped itself */
    bool backslash = false; /* one stands behind the last quote */
    uint8_t seen = 0;
    index->quote_count = 0;
    index->control = false;
    size_t at = 0;
    for (; at < text.len && text.ptr[at] != '\n'; at++) {
        const uint8_t byte = text.ptr[at];
        seen |= byte;
        if (byte == '\\') {
            backslash = true;
            escaped = !escaped;
            continue;
        }
        if (byte == '"' && !escaped) {
            if (index->quote_count == index->quote_max) {
                return false;
            }
            put_quote(index, at, backslash);
            backslash = false;
        } else if (byte < 0x20 && index->quote_count % 2 == 1) {
            index->control = true;
        }
        escaped = false;
    }
    index->len = at;
    index->non_ascii = seen >= 0x80;
    return true;
}

typedef bool build_fn(struct wv_index *index, struct wv_slice text);

/* Several threads may choose at once; all of them choose the same. */
static build_fn *_Atomic chosen;

bool wv_simd_force(enum wv_simd simd)
{
    if (simd == WV_SIMD_AVX2 && !wv_index_has_avx2()) {
        return false;
    }
    if (simd == WV_SIMD_AUTO) {
        simd = wv_index_has_avx2() ? WV_SIMD_AVX2 : WV_SIMD_SCALAR;
    }
    chosen = simd == WV_SIMD_AVX2 ? wv_index_build_avx2 : wv_index_build_scalar;
    return true;
}

enum wv_simd wv_simd_used(void)
{
    if (chosen == NULL) {
        const char *wish = getenv("WAFVEIL_SIMD");
        const bool scalar = wish != NULL && strcmp(wish, "scalar") == 0;
        (void)wv_simd_force(scalar ? WV_SIMD_SCALAR : WV_SIMD_AUTO);
    }
    return chosen == wv_index_build_avx2 ? WV_SIMD_AVX2 : WV_SIMD_SCALAR;
}

bool wv_index_build(struct wv_index *index, struct wv_slice text)
{
    wv_ensure(text.len < UINT32_MAX - 64);
    if (wv_unlikely(chosen == NULL)) {
        (void)wv_simd_used();
    }
    return chosen(index, text);
}
