/*
 * outlet.h — the producers of one lane.
 *
 * Sending never blocks: a full queue is an answer, and the caller stops reading until there is
 * room. Delivery reports come back inside wv_outlet_poll() and wv_outlet_flush(), on the lane's
 * thread.
 */
#ifndef WV_RUNTIME_OUTLET_H
#define WV_RUNTIME_OUTLET_H

#include "runtime/routes.h"
#include "runtime/slot.h"
#include "runtime/stop.h"

#include <librdkafka/rdkafka.h>

/* What an acknowledgement finds its way back with. */
struct wv_shipment {
    struct wv_shipment *next; /* in the list of free ones */
    struct wv_slot *slot;     /* NULL: of no message; an audit record */
    struct wv_held *held;     /* its copy, which lives as long as its transaction; NULL: none */
    struct wv_ticket ticket;
    struct wv_shipment_plan *plan; /* under which it was made; set by the store */
    struct wv_slice tenant;        /* a word of that plan */
    int64_t offset;                /* of the input's message */
    uint64_t order;                /* in which shipments were first sent */
    int64_t time_ms;               /* -1: none */
    uint32_t record;               /* within the input's message */
    uint32_t destination;
    int32_t partition; /* RD_KAFKA_PARTITION_UA: by the key */
    bool is_reject;
    bool is_stub;
    bool again; /* sent anew after a failure */
    bool alone; /* sent in a batch of its own: what fails now fails for its own size */
};

struct wv_parcel {
    struct wv_shipment *shipment;
    struct wv_slice key; /* ptr NULL: none */
    struct wv_slice value;
    rd_kafka_headers_t *headers; /* NULL: none; taken when the send succeeds */
};

struct wv_outlet_setup {
    const struct wv_routes *routes;
    size_t producers; /* of the whole process: they share the memory */
    struct wv_stop *stop;
    const char *transactional_id; /* exactly once, with one producer only; else NULL */
    /* message has the shipment as its private pointer, and tells how the delivery went. */
    void (*reported)(void *context, const rd_kafka_message_t *message);
    void *context;
};

struct wv_outlet;

/* NULL, logged, when a client cannot be made. */
WV_MUST_USE struct wv_outlet *wv_outlet_new(const struct wv_outlet_setup *setup);

/* Throws away what has not been acknowledged; the reports of that come before it returns. */
void wv_outlet_free(struct wv_outlet *outlet);

/* Key and value are copied; in a transaction only the key, and the value must stay where it is. */
WV_MUST_USE rd_kafka_resp_err_t wv_outlet_send(struct wv_outlet *outlet,
                                               const struct wv_parcel *parcel);

/* Serves reports, waiting at most wait_ms for one. */
void wv_outlet_poll(struct wv_outlet *outlet, int wait_ms);

/* Sends what lingers, and serves reports for at most wait_ms. */
void wv_outlet_flush(struct wv_outlet *outlet, int wait_ms);

/* How many messages and reports have not been served yet. */
size_t wv_outlet_queued(const struct wv_outlet *outlet);

/* What follows is for an outlet with a transactional id. */

/* How a step that may take several calls went. */
enum wv_outlet_step {
    WV_STEP_DONE = 0,
    WV_STEP_AGAIN, /* it goes on in the background: call again */
    WV_STEP_FATAL, /* the producer is of no use any more */
};

/* Makes the producer the only one of its name: ends what one before it has left open, and locks it
 * out. */
WV_MUST_USE enum wv_outlet_step wv_outlet_claim(struct wv_outlet *outlet, int wait_ms);

WV_MUST_USE enum wv_outlet_step wv_outlet_begin(struct wv_outlet *outlet);

/* Throws away what has not been sent; the reports of all come before it is done. */
WV_MUST_USE enum wv_outlet_step wv_outlet_abort(struct wv_outlet *outlet, int wait_ms);

/* Why the producer is of no use any more; RD_KAFKA_RESP_ERR_NO_ERROR: it is. */
rd_kafka_resp_err_t wv_outlet_fatal(const struct wv_outlet *outlet);

/* The producer, for whoever ends its transaction. */
rd_kafka_t *wv_outlet_producer(const struct wv_outlet *outlet);

/* Whether a request was lost under way since the producer was made. It may still arrive, and end a
 * later transaction (KIP-890, which librdkafka does not speak): after this one it must be renewed.
 */
bool wv_outlet_is_suspect(const struct wv_outlet *outlet);

/* A new producer of the same name, to be claimed. False, logged, when there can be none: the outlet
 * is of no use any more. */
WV_MUST_USE bool wv_outlet_renew(struct wv_outlet *outlet);

#endif
