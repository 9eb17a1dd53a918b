/*
 * dispatch_skip.c — what delivery.skip_published asks of the dispatch: not to send what is there,
 * and to remember where it stands.
 */
#include "runtime/dispatch_parts.h"

/* The records of one message look alike there, so only a message of one record can be told. */
bool wv_dispatch_is_published(const struct wv_consignment *consignment,
                              const struct wv_result *result)
{
    struct wv_published *published = consignment->slot->published;
    if (published == NULL || !wv_published_has(published, result->output, consignment->offset)) {
        return false;
    }
    for (size_t i = 0; i < consignment->results.count; i++) {
        if (consignment->results.items[i].record > 0) {
            return false;
        }
    }
    return true;
}

void wv_dispatch_note_published(const struct wv_shipment *shipment,
                                const rd_kafka_message_t *message)
{
    struct wv_published *published = shipment->slot == NULL ? NULL : shipment->slot->published;
    if (published != NULL && wv_tracker_knows(&shipment->slot->tracker, shipment->ticket) &&
        shipment->destination < published->count &&
        message->partition == shipment->slot->partition) {
        wv_published_acked(published, shipment->destination, message->offset);
    }
}
