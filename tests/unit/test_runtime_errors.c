/*
 * At stake: an answer of a broker that nobody thought of. For each request that the service makes,
 * brokers answer with errors, some of which pass and some of which do not, move leaders and
 * coordinators, and go away for a while. Whatever they do, no offset is committed before the record
 * has arrived, everything arrives, and the process goes on or ends with the code that the guide
 * names, and then the next start brings the rest.
 *
 * Each kind of request goes to a broker of its own, so that only the service meets the errors, and
 * whether it has met them is counted.
 */
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
static void write_config(void)
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

static rd_kafka_topic_partition_list_t *partitions_of(const char *topic)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i);
    }
    return list;
}

/* By partition; below 0: nothing. The client must not belong to the service. */
static void committed(rd_kafka_t *client, int64_t offsets[PARTITIONS])
{
    rd_kafka_topic_partition_list_t *list = partitions_of("in");
    const rd_kafka_resp_err_t code = rd_kafka_committed(client, list, PATIENCE_MS);
    ck_assert_msg(code == RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(code));
    for (int i = 0; i < PARTITIONS; i++) {
        offsets[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void lead(const char *topic, enum broker broker)
{
    for (int i = 0; i < PARTITIONS; i++) {
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(run.cluster, topic, i, (int32_t)broker),
                         0);
    }
}

static void coordinate(const char *group, enum broker broker)
{
    ck_assert_int_eq(rd_kafka_mock_coordinator_set(run.cluster, "group", group, (int32_t)broker),
                     0);
}

static void set_up(void)
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
static void check_log(void)
{
    char line[4096];
    FILE *file = fopen(f.log, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        ck_assert_ptr_null(strstr(line, "198.51.100."));
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void tear_down(void)
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
static void feed(int count)
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

static void look_at(const rd_kafka_message_t *message)
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

static void take(int wait_ms)
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

static uint64_t now_ms(void)
{
    return wv_clock_now_ns(wv_clock_system()) / 1000000;
}

/* Asks first what is committed and then what has arrived: in between more may have arrived, and
 * what is committed must be among it. */
static void check_commits(void)
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

static void await_all(const char *what)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (f.seen < f.fed) {
        take(20);
        ck_assert_msg(!run.has_ended, "%s: it ended with %d", what, run.code);
        ck_assert_msg(now_ms() < end, "%s: %d of %d records arrived", what, f.seen, f.fed);
    }
}

static void check_once(void)
{
    for (int i = 0; i < f.fed; i++) {
        ck_assert_msg(f.times[i] == 1, "record %d came %d times", i, f.times[i]);
    }
}

/* After a stop in good order: everything came, everything is committed. */
static void check_end(void)
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

static size_t error_count(const struct injection *injection)
{
    size_t count = 0;
    while (count < ERRORS_MAX && injection->errors[count] != RD_KAFKA_RESP_ERR_NO_ERROR) {
        count++;
    }
    return count;
}

/* Each of the errors answers one request, in their order. Where any broker may be asked, each has
 * them all. */
static void inject(const struct injection *injection)
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
static bool is_met(const struct injection *injection)
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
static void go_through(const struct injection *injection)
{
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (!is_met(injection) && !run.has_ended) {
        feed(STEP);
        take(20);
        check_commits();
        ck_assert_msg(now_ms() < end, "%s: nobody asked", injection->name);
    }
}

/* Before anything is read. Two starts, since what a group goes through takes seconds each time. */
static const struct injection early[2][4] = {
    {{"FindCoordinator",
      FIND_COORDINATOR,
      ANY,
      {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT}},
     {"JoinGroup",
      JOIN_GROUP,
      GROUP,
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT,
       RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED}},
     {"SyncGroup",
      SYNC_GROUP,
      GROUP,
      {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR}}},
    {{"OffsetFetch",
      OFFSET_FETCH,
      GROUP,
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
       RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED}},
     {"ListOffsets",
      LIST_OFFSETS,
      IN,
      {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT}},
     {"InitProducerId",
      INIT_PRODUCER_ID,
      ANY,
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT}}},
};

/* What Metadata says of a topic. */
static void set_topic_error(const char *topic, rd_kafka_resp_err_t code)
{
    rd_kafka_mock_topic_set_error(run.cluster, topic, code);
}

static bool is_ready(void)
{
    uint8_t mem[256];
    struct wv_buf reason = wv_buf_of(mem, sizeof mem);
    return wv_service_is_ready(run.service, &reason);
}

/* The log has a line with this event that names this topic. */
static bool is_told(const char *event, const char *topic)
{
    char line[4096];
    char names[64];
    bool found = false;
    (void)snprintf(names, sizeof names, "\"topic\":\"%s\"", topic);
    FILE *file = fopen(f.log, "r");
    ck_assert_ptr_nonnull(file);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        found = strstr(line, event) != NULL && strstr(line, names) != NULL;
    }
    ck_assert_int_eq(fclose(file), 0);
    return found;
}

/* Metadata first: it is asked for before anything else is. */
START_TEST(a_start_among_errors)
{
    feed(STEP);
    set_topic_error("out", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    for (size_t i = 0; i < WV_COUNT(early[_i]); i++) {
        inject(&early[_i][i]);
    }
    running_start();
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (!is_told("\"topic_unusable\"", "out")) {
        take(20);
        ck_assert(!is_ready() && f.seen == 0 && now_ms() < end);
    }
    set_topic_error("out", RD_KAFKA_RESP_ERR_NO_ERROR);
    for (size_t i = 0; i < WV_COUNT(early[_i]); i++) {
        while (!is_met(&early[_i][i])) {
            take(20);
            ck_assert_msg(now_ms() < end, "%s: nobody asked", early[_i][i].name);
        }
    }
    await_all("the start");
    check_commits();
    feed(STEP);
    check_end();
}
END_TEST

/* The broker has written nothing of what it refuses: nothing comes twice. */
static const struct injection under_load[] = {
    {"Produce, may pass",
     PRODUCE,
     OUT,
     {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION}},
    {"Produce, refused",
     PRODUCE,
     OUT,
     {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
      RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_UNKNOWN}},
    {"Produce, unknown topic", PRODUCE, OUT, {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART}},
    {"Produce, too large", PRODUCE, OUT, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE}},
    {"Produce, time", PRODUCE, OUT, {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP}},
    {"Fetch",
     FETCH,
     IN,
     {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR__TRANSPORT}},
    {"OffsetCommit",
     OFFSET_COMMIT,
     GROUP,
     {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_UNKNOWN,
      RD_KAFKA_RESP_ERR__TRANSPORT}},
    {"Heartbeat",
     HEARTBEAT,
     GROUP,
     {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR__TRANSPORT}},
};

/* The group has another generation, or knows the member no more. */
static const struct injection rejoins[] = {
    {"Heartbeat, rebalance", HEARTBEAT, GROUP, {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS}},
    {"Heartbeat, member", HEARTBEAT, GROUP, {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID}},
    {"OffsetCommit, generation", OFFSET_COMMIT, GROUP, {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION}},
};

static void move(int turn)
{
    static const enum broker others[] = {OUT, GROUP, IN};
    lead("in", others[turn % 3]);
    lead("out", others[(turn + 1) % 3]);
    coordinate("g", others[(turn + 2) % 3]);
}

/* Down while records flow; the feeder's broker stays. */
static void take_down(enum broker broker, int rounds)
{
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(run.cluster, (int32_t)broker), 0);
    for (int i = 0; i < rounds; i++) {
        feed(STEP);
        take(20);
    }
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(run.cluster, (int32_t)broker), 0);
    feed(STEP);
    await_all("a broker that was down");
    check_commits();
}

static void go_through_errors(void)
{
    for (size_t i = 0; i < WV_COUNT(under_load); i++) {
        inject(&under_load[i]);
        go_through(&under_load[i]);
        await_all(under_load[i].name);
        check_commits();
    }
    set_topic_error("out", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    for (int i = 0; i < 20; i++) {
        feed(STEP);
        take(20);
        check_commits();
    }
    set_topic_error("out", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_all("a topic that was forbidden");
}

static void go_through_changes(void)
{
    for (size_t i = 0; i < WV_COUNT(rejoins); i++) {
        inject(&rejoins[i]);
        go_through(&rejoins[i]);
        feed(STEP);
        await_all(rejoins[i].name);
        check_commits();
    }
    for (int turn = 0; turn < 3; turn++) { /* at the end everything is where it was */
        move(turn);
        feed(STEP * 10);
        await_all("a move");
    }
    take_down(OUT, 20);
    take_down(GROUP, 20);
}

START_TEST(errors_and_changes_under_load)
{
    running_start();
    feed(STEP);
    await_all("the start");
    go_through_errors();
    check_once();
    go_through_changes();
    check_end();
}
END_TEST

/* What a process cannot go on with. The next start brings the rest. */
static const struct ending {
    struct injection injection;
    enum wv_exit code;
} endings[] = {
    {{"Produce, sequence", PRODUCE, OUT, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER}},
     WV_EXIT_KAFKA},
    {{"Fetch, offset", FETCH, IN, {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE}}, WV_EXIT_LOST},
};

START_TEST(what_ends_it_loses_nothing)
{
    for (size_t i = 0; i < WV_COUNT(endings); i++) {
        const struct ending *ending = &endings[i];
        feed(STEP);
        running_start();
        await_all(ending->injection.name);
        inject(&ending->injection);
        const uint64_t end = now_ms() + PATIENCE_MS;
        while (!run.has_ended) {
            feed(STEP);
            take(20);
            ck_assert_msg(now_ms() < end, "%s: it goes on", ending->injection.name);
        }
        ck_assert_int_eq(running_await(), ending->code);
        check_commits();
        running_unload();
        running_load();
    }
    running_start();
    check_end();
}
END_TEST

/* A case of its own, so that CK_RUN_CASE can run it alone. */
static void add(Suite *suite, const char *name, const TTest *test, int rows)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, test, 0, rows);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    Suite *suite = suite_create("errors");
    add(suite, "start", a_start_among_errors, (int)WV_COUNT(early));
    add(suite, "load", errors_and_changes_under_load, 1);
    add(suite, "ends", what_ends_it_loses_nothing, 1);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
