/*
 * epoch: ids and the days behind them. The id stands in every token and in every derived key: two
 * programs that write one differently do not join.
 */
#include "keys/epoch.h"

#include "support/random.h"

#include <check.h>
#include <time.h>

static const struct {
    int64_t time_s;
    uint32_t days;
    const char *id;
} ids[] = {
    {0, 1, "19700101-1d"},
    {0, 7, "19691229-7d"},
    {4 * 86400 - 1, 7, "19691229-7d"},
    {4 * 86400, 7, "19700105-7d"},
    {11 * 86400 - 1, 7, "19700105-7d"},
    {INT64_C(1794787199), 7, "20261109-7d"},
    {INT64_C(1794787200), 7, "20261116-7d"},
    {INT64_C(1794787200) + 3 * 86400, 1, "20261119-1d"},
    {INT64_C(1709164800), 1, "20240229-1d"},
    {-1, 1, "19691231-1d"},
    {-86400, 1, "19691231-1d"},
    {-86401, 1, "19691230-1d"},
    {INT64_C(1794787200), 366, "20260216-366d"},
    {INT64_MIN, 1, "10010102-1d"}, /* the nearest days that an id can name */
    {INT64_MAX, 1, "99981230-1d"},
};

START_TEST(id_of_a_time)
{
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_id(ids[_i].time_s, ids[_i].days, id);
    ck_assert_str_eq(id, ids[_i].id);
}
END_TEST

static const char *const wrong_ids[] = {
    "",
    "throwaway",
    "20261116",
    "20261116-d",
    "20261116-0d",
    "20261116-07d",
    "20261116-7",
    "20261116-7D",
    "20261116-367d",
    "20261116-999d",
    "20261116-1000d",
    "2026111-7d",
    "20261131-1d",
    "20261301-1d",
    "20260001-1d",
    "20260100-1d",
    "20260229-1d",
    "21000229-1d",
    "20261116_7d",
    "20261116-7d ",
    " 20261116-7d",
    "+0261116-7d",
    "20261116--7d",
    "20261116-+7d",
    "09991231-1d",
    "99991231-2d",
    "2026111a-7d",
    "20261116-7dd",
};

START_TEST(refuses_every_other_spelling)
{
    struct wv_epoch_span span;
    ck_assert(!wv_epoch_parse(wv_slice_of(wrong_ids[_i]), &span));
}
END_TEST

START_TEST(the_last_days_of_the_calendar)
{
    struct wv_epoch_span span;
    ck_assert(wv_epoch_parse(WV_LIT("99991231-1d"), &span));
    ck_assert_int_eq(span.first, WV_EPOCH_DAY_MAX);
    ck_assert(wv_epoch_parse(WV_LIT("10000101-366d"), &span));
    ck_assert_int_eq(span.first, WV_EPOCH_DAY_MIN);
    ck_assert(wv_epoch_parse(WV_LIT("20000229-1d"), &span));
}
END_TEST

/* Every day from 1890 to 2110, which has common years of a century and a leap one, and every 89th
 * of the others. */
START_TEST(days_as_the_c_library)
{
    for (int64_t day = WV_EPOCH_DAY_MIN; day <= WV_EPOCH_DAY_MAX;
         day += day > -29220 && day < 51136 ? 1 : 89) {
        char id[WV_EPOCH_ID_MAX + 1];
        wv_epoch_format((struct wv_epoch_span){day, 1}, id);
        struct wv_epoch_span back;
        ck_assert(wv_epoch_parse(wv_slice_of(id), &back));
        ck_assert(back.first == day && back.days == 1);
        const time_t seconds = (time_t)(day * WV_DAY_S);
        struct tm date;
        char wanted[32];
        ck_assert_ptr_nonnull(gmtime_r(&seconds, &date));
        ck_assert_uint_gt(strftime(wanted, sizeof wanted, "%Y%m%d-1d", &date), 0);
        ck_assert_str_eq(id, wanted);
        char text[WV_DAY_TEXT];
        wv_day_format(day, text);
        ck_assert_uint_gt(strftime(wanted, sizeof wanted, "%Y-%m-%d", &date), 0);
        ck_assert_str_eq(text, wanted);
        int64_t again;
        ck_assert(wv_day_parse(wv_slice_of(text), &again) && again == day);
    }
}
END_TEST

static const char *const wrong_days[] = {
    "",           "2026-11-1",  "2026-11-161", "20261116",   "2026-13-01",
    "2026-02-30", "2026-00-10", "2026-11-00",  "2026/11/16", "26-11-16",
    "2026-1a-16", "+026-11-16", "0999-12-31",  "2100-02-29",
};

START_TEST(refuses_what_is_no_day)
{
    int64_t day;
    ck_assert_msg(!wv_day_parse(wv_slice_of(wrong_days[_i]), &day), "%s", wrong_days[_i]);
}
END_TEST

/* For any time and length: the id reads back as days that hold the time, start at a multiple of the
 * length from the first Monday, and give the same id throughout, and another one right outside. */
START_TEST(ids_tile_time)
{
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        const int64_t time_s = (int64_t)(random_next(&seed) % UINT64_C(8000000000)) - 4000000000;
        const uint32_t days = (uint32_t)(random_next(&seed) % WV_EPOCH_DAYS_MAX) + 1;
        char id[WV_EPOCH_ID_MAX + 1];
        char other[WV_EPOCH_ID_MAX + 1];
        struct wv_epoch_span span;
        wv_epoch_id(time_s, days, id);
        ck_assert(wv_epoch_parse(wv_slice_of(id), &span));
        ck_assert_uint_eq(span.days, days);
        ck_assert_int_eq((span.first - 4) % days, 0);
        const int64_t from_s = span.first * WV_DAY_S;
        const int64_t until_s = from_s + (int64_t)days * WV_DAY_S;
        ck_assert(from_s <= time_s && time_s < until_s);
        wv_epoch_id(from_s, days, other);
        ck_assert_str_eq(id, other);
        wv_epoch_id(until_s - 1, days, other);
        ck_assert_str_eq(id, other);
        wv_epoch_id(from_s - 1, days, other);
        ck_assert_str_ne(id, other);
        wv_epoch_id(until_s, days, other);
        ck_assert_str_ne(id, other);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("epoch");
    tcase_add_loop_test(tests, id_of_a_time, 0, (int)WV_COUNT(ids));
    tcase_add_loop_test(tests, refuses_every_other_spelling, 0, (int)WV_COUNT(wrong_ids));
    tcase_add_test(tests, the_last_days_of_the_calendar);
    tcase_add_test(tests, days_as_the_c_library);
    tcase_add_loop_test(tests, refuses_what_is_no_day, 0, (int)WV_COUNT(wrong_days));
    tcase_add_test(tests, ids_tile_time);
    tcase_set_timeout(tests, 60);
    Suite *suite = suite_create("epoch");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
