/*
 * positions.c — where a partition is read from when it has been assigned.
 */
#include "runtime/positions.h"

#include "base/log.h"
#include "runtime/client.h"
#include "runtime/watermarks.h"

enum { ASK_MS = 5000 };

static char nothing_committed; /* its address stands in such a partition's `opaque` */

static bool fail(const char *event, rd_kafka_resp_err_t code)
{
    wv_log(WV_LOG_WARN, event,
           WV_FIELDS(wv_log_word("what", rd_kafka_err2str(code)),
                     wv_log_word("advice", wv_client_advice(code))));
    return false;
}

static bool query(rd_kafka_t *consumer, int64_t word, rd_kafka_topic_partition_t *part)
{
    const rd_kafka_resp_err_t code =
        wv_watermark(consumer, part->topic, part->partition, word, ASK_MS, &part->offset);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || fail("ends_unknown", code);
}

/* The end of the partition as a number: as a word it would be looked up anew by each start. */
static bool put_end(rd_kafka_t *consumer, rd_kafka_topic_partition_t *part)
{
    return query(consumer, RD_KAFKA_OFFSET_END, part);
}

/* The beginning as a number, too. librdkafka would look up the word for itself, and when the answer
 * comes after the partition was given back, it asks again, and fetches a partition that is not
 * ours: the next time that we have it these messages come first. Seen with 2.0.2: the branch for an
 * outdated answer in rd_kafka_toppar_handle_Offset(). */
static bool put_beginning(rd_kafka_t *consumer, rd_kafka_topic_partition_t *part)
{
    part->opaque = &nothing_committed;
    return query(consumer, RD_KAFKA_OFFSET_BEGINNING, part);
}

static bool start_at_end(rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *fixed = rd_kafka_topic_partition_list_new(list->cnt);
    bool good = true;
    for (int i = 0; good && i < list->cnt; i++) {
        rd_kafka_topic_partition_t *part = &list->elems[i];
        if (part->offset < 0) {
            good = put_end(consumer, part);
            rd_kafka_topic_partition_list_add(fixed, part->topic, part->partition)->offset =
                part->offset;
        }
    }
    if (good && fixed->cnt > 0) {
        const rd_kafka_resp_err_t code = wv_positions_commit(consumer, fixed, ASK_MS);
        good = code == RD_KAFKA_RESP_ERR_NO_ERROR || fail("end_not_committed", code);
    }
    rd_kafka_topic_partition_list_destroy(fixed);
    return good;
}

bool wv_positions_find(rd_kafka_t *consumer, bool from_end, rd_kafka_topic_partition_list_t *list)
{
    const rd_kafka_resp_err_t code = rd_kafka_committed(consumer, list, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail("committed_unknown", code);
    }
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].opaque = NULL;
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return fail("committed_unknown", list->elems[i].err);
        }
    }
    if (from_end) {
        return start_at_end(consumer, list);
    }
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].offset < 0 && !put_beginning(consumer, &list->elems[i])) {
            return false;
        }
    }
    return true;
}

int64_t wv_positions_committed(const rd_kafka_topic_partition_t *part)
{
    return part->opaque == &nothing_committed ? -1 : part->offset;
}

rd_kafka_resp_err_t wv_positions_commit(rd_kafka_t *consumer,
                                        const rd_kafka_topic_partition_list_t *list, int wait_ms)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer, list, queue, NULL, NULL);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
        code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    rd_kafka_queue_destroy(queue);
    return code;
}
