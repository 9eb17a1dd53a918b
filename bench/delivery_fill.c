/*
 * delivery_fill.c — writes made-up records into the input.
 */
#include "bench/delivery.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLL_MS = 5, FLUSH_MS = 120000 };

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
