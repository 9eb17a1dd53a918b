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

/* New text. */
void wv_out_put(struct wv_out *out, struct wv_slice text);

/* The bytes [from, to) of the value as they stand; to <= text.len. */
void wv_out_keep(struct wv_out *out, size_t from, size_t to);

#endif
