/*
 * intake.c — one consumer: takes partitions, spreads them over the lanes, commits what is done.
 */
#include "runtime/intake.h"

#include "base/log.h"
#include "runtime/client.h"
#include "runtime/positions.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    COMMIT_WAIT_MS = 10000, /* for the last commit before a partition is given away */
    CLOSE_WAIT_MS = 5000,   /* for the group to be left */
    CLOSE_TURN_MS = 50,
    FIND_TRIES = 12, /* times the five seconds that one may take */
    FIND_PAUSE_NS = 500000000,
};

struct part {
    const char *topic; /* of the list */
    int32_t partition;
    uint32_t lane;
    struct wv_slot *slot;
    rd_kafka_queue_t *queue; /* of the partition, forwarded to the lane's */
    int64_t asked;           /* last offset that was sent to be committed; -1: none */
    int64_t committed;       /* last one that was confirmed; -1: none */
};

struct wv_intake {
    struct wv_intake_setup setup;
    rd_kafka_t *consumer;
    rd_kafka_queue_t **queues; /* by lane; NULL: no partitions */
    rd_kafka_topic_partition_list_t *list;
    struct wv_membership *membership; /* exactly once, while partitions are ours */
    bool leaving;

    pthread_mutex_t mutex; /* over what follows, for wv_intake_numbers() */
    struct part *parts;
    size_t part_count;
    struct wv_intake_numbers numbers;
};

/* Then lanes commit offsets, in their transactions. */
static bool is_exact(const struct wv_intake *intake)
{
    return intake->setup.routes->config->delivery.mode == WV_EXACTLY_ONCE;
}

static const struct wv_source *source_of(const struct wv_intake *intake)
{
    return &intake->setup.routes->sources[intake->setup.source];
}

static struct part *find_part(struct wv_intake *intake, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < intake->part_count; i++) {
        if (intake->parts[i].partition == partition && strcmp(intake->parts[i].topic, topic) == 0) {
            return &intake->parts[i];
        }
    }
    return NULL;
}

/* What may be committed: everything before it is done and, with an audit, written there. */
static int64_t position_of(const struct wv_intake *intake, const struct part *part)
{
    if (part->slot == NULL) {
        return -1; /* the assignment failed halfway */
    }
    return intake->setup.count != NULL
               ? part->slot->counted
               : atomic_load_explicit(&part->slot->position, memory_order_acquire);
}

/* What is done and has not been committed; NULL: nothing. */
static rd_kafka_topic_partition_list_t *done_since(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)intake->part_count);
    for (size_t i = 0; i < intake->part_count; i++) {
        struct part *part = &intake->parts[i];
        const int64_t position = position_of(intake, part);
        if (position >= 0 && position > part->asked) {
            rd_kafka_topic_partition_list_add(list, part->topic, part->partition)->offset =
                position;
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
        struct part *part = find_part(intake, list->elems[i].topic, list->elems[i].partition);
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

static void on_commit(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)consumer;
    if (code != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        note_commit(opaque, code, list);
    }
}

void wv_intake_commit(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = is_exact(intake) ? NULL : done_since(intake);
    if (list == NULL) {
        return;
    }
    const rd_kafka_resp_err_t code = rd_kafka_commit(intake->consumer, list, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_commit(intake, code, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void commit_and_wait(struct wv_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = done_since(intake);
    if (list == NULL) {
        return;
    }
    note_commit(intake, wv_positions_commit(intake->consumer, list, COMMIT_WAIT_MS), list);
    rd_kafka_topic_partition_list_destroy(list);
}

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

static void give_back(struct wv_intake *intake, bool lost)
{
    const size_t count = intake->part_count;
    if (count == 0) {
        forget_parts(intake);
        return;
    }
    /* A lost assignment may be somebody else's already: nothing is committed, he repeats it. */
    const bool clean = drain(intake, lost ? 0 : intake->setup.routes->config->delivery.drain_ms);
    const bool counted = lost || is_exact(intake) || intake->setup.count == NULL ||
                         intake->setup.count(intake->setup.context);
    if (!lost && counted && !is_exact(intake)) {
        commit_and_wait(intake);
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
    const bool from_end = wv_settings_from_end(&source_of(intake)->settings);
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
    struct part *part = &intake->parts[index];
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
    if (!is_exact(intake)) {
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

static void take(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list)
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
    struct part *parts = calloc((size_t)list->cnt + 1, sizeof *parts);
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

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct wv_intake *intake = opaque;
    pthread_mutex_lock(&intake->mutex);
    intake->numbers.rebalances++;
    pthread_mutex_unlock(&intake->mutex);
    give_back(intake, rd_kafka_assignment_lost(consumer) != 0);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !intake->leaving) {
        take(intake, list);
    } else {
        (void)rd_kafka_assign(consumer, NULL);
    }
}

/* A fatal error (another process with the same group.instance.id, say) hides its reason. */
static void complain(struct wv_intake *intake, rd_kafka_resp_err_t code, const char *text)
{
    char why[512] = "";
    enum wv_log_level level = WV_LOG_WARN;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        code = rd_kafka_fatal_error(intake->consumer, why, sizeof why);
        level = WV_LOG_ERROR;
        wv_stop_ask(intake->setup.stop, WV_EXIT_KAFKA);
    }
    wv_log(level, "consumer_error",
           WV_FIELDS(wv_log_word("what", why[0] != '\0' ? why : text),
                     wv_log_word("advice", wv_client_advice(code))));
}

static void on_error(rd_kafka_t *consumer, int code, const char *text, void *opaque)
{
    (void)consumer;
    complain(opaque, (rd_kafka_resp_err_t)code, text);
}

static bool subscribe(struct wv_intake *intake)
{
    const struct wv_routes *routes = intake->setup.routes;
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new((int)routes->config->input_count);
    for (size_t i = 0; i < routes->config->input_count; i++) {
        if (routes->source_of[i] == intake->setup.source) {
            rd_kafka_topic_partition_list_add(
                topics, (const char *)routes->config->inputs[i].topic.ptr, RD_KAFKA_PARTITION_UA);
        }
    }
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(intake->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wv_log(WV_LOG_ERROR, "subscribe_failed",
               WV_FIELDS(wv_log_word("what", rd_kafka_err2str(code)),
                         wv_log_word("advice", wv_client_advice(code))));
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* librdkafka measures a partition's queue at the end of its forwarding, so its limit is one of a
 * lane's queue. A limit that is too small costs a second of not fetching each time it is met (its
 * issue #2879). */
static size_t filled_lanes(const struct wv_intake *intake)
{
    const size_t partitions = source_of(intake)->partitions;
    const size_t lanes = intake->setup.lane_count;
    return partitions > 0 && partitions < lanes ? partitions : lanes;
}

static bool make_consumer(struct wv_intake *intake)
{
    const struct wv_client_plan plan = {.role = WV_ROLE_CONSUMER,
                                        .settings = &source_of(intake)->settings,
                                        .config = intake->setup.routes->config,
                                        .sharers = filled_lanes(intake)};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, intake);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    rd_kafka_conf_set_error_cb(conf, on_error);
    intake->consumer = wv_client_new(WV_ROLE_CONSUMER, conf);
    if (intake->consumer == NULL) {
        return false;
    }
    (void)rd_kafka_poll_set_consumer(intake->consumer);
    return subscribe(intake);
}

struct wv_intake *wv_intake_start(const struct wv_intake_setup *setup)
{
    struct wv_intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL) {
        return NULL;
    }
    intake->setup = *setup;
    pthread_mutex_init(&intake->mutex, NULL);
    intake->queues = calloc(setup->lane_count + 1, sizeof(rd_kafka_queue_t *));
    if (intake->queues == NULL || !make_consumer(intake)) {
        wv_intake_stop(intake);
        return NULL;
    }
    return intake;
}

void wv_intake_poll(struct wv_intake *intake, int wait_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(intake->consumer, wait_ms);
    if (message == NULL) {
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        /* Messages go to the lanes. One that comes here would be counted by nobody. */
        wv_log(WV_LOG_ERROR, "unexpected_message",
               WV_FIELDS(wv_log_number("partition", message->partition)));
        wv_stop_ask(intake->setup.stop, WV_EXIT_INTERNAL);
    } else {
        complain(intake, message->err, rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
}

/* Leaves the group. rd_kafka_consumer_close() waits without an end for a coordinator that cannot be
 * reached; the group finds out by itself. */
static void close_consumer(struct wv_intake *intake)
{
    rd_kafka_t *consumer = intake->consumer;
    const uint64_t deadline =
        wv_clock_now_ns(intake->setup.clock) + (uint64_t)CLOSE_WAIT_MS * 1000000;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer, queue);
    bool closes = error == NULL;
    while (closes && rd_kafka_consumer_closed(consumer) == 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CLOSE_TURN_MS);
        if (event != NULL && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
            (void)rd_kafka_assign(consumer, NULL);
        }
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
        closes = wv_clock_now_ns(intake->setup.clock) < deadline;
    }
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    if (rd_kafka_consumer_closed(consumer) == 0) {
        wv_log(WV_LOG_WARN, "group_not_left",
               WV_FIELDS(wv_log_word("effect", "its partitions wait for the session's end")));
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void wv_intake_stop(struct wv_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    intake->leaving = true;
    if (intake->consumer != NULL) {
        give_back(intake, rd_kafka_assignment_lost(intake->consumer) != 0);
        close_consumer(intake);
    }
    free(intake->queues);
    pthread_mutex_destroy(&intake->mutex);
    free(intake);
}

static void fill_partition(const struct wv_intake *intake, const struct part *part,
                           struct wv_partition_numbers *numbers)
{
    const int64_t position = atomic_load_explicit(&part->slot->position, memory_order_acquire);
    int64_t low = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(intake->consumer, part->topic, part->partition, &low,
                                         &end);
    *numbers =
        (struct wv_partition_numbers){.partition = part->partition,
                                      .lane = part->lane,
                                      .position = position,
                                      .committed = is_exact(intake) ? position : part->committed,
                                      .end = end,
                                      .lag = -1};
    numbers->in_flight = atomic_load_explicit(&part->slot->in_flight, memory_order_relaxed);
    memcpy(numbers->topic, part->slot->topic, sizeof numbers->topic);
    if (end >= 0) {
        const int64_t from = position >= 0 ? position : low;
        numbers->lag = end > from ? end - from : 0;
    }
    const int64_t read_ms = atomic_load_explicit(&part->slot->read_ms, memory_order_relaxed);
    if (numbers->lag > 0 && read_ms >= 0) {
        const int64_t age = wv_clock_wall_ms(intake->setup.clock) - read_ms;
        numbers->behind_ms = age > 0 ? age : 0;
    }
}

size_t wv_intake_numbers(struct wv_intake *intake, struct wv_intake_numbers *numbers,
                         struct wv_partition_numbers *partitions, size_t max)
{
    pthread_mutex_lock(&intake->mutex);
    *numbers = intake->numbers;
    const size_t count = intake->part_count;
    for (size_t i = 0; i < count && i < max && intake->parts[i].slot != NULL; i++) {
        fill_partition(intake, &intake->parts[i], &partitions[i]);
    }
    pthread_mutex_unlock(&intake->mutex);
    return count;
}
