/*
 * At stake: an answer of a broker that nobody thought of, while records flow. For each request that
 * the service makes, brokers answer with errors that pass and with some that stay for a while, move
 * leaders and coordinators, and go away.
 */
#include "support/broker_errors.h"

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

/* While answers are on their way, metadata says that there is no topic: librdkafka gives up its
 * partitions, and what comes back to them then is reported as thrown away. */
static void hide_topic(void)
{
    enum { ANSWERS = 20, LATE_MS = 100 };
    for (int i = 0; i < ANSWERS; i++) {
        ck_assert_int_eq(
            rd_kafka_mock_broker_push_request_error_rtts(
                run.cluster, OUT, PRODUCE, 1, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, LATE_MS),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    set_topic_error("out", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    feed(STEP * 10);
    for (int i = 0; i < ANSWERS; i++) {
        take(LATE_MS);
    }
    rd_kafka_mock_clear_request_errors(run.cluster, PRODUCE);
    set_topic_error("out", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_all("a topic that was not there");
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
    hide_topic();
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

int main(void)
{
    return run_errors("load", errors_and_changes_under_load, 1);
}
