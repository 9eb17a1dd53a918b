/*
 * dispatch.c — sends what is to be sent, and again what came back, until a broker has it.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/dispatch_parts.h"

#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    BLOCKED_LIMIT_MS = 300000, /* after that a supervisor shall see it: WV_EXIT_OUTPUT */
    ALONE_MS = 50,
};

static void on_report(void *context, const rd_kafka_message_t *message);

struct wv_dispatch *wv_dispatch_new(const struct wv_dispatch_setup *setup)
{
    struct wv_dispatch *dispatch = calloc(1, sizeof *dispatch);
    if (dispatch == NULL) {
        return NULL;
    }
    dispatch->setup = *setup;
    dispatch->window = WV_DISPATCH_WINDOW_MAX;
    dispatch->destinations =
        calloc(setup->routes->destination_count + 1, sizeof *dispatch->destinations);
    const struct wv_outlet_setup outlet = {.routes = setup->routes,
                                           .producers = setup->producers,
                                           .stop = setup->stop,
                                           .transactional_id = setup->transactional_id,
                                           .reported = on_report,
                                           .context = dispatch};
    const bool is_exact = setup->transactional_id != NULL;
    dispatch->exact = is_exact ? wv_exact_new(setup) : NULL;
    const bool ready = dispatch->destinations != NULL && is_exact == (dispatch->exact != NULL) &&
                       wv_dispatch_use(dispatch, setup->plan);
    dispatch->outlet = ready ? wv_outlet_new(&outlet) : NULL;
    if (dispatch->outlet == NULL) {
        wv_dispatch_free(dispatch);
        return NULL;
    }
    return dispatch;
}

bool wv_dispatch_use(struct wv_dispatch *dispatch, struct wv_plan *plan)
{
    if (!wv_reject_box_use(&dispatch->box, plan) || !wv_shipments_use(&dispatch->shipments, plan)) {
        return false;
    }
    dispatch->setup.plan = plan;
    return true;
}

void wv_dispatch_free(struct wv_dispatch *dispatch)
{
    if (dispatch == NULL) {
        return;
    }
    wv_exact_stop(dispatch->exact);
    wv_outlet_free(dispatch->outlet);
    wv_exact_free(dispatch->exact);
    for (struct wv_held *held = wv_backlog_take(&dispatch->backlog); held != NULL;
         held = wv_backlog_take(&dispatch->backlog)) {
        wv_held_free(held);
    }
    wv_shipments_free(&dispatch->shipments);
    wv_reject_box_fini(&dispatch->box);
    free(dispatch->destinations);
    free(dispatch);
}

void wv_dispatch_acknowledge(struct wv_dispatch *dispatch, struct wv_shipment *shipment)
{
    (void)wv_tracker_ack(&shipment->slot->tracker, shipment->ticket);
    wv_shipments_release(&dispatch->shipments, shipment);
}

/* Without memory for one message there is none for the next either. Nothing is lost: the message is
 * never done, so its offset is not committed. */
void wv_dispatch_out_of_memory(struct wv_dispatch *dispatch)
{
    wv_log(WV_LOG_ERROR, "out_of_memory",
           WV_FIELDS(wv_log_word("advice", "lower limits.memory_mib or give the process more")));
    wv_stop_ask(dispatch->setup.stop, WV_EXIT_INTERNAL);
}

void wv_dispatch_hold(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                      enum wv_held_why why)
{
    if (wv_backlog_hold(&dispatch->backlog, parcel, why)) {
        return;
    }
    wv_dispatch_out_of_memory(dispatch);
    if (parcel->headers != NULL) {
        rd_kafka_headers_destroy(parcel->headers);
    }
    wv_shipments_release(&dispatch->shipments, parcel->shipment);
}

/* A topic cannot be written: one message at a time shall try, less and less often. */
void wv_dispatch_block(struct wv_dispatch *dispatch, const struct wv_shipment *shipment,
                       rd_kafka_resp_err_t code)
{
    const struct wv_destination *destination =
        &dispatch->setup.routes->destinations[shipment->destination];
    const uint64_t now = wv_dispatch_now_ns(dispatch);
    dispatch->window = 1;
    if (dispatch->blocked_since_ns == 0) {
        dispatch->blocked_since_ns = now;
        dispatch->backoff_ms = BACKOFF_FIRST_MS;
    } else if (shipment->again && dispatch->backoff_ms < BACKOFF_LAST_MS) {
        dispatch->backoff_ms *= 2;
    }
    dispatch->retry_at_ns = now + dispatch->backoff_ms * 1000000;
    if (wv_log_is_due(&dispatch->blocked_pause, dispatch->setup.clock)) {
        wv_log(WV_LOG_ERROR, "output_blocked",
               WV_FIELDS(wv_log_word("output", destination->name),
                         wv_log_word("topic", destination->topic),
                         wv_log_word("at", destination->pointer),
                         wv_log_word("what", rd_kafka_err2str(code)),
                         wv_log_word("advice", wv_client_advice(code)),
                         wv_log_word("effect", "nothing is lost; reading waits until it works")));
    }
    if (now - dispatch->blocked_since_ns > (uint64_t)BLOCKED_LIMIT_MS * 1000000) {
        wv_stop_ask(dispatch->setup.stop, WV_EXIT_OUTPUT);
    }
}

void wv_dispatch_unblock(struct wv_dispatch *dispatch)
{
    if (dispatch->window < WV_DISPATCH_WINDOW_MAX) {
        dispatch->window *= 2;
    }
    if (dispatch->blocked_since_ns != 0) {
        dispatch->blocked_since_ns = 0;
        wv_log(WV_LOG_INFO, "output_unblocked",
               WV_FIELDS(wv_log_number("waiting", (int64_t)dispatch->backlog.count)));
    }
}

void wv_dispatch_forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel)
{
    if (dispatch->exact != NULL) {
        wv_exact_forward(dispatch, parcel);
        return;
    }
    if (dispatch->backlog.count > 0 && !parcel->shipment->again) {
        wv_dispatch_hold(dispatch, parcel, WV_HELD_WAITING);
        return;
    }
    const rd_kafka_resp_err_t code = wv_outlet_send(dispatch->outlet, parcel);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        dispatch->again += parcel->shipment->again;
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        wv_dispatch_hold(dispatch, parcel, WV_HELD_WAITING);
        return;
    }
    wv_destination_error(&dispatch->destinations[parcel->shipment->destination],
                         rd_kafka_err2name(code));
    const enum wv_trouble trouble = wv_client_trouble(code);
    if (trouble == WV_TROUBLE_SIZE) {
        wv_dispatch_replace(dispatch, parcel, code);
        return;
    }
    if (trouble == WV_TROUBLE_FATAL) {
        wv_stop_ask(dispatch->setup.stop, WV_EXIT_KAFKA);
    }
    wv_dispatch_block(dispatch, parcel->shipment, code);
    wv_dispatch_hold(dispatch, parcel, WV_HELD_REFUSED);
}

/* A message that came back. librdkafka owns its bytes until the report returns. */
static void take_back(struct wv_dispatch *dispatch, const rd_kafka_message_t *message)
{
    struct wv_shipment *shipment = message->_private;
    struct wv_parcel parcel = {
        .shipment = shipment,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
    };
    /* Detaching changes the message, which is const only in name. */
    union {
        const rd_kafka_message_t *from;
        rd_kafka_message_t *to;
    } same = {.from = message};
    (void)rd_kafka_message_detach_headers(same.to, &parcel.headers);

    const enum wv_trouble trouble = wv_client_trouble(message->err);
    if (trouble == WV_TROUBLE_SIZE && shipment->alone) {
        wv_dispatch_replace(dispatch, &parcel, message->err);
        return;
    }
    if (trouble == WV_TROUBLE_SIZE) {
        wv_dispatch_hold(dispatch, &parcel, WV_HELD_SIZE);
        return;
    }
    if (trouble == WV_TROUBLE_TIME && shipment->time_ms >= 0) {
        shipment->time_ms = -1; /* the time of arrival, rather than never */
        wv_dispatch_hold(dispatch, &parcel, WV_HELD_WAITING);
        return;
    }
    if (trouble == WV_TROUBLE_FATAL) {
        wv_stop_ask(dispatch->setup.stop, WV_EXIT_KAFKA);
    }
    wv_dispatch_block(dispatch, shipment, message->err);
    wv_dispatch_hold(dispatch, &parcel, WV_HELD_REFUSED);
}

static void on_report(void *context, const rd_kafka_message_t *message)
{
    struct wv_dispatch *dispatch = context;
    struct wv_shipment *shipment = message->_private;
    if (dispatch->exact != NULL) {
        wv_exact_report(dispatch, message);
        return;
    }
    dispatch->again -= shipment->again;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct wv_destination_numbers *numbers = &dispatch->destinations[shipment->destination];
        numbers->delivered++;
        numbers->stubs += shipment->is_stub;
        if (shipment->again) {
            wv_dispatch_unblock(dispatch);
        }
        wv_dispatch_note_published(shipment, message);
        wv_dispatch_acknowledge(dispatch, shipment);
        return;
    }
    if (!wv_dispatch_wants(dispatch, shipment) ||
        wv_client_trouble(message->err) == WV_TROUBLE_DROPPED) {
        wv_shipments_release(&dispatch->shipments, shipment);
        return;
    }
    wv_destination_error(&dispatch->destinations[shipment->destination],
                         rd_kafka_err2name(message->err));
    take_back(dispatch, message);
}

/* Whether the first of the backlog may go now. */
static bool may_go(const struct wv_dispatch *dispatch, const struct wv_held *held)
{
    if (dispatch->exact != NULL && !wv_exact_takes(dispatch->exact)) {
        return false;
    }
    if (held->why == WV_HELD_SIZE) {
        return wv_outlet_queued(dispatch->outlet) == 0;
    }
    if (dispatch->blocked_since_ns != 0 && wv_dispatch_now_ns(dispatch) < dispatch->retry_at_ns) {
        return false;
    }
    if (dispatch->exact != NULL && dispatch->window == WV_DISPATCH_WINDOW_MAX) {
        return true; /* nothing is wrong: it waited for the transaction before */
    }
    return dispatch->again < dispatch->window;
}

void wv_dispatch_drop(struct wv_dispatch *dispatch, struct wv_held *held)
{
    wv_shipments_release(&dispatch->shipments, held->parcel.shipment);
    wv_held_free(held);
}

/* Sends from the backlog until something says to wait. A message that cannot go now comes back to
 * the front, since its order is the lowest. */
static void send_again(struct wv_dispatch *dispatch)
{
    while (dispatch->backlog.first != NULL && may_go(dispatch, dispatch->backlog.first)) {
        struct wv_held *held = wv_backlog_take(&dispatch->backlog);
        struct wv_shipment *shipment = held->parcel.shipment;
        if (!wv_dispatch_wants(dispatch, shipment)) {
            wv_dispatch_drop(dispatch, held);
            continue;
        }
        const size_t before = dispatch->again;
        const bool alone = held->why == WV_HELD_SIZE;
        shipment->again = true;
        shipment->alone = alone;
        if (dispatch->exact != NULL) {
            wv_exact_send(dispatch, held);
        } else {
            wv_dispatch_forward(dispatch, &held->parcel);
            held->parcel.headers = NULL; /* taken, or held with the copy */
            wv_held_free(held);
        }
        if (alone) {
            wv_outlet_flush(dispatch->outlet, ALONE_MS);
        }
        if (dispatch->again == before && !alone) {
            return;
        }
    }
}

void wv_dispatch_serve(struct wv_dispatch *dispatch, int wait_ms)
{
    wv_outlet_poll(dispatch->outlet, wait_ms);
    if (dispatch->exact != NULL) {
        wv_exact_serve(dispatch);
    }
    send_again(dispatch);
}

void wv_dispatch_hurry(struct wv_dispatch *dispatch, int wait_ms)
{
    wv_outlet_flush(dispatch->outlet, wait_ms);
    if (dispatch->exact != NULL) {
        wv_exact_serve(dispatch);
    }
    send_again(dispatch);
}

bool wv_dispatch_is_full(const struct wv_dispatch *dispatch)
{
    if (dispatch->exact != NULL && !wv_exact_takes(dispatch->exact)) {
        return dispatch->backlog.bytes >= dispatch->exact->bytes_max;
    }
    return dispatch->backlog.count > 0;
}

size_t wv_dispatch_queued(const struct wv_dispatch *dispatch)
{
    return wv_outlet_queued(dispatch->outlet);
}

void wv_dispatch_drop_stale(struct wv_dispatch *dispatch)
{
    struct wv_backlog all = dispatch->backlog;
    dispatch->backlog = (struct wv_backlog){0};
    for (struct wv_held *held = wv_backlog_take(&all); held != NULL; held = wv_backlog_take(&all)) {
        if (wv_dispatch_wants(dispatch, held->parcel.shipment)) {
            wv_backlog_append(&dispatch->backlog, held);
        } else {
            wv_exact_note_void(dispatch, held);
            wv_dispatch_drop(dispatch, held);
        }
    }
    if (dispatch->exact != NULL) {
        wv_exact_drop_stale(dispatch);
    }
    if (dispatch->backlog.count == 0) {
        dispatch->blocked_since_ns = 0;
    }
}

const struct wv_delivery_numbers *wv_dispatch_numbers(struct wv_dispatch *dispatch)
{
    memcpy(dispatch->numbers.boxes, dispatch->box.counts, sizeof dispatch->box.counts);
    dispatch->numbers.held = dispatch->backlog.count;
    uint64_t since_ns = dispatch->blocked_since_ns;
    if (since_ns == 0 && dispatch->exact != NULL) {
        since_ns = dispatch->exact->claiming_ns;
    }
    dispatch->numbers.blocked_ns = since_ns == 0 ? 0 : wv_dispatch_now_ns(dispatch) - since_ns;
    return &dispatch->numbers;
}

const struct wv_destination_numbers *wv_dispatch_destinations(const struct wv_dispatch *dispatch)
{
    return dispatch->destinations;
}
