/*
 * document: every finding must lead to the right byte of the operator's file, and none may quote
 * the file, which can be a key file.
 */
#include "json/document.h"

#include "support/findings.h"

#include <unistd.h>

static const struct refusal {
    const char *text;
    const char *findings;
} refusals[] = {
    {"", "d.json:1:1: error: is not valid JSON: a document begins with \"{\" or \"[\"\n"},
    {"hush", "d.json:1:4: error: is not valid JSON: a document begins with \"{\" or \"[\"\n"},
    {"{\"a\": hush}", "d.json:1:10: error: is not valid JSON: expected a value\n"},
    {"{\"a\": 1,\n  \"a\": 2}",
     "d.json:2:5: error: is not valid JSON: the same member stands here twice\n"},
    {"{\"a\": 1,}",
     "d.json:1:9: error: is not valid JSON: expected a member in double quotes (no comma before "
     "\"}\")\n"},
    {"{\"a\" 1}", "d.json:1:6: error: is not valid JSON: expected \":\" after the member's name\n"},
    {"{\"a\": 1 \"b\": 2}", "d.json:1:11: error: is not valid JSON: expected \",\" or \"}\"\n"},
    {"[1 2]", "d.json:1:4: error: is not valid JSON: expected \",\" or \"]\"\n"},
    {"[1,]", "d.json:1:4: error: is not valid JSON: expected a value\n"},
    {"{} {}",
     "d.json:1:4: error: is not valid JSON: there is more text after the end of the document\n"},
    {"[\"\xff\"]", "d.json:1:3: error: is not valid JSON: the text is not UTF-8\n"},
    {"[\"hush\n\"]",
     "d.json:1:7: error: is not valid JSON: a string must end on the line where it begins\n"},
    {"[\"\t\"]", "d.json:1:3: error: is not valid JSON: a control character in a string must be "
                 "written as an escape\n"},
    {"[\"\\x\"]", "d.json:1:4: error: is not valid JSON: there is no such escape in JSON\n"},
    {"[\"\\ud800x\"]", "d.json:1:10: error: is not valid JSON: a \\u escape needs four hexadecimal "
                       "digits and no lone surrogate\n"},
    {"[\"\\u0000\"]", "d.json:1:9: error: is not valid JSON: \\u0000 is not allowed\n"},
    {"[99999999999999999999]", "d.json:1:21: error: is not valid JSON: the number is too large\n"},
    {"[\"hush", "d.json:1:6: error: is not valid JSON: the text ends too early: a quote or a "
                "bracket is not closed\n"},
};

START_TEST(refuses_what_is_not_json)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_document_parse("d.json", wv_slice_of(refusals[_i].text), report));
    findings_are(report, refusals[_i].findings);
}
END_TEST

/* Fails at the value of /p…, for each text. "^" in the text marks the wanted place. */
static const struct position {
    const char *text;
    const char *way[4]; /* members; "[n]" is an element */
    const char *pointer;
} positions[] = {
    {"^{}", {NULL}, ""},
    {" \r\n\t^[1]", {NULL}, ""},
    {"{\"a\": ^1}", {"a"}, "/a"},
    {"{\"a\" :\n ^\"x\" , \"b\":2}", {"a"}, "/a"},
    {"{\"a\":1,\"b\":^2}", {"b"}, "/b"},
    {"{\"a\":\"b\",\"b\":^2}", {"b"}, "/b"},
    {"{\"a\":{\"b\":1},\"b\":^2}", {"b"}, "/b"},
    {"{\"a\":[{},[],\"]}\\\"\",-1.5e3,true],\"b\":^null}", {"b"}, "/b"},
    {"[1, [2, 3],\n^4]", {"[2]"}, "/2"},
    {"[1, [2, ^3],\n4]", {"[1]", "[1]"}, "/1/1"},
    {"[{}, {}, ^{}]", {"[2]"}, "/2"},
    {"{\"a\":{\"b\":[0,{\"c\":^7}]}}", {"a", "b", "[1]", "c"}, "/a/b/1/c"},
    {"{\"a/b\":1,\"a~b\":^2}", {"a~b"}, "/a~0b"},
    {"{\"a~1b\":1,\"a/b\":^2}", {"a/b"}, "/a~1b"},
    {"{\"~0\":1,\"~\":^2}", {"~"}, "/~0"},
    {"{\"ab\":1,\"a\":^2}", {"a"}, "/a"},
    {"{\"a\":1,\"ab\":^2}", {"ab"}, "/ab"},
    {"{\"\":^2}", {""}, "/"},
    {"{\"0\":^2}", {"0"}, "/0"},
    {"{\"\\u0061\\\"\":^2}", {"a\""}, "/a\""},
    {"{\"\\b\\f\\n\\r\\t\\/\\\\\":1,\"x\":^2}", {"x"}, "/x"},
    {"{\"\\u00e9\\u3042\\ud83d\\ude00\":^2}",
     {"\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80"},
     "/\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80"},
    {"{\"\xe3\x81\x82\":\n\"\xe3\x81\x82\",\"b\":^1}", {"b"}, "/b"},
    /* what is not there is told at its parent */
    {"{\"a\": ^{\"b\":1}}", {"a", "c"}, "/a"},
    {"{\"a\": ^[1]}", {"a", "[1]", "x"}, "/a"},
};

static struct wv_report *fail_at(const struct position *p, unsigned *line, unsigned *column)
{
    char text[256];
    const size_t mark = strcspn(p->text, "^");
    (void)snprintf(text, sizeof text, "%.*s%s", (int)mark, p->text, p->text + mark + 1);
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < mark; i++) {
        *column = text[i] == '\n' ? 1 : *column + 1;
        *line += text[i] == '\n';
    }
    struct wv_report *report = wv_report_new();
    struct wv_document *document = wv_document_parse("d.json", wv_slice_of(text), report);
    ck_assert_ptr_nonnull(document);
    struct wv_node nodes[5] = {wv_document_root(document)};
    size_t count = 0;
    for (; count < 4 && p->way[count] != NULL; count++) {
        const char *step = p->way[count];
        nodes[count + 1] = step[0] == '['
                               ? wv_node_element(&nodes[count], strtoul(step + 1, NULL, 10))
                               : wv_node_member(&nodes[count], step);
    }
    ck_assert(!wv_node_fail(&nodes[count], report, "wrong by %d", 1));
    wv_document_free(document);
    return report;
}

START_TEST(finds_the_place)
{
    unsigned line;
    unsigned column;
    struct wv_report *report = fail_at(&positions[_i], &line, &column);
    const struct wv_finding *finding = wv_report_at(report, 0);
    ck_assert_uint_eq(finding->line, line);
    ck_assert_uint_eq(finding->column, column);
    ck_assert_str_eq(finding->pointer, positions[_i].pointer);
    ck_assert_str_eq(finding->file, "d.json");
    ck_assert_str_eq(finding->text, "wrong by 1");
    wv_report_free(report);
}
END_TEST

START_TEST(finds_names_pointers_and_types)
{
    struct wv_report *report = wv_report_new();
    struct wv_document *document =
        wv_document_parse("d.json", WV_LIT("{\n  \"a\": { \"b\" : [true] }\n}"), report);
    ck_assert_str_eq(wv_document_name(document), "d.json");
    const struct wv_node root = wv_document_root(document);
    const struct wv_node a = wv_node_member(&root, "a");
    const struct wv_node b = wv_node_member(&a, "b");
    const struct wv_node element = wv_node_element(&b, 0);
    ck_assert(!wv_node_key_fail(&b, report, "name"));
    wv_node_warn(&b, report, "value");
    struct wv_slice text = WV_LIT("left over");
    ck_assert(!wv_node_text(&element, &text, report));
    ck_assert_uint_eq(text.len, 0);
    ck_assert_uint_eq(wv_report_errors(report), 2);
    ck_assert_uint_eq(wv_report_warnings(report), 1);
    wv_document_free(document);
    findings_are(report, "d.json:2:10: error: name (at /a/b)\n"
                         "d.json:2:16: warning: value (at /a/b)\n"
                         "d.json:2:17: error: must be a string (at /a/b/0)\n");
}
END_TEST

static bool fail_pointer(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, ...) WV_PRINTF(4, 5);

static bool fail_pointer(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool result = wv_document_fail_at(document, pointer, report, format, args);
    va_end(args);
    return result;
}

START_TEST(finds_pointers)
{
    struct wv_report *report = wv_report_new();
    struct wv_document *document =
        wv_document_parse("d.json", WV_LIT("{\"a.b\": {\"x/y\": [10, 20]}}"), report);
    ck_assert(!fail_pointer(document, "/a.b/x~1y/1", report, "wrong by %d", 1));
    ck_assert(!fail_pointer(document, "/a.b/z", report, "no z"));
    ck_assert(!fail_pointer(document, "/a.b/x~1y/01x", report, "no index"));
    ck_assert(!fail_pointer(document, "", report, "all"));
    wv_document_free(document);
    findings_are(report, "d.json:1:1: error: all\n"
                         "d.json:1:9: error: no z (at /a.b/z)\n"
                         "d.json:1:17: error: no index (at /a.b/x~1y/01x)\n"
                         "d.json:1:22: error: wrong by 1 (at /a.b/x~1y/1)\n");
}
END_TEST

START_TEST(text_points_into_the_document)
{
    struct wv_report *report = wv_report_new();
    struct wv_document *document =
        wv_document_parse("d.json", WV_LIT("[\"a\\u00e9\", \"\"]"), report);
    const struct wv_node root = wv_document_root(document);
    const struct wv_node first = wv_node_element(&root, 0);
    const struct wv_node second = wv_node_element(&root, 1);
    struct wv_slice text;
    ck_assert(wv_node_text(&first, &text, report));
    ck_assert(wv_slice_eq(text, WV_LIT("a\xc3\xa9")));
    ck_assert(wv_node_text(&second, &text, report));
    ck_assert_uint_eq(text.len, 0);
    wv_document_free(document);
    findings_are(report, "");
}
END_TEST

static const struct nesting {
    size_t levels;
    const char *findings;
} nestings[] = {
    {WV_DOCUMENT_DEPTH_MAX, ""},
    {WV_DOCUMENT_DEPTH_MAX + 1,
     "d.json:1:65: error: is nested too deeply: at most 64 levels are read\n"},
    {100000, "d.json:1:65: error: is nested too deeply: at most 64 levels are read\n"},
};

START_TEST(depth_is_limited)
{
    const size_t levels = nestings[_i].levels;
    uint8_t *text = malloc(2 * levels);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    struct wv_report *report = wv_report_new();
    struct wv_document *document =
        wv_document_parse("d.json", (struct wv_slice){text, 2 * levels}, report);
    ck_assert_int_eq(document != NULL, nestings[_i].findings[0] == '\0');
    wv_document_free(document);
    free(text);
    findings_are(report, nestings[_i].findings);
}
END_TEST

START_TEST(size_is_limited)
{
    uint8_t *text = malloc(WV_DOCUMENT_MAX + 1);
    memset(text, ' ', WV_DOCUMENT_MAX + 1);
    text[0] = '[';
    text[1] = ']';
    struct wv_report *report = wv_report_new();
    struct wv_document *document =
        wv_document_parse("d.json", (struct wv_slice){text, WV_DOCUMENT_MAX}, report);
    ck_assert_ptr_nonnull(document);
    wv_document_free(document);
    ck_assert_ptr_null(
        wv_document_parse("d.json", (struct wv_slice){text, WV_DOCUMENT_MAX + 1}, report));
    free(text);
    findings_are(report, "d.json: error: is too large: at most 8388608 bytes are read\n");
}
END_TEST

START_TEST(loads_files)
{
    char path[] = "/tmp/wv_test_document_XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, "{\"a\":1}", 7), 7);
    close(file);
    struct wv_report *report = wv_report_new();
    struct wv_document *document = wv_document_load(path, report);
    ck_assert_ptr_nonnull(document);
    const struct wv_node root = wv_document_root(document);
    ck_assert_int_eq(json_integer_value(wv_node_member(&root, "a").value), 1);
    wv_document_free(document);
    unlink(path);
    ck_assert_ptr_null(wv_document_load("/nowhere/d.json", report));
    findings_are(report, "/nowhere/d.json: error: cannot be read: No such file or directory\n");
}
END_TEST

START_TEST(a_node_without_a_document)
{
    struct wv_report *report = wv_report_new();
    const struct wv_node none = {0};
    const struct wv_node member = wv_node_member(&none, "a");
    const struct wv_node element = wv_node_element(&member, 3);
    ck_assert_ptr_null(element.value);
    ck_assert(!wv_node_fail(&element, report, "wrong"));
    wv_document_free(NULL);
    findings_are(report, "error: wrong\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("document");
    TCase *tests = tcase_create("document");
    tcase_add_loop_test(tests, refuses_what_is_not_json, 0, (int)WV_COUNT(refusals));
    tcase_add_loop_test(tests, finds_the_place, 0, (int)WV_COUNT(positions));
    tcase_add_test(tests, finds_names_pointers_and_types);
    tcase_add_test(tests, finds_pointers);
    tcase_add_test(tests, text_points_into_the_document);
    tcase_add_loop_test(tests, depth_is_limited, 0, (int)WV_COUNT(nestings));
    tcase_add_test(tests, size_is_limited);
    tcase_add_test(tests, loads_files);
    tcase_add_test(tests, a_node_without_a_document);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
