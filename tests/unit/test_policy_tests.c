/*
 * At stake: a test of a policy that cannot fail is worse than none, because people change the
 * policy and trust it. So each thing that a test can expect is seen to pass and to fail; documents
 * of any shape are refused with words; what a report holds cannot break out of its XML; and what a
 * test supposes of a record ends with the test.
 */
#include "app/policy_plan.h"
#include "app/policy_run.h"
#include "app/policy_test_rows.h"
#include "plan/explain.h"
#include "support/findings.h"

enum { ARENA_BYTES = 64 << 20, TEXT_MAX = 8192, DEEP = 300 };

static struct wv_plan *plan;

static void plan_open(void)
{
    struct wv_report *report = wv_report_new();
    plan = wv_policy_plan(NULL, report);
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
}

static void plan_close(void)
{
    wv_plan_free(plan);
}

/* A suite from a document that must be good, run. */
struct ran {
    struct wv_arena *arena;
    struct wv_document *document;
    struct wv_policy_suite suite;
};

static struct ran run(const char *text)
{
    struct wv_report *report = wv_report_new();
    struct ran ran = {.arena = wv_arena_new(ARENA_BYTES)};
    ran.document = wv_document_parse("test", wv_slice_of(text), report);
    ck_assert_msg(ran.document != NULL, "%s", text);
    ran.suite = (struct wv_policy_suite){.name = "test", .document = ran.document};
    const bool good = wv_policy_tests_read(ran.document, plan, ran.arena, report, &ran.suite.tests);
    char *findings = findings_text(report);
    ck_assert_msg(good, "%s\n%s", text, findings);
    free(findings);
    struct wv_policy_runner *runner = wv_policy_runner_new(plan, NULL);
    ck_assert_ptr_nonnull(runner);
    ck_assert(wv_policy_run(runner, &ran.suite));
    wv_policy_runner_free(runner);
    wv_report_free(report);
    return ran;
}

static void ran_free(struct ran *ran)
{
    wv_policy_suite_fini(&ran->suite);
    wv_document_free(ran->document);
    wv_arena_free(ran->arena);
}

/* ---- What is expected --------------------------------------------------------------------------
 */

/* Of {"timestamp": …, "action": "BLOCK", "httpRequest": {client, args, headers}} under "eu". */
static const struct expected {
    const char *passes;
    const char *fails;
} expectations[] = {
    {"\"verdict\":\"publish\"", "\"verdict\":\"stub\""},
    {"\"verdict\":\"publish\"", "\"verdict\":\"reject\""},
    {"\"verdict\":\"publish\"", "\"verdict\":\"suppress\""},
    {"\"region\":\"eu\"", "\"region\":\"jp\""},
    {"\"regions\":[\"eu\"]", "\"regions\":[\"eu\",\"jp\"]"},
    {"\"withheld\":false", "\"withheld\":true"},
    {"\"must_contain\":[\"1 OR 2\"]", "\"must_contain\":[\"1 OR 2\",\"1 AND 2\"]"},
    {"\"must_contain\":[\"say \\\"x\\\"\"]", "\"must_contain\":[\"say 'x'\"]"},
    {"\"must_not_contain\":[\"198.51.100.77\"]", "\"must_not_contain\":[\"198.51.100.0\"]"},
    {"\"must_not_contain\":[\"say x\"]", "\"must_not_contain\":[\"say \\\"x\\\"\"]"},
    {"\"absent\":[\"/foo\",\"/httpRequest/headers/1\",\"/httpRequest/headers/x\"]",
     "\"absent\":[\"/httpRequest/headers/0\"]"},
    {"\"absent\":[\"/httpRequest/\"]", "\"absent\":[\"/action\"]"},
    {"\"record\":{}", "\"record\":\"\""},
    {"\"record\":{\"action\":\"BLOCK\"}", "\"record\":{\"action\":\"block\"}"},
    {"\"record\":{\"httpRequest\":{\"clientIp\":\"198.51.100.0\"}}",
     "\"record\":{\"httpRequest\":{\"clientIp\":\"198.51.100.77\"}}"},
    {"\"record\":{\"httpRequest\":{\"headers\":[{\"name\":\"Accept\"}]}}",
     "\"record\":{\"httpRequest\":{\"headers\":[]}}"},
    {"\"record\":{\"httpRequest\":{\"headers\":[{}]}}",
     "\"record\":{\"httpRequest\":{\"headers\":[{},{}]}}"},
    {"\"record\":{\"none\":{\"$absent\":true}}", "\"record\":{\"none\":null}"},
    {"\"record\":{\"action\":{\"$any\":true}}", "\"record\":{\"none\":{\"$any\":true}}"},
    {"\"pointers\":{\"/timestamp\":1794832440000}",
     "\"pointers\":{\"/timestamp\":1794832440000.0}"},
    {"\"pointers\":{\"/httpRequest/headers/0/name\":\"Accept\"}",
     "\"pointers\":{\"/httpRequest/headers/00x/name\":\"Accept\"}"},
    {"\"pointers\":{\"/action\":{\"$like\":\"*L*K\"}}",
     "\"pointers\":{\"/action\":{\"$like\":\"*L*C\"}}"},
    {"\"pointers\":{\"/action\":{\"$like\":\"BLOCK*\"}}",
     "\"pointers\":{\"/action\":{\"$like\":\"\"}}"},
    {"\"pointers\":{\"/_wafveil/tokens/client_ip\":{\"$token\":\"ip\"}}",
     "\"pointers\":{\"/_wafveil/tokens/client_ip\":{\"$token\":\"user\"}}"},
    {"\"pointers\":{\"/_wafveil/tokens\":{\"client_ip\":{\"$token\":\"ip\"}}}",
     "\"pointers\":{\"/_wafveil/pack\":{\"$token\":\"ip\"}}"},
    {"\"pointers\":{\"/_wafveil/pack\":{\"$like\":\"eu@*\"}}",
     "\"pointers\":{\"/timestamp\":{\"$like\":\"*\"}}"},
};

static size_t failures_of(const char *expectation)
{
    char text[TEXT_MAX];
    (void)snprintf(
        text, sizeof text,
        "{\"tests\":[{\"name\":\"one\",\"format\":\"aws-waf\",\"region\":\"eu\",\"input\":"
        "{\"timestamp\":1794832496123,\"action\":\"BLOCK\",\"foo\":7,\"httpRequest\":{"
        "\"clientIp\":\"198.51.100.77\",\"args\":\"id=1 OR 2\",\"headers\":[{\"name\":\"Accept\","
        "\"value\":\"say \\\"x\\\"\"}]}},\"expect\":{%s}}]}",
        expectation);
    struct ran ran = run(text);
    const size_t failed = ran.suite.failed;
    ck_assert_int_eq(failed == 0, ran.suite.results[0].differences == NULL);
    ran_free(&ran);
    return failed;
}

START_TEST(every_expectation_passes_and_fails)
{
    const struct expected *expected = &expectations[_i];
    ck_assert_msg(failures_of(expected->passes) == 0, "%s", expected->passes);
    ck_assert_msg(failures_of(expected->fails) == 1, "%s", expected->fails);
}
END_TEST

/* What becomes of these is no record. */
START_TEST(other_verdicts_pass_and_fail)
{
    char deep[2 * DEEP + 1] = "";
    memset(deep, '[', DEEP);
    memset(deep + DEEP, ']', DEEP);
    static const char *const verdicts[] = {"stub", "suppress"};
    for (size_t i = 0; i < WV_COUNT(verdicts); i++) {
        char text[TEXT_MAX];
        (void)snprintf(
            text, sizeof text,
            "{\"tests\":[{\"name\":\"a\",\"format\":\"aws-waf\",\"region\":\"eu\",\"input\":"
            "\"{\\\"action\\\":\\\"BLOCK\\\",\\\"x\\\":%s}\",\"expect\":{\"verdict\":\"%s\"}},"
            "{\"name\":\"b\",\"format\":\"cloudwatch-logs\",\"input\":{\"messageType\":"
            "\"CONTROL_MESSAGE\",\"owner\":\"o\",\"logGroup\":\"\",\"logEvents\":[]},\"expect\":{"
            "\"verdict\":\"%s\"}}]}",
            deep, verdicts[i], verdicts[1 - i]);
        struct ran ran = run(text);
        ck_assert_uint_eq(ran.suite.failed, i == 0 ? 0 : 2);
        ran_free(&ran);
    }
}
END_TEST

START_TEST(differences_are_counted_past_what_is_shown)
{
    char text[TEXT_MAX];
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "{\"tests\":[{\"name\":\"many\",\"format\":\"aws-waf\","
                                  "\"input\":{},\"expect\":{\"pointers\":{");
    for (size_t i = 0; i < 60; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"/n%zu\":%zu", i == 0 ? "" : ",",
                                i, i);
    }
    (void)snprintf(text + len, sizeof text - len, "}}}]}");
    struct ran ran = run(text);
    ck_assert_ptr_nonnull(strstr(ran.suite.results[0].differences, "  … and 10 more\n"));
    ran_free(&ran);
}
END_TEST

/* ---- What a test supposes ----------------------------------------------------------------------
 */

static uint32_t input_of(struct wv_slice format)
{
    uint32_t input = 0;
    while (!wv_slice_eq(wv_plan_config(plan)->inputs[input].format, format)) {
        input++;
    }
    return input;
}

static uint64_t packs_of(struct wv_worker *worker, struct wv_supposed *supposed)
{
    const struct wv_record record = {
        .input = input_of(WV_LIT("aws-waf")),
        .value = WV_LIT("{\"httpRequest\":{\"clientIp\":\"198.51.100.77\",\"country\":\"JP\"}}"),
        .time_ms = -1};
    supposed->fell_under = 0;
    ck_assert_uint_gt(wv_transform(worker, &record).count, 0);
    return supposed->fell_under;
}

START_TEST(what_is_supposed_ends_with_the_test)
{
    struct wv_worker *worker = wv_worker_new(plan);
    struct wv_supposed supposed = {0};
    ck_assert_ptr_nonnull(worker);
    wv_worker_suppose(worker, &supposed);
    const uint64_t own = packs_of(worker, &supposed);
    ck_assert_uint_ne(own, 0);
    size_t eu;
    ck_assert(wv_plan_pack_find(plan, WV_LIT("eu"), &eu));
    supposed.regions[0] = (uint32_t)eu;
    supposed.region_count = 1;
    ck_assert_uint_eq(packs_of(worker, &supposed), UINT64_C(1) << eu);
    supposed.has_tenant = true; /* nobody's */
    ck_assert_uint_ne(packs_of(worker, &supposed), UINT64_C(1) << eu);
    supposed = (struct wv_supposed){0};
    ck_assert_uint_eq(packs_of(worker, &supposed), own);
    wv_worker_suppose(worker, NULL);
    ck_assert_uint_eq(packs_of(worker, &supposed), 0); /* nobody is told */
    wv_worker_free(worker);
}
END_TEST

/* ---- Documents ---------------------------------------------------------------------------------
 */

static const struct wrong {
    const char *text;
    const char *finding;
} wrongs[] = {
    {"[]", "test:1:1: error: must be an object\n"},
    {"{}", "test:1:1: error: \"tests\" is required: the tests, at least one\n"},
    {"{\"tests\":{}}", "test:1:10: error: must be an array of 1 to 10000 tests (at /tests)\n"},
    {"{\"tests\":[null]}", "test:1:11: error: must be an object (at /tests/0)\n"},
    {"{\"tests\":[{\"name\":\"\",\"input\":{},\"expect\":{\"record\":{}}}]}",
     "test:1:19: error: must not be shorter than 1 bytes (at /tests/0/name)\n"},
    {"{\"tests\":[{\"name\":\"a\\u0000b\",\"input\":{},\"expect\":{\"record\":{}}}]}",
     "test:1:28: error: is not valid JSON: \\u0000 is not allowed\n"},
    {"{\"tests\":[{\"name\":\"a\",\"time\":\"1969-12-31\",\"input\":{},\"expect\":{\"record\":{}}}]"
     "}",
     "test:1:30: error: must be a day from 1970 on as 2026-11-16, or a time as "
     "2026-11-16T12:00:00Z (at /tests/0/time)\n"},
};

START_TEST(wrong_documents_are_told)
{
    const struct wrong *wrong = &wrongs[_i];
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(ARENA_BYTES);
    struct wv_policy_tests tests;
    struct wv_document *document = wv_document_parse("test", wv_slice_of(wrong->text), report);
    ck_assert(document == NULL || !wv_policy_tests_read(document, plan, arena, report, &tests));
    findings_are(report, wrong->finding);
    wv_document_free(document);
    wv_arena_free(arena);
}
END_TEST

/* As many tests as there may be are read in time that grows with their number; one more is not. */
START_TEST(there_is_a_most)
{
    static const char one[] = "{\"name\":\"%zu\",\"input\":{},\"expect\":{\"record\":{}}},";
    const size_t cap = (sizeof one + 8) * (WV_POLICY_TESTS_MAX + 2);
    for (size_t count = WV_POLICY_TESTS_MAX; count <= WV_POLICY_TESTS_MAX + 1; count++) {
        char *text = malloc(cap);
        ck_assert_ptr_nonnull(text);
        size_t len = (size_t)snprintf(text, cap, "{\"tests\":[");
        for (size_t i = 0; i < count; i++) {
            len += (size_t)snprintf(text + len, cap - len, one, i);
        }
        (void)snprintf(text + len - 1, cap - len + 1, "]}");
        struct wv_report *report = wv_report_new();
        struct wv_arena *arena = wv_arena_new(ARENA_BYTES);
        struct wv_policy_tests tests;
        struct wv_document *document = wv_document_parse("test", wv_slice_of(text), report);
        ck_assert_ptr_nonnull(document);
        ck_assert_int_eq(wv_policy_tests_read(document, plan, arena, report, &tests),
                         count == WV_POLICY_TESTS_MAX);
        wv_document_free(document);
        wv_arena_free(arena);
        wv_report_free(report);
        free(text);
    }
}
END_TEST

/* ---- The schema -------------------------------------------------------------------------------
 */

/* An editor must not complete what the program refuses, nor mark what it takes. */
static void check_members(const json_t *object, const struct wv_option *options, size_t count)
{
    const json_t *properties = json_object_get(object, "properties");
    const json_t *required = json_object_get(object, "required");
    size_t needed = 0;
    ck_assert_uint_eq(json_object_size(properties), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *property = json_object_get(properties, options[i].name);
        ck_assert_msg(property != NULL, "the schema has no %s", options[i].name);
        needed += options[i].required;
        size_t at = 0;
        while (at < json_array_size(required) &&
               strcmp(json_string_value(json_array_get(required, at)), options[i].name) != 0) {
            at++;
        }
        ck_assert_int_eq(at < json_array_size(required), options[i].required);
        if (options[i].kind == WV_OPTION_TEXT && options[i].min > 0) {
            ck_assert_int_eq(json_integer_value(json_object_get(property, "minLength")),
                             options[i].min);
        }
        if (options[i].kind == WV_OPTION_NAMES) {
            ck_assert_int_eq(json_integer_value(json_object_get(property, "minItems")) > 0,
                             options[i].min > 0 || strncmp(options[i].name, "must", 4) == 0);
        }
    }
    ck_assert_uint_eq(json_array_size(required), needed);
}

static bool has_word(const json_t *property, const char *word)
{
    const json_t *words = json_object_get(property, "enum");
    size_t at = 0;
    while (at < json_array_size(words) &&
           strcmp(json_string_value(json_array_get(words, at)), word) != 0) {
        at++;
    }
    return at < json_array_size(words);
}

START_TEST(the_schema_is_the_program_s)
{
    json_error_t error;
    json_t *schema = json_load_file(WV_SCHEMAS "/policy-tests.schema.json", 0, &error);
    ck_assert_msg(schema != NULL, "%s", error.text);
    const json_t *defs = json_object_get(schema, "$defs");
    const json_t *expect = json_object_get(defs, "expect");
    check_members(schema, wv_tests_options, wv_tests_option_count);
    check_members(json_object_get(defs, "test"), wv_test_options, wv_test_option_count);
    check_members(expect, wv_expectation_options, wv_expectation_option_count);
    const json_t *properties = json_object_get(expect, "properties");
    for (unsigned i = WV_REASON_NONE + 1; i < WV_REASON_COUNT; i++) {
        ck_assert(
            has_word(json_object_get(properties, "reason"), wv_reason_word((enum wv_reason)i)));
    }
    const char *const *verdict = wv_expectation_options[0].choices;
    for (; *verdict != NULL; verdict++) {
        ck_assert(has_word(json_object_get(properties, "verdict"), *verdict));
    }
    char *text = json_dumps(json_object_get(defs, "value"), JSON_COMPACT);
    for (unsigned i = WV_KIND_NONE + 1; i < WV_KIND_COUNT; i++) {
        ck_assert_ptr_nonnull(strstr(text, wv_kind_name((enum wv_kind)i)));
    }
    free(text);
    json_decref(schema);
}
END_TEST

/* ---- Reports -----------------------------------------------------------------------------------
 */

START_TEST(xml_holds_whatever_a_test_is_called)
{
    struct ran ran = run("{\"tests\":[{\"name\":\"]]> <a b='c' "
                         "d=\\\"e\\\">&\\u001b\\r\\u00e9\\ufffe\\ud83d\\ude00\","
                         "\"format\":\"aws-waf\",\"input\":{\"action\":\"</failure>\"},"
                         "\"expect\":{\"record\":{\"action\":\"<![CDATA[\"}}}]}");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    wv_policy_junit(&ran.suite, 1, out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites name=\"wafveil\" tests=\"1\" failures=\"1\" errors=\"0\">\n"
              "  <testsuite name=\"test\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n"
              "    <testcase classname=\"test\" name=\"]]&gt; &lt;a b=&apos;c&apos; "
              "d=&quot;e&quot;&gt;&amp;\\x1B\\x0Dé\\xEF\\xBF\\xBE😀\">\n"
              "      <failure type=\"difference\" message=\"not what the test expects\">  /action\n"
              "    expected &quot;&lt;![CDATA[&quot;\n"
              "    got      &quot;&lt;/failure&gt;&quot;\n"
              "</failure>\n"
              "    </testcase>\n"
              "  </testsuite>\n"
              "</testsuites>\n");
    free(text);
    ran_free(&ran);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy tests");
    TCase *tests = tcase_create("tests");
    tcase_add_unchecked_fixture(tests, plan_open, plan_close);
    tcase_add_loop_test(tests, every_expectation_passes_and_fails, 0, WV_COUNT(expectations));
    tcase_add_test(tests, other_verdicts_pass_and_fail);
    tcase_add_test(tests, differences_are_counted_past_what_is_shown);
    tcase_add_test(tests, what_is_supposed_ends_with_the_test);
    tcase_add_loop_test(tests, wrong_documents_are_told, 0, WV_COUNT(wrongs));
    tcase_add_test(tests, there_is_a_most);
    tcase_add_test(tests, the_schema_is_the_program_s);
    tcase_add_test(tests, xml_holds_whatever_a_test_is_called);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
