/*
 * shipments.h — a lane's store of shipments, so that none is allocated per message.
 *
 * A shipment names words of the plan under which it was made. A plan that is no longer in use stays
 * until the last of its shipments is released.
 */
#ifndef WV_RUNTIME_SHIPMENTS_H
#define WV_RUNTIME_SHIPMENTS_H

#include "plan/plan.h"
#include "runtime/outlet.h"

struct wv_shipments {
    struct wv_shipment *first;
    struct wv_shipment_block *blocks;
    struct wv_shipment_plan *plans; /* the one in use, then older ones */
};

/* Shipments are made under this plan from now on; holds it. False when memory is short: nothing has
 * changed then. */
WV_MUST_USE bool wv_shipments_use(struct wv_shipments *shipments, struct wv_plan *plan);

/* The plan under which a shipment was made. */
const struct wv_plan *wv_shipment_plan(const struct wv_shipment *shipment);

/* A copy of `about`. NULL when memory is short. */
WV_MUST_USE struct wv_shipment *wv_shipments_take(struct wv_shipments *shipments,
                                                  const struct wv_shipment *about);
void wv_shipments_release(struct wv_shipments *shipments, struct wv_shipment *shipment);

/* Frees all, also those that have not been released. */
void wv_shipments_free(struct wv_shipments *shipments);

#endif
