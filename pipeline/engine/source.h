/*
 * source.h — a message while it is taken apart. Private to unpack.c, which opens what is packed or
 * wrapped, and lines.c, which tells records from each other.
 */
#ifndef WV_ENGINE_SOURCE_H
#define WV_ENGINE_SOURCE_H

#include "base/expand.h"
#include "engine/unpack.h"

enum { WV_LEVELS = WV_NESTING_MAX + 1 };

struct wv_unpacker {
    struct wv_expander *expander;
    const struct wv_limits *limits;
    struct wv_room rooms[WV_LEVELS];   /* what was unpacked at each level */
    struct wv_room batches[WV_LEVELS]; /* envelopes that had to be repaired */
    struct wv_room flat;               /* a record over several lines, as one */
};

/* What packed parts of a message have given so far, and cost, also in vain. */
struct wv_effort {
    size_t bytes;
    size_t work;
};

/* One message, or what was unpacked from it. */
struct wv_source {
    struct wv_worker *worker;
    struct wv_slice text;
    size_t at;
    size_t offset; /* in the message */
    bool direct;   /* text is the message itself */
    unsigned level;
    uint32_t *count; /* records so far */
    uint32_t *seen;  /* also of those that hold no event */
    size_t *budget;  /* bytes that may still be looked at in vain */
    struct wv_effort *effort;
};

/* A piece of the source, which stands where the source is. */
struct wv_piece wv_source_piece(const struct wv_source *source, struct wv_slice text);

/* What stands where the source is is no record; at: how far behind. */
void wv_source_reject(struct wv_source *source, enum wv_reason reason, size_t at);

/* What comes after a piece was read: its results, or what it holds. gathered: how many records of
 * batches there were before. */
void wv_source_finish(struct wv_source *source, const struct wv_piece *piece, enum wv_reason reason,
                      size_t gathered);

/* A record that is a JSON string: raw stands between its quotes. */
void wv_source_string(struct wv_source *source, struct wv_slice raw, bool base64);

/* Hands on every record of the source, which is not packed. */
void wv_take_lines(struct wv_source *source);

#endif
