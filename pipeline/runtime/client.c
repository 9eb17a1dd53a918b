/*
 * client.c — makes librdkafka's clients the way wafveil needs them.
 */
#include "runtime/client.h"

#include "base/log.h"
#include "plan/config_secrets.h"
#include "runtime/token_refresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

/* What is kept of a message beside its bytes, by librdkafka and by us; its limits on bytes do not
 * count it. With 2.0.2 they keep about 190 bytes beside one to be sent and, as far as the resident
 * size tells, 450 beside one that was fetched; the rest is ours, and some room. */
enum { FETCHED_EACH = 512, SENT_EACH = 384 };

struct pair {
    const char *name;
    const char *value;
};

/* What the operator may change. Names that only newer librdkafkas know are skipped by older ones.
 */
static const struct pair common_defaults[] = {
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"}, /* on before 2.10 (librdkafka #4986) */
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "5000"},
    {"topic.metadata.refresh.interval.ms", "60000"},
    {"enable.metrics.push", "false"},
};

/* By the other protocol that is the brokers' to decide, and librdkafka would refuse it. */
static const struct pair classic_defaults[] = {
    {"partition.assignment.strategy", "range,roundrobin"},
};

static const struct pair consumer_defaults[] = {
    {"fetch.wait.max.ms", "100"},
    {"check.crcs", "true"},
    {"fetch.queue.backoff.ms", "10"},
};

/* A record that waits for its broker waits for no longer than its transaction may last; then both
 * are repeated. A process that died holds up readers for that long, unless it comes back. */
static const struct pair transaction_defaults[] = {
    {"transaction.timeout.ms", "30000"},
};

/* Without end: a record waits for its broker, it is never given up. */
static const struct pair no_transaction_defaults[] = {
    {"message.timeout.ms", "0"},
};

static const struct pair producer_defaults[] = {
    {"enable.idempotence", "true"},
    {"linger.ms", "20"},
    {"batch.size", "1000000"},
    {"batch.num.messages", "10000"},
    {"compression.codec", "lz4"},
    {"partitioner", "murmur2_random"},
    /* How long a topic that does not exist is waited for before its records come back to us. */
    {"topic.metadata.propagation.max.ms", "5000"},
};

/* What the promises rest on. */
static const struct pair consumer_owned[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    /* Where to start is decided by intake.c; an offset that has gone must be an error. */
    {"auto.offset.reset", "error"},
};

static const struct pair producer_owned[] = {
    {"acks", "all"},
    {"delivery.report.only.error", "false"},
};

static enum wv_log_level level_of(int severity)
{
    if (severity <= LOG_ERR) {
        return WV_LOG_ERROR;
    }
    if (severity <= LOG_WARNING) {
        return WV_LOG_WARN;
    }
    return severity <= LOG_INFO ? WV_LOG_INFO : WV_LOG_DEBUG;
}

/* librdkafka's own lines speak of brokers, topics and states, never of a message's content. */
static void on_log(const rd_kafka_t *client, int severity, const char *facility, const char *text)
{
    enum wv_log_level level = level_of(severity);
    if (strcmp(facility, "CONFWARN") == 0) {
        level = WV_LOG_DEBUG; /* one section holds the properties of consumers and producers */
    } else if (level == WV_LOG_ERROR) {
        level = WV_LOG_WARN; /* a lost connection is an error to it, and ours to outlive */
    }
    wv_log(level, "librdkafka",
           WV_FIELDS(wv_log_word("client", client == NULL ? "" : rd_kafka_name(client)),
                     wv_log_word("facility", facility), wv_log_word("text", text)));
}

static void put_defaults(rd_kafka_conf_t *conf, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char ignored[256];
        const rd_kafka_conf_res_t set =
            rd_kafka_conf_set(conf, pairs[i].name, pairs[i].value, ignored, sizeof ignored);
        wv_ensure(set != RD_KAFKA_CONF_INVALID);
    }
}

static void put_number(rd_kafka_conf_t *conf, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    put_defaults(conf, &(struct pair){name, text}, 1);
}

static uint64_t within(uint64_t number, uint64_t low, uint64_t high)
{
    if (number < low) {
        return low;
    }
    return number > high ? high : number;
}

uint64_t wv_client_send_kib(const struct wv_config *config, size_t producers)
{
    const uint64_t kib = (uint64_t)config->limits.memory_mib * 1024;
    return within(kib / (producers == 0 ? 1 : producers) / 16 * 3, 4 * WV_QUEUE_MIN_KIB, 262144);
}

/* A response may be as large as the largest message that the operator lets in, or librdkafka
 * refuses to begin. */
static uint64_t fetch_bytes(const struct wv_client_plan *plan, uint64_t kib)
{
    const char *most = wv_settings_find(plan->settings, "message.max.bytes");
    const uint64_t least = most == NULL ? 0 : strtoull(most, NULL, 10);
    return within(kib / 64 * 1024, least > 1u << 20 ? least : 1u << 20, 1u << 30);
}

/* A queue of fetched records that has reached its limit is looked at again only a second later by
 * librdkafka before 2.2: it should hold a second's worth of records. */
static void put_budget(rd_kafka_conf_t *conf, const struct wv_client_plan *plan)
{
    const uint64_t kib = (uint64_t)plan->config->limits.memory_mib * 1024;
    const uint64_t each_kib = kib / (plan->sharers == 0 ? 1 : plan->sharers);
    if (plan->role == WV_ROLE_CONSUMER) {
        put_number(conf, "queued.max.messages.kbytes",
                   within(each_kib / 16 * 7, WV_QUEUE_MIN_KIB, 65536));
        put_number(conf, "queued.min.messages",
                   within(each_kib / 16 * 3 * 1024 / FETCHED_EACH, 1000, 1000000));
        put_number(conf, "fetch.max.bytes", fetch_bytes(plan, kib));
    } else {
        put_number(conf, "queue.buffering.max.kbytes",
                   wv_client_send_kib(plan->config, plan->sharers));
        put_number(conf, "queue.buffering.max.messages",
                   within(each_kib / 16 * 1024 / SENT_EACH, 1000, 200000));
        /* The engine makes a stub of what is longer than limits.output_bytes. Key, headers and
         * framing come on top; what the topic itself takes is the broker's to say. */
        put_number(conf, "message.max.bytes",
                   within((uint64_t)plan->config->limits.output_bytes + 65536, 1000000, 1u << 30));
    }
}

/* Properties of the group do not suit a client that only asks, and where to start reading is not
 * left to librdkafka. */
static bool is_skipped(enum wv_role role, const char *name)
{
    if (strcmp(name, "auto.offset.reset") == 0) {
        return true;
    }
    return role == WV_ROLE_PROBE && strncmp(name, "group.", 6) == 0;
}

static bool put_setting(rd_kafka_conf_t *conf, const struct wv_config *config,
                        const struct wv_property *property)
{
    char ignored[512]; /* may quote the value */
    const char *value;
    struct wv_bytes secret = {0};
    struct wv_report *report = wv_report_new(); /* its words are those of `wafveil check` */
    const bool set =
        report != NULL && wv_property_text(config, property, &secret, &value, report) &&
        rd_kafka_conf_set(conf, property->name, value, ignored, sizeof ignored) == RD_KAFKA_CONF_OK;
    wv_bytes_free(&secret);
    wv_report_free(report);
    return set;
}

static bool put_settings(rd_kafka_conf_t *conf, const struct wv_client_plan *plan)
{
    for (size_t i = 0; i < plan->settings->count; i++) {
        const struct wv_property *property = plan->settings->items[i];
        if (!is_skipped(plan->role, property->name) && !put_setting(conf, plan->config, property)) {
            wv_log(WV_LOG_ERROR, "property_refused",
                   WV_FIELDS(wv_log_word("property", property->name),
                             wv_log_word("at", property->pointer),
                             wv_log_word("advice", "run `wafveil check`")));
            return false;
        }
    }
    return true;
}

static void put_producer(rd_kafka_conf_t *conf, const struct wv_client_plan *plan)
{
    put_defaults(conf, producer_defaults, WV_COUNT(producer_defaults));
    if (plan->transactional_id == NULL) {
        put_defaults(conf, no_transaction_defaults, WV_COUNT(no_transaction_defaults));
    } else {
        put_defaults(conf, transaction_defaults, WV_COUNT(transaction_defaults));
        put_defaults(conf, &(struct pair){"transactional.id", plan->transactional_id}, 1);
    }
    put_budget(conf, plan);
}

rd_kafka_conf_t *wv_client_conf(const struct wv_client_plan *plan)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    put_defaults(conf, common_defaults, WV_COUNT(common_defaults));
    if (plan->config->instance.len > 0) {
        put_defaults(conf, &(struct pair){"client.id", (const char *)plan->config->instance.ptr},
                     1);
    }
    if (plan->role == WV_ROLE_CONSUMER) {
        put_defaults(conf, consumer_defaults, WV_COUNT(consumer_defaults));
        if (!wv_settings_next_generation(plan->settings)) {
            put_defaults(conf, classic_defaults, WV_COUNT(classic_defaults));
        }
        put_budget(conf, plan);
    } else if (plan->role == WV_ROLE_PRODUCER) {
        put_producer(conf, plan);
    }
    if (!put_settings(conf, plan)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    if (plan->role == WV_ROLE_CONSUMER) {
        put_defaults(conf, consumer_owned, WV_COUNT(consumer_owned));
    } else if (plan->role == WV_ROLE_PRODUCER) {
        put_defaults(conf, producer_owned, WV_COUNT(producer_owned));
    }
    wv_token_refresh_prepare(conf);
    return conf;
}

rd_kafka_t *wv_client_new(enum wv_role role, rd_kafka_conf_t *conf)
{
    char text[512] = "";
    const rd_kafka_type_t type = role == WV_ROLE_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        wv_log(WV_LOG_ERROR, "client_refused",
               WV_FIELDS(wv_log_word("what", text),
                         wv_log_word("advice", "check the kafka sections of the configuration")));
    } else {
        wv_token_refresh_start(client);
    }
    return client;
}

enum wv_trouble wv_client_trouble(rd_kafka_resp_err_t code)
{
    /* Every code that has no line of its own is asked for again later: a record is never given up
     * because of an error that we did not know. */
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
        code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
        return WV_TROUBLE_SIZE;
    }
    if (code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP) {
        return WV_TROUBLE_TIME;
    }
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED) {
        return WV_TROUBLE_FATAL;
    }
    /* Not RD_KAFKA_RESP_ERR__DESTROY: librdkafka reports that, too, where a topic is gone from the
     * metadata while a request is under way, and the partition goes when the answer has come. */
    if (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        return WV_TROUBLE_DROPPED;
    }
    return WV_TROUBLE_LATER;
}

const char *wv_client_advice(rd_kafka_resp_err_t code)
{
    /* Brokers lock out the producer of a transaction that took too long, too. */
    static const char fenced[] =
        "another process has the same instance and group: give each a name of its own; or the "
        "transaction outlived transaction.timeout.ms: find out what stood still";
    static const struct {
        rd_kafka_resp_err_t code;
        const char *advice;
    } advices[] = {
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
         "create the topic, or correct its name in the configuration"},
        {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
         "create the topic, or correct its name in the configuration"},
        {RD_KAFKA_RESP_ERR__DESTROY, "create the topic, or correct its name in the configuration"},
        {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
         "create the topic, or give it as many partitions as the input"},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
         "grant this user Describe and Read (inputs) or Write (outputs, rejects) on the topic"},
        {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
         "grant this user Read on the consumer group"},
        {RD_KAFKA_RESP_ERR__FENCED, fenced},
        {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, fenced},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
         "grant this user Write on the topic, or IdempotentWrite on brokers before 2.8"},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION,
         "check the user and password (sasl.*) or the client's certificate (ssl.*) in the "
         "configuration, and that the brokers know them"},
        {RD_KAFKA_RESP_ERR__SSL, "check ssl.ca.location and ssl.certificate.location, and on both "
                                 "sides authority, name and "
                                 "dates of the certificate"},
        {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
         "grant this user Write and Describe on the transactional ids with the prefix wafveil-"},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD,
         "the topic is compacted and wants keys: use another, or cleanup.policy=delete"},
        {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, "the brokers' policy refuses the record"},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
         "check that the topic exists, and each of its partitions has a leader"},
        {RD_KAFKA_RESP_ERR__TRANSPORT, "check bootstrap.servers, and that the brokers are up"},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, "check bootstrap.servers, and that the brokers are up"},
        {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
         "check bootstrap.servers, and that the brokers are up"},
        {RD_KAFKA_RESP_ERR__RESOLVE, "check the host names in bootstrap.servers"},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
         "another process uses the same group.instance.id: give each its own"},
    };
    for (size_t i = 0; i < WV_COUNT(advices); i++) {
        if (advices[i].code == code) {
            return advices[i].advice;
        }
    }
    return "see the brokers' log";
}
