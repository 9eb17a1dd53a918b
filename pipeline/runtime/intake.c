/*
 * intake.c — one consumer: takes partitions, spreads them over the lanes, commits what is done.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/intake_parts.h"

#include <stdlib.h>

enum {
    ALONE_MS = 10000,     /* outside of the group, before the log speaks of it */
    CLOSE_WAIT_MS = 5000, /* for the group to be left */
    CLOSE_TURN_MS = 50,
};

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct wv_intake *intake = opaque;
    pthread_mutex_lock(&intake->mutex);
    intake->numbers.rebalances++;
    pthread_mutex_unlock(&intake->mutex);
    const bool lost = rd_kafka_assignment_lost(consumer) != 0;
    const bool given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    const bool moved = intake->incremental && code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS;
    if (!given || !intake->incremental) {
        wv_intake_give_back(intake, moved ? list : NULL, lost);
    }
    if (given && !intake->leaving) {
        wv_intake_take(intake, list);
    } else {
        wv_intake_answer(intake, code, moved ? list : NULL);
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
    const size_t partitions = wv_intake_source(intake)->partitions;
    const size_t lanes = intake->setup.lane_count;
    return partitions > 0 && partitions < lanes ? partitions : lanes;
}

static bool make_consumer(struct wv_intake *intake)
{
    const struct wv_client_plan plan = {.role = WV_ROLE_CONSUMER,
                                        .settings = &wv_intake_source(intake)->settings,
                                        .config = intake->setup.routes->config,
                                        .sharers = filled_lanes(intake)};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, intake);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, wv_intake_on_commit);
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
    intake->incremental = wv_settings_incremental(&wv_intake_source(intake)->settings);
    intake->next_generation = wv_settings_next_generation(&wv_intake_source(intake)->settings);
    intake->alone_since_ns = wv_clock_now_ns(setup->clock);
    if (intake->queues == NULL || !make_consumer(intake)) {
        wv_intake_stop(intake);
        return NULL;
    }
    return intake;
}

/* By the group's next protocol, a member that gets no partitions is told nothing: it has to ask
 * whether it is one. Nor is anybody told that the brokers do not know that protocol. */
static void look_for_group(struct wv_intake *intake)
{
    const uint64_t now = wv_clock_now_ns(intake->setup.clock);
    if (!intake->next_generation || intake->numbers.assigned) {
        intake->alone_since_ns = now;
    } else if (wv_membership_is_joined(intake->consumer)) {
        pthread_mutex_lock(&intake->mutex);
        intake->numbers.assigned = true;
        pthread_mutex_unlock(&intake->mutex);
    } else if (now - intake->alone_since_ns > (uint64_t)ALONE_MS * 1000000) {
        intake->alone_since_ns = now;
        wv_log(WV_LOG_WARN, "group_not_joined",
               WV_FIELDS(wv_log_number("seconds", ALONE_MS / 1000),
                         wv_log_word("advice", "check that the brokers are of Kafka 4.0 or newer: "
                                               "older ones want group.protocol \"classic\"")));
    }
}

void wv_intake_poll(struct wv_intake *intake, int wait_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(intake->consumer, wait_ms);
    if (message == NULL) {
        look_for_group(intake);
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
            const bool moved = intake->incremental &&
                               rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS;
            wv_intake_answer(intake, rd_kafka_event_error(event),
                             moved ? rd_kafka_event_topic_partition_list(event) : NULL);
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
        wv_intake_give_back(intake, NULL, rd_kafka_assignment_lost(intake->consumer) != 0);
        close_consumer(intake);
    }
    free(intake->parts);
    free(intake->queues);
    pthread_mutex_destroy(&intake->mutex);
    free(intake);
}

static void fill_partition(const struct wv_intake *intake, const struct wv_intake_part *part,
                           struct wv_partition_numbers *numbers)
{
    const int64_t position = atomic_load_explicit(&part->slot->position, memory_order_acquire);
    int64_t low = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(intake->consumer, part->topic, part->partition, &low,
                                         &end);
    *numbers = (struct wv_partition_numbers){
        .partition = part->partition,
        .lane = part->lane,
        .position = position,
        .committed = wv_intake_is_exact(intake) ? position : part->committed,
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
