/*
 * formats.fields and names.parameters of a configuration: what an operator says of fields and names
 * without a format or table of his own.
 * At stake: a field that he lists and that is treated as unlisted is lost; one whose class he
 * changes and that keeps its old one is published.
 */
#include "support/engine.h"

#include <check.h>

#define CONFIG(more)                                                                               \
    "{\"inputs\":[{\"format\":\"f\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"           \
    "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"," \
    "\"annotate\":\"none\"}],\n\"formats\":{\"files\":[\"f.json\"],\n" more "}"

#define FORMAT                                                                                     \
    "{\"format\":\"f\",\"define\":{\"in\":{\"score\":\"none\"}},\"fields\":{"                      \
    "\"a\":\"none\",\"b.c\":\"free_text\",\"url\":{\"syntax\":\"url\"},\"text\":{\"inside\":"      \
    "\"in\"},"                                                                                     \
    "\"headers[]\":{\"pairs\":{\"name\":\"name\",\"value\":\"value\"},\"classes\":\"http-"         \
    "headers\"},"                                                                                  \
    "\"label\":{\"class\":\"none\",\"prefixes\":{\"x:\":\"geo\"}}}}"

static const struct engine_file file = {"f.json", FORMAT};

/* Configurations, a record, and what is left of it. */
static const struct row {
    const char *config;
    const char *record;
    const char *wanted;
} rows[] = {
    {CONFIG("\"fields\":{}}"), "{\"a\":\"k\",\"new\":\"x\"}", "{\"a\":\"k\"}"},
    {CONFIG("\"fields\":{\"f\":{\"new\":\"none\"}}}"), "{\"a\":\"k\",\"new\":\"x\"}",
     "{\"a\":\"k\",\"new\":\"x\"}"},
    {CONFIG("\"fields\":{\"f\":{\"b.new[].x\":\"free_text\"}}}"),
     "{\"b\":{\"c\":\"k\",\"new\":[{\"x\":\"x a@example.org\",\"y\":1}]}}",
     "{\"b\":{\"c\":\"k\",\"new\":[{\"x\":\"x ~EMAIL~\"}]}}"},
    {CONFIG("\"fields\":{\"f\":{\"a\":\"username\"}}}"), "{\"a\":\"k\",\"b\":{\"c\":\"x\"}}",
     "{\"b\":{\"c\":\"x\"}}"},
    {CONFIG("\"fields\":{\"f\":{\"text:new\":\"none\"}}}"),
     "{\"text\":\"{\\\"score\\\":1,\\\"new\\\":\\\"x\\\",\\\"other\\\":2}\"}",
     "{\"text\":\"{\\\"score\\\":1,\\\"new\\\":\\\"x\\\"}\"}"},
    {CONFIG("\"fields\":{\"f\":{\"text:score\":\"username\"}}}"),
     "{\"a\":\"k\",\"text\":\"{\\\"score\\\":\\\"x\\\",\\\"other\\\":2}\"}",
     "{\"a\":\"k\",\"text\":\"{}\"}"},
    {CONFIG("\"fields\":{\"f\":{\"map{}\":\"free_text\"}}}"), "{\"map\":{\"one\":\"x\"}}",
     "{\"map\":{\"one\":\"x\"}}"},
    {CONFIG("\"fields\":{\"f\":{\"new\":\"unlisted\"}}}"), "{\"a\":\"k\",\"new\":\"x\"}",
     "{\"a\":\"k\"}"},
    {CONFIG("\"fields\":{\"f\":{\"new\":{\"syntax\":\"url\"}}}}"),
     "{\"new\":\"https://www.example.com/orders/4711?mail=x\"}",
     "{\"new\":\"https://example.com/orders/{int}?mail=~USER.bf2ds67m~\"}"},
    {CONFIG("\"fields\":{\"f\":{\"q\":\"query\"}}},\n\"names\":{\"parameters\":{"
            "\"session\":[\"mysid\"],\"harmless\":[\"mail\"]}}"),
     "{\"q\":\"mysid=1&mail=2&token=3\"}",
     "{\"q\":\"mysid=~SESSION.m3i6unef~&mail=2&token=~CREDENTIAL~\"}"},
};

START_TEST(counts)
{
    struct engine engine = engine_config(rows[_i].config, &file, 1);
    const struct wv_results results = engine_text(&engine, rows[_i].record);
    ck_assert_uint_eq(results.count, 1);
    ck_assert(value_is(&results.items[0], rows[_i].wanted));
    engine_fini(&engine);
}
END_TEST

static const struct mistake {
    const char *config;
    const char *said;
} mistakes[] = {
    {CONFIG("\"fields\":[]}"), "wafveil.json:3:10: error: must be an object: format to an object "
                               "of paths and classes (at /formats/fields)"},
    {CONFIG("\"fields\":{\"f\":[]}}"),
     "wafveil.json:3:15: error: must be an object: path to class (at /formats/fields/f)"},
    {CONFIG("\"fields\":{\"aws-wav\":{}}}"),
     "wafveil.json:3:11: error: no such format; `wafveil formats` lists them; did you mean "
     "\"aws-waf\"? (at /formats/fields/aws-wav)"},
    {CONFIG("\"fields\":{\"f\":{\"x\":\"user_name\"}}}"),
     "wafveil.json:3:20: error: no such class: \"user_name\"; did you mean \"username\"? (at "
     "/formats/fields/f/x)"},
    {CONFIG("\"fields\":{\"f\":{\"url\":\"none\"}}}"),
     "wafveil.json:3:22: error: the format reads more than a plain value there: replace the format "
     "by a file of your own to change that (at /formats/fields/f/url)"},
    {CONFIG("\"fields\":{\"f\":{\"label\":\"none\"}}}"),
     "wafveil.json:3:24: error: the format reads more than a plain value there: replace the format "
     "by a file of your own to change that (at /formats/fields/f/label)"},
    {CONFIG("\"fields\":{\"f\":{\"headers[]\":\"none\"}}}"),
     "wafveil.json:3:28: error: the format reads more than a plain value there: replace the format "
     "by a file of your own to change that (at /formats/fields/f/headers[])"},
    {CONFIG("\"fields\":{\"f\":{\"headers[].value\":\"none\"}}}"),
     "wafveil.json:3:34: error: is part of a pair, which says what it is; list it nowhere else (at "
     "/formats/fields/f/headers[].value)"},
    {CONFIG("\"fields\":{\"f\":{\"a\":{\"class\":\"none\"}}}}"),
     "wafveil.json:3:20: error: the format lists this field: only its class can be changed (at "
     "/formats/fields/f/a)"},
    {CONFIG("\"fields\":{}},\n\"names\":{\"parameters\":[]}"),
     "wafveil.json:4:23: error: expected an object of arrays of names (at /names/parameters)"},
    {CONFIG("\"fields\":{}},\n\"names\":{\"parameters\":{\"sessions\":[]}}"),
     "wafveil.json:4:35: error: is no class of parameters; did you mean \"session\"? (at "
     "/names/parameters/sessions)"},
    {CONFIG("\"fields\":{}},\n\"names\":{\"cookies\":{}}"),
     "wafveil.json:4:10: error: unknown member \"cookies\"; known: parameters (at "
     "/names/cookies)"},
};

START_TEST(mistakes_have_a_place)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(engine_plan(mistakes[_i].config, &file, 1, report));
    char *text = findings_text(report);
    if (strstr(text, mistakes[_i].said) == NULL) {
        ck_abort_msg("got    %s\nwanted %s", text, mistakes[_i].said);
    }
    free(text);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format_own");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, counts, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(tcase, mistakes_have_a_place, 0, (int)WV_COUNT(mistakes));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
