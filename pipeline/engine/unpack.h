/*
 * unpack.h — the records of a message.
 *
 * A message is one record, or a line of text or JSON after the other, or JSON objects without
 * anything between them, or an array of them; it may be packed (base/expand.h). A record can turn
 * out to be an envelope of any number of records, which are then unpacked in the same way. Every
 * record of a message has a verdict of its own, in the order in which they stand.
 */
#ifndef WV_ENGINE_UNPACK_H
#define WV_ENGINE_UNPACK_H

#include "engine/work.h"

struct wv_unpacker;

/* NULL when memory is short. */
WV_MUST_USE struct wv_unpacker *wv_unpacker_new(const struct wv_limits *limits);
void wv_unpacker_free(struct wv_unpacker *unpacker); /* wipes; NULL is allowed */

/* Hands every record of the message to wv_finish_piece(). Returns how many there were. */
uint32_t wv_unpack(struct wv_worker *worker, struct wv_slice value);

/* One record of a message. */
struct wv_piece {
    uint32_t number;
    size_t offset;          /* in the message: of it, or of what it was unpacked from */
    struct wv_slice text;   /* one line */
    struct wv_slice origin; /* the same, as it stands in the message */
    bool json;
    bool direct; /* offsets in it are offsets in the message */
};

/* transform.c: reads a piece whose index is built. */
enum wv_reason wv_read_piece(struct wv_worker *worker, const struct wv_piece *piece);

/* transform.c: makes the results of a piece that was read, or was not for the reason. */
void wv_finish_piece(struct wv_worker *worker, const struct wv_piece *piece, enum wv_reason reason);

/* transform.c: one result for what is no record at all. */
void wv_reject_piece(struct wv_worker *worker, const struct wv_piece *piece, enum wv_reason reason,
                     size_t at);

#endif
