/*
 * dispatch.c — takes the results of one message to their topics, and the message to its end.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/dispatch_parts.h"

#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    BLOCKED_LIMIT_MS = 300000, /* after that a supervisor shall see it: WV_EXIT_OUTPUT */
    COMPLAINT_MS = 10000,      /* between two log lines about the same thing */
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

/* Whether it is time for another line in the log. */
bool wv_dispatch_may_complain(const struct wv_dispatch *dispatch, uint64_t *last_ns)
{
    const uint64_t now = wv_dispatch_now_ns(dispatch);
    if (*last_ns != 0 && now - *last_ns < (uint64_t)COMPLAINT_MS * 1000000) {
        return false;
    }
    *last_ns = now;
    return true;
}

static void acknowledge(struct wv_dispatch *dispatch, struct wv_shipment *shipment)
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

static void hold(struct wv_dispatch *dispatch, const struct wv_parcel *parcel, enum wv_held_why why)
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
    if (wv_dispatch_may_complain(dispatch, &dispatch->told_blocked_ns)) {
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

/* Sends, or keeps for later: after this the parcel is no concern of the caller's. */
static void forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel)
{
    if (dispatch->exact != NULL) {
        wv_exact_forward(dispatch, parcel);
        return;
    }
    if (dispatch->backlog.count > 0 && !parcel->shipment->again) {
        hold(dispatch, parcel, WV_HELD_WAITING);
        return;
    }
    const rd_kafka_resp_err_t code = wv_outlet_send(dispatch->outlet, parcel);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        dispatch->again += parcel->shipment->again;
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        hold(dispatch, parcel, WV_HELD_WAITING);
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
    hold(dispatch, parcel, WV_HELD_REFUSED);
}

/* A rejected record's report. The ticket must still be open. */
static void report_reject(struct wv_dispatch *dispatch, const struct wv_shipment *about,
                          const struct wv_result *result)
{
    const struct wv_routes *routes = dispatch->setup.routes;
    const bool is_late = about->plan != NULL; /* it was sent, perhaps under an earlier plan */
    const struct wv_reject reject = {.plan =
                                         is_late ? wv_shipment_plan(about) : dispatch->setup.plan,
                                     .reason = result->reason,
                                     .at = result->at,
                                     .place = result->place,
                                     .topic = about->slot->topic,
                                     .partition = about->slot->partition,
                                     .offset = about->offset,
                                     .record = about->record,
                                     .input = about->slot->input,
                                     .output = result->output,
                                     .tenant = about->tenant};
    if (!routes->has_rejects) {
        dispatch->numbers.rejects_unsent++;
        if (wv_dispatch_may_complain(dispatch, &dispatch->told_reject_ns)) {
            wv_log(WV_LOG_WARN, "record_rejected",
                   WV_FIELDS(wv_log_word("reason", wv_reason_word(reject.reason)),
                             wv_log_word("topic", reject.topic),
                             wv_log_number("partition", reject.partition),
                             wv_log_number("offset", reject.offset),
                             wv_log_word("advice", "set rejects.topic to keep every report")));
        }
        return;
    }
    const struct wv_shipment shipment = {.slot = about->slot,
                                         .ticket = about->ticket,
                                         .tenant = about->tenant,
                                         .offset = about->offset,
                                         .record = about->record,
                                         .order = ++dispatch->order,
                                         .time_ms = -1,
                                         .destination = wv_routes_rejects(routes),
                                         .partition = RD_KAFKA_PARTITION_UA,
                                         .is_reject = true};
    struct wv_parcel parcel = {
        .shipment = wv_shipments_take(&dispatch->shipments, &shipment),
        .value = wv_reject_box_write(&dispatch->box, &reject, dispatch->setup.clock)};
    wv_tracker_expect(&about->slot->tracker, about->ticket);
    if (parcel.shipment == NULL) {
        wv_dispatch_out_of_memory(dispatch);
        return;
    }
    forward(dispatch, &parcel);
}

/* The topic does not take the record whole: its place is taken by a stub, and a reject says so. A
 * stub that is still too large is left out; its reject has been sent before. Takes the parcel. */
void wv_dispatch_replace(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                         rd_kafka_resp_err_t code)
{
    struct wv_shipment *shipment = parcel->shipment;
    if (shipment->is_reject) {
        struct wv_parcel rest = *parcel;
        rest.value = wv_reject_box_shorten(&dispatch->box, parcel->value);
        if (rest.value.len > 0) {
            shipment->alone = false;
            forward(dispatch, &rest);
            return;
        }
        wv_dispatch_block(dispatch, shipment, code); /* some hundred bytes: the topic is unusable */
        hold(dispatch, parcel, WV_HELD_REFUSED);
        return;
    }
    struct wv_parcel stub = {.shipment = shipment, .key = parcel->key};
    if (parcel->headers != NULL) {
        rd_kafka_headers_destroy(parcel->headers);
    }
    if (shipment->is_stub || !wv_shipment_is_wanted(shipment)) {
        acknowledge(dispatch, shipment);
        return;
    }
    const struct wv_result result = {.reason = WV_REASON_OUTPUT_TOO_LARGE,
                                     .output = shipment->destination};
    dispatch->numbers.too_large++;
    report_reject(dispatch, shipment, &result);

    struct wv_buf buf = wv_buf_of(dispatch->stub_bytes, sizeof dispatch->stub_bytes);
    wv_reject_stub(&buf, WV_REASON_OUTPUT_TOO_LARGE, shipment->time_ms);
    if (!wv_buf_take(&buf, &stub.value)) {
        acknowledge(dispatch, shipment);
        return;
    }
    shipment->is_stub = true;
    shipment->again = false;
    shipment->alone = false;
    forward(dispatch, &stub);
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
        hold(dispatch, &parcel, WV_HELD_SIZE);
        return;
    }
    if (trouble == WV_TROUBLE_TIME && shipment->time_ms >= 0) {
        shipment->time_ms = -1; /* the time of arrival, rather than never */
        hold(dispatch, &parcel, WV_HELD_WAITING);
        return;
    }
    if (trouble == WV_TROUBLE_FATAL) {
        wv_stop_ask(dispatch->setup.stop, WV_EXIT_KAFKA);
    }
    wv_dispatch_block(dispatch, shipment, message->err);
    hold(dispatch, &parcel, WV_HELD_REFUSED);
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
        acknowledge(dispatch, shipment);
        return;
    }
    if (!wv_shipment_is_wanted(shipment) || wv_client_trouble(message->err) == WV_TROUBLE_DROPPED) {
        wv_shipments_release(&dispatch->shipments, shipment);
        return;
    }
    wv_destination_error(&dispatch->destinations[shipment->destination],
                         rd_kafka_err2name(message->err));
    take_back(dispatch, message);
}

static void send_result(struct wv_dispatch *dispatch, const struct wv_consignment *consignment,
                        const struct wv_result *result)
{
    const struct wv_config *config = wv_plan_config(dispatch->setup.plan);
    struct wv_shipment about = {
        .slot = consignment->slot,
        .ticket = consignment->ticket,
        .tenant = result->tenant,
        .offset = consignment->offset,
        .record = result->record,
        .time_ms = result->time_ms,
        .destination = result->output,
        .partition =
            result->output == UINT32_MAX
                ? RD_KAFKA_PARTITION_UA
                : wv_parcel_partition(&dispatch->setup.routes->destinations[result->output],
                                      consignment->slot->partition),
        .is_stub = result->outcome == WV_STUB,
    };
    if (result->outcome == WV_REJECT || result->outcome == WV_STUB) {
        report_reject(dispatch, &about, result);
    }
    if (result->outcome != WV_PUBLISH && result->outcome != WV_STUB) {
        return;
    }
    about.order = ++dispatch->order;
    struct wv_parcel parcel = {.shipment = wv_shipments_take(&dispatch->shipments, &about),
                               .key = result->key,
                               .value = result->value};
    wv_tracker_expect(&consignment->slot->tracker, consignment->ticket);
    if (parcel.shipment == NULL || !wv_parcel_headers(config, result, &about, &parcel.headers)) {
        if (parcel.headers != NULL) {
            rd_kafka_headers_destroy(parcel.headers);
        }
        wv_dispatch_out_of_memory(dispatch);
        return;
    }
    forward(dispatch, &parcel);
}

/* Exactly once, the first thing that comes begins the time of a transaction. */
static void note_arrival(struct wv_dispatch *dispatch)
{
    if (dispatch->exact != NULL && dispatch->exact->messages++ == 0) {
        dispatch->exact->since_ns = wv_dispatch_now_ns(dispatch);
    }
}

void wv_dispatch_audit(struct wv_dispatch *dispatch, struct wv_slice key, struct wv_slice record)
{
    const struct wv_shipment about = {.order = ++dispatch->order,
                                      .time_ms = -1,
                                      .destination = wv_routes_audit(dispatch->setup.routes),
                                      .partition = RD_KAFKA_PARTITION_UA};
    note_arrival(dispatch);
    struct wv_parcel parcel = {
        .shipment = wv_shipments_take(&dispatch->shipments, &about), .key = key, .value = record};
    if (parcel.shipment == NULL) {
        wv_dispatch_out_of_memory(dispatch);
        return;
    }
    forward(dispatch, &parcel);
}

void wv_dispatch_message(struct wv_dispatch *dispatch, const struct wv_consignment *consignment)
{
    note_arrival(dispatch);
    wv_reject_box_open(&dispatch->box, consignment->record, &consignment->results,
                       consignment->slot->partition, consignment->offset);
    for (size_t i = 0; i < consignment->results.count; i++) {
        send_result(dispatch, consignment, &consignment->results.items[i]);
    }
    wv_reject_box_close(&dispatch->box);
    (void)wv_tracker_ack(&consignment->slot->tracker, consignment->ticket);
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
        if (!wv_shipment_is_wanted(shipment)) {
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
            forward(dispatch, &held->parcel);
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
        if (wv_shipment_is_wanted(held->parcel.shipment)) {
            wv_backlog_append(&dispatch->backlog, held);
        } else {
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
