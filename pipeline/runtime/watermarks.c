/*
 * watermarks.c — where a partition begins and ends.
 */
#include "runtime/watermarks.h"

/* Brokers take the words for times: in Kafka's protocol they are the same numbers. */
rd_kafka_resp_err_t wv_watermark(rd_kafka_t *client, const char *topic, int32_t partition,
                                 int64_t word, int wait_ms, int64_t *offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *asked = rd_kafka_topic_partition_list_add(list, topic, partition);
    asked->offset = word;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list, wait_ms);
    code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : code;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && asked->offset < 0) {
        code = RD_KAFKA_RESP_ERR__BAD_MSG;
    }
    *offset = code == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->offset : *offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

rd_kafka_resp_err_t wv_watermarks(rd_kafka_t *client, const char *topic, int32_t partition,
                                  int wait_ms, int64_t *low, int64_t *high)
{
    const rd_kafka_resp_err_t code =
        wv_watermark(client, topic, partition, RD_KAFKA_OFFSET_BEGINNING, wait_ms, low);
    return code != RD_KAFKA_RESP_ERR_NO_ERROR
               ? code
               : wv_watermark(client, topic, partition, RD_KAFKA_OFFSET_END, wait_ms, high);
}
