/*
 * pairs: where values end that may hold quotes, blanks and what looks like a pair.
 * At stake: text of a client that ends its value early becomes a pair of its own, and a value that
 * runs on takes in the pair behind it.
 */
#include "tests/support/parts.h"

#include <check.h>

static const struct wv_layout blank = {.delimiter = ' ', .quote = '"'};
static const struct wv_layout comma = {.delimiter = ',', .quote = '"'};
static const struct wv_layout semicolon = {.delimiter = ';'};
static const struct wv_layout tab = {.delimiter = '\t', .quote = '"'};

static const struct {
    const struct wv_layout *layout;
    const char *text;
    const char *parts;
} rows[] = {
    {&blank, "a=b", "[a:a=<b>]"},
    {&blank, "a=b c=\"d e\" f=", "[a:a=<b> ][c:c=\"<d e>\" ][f:f=<>]"},
    {&blank, "a=\"\" b=\"x\"\n", "[a:a=\"<>\" ][b:b=\"<x>\"]\n"},
    {&blank, "a=b   c=d\tf=g \r\n", "[a:a=<b>   ][c:c=<d>\t][f:f=<g>] \r\n"},
    {&blank, "a=1 a=2", "[a:a=<1> ][a:a=<2>]"},
    {&blank, "url=/x?a=b&c=d e=f", "[url:url=</x?a=b&c=d> ][e:e=<f>]"},
    {&blank, "service=https/tls1.3 x=a\\x41", "[service:service=<https/tls1.3> ][x\\:x=<a\\x41>]"},
    /* What stands before the first key. */
    {&blank, "<111> Nov 22 13:08:00 fortiweb date=2026-11-22 src=192.0.2.1",
     "[prefix:<<111> Nov 22 13:08:00 fortiweb>] [date:date=<2026-11-22> ][src:src=<192.0.2.1>]"},
    {&comma, "<134>Nov 22 host ASM:unit=\"u\",ip=192.0.2.1",
     "[prefix:<<134>Nov 22 host ASM:>][unit:unit=\"<u>\",][ip:ip=<192.0.2.1>]"},
    {&blank, "  a=b", "  [a:a=<b>]"},
    {&blank, "\"x\" ==/= a=b", "[prefix:<\"x\" ==/=>] [a:a=<b>]"},
    /* Words without a key. */
    {&blank, "a=b judy c=d judy", "[a:a=<b> ][1:<judy> ][c:c=<d> ][3:<judy>]"},
    {&blank, "a=SQL Injection \"judy a=b\" =x c=d",
     "[a:a=<SQL> ][1:<Injection> ][2:\"<judy a=b>\" ][3:<=x> ][c:c=<d>]"},
    {&blank, "a = b", "!"},
    {&blank, "x=1 a = b", "[x:x=<1> ][1:<a> ][2:<=> ][3:<b>]"},
    {&blank, "a=\"b\" judy c=d", "[a:a=\"<b>\" ][1:<judy> ][c:c=<d>]"},
    {&comma, "a=\"b\",judy,c=d", "[a:a=\"<b>\",][1:<judy>,][c:c=<d>]"},
    /* Quotes that are escaped. */
    {&blank, "a=\"x \\\" src=192.0.2.1 \\\\\" b=c",
     "[a\\:a=\"<x \\\" src=192.0.2.1 \\\\>\" ][b:b=<c>]"},
    {&blank, "a=\"x\\\" act=deny b=\"y\" c=d", "[a\\:a=\"<x\\\" act=deny b=\"y>\" ][c:c=<d>]"},
    {&comma, "a=\"\\\\\",b=c", "[a\\:a=\"<\\\\>\",][b:b=<c>]"},
    /* Quotes that are not. */
    {&comma, "request=\"GET /?q=\"><script> HTTP/1.1\\r\\nA: \"b\"\",src=192.0.2.1",
     "[request\\:request=\"<GET /?q=\"><script> HTTP/1.1\\r\\nA: \"b\">\",][src:src=<192.0.2.1>]"},
    {&comma, "body=\"{\"a\":\"b\",\"c\":\"d\",\"e\":[1,2]}\",act=deny",
     "[body:body=\"<{\"a\":\"b\",\"c\":\"d\",\"e\":[1,2]}>\",][act:act=<deny>]"},
    {&blank, "a=\"x\"y\" b=c", "[a:a=\"<x\"y>\" ][b:b=<c>]"},
    {&blank, "a=\"x\" \"y\" b=c", "[a:a=\"<x\" \"y>\" ][b:b=<c>]"},
    /* Where it is not certain, what follows is no part of the value. */
    {&comma, "act=\"deny\", Attack Type=\"x, y\",b=c",
     "[act:act=\"<deny>\", ][Attack Type:Attack Type=\"<x, y>\",][b:b=<c>]"},
    {&blank, "act=\"deny\" cs(Cookie)=\"x y\"",
     "[act:act=\"<deny>\" ][cs(Cookie):cs(Cookie)=\"<x y>\"]"},
    {&blank, "act=\"deny\" =\"x\"", "[act:act=\"<deny>\" ][1:<=\"x\">]"},
    /* A quote that never closes. */
    {&blank, "a=b c=\"d e=f", "[a:a=<b> ][c:c=<\"d e=f>]"},
    {&blank, "a=\"x\"#015", "[a:a=<\"x\"#015>]"},
    {&blank, "a=\"", "[a:a=<\">]"},
    {&blank, "a=\"\\", "[a\\:a=<\"\\>]"},
    {&blank, "a=\"\\\"", "[a\\:a=<\"\\\">]"},
    /* Delimiters. */
    {&comma, "a=b c , d=\"e\" ,f=g,,", "[a:a=<b c> , ][d:d=\"<e>\" ,][f:f=<g>],,"},
    {&comma, "a=b ", "[a:a=<b>] "},
    {&comma, "a= \"b, c\", d= ,e=f", "[a:a= \"<b, c>\", ][d:d= <>,][e:e=<f>]"},
    {&comma, "a=\"b\n\nc,d\"\n", "[a:a=\"<b\n\nc,d>\"]\n"},
    {&semicolon, "a=\"b;c=d", "[a:a=<\"b>;][c:c=<d>]"},
    {&tab, "a=b c\td=\"e\tf\"\tg=\th=i", "[a:a=<b c>\t][d:d=\"<e\tf>\"\t][g:g=<>\t][h:h=<i>]"},
    {&tab, "a=\"b\" \tc=d", "[a:a=\"<b>\" \t][c:c=<d>]"},
    /* None. */
    {&blank, "", "!"},
    {&blank, "   ", "!"},
    {&blank, "no pair in here", "!"},
    {&blank, "==", "!"},
};

START_TEST(parts)
{
    char mem[512];
    const struct wv_slice text = wv_slice_of(rows[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_pairs, text, rows[_i].layout, mem, sizeof mem),
                     rows[_i].parts);
}
END_TEST

START_TEST(spellings)
{
    static const uint8_t want[] = {WV_SPELLING_PLAIN, WV_SPELLING_BARE, WV_SPELLING_QUOTED,
                                   WV_SPELLING_BARE, WV_SPELLING_QUOTED};
    struct wv_reader reader =
        wv_reader_of(&wv_syntax_pairs, WV_LIT("\\x a=\\ b=\"\" \\y \"z\""), &blank);
    struct wv_part part;
    for (uint32_t column = 0; column < WV_COUNT(want); column++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, column);
        ck_assert_int_eq(part.spelling, want[column]);
        ck_assert_int_eq(part.escaped, column == 1 || column == 3);
        ck_assert(!part.held);
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

/* Nothing could be written that is read the same again. */
START_TEST(impossible_layouts)
{
    static const struct wv_layout layouts[] = {
        {.delimiter = 0},
        {.delimiter = 'a'},
        {.delimiter = '|'},
        {.delimiter = ' ', .quote = '\''},
        {.delimiter = ' ', .quote = '"', .doubled = true},
    };
    struct wv_reader reader = wv_reader_of(&wv_syntax_pairs, WV_LIT("a=b c=d"), &layouts[_i]);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_pairs");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, parts, 0, (int)WV_COUNT(rows));
    tcase_add_test(tests, spellings);
    tcase_add_loop_test(tests, impossible_layouts, 0, 5);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
