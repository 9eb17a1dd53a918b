/*
 * dispatch.c — takes the results of one message to their topics, and the message to its end.
 */
#include "runtime/dispatch.h"

#include "base/log.h"
#include "runtime/client.h"
#include "runtime/parcel.h"
#include "runtime/rejects.h"
#include "runtime/shipments.h"

#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    BLOCKED_LIMIT_MS = 300000, /* after that a supervisor shall see it: WV_EXIT_OUTPUT */
    WINDOW_MAX = 4096,
    COMPLAINT_MS = 10000, /* between two log lines about the same thing */
    ALONE_MS = 50,
};

struct wv_dispatch {
    struct wv_dispatch_setup setup;
    struct wv_outlet *outlet;
    struct wv_backlog backlog;
    struct wv_shipments shipments;
    uint64_t order;
    size_t again;  /* messages from the backlog that are with the producers */
    size_t window; /* how many of them may be: one while a topic cannot be written */
    uint64_t backoff_ms;
    uint64_t retry_at_ns;
    uint64_t blocked_since_ns; /* 0: every topic can be written */
    uint64_t told_blocked_ns;  /* when the log last spoke of it */
    uint64_t told_reject_ns;
    struct wv_delivery_numbers numbers;
    struct wv_destination_numbers *destinations;
    uint8_t reject_bytes[WV_REJECT_MAX];
};

static void on_report(void *context, const rd_kafka_message_t *message);

struct wv_dispatch *wv_dispatch_new(const struct wv_dispatch_setup *setup)
{
    struct wv_dispatch *dispatch = calloc(1, sizeof *dispatch);
    if (dispatch == NULL) {
        return NULL;
    }
    dispatch->setup = *setup;
    dispatch->window = WINDOW_MAX;
    dispatch->destinations =
        calloc(setup->routes->destination_count + 1, sizeof *dispatch->destinations);
    const struct wv_outlet_setup outlet = {.routes = setup->routes,
                                           .producers = setup->producers,
                                           .stop = setup->stop,
                                           .reported = on_report,
                                           .context = dispatch};
    const bool ready = dispatch->destinations != NULL && wv_dispatch_use(dispatch, setup->plan);
    dispatch->outlet = ready ? wv_outlet_new(&outlet) : NULL;
    if (dispatch->outlet == NULL) {
        wv_dispatch_free(dispatch);
        return NULL;
    }
    return dispatch;
}

bool wv_dispatch_use(struct wv_dispatch *dispatch, struct wv_plan *plan)
{
    if (!wv_shipments_use(&dispatch->shipments, plan)) {
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
    wv_outlet_free(dispatch->outlet);
    for (struct wv_held *held = wv_backlog_take(&dispatch->backlog); held != NULL;
         held = wv_backlog_take(&dispatch->backlog)) {
        wv_held_free(held);
    }
    wv_shipments_free(&dispatch->shipments);
    free(dispatch->destinations);
    free(dispatch);
}

static uint64_t now_ns(const struct wv_dispatch *dispatch)
{
    return wv_clock_now_ns(dispatch->setup.clock);
}

/* Whether it is time for another line in the log. */
static bool may_complain(const struct wv_dispatch *dispatch, uint64_t *last_ns)
{
    const uint64_t now = now_ns(dispatch);
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
static void out_of_memory(struct wv_dispatch *dispatch)
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
    out_of_memory(dispatch);
    if (parcel->headers != NULL) {
        rd_kafka_headers_destroy(parcel->headers);
    }
    wv_shipments_release(&dispatch->shipments, parcel->shipment);
}

/* A topic cannot be written: one message at a time shall try, less and less often. */
static void block(struct wv_dispatch *dispatch, const struct wv_shipment *shipment,
                  rd_kafka_resp_err_t code)
{
    const struct wv_destination *destination =
        &dispatch->setup.routes->destinations[shipment->destination];
    const uint64_t now = now_ns(dispatch);
    dispatch->window = 1;
    if (dispatch->blocked_since_ns == 0) {
        dispatch->blocked_since_ns = now;
        dispatch->backoff_ms = BACKOFF_FIRST_MS;
    } else if (shipment->again && dispatch->backoff_ms < BACKOFF_LAST_MS) {
        dispatch->backoff_ms *= 2;
    }
    dispatch->retry_at_ns = now + dispatch->backoff_ms * 1000000;
    if (may_complain(dispatch, &dispatch->told_blocked_ns)) {
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

static void unblock(struct wv_dispatch *dispatch)
{
    if (dispatch->window < WINDOW_MAX) {
        dispatch->window *= 2;
    }
    if (dispatch->blocked_since_ns != 0) {
        dispatch->blocked_since_ns = 0;
        wv_log(WV_LOG_INFO, "output_unblocked",
               WV_FIELDS(wv_log_number("waiting", (int64_t)dispatch->backlog.count)));
    }
}

static void replace_too_large(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                              rd_kafka_resp_err_t code);

/* Sends, or keeps for later: after this the parcel is no concern of the caller's. */
static void forward(struct wv_dispatch *dispatch, struct wv_parcel *parcel)
{
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
        replace_too_large(dispatch, parcel, code);
        return;
    }
    if (trouble == WV_TROUBLE_FATAL) {
        wv_stop_ask(dispatch->setup.stop, WV_EXIT_KAFKA);
    }
    block(dispatch, parcel->shipment, code);
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
        if (may_complain(dispatch, &dispatch->told_reject_ns)) {
            wv_log(WV_LOG_WARN, "record_rejected",
                   WV_FIELDS(wv_log_word("reason", wv_reason_word(reject.reason)),
                             wv_log_word("topic", reject.topic),
                             wv_log_number("partition", reject.partition),
                             wv_log_number("offset", reject.offset),
                             wv_log_word("advice", "set rejects.topic to keep every report")));
        }
        return;
    }
    struct wv_buf buf = wv_buf_of(dispatch->reject_bytes, sizeof dispatch->reject_bytes);
    wv_reject_write(&buf, &reject);
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
    struct wv_parcel parcel = {.shipment = wv_shipments_take(&dispatch->shipments, &shipment)};
    wv_tracker_expect(&about->slot->tracker, about->ticket);
    if (parcel.shipment == NULL || !wv_buf_take(&buf, &parcel.value)) {
        out_of_memory(dispatch);
        return;
    }
    forward(dispatch, &parcel);
}

/* The topic does not take the record whole: its place is taken by a stub, and a reject says so. A
 * stub that is still too large is left out; its reject has been sent before. Takes the parcel. */
static void replace_too_large(struct wv_dispatch *dispatch, const struct wv_parcel *parcel,
                              rd_kafka_resp_err_t code)
{
    struct wv_shipment *shipment = parcel->shipment;
    if (shipment->is_reject) { /* some hundred bytes: the topic is unusable */
        block(dispatch, shipment, code);
        hold(dispatch, parcel, WV_HELD_REFUSED);
        return;
    }
    struct wv_parcel stub = {.shipment = shipment, .key = parcel->key};
    if (parcel->headers != NULL) {
        rd_kafka_headers_destroy(parcel->headers);
    }
    if (shipment->is_stub || !wv_tracker_knows(&shipment->slot->tracker, shipment->ticket)) {
        acknowledge(dispatch, shipment);
        return;
    }
    const struct wv_result result = {.reason = WV_REASON_OUTPUT_TOO_LARGE,
                                     .output = shipment->destination};
    dispatch->numbers.too_large++;
    report_reject(dispatch, shipment, &result);

    struct wv_buf buf = wv_buf_of(dispatch->reject_bytes, sizeof dispatch->reject_bytes);
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
        replace_too_large(dispatch, &parcel, message->err);
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
    block(dispatch, shipment, message->err);
    hold(dispatch, &parcel, WV_HELD_REFUSED);
}

static void on_report(void *context, const rd_kafka_message_t *message)
{
    struct wv_dispatch *dispatch = context;
    struct wv_shipment *shipment = message->_private;
    dispatch->again -= shipment->again;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct wv_destination_numbers *numbers = &dispatch->destinations[shipment->destination];
        numbers->delivered++;
        numbers->stubs += shipment->is_stub;
        if (shipment->again) {
            unblock(dispatch);
        }
        acknowledge(dispatch, shipment);
        return;
    }
    if (!wv_tracker_knows(&shipment->slot->tracker, shipment->ticket) ||
        wv_client_trouble(message->err) == WV_TROUBLE_DROPPED) {
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
        out_of_memory(dispatch);
        return;
    }
    forward(dispatch, &parcel);
}

void wv_dispatch_message(struct wv_dispatch *dispatch, const struct wv_consignment *consignment)
{
    for (size_t i = 0; i < consignment->results.count; i++) {
        send_result(dispatch, consignment, &consignment->results.items[i]);
    }
    (void)wv_tracker_ack(&consignment->slot->tracker, consignment->ticket);
}

/* Whether the first of the backlog may go now. */
static bool may_go(const struct wv_dispatch *dispatch, const struct wv_held *held)
{
    if (held->why == WV_HELD_SIZE) {
        return wv_outlet_queued(dispatch->outlet) == 0;
    }
    if (dispatch->blocked_since_ns != 0 && now_ns(dispatch) < dispatch->retry_at_ns) {
        return false;
    }
    return dispatch->again < dispatch->window;
}

static void drop_held(struct wv_dispatch *dispatch, struct wv_held *held)
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
        if (!wv_tracker_knows(&shipment->slot->tracker, shipment->ticket)) {
            drop_held(dispatch, held);
            continue;
        }
        const size_t before = dispatch->again;
        const bool alone = held->why == WV_HELD_SIZE;
        shipment->again = true;
        shipment->alone = alone;
        forward(dispatch, &held->parcel);
        held->parcel.headers = NULL; /* taken, or held with the copy */
        wv_held_free(held);
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
    send_again(dispatch);
}

void wv_dispatch_hurry(struct wv_dispatch *dispatch, int wait_ms)
{
    wv_outlet_flush(dispatch->outlet, wait_ms);
    send_again(dispatch);
}

bool wv_dispatch_is_full(const struct wv_dispatch *dispatch)
{
    return dispatch->backlog.count > 0;
}

size_t wv_dispatch_queued(const struct wv_dispatch *dispatch)
{
    return wv_outlet_queued(dispatch->outlet);
}

void wv_dispatch_drop_stale(struct wv_dispatch *dispatch)
{
    struct wv_backlog kept = {0};
    for (struct wv_held *held = wv_backlog_take(&dispatch->backlog); held != NULL;
         held = wv_backlog_take(&dispatch->backlog)) {
        const struct wv_shipment *shipment = held->parcel.shipment;
        if (!wv_tracker_knows(&shipment->slot->tracker, shipment->ticket)) {
            drop_held(dispatch, held);
        } else if (kept.last == NULL) {
            kept = (struct wv_backlog){held, held, 1};
        } else {
            kept.last->next = held;
            kept.last = held;
            kept.count++;
        }
    }
    dispatch->backlog = kept;
    if (kept.count == 0) {
        dispatch->blocked_since_ns = 0;
    }
}

const struct wv_delivery_numbers *wv_dispatch_numbers(struct wv_dispatch *dispatch)
{
    dispatch->numbers.held = dispatch->backlog.count;
    dispatch->numbers.blocked_ns =
        dispatch->blocked_since_ns == 0 ? 0 : now_ns(dispatch) - dispatch->blocked_since_ns;
    return &dispatch->numbers;
}

const struct wv_destination_numbers *wv_dispatch_destinations(const struct wv_dispatch *dispatch)
{
    return dispatch->destinations;
}
