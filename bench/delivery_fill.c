/*
 * delivery_fill.c — writes made-up records into the input: so many, or as fast as they are read.
 */
#include "bench/delivery.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { POLL_MS = 5, FLUSH_MS = 120000, FEED_RECORDS = 4000, ASK_MS = 30000, WAIT_MS = 100 };

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

struct writer {
    struct delivery_records records;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
};

static void open_writer(struct writer *writer, const struct delivery *delivery, size_t size)
{
    if (!delivery_records_make(&writer->records, size)) {
        delivery_fail("fill", "there is no memory left");
    }
    rd_kafka_conf_t *conf = delivery_conf(delivery, WV_ROLE_PRODUCER, NULL);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    writer->producer = wv_client_new(WV_ROLE_PRODUCER, conf);
    writer->topic = writer->producer == NULL
                        ? NULL
                        : rd_kafka_topic_new(writer->producer, delivery->input, NULL);
    if (writer->topic == NULL) {
        delivery_fail("fill", "no producer");
    }
}

int delivery_fill(const struct delivery *delivery, size_t size, uint64_t count)
{
    struct writer writer;
    uint64_t bytes = 0;
    open_writer(&writer, delivery, size);
    for (uint64_t i = 0; i < count; i++) {
        const struct wv_slice record = writer.records.items[i % writer.records.count];
        send_record(writer.producer, writer.topic, (int32_t)(i % DELIVERY_PARTITIONS), record);
        bytes += record.len;
    }
    if (rd_kafka_flush(writer.producer, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR || failed > 0) {
        delivery_fail("fill", "the broker did not take all records");
    }
    rd_kafka_topic_destroy(writer.topic);
    rd_kafka_destroy(writer.producer);
    delivery_records_free(&writer.records);
    (void)printf("{\"records\":%llu,\"bytes\":%llu}\n", (unsigned long long)count,
                 (unsigned long long)bytes);
    return 0;
}

/* Asks what the group has committed; it does not join it. */
static rd_kafka_t *make_asker(const struct delivery *delivery)
{
    rd_kafka_t *asker =
        wv_client_new(WV_ROLE_CONSUMER, delivery_conf(delivery, WV_ROLE_CONSUMER, NULL));
    if (asker == NULL) {
        delivery_fail("feed", "no client");
    }
    return asker;
}

/* How many records of the input are done; `known` where the broker does not answer in time. */
static uint64_t done(const struct delivery *delivery, rd_kafka_t *asker, uint64_t known)
{
    uint64_t sum = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(DELIVERY_PARTITIONS);
    for (int32_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, delivery->input, i);
    }
    if (rd_kafka_committed(asker, list, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        sum = known;
    } else {
        for (int i = 0; i < list->cnt; i++) {
            sum += list->elems[i].offset > 0 ? (uint64_t)list->elems[i].offset : 0;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return sum;
}

int delivery_feed(const struct delivery *delivery, size_t size, uint64_t ahead)
{
    struct writer writer;
    open_writer(&writer, delivery, size);
    rd_kafka_t *asker = make_asker(delivery);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    uint64_t known = 0;
    for (uint64_t written = 0;;) {
        if (failed > 0) {
            delivery_fail("feed", "the broker did not take all records");
        }
        known = done(delivery, asker, known);
        for (uint64_t i = 0; i < FEED_RECORDS && written < known + ahead; i++, written++) {
            send_record(writer.producer, writer.topic, (int32_t)(written % DELIVERY_PARTITIONS),
                        writer.records.items[written % writer.records.count]);
        }
        if (written >= known + ahead) {
            (void)rd_kafka_poll(writer.producer, WAIT_MS);
        }
    }
}
