/*
 * watch: every value of a record, as `wafveil suggest` counts it.
 * At stake: a value that is not told is one that nobody is warned of; a place that is told wrongly
 * makes an overlay that lists another field.
 */
#include "engine/watch.h"
#include "support/engine.h"

#include <check.h>

enum { SAID_MAX = 8192 };

struct said {
    char text[SAID_MAX];
    size_t len;
};

static void say(void *user, const struct wv_sight *sight)
{
    struct said *said = user;
    char names[1024] = "";
    size_t at = 0;
    for (size_t i = 0; i < sight->name_count; i++) {
        at += (size_t)snprintf(names + at, sizeof names - at, "/%.*s",
                               sight->names[i].ptr == NULL ? 2 : (int)sight->names[i].len,
                               sight->names[i].ptr == NULL ? "[]"
                                                           : (const char *)sight->names[i].ptr);
    }
    said->len += (size_t)snprintf(
        said->text + said->len, SAID_MAX - said->len, "%s|%s|%s|%s%s%s|%s|%s|%s|%.*s\n",
        sight->format, sight->path, names, sight->listed ? "L" : "", sight->plain ? "P" : "",
        sight->misfit ? "M" : "", wv_class_word(sight->class), wv_action_word(sight->action),
        wv_sight_kind_word(sight->kind), sight->text.ptr == NULL ? 1 : (int)sight->text.len,
        sight->text.ptr == NULL ? "-" : (const char *)sight->text.ptr);
    ck_assert_uint_lt(said->len, SAID_MAX);
}

#define CONFIG                                                                                     \
    "{\"inputs\":[{\"format\":\"f\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"           \
    "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"one\",\"purpose\":\"security\"," \
    "\"annotate\":\"none\"},{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}],"   \
    "\"formats\":{\"files\":[\"f.json\"]}}"

#define FORMAT                                                                                     \
    "{\"format\":\"f\",\"define\":{\"in\":{\"score\":\"none\"}},\"fields\":{"                      \
    "\"a\":\"none\",\"b.c\":\"free_text\",\"d\":\"username\",\"list[].x\":\"none\","               \
    "\"text\":{\"inside\":\"in\"},\"map{}\":\"free_text\","                                        \
    "\"headers[]\":{\"pairs\":{\"name\":\"name\",\"value\":\"value\"},"                            \
    "\"classes\":\"http-headers\"}}}"

static const struct row {
    const char *record;
    const char *said;
} rows[] = {
    /* Also what nothing can be done with: numbers that are kept. */
    {"{\"a\":1,\"d\":\"x\\u0041\"}", "f|a||LP|none|kept|number|1\n"
                                     "f|d||LP|username|removed|string|xA\n"},
    {"{ \"a\" : true, \"b\":{\"c\":\"\"}}", "f|a||LP|none|kept|boolean|true\n"
                                            "f|b.c||LP|free_text|kept|string|\n"},
    /* What is inside of something that goes as a whole. */
    {"{\"x\":{\"y\":[1,{\"z\":null}],\"\\u0065\":{}}}",
     "f||/x/y/[]|P|unlisted|removed|number|1\n"
     "f||/x/y/[]/z|P|unlisted|removed|null|null\n"
     "f||/x/e|P|unlisted|removed|object|-\n"},
    {"{\"b\":{\"x\":\"1\"},\"list\":[{\"y\":2}]}", "f|b|/x|P|unlisted|removed|string|1\n"
                                                   "f|list[]|/y|P|unlisted|removed|number|2\n"},
    /* Inside of a text, and what no path can name. */
    {"{\"text\":\"{\\\"score\\\":3,\\\"n\\\":4}\",\"p.q\":5,\"r[]\":6}",
     "f||/p.q||unlisted|removed|number|5\n"
     "f||/r[]||unlisted|removed|number|6\n"
     "f|text:score||LP|none|kept|number|3\n"
     "f|text:|/n|P|unlisted|removed|number|4\n"},
    /* Something else than the format says. */
    {"{\"a\":{\"x\":1},\"b\":\"s\",\"list\":{\"x\":7}}", "f|a||M|unlisted|removed|object|-\n"
                                                         "f|a|/x|M|unlisted|removed|number|1\n"
                                                         "f|b||M|unlisted|removed|string|s\n"
                                                         "f|list||M|unlisted|removed|object|-\n"
                                                         "f|list|/x|M|unlisted|removed|number|7\n"},
    /* Names that stand for classes. */
    {"{\"headers\":[{\"name\":\"Cookie\",\"value\":\"a=b\"}],\"map\":{\"k\":\"v\"}}",
     "f|headers[].value||L|cookie|replaced|string|a=b\n"
     "f|map{}||L|free_text|kept|string|v\n"},
    {"{\"a\":1", ""},
};

START_TEST(tells)
{
    struct said said = {.len = 0};
    const struct engine_file file = {"f.json", FORMAT};
    struct engine engine = engine_config(CONFIG, &file, 1);
    ck_assert(wv_worker_watch(engine.worker, 1, say, &said));
    for (int turn = 0; turn < 2; turn++) {
        said.len = 0;
        said.text[0] = '\0';
        (void)engine_text(&engine, rows[_i].record);
        ck_assert_str_eq(said.text, rows[_i].said);
    }
    engine_fini(&engine);
}
END_TEST

/* Whoever watches changes nothing. */
START_TEST(results_are_the_same)
{
    struct said said = {.len = 0};
    const struct engine_file file = {"f.json", FORMAT};
    struct engine plain = engine_config(CONFIG, &file, 1);
    struct engine watched = engine_config(CONFIG, &file, 1);
    ck_assert(wv_worker_watch(watched.worker, 0, say, &said));
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        said.len = 0;
        const struct wv_results one = engine_text(&plain, rows[i].record);
        const struct wv_results two = engine_text(&watched, rows[i].record);
        ck_assert_uint_eq(one.count, two.count);
        for (size_t k = 0; k < one.count; k++) {
            ck_assert_int_eq(one.items[k].outcome, two.items[k].outcome);
            ck_assert(wv_slice_eq(one.items[k].value, two.items[k].value));
        }
    }
    engine_fini(&plain);
    engine_fini(&watched);
}
END_TEST

#define CEF_CONFIG                                                                                 \
    "{\"inputs\":[{\"format\":\"imperva\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"     \
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]}"

/* Keys of lines have names, too. */
START_TEST(tells_keys_of_lines)
{
    struct said said = {.len = 0};
    struct engine engine = engine_config(CEF_CONFIG, NULL, 0);
    ck_assert(wv_worker_watch(engine.worker, 0, say, &said));
    (void)engine_text(&engine, "CEF:0|Incapsula|SIEMintegration|1|1|Normal|0|fileId=1 "
                               "sourceServiceName=x.example siteid=2 mine=3\\=4");
    ck_assert_ptr_nonnull(strstr(said.text, "imperva||/mine|P|unlisted|removed|string|3=4\n"));
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, tells, 0, (int)WV_COUNT(rows));
    tcase_add_test(tcase, results_are_the_same);
    tcase_add_test(tcase, tells_keys_of_lines);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
