/*
 * delivery_fill.c — writes made-up records into the input, and measures the engine with the same.
 */
#include "bench/delivery.h"
#include "engine/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 5, FLUSH_MS = 120000, ROUNDS_MAX = 200, ROUND_RECORDS = 4000 };

static uint64_t failed;

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    (void)opaque;
    failed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
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

static void send_record(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition,
                        struct wv_slice record)
{
    while (rd_kafka_produce(topic, partition, 0, unconst(record.ptr), record.len, NULL, 0, NULL) !=
           0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            delivery_fail("fill", rd_kafka_err2str(rd_kafka_last_error()));
        }
        (void)rd_kafka_poll(producer, POLL_MS);
    }
    (void)rd_kafka_poll(producer, 0);
}

int delivery_fill(const struct delivery *delivery, size_t size, uint64_t count)
{
    struct delivery_records records;
    if (!delivery_records_make(&records, size)) {
        delivery_fail("fill", "there is no memory left");
    }
    rd_kafka_conf_t *conf = delivery_conf(delivery, WV_ROLE_PRODUCER);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *producer = wv_client_new(WV_ROLE_PRODUCER, conf);
    rd_kafka_topic_t *topic =
        producer == NULL ? NULL : rd_kafka_topic_new(producer, delivery->input, NULL);
    if (topic == NULL) {
        delivery_fail("fill", "no producer");
    }
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < count; i++) {
        const struct wv_slice record = records.items[i % records.count];
        send_record(producer, topic, (int32_t)(i % DELIVERY_PARTITIONS), record);
        bytes += record.len;
    }
    if (rd_kafka_flush(producer, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR || failed > 0) {
        delivery_fail("fill", "the broker did not take all records");
    }
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    delivery_records_free(&records);
    (void)printf("{\"records\":%llu,\"bytes\":%llu}\n", (unsigned long long)count,
                 (unsigned long long)bytes);
    return 0;
}

static uint64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* How long the output is. */
static size_t transform(struct wv_worker *worker, struct wv_slice value)
{
    const struct wv_record record = {.value = value, .time_ms = (int64_t)1763800000000};
    const struct wv_results results = wv_transform(worker, &record);
    if (results.count != 1 || results.items[0].outcome != WV_PUBLISH) {
        delivery_fail("engine", "a record is not published: it would not be measured");
    }
    return results.items[0].value.len;
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Goes through the records in rounds. */
static size_t measure(struct wv_worker *worker, const struct delivery_records *records,
                      uint64_t seconds, double us[ROUNDS_MAX])
{
    const uint64_t end = thread_ns() + seconds * 1000000000;
    size_t rounds = 0;
    size_t next = 0;
    for (bool warm = false; !warm || rounds < 3 || (rounds < ROUNDS_MAX && thread_ns() < end);
         warm = true) {
        const uint64_t from = thread_ns();
        for (size_t i = 0; i < ROUND_RECORDS; i++) {
            (void)transform(worker, records->items[next]);
            next = (next + 1) % records->count;
        }
        if (warm) {
            us[rounds++] = (double)(thread_ns() - from) / 1000 / ROUND_RECORDS;
        }
    }
    return rounds;
}

int delivery_engine(const char *config, size_t size, uint64_t seconds)
{
    struct delivery_records records;
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = report == NULL ? NULL : wv_plan_load(config, report);
    struct wv_worker *worker = plan == NULL ? NULL : wv_worker_new(plan);
    if (worker == NULL || !delivery_records_make(&records, size)) {
        delivery_fail("engine", "the configuration cannot be used");
    }
    static double us[ROUNDS_MAX];
    uint64_t out = 0;
    for (size_t i = 0; i < records.count; i++) {
        out += transform(worker, records.items[i]);
    }
    const size_t rounds = measure(worker, &records, seconds, us);
    qsort(us, rounds, sizeof *us, compare);
    const double count = (double)records.count;
    (void)printf("{\"us\":%.3f,\"best_us\":%.3f,\"bytes\":%.0f,\"out_bytes\":%.0f}\n",
                 us[rounds / 2], us[0], (double)records.bytes / count, (double)out / count);
    delivery_records_free(&records);
    wv_worker_free(worker);
    wv_plan_free(plan);
    wv_report_free(report);
    return 0;
}
