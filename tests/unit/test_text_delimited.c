/*
 * delimited: where columns end.
 * At stake: one column more or less, and everything behind it is taken for something else.
 */
#include "tests/support/parts.h"

#include <check.h>

static const struct wv_layout csv = {.delimiter = ',', .quote = '"', .doubled = true};
static const struct wv_layout alb = {.delimiter = ' ', .quote = '"'};
static const struct wv_layout tsv = {.delimiter = '\t'};

static const struct {
    const struct wv_layout *layout;
    const char *text;
    const char *parts;
} rows[] = {
    {&csv, "a", "[0*:<a>]"},
    {&csv, "a,b c,", "[0*:<a>],[1*:<b c>],[2*:<>]"},
    {&csv, ",", "[0*:<>],[1*:<>]"},
    {&csv, "a\r\n", "[0*:<a>]\r\n"},
    {&csv, "a,\n", "[0*:<a>],[1*:<>]\n"},
    {&csv, "\"a,b\",\"\",\"c\nd\"\n", "[0*:\"<a,b>\"],[1*:\"<>\"],[2*:\"<c\nd>\"]\n"},
    {&csv, "\"a\"\"b\",\"\"\"\",\"x\\\",c",
     "[0*\\:\"<a\"\"b>\"],[1*\\:\"<\"\">\"],[2*:\"<x\\>\"],[3*:<c>]"},
    {&alb, "a \"GET / \\\" HTTP/1.1\" \"\\\\\" -  \"\\x22\" ",
     "[0*:<a>] [1*\\:\"<GET / \\\" HTTP/1.1>\"] [2*\\:\"<\\\\>\"] [3*:<->] [4*:<>] "
     "[5*\\:\"<\\x22>\"] [6*:<>]"},
    {&alb, "[22/Nov/2026:10:15:02 +0000] b\\ c",
     "[0*:<[22/Nov/2026:10:15:02>] [1*:<+0000]>] [2*:<b\\>] [3*:<c>]"},
    {&tsv, "a\t\"b\tc\"d\te f,g", "[0*:<a>]\t[1*:<\"b>]\t[2*:<c\"d>]\t[3*:<e f,g>]"},
    {&csv, "", ""},
    {&csv, "\n", "\n"},
    {&tsv, "\t", "[0*:<>]\t[1*:<>]"},
    /* Quotes that do not close, or not where a column ends. */
    {&csv, "\"", "!"},
    {&csv, "a,\"b,c", "[0*:<a>]!"},
    {&csv, "a,\"b,c\"\"", "[0*:<a>]!"},
    {&csv, "\"a\"b,c", "!"},
    {&csv, "\"a\" ,c", "!"},
    {&csv, "\"a\"\nb,c", "!"},
    {&alb, "\"a\\\"", "!"},
    {&alb, "\"a\\", "!"},
    {&alb, "\"\"ua\"\"", "!"},
    /* Quotes and ends of lines where none should be. */
    {&csv, "x,k=\"a, b\"", "[0*:<x>]!"},
    {&csv, "x,a\"b", "[0*:<x>]!"},
    {&csv, "a\nb,c", "!"},
    {&tsv, "a\rb\tc", "!"},
};

START_TEST(columns)
{
    char mem[256];
    const struct wv_slice text = wv_slice_of(rows[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_delimited, text, rows[_i].layout, mem, sizeof mem),
                     rows[_i].parts);
}
END_TEST

START_TEST(spellings)
{
    static const struct {
        const struct wv_layout *layout;
        enum wv_spelling quoted;
    } expected[] = {{&csv, WV_SPELLING_CSV}, {&alb, WV_SPELLING_LOG_QUOTED}};
    const struct wv_layout *layout = expected[_i].layout;
    const uint8_t text[] = {'a', layout->delimiter, '"', 'b', '"'};
    struct wv_reader reader =
        wv_reader_of(&wv_syntax_delimited, (struct wv_slice){text, sizeof text}, layout);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_int_eq(part.spelling, WV_SPELLING_CELL);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_int_eq(part.spelling, expected[_i].quoted);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

/* Nothing could be written that is read the same again. */
START_TEST(impossible_layouts)
{
    static const struct wv_layout layouts[] = {
        {.delimiter = 0},
        {.delimiter = ':'},
        {.delimiter = '\n'},
        {.delimiter = ',', .quote = '\''},
    };
    struct wv_reader reader = wv_reader_of(&wv_syntax_delimited, WV_LIT("a,b:c"), &layouts[_i]);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
}
END_TEST

START_TEST(bad_stays_bad)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_delimited, WV_LIT("a,\"b"), &csv);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_delimited");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, columns, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(tests, spellings, 0, 2);
    tcase_add_loop_test(tests, impossible_layouts, 0, 4);
    tcase_add_test(tests, bad_stays_bad);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
