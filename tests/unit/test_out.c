/*
 * out: bytes that nobody replaced must come out in their own spelling, and new text escaped. A
 * wrong map would publish bytes that a filter took for replaced.
 */
#include "base/out.h"

#include <check.h>
#include <stdlib.h>

static void escape_quotes(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            wv_buf_byte(buf, '\\');
        }
        wv_buf_byte(buf, text.ptr[i]);
    }
}

/* The text a"b/c, spelled a \" \u0062 \/ c. */
static const uint32_t map[] = {0, 1, 3, 9, 11, 12};

static struct wv_out spelled(struct wv_buf *buf)
{
    return (struct wv_out){.buf = buf,
                           .text = WV_LIT("a\"b/c"),
                           .raw = WV_LIT("a\\\"\\u0062\\/c"),
                           .map = map,
                           .escape = escape_quotes};
}

static const struct keeping {
    size_t from;
    size_t to;
    const char *out;
} keepings[] = {
    {0, 5, "a\\\"\\u0062\\/c"}, {0, 0, ""},  {5, 5, ""}, {0, 1, "a"}, {1, 2, "\\\""},
    {2, 4, "\\u0062\\/"},       {4, 5, "c"},
};

START_TEST(keeps_the_spelling)
{
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = spelled(&buf);
    wv_out_keep(&out, keepings[_i].from, keepings[_i].to);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, wv_slice_of(keepings[_i].out)));
}
END_TEST

START_TEST(escapes_what_is_new)
{
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = spelled(&buf);
    wv_out_keep(&out, 0, 2);
    wv_out_put(&out, WV_LIT("x\"y"));
    wv_out_keep(&out, 4, 5);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("a\\\"x\\\"yc")));
}
END_TEST

START_TEST(plain_out_has_no_spelling)
{
    uint8_t mem[8];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, WV_LIT("a\"bc"));
    wv_out_keep(&out, 1, 3);
    wv_out_put(&out, WV_LIT("\""));
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("\"b\"")));
    wv_out_put(&out, WV_LIT("too long"));
    ck_assert(!wv_buf_take(&buf, &got));
}
END_TEST

static const struct keeping mistakes[] = {{3, 2, NULL}, {0, 6, NULL}, {6, 6, NULL}};

START_TEST(keeping_what_is_not_there_aborts)
{
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = spelled(&buf);
    wv_out_keep(&out, mistakes[_i].from, mistakes[_i].to);
}
END_TEST

/* With room it is written in place, without by way of the caller's memory, and what does not fit is
 * refused like any other write. */
START_TEST(a_plain_word_is_written_whole_or_not_at_all)
{
    for (size_t cap = 0; cap <= 16; cap++) {
        uint8_t mem[16];
        uint8_t spare[8];
        struct wv_buf buf = wv_buf_of(mem, cap);
        wv_buf_put(&buf, WV_LIT("ab"));
        struct wv_out out = {.buf = &buf};
        uint8_t *begin = wv_out_begin(&out, spare, sizeof spare);
        ck_assert((begin == spare) == (cap < 2 + sizeof spare));
        memcpy(begin, "12345678", sizeof spare);
        wv_out_end(&out, spare, begin, 5);
        struct wv_slice got;
        ck_assert_int_eq(wv_buf_take(&buf, &got), cap >= 7);
        ck_assert(cap < 7 || wv_slice_eq(got, WV_LIT("ab12345")));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("out");
    TCase *tests = tcase_create("out");
    tcase_add_loop_test(tests, keeps_the_spelling, 0, (int)WV_COUNT(keepings));
    tcase_add_test(tests, escapes_what_is_new);
    tcase_add_test(tests, plain_out_has_no_spelling);
    tcase_add_test(tests, a_plain_word_is_written_whole_or_not_at_all);
    tcase_add_loop_test_raise_signal(tests, keeping_what_is_not_there_aborts, 6, 0,
                                     (int)WV_COUNT(mistakes));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
