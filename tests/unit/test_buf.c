/*
 * buf: a truncated value must not be able to leave. Everything rests on the flag that, once raised,
 * is lowered by wv_buf_reset() only.
 */
#include "base/buf.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct writing {
    const char *a;
    const char *b;
    size_t cap;
    const char *out; /* NULL: refused */
} writings[] =
    {
        {"abc", "de", 5, "abcde"}, {"abc", "de", 4, NULL}, {"abc", "de", 0, NULL},
        {"", "", 0, ""},           {"abc", "", 3, "abc"},  {"abcdef", "", 5, NULL},
        {"abcdef", "x", 5, NULL}, /* what came after the overflow would fit, and is refused as well
                                   */
};

START_TEST(appends_whole_or_not_at_all)
{
    const struct writing *w = &writings[_i];
    uint8_t *mem = malloc(w->cap + 1);
    mem[w->cap] = 0xee;
    struct wv_buf buf = wv_buf_of(mem, w->cap);
    wv_buf_put(&buf, wv_slice_of(w->a));
    wv_buf_put(&buf, wv_slice_of(w->b));
    struct wv_slice got = WV_LIT("left over");
    ck_assert_int_eq(wv_buf_take(&buf, &got), w->out != NULL);
    ck_assert_uint_eq(got.len, w->out == NULL ? 0 : strlen(w->out));
    ck_assert(w->out == NULL || wv_slice_eq(got, wv_slice_of(w->out)));
    ck_assert_uint_eq(mem[w->cap], 0xee);
    free(mem);
}
END_TEST

static const uint64_t numbers[] = {0, 9, 10, 99, 100, 4294967296u, UINT64_MAX};

START_TEST(numbers_in_decimal)
{
    uint8_t mem[20];
    char wanted[24];
    (void)snprintf(wanted, sizeof wanted, "%" PRIu64, numbers[_i]);
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_uint(&buf, numbers[_i]);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, wv_slice_of(wanted)));

    struct wv_buf small = wv_buf_of(mem, strlen(wanted) - 1);
    wv_buf_uint(&small, numbers[_i]);
    ck_assert(!wv_buf_take(&small, &got));
}
END_TEST

START_TEST(rewind_keeps_the_flag_and_reset_lowers_it)
{
    uint8_t mem[4];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_slice got;
    wv_buf_put(&buf, WV_LIT("abc"));
    wv_buf_rewind(&buf, 1);
    wv_buf_byte(&buf, 'X');
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("aX")));

    wv_buf_put(&buf, WV_LIT("12345"));
    wv_buf_rewind(&buf, 0);
    ck_assert(!wv_buf_take(&buf, &got));
    ck_assert_ptr_null(wv_buf_reserve(&buf, 1));

    wv_buf_reset(&buf);
    wv_buf_put(&buf, WV_LIT("1234"));
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("1234")));
}
END_TEST

START_TEST(a_huge_reservation_does_not_wrap)
{
    uint8_t mem[4];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_byte(&buf, 'a');
    ck_assert_ptr_null(wv_buf_reserve(&buf, SIZE_MAX));
    struct wv_slice got;
    ck_assert(!wv_buf_take(&buf, &got));
}
END_TEST

/* Short writes have ways of their own, by length; none may touch a byte behind. */
START_TEST(every_length_is_copied_whole)
{
    uint8_t from[80];
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (uint8_t)(i + 1);
    }
    for (size_t len = 0; len <= sizeof from; len++) {
        uint8_t mem[sizeof from + 16];
        memset(mem, 0xee, sizeof mem);
        struct wv_buf buf = wv_buf_of(mem, len);
        wv_buf_put(&buf, (struct wv_slice){from, len});
        struct wv_slice got;
        ck_assert(wv_buf_take(&buf, &got));
        ck_assert_uint_eq(got.len, len);
        ck_assert(len == 0 || memcmp(got.ptr, from, len) == 0);
        for (size_t i = len; i < sizeof mem; i++) {
            ck_assert_uint_eq(mem[i], 0xee);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tests = tcase_create("buf");
    tcase_add_loop_test(tests, appends_whole_or_not_at_all, 0, (int)WV_COUNT(writings));
    tcase_add_loop_test(tests, numbers_in_decimal, 0, (int)WV_COUNT(numbers));
    tcase_add_test(tests, rewind_keeps_the_flag_and_reset_lowers_it);
    tcase_add_test(tests, a_huge_reservation_does_not_wrap);
    tcase_add_test(tests, every_length_is_copied_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
