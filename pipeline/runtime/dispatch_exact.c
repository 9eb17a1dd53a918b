/*
 * dispatch_exact.c — what exactly once does otherwise: a lane's messages, reports and offsets go in
 * transactions.
 *
 * Everything that was sent stays in memory until its transaction is committed: one that is aborted
 * is repeated from there, whatever was the reason, and readers of committed records see nothing of
 * it. While one is being committed, what comes for the next waits in the backlog.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/dispatch_parts.h"

#include <stdlib.h>

enum { STEP_MS = 20, CLAIM_MS = 10000 };

struct wv_exact *wv_exact_new(const struct wv_dispatch_setup *setup)
{
    struct wv_exact *exact = calloc(1, sizeof *exact);
    if (exact == NULL) {
        return NULL;
    }
    const struct wv_config *config = setup->routes->config;
    const uint64_t share = wv_client_send_kib(config, setup->producers) * 1024 / 2;
    const uint64_t wanted = (uint64_t)config->delivery.commit_kib * 1024;
    exact->bytes_max = (size_t)(wanted < share ? wanted : share);
    exact->claiming_ns = wv_clock_now_ns(setup->clock);
    exact->committer = wv_committer_start();
    if (exact->committer == NULL) {
        free(exact);
        return NULL;
    }
    return exact;
}

void wv_exact_stop(struct wv_exact *exact)
{
    if (exact != NULL) {
        wv_committer_stop(exact->committer);
        exact->committer = NULL;
    }
}

void wv_exact_free(struct wv_exact *exact)
{
    if (exact == NULL) {
        return;
    }
    for (struct wv_held *held = wv_backlog_take(&exact->sent); held != NULL;
         held = wv_backlog_take(&exact->sent)) {
        wv_held_free(held);
    }
    wv_held_room_close(&exact->room);
    wv_offers_free(&exact->offers);
    free(exact);
}

/* The first message opens the transaction. */
static bool open_transaction(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    if (exact->phase == WV_EXACT_IDLE && wv_outlet_begin(dispatch->outlet) == WV_STEP_DONE) {
        exact->phase = WV_EXACT_OPEN;
        exact->attempted = false;
    }
    return exact->phase == WV_EXACT_OPEN;
}

static void put_back(struct wv_dispatch *dispatch, struct wv_held *held, enum wv_held_why why)
{
    held->why = why;
    wv_backlog_put(&dispatch->backlog, held);
}

/* The parcel's headers go with it. */
static void replace(struct wv_dispatch *dispatch, struct wv_held *held)
{
    held->parcel.shipment->held = NULL;
    wv_dispatch_replace(dispatch, &held->parcel, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    held->parcel.headers = NULL;
    wv_held_free(held);
}

/* librdkafka has not taken it. */
static void refuse(struct wv_dispatch *dispatch, struct wv_held *held, rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        put_back(dispatch, held, WV_HELD_WAITING);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__STATE) { /* the transaction has failed meanwhile */
        dispatch->exact->failed = true;
        put_back(dispatch, held, WV_HELD_WAITING);
        return;
    }
    struct wv_shipment *shipment = held->parcel.shipment;
    wv_destination_error(&dispatch->destinations[shipment->destination], rd_kafka_err2name(code));
    const enum wv_trouble trouble = wv_client_trouble(code);
    if (trouble == WV_TROUBLE_SIZE) {
        replace(dispatch, held);
        return;
    }
    if (trouble != WV_TROUBLE_FATAL) { /* of that wv_outlet_fatal() tells */
        wv_dispatch_block(dispatch, shipment, code);
    }
    put_back(dispatch, held, WV_HELD_REFUSED);
}

void wv_exact_send(struct wv_dispatch *dispatch, struct wv_held *held)
{
    struct wv_exact *exact = dispatch->exact;
    if (held->why == WV_HELD_STUB) {
        replace(dispatch, held);
        return;
    }
    if (!open_transaction(dispatch)) {
        put_back(dispatch, held, held->why);
        return;
    }
    struct wv_parcel parcel = held->parcel;
    if (parcel.headers != NULL) { /* the producer takes its own */
        parcel.headers = rd_kafka_headers_copy(parcel.headers);
    }
    parcel.shipment->held = held;
    const rd_kafka_resp_err_t code = wv_outlet_send(dispatch->outlet, &parcel);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        held->why = WV_HELD_WAITING;
        wv_backlog_append(&exact->sent, held);
        exact->outstanding++;
        dispatch->again += parcel.shipment->again;
        return;
    }
    if (parcel.headers != NULL) {
        rd_kafka_headers_destroy(parcel.headers);
    }
    refuse(dispatch, held, code);
}

void wv_exact_forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel)
{
    struct wv_held *held = wv_held_new(&dispatch->exact->room, parcel, WV_HELD_WAITING);
    if (held == NULL) {
        wv_dispatch_out_of_memory(dispatch);
        if (parcel->headers != NULL) {
            rd_kafka_headers_destroy(parcel->headers);
        }
        wv_shipments_release(&dispatch->shipments, parcel->shipment);
        return;
    }
    if (dispatch->backlog.count > 0 || !wv_exact_takes(dispatch->exact)) {
        wv_backlog_put(&dispatch->backlog, held);
    } else {
        wv_exact_send(dispatch, held);
    }
}

/* A message that no broker took: what is to be done with it when it is repeated. */
static void note_failure(struct wv_dispatch *dispatch, struct wv_shipment *shipment,
                         rd_kafka_resp_err_t code)
{
    const enum wv_trouble trouble = wv_client_trouble(code);
    if (trouble == WV_TROUBLE_DROPPED) {
        return;
    }
    wv_destination_error(&dispatch->destinations[shipment->destination], rd_kafka_err2name(code));
    if (trouble == WV_TROUBLE_SIZE) {
        shipment->held->why = shipment->alone ? WV_HELD_STUB : WV_HELD_SIZE;
    } else if (trouble == WV_TROUBLE_TIME && shipment->time_ms >= 0) {
        shipment->time_ms = -1; /* the time of arrival, rather than never */
    } else {
        shipment->held->why = WV_HELD_REFUSED;
        wv_dispatch_block(dispatch, shipment, code);
    }
}

void wv_exact_report(struct wv_dispatch *dispatch, const rd_kafka_message_t *message)
{
    struct wv_shipment *shipment = message->_private;
    struct wv_exact *exact = dispatch->exact;
    exact->outstanding--;
    dispatch->again -= shipment->again;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        exact->failed = true;
        note_failure(dispatch, shipment, message->err);
    } else if (shipment->again) {
        wv_dispatch_unblock(dispatch);
    }
}

static void die(struct wv_dispatch *dispatch, rd_kafka_resp_err_t code)
{
    wv_log(WV_LOG_ERROR, "transaction_failed",
           WV_FIELDS(wv_log_word("id", dispatch->setup.transactional_id),
                     wv_log_word("what", rd_kafka_err2str(code)),
                     wv_log_word("advice", wv_client_advice(code))));
    wv_stop_ask(dispatch->setup.stop, WV_EXIT_KAFKA);
    dispatch->exact->phase = WV_EXACT_DEAD;
}

/* A new producer ends whatever the one before has left open, and keeps its late requests out
 * (librdkafka #5423, KAFKA-17754). */
static void renew(struct wv_dispatch *dispatch, const char *why)
{
    dispatch->numbers.renewed++;
    wv_log(WV_LOG_INFO, "producer_renewed",
           WV_FIELDS(wv_log_word("id", dispatch->setup.transactional_id), wv_log_word("why", why)));
    dispatch->exact->phase = WV_EXACT_CLAIMING;
    dispatch->exact->claiming_ns = wv_dispatch_now_ns(dispatch);
    if (!wv_outlet_renew(dispatch->outlet)) {
        die(dispatch, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE);
    }
}

/* The transaction is committed: its messages are done. */
static void settle(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    for (struct wv_held *held = wv_backlog_take(&exact->sent); held != NULL;
         held = wv_backlog_take(&exact->sent)) {
        struct wv_shipment *shipment = held->parcel.shipment;
        struct wv_destination_numbers *numbers = &dispatch->destinations[shipment->destination];
        numbers->delivered++;
        numbers->stubs += shipment->is_stub;
        if (shipment->slot != NULL) {
            (void)wv_tracker_ack(&shipment->slot->tracker, shipment->ticket);
        }
        wv_dispatch_drop(dispatch, held);
    }
    dispatch->numbers.committed++;
    exact->outcome = WV_EXACT_COMMITTED;
    exact->attempted = false;
    exact->closed_messages = 0;
    exact->phase = WV_EXACT_IDLE;
    if (!wv_outlet_is_suspect(dispatch->outlet)) {
        return;
    }
    renew(dispatch, "a request was lost under way");
}

/* Moves what is still wanted behind what is there. */
static void move_wanted(struct wv_dispatch *dispatch, struct wv_backlog *from)
{
    for (struct wv_held *held = wv_backlog_take(from); held != NULL; held = wv_backlog_take(from)) {
        if (wv_dispatch_wants(dispatch, held->parcel.shipment)) {
            wv_backlog_append(&dispatch->backlog, held);
        } else {
            wv_exact_note_void(dispatch, held);
            wv_dispatch_drop(dispatch, held);
        }
    }
}

/* The transaction is aborted: all of it comes again, but for what is somebody else's by now. */
static void repeat(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    struct wv_backlog waiting = dispatch->backlog;
    dispatch->backlog = (struct wv_backlog){0};
    move_wanted(dispatch, &exact->sent);
    move_wanted(dispatch, &waiting);
    dispatch->numbers.aborted++;
    dispatch->again = 0;
    exact->outstanding = 0;
    exact->messages += exact->closed_messages;
    exact->closed_messages = 0;
    exact->since_ns = wv_dispatch_now_ns(dispatch); /* it is not closed again at once */
    exact->failed = false;
    exact->attempted = false;
    exact->phase = WV_EXACT_IDLE;
}

static void start_abort(struct wv_dispatch *dispatch, rd_kafka_resp_err_t code)
{
    struct wv_exact *exact = dispatch->exact;
    exact->phase = WV_EXACT_ABORTING;
    wv_offers_free(&exact->offers);
    if (wv_log_is_due(&exact->pause, dispatch->setup.clock)) {
        wv_log(WV_LOG_WARN, "transaction_aborted",
               WV_FIELDS(wv_log_word("id", dispatch->setup.transactional_id),
                         wv_log_word("what", code == RD_KAFKA_RESP_ERR_NO_ERROR
                                                 ? "a message was not taken, or its partition is "
                                                   "somebody else's now"
                                                 : rd_kafka_err2str(code)),
                         wv_log_word("effect", "it is repeated from memory")));
    }
}

/* Another process with the same name. */
static bool is_fenced(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* The producer is of no use any more. Where the transaction cannot have been committed, another one
 * repeats it; else only a start anew, from the offsets that the brokers have, tells. */
static void on_fatal(struct wv_dispatch *dispatch, rd_kafka_resp_err_t code)
{
    struct wv_exact *exact = dispatch->exact;
    if (atomic_load(&dispatch->setup.stop->again)) { /* it was refused, and has said so */
        exact->phase = WV_EXACT_DEAD;
        return;
    }
    if (is_fenced(code) || exact->attempted || exact->phase == WV_EXACT_CLAIMING) {
        die(dispatch, code);
        return;
    }
    wv_offers_free(&exact->offers);
    renew(dispatch, rd_kafka_err2str(code));
    if (exact->phase == WV_EXACT_CLAIMING) {
        repeat(dispatch);
        exact->phase = WV_EXACT_CLAIMING;
    }
}

static void look_at_commit(struct wv_dispatch *dispatch)
{
    struct wv_commit_trouble trouble = {.code = RD_KAFKA_RESP_ERR_NO_ERROR};
    const enum wv_committed what = wv_committer_look(dispatch->exact->committer, &trouble);
    dispatch->exact->attempted = trouble.attempted;
    if (what == WV_COMMIT_DONE) {
        settle(dispatch);
    } else if (what == WV_COMMIT_ABORT) {
        start_abort(dispatch, trouble.code);
    } else if (what == WV_COMMIT_FATAL) {
        on_fatal(dispatch, trouble.code);
    }
}

static void take_step(struct wv_dispatch *dispatch, enum wv_outlet_step step)
{
    struct wv_exact *exact = dispatch->exact;
    if (step == WV_STEP_DONE && exact->phase == WV_EXACT_ABORTING) {
        repeat(dispatch);
    } else if (step == WV_STEP_DONE) {
        exact->phase = WV_EXACT_IDLE;
        exact->claiming_ns = 0;
    }
}

/* As long as nothing can be written: the process is not ready, and says why. */
static void complain_of_claim(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    const uint64_t waited =
        exact->claiming_ns == 0 ? 0 : wv_dispatch_now_ns(dispatch) - exact->claiming_ns;
    if (waited > (uint64_t)CLAIM_MS * 1000000 &&
        wv_log_is_due(&exact->pause, dispatch->setup.clock)) {
        wv_log(WV_LOG_WARN, "producer_not_claimed",
               WV_FIELDS(wv_log_word("id", dispatch->setup.transactional_id),
                         wv_log_number("seconds", (int64_t)(waited / 1000000000)),
                         wv_log_word("advice", "check that the brokers are up, and the topic "
                                               "__transaction_state has its replicas"),
                         wv_log_word("effect", "nothing is lost; reading waits until it works")));
    }
}

/* While the committer is at work, it is told first. */
static void look_for_trouble(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    const rd_kafka_resp_err_t fatal = wv_outlet_fatal(dispatch->outlet);
    if (exact->phase == WV_EXACT_COMMITTING || exact->phase == WV_EXACT_DEAD) {
        return;
    }
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_fatal(dispatch, fatal);
    } else if (exact->failed &&
               (exact->phase == WV_EXACT_OPEN || exact->phase == WV_EXACT_CLOSING)) {
        start_abort(dispatch, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
}

void wv_exact_serve(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    look_for_trouble(dispatch);
    switch (exact->phase) {
    case WV_EXACT_CLAIMING:
        take_step(dispatch, wv_outlet_claim(dispatch->outlet, STEP_MS));
        complain_of_claim(dispatch);
        break;
    case WV_EXACT_CLOSING:
        if (exact->outstanding == 0) {
            wv_committer_begin(exact->committer, wv_outlet_producer(dispatch->outlet),
                               exact->offers);
            exact->offers = (struct wv_offers){0};
            exact->phase = WV_EXACT_COMMITTING;
        }
        break;
    case WV_EXACT_COMMITTING:
        look_at_commit(dispatch);
        break;
    case WV_EXACT_ABORTING:
        take_step(dispatch, wv_outlet_abort(dispatch->outlet, STEP_MS));
        break;
    case WV_EXACT_IDLE:
    case WV_EXACT_OPEN:
    case WV_EXACT_DEAD:
    default:
        break;
    }
}

void wv_exact_drop_stale(struct wv_dispatch *dispatch)
{
    struct wv_exact *exact = dispatch->exact;
    if (exact->phase != WV_EXACT_OPEN && exact->phase != WV_EXACT_CLOSING) {
        return; /* offsets that are on their way name the generation: brokers refuse an old one */
    }
    for (const struct wv_held *held = exact->sent.first; held != NULL; held = held->next) {
        exact->failed = exact->failed || !wv_dispatch_wants(dispatch, held->parcel.shipment);
    }
}

bool wv_dispatch_is_due(const struct wv_dispatch *dispatch, bool hurry)
{
    const struct wv_exact *exact = dispatch->exact;
    if (exact->messages == 0 || dispatch->backlog.count > 0 || !wv_exact_takes(exact)) {
        return false;
    }
    const struct wv_delivery *delivery = &dispatch->setup.routes->config->delivery;
    return hurry || exact->messages >= delivery->commit_records ||
           exact->sent.bytes >= exact->bytes_max ||
           wv_dispatch_now_ns(dispatch) - exact->since_ns >=
               (uint64_t)delivery->commit_ms * 1000000;
}

void wv_dispatch_close(struct wv_dispatch *dispatch, struct wv_offers offers)
{
    struct wv_exact *exact = dispatch->exact;
    wv_ensure(wv_exact_takes(exact) && dispatch->backlog.count == 0);
    const bool empty = offers.count == 0 && exact->phase == WV_EXACT_IDLE;
    if (empty || !open_transaction(dispatch)) { /* what could not be opened stays due */
        exact->messages = empty ? 0 : exact->messages;
        wv_offers_free(&offers);
        return;
    }
    exact->phase = WV_EXACT_CLOSING;
    exact->offers = offers;
    exact->closed_messages = exact->messages;
    exact->messages = 0;
}

void wv_dispatch_void_audit(struct wv_dispatch *dispatch)
{
    dispatch->voided = dispatch->order;
}

enum wv_exact_outcome wv_dispatch_outcome(struct wv_dispatch *dispatch)
{
    const enum wv_exact_outcome outcome = dispatch->exact->outcome;
    dispatch->exact->outcome = WV_EXACT_NOTHING;
    return outcome;
}

bool wv_dispatch_is_dead(const struct wv_dispatch *dispatch)
{
    return dispatch->exact != NULL && dispatch->exact->phase == WV_EXACT_DEAD;
}
