/*
 * delivery_latency.c — how long a record takes from its writer to a reader of the output.
 *
 * Records are written at a steady rate. What is between keeps partition and order, so the n-th
 * record that comes out of a partition is the n-th that went in, whatever was done to it. The
 * reader sees what is committed: with transactions, not before.
 */
#include "bench/delivery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TICK_NS = 2000000,
    WARM_S = 2, /* of the rate, before a record counts */
    LAST_S = 30,
    BATCH = 1000,
    READ_MS = 50,
};

struct latency {
    const struct delivery *delivery;
    uint64_t total;       /* records that will be written */
    uint64_t warm;        /* the first that do not count */
    _Atomic uint64_t *at; /* by record: when it was written */
    double *ms;           /* by record that counts */
    _Atomic size_t seen;  /* records that came out */
    size_t counted;
    uint64_t next[DELIVERY_PARTITIONS]; /* the record that comes next out of a partition */
    bool complete;
};

static rd_kafka_t *make_reader(const struct delivery *delivery)
{
    rd_kafka_conf_t *conf = delivery_conf(delivery, WV_ROLE_CONSUMER, NULL);
    delivery_set(conf, "group.id", "bench-reader");
    delivery_set(conf, "isolation.level", "read_committed");
    delivery_set(conf, "fetch.wait.max.ms", "10");
    rd_kafka_t *reader = wv_client_new(WV_ROLE_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(DELIVERY_PARTITIONS);
    for (int32_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, delivery->output, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    if (reader == NULL || rd_kafka_poll_set_consumer(reader) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_assign(reader, list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery_fail("latency", "the output cannot be read");
    }
    rd_kafka_topic_partition_list_destroy(list);
    return reader;
}

static void note(struct latency *latency, const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    uint64_t *next = &latency->next[message->partition];
    const uint64_t record = *next;
    *next += DELIVERY_PARTITIONS;
    if (record >= latency->total) {
        delivery_fail("latency", "more records came out than went in");
    }
    atomic_fetch_add(&latency->seen, 1);
    if (record >= latency->warm) {
        latency->ms[latency->counted++] =
            (double)(delivery_now_ns() - atomic_load(&latency->at[record])) / 1e6;
    }
}

static void *read_all(void *context)
{
    struct latency *latency = context;
    rd_kafka_t *reader = make_reader(latency->delivery);
    uint64_t last_ns = delivery_now_ns();
    while (latency->seen < latency->total &&
           delivery_now_ns() - last_ns < (uint64_t)LAST_S * 1000000000) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, READ_MS);
        if (message != NULL) {
            note(latency, message);
            rd_kafka_message_destroy(message);
            last_ns = delivery_now_ns();
        }
    }
    latency->complete = latency->seen == latency->total;
    (void)rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    return NULL;
}

static rd_kafka_t *make_writer(const struct delivery *delivery)
{
    rd_kafka_conf_t *conf = delivery_conf(delivery, WV_ROLE_PRODUCER, NULL);
    delivery_set(conf, "linger.ms", "1");
    rd_kafka_t *writer = wv_client_new(WV_ROLE_PRODUCER, conf);
    if (writer == NULL) {
        delivery_fail("latency", "no producer");
    }
    return writer;
}

static void write_one(struct latency *latency, rd_kafka_topic_t *topic, uint64_t record,
                      struct wv_slice value)
{
    union {
        const void *from;
        void *to;
    } same = {.from = value.ptr};
    atomic_store(&latency->at[record], delivery_now_ns());
    if (rd_kafka_produce(topic, (int32_t)(record % DELIVERY_PARTITIONS), 0, same.to, value.len,
                         NULL, 0, NULL) != 0) {
        delivery_fail("latency", "the broker is too slow for this rate");
    }
}

/* One record for each partition, until they have come out: what is between is up and reads. */
static void wait_until_up(struct latency *latency, rd_kafka_t *writer, rd_kafka_topic_t *topic,
                          struct wv_slice value)
{
    for (uint64_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        write_one(latency, topic, i, value);
    }
    const uint64_t begin = delivery_now_ns();
    while (atomic_load(&latency->seen) < DELIVERY_PARTITIONS) {
        (void)rd_kafka_poll(writer, READ_MS);
        if (delivery_now_ns() - begin > (uint64_t)LAST_S * 1000000000) {
            delivery_fail("latency", "nothing comes out");
        }
    }
}

static void write_all(struct latency *latency, uint64_t rate,
                      const struct delivery_records *records)
{
    const struct timespec pause = {.tv_nsec = TICK_NS};
    rd_kafka_t *writer = make_writer(latency->delivery);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(writer, latency->delivery->input, NULL);
    wait_until_up(latency, writer, topic, records->items[0]);
    const uint64_t begin = delivery_now_ns();
    uint64_t written = DELIVERY_PARTITIONS;
    while (written < latency->total) {
        const double passed_s = (double)(delivery_now_ns() - begin) / 1e9;
        while (written < latency->total && (double)written < passed_s * (double)rate) {
            write_one(latency, topic, written, records->items[written % records->count]);
            written++;
        }
        (void)rd_kafka_poll(writer, 0);
        (void)nanosleep(&pause, NULL);
    }
    (void)rd_kafka_flush(writer, LAST_S * 1000);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(writer);
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double percentile(const struct latency *latency, double part)
{
    return latency->ms[(size_t)((double)(latency->counted - 1) * part)];
}

int delivery_latency(const struct delivery *delivery, size_t size, uint64_t rate, uint64_t seconds)
{
    struct delivery_records records;
    struct latency latency = {
        .delivery = delivery, .total = rate * (seconds + WARM_S), .warm = rate * WARM_S};
    latency.at = calloc(latency.total, sizeof *latency.at);
    latency.ms = calloc(latency.total, sizeof *latency.ms);
    for (uint64_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        latency.next[i] = i;
    }
    pthread_t thread;
    if (latency.at == NULL || latency.ms == NULL || !delivery_records_make(&records, size) ||
        pthread_create(&thread, NULL, read_all, &latency) != 0) {
        delivery_fail("latency", "there is no memory left");
    }
    write_all(&latency, rate, &records);
    (void)pthread_join(thread, NULL);
    if (!latency.complete || latency.counted == 0) {
        delivery_fail("latency", "not all records came out");
    }
    qsort(latency.ms, latency.counted, sizeof *latency.ms, compare);
    (void)printf("{\"records\":%zu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,"
                 "\"max\":%.1f}\n",
                 latency.counted, percentile(&latency, 0.5), percentile(&latency, 0.9),
                 percentile(&latency, 0.99), percentile(&latency, 0.999), percentile(&latency, 1));
    delivery_records_free(&records);
    free(latency.at);
    free(latency.ms);
    return 0;
}
