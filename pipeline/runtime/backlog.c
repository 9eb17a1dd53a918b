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

/* What failed first comes back first, so the place is nearly always at one of the two ends. */
static void insert(struct wv_backlog *backlog, struct wv_held *held)
{
    const uint64_t order = held->parcel.shipment->order;
    backlog->count++;
    if (backlog->last != NULL && backlog->last->parcel.shipment->order < order) {
        backlog->last->next = held;
        backlog->last = held;
        return;
    }
    struct wv_held **at = &backlog->first;
    while (*at != NULL && (*at)->parcel.shipment->order < order) {
        at = &(*at)->next;
    }
    held->next = *at;
    *at = held;
    if (held->next == NULL) {
        backlog->last = held;
    }
}

bool wv_backlog_hold(struct wv_backlog *backlog, const struct wv_parcel *parcel,
                     enum wv_held_why why)
{
    struct wv_held *held = malloc(sizeof *held + parcel->key.len + parcel->value.len);
    if (held == NULL) {
        return false;
    }
    uint8_t *bytes = (uint8_t *)(held + 1);
    *held = (struct wv_held){.parcel = *parcel, .why = why};
    held->parcel.key = copy(bytes, parcel->key);
    held->parcel.value = copy(bytes + parcel->key.len, parcel->value);
    insert(backlog, held);
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
