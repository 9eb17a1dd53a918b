/*
 * report: what an operator reads when something is wrong. A finding that is lost, out of order or
 * able to forge another line would let a mistaken policy start.
 */
#include "base/report.h"

#include "support/findings.h"

START_TEST(prints_in_order_of_file_and_place)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_nonnull(report);
    ck_assert(!wv_report_add(report, (struct wv_finding){WV_ERROR, "b.json", 2, 5, "/x", NULL},
                             "must be %s", "a string"));
    wv_report_add(report, (struct wv_finding){WV_WARNING, "a.json", 10, 1, NULL, NULL}, "ten");
    wv_report_add(report, (struct wv_finding){WV_ERROR, "a.json", 9, 7, "", NULL}, "nine, seven");
    wv_report_add(report, (struct wv_finding){WV_ERROR, "a.json", 9, 2, "/a~1b", NULL},
                  "nine, two");
    wv_report_add(report, (struct wv_finding){WV_ERROR, "a.json", 0, 0, NULL, NULL}, "no line");
    wv_report_add(report, (struct wv_finding){WV_ERROR, "a.json", 3, 0, NULL, NULL}, "no column");
    wv_report_add(report, (struct wv_finding){WV_ERROR, NULL, 0, 0, NULL, NULL}, "no file, first");
    wv_report_add(report, (struct wv_finding){WV_WARNING, NULL, 0, 0, NULL, NULL}, "then this");
    ck_assert_uint_eq(wv_report_count(report), 8);
    ck_assert_uint_eq(wv_report_errors(report), 6);
    ck_assert_uint_eq(wv_report_warnings(report), 2);
    ck_assert_str_eq(wv_report_at(report, 0)->text, "must be a string");
    ck_assert_str_eq(wv_report_at(report, 1)->file, "a.json");
    findings_are(report, "error: no file, first\n"
                         "warning: then this\n"
                         "a.json: error: no line\n"
                         "a.json:3: error: no column\n"
                         "a.json:9:2: error: nine, two (at /a~1b)\n"
                         "a.json:9:7: error: nine, seven\n"
                         "a.json:10:1: warning: ten\n"
                         "b.json:2:5: error: must be a string (at /x)\n");
}
END_TEST

START_TEST(copies_what_it_is_given)
{
    struct wv_report *report = wv_report_new();
    char file[] = "f.json";
    char pointer[] = "/p";
    char text[] = "text";
    wv_report_add(report, (struct wv_finding){WV_ERROR, file, 1, 1, pointer, NULL}, "%s", text);
    file[0] = pointer[1] = text[0] = '#';
    findings_are(report, "f.json:1:1: error: text (at /p)\n");
}
END_TEST

START_TEST(a_name_cannot_forge_a_line)
{
    struct wv_report *report = wv_report_new();
    const struct wv_finding where = {WV_ERROR, "f\n", 1, 1, "/\x1b[2J", NULL};
    wv_report_add(report, where, "unknown member \"%s\"", "a\nb.json: error: \x7f\xe3\x81\x82");
    findings_are(report,
                 "f?:1:1: error: unknown member \"a?b.json: error: ?\xe3\x81\x82\" (at /?[2J)\n");
}
END_TEST

/* Names are cut off at a number of bytes, and programs read findings as JSON. */
START_TEST(a_finding_is_utf_8)
{
    static const char *const texts[][2] = {
        {"\xc3\xa9\xc3", "\xc3\xa9?"},
        {"\xe3\x81", "??"},
        {"\xff\xc0\x80x", "???x"},
        {"\xed\xa0\x80", "???"},
        {"\xf0\x9f\x98\x80\xf5", "\xf0\x9f\x98\x80?"},
    };
    struct wv_report *report = wv_report_new();
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        wv_report_add(report, (struct wv_finding){0}, "%s", texts[i][0]);
        ck_assert_str_eq(wv_report_at(report, i)->text, texts[i][1]);
    }
    wv_report_free(report);
}
END_TEST

START_TEST(counts_what_it_does_not_keep)
{
    struct wv_report *report = wv_report_new();
    for (unsigned i = 1; i <= WV_REPORT_MAX + 3; i++) {
        wv_report_add(report, (struct wv_finding){WV_ERROR, "f", i, 1, NULL, NULL}, "x");
    }
    wv_report_add(report, (struct wv_finding){WV_WARNING, "f", 1, 1, NULL, NULL}, "x");
    ck_assert_uint_eq(wv_report_count(report), WV_REPORT_MAX);
    ck_assert_uint_eq(wv_report_errors(report), WV_REPORT_MAX + 3);
    ck_assert_uint_eq(wv_report_warnings(report), 1);
    char *text = findings_text(report);
    const char *end = strstr(text, "f:200:1: error: x\n");
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "f:200:1: error: x\n4 more not shown\n");
    free(text);
    wv_report_free(report);
}
END_TEST

START_TEST(nothing_to_say)
{
    wv_report_free(NULL);
    findings_are(wv_report_new(), "");
}
END_TEST

static const struct nearness {
    const char *word;
    const char *name; /* NULL: none is near */
} nearnesses[] = {
    {"v4_keep", "v4_keep"}, {"v4_kep", "v4_keep"},  {"v4keep", "v4_keep"},
    {"V4_KEEP", "v4_keep"}, {"v4_kepe", "v4_keep"}, {"outputs", "outputs"},
    {"output", "outputs"},  {"ouptuts", "outputs"}, {"tpoic", "topic"},
    {"topics", "topic"},    {"topical", "topic"},   {"topically", NULL},
    {"toipcs", "topic"},    {"totally_else", NULL}, {"", NULL},
    {"to", NULL},           {"up", "ip"},           {"ip4", "ip"},
    {"v6_keep", "v4_keep"}, {"opic", "topic"},      {"ptoci", NULL},
};

START_TEST(nearest)
{
    static const char *const names[] = {"v4_keep", NULL, "outputs", "topic", "ip"};
    const struct nearness *n = &nearnesses[_i];
    const char *got = wv_nearest(wv_slice_of(n->word), names, WV_COUNT(names));
    if (n->name == NULL) {
        ck_assert_ptr_null(got);
    } else {
        ck_assert_ptr_nonnull(got);
        ck_assert_str_eq(got, n->name);
    }
}
END_TEST

START_TEST(nearest_prefers_the_nearer_and_the_first)
{
    static const char *const names[] = {"abcdeX", "abcdYf", "abcdef"};
    ck_assert_str_eq(wv_nearest(WV_LIT("abcdef"), names, 3), "abcdef");
    ck_assert_str_eq(wv_nearest(WV_LIT("abcdeZ"), names, 3), "abcdeX");
    ck_assert_ptr_null(wv_nearest(WV_LIT("abcdef"), names, 0));
}
END_TEST

START_TEST(nearest_of_long_words)
{
    static char word[300];
    memset(word, 'a', sizeof word - 1);
    const char *const names[] = {word, "a"};
    ck_assert_ptr_null(wv_nearest(wv_slice_of(word), names, 2));
    ck_assert_ptr_null(wv_nearest((struct wv_slice){(const uint8_t *)word, 128}, names, 2));
    const char *const same[] = {word + 299 - 128};
    ck_assert_ptr_eq(wv_nearest((struct wv_slice){(const uint8_t *)word, 127}, same, 1), same[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, prints_in_order_of_file_and_place);
    tcase_add_test(tests, copies_what_it_is_given);
    tcase_add_test(tests, a_name_cannot_forge_a_line);
    tcase_add_test(tests, a_finding_is_utf_8);
    tcase_add_test(tests, counts_what_it_does_not_keep);
    tcase_add_test(tests, nothing_to_say);
    tcase_add_loop_test(tests, nearest, 0, (int)WV_COUNT(nearnesses));
    tcase_add_test(tests, nearest_prefers_the_nearer_and_the_first);
    tcase_add_test(tests, nearest_of_long_words);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
