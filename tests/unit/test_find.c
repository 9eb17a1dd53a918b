/*
 * At stake: what the walk does not note, no rule can touch. Every value that a rule may cover must
 * be noted once, with the class of its place, the commas around it and what goes with it, and
 * nothing outside its own bytes.
 */
#include "engine/work.h"
#include "support/engine.h"

#include <check.h>

static const char *const kinds[] = {"string", "number", "literal", "object", "array"};

static void dump_number(FILE *stream, const char *word, uint32_t number)
{
    if (number != WV_NOWHERE) {
        fprintf(stream, " %s%u", word, number);
    }
}

/* The fields of the worker's last record, one a line:
 * text class kind @depth #ordinal, commas, and what it takes along. */
static char *dump(const struct wv_worker *worker)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    for (uint32_t i = 0; i < worker->field_count; i++) {
        const struct wv_field *field = &worker->fields[i];
        fprintf(stream, "%.*s %s %s @%u #%u", (int)(field->end - field->start),
                (const char *)worker->text.ptr + field->start,
                wv_class_word((enum wv_class)field->class), kinds[field->kind], field->depth,
                field->ordinal);
        dump_number(stream, "<", field->comma_before);
        dump_number(stream, ">", field->comma_after);
        if (field->unit != i) {
            fprintf(stream, " unit%u", field->unit);
        }
        if (field->skip != i + 1) {
            fprintf(stream, " skip%u", field->skip);
        }
        fprintf(stream, "%s%s%.*s\n", field->escaped ? " escaped" : "",
                field->doomed ? " doomed" : "", (int)field->name.len,
                (const char *)field->name.ptr);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static const struct walk {
    const char *record;
    const char *fields;
} walks[] = {
    {"{}", ""},
    /* What nothing could ever be done with is not noted: numbers of no class, null in listed
       places. */
    {"{\"formatVersion\":1,\"responseCodeSent\":null,\"terminatingRuleId\":null}", ""},
    {"{\"a\":1,\"action\":\"A\",\"b\":null}", "1 unlisted number @1 #0 >6\n"
                                              "\"A\" none string @1 #1 <6 >19\n"
                                              "null unlisted literal @1 #2 <19\n"},
    {"{\"a\":{\"b\":[1,{}]},\"c\":2}", "{\"b\":[1,{}]} unlisted object @1 #0 >17 skip4\n"
                                       "[1,{}] unlisted array @2 #0 skip4\n"
                                       "1 unlisted number @3 #0 >12\n"
                                       "{} unlisted object @3 #1 <12\n"
                                       "2 unlisted number @1 #1 <17\n"},
    {"{\"httpRequest\":{\"client\\u0049p\":\"1.\\u0032.3.4\"}}",
     "\"1.\\u0032.3.4\" client_ip string @2 #0 escaped\n"},
    /* A pair is one unit, and its value has the class that its name says. */
    {"{\"httpRequest\":{\"headers\":[{\"value\":\"a\",\"name\":\"COOKIE\"}]}}",
     "{\"value\":\"a\",\"name\":\"COOKIE\"} none object @3 #0 skip3\n"
     "\"a\" cookie string @4 #0 >39 unit0cookie\n"
     "\"COOKIE\" none string @4 #1 <39\n"},
    {"{\"httpRequest\":{\"headers\":[{\"value\":\"a\"}]}}",
     "{\"value\":\"a\"} none object @3 #0 skip2 doomed\n"
     "\"a\" unlisted string @4 #0 unit0\n"},
    /* A label takes its element along; read as a whole it speaks for it. An array of pieces is
       noted for the joined search. */
    {"{\"labels\":[{ \"name\":\"awswaf:clientip:geo:region:DE-BE\"},{}]}",
     "{ \"name\":\"awswaf:clientip:geo:region:DE-BE\"} none object @2 #0 >55 skip2\n"
     "\"awswaf:clientip:geo:region:DE-BE\" geo string @3 #0 unit0\n"
     "{} none object @2 #1 <55\n"},
    {"{\"labels\":[{\"name\":\"awswaf:clientip:geo:region:DE-BE\"},{}]}",
     "\"awswaf:clientip:geo:region:DE-BE\" geo string @2 #0 >54\n"
     "{} none object @2 #1 <54\n"},
    {"{\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"a\",2]}]}",
     "[\"a\",2] none array @3 #0 skip3\n"
     "\"a\" matched_payload string @4 #0 >51\n"
     "2 matched_payload number @4 #1 <51\n"},
    /* Our own member never comes from outside. */
    {"{\"_wafveil\":{\"a\":1},\"httpRequest\":{\"_wafv\\u0065il\":1}}",
     "{\"a\":1} unlisted object @1 #0 >19 skip2 doomed\n"
     "1 unlisted number @2 #0\n"
     "1 unlisted number @2 #0 doomed\n"},
};

START_TEST(fields_are_noted)
{
    const struct walk *walk = &walks[_i];
    struct engine engine = engine_builtin("eu");
    (void)engine_text(&engine, walk->record);
    char *fields = dump(engine.worker);
    ck_assert_str_eq(fields, walk->fields);
    free(fields);
    engine_fini(&engine);
}
END_TEST

/* Whether the record can be read must not depend on how far the index looks at a time. */
START_TEST(blocks_do_not_matter)
{
    struct engine engine = engine_builtin("eu");
    char record[512];
    for (int blanks = 0; blanks < 140; blanks++) {
        snprintf(
            record, sizeof record,
            "{%*s\"action\":\"a\\\\\\\\\",\"httpRequest\":{\"args\":\"\\\"x\\\"\",\"clientIp\":"
            "\"192.0.2.77\"}}",
            blanks, "");
        const struct wv_results results = engine_text(&engine, record);
        ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
        ck_assert_uint_eq(engine.worker->field_count, 3);
        const struct wv_field *last = &engine.worker->fields[2];
        ck_assert_uint_eq(last->end - last->start, strlen("\"192.0.2.77\""));
        /* Cut anywhere, it is no record. */
        const size_t len = strlen(record);
        const struct wv_slice cut = {(const uint8_t *)record, len - 1 - (size_t)blanks % 40};
        ck_assert_int_eq(engine_run(&engine, cut).items[0].outcome, WV_REJECT);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(roles_are_found_once)
{
    static const struct {
        const char *record;
        const char *action;
    } cases[] = {
        {"{\"action\":\"A\"}", "A"},
        {"{\"action\":\"\\u0041\"}", "A"},
        {"{\"action\":null,\"action\":\"A\"}", "A"},
        {"{\"action\":\"A\",\"action\":\"A\"}", ""},
        {"{\"action\":\"A\",\"action\":\"B\",\"action\":\"C\"}", ""},
        {"{\"action\":5}", ""},
        {"{\"action\":[\"A\"]}", ""},
        {"{\"httpRequest\":{\"action\":\"A\"}}", ""},
        {"{}", ""},
    };
    struct engine engine = engine_builtin("eu");
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        (void)engine_text(&engine, cases[i].record);
        const struct wv_slice action = wv_role_text(engine.worker, WV_ROLE_ACTION);
        ck_assert_msg(wv_slice_eq(action, wv_slice_of(cases[i].action)), "case %zu", i);
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("find");
    TCase *find = tcase_create("find");
    tcase_set_timeout(find, 60);
    tcase_add_loop_test(find, fields_are_noted, 0, (int)WV_COUNT(walks));
    tcase_add_test(find, blocks_do_not_matter);
    tcase_add_test(find, roles_are_found_once);
    suite_add_tcase(suite, find);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
