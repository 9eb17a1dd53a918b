/*
 * At stake: what is replayed is chosen from a topic to which others may write, and what was
 * replayed is known again from a file. A report that is taken for another one sends a record twice,
 * or never.
 */
#include "app/replay_acts.h"
#include "runtime/sample.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REPORT(reason, tenant, partition, offset, more)                                            \
    "{\"reason\":\"" reason "\",\"at\":0,\"place\":null,\"topic\":\"waf.raw\",\"partition\":"      \
    "" partition ",\"offset\":" offset ",\"record\":0,\"records\":1,\"tenant\":\"" tenant "\","    \
    "\"plan\":\"abc\",\"input\":\"aws-waf\",\"output\":\"*\"" more "}"

static struct wv_reject_choice choice;
static struct wv_reject_reports reports;
static int64_t next_offset;

static void setup(void)
{
    choice = (struct wv_reject_choice){.until_ms = INT64_MAX, .last = INT64_MAX, .partition = -1};
    reports = (struct wv_reject_reports){.choice = &choice};
    next_offset = 0;
}

static void teardown(void)
{
    wv_reject_reports_fini(&reports);
}

static void add(const char *value, int64_t time_ms)
{
    const struct wv_topic_message message = {.partition = 2,
                                             .offset = next_offset++,
                                             .time_ms = time_ms,
                                             .value = value == NULL ? (struct wv_slice){0}
                                                                    : wv_slice_of(value)};
    wv_reject_reports_add(&reports, &message);
}

START_TEST(only_what_is_meant_is_taken)
{
    static const struct {
        struct wv_reject_choice choice;
        size_t count;
    } cases[] = {
        {{.partition = -1}, 4},
        {{.partition = -1, .tenant = "acme"}, 3},
        {{.partition = -1, .cause = "syntax"}, 3},
        {{.partition = -1, .cause = "syntax", .tenant = "acme"}, 2},
        {{.partition = -1, .topic = "waf.other"}, 0},
        {{.partition = -1, .output = "*"}, 4},
        {{.partition = -1, .output = "soc"}, 0},
        {{.partition = 1}, 2},
        {{.partition = 1, .first = 6}, 1},
        {{.partition = 1, .last = 5}, 1},
        {{.partition = -1, .since_ms = 2000}, 3},
        {{.partition = -1, .until_ms = 2000}, 1},
    };
    choice = cases[_i].choice;
    choice.last = choice.last == 0 ? INT64_MAX : choice.last;
    choice.until_ms = choice.until_ms == 0 ? INT64_MAX : choice.until_ms;
    add(REPORT("syntax", "acme", "0", "5", ""), 1000);
    add(REPORT("syntax", "acme", "1", "5", ",\"sealed\":\"MIAG\""), 2000);
    add(REPORT("too_deep", "acme", "1", "6", ""), 3000);
    add(REPORT("syntax", "other", "0", "6", ""), 4000);
    ck_assert_uint_eq(reports.count, cases[_i].count);
    ck_assert_uint_eq(reports.foreign, 0);
}
END_TEST

/* What somebody else has written there is neither a crash nor a report. */
START_TEST(what_is_no_report_is_counted)
{
    static const char *const foreign[] = {
        NULL,
        "",
        "nothing",
        "[]",
        "{}",
        "{\"reason\":\"syntax\"}",
        REPORT("syntax", "acme", "-1", "5", ""),
        REPORT("syntax", "acme", "2147483648", "5", ""),
        REPORT("syntax", "acme", "0", "-5", ""),
        REPORT("syntax", "acme", "0", "1e3", ""),
        REPORT("syntax", "acme", "0", "\"5\"", ""),
        REPORT("syntax", "acme", "0", "9223372036854775807", ""),
        REPORT("syntax", "acme", "0", "5", ",\"topic\":\"twice\""),
        REPORT("syntax", "ac\\u0000me", "0", "5", ""),
        REPORT("syntax", "acme", "0", "5", "") "}",
    };
    for (size_t i = 0; i < WV_COUNT(foreign); i++) {
        add(foreign[i], 1000);
        ck_assert_msg(reports.count == 0, "case %zu was taken for a report", i);
    }
    ck_assert_uint_eq(reports.foreign, WV_COUNT(foreign));
    add(REPORT("syntax", "acme", "0", "5", ""), 1000);
    ck_assert_uint_eq(reports.count, 1);
}
END_TEST

START_TEST(what_was_replayed_is_known_again)
{
    static const int64_t offsets[] = {9, 3, 4, 5, 12};
    const struct wv_reject_report *some[WV_COUNT(offsets) + 1];
    struct wv_reject_report all[WV_COUNT(offsets) + 1] = {{0}};
    struct wv_replayed_before before = {0};
    for (size_t i = 0; i < WV_COUNT(offsets); i++) {
        all[i] = (struct wv_reject_report){.report_offset = offsets[i], .time_ms = 500};
        some[i] = &all[i];
    }
    all[WV_COUNT(offsets)] = (struct wv_reject_report){.report_partition = 3, .report_offset = 4};
    some[WV_COUNT(offsets)] = &all[WV_COUNT(offsets)];
    char *text = wv_replayed_text(some, WV_COUNT(some));
    ck_assert_str_eq(text, "0:3-5,9,12 3:4");
    ck_assert(wv_replayed_before_add(&before, text, 1000));
    free(text);
    for (int64_t offset = 0; offset < 14; offset++) {
        const struct wv_reject_report report = {.report_offset = offset, .time_ms = 1000};
        const bool there = (offset >= 3 && offset <= 5) || offset == 9 || offset == 12;
        ck_assert_int_eq(wv_replayed_before_has(&before, &report), there);
        /* The topic was made anew: what is younger than the act is another report. */
        const struct wv_reject_report younger = {.report_offset = offset, .time_ms = 1001};
        ck_assert(!wv_replayed_before_has(&before, &younger));
        const struct wv_reject_report elsewhere = {.report_partition = 1, .report_offset = offset};
        ck_assert(!wv_replayed_before_has(&before, &elsewhere));
    }
    wv_replayed_before_fini(&before);
    text = wv_replayed_text(some, 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(a_text_that_is_none_is_refused)
{
    static const char *const wrong[] = {
        "x",       "0",    "0:",   "0:1-", "0:2-1",   "0:1,",         "0:1  1",
        "0:1;1:2", "-1:1", "0:1 ", " 0:1", "0:1-2-3", "2147483648:1", "0:99999999999999999999"};
    for (size_t i = 0; i < WV_COUNT(wrong); i++) {
        struct wv_replayed_before before = {0};
        ck_assert_msg(!wv_replayed_before_add(&before, wrong[i], 1), "\"%s\" was taken", wrong[i]);
        wv_replayed_before_fini(&before);
    }
}
END_TEST

/* The act counts for its topic only, and a file that cannot be read stops the replay. */
START_TEST(the_file_says_what_was_done)
{
    char path[] = "/tmp/wafveil-replay-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    static const char acts[] =
        "{\"event\":\"rejects_replay_begun\",\"time\":\"2026-11-23T03:02:44.932Z\","
        "\"rejects\":\"waf.rejects\",\"reports\":\"0:1-9\"}\n"
        "{\"event\":\"rejects_replayed\",\"time\":\"2026-11-23T03:02:44.932Z\","
        "\"rejects\":\"waf.rejects\",\"done\":\"0:1-3\"}\n"
        "{\"event\":\"rejects_replayed\",\"time\":\"2026-11-23T03:02:44.932Z\","
        "\"rejects\":\"other\",\"done\":\"0:5\"}\n";
    ck_assert_int_eq(write(file, acts, sizeof acts - 1), (ssize_t)sizeof acts - 1);
    struct wv_replayed_before before;
    ck_assert(wv_replayed_before_read(path, "waf.rejects", &before));
    ck_assert_uint_eq(before.count, 1);
    ck_assert_int_eq(before.ranges[0].last, 3);
    ck_assert_int_eq(before.ranges[0].until_ms, INT64_C(1795402964932));
    wv_replayed_before_fini(&before);
    ck_assert_int_eq(write(file, "{\"event\"", 8), 8);
    ck_assert(!wv_replayed_before_read(path, "waf.rejects", &before));
    wv_replayed_before_fini(&before);
    ck_assert_int_eq(close(file), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(wv_replayed_before_read(path, "waf.rejects", &before));
    ck_assert_uint_eq(before.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reject_reports");
    TCase *tests = tcase_create("reject_reports");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, only_what_is_meant_is_taken, 0, 12);
    tcase_add_test(tests, what_is_no_report_is_counted);
    tcase_add_test(tests, what_was_replayed_is_known_again);
    tcase_add_test(tests, a_text_that_is_none_is_refused);
    tcase_add_test(tests, the_file_says_what_was_done);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
