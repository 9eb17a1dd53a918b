/*
 * At stake: the walk takes what stands there for a member because a few words say so. They must say
 * it of exactly the text, whatever stands behind it.
 */
#include "base/spelled.h"

#include <check.h>

START_TEST(stands_where_it_stands)
{
    static const uint8_t letters[] = "\"abcdefghijklmnopqrstuvwxyz012345\":";
    for (size_t len = 1; len <= WV_SPELLED_MAX; len++) {
        const struct wv_spelled spelled = wv_spelled_of((struct wv_slice){letters, len});
        uint8_t text[WV_SPELLED_MAX];
        memset(text, 0xee, sizeof text);
        memcpy(text, letters, len);
        ck_assert_uint_eq(spelled.len, len);
        ck_assert(wv_spelled_stands(&spelled, text));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            text[bit / 8] ^= (uint8_t)(1U << bit % 8);
            ck_assert(!wv_spelled_stands(&spelled, text));
            text[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}
END_TEST

START_TEST(nothing_and_too_much_stand_nowhere)
{
    static const uint8_t zeros[WV_SPELLED_MAX + 1];
    const struct wv_spelled nothing = wv_spelled_of((struct wv_slice){0});
    const struct wv_spelled much = wv_spelled_of((struct wv_slice){zeros, sizeof zeros});
    ck_assert(!wv_spelled_stands(&nothing, zeros));
    ck_assert(!wv_spelled_stands(&much, zeros));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spelled");
    TCase *tests = tcase_create("spelled");
    tcase_add_test(tests, stands_where_it_stands);
    tcase_add_test(tests, nothing_and_too_much_stand_nowhere);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
