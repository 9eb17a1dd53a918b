/*
 * watermarks.h — where a partition begins and ends.
 *
 * Not by rd_kafka_query_watermark_offsets(): it asks for both at once, and tells the answers apart
 * by their size. After a question before it that failed, librdkafka 2.0.2 has given the end for
 * both: whoever takes it for the beginning skips all that is there, or says that it is gone.
 */
#ifndef WV_RUNTIME_WATERMARKS_H
#define WV_RUNTIME_WATERMARKS_H

#include "base/ensure.h"

#include <librdkafka/rdkafka.h>

/* word: RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END. Waits for the brokers, at most wait_ms;
 * on failure *offset stays as it is. */
WV_MUST_USE rd_kafka_resp_err_t wv_watermark(rd_kafka_t *client, const char *topic,
                                             int32_t partition, int64_t word, int wait_ms,
                                             int64_t *offset);

/* Both, one after the other, each at most wait_ms. */
WV_MUST_USE rd_kafka_resp_err_t wv_watermarks(rd_kafka_t *client, const char *topic,
                                              int32_t partition, int wait_ms, int64_t *low,
                                              int64_t *high);

#endif
