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

struct wv_shipment *wv_shipments_take(struct wv_shipments *shipments)
{
    if (shipments->first == NULL) {
        struct wv_shipment_block *block = malloc(sizeof *block);
        if (block == NULL) {
            return NULL;
        }
        block->next = shipments->blocks;
        shipments->blocks = block;
        for (size_t i = 0; i < SHIPMENTS_A_BLOCK; i++) {
            wv_shipments_release(shipments, &block->shipments[i]);
        }
    }
    struct wv_shipment *shipment = shipments->first;
    shipments->first = shipment->next;
    return shipment;
}

void wv_shipments_release(struct wv_shipments *shipments, struct wv_shipment *shipment)
{
    shipment->next = shipments->first;
    shipments->first = shipment;
}

void wv_shipments_free(struct wv_shipments *shipments)
{
    while (shipments->blocks != NULL) {
        struct wv_shipment_block *next = shipments->blocks->next;
        free(shipments->blocks);
        shipments->blocks = next;
    }
    shipments->first = NULL;
}
