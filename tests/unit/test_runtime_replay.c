/*
 * At stake: a replay sends again what was lost, and must not send what others have already. Which
 * results a report means is decided here, for messages that hold one record and for those that hold
 * many, also when they are read otherwise than then.
 */
#include "runtime/replay.h"

#include "support/engine.h"

#include <check.h>

#define RECORD(time)                                                                               \
    "{\"timestamp\":" time ",\"webaclId\":\"acl\",\"action\":\"BLOCK\",\"httpRequest\":{"          \
    "\"clientIp\":\"192.0.2.7\"}}"
#define GOOD RECORD("1795321384123")
/* Readable, and not publishable: a stub. */
#define DEEP                                                                                       \
    "{\"timestamp\":1795321384123,\"webaclId\":\"acl\",\"action\":\"BLOCK\",\"x\":"                \
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
#define TWO                                                                                        \
    "{\"name\":\"soc\",\"purpose\":\"security\"},{\"name\":\"siem\",\"purpose\":\"security\"}"
#define ALL UINT32_MAX

static struct wv_replay *replay;
static struct wv_plan *plan;

static void setup(void)
{
    struct wv_report *report = wv_report_new();
    plan = engine_plan(ACME UNDER(TENANT, TWO) "}", NULL, 0, report);
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    replay = wv_replay_new(plan, true);
    ck_assert_ptr_nonnull(replay);
}

static void teardown(void)
{
    wv_replay_free(replay);
    wv_plan_free(plan);
}

static const struct {
    const char *value;
    struct wv_replay_want want;
    struct wv_replayed done;
} cases[] = {
    /* One record then and now. */
    {GOOD, {0, ALL, 1}, {.sent = 2}},
    {GOOD, {0, 1, 1}, {.sent = 1}},
    {GOOD, {0, ALL, -1}, {.sent = 2}},
    {GOOD, {0, 0, -1}, {.sent = 1}},
    /* The stub of an output stands there; where nothing stood, it is sent. */
    {DEEP, {0, 0, 1}, {.rejected = 1, .reason = WV_REASON_TOO_DEEP}},
    {DEEP, {0, ALL, 1}, {.rejected = 2, .told = 2, .reason = WV_REASON_TOO_DEEP}},
    /* Nothing can be read of it: it has been reported. */
    {"{\"truncated\":", {0, ALL, 1}, {.rejected = 1, .reason = WV_REASON_SYNTAX}},
    /* One of three. */
    {GOOD "\n" GOOD "\n" GOOD, {1, ALL, 3}, {.sent = 2}},
    {GOOD "\n" GOOD "\n" GOOD, {1, 0, 3}, {.sent = 1}},
    {GOOD "\n" DEEP "\n" GOOD, {1, 0, 3}, {.rejected = 1, .reason = WV_REASON_TOO_DEEP}},
    {GOOD "\n{\"cut\":\n" GOOD, {1, ALL, 3}, {.rejected = 1, .reason = WV_REASON_SYNTAX}},
    /* It was one to us, and holds three: all of them, and what is wrong with one is new. */
    {GOOD "\n" GOOD "\n" GOOD, {0, ALL, 1}, {.sent = 6}},
    {GOOD "\n" GOOD "\n" GOOD, {0, 1, 1}, {.sent = 3}},
    {GOOD "\n{\"cut\":\n" GOOD,
     {0, ALL, 1},
     {.sent = 4, .rejected = 1, .told = 1, .reason = WV_REASON_SYNTAX}},
    {GOOD "\n" DEEP,
     {0, 0, 1},
     {.sent = 1, .rejected = 1, .told = 1, .reason = WV_REASON_TOO_DEEP}},
    /* Nobody can tell which is meant. */
    {GOOD "\n" GOOD "\n" GOOD, {1, ALL, 4}, {.unsure = true}},
    {GOOD, {1, ALL, 2}, {.unsure = true}},
    {GOOD "\n" GOOD, {0, ALL, -1}, {.unsure = true}},
    {GOOD, {1, ALL, -1}, {.unsure = true}},
};

static struct wv_record record_of(const char *value)
{
    return (struct wv_record){
        .topic = WV_LIT("waf.raw"), .value = wv_slice_of(value), .time_ms = 1795321384123};
}

START_TEST(a_report_means_its_results)
{
    const struct wv_record record = record_of(cases[_i].value);
    const struct wv_replayed *wanted = &cases[_i].done;
    struct wv_replayed done;
    ck_assert(wv_replay_message(replay, 0, 7, &record, &cases[_i].want, 1, &done));
    ck_assert_uint_eq(done.sent, wanted->sent);
    ck_assert_uint_eq(done.told, wanted->told);
    ck_assert_uint_eq(done.rejected, wanted->rejected);
    ck_assert_uint_eq(done.suppressed, wanted->suppressed);
    ck_assert_int_eq(done.reason, wanted->reason);
    ck_assert_int_eq(done.unsure, wanted->unsure);
    ck_assert(wv_replay_drain(replay));
}
END_TEST

START_TEST(several_reports_of_a_message_are_told_apart)
{
    const struct wv_record record = record_of(GOOD "\n" DEEP "\n" GOOD);
    const struct wv_replay_want wants[] = {{0, 1, 3}, {1, 0, 3}, {2, ALL, 3}, {9, ALL, 10}};
    struct wv_replayed done[WV_COUNT(wants)];
    ck_assert(wv_replay_message(replay, 0, 7, &record, wants, WV_COUNT(wants), done));
    ck_assert_uint_eq(done[0].sent, 1);
    ck_assert_uint_eq(done[1].sent, 0);
    ck_assert_uint_eq(done[1].rejected, 1);
    ck_assert_uint_eq(done[2].sent, 2);
    ck_assert(done[3].unsure && done[3].sent == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay");
    TCase *tests = tcase_create("replay");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_report_means_its_results, 0, (int)WV_COUNT(cases));
    tcase_add_test(tests, several_reports_of_a_message_are_told_apart);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
