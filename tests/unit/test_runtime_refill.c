/*
 * At stake: a lane with a lag reads as fast as it can. The ceiling of memory makes queues of
 * fetched messages that a quick lane empties in less than a second, and librdkafka before 2.2 looks
 * at one that was full only once a second: the lane would wait for most of the time.
 */
#include "runtime/refill.h"

#include "base/clock.h"
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/routes.h"
#include "support/findings.h"

#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MESSAGES = 8000,
    QUEUE = 1000, /* messages that are fetched ahead */
    BATCH = 100,  /* of a fetch, and of what the lane reads at once */
    TRIES = 3,    /* somebody else may have had the processor */
    WORK_MS = 20, /* for a batch: a full queue is empty after a fifth of a second */
    SLOW_MS = 1000 * (MESSAGES / QUEUE - 2), /* a look a second, but for the first and the last */
};

static const char text[] =
    "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\",\"queued.min.messages\":\"%d\"},"
    "\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\","
    "\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"o\","
    "\"topic\":\"out\",\"purpose\":\"security\"}]}";

struct bed {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
    struct wv_config *config;
    struct wv_routes routes;
};

static struct wv_config *config_for(const char *brokers)
{
    char path[] = "/tmp/wafveil-refill-XXXXXX";
    struct wv_report *report = wv_report_new();
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_gt(dprintf(file, text, brokers, QUEUE), 0);
    ck_assert_int_eq(close(file), 0);
    struct wv_config *config = wv_config_load(path, report);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_nonnull(config);
    wv_report_free(report);
    return config;
}

static void fill(const char *brokers)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ck_assert_int_eq(rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why), 0);
    ck_assert_int_eq(rd_kafka_conf_set(conf, "batch.num.messages", "100", why, sizeof why), 0);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    ck_assert_ptr_nonnull(producer);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, "raw", NULL);
    for (int i = 0; i < MESSAGES; i++) {
        char value[] = "a message";
        ck_assert_int_eq(
            rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, value, sizeof value, NULL, 0, NULL), 0);
    }
    ck_assert_int_eq(rd_kafka_flush(producer, 60000), 0);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
}

static struct bed make_bed(void)
{
    char why[256];
    struct bed bed = {.owner =
                          rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why)};
    bed.cluster = rd_kafka_mock_cluster_new(bed.owner, 1);
    ck_assert_int_eq(rd_kafka_mock_topic_create(bed.cluster, "raw", 1, 1), 0);
    const char *brokers = rd_kafka_mock_cluster_bootstraps(bed.cluster);
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    bed.config = config_for(brokers);
    ck_assert(wv_routes_init(&bed.routes, bed.config));
    fill(brokers);
    return bed;
}

static void free_bed(struct bed *bed)
{
    wv_routes_fini(&bed->routes);
    wv_config_free(bed->config);
    rd_kafka_mock_cluster_destroy(bed->cluster);
    rd_kafka_destroy(bed->owner);
}

/* As the service makes it. */
static rd_kafka_t *make_consumer(const struct bed *bed)
{
    const struct wv_client_plan plan = {.role = WV_ROLE_CONSUMER,
                                        .settings = &bed->routes.sources[0].settings,
                                        .config = bed->config,
                                        .sharers = 1};
    rd_kafka_t *consumer = wv_client_new(WV_ROLE_CONSUMER, wv_client_conf(&plan));
    ck_assert_ptr_nonnull(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "raw", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    ck_assert_int_eq(rd_kafka_assign(consumer, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

/* How long a lane takes for all messages that is slower than its broker, and once was so slow that
 * its queue became full. */
static uint64_t read_all_ms(const struct bed *bed)
{
    const struct wv_clock *clock = wv_clock_system();
    rd_kafka_t *consumer = make_consumer(bed);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(consumer, "raw", 0);
    rd_kafka_queue_forward(queue, NULL);
    while (rd_kafka_queue_length(queue) < QUEUE) {
        (void)usleep(WORK_MS * 1000);
    }
    struct wv_slot slot = {.topic = "raw", .used = true};
    struct wv_slot *slots[] = {&slot};
    struct wv_refill refill = {0};
    rd_kafka_message_t *batch[BATCH];
    const uint64_t begin = wv_clock_now_ns(clock);
    for (size_t read = 0; read < MESSAGES;) {
        const ssize_t count = rd_kafka_consume_batch_queue(queue, WORK_MS, batch, BATCH);
        ck_assert_int_ge(count, 0);
        for (ssize_t i = 0; i < count; i++) {
            ck_assert_int_eq(batch[i]->err, RD_KAFKA_RESP_ERR_NO_ERROR);
            rd_kafka_message_destroy(batch[i]);
        }
        read += (size_t)count;
        (void)usleep(WORK_MS * 1000);
        if (count == BATCH) {
            wv_refill_look(&refill, consumer, slots, 1, 0, wv_clock_now_ns(clock));
        }
    }
    const uint64_t took_ms = (wv_clock_now_ns(clock) - begin) / 1000000;
    rd_kafka_queue_destroy(queue);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return took_ms;
}

START_TEST(a_quick_lane_does_not_wait)
{
    struct bed bed = make_bed();
    uint64_t least_ms = UINT64_MAX;
    for (int i = 0; i < TRIES && least_ms > SLOW_MS / 2; i++) {
        const uint64_t took_ms = read_all_ms(&bed);
        least_ms = took_ms < least_ms ? took_ms : least_ms;
    }
    ck_assert_msg(least_ms <= SLOW_MS / 2, "%llu ms", (unsigned long long)least_ms);
    free_bed(&bed);
}
END_TEST

/* Of partitions that the lane has given back, and of another source's, nothing is asked; of none,
 * neither. */
START_TEST(only_what_is_read_is_asked_for)
{
    struct bed bed = make_bed();
    rd_kafka_t *consumer = make_consumer(&bed);
    struct wv_slot gone = {.topic = "gone"};
    struct wv_slot other = {.topic = "other", .used = true, .source = 1};
    struct wv_slot *slots[] = {&gone, &other};
    struct wv_refill refill = {0};
    const uint64_t now_ns = 1000000000;
    wv_refill_look(&refill, consumer, slots, 2, 0, now_ns);
    ck_assert_uint_eq(refill.asked_ns, now_ns * (rd_kafka_version() < 0x020200ff));
    wv_refill_look(&refill, consumer, slots, 2, 0, now_ns + 1);
    ck_assert_uint_le(refill.asked_ns, now_ns); /* it was not time yet */
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    free_bed(&bed);
}
END_TEST

int main(void)
{
    TCase *lanes = tcase_create("lanes");
    tcase_set_timeout(lanes, 120);
    tcase_add_test(lanes, a_quick_lane_does_not_wait);
    tcase_add_test(lanes, only_what_is_read_is_asked_for);
    Suite *suite = suite_create("refill");
    suite_add_tcase(suite, lanes);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
