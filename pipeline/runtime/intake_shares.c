/*
 * intake_shares.c — an intake's partitions: from the group to the lanes, and back.
 */
#include "base/log.h"
#include "runtime/intake_parts.h"
#include "runtime/positions.h"

#include <stdlib.h>
#include <time.h>

enum {
    FIND_TRIES = 12, /* times the five seconds that one may take */
    FIND_PAUSE_NS = 500000000,
};

/* Lets the lanes finish what they have. False: something was left, and the next owner repeats it.
 */
static bool drain(struct wv_intake *intake, uint32_t wait_ms)
{
    const uint64_t deadline = wv_clock_now_ns(intake->setup.clock) + (uint64_t)wait_ms * 1000000;
    bool clean = true;
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (intake->queues[i] != NULL) {
            wv_lane_release(intake->setup.lanes[i], intake->setup.source, deadline);
        }
    }
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (intake->queues[i] != NULL) {
            clean = wv_lane_await_release(intake->setup.lanes[i]) && clean;
        }
    }
    return clean;
}

/* Gives back every reference to the partitions: closing the consumer waits for them otherwise. */
static void forget_parts(struct wv_intake *intake)
{
    for (size_t i = 0; i < intake->part_count; i++) {
        if (intake->parts[i].queue != NULL) {
            rd_kafka_queue_forward(intake->parts[i].queue, NULL);
            rd_kafka_queue_destroy(intake->parts[i].queue);
        }
    }
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (intake->queues[i] != NULL) {
            rd_kafka_queue_destroy(intake->queues[i]);
            intake->queues[i] = NULL;
        }
    }
    pthread_mutex_lock(&intake->mutex);
    free(intake->parts);
    intake->parts = NULL;
    intake->part_count = 0;
    intake->numbers.assigned = false; /* until the group says what is ours, if only nothing */
    pthread_mutex_unlock(&intake->mutex);
    if (intake->list != NULL) {
        rd_kafka_topic_partition_list_destroy(intake->list);
        intake->list = NULL;
    }
    wv_membership_free(intake->membership);
    intake->membership = NULL;
}

void wv_intake_give_back(struct wv_intake *intake, bool lost)
{
    const size_t count = intake->part_count;
    if (count == 0) {
        forget_parts(intake);
        return;
    }
    /* A lost assignment may be somebody else's already: nothing is committed, he repeats it. */
    const bool clean = drain(intake, lost ? 0 : intake->setup.routes->config->delivery.drain_ms);
    const bool counted = lost || wv_intake_is_exact(intake) || intake->setup.count == NULL ||
                         intake->setup.count(intake->setup.context);
    if (!lost && counted && !wv_intake_is_exact(intake)) {
        wv_intake_commit_now(intake);
    }
    forget_parts(intake);
    wv_log(clean && counted ? WV_LOG_INFO : WV_LOG_WARN,
           lost ? "partitions_lost" : "partitions_given_back",
           WV_FIELDS(wv_log_number("partitions", (int64_t)count),
                     wv_log_word("unfinished",
                                 clean && counted ? "none" : "repeated by the next owner")));
}

/* Where to start must be known before anything is read; the group waits for us meanwhile. */
static bool find_positions(struct wv_intake *intake)
{
    const bool from_end = wv_settings_from_end(&wv_intake_source(intake)->settings);
    const struct timespec pause = {.tv_nsec = FIND_PAUSE_NS};
    for (int i = 0; i < FIND_TRIES && !wv_stop_asked(intake->setup.stop); i++) {
        if (wv_positions_find(intake->consumer, from_end, intake->list)) {
            return true;
        }
        (void)nanosleep(&pause, NULL); /* a refusal comes at once */
    }
    return false;
}

/* One lane's share: every lane_count-th partition of the list. */
static bool share_out(struct wv_intake *intake, size_t lane)
{
    const size_t lanes = intake->setup.lane_count;
    struct wv_lane_share share = {.source = intake->setup.source,
                                  .generation = *intake->setup.generation,
                                  .consumer = intake->consumer,
                                  .membership = intake->membership};
    share.parts = calloc(intake->part_count / lanes + 1, sizeof *share.parts);
    if (share.parts == NULL) {
        return false;
    }
    bool good = true;
    for (size_t i = lane; good && i < intake->part_count; i += lanes) {
        const rd_kafka_topic_partition_t *from = &intake->list->elems[i];
        struct wv_lane_part *part = &share.parts[share.count++];
        part->topic = from->topic;
        part->partition = from->partition;
        part->position = wv_positions_committed(from);
        good =
            wv_routes_input(intake->setup.routes, intake->setup.source, from->topic, &part->input);
    }
    if (good && share.count > 0) {
        intake->queues[lane] = rd_kafka_queue_new(intake->consumer);
        share.queue = intake->queues[lane];
        good = wv_lane_assign(intake->setup.lanes[lane], &share);
    }
    for (size_t i = 0; good && i < share.count; i++) {
        intake->parts[lane + i * lanes].slot = share.parts[i].slot;
    }
    free(share.parts);
    return good;
}

/* The partition's queue leads to its lane before anything is fetched into it. */
static void forward_part(struct wv_intake *intake, size_t index)
{
    const rd_kafka_topic_partition_t *from = &intake->list->elems[index];
    struct wv_intake_part *part = &intake->parts[index];
    part->topic = from->topic;
    part->partition = from->partition;
    part->lane = (uint32_t)(index % intake->setup.lane_count);
    part->asked = wv_positions_committed(from);
    part->committed = part->asked;
    part->queue = rd_kafka_queue_get_partition(intake->consumer, from->topic, from->partition);
    wv_ensure(part->queue != NULL);
    rd_kafka_queue_forward(part->queue, intake->queues[part->lane]);
}

/* False: the group has thrown us out since it gave us the list. Another list will come: until then
 * nothing is read, since nothing could be committed. */
static bool remember_membership(struct wv_intake *intake)
{
    if (!wv_intake_is_exact(intake)) {
        return true;
    }
    intake->membership = wv_membership_new(intake->consumer);
    if (intake->membership == NULL) {
        wv_log(WV_LOG_WARN, "membership_gone",
               WV_FIELDS(wv_log_word("effect", "partitions are taken when the group gives them "
                                               "again")));
    }
    return intake->membership != NULL;
}

void wv_intake_take(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    (*intake->setup.generation)++;
    intake->list = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_topic_partition_list_sort(intake->list, NULL, NULL);
    if (!remember_membership(intake)) {
        forget_parts(intake);
        (void)rd_kafka_assign(intake->consumer, NULL);
        return;
    }
    if (list->cnt > 0 && !find_positions(intake)) {
        wv_stop_ask(intake->setup.stop, WV_EXIT_KAFKA);
        return;
    }
    struct wv_intake_part *parts = calloc((size_t)list->cnt + 1, sizeof *parts);
    bool good = parts != NULL;
    pthread_mutex_lock(&intake->mutex);
    intake->parts = parts;
    intake->part_count = good ? (size_t)list->cnt : 0;
    for (size_t i = 0; good && i < intake->setup.lane_count; i++) {
        good = share_out(intake, i);
    }
    for (size_t i = 0; good && i < intake->part_count; i++) {
        forward_part(intake, i);
    }
    intake->numbers.assigned = good;
    pthread_mutex_unlock(&intake->mutex);
    wv_log(WV_LOG_INFO, "partitions_taken", WV_FIELDS(wv_log_number("partitions", list->cnt)));
    if (!good || rd_kafka_assign(intake->consumer, intake->list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wv_stop_ask(intake->setup.stop, WV_EXIT_INTERNAL);
    }
}
