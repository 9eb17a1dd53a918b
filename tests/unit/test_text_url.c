/*
 * url: where the pieces of URLs begin and end.
 * At stake: a user, a host or a query that is taken for syntax, or for a path, is published.
 */
#include "tests/support/parts.h"

#include <check.h>

static const struct {
    const char *text;
    const char *parts;
} urls[] = {
    {"https://example.com", "https://[host:<example.com>]"},
    {"https://u:p@example.com:8443/a?b#c", "https://[user:<u:p>@][host:<example.com>]:8443"
                                           "[path:</a>][query:?<b>][fragment:#<c>]"},
    {"HTTP://EXAMPLE.COM/", "HTTP://[host:<EXAMPLE.COM>][path:</>]"},
    {"https://u@v@example.com?x@y", "https://[user:<u@v>@][host:<example.com>][query:?<x@y>]"},
    {"https://@example.com/", "https://@[host:<example.com>][path:</>]"},
    {"http://[2001:db8::1]:80/", "http://[[host:<2001:db8::1>]]:80[path:</>]"},
    {"http://2001:db8::1/", "http://[host:<2001:db8::1>][path:</>]"},
    {"http://192.0.2.7:/", "http://[host:<192.0.2.7>]:[path:</>]"},
    /* What ends an authority for browsers ends it here. */
    {"http://good.example\\@evil.example/", "http://[host:<good.example>]"
                                            "[path:<\\@evil.example/>]"},
    {"http://example.com#@evil.example/?x", "http://[host:<example.com>]"
                                            "[fragment:#<@evil.example/?x>]"},
    /* An authority that cannot be read is a host as a whole; its user is none of it. */
    {"http://x:port/", "http://[host:<x:port>][path:</>]"},
    {"http://x:65536/", "http://[host:<x:65536>][path:</>]"},
    {"http://x:000080/", "http://[host:<x:000080>][path:</>]"},
    {"http://[::1/", "http://[host:<[::1>][path:</>]"},
    {"http://[::1/]:80/", "http://[host:<[::1>][path:</]:80/>]"},
    {"http://[::1]x/", "http://[host:<[::1]x>][path:</>]"},
    {"http://[::1]x:80/", "http://[host:<[::1]x:80>][path:</>]"},
    {"http://u:p@[::1/", "http://[user:<u:p>@][host:<[::1>][path:</>]"},
    {"http:///x?y", "http://[path:</x>][query:?<y>]"},
    {"http://", "http://"},
    {"http://?q=1", "http://[query:?<q=1>]"},
    /* A scheme that few use could hold anything. */
    {"192.0.2.7://u@x/", "[path:<192.0.2.7>]://[user:<u>@][host:<x>][path:</>]"},
    {"olga://x/", "[path:<olga>]://[host:<x>][path:</>]"},
    {"android-app://a.b/", "[path:<android-app>]://[host:<a.b>][path:</>]"},
    /* Paths. */
    {"/", "[path:</>]"},
    {"/a/b?c=d&e=f#g", "[path:</a/b>][query:?<c=d&e=f>][fragment:#<g>]"},
    {"/a#b?c", "[path:</a>][fragment:#<b?c>]"},
    {"/a?b?c#d#e", "[path:</a>][query:?<b?c>][fragment:#<d#e>]"},
    {"/a?#", "[path:</a>]?#"},
    {"/a?#b", "[path:</a>]?[fragment:#<b>]"},
    {"//evil@host/path", "[path:<//evil@host/path>]"},
    {"/r?u=http://a@b/", "[path:</r>][query:?<u=http://a@b/>]"},
    {"/a b?c d", "[path:</a b>][query:?<c d>]"},
    {"?a=b", "[query:?<a=b>]"},
    {"#a", "[fragment:#<a>]"},
    /* Neither. */
    {"", ""},
    {"*", "*"},
    {"**", "[path:<**>]"},
    {"example.com:443", "[path:<example.com:443>]"},
    {"www.example.com/pay?mail=kim", "[path:<www.example.com/pay>][query:?<mail=kim>]"},
    {"://x", "[path:<://x>]"},
    {"http:/x", "[path:<http:/x>]"},
    {"http:", "[path:<http:>]"},
    {"1 2://x", "[path:<1 2://x>]"},
    {" http://u:p@x/", "[path:< http://u:p@x/>]"},
};

START_TEST(urls_are_taken_apart)
{
    char mem[256];
    const struct wv_slice text = wv_slice_of(urls[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_url, text, NULL, mem, sizeof mem), urls[_i].parts);
}
END_TEST

START_TEST(pieces_are_plain)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_url, WV_LIT("http://u@h/p?\\x41#\\"), NULL);
    struct wv_part part;
    for (uint32_t column = 0; column < 5; column++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, column);
        ck_assert_int_eq(part.spelling, WV_SPELLING_PLAIN);
        ck_assert(!part.escaped && !part.held);
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

START_TEST(zero_bytes_are_bytes)
{
    char mem[64];
    const struct wv_slice text = WV_LIT("http://a\0b/c\0?\0#\0");
    parts_show(&wv_syntax_url, text, NULL, mem, sizeof mem);
    static const char want[] = "http://[host:<a\0b>][path:</c\0>][query:?<\0>][fragment:#<\0>]";
    ck_assert_mem_eq(mem, want, sizeof want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_url");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, urls_are_taken_apart, 0, (int)WV_COUNT(urls));
    tcase_add_test(tests, pieces_are_plain);
    tcase_add_test(tests, zero_bytes_are_bytes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
