/*
 * At stake: a format decides what each byte of a record is. One that is read in another way than
 * its author meant leaves a field without a rule, so every mistake must be an error with its place,
 * and each word of the language of formats must do what its documentation says.
 */
#include "support/engine.h"

#include <check.h>

#define CONFIG                                                                                     \
    "{\"inputs\":[{\"format\":\"f\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"           \
    "\"regions\":[{\"from\":\"tenant\"}],\"formats\":{\"files\":[\"f.json\"]},"                    \
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}]}"

#define FIELDS(fields) "{\"format\":\"f\",\"fields\":{" fields "}}"

/* ---- Mistakes --------------------------------------------------------------------------------
 */

/* Documents, and a part of what is said about each. */
static const struct mistake {
    const char *text;
    const char *said;
} mistakes[] = {
    {"{\"format\":\"f\"}", "\"fields\" is required"},
    {"{\"format\":\"f\",\"fields\":[]}", "must be an object: path to class"},
    {FIELDS("\"a\":\"clientip\""), "no such class: \"clientip\"; did you mean \"client_ip\"?"},
    {FIELDS("\"a\":5"), "f.json:1:"},
    {FIELDS("\"a\":{\"klass\":\"none\"}"), "unknown member \"klass\"; did you mean \"class\"?"},
    {FIELDS("\"a\":{}"), "f.json:1:"},
    {FIELDS("\"\":\"none\""), "a path is members joined by"},
    {FIELDS("\"a..b\":\"none\""), "a path is members joined by"},
    {FIELDS("\".a\":\"none\""), "a path is members joined by"},
    {FIELDS("\"a.\":\"none\""), "a path is members joined by"},
    {FIELDS("\"a[\":\"none\""), "a path is members joined by"},
    {FIELDS("\"a[0].b\":\"none\""), "a path is members joined by"},
    {FIELDS("\"a\":{\"class\":\"matched_payload\",\"joined\":true}"), "can be joined"},
    {FIELDS("\"a.b\":{\"class\":\"none\",\"remove\":\"element\"}"),
     "there is no array element around this field"},
    {FIELDS("\"a\":{\"class\":\"none\",\"remove\":\"all\"}"), "must be one of"},
    {FIELDS("\"a\":{\"use\":\"g\"}"), "\"define\" has no group of that name"},
    {"{\"format\":\"f\",\"define\":{\"g\":{\"a\":{\"use\":\"g\"}}},\"fields\":{\"a\":{\"use\":"
     "\"g\"}}}",
     "groups are nested at most 4 deep"},
    {FIELDS("\"a\":{\"class\":\"none\",\"prefixes\":{\"x\":\"nothing\"}}"),
     "no such class: \"nothing\""},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\"},\"classes\":\"http-headers\"}"),
     "\"value\" is required"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"},\"classes\":\"nowhere\"}"),
     "no such table of names: \"nowhere\""},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"}}"), "f.json:1:"},
    /* A pair is read as a whole: a class or role of its own for a part of it would be left out. */
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"},\"classes\":\"http-headers\"},"
            "\"a[].n\":\"username\""),
     "is part of a pair, which says what it is"},
    {FIELDS("\"a[].n\":\"username\","
            "\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"},\"classes\":\"http-headers\"}"),
     "which nothing else lists"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"},\"classes\":\"http-headers\"},"
            "\"a[].v\":\"none\""),
     "is part of a pair, which says what it is"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"n\"},\"classes\":\"http-headers\"}"),
     "which nothing else lists"},
    {"{\"format\":\"f\",\"roles\":{\"country\":\"a[].v\"},\"fields\":{\"a[]\":{\"pairs\":{\"name\":"
     "\"n\",\"value\":\"v\"},\"classes\":\"http-headers\"}}}",
     "is part of a pair, which says what it is"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"select\":\"s\"},"
            "\"classes\":\"http-headers\"}"),
     "must be an object: what the selector says"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"select\":\"s\"},"
            "\"classes\":{\"X\":\"@nowhere\"}}"),
     "no such table of names: \"nowhere\""},
    {"{\"format\":\"f\",\"fields\":{\"a\":\"none\"},\"roles\":{\"tiem\":\"a\"}}",
     "no such role; known: time, action"},
    {"{\"format\":\"f\",\"fields\":{\"a\":\"none\"},\"roles\":{\"time\":\"b\"}}",
     "a role stands on a field that \"fields\" lists"},
    {"{\"format\":\"f\",\"fields\":{\"a\":\"none\"},\"roles\":{\"time\":7}}", "f.json:1:"},
    {"{\"format\":\"f\",\"syntax\":\"xml\",\"fields\":{\"a\":\"none\"}}", "must be one of"},
    {"{\"format\":\"g\",\"fields\":{\"a\":\"none\"}}", "no such format"},
};

START_TEST(mistakes_are_said)
{
    const struct mistake *mistake = &mistakes[_i];
    const struct engine_file file = {"f.json", mistake->text};
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(CONFIG, &file, 1, report);
    char *text = findings_text(report);
    ck_assert_msg(plan == NULL, "accepted: %s", mistake->text);
    ck_assert_uint_gt(wv_report_errors(report), 0);
    ck_assert_msg(strstr(text, mistake->said) != NULL, "%s\nsays\n%s", mistake->text, text);
    free(text);
    wv_report_free(report);
}
END_TEST

/* ---- What the words mean ---------------------------------------------------------------------
 */

static const struct engine_file format = {
    "f.json",
    "{\"format\":\"f\",\"literals\":[\"N/A\"],"
    "\"define\":{\"inner\":{\"ip\":\"client_ip\",\"deep\":{\"use\":\"leaf\"}},"
    "\"leaf\":{\"asn\":\"asn\",\"kept\":\"none\"}},"
    "\"fields\":{\"t\":\"timestamp\",\"a\":{\"use\":\"inner\"},\"list[]\":{\"use\":\"inner\"},"
    "\"grid[][]\":\"client_ip\",\"both\":\"none\",\"both[]\":\"client_ip\","
    "\"tags[]\":{\"class\":\"none\",\"prefixes\":{\"geo:\":\"geo\",\"ip:\":\"client_ip\"}},"
    "\"rows[].x\":{\"class\":\"asn\",\"remove\":\"element\"},\"rows[].y\":\"none\","
    "\"deep.rows[].x.z\":{\"class\":\"asn\",\"remove\":\"element\"},"
    "\"hdr[]\":{\"pairs\":{\"name\":\"k\",\"value\":\"v\"},\"classes\":\"http-headers\"}},"
    "\"roles\":{\"time\":\"t\"}}"};

static const struct known {
    const char *record;
    const char *output;
} knowns[] = {
    {"{\"a\":{\"ip\":\"192.0.2.77\",\"deep\":{\"asn\":1,\"kept\":2}}}",
     "{\"a\":{\"ip\":\"192.0.2.0\",\"deep\":{\"kept\":2}}}"},
    {"{\"list\":[{\"ip\":\"192.0.2.77\"},{\"deep\":{\"asn\":1}}],\"list\":{\"ip\":\"192.0.2.77\"}}",
     "{\"list\":[{\"ip\":\"192.0.2.0\"},{\"deep\":{}}]}"},
    {"{\"grid\":[[\"192.0.2.77\",1],[[\"192.0.2.77\"]],\"192.0.2.77\"]}",
     "{\"grid\":[[\"192.0.2.0\"],[]]}"},
    {"{\"both\":\"x\",\"both\":[\"192.0.2.77\"],\"both\":{\"a\":1}}",
     "{\"both\":\"x\",\"both\":[\"192.0.2.0\"]}"},
    {"{\"tags\":[\"x\",\"geo:DE-BE\",\"ip:192.0.2.77\",\"geo\"]}", "{\"tags\":[\"x\",\"geo\"]}"},
    {"{\"rows\":[{\"y\":1,\"x\":2},{\"y\":3},{\"x\":4,\"y\":5}]}", "{\"rows\":[{\"y\":3}]}"},
    {"{\"deep\":{\"rows\":[{\"x\":{\"z\":1}},{\"x\":{}}]}}", "{\"deep\":{\"rows\":[{\"x\":{}}]}}"},
    {"{\"hdr\":[{\"v\":\"Basic "
     "YQ==\",\"k\":\"Authorization\"},{\"name\":\"Authorization\",\"value\":"
     "\"Basic YQ==\"}]}",
     "{\"hdr\":[{\"v\":\"Basic\",\"k\":\"Authorization\"}]}"},
    {"{\"a\":{\"ip\":\"N/A\"},\"grid\":[[\"-\",\"REDACTED\"]]}",
     "{\"a\":{\"ip\":\"N/A\"},\"grid\":[[\"-\"]]}"},
    {"{\"t\":1763805611333,\"tags\":[\"\xff\"]}",
     "{\"t\":1763805600000,\"tags\":[\"\xef\xbf\xbd\"]}"},
};

START_TEST(words_mean_what_they_say)
{
    struct engine engine = engine_config(CONFIG, &format, 1);
    const struct wv_result *result = &engine_text(&engine, knowns[_i].record).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert_msg(wv_slice_eq(result->value, wv_slice_of(knowns[_i].output)), "got\n%.*s",
                  (int)result->value.len, (const char *)result->value.ptr);
    engine_fini(&engine);
}
END_TEST

START_TEST(invalid_text_may_be_rejected)
{
    const struct engine_file strict = {
        "f.json", "{\"format\":\"f\",\"invalid_utf8\":\"reject\",\"fields\":{\"a\":\"none\"}}"};
    struct engine engine = engine_config(CONFIG, &strict, 1);
    const struct wv_slice broken[] = {
        WV_LIT("{\"a\":\"\xff\"}"), WV_LIT("{\"a\":\"\xc0\x80\"}"),
        WV_LIT("{\"a\":\"\x01\"}"), WV_LIT("{\"a\":\"\xed\xa0\x80\"}"),
        WV_LIT("{\"\xff\":1}"),
    };
    for (size_t i = 0; i < WV_COUNT(broken); i++) {
        /* After a longer record, so that nothing of it is told as the place. */
        (void)engine_text(&engine, "{\"a\":\"b\",\"x\":[1,2,3,{\"y\":1}]}");
        const struct wv_result *result = &engine_run(&engine, broken[i]).items[0];
        ck_assert_int_eq(result->outcome, WV_REJECT);
        ck_assert_int_eq(result->reason, WV_REASON_UTF8);
        ck_assert_uint_eq(result->at, 0);
        ck_assert_ptr_null(result->place);
        ck_assert_uint_eq(result->value.len, 0);
    }
    const struct wv_result *result = &engine_text(&engine, "{\"a\":\"caf\xc3\xa9\"}").items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *formats = tcase_create("formats");
    tcase_add_loop_test(formats, mistakes_are_said, 0, (int)WV_COUNT(mistakes));
    tcase_add_loop_test(formats, words_mean_what_they_say, 0, (int)WV_COUNT(knowns));
    tcase_add_test(formats, invalid_text_may_be_rejected);
    suite_add_tcase(suite, formats);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
