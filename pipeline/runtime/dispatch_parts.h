/*
 * dispatch_parts.h — the inside of the dispatch, as its files share it: what is sent of a message
 * (dispatch_results.c), how it comes to the brokers at least once (dispatch.c), and what exactly
 * once does otherwise (dispatch_exact.c).
 */
#ifndef WV_RUNTIME_DISPATCH_PARTS_H
#define WV_RUNTIME_DISPATCH_PARTS_H

#include "base/log.h"
#include "runtime/committer.h"
#include "runtime/dispatch.h"
#include "runtime/parcel.h"
#include "runtime/reject_box.h"
#include "runtime/shipments.h"

enum { WV_DISPATCH_WINDOW_MAX = 4096 };

/* Where a lane's transaction stands. */
enum wv_exact_phase {
    WV_EXACT_CLAIMING = 0, /* the producer is being made the only one of its name */
    WV_EXACT_IDLE,
    WV_EXACT_OPEN,
    WV_EXACT_CLOSING,    /* nothing is added; delivery reports are missing */
    WV_EXACT_COMMITTING, /* the committer's */
    WV_EXACT_ABORTING,
    WV_EXACT_DEAD, /* the process ends */
};

struct wv_exact {
    enum wv_exact_phase phase;
    struct wv_committer *committer;
    struct wv_backlog sent;  /* of the open transaction, from first to last */
    size_t outstanding;      /* of them: without a delivery report */
    bool failed;             /* it must be aborted */
    bool attempted;          /* brokers were asked to commit it: perhaps they have */
    uint64_t claiming_ns;    /* since when the producer is being claimed; 0: it is */
    uint64_t since_ns;       /* of the first thing that is not committed; 0: none */
    size_t messages;         /* that came since then; and audit records */
    size_t closed_messages;  /* of the one that is being closed or committed */
    size_t bytes_max;        /* of what is sent in one, and of what may wait meanwhile */
    struct wv_offers offers; /* from its closing on */
    struct wv_log_pause pause;
    enum wv_exact_outcome outcome;
    struct wv_held_room room; /* for what is sent */
};

struct wv_dispatch {
    struct wv_dispatch_setup setup;
    struct wv_outlet *outlet;
    struct wv_exact *exact; /* NULL: at least once */
    struct wv_backlog backlog;
    struct wv_shipments shipments;
    uint64_t order;
    uint64_t voided; /* audit records up to this order count what is forgotten */
    size_t again;    /* messages from the backlog that are with the producers */
    size_t window;   /* how many of them may be: one while a topic cannot be written */
    uint64_t backoff_ms;
    uint64_t retry_at_ns;
    uint64_t blocked_since_ns; /* 0: every topic can be written */
    struct wv_log_pause blocked_pause;
    struct wv_log_pause reject_pause;
    struct wv_delivery_numbers numbers;
    struct wv_destination_numbers *destinations;
    struct wv_reject_box box;
    uint8_t stub_bytes[WV_REJECT_MAX];
};

static inline uint64_t wv_dispatch_now_ns(const struct wv_dispatch *dispatch)
{
    return wv_clock_now_ns(dispatch->setup.clock);
}

/* Whether the partition that it came from is still this lane's; of an audit record, whether it
 * counts anything that is. */
static inline bool wv_dispatch_wants(const struct wv_dispatch *dispatch,
                                     const struct wv_shipment *shipment)
{
    return shipment->slot == NULL ? shipment->order > dispatch->voided
                                  : wv_tracker_knows(&shipment->slot->tracker, shipment->ticket);
}

void wv_dispatch_out_of_memory(struct wv_dispatch *dispatch);

/* A topic cannot be written: one message at a time shall try, less and less often. */
void wv_dispatch_block(struct wv_dispatch *dispatch, const struct wv_shipment *shipment,
                       rd_kafka_resp_err_t code);
void wv_dispatch_unblock(struct wv_dispatch *dispatch);

/* Sends, or keeps for later: after this the parcel is no concern of the caller's. */
void wv_dispatch_forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel);

/* Keeps a copy for later. Takes the parcel. */
void wv_dispatch_hold(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                      enum wv_held_why why);

/* It has arrived, or nothing more is to be done with it. */
void wv_dispatch_acknowledge(struct wv_dispatch *dispatch, struct wv_shipment *shipment);

/* Puts a stub in its place, and reports a reject. Takes the parcel. */
void wv_dispatch_replace(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                         rd_kafka_resp_err_t code);

/* Forgets a message: its partition is not ours any more. */
void wv_dispatch_drop(struct wv_dispatch *dispatch, struct wv_held *held);

/* Whether the output has it from before a crash. */
WV_MUST_USE bool wv_dispatch_is_published(const struct wv_consignment *consignment,
                                          const struct wv_result *result);

/* It was acknowledged: where it stands. */
void wv_dispatch_note_published(const struct wv_shipment *shipment,
                                const rd_kafka_message_t *message);

/* The other half of what dispatch.c does, in transactions. */

WV_MUST_USE struct wv_exact *wv_exact_new(const struct wv_dispatch_setup *setup);

/* Ends the committer; what is sent is freed when no producer names it any more. */
void wv_exact_stop(struct wv_exact *exact);
void wv_exact_free(struct wv_exact *exact);

/* Sends, or keeps for later. Takes the parcel. */
void wv_exact_forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel);

/* The same with what comes from the backlog. */
void wv_exact_send(struct wv_dispatch *dispatch, struct wv_held *held);

void wv_exact_report(struct wv_dispatch *dispatch, const rd_kafka_message_t *message);

/* Does what the transaction waits for, as far as that is possible now. */
void wv_exact_serve(struct wv_dispatch *dispatch);

/* What was sent for partitions that are not ours any more must not be committed. */
void wv_exact_drop_stale(struct wv_dispatch *dispatch);

/* Of a message that is not wanted: where it is an audit record, its chain has to know. */
static inline void wv_exact_note_void(struct wv_dispatch *dispatch, const struct wv_held *held)
{
    if (held->parcel.shipment->slot == NULL) {
        dispatch->exact->outcome = WV_EXACT_FORGOTTEN;
    }
}

/* Whether messages may be sent now. */
static inline bool wv_exact_takes(const struct wv_exact *exact)
{
    return (exact->phase == WV_EXACT_IDLE || exact->phase == WV_EXACT_OPEN) && !exact->failed;
}

#endif
