/*
 * broker_errors.h — a service among embedded brokers that answer with errors, what is fed to it,
 * and what it has to keep.
 *
 * Each kind of request goes to a broker of its own, so that only the service meets the errors, and
 * whether it has met them is counted. Whatever they do, no offset is committed before the record
 * has arrived, and everything arrives.
 */
#ifndef WV_TEST_BROKER_ERRORS_H
#define WV_TEST_BROKER_ERRORS_H

#include "base/log.h"
#include "support/running_service.h"

#include <fcntl.h>

enum {
    PARTITIONS = 4,
    RECORDS_MAX = 40000,
    STEP = 8, /* records that are fed at once */
    ERRORS_MAX = 8,
    PATIENCE_MS = 60000,
    SESSION_MS = 2500, /* the embedded group waits for almost so long at each change */
};

/* Who leads `in`, who leads `out`, who coordinates the group; the reader's is the first. */
enum broker { ANY = 0, IN, OUT, GROUP, BROKERS = GROUP };

/* Numbers of requests in Kafka's protocol. */
enum request {
    PRODUCE = 0,
    FETCH = 1,
    LIST_OFFSETS = 2,
    METADATA = 3,
    OFFSET_COMMIT = 8,
    OFFSET_FETCH = 9,
    FIND_COORDINATOR = 10,
    JOIN_GROUP = 11,
    HEARTBEAT = 12,
    SYNC_GROUP = 14,
    INIT_PRODUCER_ID = 22,
};

static struct fixture {
    char log[96];
    rd_kafka_t *probe; /* asks what the service's group has committed */
    int fed;
    int seen; /* different records that arrived */
    uint8_t times[RECORDS_MAX];
    int64_t read[PARTITIONS]; /* of `out`: everything before */
} f;

/* ---- The service and its brokers --------------------------------------------------------------
 */

/* One request of a producer at a time: the embedded brokers do not look at sequence numbers, take a
 * batch behind one that they refused, and librdkafka concludes that they have both. */
static inline void write_config(void)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\",\"fetch.wait.max.ms\":\"10\","
        "\"session.timeout.ms\":\"%d\",\"heartbeat.interval.ms\":\"200\","
        "\"reconnect.backoff.max.ms\":\"200\",\"group.instance.id\":\"wafveil-0\"},"
        "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
        "\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],"
        "\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":\"security\","
        "\"kafka\":{\"max.in.flight.requests.per.connection\":\"1\"}}],"
        "\"http\":{\"listen\":\"\"},\"log\":{\"level\":\"info\"},"
        "\"delivery\":{\"lanes\":2,\"commit_ms\":100,\"drain_ms\":2000}}",
        rd_kafka_mock_cluster_bootstraps(run.cluster), SESSION_MS);
    running_write("wafveil.json", text);
}

static inline rd_kafka_topic_partition_list_t *partitions_of(const char *topic)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i);
    }
    return list;
}

/* By partition; below 0: nothing. The client must not belong to the service. */
static inline void committed(rd_kafka_t *client, int64_t offsets[PARTITIONS])
{
    rd_kafka_topic_partition_list_t *list = partitions_of("in");
    const rd_kafka_resp_err_t code = rd_kafka_committed(client, list, PATIENCE_MS);
    ck_assert_msg(code == RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(code));
    for (int i = 0; i < PARTITIONS; i++) {
        offsets[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static inline void lead(const char *topic, enum broker broker)
{
    for (int i = 0; i < PARTITIONS; i++) {
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(run.cluster, topic, i, (int32_t)broker),
                         0);
    }
}

static inline void coordinate(const char *group, enum broker broker)
{
    ck_assert_int_eq(rd_kafka_mock_coordinator_set(run.cluster, "group", group, (int32_t)broker),
                     0);
}

static inline void set_up(void)
{
    static const struct running_topic topics[] = {{"in", PARTITIONS}, {"out", PARTITIONS}};
    int64_t ignored[PARTITIONS];
    running_make_folder("errors");
    (void)snprintf(f.log, sizeof f.log, "%s/log", run.folder);
    wv_log_init((struct wv_log_config){.level = WV_LOG_INFO,
                                       .file = open(f.log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)});
    running_start_brokers(BROKERS, topics, WV_COUNT(topics));
    lead("in", IN);
    lead("out", OUT);
    coordinate("g", GROUP);
    coordinate("reader", IN);
    running_read("out", PARTITIONS);
    f.probe = running_client(RD_KAFKA_CONSUMER, "g");
    /* Both know their coordinators before somebody shall meet an error on the way to them. */
    committed(f.probe, ignored);
    committed(run.consumer, ignored);
    write_config();
    running_load();
}

/* No line of the log holds what the records hide. */
static inline void check_log(void)
{
    char line[4096];
    FILE *file = fopen(f.log, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        ck_assert_ptr_null(strstr(line, "198.51.100."));
    }
    ck_assert_int_eq(fclose(file), 0);
}

static inline void tear_down(void)
{
    static const char *const files[] = {"wafveil.json", "log"};
    if (run.is_on) {
        running_stop();
    }
    check_log();
    rd_kafka_destroy(f.probe);
    running_end(files, WV_COUNT(files));
    f = (struct fixture){0};
}

/* ---- Records ----------------------------------------------------------------------------------
 */

/* Record N stands in partition N % PARTITIONS at the offset N / PARTITIONS. */
static inline void feed(int count)
{
    for (int i = 0; i < count; i++, f.fed++) {
        char text[256];
        ck_assert_int_lt(f.fed, RECORDS_MAX);
        const int len = snprintf(text, sizeof text,
                                 "{\"timestamp\":1795000000000,\"responseCodeSent\":%d,"
                                 "\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":"
                                 "\"198.51.100.%d\"}}",
                                 f.fed, 1 + f.fed % 250);
        ck_assert_int_eq(rd_kafka_producev(run.producer, RD_KAFKA_V_TOPIC("in"),
                                           RD_KAFKA_V_PARTITION(f.fed % PARTITIONS),
                                           RD_KAFKA_V_VALUE(text, (size_t)len),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ck_assert_int_eq(rd_kafka_flush(run.producer, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline void look_at(const rd_kafka_message_t *message)
{
    char copy[1024];
    ck_assert_uint_lt(message->len, sizeof copy);
    memcpy(copy, message->payload, message->len);
    copy[message->len] = '\0';
    const char *number = strstr(copy, "\"responseCodeSent\":");
    ck_assert_msg(number != NULL && strstr(copy, "\"198.51.100.0\"") != NULL, "not protected");
    const long id = strtol(number + strlen("\"responseCodeSent\":"), NULL, 10);
    ck_assert(id >= 0 && id < f.fed && id % PARTITIONS == message->partition);
    f.seen += f.times[id] == 0;
    f.times[id]++;
    f.read[message->partition] = message->offset + 1;
}

static inline void take(int wait_ms)
{
    rd_kafka_message_t *message;
    while ((message = rd_kafka_consumer_poll(run.consumer, wait_ms)) != NULL) {
        wait_ms = 0;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            look_at(message);
        }
        rd_kafka_message_destroy(message);
    }
}

static inline uint64_t now_ms(void)
{
    return wv_clock_now_ns(wv_clock_system()) / 1000000;
}

/* Asks first what is committed and then what has arrived: in between more may have arrived, and
 * what is committed must be among it. */
static inline void check_commits(void)
{
    int64_t offsets[PARTITIONS];
    committed(f.probe, offsets);
    for (int i = 0; i < PARTITIONS; i++) {
        int64_t low = 0;
        int64_t high = 0;
        ck_assert_int_eq(
            rd_kafka_query_watermark_offsets(run.consumer, "out", i, &low, &high, PATIENCE_MS),
            RD_KAFKA_RESP_ERR_NO_ERROR);
        const uint64_t end = now_ms() + PATIENCE_MS;
        while (f.read[i] < high) {
            take(20);
            ck_assert_msg(now_ms() < end, "the reader does not come to the end");
        }
        for (int64_t offset = 0; offset < offsets[i]; offset++) {
            ck_assert_msg(f.times[offset * PARTITIONS + i] > 0,
                          "committed to %lld, and record %lld has not arrived",
                          (long long)offsets[i], (long long)offset);
        }
    }
}

static inline void await_all(const char *what)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (f.seen < f.fed) {
        take(20);
        ck_assert_msg(!run.has_ended, "%s: it ended with %d", what, run.code);
        ck_assert_msg(now_ms() < end, "%s: %d of %d records arrived", what, f.seen, f.fed);
    }
}

static inline void check_once(void)
{
    for (int i = 0; i < f.fed; i++) {
        ck_assert_msg(f.times[i] == 1, "record %d came %d times", i, f.times[i]);
    }
}

/* After a stop in good order: everything came, everything is committed. */
static inline void check_end(void)
{
    int64_t offsets[PARTITIONS];
    await_all("the end");
    running_stop();
    check_commits();
    committed(f.probe, offsets);
    for (int i = 0; i < PARTITIONS; i++) {
        ck_assert_int_eq(offsets[i], (f.fed - i + PARTITIONS - 1) / PARTITIONS);
    }
}

/* ---- Errors -----------------------------------------------------------------------------------
 */

struct injection {
    const char *name;
    enum request request;
    enum broker broker;
    rd_kafka_resp_err_t errors[ERRORS_MAX];
};

static inline size_t error_count(const struct injection *injection)
{
    size_t count = 0;
    while (count < ERRORS_MAX && injection->errors[count] != RD_KAFKA_RESP_ERR_NO_ERROR) {
        count++;
    }
    return count;
}

/* Each of the errors answers one request, in their order. Where any broker may be asked, each has
 * them all. */
static inline void inject(const struct injection *injection)
{
    for (int32_t broker = 1; broker <= BROKERS; broker++) {
        for (size_t i = 0; i < error_count(injection); i++) {
            if (injection->broker == ANY || (int32_t)injection->broker == broker) {
                ck_assert_int_eq(rd_kafka_mock_broker_push_request_error_rtts(
                                     run.cluster, broker, (int16_t)injection->request, 1,
                                     injection->errors[i], 0),
                                 RD_KAFKA_RESP_ERR_NO_ERROR);
            }
        }
    }
}

/* As many requests as there are errors have been answered with one. */
static inline bool is_met(const struct injection *injection)
{
    const size_t count = error_count(injection);
    size_t pushed = 0;
    size_t left = 0;
    for (int32_t broker = 1; broker <= BROKERS; broker++) {
        size_t here = 0;
        if (injection->broker == ANY || (int32_t)injection->broker == broker) {
            ck_assert_int_eq(rd_kafka_mock_broker_error_stack_cnt(
                                 run.cluster, broker, (int16_t)injection->request, &here),
                             RD_KAFKA_RESP_ERR_NO_ERROR);
            pushed += count;
        }
        left += here;
    }
    return left + count <= pushed;
}

/* Feeds, and looks at what is committed, until the errors have been met. */
static inline void go_through(const struct injection *injection)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (!is_met(injection) && !run.has_ended) {
        feed(STEP);
        take(20);
        check_commits();
        ck_assert_msg(now_ms() < end, "%s: nobody asked", injection->name);
    }
}

/* What Metadata says of a topic. */
static inline void set_topic_error(const char *topic, rd_kafka_resp_err_t code)
{
    rd_kafka_mock_topic_set_error(run.cluster, topic, code);
}

/* A case of its own, so that CK_RUN_CASE can run it alone. */
static inline int run_errors(const char *name, const TTest *test, int rows)
{
    Suite *suite = suite_create("errors");
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, test, 0, rows);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
