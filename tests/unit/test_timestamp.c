/*
 * test_timestamp — moments are read as the calendar says and floored to the multiple before them.
 *
 * At stake: the event's time chooses the key of its tokens, and a moment that is not coarsened
 * joins two logs. The C library's calendar is the second opinion.
 */
#include "filters/timestamp.h"

#include <check.h>
#include <stdio.h>
#include <time.h>

static const struct moment {
    const char *text;
    int64_t ms; /* -1: refused */
} moments[] = {
    {"0", 0},
    {"1763781593", 1763781593000},
    {"1763781593.026", 1763781593026},
    {"1763781593123", 1763781593123},
    {"1763781593123456", 1763781593123},
    {"1763781593123456789", 1763781593123},
    {"99999999999", 99999999999000},
    {"100000000000", 100000000000},
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-22T03:19:53Z", 1795317593000},
    {"2026-11-22T03:19:53.5Z", 1795317593500},
    {"2026-11-22T03:19:53.1239999Z", 1795317593123},
    {"2026-11-22T12:19:53+09:00", 1795317593000},
    {"2026-11-21T22:19:53-05:00", 1795317593000},
    {"2026-11-22 03:19:53", 1795317593000},
    {"2026/11/22 03:19:53", 1795317593000},
    {"22/Nov/2026:12:19:53 +0900", 1795317593000},
    {"[22/Nov/2026:03:19:53 +0000]", 1795317593000},
    {"Sun Nov 22 03:19:53 2026", 1795317593000},
    {"Sun Nov 22 03:19:53.123456 2026", 1795317593123},
    {"22/Nov/2026:12:19:53.5 +0900", 1795317593500},
    {"Nov 22 2026 03:19:53", 1795317593000},
    {"Nov 22 2026 03:19:53.026", 1795317593026},
    {"Nov 22 2026 03:19:53.026 UTC", 1795317593026},
    {"Nov 21 2026 19:19:53 PST", 1795317593000},
    {"Nov 22 2026 12:19:53.026 JST", 1795317593026},
    {"Nov 22 2026 08:49:53 GMT+05:30", 1795317593000},
    {"Nov 22 2026 08:49:53 +05:30", 1795317593000},
    {"Nov 22 2026 02:19:53 -0100", 1795317593000},
    {"2000-02-29T00:00:00Z", 951782400000},
    {"", -1},
    {"-5", -1},
    {"9223372036854775808", -1},
    {"2026-11-22", -1},
    {"now", -1},
    /* Times, but nobody knows of which day. */
    {"Nov 22 03:19:53", -1},
    {"Nov 22 03:19:53.026 UTC", -1},
    {"03:19:53", -1},
};

START_TEST(known_moments)
{
    int64_t ms = -1;
    const bool read = wv_timestamp_parse(wv_slice_of(moments[_i].text), &ms);
    ck_assert_int_eq(read, moments[_i].ms >= 0);
    ck_assert_msg(ms == moments[_i].ms, "row %d gave %lld", _i, (long long)ms);
}
END_TEST

START_TEST(calendar_agrees_with_the_c_library)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ",   "%d/%b/%Y:%H:%M:%S +0000",
                                        "%Y/%m/%d %H:%M:%S",    "%a %b %e %H:%M:%S %Y",
                                        "%a %b %d %H:%M:%S %Y", "%b %d %Y %H:%M:%S",
                                        "%b %e %Y %H:%M:%S GMT"};
    uint64_t state = 0x9e3779b97f4a7c15;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        const time_t seconds = (time_t)(state % 253402300800); /* up to the year 9999 */
        struct tm parts;
        ck_assert_ptr_nonnull(gmtime_r(&seconds, &parts));
        char text[64];
        strftime(text, sizeof text, forms[(size_t)i % WV_COUNT(forms)], &parts);
        int64_t ms;
        ck_assert(wv_timestamp_parse(wv_slice_of(text), &ms));
        ck_assert_int_eq(ms, (int64_t)seconds * 1000);
    }
}
END_TEST

START_TEST(floor_is_the_multiple_before)
{
    ck_assert_int_eq(wv_timestamp_floor(1795317593123, 1), 1795317593000);
    ck_assert_int_eq(wv_timestamp_floor(1795317593123, 10), 1795317590000);
    ck_assert_int_eq(wv_timestamp_floor(1795317593123, 60), 1795317540000);
    ck_assert_int_eq(wv_timestamp_floor(1795317593123, 3600), 1795316400000);
    ck_assert_int_eq(wv_timestamp_floor(1795317593123, 86400), 1795305600000);
    ck_assert_int_eq(wv_timestamp_floor(0, 86400), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, known_moments, 0, (int)WV_COUNT(moments));
    tcase_add_test(tests, calendar_agrees_with_the_c_library);
    tcase_add_test(tests, floor_is_the_multiple_before);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
