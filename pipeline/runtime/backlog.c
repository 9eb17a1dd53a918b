/*
 * backlog.c — messages that could not be sent now, kept in the order in which they are to go.
 */
#include "runtime/backlog.h"

#include <stdlib.h>

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

struct wv_held *wv_held_new(const struct wv_parcel *parcel, enum wv_held_why why)
{
    const size_t size = parcel->key.len + parcel->value.len;
    struct wv_held *held = malloc(sizeof *held + size);
    if (held == NULL) {
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)(held + 1);
    *held = (struct wv_held){.parcel = *parcel, .bytes = sizeof *held + size, .why = why};
    held->parcel.key = copy(bytes, parcel->key);
    held->parcel.value = copy(bytes + parcel->key.len, parcel->value);
    return held;
}

bool wv_backlog_hold(struct wv_backlog *backlog, const struct wv_parcel *parcel,
                     enum wv_held_why why)
{
    struct wv_held *held = wv_held_new(parcel, why);
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
    free(held);
}
