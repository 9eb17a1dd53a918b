/*
 * out.h — where a filter writes the new value.
 *
 * A filter sees a value as plain text, whatever escapes the record spelled it with. It answers with
 * a sequence of two operations: wv_out_keep() for stretches of the value that stay, and
 * wv_out_put() for new text. The engine decides what they mean: into plain memory for the next
 * filter of a chain, or straight into the output record, where kept stretches are copied in their
 * raw spelling (so bytes that nobody replaced are identical) and new text is escaped.
 *
 * An out is bounded by its buffer: a write that does not fit makes the whole output unusable
 * (buf.h), never a shorter value.
 */
#ifndef WV_BASE_OUT_H
#define WV_BASE_OUT_H

#include "base/buf.h"

struct wv_out {
    struct wv_buf *buf;
    struct wv_slice text; /* the value as the filter sees it; what keep() counts in */

    /* Raw spelling of the value: text byte i came from raw bytes [map[i], map[i + 1]).
     * map == NULL: raw and text are the same bytes. raw.ptr == NULL: there is no raw spelling, what
     * is kept is escaped like new text. */
    struct wv_slice raw;
    const uint32_t *map;

    /* Writes text into buf in the escaping that the record's syntax needs; NULL: as it is. */
    void (*escape)(struct wv_buf *buf, struct wv_slice text);
};

/* An out that collects plain text. */
static inline struct wv_out wv_out_plain(struct wv_buf *buf, struct wv_slice text)
{
    return (struct wv_out){.buf = buf, .text = text, .raw = text};
}

/* For a word of letters, digits and . : / - which no syntax escapes: where up to cap bytes may be
 * written, then how many were. It goes straight into the buffer where that has room for all of
 * them, otherwise by way of mem, which has cap bytes. */
static inline uint8_t *wv_out_begin(struct wv_out *out, uint8_t *mem, size_t cap)
{
    const struct wv_buf *buf = out->buf;
    return !buf->overflowed && cap <= buf->cap - buf->len ? buf->mem + buf->len : mem;
}

static inline void wv_out_end(struct wv_out *out, const uint8_t *mem, const uint8_t *begin,
                              size_t len)
{
    if (begin == mem) {
        wv_buf_put(out->buf, (struct wv_slice){mem, len});
    } else {
        out->buf->len += len;
    }
}

/* New text. */
void wv_out_put(struct wv_out *out, struct wv_slice text);

/* The bytes [from, to) of the value as they stand; to <= text.len. */
void wv_out_keep(struct wv_out *out, size_t from, size_t to);

#endif
