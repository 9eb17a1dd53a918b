/* index.c — the portable version, and the choice between the two. */
#include "json/index.h"

#include <stdlib.h>

bool wv_index_build_scalar(struct wv_index *index, struct wv_slice text)
{
    size_t count = 0;
    bool in_string = false;
    bool escaped = false; /* the byte before was a backslash that is not escaped itself */
    uint8_t seen = 0;
    memset(index->escapes, 0, (text.len / 64 + 1) * sizeof *index->escapes);
    index->control = false;
    for (size_t at = 0; at < text.len; at++) {
        const uint8_t byte = text.ptr[at];
        seen |= byte;
        if (byte == '\\') {
            index->escapes[at / 64] |= UINT64_C(1) << (at % 64);
            escaped = !escaped;
            continue;
        }
        if (byte == '"' && !escaped) {
            if (count == index->quote_max) {
                return false;
            }
            index->quotes[count++] = (uint32_t)at;
            in_string = !in_string;
        } else if (byte < 0x20 && in_string) {
            index->control = true;
        }
        escaped = false;
    }
    index->quote_count = count;
    index->non_ascii = seen >= 0x80;
    return true;
}

typedef bool build_fn(struct wv_index *index, struct wv_slice text);

static build_fn *chosen;

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
