/*
 * positions.h — where a partition is read from when it has been assigned.
 *
 * At the committed offset. Where the group has committed nothing: at the beginning, or, with
 * auto.offset.reset=latest, at the end as it is now, which is committed at once, so that a restart
 * before the first real commit does not move it. A committed offset that the input does not have
 * any more is never replaced: reading it fails, and the service stops.
 */
#ifndef WV_RUNTIME_POSITIONS_H
#define WV_RUNTIME_POSITIONS_H

#include "base/ensure.h"

#include <librdkafka/rdkafka.h>

/* Sets the offsets of the list, all as numbers. Waits for the brokers, but not for long: on
 * failure, logged, the caller asks again. Uses the partitions' `opaque`. */
WV_MUST_USE bool wv_positions_find(rd_kafka_t *consumer, bool from_end,
                                   rd_kafka_topic_partition_list_t *list);

/* What the group had committed for a partition of such a list; -1: nothing. */
int64_t wv_positions_committed(const rd_kafka_topic_partition_t *part);

/* Commits the offsets and waits for the answer, at most wait_ms. */
WV_MUST_USE rd_kafka_resp_err_t wv_positions_commit(rd_kafka_t *consumer,
                                                    const rd_kafka_topic_partition_list_t *list,
                                                    int wait_ms);

#endif
