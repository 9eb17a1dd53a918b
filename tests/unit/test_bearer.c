/*
 * bearer: a token whose end is read wrongly is sent too long, and then nothing is written any more;
 * and no word about it may hold any of it.
 */
#include "keys/bearer.h"
#include "support/bearer_token.h"

#include <check.h>
#include <stdlib.h>

enum { TOKEN_MAX = 2 * WV_BEARER_MAX };

static uint8_t token[TOKEN_MAX];

static struct wv_slice make(const char *claims)
{
    return bearer_make(wv_slice_of(claims), token);
}

static const struct good {
    const char *claims;
    int64_t expires_ms;
} goods[] = {
    {"{\"exp\":1795321384}", 1795321384000},
    {"{\"sub\":\"s3cret\",\"exp\":1795321384.25,\"aud\":[\"kafka\"]}", 1795321384250},
    {"{\"exp\":1}", 1000},
};

START_TEST(the_end_is_read)
{
    int64_t expires_ms = 0;
    const char *why = wv_bearer_expiry(make(goods[_i].claims), &expires_ms);
    ck_assert_msg(why == NULL, "%s", why);
    ck_assert_int_eq(expires_ms, goods[_i].expires_ms);
}
END_TEST

static const struct bad {
    const char *claims; /* NULL: text is the whole token */
    const char *text;
    const char *why;
} bads[] = {
    {NULL, "", "no JSON web token"},
    {NULL, "s3cret", "no JSON web token"},
    {NULL, "a.s3cret", "no JSON web token"},
    {NULL, "a..b", "no JSON web token"},
    {NULL, "a.b.c.d", "no JSON web token"},
    {NULL, "a.s3cr*t.c", "no JSON web token"},
    {NULL, "a.s3cret.c", "no JSON web token"},
    {"[1795321384]", NULL, "no JSON web token"},
    {"{\"exp\":1795321384,\"exp\":1}", NULL, "no JSON web token"},
    {"{}", NULL, "does not say when it ends"},
    {"{\"exp\":\"1795321384\"}", NULL, "does not say when it ends"},
    {"{\"exp\":null}", NULL, "does not say when it ends"},
    {"{\"exp\":0}", NULL, "ends at no time"},
    {"{\"exp\":-1}", NULL, "ends at no time"},
    {"{\"exp\":1e300}", NULL, "ends at no time"},
};

START_TEST(what_is_none_is_refused)
{
    const struct bad *bad = &bads[_i];
    int64_t expires_ms = 42;
    const char *why = wv_bearer_expiry(
        bad->claims != NULL ? make(bad->claims) : wv_slice_of(bad->text), &expires_ms);
    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, bad->why) != NULL, "%s", why);
    ck_assert_ptr_null(strstr(why, "s3cret"));
    ck_assert_int_eq(expires_ms, 42);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
    int64_t expires_ms;
    struct wv_slice good = make("{\"exp\":1795321384}");
    memset(token + good.len, 'x', WV_BEARER_MAX);
    good.len = WV_BEARER_MAX;
    ck_assert_ptr_null(wv_bearer_expiry(good, &expires_ms));
    good.len++;
    ck_assert_ptr_nonnull(wv_bearer_expiry(good, &expires_ms));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bearer");
    TCase *tests = tcase_create("bearer");
    tcase_add_loop_test(tests, the_end_is_read, 0, WV_COUNT(goods));
    tcase_add_loop_test(tests, what_is_none_is_refused, 0, WV_COUNT(bads));
    tcase_add_test(tests, what_is_too_long_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
