/*
 * backlog.h — messages that could not be sent now, kept in the order in which they are to go.
 *
 * It is filled when a producer's queue is full or a delivery has failed. While it holds anything
 * its lane reads nothing, so it is bounded by what was already on its way.
 */
#ifndef WV_RUNTIME_BACKLOG_H
#define WV_RUNTIME_BACKLOG_H

#include "runtime/outlet.h"

enum wv_held_why {
    WV_HELD_WAITING = 0, /* nothing is wrong with it: there was no room, or others wait before it */
    WV_HELD_REFUSED,     /* the topic cannot be written: ask again later */
    WV_HELD_SIZE,        /* its batch was too large for the broker: send it alone */
    WV_HELD_STUB,        /* it was too large alone: a stub takes its place */
};

struct wv_held_chunk;

/* Room for messages that come and go together, as those of a transaction: malloc() of each is what
 * small records feel. One thread. A zeroed one is empty. */
struct wv_held_room {
    struct wv_held_chunk *chunk; /* where the next one goes */
};

struct wv_held {
    struct wv_held *next;
    struct wv_held_chunk *chunk; /* NULL: it has its memory for itself */
    struct wv_parcel parcel;     /* key and value are copies behind this struct */
    size_t bytes;                /* of them */
    enum wv_held_why why;
};

struct wv_backlog {
    struct wv_held *first;
    struct wv_held *last;
    size_t count;
    size_t bytes;
};

/* Copies key and value into the room (NULL: each for itself); takes the headers and the shipment.
 * NULL when memory is short: nothing is taken then. */
WV_MUST_USE struct wv_held *wv_held_new(struct wv_held_room *room, const struct wv_parcel *parcel,
                                        enum wv_held_why why);

/* What still is in it keeps its memory. */
void wv_held_room_close(struct wv_held_room *room);

/* Its place is by shipment->order. */
void wv_backlog_put(struct wv_backlog *backlog, struct wv_held *held);

/* Behind all others, whatever its order. */
void wv_backlog_append(struct wv_backlog *backlog, struct wv_held *held);

/* Both in one. False when memory is short: nothing is taken then. */
WV_MUST_USE bool wv_backlog_hold(struct wv_backlog *backlog, const struct wv_parcel *parcel,
                                 enum wv_held_why why);

/* Takes the first one out; the caller owns it. NULL: there is none. */
struct wv_held *wv_backlog_take(struct wv_backlog *backlog);

/* Gives back the copies, and the headers where they still are in the parcel; not the shipment. */
void wv_held_free(struct wv_held *held);

#endif
