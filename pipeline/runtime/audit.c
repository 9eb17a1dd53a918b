/*
 * audit.c — audit records from their making to the broker's acknowledgement.
 */
#include "runtime/audit.h"

#include "runtime/audit_heads.h"
#include "runtime/audit_text.h"
#include "runtime/audit_window.h"
#include "runtime/client.h"

#include <stdlib.h>

enum {
    RECORD_ROOM = 512 * 1024, /* what a record is made in */
    STALL_MS = 30000,         /* without an acknowledgement: not ready */
    LIMIT_MS = 300000,        /* a supervisor shall see it: WV_EXIT_OUTPUT */
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    BEGIN_MS = 5000,
};

/* A record that has not been acknowledged. */
struct waiting {
    struct waiting *next;
    size_t len;
    uint8_t bytes[];
};

struct wv_audit {
    struct wv_audit_setup setup;
    const struct wv_config *config;
    struct wv_plan *plan; /* held: the last one that was told of */
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    struct wv_ledger ledger;
    struct waiting *first;
    struct waiting *last;
    size_t count;
    bool begun;        /* "started" has been written */
    bool given_up;     /* a record is missing: nothing counts as written any more */
    bool in_flight;    /* the first one is with the producer */
    uint64_t since_ns; /* when the first one was first to be sent */
    uint64_t retry_at_ns;
    uint64_t backoff_ms;
    struct wv_log_pause blocked_pause;
    uint8_t *room;
};

static uint64_t now_ns(const struct wv_audit *audit)
{
    return wv_clock_now_ns(audit->setup.clock);
}

static void complain(struct wv_audit *audit, rd_kafka_resp_err_t code)
{
    atomic_store(audit->setup.trouble, true);
    if (!wv_log_is_due(&audit->blocked_pause, audit->setup.clock)) {
        return;
    }
    wv_log(WV_LOG_ERROR, "audit_blocked",
           WV_FIELDS(wv_log_slice("topic", audit->config->audit_topic),
                     wv_log_word("at", "/audit/topic"), wv_log_word("what", rd_kafka_err2str(code)),
                     wv_log_word("advice", wv_client_advice(code)),
                     wv_log_number("waiting", (int64_t)audit->count),
                     wv_log_word("effect", "audit records wait in memory, and no offset is "
                                           "committed until they are written")));
}

static void forget_first(struct wv_audit *audit)
{
    struct waiting *first = audit->first;
    audit->first = first->next;
    audit->last = first->next == NULL ? NULL : audit->last;
    audit->count--;
    free(first);
}

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct wv_audit *audit = opaque;
    audit->in_flight = false;
    if (wv_client_trouble(message->err) == WV_TROUBLE_DROPPED) {
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        complain(audit, message->err);
        audit->retry_at_ns = now_ns(audit) + audit->backoff_ms * 1000000;
        audit->backoff_ms =
            audit->backoff_ms < BACKOFF_LAST_MS ? 2 * audit->backoff_ms : BACKOFF_LAST_MS;
        return;
    }
    forget_first(audit);
    audit->since_ns = now_ns(audit);
    audit->backoff_ms = BACKOFF_FIRST_MS;
    if (atomic_exchange(audit->setup.trouble, false)) {
        wv_log(WV_LOG_INFO, "audit_unblocked",
               WV_FIELDS(wv_log_number("waiting", (int64_t)audit->count)));
    }
}

static void on_error(rd_kafka_t *producer, int code, const char *text, void *opaque)
{
    struct wv_audit *audit = opaque;
    wv_log(WV_LOG_WARN, "producer_error",
           WV_FIELDS(wv_log_word("client", rd_kafka_name(producer)), wv_log_word("what", text),
                     wv_log_word("advice", wv_client_advice((rd_kafka_resp_err_t)code))));
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char why[512] = "";
        const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer, why, sizeof why);
        wv_log(WV_LOG_ERROR, "audit_fatal",
               WV_FIELDS(wv_log_word("what", why), wv_log_word("advice", wv_client_advice(fatal))));
        wv_stop_ask(audit->setup.stop, WV_EXIT_KAFKA);
    }
}

/* A record is on its way alone, so nothing is gained by letting it linger. */
static rd_kafka_t *make_producer(struct wv_audit *audit)
{
    struct wv_settings settings = {0};
    if (!wv_settings_join(&settings, audit->config->kafka, audit->config->audit_kafka)) {
        return NULL;
    }
    const struct wv_client_plan plan = {
        .role = WV_ROLE_PRODUCER, .settings = &settings, .config = audit->config, .sharers = 64};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    wv_settings_free(&settings);
    char ignored[256];
    if (conf == NULL ||
        rd_kafka_conf_set(conf, "linger.ms", "0", ignored, sizeof ignored) != RD_KAFKA_CONF_OK) {
        return NULL;
    }
    rd_kafka_conf_set_opaque(conf, audit);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return wv_client_new(WV_ROLE_PRODUCER, conf);
}

struct wv_audit *wv_audit_new(const struct wv_audit_setup *setup)
{
    struct wv_audit *audit = calloc(1, sizeof *audit);
    if (audit == NULL) {
        return NULL;
    }
    audit->setup = *setup;
    audit->plan = wv_plan_hold(setup->plan);
    audit->config = wv_plan_config(setup->plan);
    audit->backoff_ms = BACKOFF_FIRST_MS;
    audit->room = malloc(RECORD_ROOM);
    audit->producer = audit->room == NULL ? NULL : make_producer(audit);
    audit->topic = audit->producer == NULL
                       ? NULL
                       : rd_kafka_topic_new(audit->producer,
                                            (const char *)audit->config->audit_topic.ptr, NULL);
    if (audit->topic == NULL || !wv_ledger_start(&audit->ledger)) {
        wv_log(WV_LOG_ERROR, "audit_refused", WV_FIELDS(wv_log_word("at", "/audit")));
        wv_audit_free(audit);
        return NULL;
    }
    return audit;
}

void wv_audit_free(struct wv_audit *audit)
{
    enum { LAST_REPORTS_MS = 1000 };
    if (audit == NULL) {
        return;
    }
    if (audit->topic != NULL) {
        rd_kafka_topic_destroy(audit->topic);
    }
    if (audit->producer != NULL) {
        (void)rd_kafka_purge(audit->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(audit->producer, LAST_REPORTS_MS);
        rd_kafka_destroy(audit->producer);
    }
    while (audit->first != NULL) {
        forget_first(audit);
    }
    wv_plan_free(audit->plan);
    free(audit->room);
    free(audit);
}

static struct wv_buf begin_record(struct wv_audit *audit, const char *event)
{
    struct wv_buf record = wv_buf_of(audit->room, RECORD_ROOM);
    wv_audit_put_head(&record, audit->config, &audit->ledger, wv_clock_wall_ms(audit->setup.clock),
                      event);
    return record;
}

/* Without memory for a record, or with too many that wait, the service cannot say what it does. */
static void give_up(struct wv_audit *audit, const char *what)
{
    wv_log(WV_LOG_ERROR, "audit_given_up",
           WV_FIELDS(wv_log_word("what", what), wv_log_number("waiting", (int64_t)audit->count)));
    audit->given_up = true;
    wv_stop_ask(audit->setup.stop, WV_EXIT_OUTPUT);
}

static void end_record(struct wv_audit *audit, struct wv_buf *record)
{
    struct wv_slice bytes;
    if (audit->count == WV_AUDIT_WAITING_MAX) {
        give_up(audit, "too many audit records wait to be written");
        return;
    }
    struct waiting *waiting = malloc(sizeof *waiting + record->len + WV_LEDGER_SEAL);
    if (waiting == NULL || !wv_ledger_seal(&audit->ledger, record) ||
        !wv_buf_take(record, &bytes)) {
        free(waiting);
        give_up(audit, "an audit record does not fit into memory");
        return;
    }
    waiting->next = NULL;
    waiting->len = bytes.len;
    memcpy(waiting->bytes, bytes.ptr, bytes.len);
    if (audit->last == NULL) {
        audit->first = waiting;
        audit->since_ns = now_ns(audit);
    } else {
        audit->last->next = waiting;
    }
    audit->last = waiting;
    audit->count++;
}

void wv_audit_event(struct wv_audit *audit, const char *event, const struct wv_log_field *fields)
{
    if (audit == NULL) {
        return;
    }
    struct wv_buf record = begin_record(audit, event);
    wv_audit_put_fields(&record, fields);
    end_record(audit, &record);
    wv_audit_serve(audit, 0);
}

void wv_audit_plan(struct wv_audit *audit, struct wv_plan *plan)
{
    if (audit == NULL) {
        return;
    }
    struct wv_buf record = begin_record(audit, "plan_loaded");
    wv_plan_hold(plan);
    wv_plan_free(audit->plan);
    audit->plan = plan;
    audit->config = wv_plan_config(plan);
    wv_audit_put_plan(&record, plan);
    end_record(audit, &record);
    wv_audit_serve(audit, 0);
}

void wv_audit_begin(struct wv_audit *audit, size_t lanes)
{
    if (audit == NULL || audit->begun) {
        return;
    }
    audit->begun = true;
    struct wv_buf record = begin_record(audit, "started");
    wv_audit_put_fields(&record,
                        WV_FIELDS(wv_log_word("version", WV_VERSION),
                                  wv_log_number("lanes", (int64_t)lanes),
                                  wv_log_number("window_seconds", audit->config->audit_window_s)));
    wv_audit_put_heads(&record, audit->config);
    end_record(audit, &record);
    wv_audit_plan(audit, audit->plan);
    (void)wv_audit_flush(audit, BEGIN_MS);
}

static struct wv_buf begin_window(void *context)
{
    return begin_record(context, "window");
}

static void end_window(void *context, struct wv_buf *record)
{
    end_record(context, record);
}

void wv_audit_window(struct wv_audit *audit, const struct wv_categories *counts, int64_t from_ms,
                     int64_t until_ms)
{
    const int64_t times[] = {from_ms, until_ms};
    if (audit == NULL) {
        return;
    }
    const struct wv_window_sink sink = {begin_window, end_window, audit};
    wv_window_write(&sink, counts == NULL ? audit->plan : counts->plan, counts, times);
    wv_audit_serve(audit, 0);
}

/* All records of a chain go to one partition, in order. */
static rd_kafka_resp_err_t send_first(struct wv_audit *audit)
{
    const int sent = rd_kafka_produce(audit->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                      audit->first->bytes, audit->first->len, audit->ledger.id,
                                      WV_LEDGER_ID, NULL);
    return sent == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

static void look_at_time(struct wv_audit *audit)
{
    const uint64_t waited = audit->first == NULL ? 0 : now_ns(audit) - audit->since_ns;
    if (waited > (uint64_t)STALL_MS * 1000000) {
        complain(audit, RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
    if (waited > (uint64_t)LIMIT_MS * 1000000) {
        wv_stop_ask(audit->setup.stop, WV_EXIT_OUTPUT);
    }
}

void wv_audit_serve(struct wv_audit *audit, int wait_ms)
{
    if (audit == NULL) {
        return;
    }
    (void)rd_kafka_poll(audit->producer, wait_ms);
    if (audit->first != NULL && !audit->in_flight && now_ns(audit) >= audit->retry_at_ns) {
        const rd_kafka_resp_err_t code = send_first(audit);
        audit->in_flight = code == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!audit->in_flight) {
            complain(audit, code);
            audit->retry_at_ns = now_ns(audit) + (uint64_t)BACKOFF_LAST_MS * 1000000;
        }
    }
    look_at_time(audit);
}

bool wv_audit_has_begun(const struct wv_audit *audit)
{
    return audit == NULL || audit->begun;
}

bool wv_audit_is_written(const struct wv_audit *audit)
{
    return audit == NULL || (audit->first == NULL && !audit->given_up);
}

bool wv_audit_flush(struct wv_audit *audit, uint32_t wait_ms)
{
    enum { STEP_MS = 20 };
    if (audit == NULL) {
        return true;
    }
    const uint64_t end = now_ns(audit) + (uint64_t)wait_ms * 1000000;
    wv_audit_serve(audit, 0);
    while (audit->first != NULL && now_ns(audit) < end) {
        wv_audit_serve(audit, STEP_MS);
    }
    return wv_audit_is_written(audit);
}
