/*
 * index.h — one fast pass over a record that finds where its strings begin and end.
 *
 * The index holds the offset of every quote that is not escaped: at even places the opening ones,
 * at odd places the closing ones, if the record is well formed; the walker checks that it is. For
 * every quote it also tells whether a backslash stands between it and the one before, so that a
 * string without one is known to be its own text. A record is a line: the pass ends at a newline.
 * It also notices bytes that need a second look: non-ASCII and control bytes.
 *
 * There is a portable and an AVX2 version with the same results; the choice is made when the
 * program starts and can be forced with wv_simd_force() or the environment variable
 * WAFVEIL_SIMD=scalar|avx2.
 */
#ifndef WV_JSON_INDEX_H
#define WV_JSON_INDEX_H

#include "base/slice.h"

struct wv_index {
    uint32_t *quotes; /* caller's; room for quote_max + 64 */
    size_t quote_max;
    size_t quote_count;
    uint64_t *escapes; /* caller's; a bit for each quote, room for quote_max / 64 + 3 words */
    size_t len;        /* of the line */
    bool non_ascii;    /* some byte of it is >= 0x80 */
    bool control;      /* some byte < 0x20 stands inside a string */
};

enum wv_simd { WV_SIMD_AUTO = 0, WV_SIMD_SCALAR, WV_SIMD_AVX2 };

/* False when this machine cannot. WV_SIMD_AUTO: the best it can. Not while other threads work. */
bool wv_simd_force(enum wv_simd simd);
enum wv_simd wv_simd_used(void);

/* Fills the index for the first line of text, which has at most UINT32_MAX - 64 bytes. False when
 * the line has more quotes than quote_max. Reads no byte outside of text. */
WV_MUST_USE bool wv_index_build(struct wv_index *index, struct wv_slice text);

/* Whether a backslash stands between a quote and the one before it. */
static inline bool wv_index_escaped(const struct wv_index *index, size_t quote)
{
    return (index->escapes[quote / 64] >> quote % 64 & 1) != 0;
}

/* The two versions, for tests that hold them against each other. */
bool wv_index_build_scalar(struct wv_index *index, struct wv_slice text);
bool wv_index_build_avx2(struct wv_index *index, struct wv_slice text);
bool wv_index_has_avx2(void);

#endif
