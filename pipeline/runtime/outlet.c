/*
 * outlet.c — the producers of one lane.
 */
#include "runtime/outlet.h"

#include "base/log.h"
#include "runtime/client.h"

#include <stdlib.h>

struct wv_outlet {
    struct wv_outlet_setup setup;
    rd_kafka_t **producers;    /* by channel */
    rd_kafka_topic_t **topics; /* by destination */
    _Atomic bool suspect;
    _Atomic int fatal; /* rd_kafka_resp_err_t */
};

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    const struct wv_outlet *outlet = opaque;
    outlet->setup.reported(outlet->setup.context, message);
}

/* A user who may write no topic at all gets no producer id, and librdkafka takes that for the
 * producer's end. It is a permission like others: it can be granted while we wait. */
static void on_refused(const struct wv_outlet *outlet, const rd_kafka_t *producer,
                       rd_kafka_resp_err_t code)
{
    const struct wv_routes *routes = outlet->setup.routes;
    for (size_t i = 0; i < routes->destination_count; i++) {
        const struct wv_destination *destination = &routes->destinations[i];
        if (outlet->producers[destination->channel] == producer) {
            wv_log(WV_LOG_ERROR, "output_blocked",
                   WV_FIELDS(wv_log_word("output", destination->name),
                             wv_log_word("topic", destination->topic),
                             wv_log_word("at", destination->pointer),
                             wv_log_word("what", rd_kafka_err2str(code)),
                             wv_log_word("advice", wv_client_advice(code))));
        }
    }
    atomic_store(&outlet->setup.stop->again, true);
}

/* Where a connection could not be made, nothing was under way on it. librdkafka has one code for
 * both. */
static bool lost_a_request(int code, const char *text)
{
    return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
           (code == RD_KAFKA_RESP_ERR__TRANSPORT && strstr(text, "Connect to") == NULL);
}

static void on_error(rd_kafka_t *producer, int code, const char *text, void *opaque)
{
    struct wv_outlet *outlet = opaque;
    if (code != RD_KAFKA_RESP_ERR__FATAL) {
        if (lost_a_request(code, text)) {
            atomic_store(&outlet->suspect, true);
        }
        wv_log(WV_LOG_WARN, "producer_error",
               WV_FIELDS(wv_log_word("client", rd_kafka_name(producer)), wv_log_word("what", text),
                         wv_log_word("advice", wv_client_advice((rd_kafka_resp_err_t)code))));
        return;
    }
    char why[512] = "";
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer, why, sizeof why);
    if (fatal == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
        fatal == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
        on_refused(outlet, producer, fatal);
        return;
    }
    if (outlet->setup.transactional_id != NULL) { /* the lane decides what follows from it */
        atomic_store(&outlet->fatal, (int)fatal);
        return;
    }
    wv_log(WV_LOG_ERROR, "producer_fatal",
           WV_FIELDS(wv_log_word("client", rd_kafka_name(producer)), wv_log_word("what", why),
                     wv_log_word("advice", wv_client_advice(fatal))));
    wv_stop_ask(outlet->setup.stop, WV_EXIT_KAFKA);
}

static bool make_producer(struct wv_outlet *outlet, size_t channel)
{
    const struct wv_client_plan plan = {.role = WV_ROLE_PRODUCER,
                                        .settings =
                                            &outlet->setup.routes->channels[channel].settings,
                                        .config = outlet->setup.routes->config,
                                        .sharers = outlet->setup.producers,
                                        .transactional_id = outlet->setup.transactional_id};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, outlet);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_error_cb(conf, on_error);
    outlet->producers[channel] = wv_client_new(WV_ROLE_PRODUCER, conf);
    return outlet->producers[channel] != NULL;
}

/* A topic that is first named by a message is looked up up to a second late (librdkafka #5032). */
static bool make_topic(struct wv_outlet *outlet, size_t index)
{
    const struct wv_destination *destination = &outlet->setup.routes->destinations[index];
    outlet->topics[index] =
        rd_kafka_topic_new(outlet->producers[destination->channel], destination->topic, NULL);
    if (outlet->topics[index] == NULL) {
        wv_log(WV_LOG_ERROR, "topic_refused",
               WV_FIELDS(wv_log_word("at", destination->pointer),
                         wv_log_word("what", rd_kafka_err2str(rd_kafka_last_error()))));
    }
    return outlet->topics[index] != NULL;
}

static void close_producer(rd_kafka_t *producer)
{
    enum { LAST_REPORTS_MS = 1000 };
    (void)rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(producer, LAST_REPORTS_MS);
    rd_kafka_destroy(producer);
}

static void close_all(struct wv_outlet *outlet)
{
    for (size_t i = 0; outlet->topics != NULL && i < outlet->setup.routes->destination_count; i++) {
        if (outlet->topics[i] != NULL) {
            rd_kafka_topic_destroy(outlet->topics[i]);
            outlet->topics[i] = NULL;
        }
    }
    for (size_t i = 0; outlet->producers != NULL && i < outlet->setup.routes->channel_count; i++) {
        if (outlet->producers[i] != NULL) {
            close_producer(outlet->producers[i]);
            outlet->producers[i] = NULL;
        }
    }
}

static bool open_all(struct wv_outlet *outlet)
{
    bool good = true;
    for (size_t i = 0; good && i < outlet->setup.routes->channel_count; i++) {
        good = make_producer(outlet, i);
    }
    for (size_t i = 0; good && i < outlet->setup.routes->destination_count; i++) {
        good = make_topic(outlet, i);
    }
    return good;
}

struct wv_outlet *wv_outlet_new(const struct wv_outlet_setup *setup)
{
    struct wv_outlet *outlet = calloc(1, sizeof *outlet);
    if (outlet == NULL) {
        return NULL;
    }
    outlet->setup = *setup;
    outlet->producers = calloc(setup->routes->channel_count + 1, sizeof(rd_kafka_t *));
    outlet->topics = calloc(setup->routes->destination_count + 1, sizeof(rd_kafka_topic_t *));
    if (outlet->producers == NULL || outlet->topics == NULL || !open_all(outlet)) {
        wv_outlet_free(outlet);
        return NULL;
    }
    return outlet;
}

void wv_outlet_free(struct wv_outlet *outlet)
{
    if (outlet == NULL) {
        return;
    }
    close_all(outlet);
    free(outlet->producers);
    free(outlet->topics);
    free(outlet);
}

/* librdkafka takes pointers that are not const and only reads through them. */
static void *unconst(const void *bytes)
{
    union {
        const void *from;
        void *to;
    } same = {.from = bytes};
    return same.to;
}

rd_kafka_resp_err_t wv_outlet_send(struct wv_outlet *outlet, const struct wv_parcel *parcel)
{
    const struct wv_shipment *shipment = parcel->shipment;
    const struct wv_destination *destination =
        &outlet->setup.routes->destinations[shipment->destination];
    /* An empty value is not the same as none: none deletes the key in a compacted topic. */
    const void *value = parcel->value.len == 0 ? "" : (const void *)parcel->value.ptr;
    rd_kafka_vu_t parts[8] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = outlet->topics[shipment->destination]},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = shipment->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS,
         .u.i = outlet->setup.transactional_id == NULL ? RD_KAFKA_MSG_F_COPY : 0},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = parcel->shipment},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = unconst(value), .size = parcel->value.len}},
    };
    size_t count = 5;
    if (parcel->key.ptr != NULL) {
        parts[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY,
                            .u.mem = {.ptr = unconst(parcel->key.ptr), .size = parcel->key.len}};
    }
    if (shipment->time_ms >= 0) {
        parts[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = shipment->time_ms};
    }
    if (parcel->headers != NULL) {
        parts[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = parcel->headers};
    }
    rd_kafka_error_t *error =
        rd_kafka_produceva(outlet->producers[destination->channel], parts, count);
    if (error == NULL) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}

void wv_outlet_poll(struct wv_outlet *outlet, int wait_ms)
{
    const int channels = (int)outlet->setup.routes->channel_count;
    for (int i = 0; i < channels; i++) {
        (void)rd_kafka_poll(outlet->producers[i], wait_ms / channels);
    }
}

void wv_outlet_flush(struct wv_outlet *outlet, int wait_ms)
{
    const int channels = (int)outlet->setup.routes->channel_count;
    for (int i = 0; i < channels; i++) {
        (void)rd_kafka_flush(outlet->producers[i], wait_ms / channels);
    }
}

size_t wv_outlet_queued(const struct wv_outlet *outlet)
{
    size_t queued = 0;
    for (size_t i = 0; i < outlet->setup.routes->channel_count; i++) {
        queued += (size_t)rd_kafka_outq_len(outlet->producers[i]);
    }
    return queued;
}

static enum wv_outlet_step judge(struct wv_outlet *outlet, rd_kafka_error_t *error)
{
    if (error == NULL) {
        return WV_STEP_DONE;
    }
    enum wv_outlet_step step = WV_STEP_AGAIN;
    if (!rd_kafka_error_is_retriable(error)) {
        step = WV_STEP_FATAL;
        atomic_store(&outlet->fatal, (int)rd_kafka_error_code(error));
    }
    rd_kafka_error_destroy(error);
    return step;
}

enum wv_outlet_step wv_outlet_claim(struct wv_outlet *outlet, int wait_ms)
{
    (void)rd_kafka_poll(outlet->producers[0], 0); /* what refuses it may grant it later */
    return judge(outlet, rd_kafka_init_transactions(outlet->producers[0], wait_ms));
}

enum wv_outlet_step wv_outlet_begin(struct wv_outlet *outlet)
{
    return judge(outlet, rd_kafka_begin_transaction(outlet->producers[0]));
}

enum wv_outlet_step wv_outlet_abort(struct wv_outlet *outlet, int wait_ms)
{
    return judge(outlet, rd_kafka_abort_transaction(outlet->producers[0], wait_ms));
}

rd_kafka_t *wv_outlet_producer(const struct wv_outlet *outlet)
{
    return outlet->producers[0];
}

rd_kafka_resp_err_t wv_outlet_fatal(const struct wv_outlet *outlet)
{
    return (rd_kafka_resp_err_t)atomic_load(&outlet->fatal);
}

bool wv_outlet_is_suspect(const struct wv_outlet *outlet)
{
    return atomic_load(&outlet->suspect);
}

bool wv_outlet_renew(struct wv_outlet *outlet)
{
    close_all(outlet);
    atomic_store(&outlet->suspect, false);
    atomic_store(&outlet->fatal, RD_KAFKA_RESP_ERR_NO_ERROR);
    return open_all(outlet);
}
