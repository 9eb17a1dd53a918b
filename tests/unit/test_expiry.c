/*
 * Who copies a record elsewhere knows only from the record itself when it has to be gone. At stake:
 * the day must be that of the event and the output's own, stand wherever the output says what was
 * done, and tell no more of the event's time than the record does.
 */
#include "support/engine.h"

#include <check.h>
#include <inttypes.h>

/* 2026-11-22 04:23:00 UTC */
#define EVENT "1795321380000"

#define RECORD(time) "{\"timestamp\":" time ",\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}"

static struct engine engine_keeping(const char *members)
{
    char text[1024];
    snprintf(text, sizeof text, ACME UNDER(TENANT, SOC("%s")) "}", members);
    return engine_config(text, NULL, 0);
}

static struct wv_result run_at(struct engine *engine, const char *text, int64_t kafka_ms)
{
    const struct wv_record record = {.value = wv_slice_of(text), .time_ms = kafka_ms};
    const struct wv_results results = wv_transform(engine->worker, &record);
    ck_assert_uint_ge(results.count, 1);
    return results.items[0];
}

static const struct row {
    const char *members;
    const char *record;
    int64_t kafka_ms;
    const char *day; /* empty: the record says none */
} rows[] = {
    {"", RECORD(EVENT), -1, ""},
    {",\"retention_days\":0", RECORD(EVENT), -1, ""},
    {",\"retention_days\":30", RECORD(EVENT), -1, "2026-12-22"},
    {",\"retention_days\":1", RECORD("1795305599999"), -1, "2026-11-22"}, /* just before midnight */
    {",\"retention_days\":1", RECORD("1795305600000"), -1, "2026-11-23"},
    {",\"retention_days\":365", RECORD(EVENT), -1, "2027-11-22"},
    /* Kafka's where the record has none, or none that can be read; none at all. */
    {",\"retention_days\":30", "{\"action\":\"BLOCK\"}", INT64_C(1795321380000), "2026-12-22"},
    {",\"retention_days\":30", RECORD("\"soon\""), INT64_C(1795321380000), "2026-12-22"},
    {",\"retention_days\":30", "{\"action\":\"BLOCK\"}", -1, ""},
    {",\"retention_days\":30", RECORD(EVENT), 0, "2026-12-22"},
    /* Times that no day can name. */
    {",\"retention_days\":36500", "{\"action\":\"BLOCK\"}", INT64_MAX, ""},
    {",\"retention_days\":36500", "{\"action\":\"BLOCK\"}", INT64_MIN, ""},
};

START_TEST(records_say_when_they_have_to_be_gone)
{
    const struct row *row = &rows[_i];
    char members[128];
    char member[64];
    snprintf(members, sizeof members, "%s,\"annotate\":\"both\"", row->members);
    snprintf(member, sizeof member, "\"kind\":\"%s\",\"expires\":\"%s\"",
             strstr(row->record, "clientIp") == NULL ? "generalised" : "tokenised", row->day);
    struct engine engine = engine_keeping(members);
    const struct wv_result result = run_at(&engine, row->record, row->kafka_ms);
    ck_assert_int_eq(result.outcome, WV_PUBLISH);
    if (row->day[0] == '\0') {
        ck_assert(!holds(result.value, "expires"));
        ck_assert_ptr_null(header(&result, "wafveil-expires"));
    } else {
        ck_assert_msg(holds(result.value, member), "%.*s", (int)result.value.len,
                      (const char *)result.value.ptr);
        ck_assert(header_is(&result, "wafveil-expires", row->day));
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(it_stands_where_the_output_says_what_was_done)
{
    static const struct {
        const char *annotate;
        bool member;
        bool header;
    } cases[] = {{"member", true, false},
                 {"headers", false, true},
                 {"both", true, true},
                 {"none", false, false}};
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char members[128];
        snprintf(members, sizeof members, ",\"retention_days\":30,\"annotate\":\"%s\"",
                 cases[i].annotate);
        struct engine engine = engine_keeping(members);
        const struct wv_result result = run_at(&engine, RECORD(EVENT), -1);
        ck_assert(holds(result.value, "\"expires\":\"2026-12-22\"") == cases[i].member);
        ck_assert((header(&result, "wafveil-expires") != NULL) == cases[i].header);
        engine_fini(&engine);
    }
}
END_TEST

/* Each output has its own, and each record of a message: the first one's stays what it was. */
START_TEST(records_of_a_message_have_their_own_days)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   "{\"name\":\"a\",\"purpose\":\"security\",\"annotate\":\"headers\","
                   "\"retention_days\":1},"
                   "{\"name\":\"b\",\"purpose\":\"security\",\"annotate\":\"headers\","
                   "\"retention_days\":30},"
                   "{\"name\":\"c\",\"purpose\":\"security\",\"annotate\":\"headers\"}") "}",
        NULL, 0);
    const struct wv_results results =
        engine_text(&engine, RECORD(EVENT) "\n" RECORD("1795407780000") "\n" RECORD(EVENT));
    static const char *const days[] = {"2026-11-23", "2026-12-22", NULL,
                                       "2026-11-24", "2026-12-23", NULL,
                                       "2026-11-23", "2026-12-22", NULL};
    ck_assert_uint_eq(results.count, WV_COUNT(days));
    for (size_t i = 0; i < WV_COUNT(days); i++) {
        if (days[i] == NULL) {
            ck_assert_ptr_null(header(&results.items[i], "wafveil-expires"));
        } else {
            ck_assert(header_is(&results.items[i], "wafveil-expires", days[i]));
        }
    }
    engine_fini(&engine);
}
END_TEST

/* What could not be published is kept for as long. */
START_TEST(stubs_say_it_too)
{
    struct engine engine = engine_config(
        "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"from\":\"webacl\",\"table\":\"t.json\","
        "\"unknown\":\"reject\"}}],\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\","
        "\"retention_days\":30,\"annotate\":\"both\"}]}",
        (const struct engine_file[]){{"t.json", "{\"x\":{\"tenant\":\"acme\"}}"}}, 1);
    const struct wv_result result = run_at(&engine, RECORD(EVENT), -1);
    ck_assert_int_eq(result.outcome, WV_STUB);
    ck_assert(holds(result.value, "\"expires\":\"2026-12-22\""));
    ck_assert(header_is(&result, "wafveil-expires", "2026-12-22"));
    engine_fini(&engine);
}
END_TEST

/* A pack that tells days only, and one that tells no times. */
#define PACK(chain)                                                                                \
    "{\"pack\":\"own\",\"version\":\"1\",\"title\":\"t\",\"extends\":\"eu\",\"rules\":{"           \
    "\"timestamp\":{\"value\":[" chain "],\"why\":\"w\"}}}"

START_TEST(the_day_tells_no_more_than_the_record)
{
    static const struct {
        const char *chain;
        const char *day;
    } cases[] = {
        {"{\"filter\":\"timestamp\",\"seconds\":86400}", "2026-12-22"},
        {"{\"filter\":\"drop\"}", NULL},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char pack[512];
        snprintf(pack, sizeof pack, PACK("%s"), cases[i].chain);
        const struct engine_file file = {"own.json", pack};
        struct engine engine = engine_config(
            INPUT("{\"name\":\"acme\",\"region\":\"own\"}") UNDER(
                TENANT, SOC(",\"retention_days\":30,\"annotate\":\"both\"")) ",\"packs\":{"
                                                                             "\"files\":["
                                                                             "\"own.json\"]}}",
            &file, 1);
        const struct wv_result result = run_at(&engine, RECORD(EVENT), -1);
        ck_assert_int_eq(result.outcome, WV_PUBLISH);
        if (cases[i].day == NULL) {
            ck_assert(!holds(result.value, "expires"));
            ck_assert_ptr_null(header(&result, "wafveil-expires"));
        } else {
            ck_assert(header_is(&result, "wafveil-expires", cases[i].day));
        }
        engine_fini(&engine);
    }
}
END_TEST

/* A time that nobody believes keeps nothing for longer: it is the day of arrival that counts. */
START_TEST(a_made_up_time_keeps_nothing_longer)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SOC(",\"retention_days\":30")) ",\"events\":{\"future_seconds\":3600}}",
        NULL, 0);
    const struct wv_result result =
        run_at(&engine, RECORD("2795321380000"), INT64_C(1795321380000));
    ck_assert(holds(result.value, "\"expires\":\"2026-12-22\""));
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expiry");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, records_say_when_they_have_to_be_gone, 0, (int)WV_COUNT(rows));
    tcase_add_test(all, it_stands_where_the_output_says_what_was_done);
    tcase_add_test(all, records_of_a_message_have_their_own_days);
    tcase_add_test(all, stubs_say_it_too);
    tcase_add_test(all, the_day_tells_no_more_than_the_record);
    tcase_add_test(all, a_made_up_time_keeps_nothing_longer);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
