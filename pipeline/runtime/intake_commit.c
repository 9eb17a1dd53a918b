/*
 * intake_commit.c — the offsets of an intake's partitions: which may be committed, and whether they
 * were.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/intake_parts.h"
#include "runtime/positions.h"

enum { COMMIT_WAIT_MS = 10000 }; /* for the last commit before a partition is given away */

struct wv_intake_part *wv_intake_find(struct wv_intake *intake, const char *topic,
                                      int32_t partition)
{
    for (size_t i = 0; i < intake->part_count; i++) {
        if (intake->parts[i].partition == partition && strcmp(intake->parts[i].topic, topic) == 0) {
            return &intake->parts[i];
        }
    }
    return NULL;
}

/* What may be committed: everything before it is done and, with an audit, written there. */
static int64_t position_of(const struct wv_intake *intake, const struct wv_intake_part *part)
{
    if (part->slot == NULL) {
        return -1; /* the assignment failed halfway */
    }
    return intake->setup.count != NULL
               ? part->slot->counted
               : atomic_load_explicit(&part->slot->position, memory_order_acquire);
}

/* What says, after a crash, from where on to look for what is published of the rest. It is written
 * before the position is looked up, which must not be the earlier one. */
static size_t begin_metadata(const struct wv_intake *intake, const struct wv_intake_part *part,
                             char text[WV_PUBLISHED_TEXT_MAX])
{
    const struct wv_published *published = part->slot == NULL ? NULL : part->slot->published;
    return published == NULL ? 0 : wv_published_write(published, intake->setup.count != NULL, text);
}

static void put_metadata(const struct wv_intake *intake, rd_kafka_topic_partition_t *to,
                         char text[WV_PUBLISHED_TEXT_MAX], size_t len)
{
    if (len == 0) {
        return;
    }
    len = wv_published_end(text, len, to->offset);
    to->metadata = rd_kafka_mem_malloc(intake->consumer, len);
    if (to->metadata != NULL) {
        memcpy(to->metadata, text, len);
        to->metadata_size = len;
    }
}

/* What is done and has not been committed; NULL: nothing. */
static rd_kafka_topic_partition_list_t *done_since(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)intake->part_count);
    for (size_t i = 0; i < intake->part_count; i++) {
        struct wv_intake_part *part = &intake->parts[i];
        char text[WV_PUBLISHED_TEXT_MAX];
        const size_t len = begin_metadata(intake, part, text);
        const int64_t position = position_of(intake, part);
        if (position >= 0 && position > part->asked) {
            rd_kafka_topic_partition_t *to =
                rd_kafka_topic_partition_list_add(list, part->topic, part->partition);
            to->offset = position;
            put_metadata(intake, to, text, len);
            part->asked = position;
        }
    }
    if (list->cnt == 0) {
        rd_kafka_topic_partition_list_destroy(list);
        return NULL;
    }
    return list;
}

static void note_commit(struct wv_intake *intake, rd_kafka_resp_err_t code,
                        const rd_kafka_topic_partition_list_t *list)
{
    pthread_mutex_lock(&intake->mutex);
    intake->numbers.commits += code == RD_KAFKA_RESP_ERR_NO_ERROR;
    intake->numbers.commit_errors += code != RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        struct wv_intake_part *part =
            wv_intake_find(intake, list->elems[i].topic, list->elems[i].partition);
        if (part == NULL) {
            continue;
        }
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR &&
            list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            part->committed = list->elems[i].offset;
        } else {
            part->asked = part->committed; /* the next commit repeats it */
        }
    }
    pthread_mutex_unlock(&intake->mutex);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wv_log(WV_LOG_WARN, "commit_failed",
               WV_FIELDS(wv_log_word("what", rd_kafka_err2str(code)),
                         wv_log_word("advice", wv_client_advice(code)),
                         wv_log_word("effect", "it is repeated; a restart before that repeats "
                                               "records")));
    }
}

void wv_intake_on_commit(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)consumer;
    if (code != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        note_commit(opaque, code, list);
    }
}

void wv_intake_commit(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = wv_intake_is_exact(intake) ? NULL : done_since(intake);
    if (list == NULL) {
        return;
    }
    const rd_kafka_resp_err_t code = rd_kafka_commit(intake->consumer, list, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_commit(intake, code, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

void wv_intake_commit_now(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = done_since(intake);
    if (list == NULL) {
        return;
    }
    note_commit(intake, wv_positions_commit(intake->consumer, list, COMMIT_WAIT_MS), list);
    rd_kafka_topic_partition_list_destroy(list);
}
