/*
 * shipments.c — a lane's store of shipments, so that none is allocated per message.
 */
#include "runtime/shipments.h"

#include <stdlib.h>

enum { SHIPMENTS_A_BLOCK = 512 };

struct wv_shipment_block {
    struct wv_shipment_block *next;
    struct wv_shipment shipments[SHIPMENTS_A_BLOCK];
};

struct wv_shipment_plan {
    struct wv_shipment_plan *next; /* older */
    struct wv_plan *plan;
    size_t shipments; /* that are not released */
};

static void forget(struct wv_shipment_plan *use)
{
    wv_plan_free(use->plan);
    free(use);
}

/* Older plans that nothing names any more. */
static void forget_unused(struct wv_shipments *shipments)
{
    struct wv_shipment_plan **link = &shipments->plans->next;
    while (*link != NULL) {
        struct wv_shipment_plan *use = *link;
        if (use->shipments > 0) {
            link = &use->next;
        } else {
            *link = use->next;
            forget(use);
        }
    }
}

bool wv_shipments_use(struct wv_shipments *shipments, struct wv_plan *plan)
{
    struct wv_shipment_plan *use = malloc(sizeof *use);
    if (use == NULL) {
        return false;
    }
    *use = (struct wv_shipment_plan){.next = shipments->plans, .plan = wv_plan_hold(plan)};
    shipments->plans = use;
    forget_unused(shipments);
    return true;
}

const struct wv_plan *wv_shipment_plan(const struct wv_shipment *shipment)
{
    return shipment->plan->plan;
}

static void put_back(struct wv_shipments *shipments, struct wv_shipment *shipment)
{
    shipment->next = shipments->first;
    shipments->first = shipment;
}

static bool add_block(struct wv_shipments *shipments)
{
    struct wv_shipment_block *block = malloc(sizeof *block);
    if (block == NULL) {
        return false;
    }
    block->next = shipments->blocks;
    shipments->blocks = block;
    for (size_t i = 0; i < SHIPMENTS_A_BLOCK; i++) {
        put_back(shipments, &block->shipments[i]);
    }
    return true;
}

struct wv_shipment *wv_shipments_take(struct wv_shipments *shipments,
                                      const struct wv_shipment *about)
{
    if (shipments->first == NULL && !add_block(shipments)) {
        return NULL;
    }
    struct wv_shipment *shipment = shipments->first;
    shipments->first = shipment->next;
    *shipment = *about;
    shipment->plan = shipments->plans;
    shipment->plan->shipments++;
    if (shipments->plans->next != NULL) {
        forget_unused(shipments);
    }
    return shipment;
}

void wv_shipments_release(struct wv_shipments *shipments, struct wv_shipment *shipment)
{
    shipment->plan->shipments--;
    put_back(shipments, shipment);
}

void wv_shipments_free(struct wv_shipments *shipments)
{
    while (shipments->blocks != NULL) {
        struct wv_shipment_block *next = shipments->blocks->next;
        free(shipments->blocks);
        shipments->blocks = next;
    }
    while (shipments->plans != NULL) {
        struct wv_shipment_plan *next = shipments->plans->next;
        forget(shipments->plans);
        shipments->plans = next;
    }
    shipments->first = NULL;
}
