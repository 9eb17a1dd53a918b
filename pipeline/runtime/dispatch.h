/*
 * dispatch.h — takes the results of one message to their topics, and the message to its end.
 *
 * Promise. A message is done when every one of its outputs has been acknowledged, and whatever goes
 *          wrong on the way is sent again until it is. An output that is too large for its topic is
 *          replaced by a stub and reported as a reject; nothing else is ever given up.
 * Threads. Belongs to one lane, like its producers.
 */
#ifndef WV_RUNTIME_DISPATCH_H
#define WV_RUNTIME_DISPATCH_H

#include "engine/transform.h"
#include "runtime/backlog.h"
#include "runtime/committer.h"
#include "runtime/numbers.h"

struct wv_dispatch_setup {
    struct wv_plan *plan; /* that it begins with */
    const struct wv_routes *routes;
    struct wv_stop *stop;
    const struct wv_clock *clock;
    size_t producers;             /* of the whole process */
    const char *transactional_id; /* exactly once; else NULL */
};

struct wv_dispatch;

/* NULL, logged, when a producer cannot be made. */
WV_MUST_USE struct wv_dispatch *wv_dispatch_new(const struct wv_dispatch_setup *setup);
void wv_dispatch_free(struct wv_dispatch *dispatch);

/* Sends by this plan from now on, and holds it while anything names it. False when memory is short:
 * nothing has changed then. */
WV_MUST_USE bool wv_dispatch_use(struct wv_dispatch *dispatch, struct wv_plan *plan);

/* A message with its ticket, and what the engine made of it. */
struct wv_consignment {
    struct wv_slot *slot;
    struct wv_ticket ticket;
    int64_t offset;
    const struct wv_record *record; /* as it came, for as long as the call lasts; NULL: not given */
    struct wv_results results;
};

/* Sends everything and gives back the reader's hold on the ticket. Never blocks. */
void wv_dispatch_message(struct wv_dispatch *dispatch, const struct wv_consignment *consignment);

/* Serves acknowledgements, waiting at most wait_ms for one, and sends again what has failed. */
void wv_dispatch_serve(struct wv_dispatch *dispatch, int wait_ms);

/* The same without letting anything linger: to be done soon. */
void wv_dispatch_hurry(struct wv_dispatch *dispatch, int wait_ms);

/* Whether something waits to be sent: the lane must not read. */
bool wv_dispatch_is_full(const struct wv_dispatch *dispatch);

/* How many messages are with the producers. */
size_t wv_dispatch_queued(const struct wv_dispatch *dispatch);

/* Forgets what waits for partitions that this lane has no more. */
void wv_dispatch_drop_stale(struct wv_dispatch *dispatch);

const struct wv_delivery_numbers *wv_dispatch_numbers(struct wv_dispatch *dispatch);

/* As the routes have them. */
const struct wv_destination_numbers *wv_dispatch_destinations(const struct wv_dispatch *dispatch);

/* What follows is for exactly once only. */

/* What became of the last transaction. */
enum wv_exact_outcome {
    WV_EXACT_NOTHING = 0, /* nothing since it was asked for */
    WV_EXACT_COMMITTED,
    WV_EXACT_FORGOTTEN, /* audit records that were void have never been written */
};

/* Whether the transaction is to be closed: by its time, its records or its bytes; with hurry, as
 * soon as it can be. False while it cannot. */
WV_MUST_USE bool wv_dispatch_is_due(const struct wv_dispatch *dispatch, bool hurry);

/* Commits everything up to now together with the offers, which it takes. Only when it is due. */
void wv_dispatch_close(struct wv_dispatch *dispatch, struct wv_offers offers);

/* Sends an audit record in the transaction, so that it counts just what is committed with it.
 * Copies both. */
void wv_dispatch_audit(struct wv_dispatch *dispatch, struct wv_slice key, struct wv_slice record);

/* Nothing is left of what was counted up to now and is not committed: it is somebody else's. Audit
 * records about it, if their transaction does not succeed all the same, are never written. To be
 * followed by wv_dispatch_drop_stale(). */
void wv_dispatch_void_audit(struct wv_dispatch *dispatch);

/* Each outcome is told once. */
enum wv_exact_outcome wv_dispatch_outcome(struct wv_dispatch *dispatch);

/* Whether nothing can be committed any more; the process ends. False at least once. */
bool wv_dispatch_is_dead(const struct wv_dispatch *dispatch);

#endif
