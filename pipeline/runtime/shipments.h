/*
 * shipments.h — a lane's store of shipments, so that none is allocated per message.
 */
#ifndef WV_RUNTIME_SHIPMENTS_H
#define WV_RUNTIME_SHIPMENTS_H

#include "runtime/outlet.h"

struct wv_shipments {
    struct wv_shipment *first;
    struct wv_shipment_block *blocks;
};

/* NULL when memory is short. */
WV_MUST_USE struct wv_shipment *wv_shipments_take(struct wv_shipments *shipments);
void wv_shipments_release(struct wv_shipments *shipments, struct wv_shipment *shipment);

/* Frees all, also those that have not been released. */
void wv_shipments_free(struct wv_shipments *shipments);

#endif
