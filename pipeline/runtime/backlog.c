/*
 * backlog.c — messages that could not be sent now, kept in the order in which they are to go.
 */
#include "runtime/backlog.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 128 << 10, CHUNK_SHARE = 8 }; /* what is more than a share of it is alone */

struct wv_held_chunk {
    size_t used;
    size_t live; /* messages that are in it */
    bool open;   /* there may come more */
    alignas(max_align_t) uint8_t bytes[CHUNK_BYTES];
};

void wv_held_room_close(struct wv_held_room *room)
{
    struct wv_held_chunk *chunk = room->chunk;
    room->chunk = NULL;
    if (chunk != NULL) {
        chunk->open = false;
        if (chunk->live == 0) {
            free(chunk);
        }
    }
}

/* NULL: no memory. */
static struct wv_held *take_room(struct wv_held_room *room, size_t size)
{
    const size_t step = alignof(max_align_t);
    const size_t whole = (size + step - 1) / step * step;
    if (room->chunk == NULL || whole > CHUNK_BYTES - room->chunk->used) {
        wv_held_room_close(room);
        room->chunk = malloc(sizeof *room->chunk);
        if (room->chunk == NULL) {
            return NULL;
        }
        room->chunk->used = 0;
        room->chunk->live = 0;
        room->chunk->open = true;
    }
    void *held = room->chunk->bytes + room->chunk->used;
    room->chunk->used += whole;
    room->chunk->live++;
    return held;
}

static void leave_room(struct wv_held_chunk *chunk)
{
    chunk->live--;
    if (chunk->live == 0 && chunk->open) {
        chunk->used = 0;
    } else if (chunk->live == 0) {
        free(chunk);
    }
}

static struct wv_slice copy(uint8_t *to, struct wv_slice from)
{
    if (from.ptr == NULL) {
        return from;
    }
    memcpy(to, from.ptr, from.len);
    return (struct wv_slice){to, from.len};
}

void wv_backlog_append(struct wv_backlog *backlog, struct wv_held *held)
{
    held->next = NULL;
    if (backlog->last == NULL) {
        backlog->first = held;
    } else {
        backlog->last->next = held;
    }
    backlog->last = held;
    backlog->count++;
    backlog->bytes += held->bytes;
}

/* What failed first comes back first, so the place is nearly always at one of the two ends. */
void wv_backlog_put(struct wv_backlog *backlog, struct wv_held *held)
{
    const uint64_t order = held->parcel.shipment->order;
    if (backlog->last == NULL || backlog->last->parcel.shipment->order < order) {
        wv_backlog_append(backlog, held);
        return;
    }
    struct wv_held **at = &backlog->first;
    while ((*at)->parcel.shipment->order < order) {
        at = &(*at)->next;
    }
    held->next = *at;
    *at = held;
    backlog->count++;
    backlog->bytes += held->bytes;
}

struct wv_held *wv_held_new(struct wv_held_room *room, const struct wv_parcel *parcel,
                            enum wv_held_why why)
{
    const size_t size = parcel->key.len + parcel->value.len;
    const bool shares = room != NULL && size <= CHUNK_BYTES / CHUNK_SHARE;
    struct wv_held *held =
        shares ? take_room(room, sizeof *held + size) : malloc(sizeof *held + size);
    if (held == NULL) {
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)(held + 1);
    *held = (struct wv_held){.chunk = shares ? room->chunk : NULL,
                             .parcel = *parcel,
                             .bytes = sizeof *held + size,
                             .why = why};
    held->parcel.key = copy(bytes, parcel->key);
    held->parcel.value = copy(bytes + parcel->key.len, parcel->value);
    return held;
}

bool wv_backlog_hold(struct wv_backlog *backlog, const struct wv_parcel *parcel,
                     enum wv_held_why why)
{
    struct wv_held *held = wv_held_new(NULL, parcel, why);
    if (held == NULL) {
        return false;
    }
    wv_backlog_put(backlog, held);
    return true;
}

struct wv_held *wv_backlog_take(struct wv_backlog *backlog)
{
    struct wv_held *held = backlog->first;
    if (held != NULL) {
        backlog->first = held->next;
        if (backlog->first == NULL) {
            backlog->last = NULL;
        }
        backlog->count--;
        backlog->bytes -= held->bytes;
        held->next = NULL;
    }
    return held;
}

void wv_held_free(struct wv_held *held)
{
    if (held != NULL && held->parcel.headers != NULL) {
        rd_kafka_headers_destroy(held->parcel.headers);
    }
    if (held != NULL && held->chunk != NULL) {
        leave_room(held->chunk);
    } else {
        free(held);
    }
}
