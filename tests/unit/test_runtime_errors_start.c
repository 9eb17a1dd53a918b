/*
 * At stake: a start among errors. Whatever brokers answer before anything is read, the service is
 * not ready before it can work, and works then.
 */
#include "support/broker_errors.h"

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
      {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
       RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED}},
     {"InitProducerId",
      INIT_PRODUCER_ID,
      ANY,
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT}}},
};

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

int main(void)
{
    return run_errors("start", a_start_among_errors, (int)WV_COUNT(early));
}
