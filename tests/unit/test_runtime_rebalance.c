/*
 * At stake: a partition that was given back and comes again. What librdkafka still fetches of it,
 * because an answer of the first time came late, must not be published a second time, or instead of
 * what follows the group's position.
 */
#include "base/log.h"
#include "support/running_service.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    PARTITIONS = 2,
    RECORDS = 100,  /* of each partition */
    ELSEWHERE = 60, /* of them, those that another member has settled */
    BROKER = 1,
    LIST_OFFSETS = 2, /* of Kafka's protocol */
    LATE_ANSWERS = 2 * PARTITIONS,
    LATE_MS = 1500,
    SESSION_MS = 2500, /* the embedded group waits for almost so long at each change */
    PATIENCE_MS = 60000,
};

static struct fixture {
    rd_kafka_t *other; /* a member of the service's group */
    int32_t others;    /* its partition; -1: none yet */
    uint8_t times[PARTITIONS][RECORDS + 1];
} f;

static uint64_t now_ms(void)
{
    return wv_clock_now_ns(wv_clock_system()) / 1000000;
}

static void write_config(void)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\",\"fetch.wait.max.ms\":\"10\","
        "\"session.timeout.ms\":\"%d\",\"heartbeat.interval.ms\":\"100\"},"
        "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
        "\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],"
        "\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":\"security\"}],"
        "\"http\":{\"listen\":\"\"},\"log\":{\"level\":\"error\"},"
        "\"delivery\":{\"lanes\":2,\"commit_ms\":100}}",
        rd_kafka_mock_cluster_bootstraps(run.cluster), SESSION_MS);
    running_write("wafveil.json", text);
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *unused)
{
    (void)unused;
    const bool given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    f.others = given && list->cnt == 1 ? list->elems[0].partition : -1;
    (void)rd_kafka_assign(client, given ? list : NULL);
}

static void join(void)
{
    char why[256];
    rd_kafka_conf_t *conf = running_quiet();
    const char *const settings[][2] = {
        {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(run.cluster)},
        {"group.id", "g"},
        {"enable.auto.commit", "false"},
        {"session.timeout.ms", "2500"},
        {"heartbeat.interval.ms", "100"}};
    for (size_t i = 0; i < WV_COUNT(settings); i++) {
        ck_assert_int_eq(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why),
                         RD_KAFKA_CONF_OK);
    }
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    f.other = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    ck_assert_msg(f.other != NULL, "%s", why);
    (void)rd_kafka_poll_set_consumer(f.other);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "in", RD_KAFKA_PARTITION_UA);
    ck_assert_int_eq(rd_kafka_subscribe(f.other, topics), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(topics);
}

/* Until the other member has one of the two partitions; returns which. */
static int32_t await_share(void)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (f.others < 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(f.other, 20);
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
        ck_assert_msg(now_ms() < end, "the other member has got nothing");
    }
    return f.others;
}

/* Until the service has asked where its partitions begin; the answers come late. */
static void await_question(void)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    size_t left = LATE_ANSWERS;
    while (left == LATE_ANSWERS) {
        (void)usleep(5000);
        ck_assert_int_eq(
            rd_kafka_mock_broker_error_stack_cnt(run.cluster, BROKER, LIST_OFFSETS, &left),
            RD_KAFKA_RESP_ERR_NO_ERROR);
        ck_assert_msg(now_ms() < end, "nobody asks");
    }
}

/* The other member settles the beginning of its partition, and goes. */
static void settle_and_leave(void)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", f.others)->offset = ELSEWHERE;
    while (rd_kafka_commit(f.other, list, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ck_assert_msg(now_ms() < end, "the other member cannot commit");
    }
    rd_kafka_topic_partition_list_destroy(list);
    ck_assert_int_eq(rd_kafka_consumer_close(f.other), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(f.other);
}

static void feed(int32_t partition, int number)
{
    char text[256];
    const int len = snprintf(text, sizeof text,
                             "{\"timestamp\":1795000000000,\"responseCodeSent\":%d,"
                             "\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":"
                             "\"198.51.100.7\"}}",
                             number);
    ck_assert_int_eq(rd_kafka_producev(run.producer, RD_KAFKA_V_TOPIC("in"),
                                       RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_VALUE(text, (size_t)len),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    ck_assert_int_eq(rd_kafka_flush(run.producer, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void feed_all(int begin, int end)
{
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        for (int i = begin; i < end; i++) {
            feed(partition, i);
        }
    }
}

/* Takes what comes until the record is there: whatever comes before it has come. */
static void take_until(int32_t partition, int record)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (f.times[partition][record] == 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(run.consumer, 20);
        ck_assert_msg(now_ms() < end, "record %d of partition %d does not come", record, partition);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            char copy[1024];
            ck_assert_uint_lt(message->len, sizeof copy);
            memcpy(copy, message->payload, message->len);
            copy[message->len] = '\0';
            const char *number = strstr(copy, "\"responseCodeSent\":");
            ck_assert_ptr_nonnull(number);
            const long id = strtol(number + strlen("\"responseCodeSent\":"), NULL, 10);
            ck_assert(id >= 0 && id <= RECORDS);
            f.times[message->partition][id]++;
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
}

static void set_up(void)
{
    static const struct running_topic topics[] = {{"in", PARTITIONS}, {"out", PARTITIONS}};
    f.others = -1;
    wv_log_init((struct wv_log_config){.file = open("/dev/null", O_WRONLY | O_CLOEXEC)});
    running_make_folder("rebalance");
    running_start_brokers(1, topics, WV_COUNT(topics));
    running_read("out", PARTITIONS);
    write_config();
    running_load();
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json"};
    if (run.is_on) {
        running_stop();
    }
    running_end(files, WV_COUNT(files));
}

START_TEST(a_late_answer_brings_nothing_back)
{
    for (int i = 0; i < LATE_ANSWERS; i++) {
        ck_assert_int_eq(
            rd_kafka_mock_broker_push_request_error_rtts(run.cluster, BROKER, LIST_OFFSETS, 1,
                                                         RD_KAFKA_RESP_ERR_NO_ERROR, LATE_MS),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    running_start();
    await_question();
    join();
    const int32_t others = await_share();
    feed_all(0, RECORDS);
    (void)usleep(2 * LATE_MS * 1000); /* time for what must not happen */
    settle_and_leave();
    take_until(others, RECORDS - 1); /* the service has both again */
    feed_all(RECORDS, RECORDS + 1);
    take_until(0, RECORDS);
    take_until(1, RECORDS);
    running_stop();
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        for (int i = 0; i <= RECORDS; i++) {
            const int wanted = partition != others || i >= ELSEWHERE;
            ck_assert_msg(f.times[partition][i] == wanted,
                          "record %d of partition %d came %d times", i, partition,
                          f.times[partition][i]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rebalance");
    TCase *tests = tcase_create("late");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_late_answer_brings_nothing_back);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
