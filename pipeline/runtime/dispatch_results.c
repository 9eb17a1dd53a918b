/*
 * dispatch_results.c — what is sent of one message: records, stubs, and reports of rejects.
 */
#include "base/log.h"
#include "runtime/dispatch_parts.h"

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
        if (wv_log_is_due(&dispatch->reject_pause, dispatch->setup.clock)) {
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
    wv_dispatch_forward(dispatch, &parcel);
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
            wv_dispatch_forward(dispatch, &rest);
            return;
        }
        wv_dispatch_block(dispatch, shipment, code); /* some hundred bytes: the topic is unusable */
        wv_dispatch_hold(dispatch, parcel, WV_HELD_REFUSED);
        return;
    }
    struct wv_parcel stub = {.shipment = shipment, .key = parcel->key};
    if (parcel->headers != NULL) {
        rd_kafka_headers_destroy(parcel->headers);
    }
    if (shipment->is_stub || !wv_dispatch_wants(dispatch, shipment)) {
        wv_dispatch_acknowledge(dispatch, shipment);
        return;
    }
    const struct wv_result result = {.reason = WV_REASON_OUTPUT_TOO_LARGE,
                                     .output = shipment->destination};
    dispatch->numbers.too_large++;
    report_reject(dispatch, shipment, &result);

    struct wv_buf buf = wv_buf_of(dispatch->stub_bytes, sizeof dispatch->stub_bytes);
    wv_reject_stub(&buf, WV_REASON_OUTPUT_TOO_LARGE, shipment->time_ms);
    if (!wv_buf_take(&buf, &stub.value)) {
        wv_dispatch_acknowledge(dispatch, shipment);
        return;
    }
    shipment->is_stub = true;
    shipment->again = false;
    shipment->alone = false;
    wv_dispatch_forward(dispatch, &stub);
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
    if (wv_dispatch_is_published(consignment, result)) {
        dispatch->numbers.skipped++;
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
    wv_dispatch_forward(dispatch, &parcel);
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
    wv_dispatch_forward(dispatch, &parcel);
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
