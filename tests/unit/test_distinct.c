/*
 * distinct: how many different values there were.
 * At stake: a field with many values that is taken for one with few is suggested to be kept unread.
 */
#include "app/distinct.h"
#include "support/random.h"

#include <check.h>

START_TEST(few_are_exact)
{
    struct wv_distinct distinct = {0};
    uint64_t state = 11;
    uint64_t hashes[WV_DISTINCT_KEPT - 1];
    for (size_t i = 0; i < WV_COUNT(hashes); i++) {
        hashes[i] = random_next(&state);
    }
    ck_assert_uint_eq(wv_distinct_estimate(&distinct), 0);
    for (size_t turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < WV_COUNT(hashes); i++) {
            wv_distinct_add(&distinct, hashes[i]);
            ck_assert_uint_eq(wv_distinct_estimate(&distinct),
                              turn == 0 ? i + 1 : WV_COUNT(hashes));
        }
    }
    ck_assert(wv_distinct_is_exact(&distinct));
    wv_distinct_add(&distinct, 0);
    ck_assert(!wv_distinct_is_exact(&distinct));
}
END_TEST

/* The smallest and the largest hash there are, in rising and in falling order. */
START_TEST(borders)
{
    struct wv_distinct rising = {0};
    struct wv_distinct falling = {0};
    for (uint64_t i = 0; i <= 2 * WV_DISTINCT_KEPT; i++) {
        wv_distinct_add(&rising, i);
        wv_distinct_add(&falling, UINT64_MAX - i);
    }
    for (size_t i = 0; i < WV_DISTINCT_KEPT; i++) {
        ck_assert_uint_eq(rising.least[i], i);
        ck_assert_uint_eq(falling.least[i], UINT64_MAX - 2 * WV_DISTINCT_KEPT + i);
    }
    ck_assert_uint_ge(wv_distinct_estimate(&falling), WV_DISTINCT_KEPT - 1);
    ck_assert_uint_gt(wv_distinct_estimate(&rising), 1000000);
}
END_TEST

/* Off by an eighth in two cases of three: never by a half, which is four times as much. */
START_TEST(many_are_estimated)
{
    const uint64_t counts[] = {100, 1000, 10000, 100000};
    uint64_t state = 5;
    for (size_t i = 0; i < WV_COUNT(counts); i++) {
        unsigned near = 0;
        for (size_t turn = 0; turn < 40; turn++) {
            struct wv_distinct distinct = {0};
            for (uint64_t k = 0; k < counts[i]; k++) {
                wv_distinct_add(&distinct, random_next(&state));
            }
            const uint64_t estimate = wv_distinct_estimate(&distinct);
            ck_assert_uint_gt(estimate, counts[i] / 2);
            ck_assert_uint_lt(estimate, counts[i] * 2);
            near += estimate > counts[i] * 7 / 8 && estimate < counts[i] * 9 / 8;
        }
        ck_assert_uint_ge(near, 20);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("distinct");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, few_are_exact);
    tcase_add_test(tcase, borders);
    tcase_add_test(tcase, many_are_estimated);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
