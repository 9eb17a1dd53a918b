/*
 * request-line: method, URL and protocol of access logs.
 * At stake: clients send what they like as a request; whatever is taken for a method or a protocol
 * is published.
 */
#include "tests/support/parts.h"

#include <check.h>

static const struct {
    const char *text;
    const char *parts;
} lines[] = {
    {"GET / HTTP/1.1", "[method:<GET>] [path:</>] [protocol:<HTTP/1.1>]"},
    {"GET /a?b#c HTTP/2", "[method:<GET>] [path:</a>][query:?<b>][fragment:#<c>]"
                          " [protocol:<HTTP/2>]"},
    {"POST http://u:p@example.com:80/a?b HTTP/1.0",
     "[method:<POST>] http://[user:<u:p>@][host:<example.com>]:80[path:</a>][query:?<b>]"
     " [protocol:<HTTP/1.0>]"},
    {"OPTIONS * HTTP/1.1", "[method:<OPTIONS>] * [protocol:<HTTP/1.1>]"},
    {"CONNECT example.com:443 HTTP/1.1",
     "[method:<CONNECT>] [host:<example.com>]:443 [protocol:<HTTP/1.1>]"},
    {"CONNECT olga:pw@www.example.com:443 HTTP/1.1",
     "[method:<CONNECT>] [user:<olga:pw>@][host:<www.example.com>]:443 [protocol:<HTTP/1.1>]"},
    {"connect a@b@192.0.2.7:443", "[method:<connect>] [user:<a@b>@][host:<192.0.2.7>]:443"},
    {"CONNECT [2001:db8::1]:443 HTTP/1.1",
     "[method:<CONNECT>] [[host:<2001:db8::1>]]:443 [protocol:<HTTP/1.1>]"},
    {"CONNECT 2001:db8::1 HTTP/1.1",
     "[method:<CONNECT>] [host:<2001:db8::1>] [protocol:<HTTP/1.1>]"},
    {"CONNECT example.com HTTP/1.1",
     "[method:<CONNECT>] [host:<example.com>] [protocol:<HTTP/1.1>]"},
    {"CONNECT example.com:olga HTTP/1.1",
     "[method:<CONNECT>] [host:<example.com:olga>] [protocol:<HTTP/1.1>]"},
    /* Clients send it with other targets, too. */
    {"CONNECT u@h:1/a?b#c HTTP/1.1", "[method:<CONNECT>] [user:<u>@][host:<h>]:1[path:</a>]"
                                     "[query:?<b>][fragment:#<c>] [protocol:<HTTP/1.1>]"},
    {"CONNECT /a@b?c HTTP/1.1", "[method:<CONNECT>] [path:</a@b>][query:?<c>]"
                                " [protocol:<HTTP/1.1>]"},
    {"CONNECT http://u:p@h:1/a HTTP/1.1",
     "[method:<CONNECT>] http://[user:<u:p>@][host:<h>]:1[path:</a>] [protocol:<HTTP/1.1>]"},
    {"CONNECT  a b@c d:443 HTTP/1.1",
     "[method:<CONNECT>]  [user:<a b>@][host:<c d>]:443 [protocol:<HTTP/1.1>]"},
    {"CONNECT * HTTP/1.1", "[method:<CONNECT>] * [protocol:<HTTP/1.1>]"},
    {"CONNECT @:443 HTTP/1.1", "[method:<CONNECT>] @:443 [protocol:<HTTP/1.1>]"},
    {"CONNECT HTTP/1.1", "[method:<CONNECT>] [protocol:<HTTP/1.1>]"},
    {"CONNECT ", "[method:<CONNECT>] "},
    {"CONNECTION olga:pw@h:443", "[method:<CONNECTION>] [path:<olga:pw@h:443>]"},
    {"CONNECT\tolga@h:443 HTTP/1.1", "[path:<CONNECT\tolga@h:443 HTTP/1.1>]"},
    {"VERSION-CONTROL /a http/1.1", "[method:<VERSION-CONTROL>] [path:</a>]"
                                    " [protocol:<http/1.1>]"},
    /* A target may hold blanks, and a protocol of its own. */
    {"GET /a b?c d HTTP/1.1", "[method:<GET>] [path:</a b>][query:?<c d>] [protocol:<HTTP/1.1>]"},
    {"GET /?q=a HTTP/1.1 b HTTP/1.1",
     "[method:<GET>] [path:</>][query:?<q=a HTTP/1.1 b>] [protocol:<HTTP/1.1>]"},
    {"GET  /a  HTTP/1.1", "[method:<GET>]  [path:</a >] [protocol:<HTTP/1.1>]"},
    {"GET /a", "[method:<GET>] [path:</a>]"},
    {"GET /a ", "[method:<GET>] [path:</a>] "},
    {"GET ", "[method:<GET>] "},
    {"GET  ", "[method:<GET>]  "},
    {"GET HTTP/1.1", "[method:<GET>] [protocol:<HTTP/1.1>]"},
    {"GET HTTP/1.1 HTTP/1.1", "[method:<GET>] [path:<HTTP/1.1>] [protocol:<HTTP/1.1>]"},
    {"- - HTTP/1.0", "[method:<->] [path:<->] [protocol:<HTTP/1.0>]"},
    /* No protocol for certain. */
    {"GET / HTTP/olga", "[method:<GET>] [path:</ HTTP/olga>]"},
    {"GET / HTTP/", "[method:<GET>] [path:</ HTTP/>]"},
    {"GET / HTTP/192.0", "[method:<GET>] [path:</ HTTP/192.0>]"},
    {"GET / HTTP/1.1 ", "[method:<GET>] [path:</ HTTP/1.1>] "},
    {"GET /?HTTP/1.1", "[method:<GET>] [path:</>][query:?<HTTP/1.1>]"},
    {"GET /?x\tHTTP/1.1", "[method:<GET>] [path:</>][query:?<x\tHTTP/1.1>]"},
    /* No method for certain: everything is looked at, as a URL. */
    {"", ""},
    {"-", "[path:<->]"},
    {"GET", "[path:<GET>]"},
    {"\x16\x03\x01", "[path:<\x16\x03\x01>]"},
    {"\\x16\\x03\\x01 /?a", "[path:<\\x16\\x03\\x01 />][query:?<a>]"},
    {" / HTTP/1.1", "[path:< / HTTP/1.1>]"},
    {"<SCRIPT> /a?b HTTP/1.1", "[path:<<SCRIPT> /a>][query:?<b HTTP/1.1>]"},
    {"GET\t/a?b HTTP/1.1", "[path:<GET\t/a>][query:?<b HTTP/1.1>]"},
    {"olga@example.com / HTTP/1.1", "[path:<olga@example.com / HTTP/1.1>]"},
    {"192.0.2.7 / HTTP/1.1", "[path:<192.0.2.7 / HTTP/1.1>]"},
    {"http://u:p@h/", "http://[user:<u:p>@][host:<h>][path:</>]"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 /",
     "[method:<ABCDEFGHIJKLMNOPQRSTUVWXYZ012345>] [path:</>]"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 /", "[path:<ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 />]"},
};

START_TEST(lines_are_taken_apart)
{
    char mem[256];
    const struct wv_slice text = wv_slice_of(lines[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_request_line, text, NULL, mem, sizeof mem),
                     lines[_i].parts);
}
END_TEST

START_TEST(parts_are_plain_and_counted)
{
    struct wv_reader reader =
        wv_reader_of(&wv_syntax_request_line, WV_LIT("GET /p?\\x41 HTTP/1.1"), NULL);
    struct wv_part part;
    for (uint32_t column = 0; column < 4; column++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, column);
        ck_assert_int_eq(part.spelling, WV_SPELLING_PLAIN);
        ck_assert(!part.escaped && !part.held);
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_request_line");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, lines_are_taken_apart, 0, (int)WV_COUNT(lines));
    tcase_add_test(tests, parts_are_plain_and_counted);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
