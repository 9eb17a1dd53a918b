/*
 * At stake: a batch that was damaged on a broker's disk or on its way. librdkafka says so, and
 * goes on somewhere behind it: whoever reads on commits past records that nobody has seen. Here is
 * how it ends when nobody mends it; with several batches in an answer, which the embedded brokers
 * never send, damage_cases.py has it.
 */
#include "runtime/damage.h"
#include "support/fast_clock.h"
#include "support/running_service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
    PATIENCE_MS = 60000,
    BEFORE = 3, /* records of partition 0 in front of the damage */
    EACH = 5,   /* that are fed to a partition in a turn */
    REQUEST_MAX = 1024,
};

/* ---- The rule ---------------------------------------------------------------------------------
 */

static uint64_t ns_of(uint64_t ms)
{
    return UINT64_C(1000000) * ms;
}

START_TEST(what_could_not_be_read_is_known)
{
    ck_assert(wv_damage_is(RD_KAFKA_RESP_ERR__BAD_MSG));
    ck_assert(wv_damage_is(RD_KAFKA_RESP_ERR__BAD_COMPRESSION));
    ck_assert(wv_damage_is(RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED));
    ck_assert(!wv_damage_is(RD_KAFKA_RESP_ERR__TRANSPORT));
    ck_assert(!wv_damage_is(RD_KAFKA_RESP_ERR__PARTITION_EOF));
    ck_assert(!wv_damage_is(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE));
}
END_TEST

START_TEST(it_is_asked_for_again_less_and_less_often)
{
    static const uint64_t pauses_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct wv_damage damage = {0};
    uint64_t now = 7;
    ck_assert_int_eq(wv_damage_look(&damage, now), WV_DAMAGE_WAIT);
    for (size_t i = 0; i < WV_COUNT(pauses_ms); i++) {
        wv_damage_hold(&damage, now);
        ck_assert(damage.found && damage.holds);
        now += ns_of(pauses_ms[i]);
        ck_assert_int_eq(wv_damage_look(&damage, now - 1), WV_DAMAGE_WAIT);
        ck_assert_int_eq(wv_damage_look(&damage, now), WV_DAMAGE_ASK);
        ck_assert(damage.found && !damage.holds);
        ck_assert_int_eq(wv_damage_look(&damage, now), WV_DAMAGE_WAIT);
    }
}
END_TEST

START_TEST(it_ends_after_its_time)
{
    struct wv_damage damage = {0};
    uint64_t now = 0;
    enum wv_damage_turn turn = WV_DAMAGE_ASK;
    while (turn == WV_DAMAGE_ASK) {
        wv_damage_hold(&damage, now);
        now += ns_of(damage.pause_ms);
        turn = wv_damage_look(&damage, now);
    }
    ck_assert_int_eq(turn, WV_DAMAGE_END);
    ck_assert_uint_ge(now, ns_of(WV_DAMAGE_LIMIT_MS));
    ck_assert_uint_lt(now, ns_of(WV_DAMAGE_LIMIT_MS + WV_DAMAGE_PAUSE_LAST_MS));
}
END_TEST

/* librdkafka gives a partition up when it takes a part of a record for an offset. */
START_TEST(it_ends_when_nothing_comes_any_more)
{
    struct wv_damage damage = {0};
    wv_damage_hold(&damage, 0);
    ck_assert_int_eq(wv_damage_look(&damage, ns_of(WV_DAMAGE_PAUSE_FIRST_MS)), WV_DAMAGE_ASK);
    ck_assert_int_eq(wv_damage_look(&damage, ns_of(WV_DAMAGE_LIMIT_MS) - 1), WV_DAMAGE_WAIT);
    ck_assert_int_eq(wv_damage_look(&damage, ns_of(WV_DAMAGE_LIMIT_MS)), WV_DAMAGE_END);
}
END_TEST

/* ---- A producer of what librdkafka's own would never send -------------------------------------
 */

struct request {
    uint8_t bytes[REQUEST_MAX];
    size_t len;
};

static void put(struct request *request, uint64_t number, size_t bytes)
{
    ck_assert_uint_le(request->len + bytes, sizeof request->bytes);
    for (size_t i = bytes; i-- > 0;) {
        request->bytes[request->len++] = (uint8_t)(number >> (8 * i));
    }
}

static void put_text(struct request *request, const char *text)
{
    put(request, strlen(text), 2);
    while (*text != '\0') {
        put(request, (uint8_t)*text++, 1);
    }
}

/* Writes the number of bytes behind the place into its four. */
static void close_at(struct request *request, size_t place)
{
    const size_t end = request->len;
    request->len = place;
    put(request, end - place - 4, 4);
    request->len = end;
}

static size_t open_at(struct request *request)
{
    put(request, 0, 4);
    return request->len - 4;
}

/* A batch of version 2 with one record, whose checksum belongs to another. */
static void put_damaged_batch(struct request *request)
{
    const size_t records = open_at(request);
    put(request, 0, 8); /* base offset: the broker's to say */
    const size_t batch = open_at(request);
    put(request, 0, 4);          /* leader epoch */
    put(request, 2, 1);          /* version */
    put(request, 0x0badc0de, 4); /* CRC-32C */
    put(request, 0, 2);          /* not compressed */
    put(request, 0, 4);          /* last offset */
    put(request, 0, 8);          /* first time */
    put(request, 0, 8);          /* last time */
    put(request, UINT64_MAX, 8); /* no producer's id, */
    put(request, UINT64_MAX, 2); /* epoch */
    put(request, UINT64_MAX, 4); /* or sequence */
    put(request, 1, 4);          /* records; from here on numbers are zigzag */
    put(request, 2 * 8, 1);      /* bytes of the record */
    put(request, 0, 3);          /* attributes, time, offset */
    put(request, 1, 1);          /* no key */
    put(request, 2 * 2, 1);      /* bytes of the value */
    put(request, '{' << 8 | '}', 2);
    put(request, 0, 1); /* headers */
    close_at(request, batch);
    close_at(request, records);
}

/* Kafka's protocol, Produce version 3. */
static struct request produce_request(const char *topic, int32_t partition)
{
    struct request request = {.len = 0};
    const size_t all = open_at(&request);
    put(&request, 0, 2);
    put(&request, 3, 2);
    put(&request, 1, 4); /* correlation */
    put_text(&request, "test");
    put(&request, UINT64_MAX, 2); /* no transaction */
    put(&request, UINT64_MAX, 2); /* acks */
    put(&request, PATIENCE_MS, 4);
    put(&request, 1, 4);
    put_text(&request, topic);
    put(&request, 1, 4);
    put(&request, (uint64_t)partition, 4);
    put_damaged_batch(&request);
    close_at(&request, all);
    return request;
}

static void produce_damage(const char *topic, int32_t partition)
{
    const struct request request = produce_request(topic, partition);
    const char *port = strrchr(rd_kafka_mock_cluster_bootstraps(run.cluster), ':');
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)strtol(port + 1, NULL, 10)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t answer[64];
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(connection, 0);
    ck_assert_int_eq(connect(connection, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(send(connection, request.bytes, request.len, 0), (ssize_t)request.len);
    ck_assert_int_gt(recv(connection, answer, sizeof answer, 0), 0);
    ck_assert_int_eq(close(connection), 0);
}

/* ---- The service ------------------------------------------------------------------------------
 */

static void set_up(void)
{
    static const struct running_topic topics[] = {{"in", 2}, {"out", 2}};
    running_make_folder("damage");
    running_start_brokers(1, topics, WV_COUNT(topics));
    running_write_plain();
    run.clock = &fast_clock;
    running_load();
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json"};
    running_end(files, WV_COUNT(files));
}

/* Where the group goes on. */
static int64_t committed(int32_t partition)
{
    rd_kafka_t *client = running_client(RD_KAFKA_CONSUMER, "g");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, "in", partition);
    ck_assert_int_eq(rd_kafka_committed(client, list, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    const int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return offset;
}

/* Or until the service has ended. */
static void await_committed(int32_t partition, int64_t offset, uint64_t end_ns)
{
    while (!run.has_ended && committed(partition) < offset) {
        (void)usleep(20000);
        ck_assert_msg(wv_clock_now_ns(wv_clock_system()) < end_ns, "it stands still");
    }
}

/* Its own partition waits, the other goes on, and in the end somebody is told. */
START_TEST(nothing_behind_a_damaged_batch_is_committed)
{
    const uint64_t end_ns = wv_clock_now_ns(wv_clock_system()) + UINT64_C(1000000) * PATIENCE_MS;
    running_feed(0, BEFORE);
    produce_damage("in", 0);
    running_feed(0, EACH);
    running_start();
    int64_t fed = 0;
    while (!run.has_ended) {
        running_feed(1, EACH);
        fed += EACH;
        await_committed(1, fed, end_ns);
    }
    ck_assert_int_eq(running_await(), WV_EXIT_KAFKA);
    ck_assert_int_gt(fed, EACH);
    ck_assert_int_eq(committed(0), BEFORE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("damage");
    TCase *rule = tcase_create("rule");
    tcase_add_test(rule, what_could_not_be_read_is_known);
    tcase_add_test(rule, it_is_asked_for_again_less_and_less_often);
    tcase_add_test(rule, it_ends_after_its_time);
    tcase_add_test(rule, it_ends_when_nothing_comes_any_more);
    suite_add_tcase(suite, rule);
    TCase *service = tcase_create("service");
    tcase_add_checked_fixture(service, set_up, tear_down);
    tcase_set_timeout(service, 2.0 * PATIENCE_MS / 1000);
    tcase_add_test(service, nothing_behind_a_damaged_batch_is_committed);
    suite_add_tcase(suite, service);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
