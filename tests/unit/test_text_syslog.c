/*
 * syslog: headers in front of messages, in all the ways in which they are written.
 * At stake: fields of a header say something of machines and may be published, so no word of a
 * message may become one; and a record that is not found behind its header is only free text.
 */
#include "tests/support/parts.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *text;
    const char *parts;
} rows[] = {
    /* RFC 5424. */
    {"<134>1 2026-11-22T10:00:00.123456Z waf01 nginx 77 ID47 - GET /",
     "<[priority*:<134>]>1 [time*:<2026-11-22T10:00:00.123456Z>] [host*:<waf01>] [app*:<nginx>] "
     "[procid*:<77>] [msgid*:<ID47>] [data*:<->][message: <GET />]"},
    {"<0>1 - - - - - -", "<[priority*:<0>]>1 [time*:<->] [host*:<->] [app*:<->] [procid*:<->] "
                         "[msgid*:<->] [data*:<->]"},
    {"<191>1 2026-11-22T10:00:00+09:00 192.0.2.1 a - - [x@1 a=\"b\" c=\"d ] e\"][y] \xef\xbb\xbf{}",
     "<[priority*:<191>]>1 [time*:<2026-11-22T10:00:00+09:00>] [host*:<192.0.2.1>] [app*:<a>] "
     "[procid*:<->] [msgid*:<->] [data*:<[x@1 a=\"b\" c=\"d ] e\"][y]>]"
     "[message: \xef\xbb\xbf<{}>]"},
    {"<1>1 - h a - - [x a=\"\\\"] m\\\\\" b=\"\\]\"]  two\n",
     "<[priority*:<1>]>1 [time*:<->] [host*:<h>] [app*:<a>] [procid*:<->] [msgid*:<->] "
     "[data*:<[x a=\"\\\"] m\\\\\" b=\"\\]\"]>][message: < two>]\n"},
    {"<1>  1 - h a - - - m\r\n",
     "<[priority*:<1>]>  1 [time*:<->] [host*:<h>] [app*:<a>] [procid*:<->] [msgid*:<->] "
     "[data*:<->][message: <m>]\r\n"},
    {"1 2026-11-22T10:00:00Z h a - - - m",
     "1 [time*:<2026-11-22T10:00:00Z>] [host*:<h>] [app*:<a>] [procid*:<->] [msgid*:<->] "
     "[data*:<->][message: <m>]"},
    {"<1>1 - h a - - - ", "<[priority*:<1>]>1 [time*:<->] [host*:<h>] [app*:<a>] [procid*:<->] "
                          "[msgid*:<->] [data*:<->] "},
    /* With its length. */
    {"123 <134>1 - h a - - - m",
     "[count:<123> ]<[priority*:<134>]>1 [time*:<->] [host*:<h>] [app*:<a>] [procid*:<->] "
     "[msgid*:<->] [data*:<->][message: <m>]"},
    {"12 <134>{}", "[count:<12> ]<[priority*:<134>]>[message:<{}>]"},
    {"0 <134>{}", "[message:<0 <134>{}>]"},
    {"12  <134>{}", "[message:<12  <134>{}>]"},
    {"12 {}", "[message:<12 {}>]"},
    {"12345678901 <134>{}", "[message:<12345678901 <134>{}>]"},
    /* Almost RFC 5424. */
    {"1 - h a - - - m", "[message:<1 - h a - - - m>]"},
    {"<1>2 - h a - - - m", "<[priority*:<1>]>[message:<2 - h a - - - m>]"},
    {"<1>1 - h a - - m", "<[priority*:<1>]>[message:<1 - h a - - m>]"},
    {"<1>1 - h a - - -m", "<[priority*:<1>]>[message:<1 - h a - - -m>]"},
    {"<1>1 - h  a - - m", "<[priority*:<1>]>[message:<1 - h  a - - m>]"},
    {"<1>1 - h\xc3\xa9 a - - - m", "<[priority*:<1>]>[message:<1 - h\xc3\xa9 a - - - m>]"},
    {"<1>1 yesterday h a - - - m", "<[priority*:<1>]>[message:<1 yesterday h a - - - m>]"},
    {"<1>1 - h a - - [x m", "<[priority*:<1>]>[message:<1 - h a - - [x m>]"},
    {"<1>1 - h a - - [x a=\"m] n", "<[priority*:<1>]>[message:<1 - h a - - [x a=\"m] n>]"},
    {"<1>1 - h a - - [x a=\"b\"c\"] n",
     "<[priority*:<1>]>[message:<1 - h a - - [x a=\"b\"c\"] n>]"},
    {"<1>1 - h a - - [x a=b] n", "<[priority*:<1>]>[message:<1 - h a - - [x a=b] n>]"},
    {"<1>1 - h a - - [x\"] n", "<[priority*:<1>]>[message:<1 - h a - - [x\"] n>]"},
    {"<1>1 - h a - - [] n", "<[priority*:<1>]>[message:<1 - h a - - [] n>]"},
    {"<1>1 - h a - - [x]n", "<[priority*:<1>]>[message:<1 - h a - - [x]n>]"},
    {"<1>1 - h a - - [x a=\"b\\", "<[priority*:<1>]>[message:<1 - h a - - [x a=\"b\\>]"},
    /* RFC 3164. */
    {"<134>Nov 22 10:00:00 waf01 nginx[77]: 192.0.2.1 - - [x]",
     "<[priority*:<134>]>[time*:<Nov 22 10:00:00>] [host*:<waf01>] [app*:<nginx>][[procid*:<77>]]:"
     "[message: <192.0.2.1 - - [x]>]"},
    {"<134> Nov  2 10:00:00 waf01 nginx: m",
     "<[priority*:<134>]> [time*:<Nov  2 10:00:00>] [host*:<waf01>] [app*:<nginx>]:"
     "[message: <m>]"},
    {"Nov 2 10:00:00.123 waf01 postfix/smtpd[1]: m",
     "[time*:<Nov 2 10:00:00.123>] [host*:<waf01>] [app*:<postfix/smtpd>][[procid*:<1>]]:"
     "[message: <m>]"},
    {"<134>Nov 22 2026 10:00:00 waf01 CEF:0|a|b",
     "<[priority*:<134>]>[time*:<Nov 22 2026 10:00:00>] [host*:<waf01>][message: <CEF:0|a|b>]"},
    {"<134>2026-11-22T10:00:00.5+0000 waf01 sshd[1] m",
     "<[priority*:<134>]>[time*:<2026-11-22T10:00:00.5+0000>] [host*:<waf01>] [app*:<sshd>]"
     "[[procid*:<1>]][message: <m>]"},
    {"2026-11-22T10:00:00 waf01.example.com app: m",
     "[time*:<2026-11-22T10:00:00>] [host*:<waf01.example.com>] [app*:<app>]:[message: <m>]"},
    {"<134>Nov 22 10:00:00 bigip ASM:unit_hostname=\"b\",ip=\"192.0.2.1\"",
     "<[priority*:<134>]>[time*:<Nov 22 10:00:00>] [host*:<bigip>]"
     "[message: <ASM:unit_hostname=\"b\",ip=\"192.0.2.1\">]"},
    {"Nov 22 10:00:00 barracuda  2026-11-22 10:00:00.123 +0900 m",
     "[time*:<Nov 22 10:00:00>] [host*:<barracuda>]"
     "[message:  <2026-11-22 10:00:00.123 +0900 m>]"},
    {"<134>Nov 22 10:00:00 h APPFW: \xef\xbb\xbf{}",
     "<[priority*:<134>]>[time*:<Nov 22 10:00:00>] [host*:<h>] [app*:<APPFW>]:"
     "[message: \xef\xbb\xbf<{}>]"},
    {"Nov 22 10:00:00 h a:\n", "[time*:<Nov 22 10:00:00>] [host*:<h>] [app*:<a>]:\n"},
    /* Without the host, without the program, without both. */
    {"<13>Nov 22 10:00:00 root: hello", "<[priority*:<13>]>[time*:<Nov 22 10:00:00>] [app*:<root>]:"
                                        "[message: <hello>]"},
    {"Nov 22 10:00:00 {\"a\":1}", "[time*:<Nov 22 10:00:00>][message: <{\"a\":1}>]"},
    {"Nov 22 10:00:00 CEF:0|a", "[time*:<Nov 22 10:00:00>][message: <CEF:0|a>]"},
    {"Nov 22 10:00:00: %ASA-6-302013: m",
     "[time*:<Nov 22 10:00:00>]:[message: <%ASA-6-302013: m>]"},
    {"Nov 22 10:00:00 %ASA-6-302013: m", "[time*:<Nov 22 10:00:00>][message: <%ASA-6-302013: m>]"},
    {"Nov 22 10:00:00 judy", "[time*:<Nov 22 10:00:00>][message: <judy>]"},
    {"Nov 22 10:00:00", "[time*:<Nov 22 10:00:00>]"},
    {"Nov 22 10:00:00 ", "[time*:<Nov 22 10:00:00>] "},
    /* An address may be the client's. */
    {"Nov 22 10:00:00 192.0.2.1 - judy [x] \"GET /\"",
     "[time*:<Nov 22 10:00:00>][message: <192.0.2.1 - judy [x] \"GET /\">]"},
    {"Nov 22 10:00:00 2001:db8::1 judy", "[time*:<Nov 22 10:00:00>][message: <2001:db8::1 judy>]"},
    {"Nov 22 10:00:00 192.0.2.1 nginx: m",
     "[time*:<Nov 22 10:00:00>] [host*:<192.0.2.1>] [app*:<nginx>]:[message: <m>]"},
    {"Nov 22 10:00:00 192.0.2.1 CEF:0|a",
     "[time*:<Nov 22 10:00:00>] [host*:<192.0.2.1>][message: <CEF:0|a>]"},
    {"Nov 22 10:00:00 2001:db8::1 {}",
     "[time*:<Nov 22 10:00:00>] [host*:<2001:db8::1>][message: <{}>]"},
    /* Neither an address nor an account nor a site is a program. */
    {"Nov 22 10:00:00 h 192.0.2.1: m",
     "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <192.0.2.1: m>]"},
    {"Nov 22 10:00:00 192.0.2.1: m", "[time*:<Nov 22 10:00:00>][message: <192.0.2.1: m>]"},
    {"Nov 22 10:00:00 2001:db8::1: m", "[time*:<Nov 22 10:00:00>][message: <2001:db8::1: m>]"},
    {"Nov 22 10:00:00 abc:def: m", "[time*:<Nov 22 10:00:00>][message: <abc:def: m>]"},
    {"Nov 22 10:00:00 h judy@example.com: m",
     "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <judy@example.com: m>]"},
    {"Nov 22 10:00:00 judy@example.com m",
     "[time*:<Nov 22 10:00:00>][message: <judy@example.com m>]"},
    {"Nov 22 10:00:00 h www.example.com: m",
     "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <www.example.com: m>]"},
    {"Nov 22 10:00:00 h 8080: m", "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <8080: m>]"},
    {"Nov 22 10:00:00 h a[judy]: m",
     "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <a[judy]: m>]"},
    {"Nov 22 10:00:00 h a[]: m", "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <a[]: m>]"},
    {"Nov 22 10:00:00 h a[1]m", "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <a[1]m>]"},
    {"Nov 22 10:00:00 h a:m", "[time*:<Nov 22 10:00:00>] [host*:<h>][message: <a:m>]"},
    /* No time. */
    {"<134>APPFW: {}", "<[priority*:<134>]>[app*:<APPFW>]:[message: <{}>]"},
    {"<134>CEF:0|a", "<[priority*:<134>]>[message:<CEF:0|a>]"},
    {"<134>date=2026-11-22 time=10:00:00", "<[priority*:<134>]>"
                                           "[message:<date=2026-11-22 time=10:00:00>]"},
    {"<134> 11/22/2026:10:00:00 GMT ns m", "<[priority*:<134>]> "
                                           "[message:<11/22/2026:10:00:00 GMT ns m>]"},
    {"<134>", "<[priority*:<134>]>"},
    {"<134>Nov 22 10:00 h a: m", "<[priority*:<134>]>[message:<Nov 22 10:00 h a: m>]"},
    {"<134>nov 22 10:00:00 h a: m", "<[priority*:<134>]>[message:<nov 22 10:00:00 h a: m>]"},
    {"<134>Nov 22 10:00:00h a: m", "<[priority*:<134>]>[message:<Nov 22 10:00:00h a: m>]"},
    {"<134>Nov 22 10:00:00:1 h", "<[priority*:<134>]>[message:<Nov 22 10:00:00:1 h>]"},
    /* Only a message. */
    {"APPFW: {}", "[message:<APPFW: {}>]"},
    {"192.0.2.1 - - [x]", "[message:<192.0.2.1 - - [x]>]"},
    {"  {}", "[message:<  {}>]"},
    {"]: x", "[message:<]: x>]"},
    {"\xef\xbb\xbf{}\r\n", "[message:\xef\xbb\xbf<{}>]\r\n"},
    {"<192>x", "[message:<<192>x>]"},
    {"<>x", "[message:<<>x>]"},
    {"<1234>x", "[message:<<1234>x>]"},
    {"<1x", "[message:<<1x>]"},
    {"<", "[message:<<>]"},
    {"", ""},
    {"\n", "\n"},
    {" ", "[message:< >]"},
    {"Nov", "[message:<Nov>]"},
    {"1 ", "[message:<1 >]"},
    /* Containers. */
    {"2026-11-22T10:00:00.123456789Z stdout F 192.0.2.1 - -",
     "[time*:<2026-11-22T10:00:00.123456789Z>] [stream*:<stdout>] [flags*:<F>]"
     "[message: <192.0.2.1 - ->]"},
    {"2026-11-22T10:00:00+09:00 stderr P:x  m ",
     "[time*:<2026-11-22T10:00:00+09:00>] [stream*:<stderr>] [flags*:<P:x>][message: < m >]"},
    {"2026-11-22T10:00:00Z stdout F",
     "[time*:<2026-11-22T10:00:00Z>] [stream*:<stdout>] [flags*:<F>]"},
    {"2026-11-22T10:00:00Z stdout X m",
     "[time*:<2026-11-22T10:00:00Z>] [host*:<stdout>][message: <X m>]"},
    {"2026-11-22T10:00:00Z stdout F/ m",
     "[time*:<2026-11-22T10:00:00Z>] [host*:<stdout>][message: <F/ m>]"},
};

START_TEST(headers)
{
    char mem[512];
    const struct wv_slice text = wv_slice_of(rows[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_syslog, text, NULL, mem, sizeof mem), rows[_i].parts);
}
END_TEST

/* Wherever a text ends, it is read to its end, and no byte behind that is looked at. */
START_TEST(cut_anywhere)
{
    const size_t all = strlen(rows[_i].text);
    for (size_t len = 0; len <= all; len++) {
        uint8_t *exact = malloc(len + 1);
        memcpy(exact + 1, rows[_i].text, len);
        const struct wv_slice text = {exact + 1, len};
        struct wv_reader reader = wv_reader_of(&wv_syntax_syslog, text, NULL);
        struct wv_part part;
        uint32_t at = 0;
        enum wv_part_next last;
        while ((last = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
            ck_assert_uint_le(at, part.from);
            ck_assert_uint_lt(part.start, part.end);
            at = part.to;
        }
        ck_assert_uint_le(at, len);
        ck_assert_int_eq(last, WV_PART_END);
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
        free(exact);
    }
}
END_TEST

START_TEST(a_trailing_nul_is_no_message)
{
    const struct wv_slice text = {(const uint8_t *)"<1>{}\n\0", 7};
    struct wv_reader reader = wv_reader_of(&wv_syntax_syslog, text, NULL);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_uint_eq(part.end, 5);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

/* "-" is what RFC 5424 writes for nothing; a message is free text. */
START_TEST(what_stands_for_nothing)
{
    struct wv_reader reader =
        wv_reader_of(&wv_syntax_syslog, WV_LIT("9 <1>1 - h a - - [x] m"), NULL);
    struct wv_part part;
    for (uint32_t column = 0; column < 9; column++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, column);
        const bool message = wv_slice_eq(part.key, WV_LIT("message"));
        ck_assert_int_eq(message, column == 8);
        const bool time = wv_slice_eq(part.key, WV_LIT("time"));
        ck_assert_int_eq(part.spelling, message ? WV_SPELLING_PLAIN
                                        : time  ? WV_SPELLING_BRACKETED
                                                : WV_SPELLING_CELL);
        ck_assert_int_eq(part.held, column > 0 && !message);
        ck_assert(!part.held ||
                  wv_slice_eq(wv_spelling_nothing((enum wv_spelling)part.spelling), WV_LIT("-")));
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_syslog");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, headers, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(tests, cut_anywhere, 0, (int)WV_COUNT(rows));
    tcase_add_test(tests, a_trailing_nul_is_no_message);
    tcase_add_test(tests, what_stands_for_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
