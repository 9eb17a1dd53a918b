/*
 * demo_broker.c — brokers on librdkafka's mock cluster, a producer and a counting consumer.
 */
#include "app/demo_broker.h"

#include "base/log.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <syslog.h>

enum { BROKERS = 1, BATCH = 1000, COMMITTED_MS = 5000 };

struct wv_demo_broker {
    rd_kafka_t *owner; /* the cluster lives in a client of its own */
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *producer;
    rd_kafka_topic_t *raw;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *batch[BATCH];
    struct wv_demo_counts counts;
};

struct setting {
    const char *name;
    const char *value;
};

static void on_log(const rd_kafka_t *client, int severity, const char *facility, const char *text)
{
    (void)client;
    if (severity <= LOG_WARNING) {
        wv_log(WV_LOG_WARN, "librdkafka",
               WV_FIELDS(wv_log_word("facility", facility), wv_log_word("text", text)));
    }
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct wv_demo_broker *broker = opaque;
    broker->counts.unfed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_t *make_client(struct wv_demo_broker *broker, rd_kafka_type_t type,
                               const struct setting *settings, size_t count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_opaque(conf, broker);
    if (broker->cluster != NULL && type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
    char text[256];
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_conf_res_t set =
            rd_kafka_conf_set(conf, settings[i].name, settings[i].value, text, sizeof text);
        wv_ensure(set == RD_KAFKA_CONF_OK);
    }
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
    }
    return client;
}

static bool start_cluster(struct wv_demo_broker *broker)
{
    broker->owner = make_client(broker, RD_KAFKA_PRODUCER, NULL, 0);
    broker->cluster =
        broker->owner == NULL ? NULL : rd_kafka_mock_cluster_new(broker->owner, BROKERS);
    if (broker->cluster == NULL) {
        return false;
    }
    static const char *const topics[] = {WV_DEMO_RAW, WV_DEMO_PROTECTED, WV_DEMO_REJECTS};
    bool good = true;
    for (size_t i = 0; i < WV_COUNT(topics); i++) {
        good = good && rd_kafka_mock_topic_create(broker->cluster, topics[i], WV_DEMO_PARTITIONS,
                                                  BROKERS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return good;
}

static bool start_producer(struct wv_demo_broker *broker)
{
    const struct setting settings[] = {
        {"bootstrap.servers", wv_demo_broker_servers(broker)},
        {"linger.ms", "5"},
        {"compression.codec", "lz4"},
    };
    broker->producer =
        make_client(broker, RD_KAFKA_PRODUCER, settings, sizeof settings / sizeof *settings);
    broker->raw =
        broker->producer == NULL ? NULL : rd_kafka_topic_new(broker->producer, WV_DEMO_RAW, NULL);
    return broker->raw != NULL;
}

static bool start_consumer(struct wv_demo_broker *broker)
{
    const struct setting settings[] = {
        {"bootstrap.servers", wv_demo_broker_servers(broker)},
        {"group.id", WV_DEMO_GROUP}, /* only to ask what it has committed */
        {"enable.auto.commit", "false"},
        {"auto.offset.reset", "earliest"},
        {"fetch.wait.max.ms", "10"}, /* the embedded broker always waits as long */
    };
    broker->consumer =
        make_client(broker, RD_KAFKA_CONSUMER, settings, sizeof settings / sizeof *settings);
    if (broker->consumer == NULL) {
        return false;
    }
    (void)rd_kafka_poll_set_consumer(broker->consumer);
    broker->queue = rd_kafka_queue_get_consumer(broker->consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (int32_t i = 0; i < WV_DEMO_PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, WV_DEMO_PROTECTED, i)->offset = 0;
        rd_kafka_topic_partition_list_add(list, WV_DEMO_REJECTS, i)->offset = 0;
    }
    const rd_kafka_resp_err_t code = rd_kafka_assign(broker->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

struct wv_demo_broker *wv_demo_broker_start(void)
{
    struct wv_demo_broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL || !start_cluster(broker) || !start_producer(broker) ||
        !start_consumer(broker)) {
        wv_demo_broker_stop(broker);
        return NULL;
    }
    return broker;
}

void wv_demo_broker_stop(struct wv_demo_broker *broker)
{
    if (broker == NULL) {
        return;
    }
    if (broker->queue != NULL) {
        rd_kafka_queue_destroy(broker->queue);
    }
    if (broker->consumer != NULL) {
        (void)rd_kafka_consumer_close(broker->consumer);
        rd_kafka_destroy(broker->consumer);
    }
    if (broker->raw != NULL) {
        rd_kafka_topic_destroy(broker->raw);
    }
    if (broker->producer != NULL) {
        (void)rd_kafka_purge(broker->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(broker->producer);
    }
    if (broker->cluster != NULL) {
        rd_kafka_mock_cluster_destroy(broker->cluster);
    }
    if (broker->owner != NULL) {
        rd_kafka_destroy(broker->owner);
    }
    free(broker);
}

const char *wv_demo_broker_servers(const struct wv_demo_broker *broker)
{
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

const struct wv_demo_counts *wv_demo_broker_counts(const struct wv_demo_broker *broker)
{
    return &broker->counts;
}

bool wv_demo_has_room(const struct wv_demo_counts *counts, size_t partition)
{
    const struct wv_demo_partition *at = &counts->partitions[partition];
    return at->fed < at->published + at->rejected + WV_DEMO_WINDOW;
}

bool wv_demo_broker_feed(struct wv_demo_broker *broker, size_t partition, struct wv_slice key,
                         struct wv_slice value)
{
    (void)rd_kafka_poll(broker->producer, 0);
    union {
        const uint8_t *from;
        void *to; /* librdkafka does not say that it only reads */
    } payload = {.from = value.ptr};
    if (rd_kafka_produce(broker->raw, (int32_t)partition, RD_KAFKA_MSG_F_COPY, payload.to,
                         value.len, key.ptr, key.len, NULL) != 0) {
        return false;
    }
    broker->counts.partitions[partition].fed++;
    broker->counts.bytes_in += value.len;
    return true;
}

/* What stands in text between the marker and the next quote; empty: there is no marker. */
static struct wv_slice word_after(struct wv_slice text, struct wv_slice marker)
{
    const uint8_t *found = memmem(text.ptr, text.len, marker.ptr, marker.len);
    if (found == NULL) {
        return (struct wv_slice){0};
    }
    const size_t from = (size_t)(found - text.ptr) + marker.len;
    const uint8_t *end = memchr(text.ptr + from, '"', text.len - from);
    return end == NULL ? (struct wv_slice){0} : wv_slice_sub(text, from, (size_t)(end - text.ptr));
}

static void count_word(struct wv_demo_word *words, struct wv_slice text)
{
    if (text.len >= WV_DEMO_WORD_MAX) {
        text.len = WV_DEMO_WORD_MAX - 1;
    }
    for (size_t i = 0; i < WV_DEMO_WORDS; i++) {
        struct wv_demo_word *word = &words[i];
        if (word->count == 0) {
            memcpy(word->text, text.ptr, text.len);
        } else if (strlen(word->text) != text.len || memcmp(word->text, text.ptr, text.len) != 0) {
            continue;
        }
        word->count++;
        return;
    }
}

/* Quotes inside a value are escaped, and a member of that name in the input never passes: the
 * marker is the service's own. */
static bool count_protected(struct wv_demo_counts *counts, struct wv_demo_partition *partition,
                            struct wv_slice value)
{
    const struct wv_slice pack = word_after(value, WV_LIT("\"_wafveil\":{\"v\":1,\"pack\":\""));
    if (pack.len == 0) {
        return false;
    }
    counts->bytes_out += value.len;
    if (wv_slice_eq(word_after(value, WV_LIT("\"kind\":\"stub\",\"reason\":\"")),
                    (struct wv_slice){0})) {
        partition->published++;
        count_word(counts->packs, pack);
    } else {
        partition->stubs++;
    }
    return true;
}

/* A reject names the partition of the input that its record came from. */
static bool count_reject(struct wv_demo_counts *counts, struct wv_slice value)
{
    const struct wv_slice reason = word_after(value, WV_LIT("\"reason\":\""));
    const struct wv_slice partition = word_after(value, WV_LIT("\"partition\":"));
    size_t number = 0;
    size_t digits = 0;
    for (; digits < partition.len && digits < 4; digits++) {
        const uint8_t byte = partition.ptr[digits];
        if (byte < '0' || byte > '9') {
            break;
        }
        number = number * 10 + (size_t)(byte - '0');
    }
    if (reason.len == 0 || digits == 0 || number >= WV_DEMO_PARTITIONS) {
        return false;
    }
    counts->partitions[number].rejected++;
    count_word(counts->reasons, reason);
    return true;
}

/* Every key was a client's address. */
static bool count_key(struct wv_demo_counts *counts, const rd_kafka_message_t *message)
{
    static const char start[] = "throwaway.";
    if (message->key_len == 0) {
        return true;
    }
    counts->keys++;
    return message->key_len > sizeof start && memcmp(message->key, start, sizeof start - 1) == 0;
}

static void count_message(struct wv_demo_counts *counts, const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->partition < 0 ||
        message->partition >= WV_DEMO_PARTITIONS) {
        return;
    }
    const struct wv_slice value = {message->payload, message->len};
    if (strcmp(rd_kafka_topic_name(message->rkt), WV_DEMO_REJECTS) == 0) {
        counts->strange += !count_reject(counts, value);
        return;
    }
    struct wv_demo_partition *partition = &counts->partitions[message->partition];
    counts->strange += !count_protected(counts, partition, value) || !count_key(counts, message);
}

size_t wv_demo_broker_count(struct wv_demo_broker *broker, int wait_ms)
{
    (void)rd_kafka_poll(broker->producer, 0);
    const ssize_t got = rd_kafka_consume_batch_queue(broker->queue, wait_ms, broker->batch, BATCH);
    for (ssize_t i = 0; i < got; i++) {
        count_message(&broker->counts, broker->batch[i]);
        rd_kafka_message_destroy(broker->batch[i]);
    }
    return got > 0 ? (size_t)got : 0;
}

int64_t wv_demo_broker_committed(struct wv_demo_broker *broker)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(WV_DEMO_PARTITIONS);
    for (int32_t i = 0; i < WV_DEMO_PARTITIONS; i++) {
        (void)rd_kafka_topic_partition_list_add(list, WV_DEMO_RAW, i);
    }
    const rd_kafka_resp_err_t code = rd_kafka_committed(broker->consumer, list, COMMITTED_MS);
    int64_t sum = code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -1;
    for (int i = 0; i < list->cnt && sum >= 0; i++) {
        sum += list->elems[i].offset > 0 ? list->elems[i].offset : 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return sum;
}
