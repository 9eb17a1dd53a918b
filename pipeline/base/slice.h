/*
 * slice.h — a view of bytes that somebody else owns.
 *
 * A slice is a pointer and a length, passed by value. It is not NUL-terminated and may hold any
 * byte. It owns nothing: a function that returns a slice says whose bytes it points into. The empty
 * slice, {0}, is valid everywhere.
 */
#ifndef WV_BASE_SLICE_H
#define WV_BASE_SLICE_H

#include "base/ensure.h"

#include <string.h>

struct wv_slice {
    const uint8_t *ptr;
    size_t len;
};

/* A slice of a string literal, without its terminating NUL. */
#define WV_LIT(text) ((struct wv_slice){(const uint8_t *)("" text), sizeof(text) - 1})

/* For "%.*s". Only for words of our own files: no byte of a record may be printed or logged. */
#define WV_SHOW(s) (int)((s).len < 120 ? (s).len : 120), (s).len ? (const char *)(s).ptr : ""

static inline struct wv_slice wv_slice_of(const char *text)
{
    return (struct wv_slice){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

/* Whether len bytes are equal. Names are short, and a call costs more than comparing them: two
 * words that overlap in the middle cover any length up to twice a word. */
static inline bool wv_bytes_eq(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint64_t head[2], tail[2];
    if (len > 16) {
        return memcmp(a, b, len) == 0;
    }
    if (len >= 8) {
        memcpy(&head[0], a, 8);
        memcpy(&head[1], b, 8);
        memcpy(&tail[0], a + len - 8, 8);
        memcpy(&tail[1], b + len - 8, 8);
        return ((head[0] ^ head[1]) | (tail[0] ^ tail[1])) == 0;
    }
    if (len >= 4) {
        uint32_t low[2], high[2];
        memcpy(&low[0], a, 4);
        memcpy(&low[1], b, 4);
        memcpy(&high[0], a + len - 4, 4);
        memcpy(&high[1], b + len - 4, 4);
        return ((low[0] ^ low[1]) | (high[0] ^ high[1])) == 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

static inline bool wv_slice_eq(struct wv_slice a, struct wv_slice b)
{
    return a.len == b.len && wv_bytes_eq(a.ptr, b.ptr, a.len);
}

static inline uint8_t wv_lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* Equal but for the case of ASCII letters. */
static inline bool wv_slice_eq_nocase(struct wv_slice a, struct wv_slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (wv_lower(a.ptr[i]) != wv_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* The last bytes first: prefixes that are held against one text mostly begin alike. */
static inline bool wv_slice_starts(struct wv_slice s, struct wv_slice prefix)
{
    if (s.len < prefix.len) {
        return false;
    }
    if (prefix.len > 8) {
        uint64_t tail[2];
        memcpy(&tail[0], s.ptr + prefix.len - 8, 8);
        memcpy(&tail[1], prefix.ptr + prefix.len - 8, 8);
        if (tail[0] != tail[1]) {
            return false;
        }
    }
    return wv_bytes_eq(s.ptr, prefix.ptr, prefix.len);
}

/* The bytes [from, to) of s, pointing into the same memory. */
static inline struct wv_slice wv_slice_sub(struct wv_slice s, size_t from, size_t to)
{
    wv_ensure(from <= to);
    wv_ensure(to <= s.len);
    return from == to ? (struct wv_slice){0} : (struct wv_slice){s.ptr + from, to - from};
}

#endif
