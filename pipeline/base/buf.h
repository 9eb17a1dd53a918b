/*
 * buf.h — a fixed piece of memory that is written from front to back.
 *
 * A write that does not fit sets a sticky flag instead of writing half of itself, and the only way
 * to read the bytes is wv_buf_take(), which refuses a buffer whose flag is set. So a writer appends
 * without a single `if`, and a truncated value cannot leave.
 */
#ifndef WV_BASE_BUF_H
#define WV_BASE_BUF_H

#include "base/slice.h"

struct wv_buf {
    uint8_t *mem; /* the caller's; cap bytes */
    size_t len;
    size_t cap;
    bool overflowed;
};

static inline struct wv_buf wv_buf_of(uint8_t *mem, size_t cap)
{
    return (struct wv_buf){.mem = mem, .cap = cap};
}

/* Where the next count bytes go, or NULL (and the flag) when they do not fit. */
static inline uint8_t *wv_buf_reserve(struct wv_buf *buf, size_t count)
{
    wv_ensure(buf->len <= buf->cap);
    if (wv_unlikely(buf->overflowed || count > buf->cap - buf->len)) {
        buf->overflowed = true;
        return NULL;
    }
    uint8_t *at = buf->mem + buf->len;
    buf->len += count;
    return at;
}

/* memcpy() as a call. */
void wv_copy_long(uint8_t *to, const uint8_t *from, size_t count);

/* What is written is mostly shorter than a call of memcpy() takes, or than the instruction takes
 * with which compilers replace it: two words, or two halves, that overlap in the middle cover it.
 */
static inline void wv_copy_bytes(uint8_t *to, const uint8_t *from, size_t count)
{
    if (count > 64) {
        wv_copy_long(to, from, count);
    } else if (count > 32) {
        uint8_t head[32], tail[32];
        memcpy(head, from, 32);
        memcpy(tail, from + count - 32, 32);
        memcpy(to, head, 32);
        memcpy(to + count - 32, tail, 32);
    } else if (count >= 16) {
        uint8_t head[16], tail[16];
        memcpy(head, from, 16);
        memcpy(tail, from + count - 16, 16);
        memcpy(to, head, 16);
        memcpy(to + count - 16, tail, 16);
    } else if (count >= 8) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + count - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + count - 8, &tail, 8);
    } else if (count >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + count - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + count - 4, &tail, 4);
    } else if (count > 0) {
        to[0] = from[0];
        to[count / 2] = from[count / 2];
        to[count - 1] = from[count - 1];
    }
}

static inline void wv_buf_put(struct wv_buf *buf, struct wv_slice bytes)
{
    uint8_t *at = wv_buf_reserve(buf, bytes.len);
    if (at != NULL) {
        wv_copy_bytes(at, bytes.ptr, bytes.len);
    }
}

static inline void wv_buf_byte(struct wv_buf *buf, uint8_t byte)
{
    uint8_t *at = wv_buf_reserve(buf, 1);
    if (at != NULL) {
        *at = byte;
    }
}

/* The number in decimal digits. */
void wv_buf_uint(struct wv_buf *buf, uint64_t number);

/* Back to an earlier len. Keeps the flag: what overflowed once is not made whole by forgetting. */
void wv_buf_rewind(struct wv_buf *buf, size_t len);

/* Empties the buffer and lowers the flag. */
void wv_buf_reset(struct wv_buf *buf);

/* Sets *out to the bytes written, which stay valid until the next write; false after an overflow.
 */
WV_MUST_USE bool wv_buf_take(const struct wv_buf *buf, struct wv_slice *out);

#endif
