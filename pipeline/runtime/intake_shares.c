/*
 * intake_shares.c — an intake's partitions: from the group to the lanes, and back.
 *
 * By the eager protocol a list is all that is ours, and everything was given back before. By the
 * incremental one lists name what moves; lanes go on with what stays. Each change has a generation
 * of its own in the group. Offsets in transactions name the generation, and brokers refuse an
 * earlier one: so each change also gives the lanes a new membership. What they were committing by
 * the old one is aborted, and repeated from memory.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/intake_parts.h"
#include "runtime/positions.h"
#include "runtime/tails.h"

#include <stdlib.h>
#include <time.h>

enum {
    FIND_TRIES = 12, /* times the five seconds that one may take */
    FIND_PAUSE_NS = 500000000,
};

void wv_intake_answer(struct wv_intake *intake, rd_kafka_resp_err_t code,
                      const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error = NULL;
    rd_kafka_resp_err_t answer = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list == NULL || !intake->incremental) {
        answer = rd_kafka_assign(intake->consumer, list);
    } else if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        error = rd_kafka_incremental_assign(intake->consumer, list);
    } else {
        error = rd_kafka_incremental_unassign(intake->consumer, list);
    }
    if (error != NULL) {
        answer = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
    }
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL && !intake->leaving) {
        wv_log(WV_LOG_ERROR, "assignment_failed",
               WV_FIELDS(wv_log_word("what", rd_kafka_err2str(answer)),
                         wv_log_word("advice", wv_client_advice(answer))));
        wv_stop_ask(intake->setup.stop, WV_EXIT_KAFKA);
    }
}

static size_t parts_of(const struct wv_intake *intake, size_t lane)
{
    size_t count = 0;
    for (size_t i = 0; i < intake->part_count; i++) {
        count += intake->parts[i].lane == lane;
    }
    return count;
}

static bool has_leaving(const struct wv_intake *intake, size_t lane)
{
    for (size_t i = 0; i < intake->part_count; i++) {
        if (intake->parts[i].lane == lane && intake->parts[i].leaves) {
            return true;
        }
    }
    return false;
}

/* Lets the lanes finish what they have of what is leaving. False: something was left, and the next
 * owner repeats it. */
static bool drain(struct wv_intake *intake, uint32_t wait_ms)
{
    const uint64_t deadline = wv_clock_now_ns(intake->setup.clock) + (uint64_t)wait_ms * 1000000;
    bool clean = true;
    for (size_t i = 0; i < intake->part_count; i++) {
        if (intake->parts[i].leaves && intake->parts[i].slot != NULL) {
            atomic_store(&intake->parts[i].slot->leaving, true);
        }
    }
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (has_leaving(intake, i)) {
            wv_lane_release(intake->setup.lanes[i], intake->setup.source, deadline);
        }
    }
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (has_leaving(intake, i)) {
            clean = wv_lane_await_release(intake->setup.lanes[i]) && clean;
        }
    }
    return clean;
}

/* Gives back every reference to what is leaving: closing the consumer waits for it otherwise. */
static void forget_parts(struct wv_intake *intake)
{
    size_t kept = 0;
    pthread_mutex_lock(&intake->mutex);
    for (size_t i = 0; i < intake->part_count; i++) {
        struct wv_intake_part *part = &intake->parts[i];
        if (!part->leaves) {
            intake->parts[kept++] = *part;
            continue;
        }
        wv_published_free(part->published);
        if (part->queue != NULL) {
            rd_kafka_queue_forward(part->queue, NULL);
            rd_kafka_queue_destroy(part->queue);
        }
    }
    intake->part_count = kept;
    /* Until the group says what is ours, if only nothing. */
    intake->numbers.assigned = intake->numbers.assigned && kept > 0;
    pthread_mutex_unlock(&intake->mutex);
    for (size_t i = 0; i < intake->setup.lane_count; i++) {
        if (intake->queues[i] != NULL && parts_of(intake, i) == 0) {
            rd_kafka_queue_destroy(intake->queues[i]);
            intake->queues[i] = NULL;
        }
    }
    if (kept == 0) {
        wv_membership_free(intake->membership);
        intake->membership = NULL;
    }
}

static bool hand_out(struct wv_intake *intake, size_t lane, struct wv_lane_share *share)
{
    if (intake->queues[lane] == NULL) {
        intake->queues[lane] = rd_kafka_queue_new(intake->consumer);
    }
    share->source = intake->setup.source;
    share->generation = *intake->setup.generation;
    share->consumer = intake->consumer;
    share->membership = intake->membership;
    share->queue = intake->is_member ? intake->queues[lane] : NULL;
    return wv_lane_assign(intake->setup.lanes[lane], share);
}

/* What is the lane's of the partitions from the first on. */
static bool share_out(struct wv_intake *intake, size_t first, size_t lane)
{
    struct wv_lane_share share = {.count = 0};
    share.parts = calloc(intake->part_count - first + 1, sizeof *share.parts);
    bool good = share.parts != NULL;
    for (size_t i = first; good && i < intake->part_count; i++) {
        const struct wv_intake_part *from = &intake->parts[i];
        if (from->lane == lane) {
            struct wv_lane_part *part = &share.parts[share.count++];
            part->topic = from->topic;
            part->partition = from->partition;
            part->position = from->asked;
            part->published = from->published;
            good = wv_routes_input(intake->setup.routes, intake->setup.source, from->topic,
                                   &part->input);
        }
    }
    good = good && (share.count == 0 || hand_out(intake, lane, &share));
    size_t next = 0;
    for (size_t i = first; good && i < intake->part_count; i++) {
        if (intake->parts[i].lane == lane) {
            intake->parts[i].published = NULL;
            intake->parts[i].slot = share.parts[next++].slot;
        }
    }
    free(share.parts);
    return good;
}

/* False: the group has thrown us out since it spoke to us. It will speak again: until then nothing
 * is read, since nothing could be committed. The old membership stays, and nobody takes offsets by
 * it. */
static bool renew_membership(struct wv_intake *intake)
{
    intake->is_member = true;
    if (!wv_intake_is_exact(intake)) {
        return true;
    }
    struct wv_membership *membership = wv_membership_new(intake->consumer);
    intake->is_member = membership != NULL;
    if (membership == NULL) {
        wv_log(WV_LOG_WARN, "membership_gone",
               WV_FIELDS(wv_log_word("effect", "partitions are taken when the group gives them "
                                               "again")));
    } else {
        wv_membership_free(intake->membership);
        intake->membership = membership;
    }
    bool good = true;
    for (size_t i = 0; good && i < intake->setup.lane_count; i++) {
        struct wv_lane_share share = {.count = 0};
        good = parts_of(intake, i) == 0 || hand_out(intake, i, &share);
    }
    if (!good) {
        wv_stop_ask(intake->setup.stop, WV_EXIT_INTERNAL);
    }
    return intake->is_member && good;
}

static size_t mark_leaving(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < intake->part_count; i++) {
        struct wv_intake_part *part = &intake->parts[i];
        part->leaves = list == NULL || rd_kafka_topic_partition_list_find(list, part->topic,
                                                                          part->partition) != NULL;
        count += part->leaves;
    }
    return count;
}

void wv_intake_give_back(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list,
                         bool lost)
{
    /* Incremental, what leaves is still ours in the generation that takes it from us. */
    if (!lost && intake->part_count > 0 && wv_intake_is_exact(intake) && intake->incremental) {
        lost = !renew_membership(intake);
    }
    const size_t count = mark_leaving(intake, list);
    const size_t kept = intake->part_count - count;
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
                     wv_log_number("kept", (int64_t)kept),
                     wv_log_word("unfinished",
                                 clean && counted ? "none" : "repeated by the next owner")));
}

/* Where to start must be known before anything is read; the group waits for us meanwhile. */
static bool find_positions(struct wv_intake *intake, rd_kafka_topic_partition_list_t *list)
{
    const bool from_end = wv_settings_from_end(&wv_intake_source(intake)->settings);
    const struct timespec pause = {.tv_nsec = FIND_PAUSE_NS};
    for (int i = 0; i < FIND_TRIES && !wv_stop_asked(intake->setup.stop); i++) {
        if (wv_positions_find(intake->consumer, from_end, list)) {
            return true;
        }
        (void)nanosleep(&pause, NULL); /* a refusal comes at once */
    }
    return false;
}

/* What the outputs have of these partitions; NULL: nothing is skipped. */
static struct wv_tail *look_at_outputs(struct wv_intake *intake,
                                       const rd_kafka_topic_partition_list_t *list)
{
    const struct wv_tails_setup setup = {.routes = intake->setup.routes,
                                         .source = intake->setup.source,
                                         .stop = intake->setup.stop,
                                         .clock = intake->setup.clock};
    if (!setup.routes->config->delivery.skip_published || list->cnt == 0) {
        return NULL;
    }
    struct wv_tail *tails = calloc((size_t)list->cnt, sizeof *tails);
    for (int i = 0; tails != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &list->elems[i];
        tails[i].topic = from->topic;
        tails[i].partition = from->partition;
        tails[i].position = from->offset >= 0 ? from->offset : -1;
        tails[i].metadata = (struct wv_slice){from->metadata, from->metadata_size};
    }
    if (tails != NULL) {
        wv_tails_read(&setup, tails, (size_t)list->cnt);
    }
    return tails;
}

/* The lane with the fewest partitions: from nothing on, one after the other. */
static uint32_t next_lane(const struct wv_intake *intake)
{
    size_t best = 0;
    for (size_t i = 1; i < intake->setup.lane_count; i++) {
        best = parts_of(intake, i) < parts_of(intake, best) ? i : best;
    }
    return (uint32_t)best;
}

static bool add_parts(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list,
                      const struct wv_tail *tails)
{
    struct wv_intake_part *parts =
        realloc(intake->parts, (intake->part_count + (size_t)list->cnt + 1) * sizeof *parts);
    if (parts == NULL) {
        return false;
    }
    intake->parts = parts;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &list->elems[i];
        const size_t len = strlen(from->topic);
        if (len > WV_TOPIC_MAX) {
            return false;
        }
        const uint32_t lane = next_lane(intake);
        struct wv_intake_part *part = &intake->parts[intake->part_count++];
        *part = (struct wv_intake_part){.partition = from->partition, .lane = lane};
        memcpy(part->topic, from->topic, len + 1);
        part->published = tails == NULL ? NULL : tails[i].published;
        part->asked = wv_positions_committed(from);
        part->committed = part->asked;
    }
    return true;
}

/* The partition's queue leads to its lane before anything is fetched into it. */
static void forward_part(struct wv_intake *intake, struct wv_intake_part *part)
{
    part->queue = rd_kafka_queue_get_partition(intake->consumer, part->topic, part->partition);
    wv_ensure(part->queue != NULL);
    rd_kafka_queue_forward(part->queue, intake->queues[part->lane]);
}

void wv_intake_take(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    (*intake->setup.generation)++;
    if (!renew_membership(intake) && !intake->incremental) {
        wv_intake_answer(intake, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, NULL);
        return;
    }
    rd_kafka_topic_partition_list_t *sorted = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_topic_partition_list_sort(sorted, NULL, NULL);
    if (list->cnt > 0 && !find_positions(intake, sorted)) {
        rd_kafka_topic_partition_list_destroy(sorted);
        wv_stop_ask(intake->setup.stop, WV_EXIT_KAFKA);
        return;
    }
    struct wv_tail *tails = look_at_outputs(intake, sorted);
    pthread_mutex_lock(&intake->mutex);
    const size_t kept = intake->part_count;
    bool good = add_parts(intake, sorted, tails);
    for (size_t i = 0; good && i < intake->setup.lane_count; i++) {
        good = share_out(intake, kept, i);
    }
    for (size_t i = kept; good && i < intake->part_count; i++) {
        forward_part(intake, &intake->parts[i]);
    }
    intake->numbers.assigned = good;
    pthread_mutex_unlock(&intake->mutex);
    wv_log(WV_LOG_INFO, "partitions_taken",
           WV_FIELDS(wv_log_number("partitions", list->cnt), wv_log_number("kept", (int64_t)kept)));
    if (good) {
        wv_intake_answer(intake, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, sorted);
    } else {
        wv_stop_ask(intake->setup.stop, WV_EXIT_INTERNAL);
    }
    rd_kafka_topic_partition_list_destroy(sorted);
    free(tails);
}
