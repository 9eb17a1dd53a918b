/*
 * bench_passthrough.c — reads, writes, commits, and does nothing in between.
 *
 *     bench_passthrough CONFIG once|least [SIZE]
 *
 * What the service is compared with: the same library with the same properties, partitions spread
 * over as many threads with a producer each, the same promise about what is committed when. It runs
 * until it is told to end. `once` puts records and offsets into a transaction for each thread,
 * which ends by delivery.commit_ms, commit_records or commit_kib, whichever is first; nothing else
 * is done about failures, which end it.
 *
 * With SIZE it writes, instead of each record, what the engine made of it before the loop began:
 * the same reading and the same writing as the service, without the work between them. The input
 * must be filled with records of that size (delivery_fill.c).
 */
#include "bench/delivery.h"

#include "base/log.h"
#include "bench/plain.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { BATCH = 256, IDLE_MS = 20, BUSY_MS = 2, ASK_MS = 30000, LANES_MAX = 64 };

struct lane {
    struct loop *loop;
    pthread_t thread;
    rd_kafka_queue_t *queue;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    int64_t sent[DELIVERY_PARTITIONS]; /* what the open transaction goes up to; -1: nothing */
    uint64_t records;                  /* in the open transaction */
    uint64_t bytes;                    /* of their values */
};

struct loop {
    struct delivery delivery;
    bool once;
    rd_kafka_t *consumer;
    struct lane lanes[LANES_MAX];
    _Atomic int64_t done[DELIVERY_PARTITIONS]; /* acknowledged up to there */
    int64_t committed[DELIVERY_PARTITIONS];
    struct delivery_records results; /* none: records are written as they were read */
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static void check(const char *what, rd_kafka_error_t *error)
{
    if (error != NULL) {
        delivery_fail(what, rd_kafka_error_string(error));
    }
}

/* Reports of a partition come in the order of its records. */
static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct loop *loop = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery_fail("produce", rd_kafka_err2str(message->err));
    }
    atomic_store_explicit(&loop->done[message->partition], (int64_t)(intptr_t)message->_private,
                          memory_order_release);
}

/* What is written for a message. Record i is in partition i % DELIVERY_PARTITIONS. */
static struct wv_slice value_of(const struct loop *loop, const rd_kafka_message_t *message)
{
    if (loop->results.count == 0) {
        return (struct wv_slice){message->payload, message->len};
    }
    const uint64_t record =
        (uint64_t)message->offset * DELIVERY_PARTITIONS + (uint64_t)message->partition;
    return loop->results.items[record % loop->results.count];
}

static void send_record(struct lane *lane, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    const struct wv_slice value = value_of(lane->loop, message);
    union {
        const void *from;
        void *to;
    } same = {.from = value.ptr};
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = lane->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(intptr_t)(message->offset + 1)},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = same.to, .size = value.len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = rd_kafka_message_timestamp(message, &type)},
    };
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_produceva(lane->producer, parts, WV_COUNT(parts));
        if (error == NULL) {
            break;
        }
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            check("produce", error);
        }
        rd_kafka_error_destroy(error);
        (void)rd_kafka_poll(lane->producer, BUSY_MS);
    }
    lane->sent[message->partition] = message->offset + 1;
    lane->records++;
    lane->bytes += value.len;
}

static void commit_transaction(struct lane *lane)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(DELIVERY_PARTITIONS);
    for (int32_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        if (lane->sent[i] >= 0) {
            rd_kafka_topic_partition_list_add(list, lane->loop->delivery.input, i)->offset =
                lane->sent[i];
            lane->sent[i] = -1;
        }
    }
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata(lane->loop->consumer);
    check("offsets", rd_kafka_send_offsets_to_transaction(lane->producer, list, group, ASK_MS));
    check("commit", rd_kafka_commit_transaction(lane->producer, -1));
    check("begin", rd_kafka_begin_transaction(lane->producer));
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    lane->records = 0;
    lane->bytes = 0;
}

static bool is_due(const struct lane *lane, uint64_t begun_ns)
{
    const struct wv_delivery *when = &lane->loop->delivery.config->delivery;
    return lane->records >= when->commit_records ||
           lane->bytes >= (uint64_t)when->commit_kib * 1024 ||
           delivery_now_ns() - begun_ns >= (uint64_t)when->commit_ms * 1000000;
}

static void *run_lane(void *context)
{
    struct lane *lane = context;
    rd_kafka_message_t *batch[BATCH];
    uint64_t begun_ns = delivery_now_ns();
    while (!ended) {
        ssize_t count = rd_kafka_consume_batch_queue(lane->queue, 0, batch, BATCH);
        if (count <= 0) {
            batch[0] = rd_kafka_consume_queue(
                lane->queue, rd_kafka_outq_len(lane->producer) > 0 ? BUSY_MS : IDLE_MS);
            count = batch[0] != NULL;
        }
        for (ssize_t i = 0; i < count; i++) {
            if (batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                send_record(lane, batch[i]);
            }
            rd_kafka_message_destroy(batch[i]);
        }
        (void)rd_kafka_poll(lane->producer, 0);
        if (lane->loop->once && is_due(lane, begun_ns)) {
            begun_ns = delivery_now_ns();
            if (lane->records > 0) {
                commit_transaction(lane);
            }
        }
    }
    return NULL;
}

static void open_lane(struct loop *loop, size_t index)
{
    struct lane *lane = &loop->lanes[index];
    char name[160];
    (void)snprintf(name, sizeof name, "bench-%s-%zu", loop->delivery.output, index);
    rd_kafka_conf_t *conf =
        delivery_conf(&loop->delivery, WV_ROLE_PRODUCER, loop->once ? name : NULL);
    rd_kafka_conf_set_opaque(conf, loop);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    lane->loop = loop;
    lane->producer = wv_client_new(WV_ROLE_PRODUCER, conf);
    lane->topic = lane->producer == NULL
                      ? NULL
                      : rd_kafka_topic_new(lane->producer, loop->delivery.output, NULL);
    if (lane->topic == NULL) {
        delivery_fail("producer", "it cannot be made");
    }
    if (loop->once) {
        check("transactions", rd_kafka_init_transactions(lane->producer, ASK_MS));
        check("begin", rd_kafka_begin_transaction(lane->producer));
    }
    for (size_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        lane->sent[i] = -1;
    }
    lane->queue = rd_kafka_queue_new(loop->consumer);
    if (pthread_create(&lane->thread, NULL, run_lane, lane) != 0) {
        delivery_fail("lane", "no thread");
    }
}

/* One process alone: it gets everything once. */
static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct loop *loop = opaque;
    if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        (void)rd_kafka_assign(consumer, NULL);
        return;
    }
    rd_kafka_topic_partition_list_sort(list, NULL, NULL);
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_queue_t *queue =
            rd_kafka_queue_get_partition(consumer, list->elems[i].topic, list->elems[i].partition);
        rd_kafka_queue_forward(queue, loop->lanes[(size_t)i % loop->delivery.lanes].queue);
        rd_kafka_queue_destroy(queue);
    }
    (void)rd_kafka_assign(consumer, list);
}

static void open_consumer(struct loop *loop)
{
    rd_kafka_conf_t *conf = delivery_conf(&loop->delivery, WV_ROLE_CONSUMER, NULL);
    rd_kafka_conf_set_opaque(conf, loop);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    loop->consumer = wv_client_new(WV_ROLE_CONSUMER, conf);
    if (loop->consumer == NULL) {
        delivery_fail("consumer", "it cannot be made");
    }
    (void)rd_kafka_poll_set_consumer(loop->consumer);
}

static void subscribe(struct loop *loop)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, loop->delivery.input, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(loop->consumer, list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery_fail("subscribe", loop->delivery.input);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void commit_done(struct loop *loop)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(DELIVERY_PARTITIONS);
    for (int32_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        const int64_t done = atomic_load_explicit(&loop->done[i], memory_order_acquire);
        if (done > loop->committed[i]) {
            rd_kafka_topic_partition_list_add(list, loop->delivery.input, i)->offset = done;
            loop->committed[i] = done;
        }
    }
    if (list->cnt > 0) {
        (void)rd_kafka_commit(loop->consumer, list, 1);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

int main(int argc, char **argv)
{
    static struct loop loop;
    uint64_t size = 0;
    if (argc < 3 || argc > 4 || (argc == 4 && !plain_number(argv[3], INT32_MAX, &size))) {
        (void)fputs("usage: bench_passthrough CONFIG once|least [SIZE]\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGTERM, on_signal);
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    loop.once = strcmp(argv[2], "once") == 0;
    if (!delivery_open(&loop.delivery, argv[1]) || loop.delivery.lanes > LANES_MAX) {
        delivery_fail(argv[1], "it needs an input, an output and delivery.lanes");
    }
    if (size > 0 && !delivery_records_protect(&loop.results, argv[1], size)) {
        delivery_fail(argv[1], "the records cannot be protected");
    }
    open_consumer(&loop);
    for (size_t i = 0; i < loop.delivery.lanes; i++) {
        open_lane(&loop, i);
    }
    subscribe(&loop);
    const uint64_t interval_ns = (uint64_t)loop.delivery.config->delivery.commit_ms * 1000000;
    for (uint64_t last_ns = delivery_now_ns(); !ended;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(loop.consumer, IDLE_MS);
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
        if (!loop.once && delivery_now_ns() - last_ns >= interval_ns) {
            last_ns = delivery_now_ns();
            commit_done(&loop);
        }
    }
    return 0; /* the broker throws away what was open */
}
