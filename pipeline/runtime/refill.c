/*
 * refill.c — librdkafka fills the queues of a lane that lags behind before they run dry.
 */
#include "runtime/refill.h"

enum { EVERY_MS = 100, LOOKS_ITSELF = 0x020200ff }; /* fetch.queue.backoff.ms, from 2.2 on */

void wv_refill_look(struct wv_refill *refill, rd_kafka_t *consumer, struct wv_slot *const *slots,
                    size_t count, size_t source, uint64_t now_ns)
{
    if (now_ns - refill->asked_ns < (uint64_t)EVERY_MS * 1000000 ||
        rd_kafka_version() >= LOOKS_ITSELF) {
        return;
    }
    refill->asked_ns = now_ns;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        if (slots[i]->used && slots[i]->source == source) {
            rd_kafka_topic_partition_list_add(list, slots[i]->topic, slots[i]->partition)->offset =
                RD_KAFKA_OFFSET_END;
        }
    }
    if (list->cnt > 0) {
        (void)rd_kafka_offsets_for_times(consumer, list, 0);
    }
    rd_kafka_topic_partition_list_destroy(list);
}
