/*
 * At stake: a detector of the configuration is at work wherever the engine searches text, in every
 * output, whatever is remembered of earlier values; where it meets a limit, the value goes and
 * somebody can see how often.
 */
#include "support/engine.h"

#include <check.h>

#define DETECTORS                                                                                  \
    ",\"detectors\":{\"customer_no\":{\"pattern\":\"\\\\bKD-[0-9]{5,8}\\\\b\",\"literal\":\"KD-"   \
    "\"},"                                                                                         \
    "\"case_no\":{\"pattern\":\"case#[0-9]+\",\"literal\":\"case#\",\"action\":\"remove\"}}}"

static struct engine engine;

static void set_up(void)
{
    engine = engine_config(ACME UNDER(TENANT, SOC(BARE)) DETECTORS, NULL, 0);
}

static void tear_down(void)
{
    engine_fini(&engine);
}

static const struct {
    const char *record;
    const char *result;
} rows[] = {
    {"{\"httpRequest\":{\"uri\":\"/a/KD-12345\"}}",
     "{\"httpRequest\":{\"uri\":\"/a/~CUSTOMER_NO~\"}}"},
    {"{\"httpRequest\":{\"args\":\"KD-12345&q=KD%2d12345\"}}",
     "{\"httpRequest\":{\"args\":\"~CUSTOMER_NO~&q=~CUSTOMER_NO~\"}}"},
    {"{\"httpRequest\":{\"args\":\"q=\\u004b\\u0044-12345\"}}",
     "{\"httpRequest\":{\"args\":\"q=~CUSTOMER_NO~\"}}"},
    {"{\"httpRequest\":{\"args\":\"q=case%2312\",\"httpMethod\":\"GET\"}}",
     "{\"httpRequest\":{\"httpMethod\":\"GET\"}}"},
    {"{\"httpRequest\":{\"headers\":[{\"name\":\"Accept\",\"value\":\"KD-12345\"},"
     "{\"name\":\"Expect\",\"value\":\"case#1\"}]}}",
     "{\"httpRequest\":{\"headers\":[{\"name\":\"Accept\",\"value\":\"~CUSTOMER_NO~\"}]}}"},
    {"{\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"KD-12345\",\"or\",\"1=1\"]}]}",
     "{\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"~CUSTOMER_NO~\",\"or\",\"1=1\"]}]}"},
    {"{\"terminatingRuleMatchDetails\":[{\"x\":1,\"matchedData\":[\"KD-1\",\"2345\"]}]}",
     "{\"terminatingRuleMatchDetails\":[{}]}"},
};

START_TEST(it_is_found_in_every_field_that_is_searched)
{
    for (size_t again = 0; again < 2; again++) {
        const struct wv_results results = engine_text(&engine, rows[_i].record);
        ck_assert_uint_eq(results.count, 1);
        ck_assert(value_is(&results.items[0], rows[_i].result));
    }
    const struct wv_tally *tally = wv_worker_tally(engine.worker);
    ck_assert_uint_eq(tally->detector_limits[0] + tally->detector_limits[1], 0);
}
END_TEST

/* Longer than anything that is looked at: the value goes, in the record that has it and each that
 * has it again. */
START_TEST(limits_are_counted)
{
    char text[4096];
    const int head = snprintf(text, sizeof text, "{\"httpRequest\":{\"args\":\"q=case#");
    memset(text + head, '7', 2048);
    snprintf(text + head + 2048, sizeof text - (size_t)head - 2048, "\",\"httpMethod\":\"GET\"}}");
    for (uint64_t count = 1; count < 4; count++) {
        const struct wv_results results = engine_text(&engine, text);
        ck_assert(value_is(&results.items[0], "{\"httpRequest\":{\"httpMethod\":\"GET\"}}"));
        const struct wv_tally *tally = wv_worker_tally(engine.worker);
        ck_assert_uint_eq(tally->detector_limits[0], 0);
        ck_assert_uint_eq(tally->detector_limits[1], count);
        ck_assert_uint_eq(tally->fields[WV_CLASS_QUERY][WV_ACTION_FAILED], count);
    }
}
END_TEST

#define CLASSED                                                                                    \
    ",\"detectors\":{"                                                                             \
    "\"customer_no\":{\"pattern\":\"KD-[0-9]{5,8}\",\"literal\":\"KD-\",\"class\":\"username\"},"  \
    "\"tablet_no\":{\"pattern\":\"TB-[0-9]{5,8}\",\"literal\":\"TB-\",\"class\":\"device_id\"},"   \
    "\"proxy_no\":{\"pattern\":\"PX-[0-9]{5,8}\",\"literal\":\"PX-\",\"class\":\"client_ip\"},"    \
    "\"badge_no\":{\"pattern\":\"BD-[0-9]{5,8}\",\"literal\":\"BD-\",\"class\":\"query\"},"        \
    "\"other_no\":{\"pattern\":\"OT-[0-9]{5,8}\",\"literal\":\"OT-\"}}}"

static const struct {
    const char *args;
    const char *result;
} marked[] = {
    {"a=KD-12345&b=KD%2d12345&c=KD-12346",
     "a=~CUSTOMER_NO.@1~&b=~CUSTOMER_NO.@1~&c=~CUSTOMER_NO.@2~"},
    /* The same value under a name of users has the same mark, and then the record knows it. */
    {"user=KD-12345", "user=~USER.@1~"},
    {"b=KD%2d12345&user=KD-12345", "b=~USER.@1~&user=~USER.@1~"},
    {"a=TB-12345", "a=~TABLET_NO.@3~"},
    /* A class whose tokens are of addresses, one without a token, and no class at all. */
    {"a=PX-12345&b=BD-12345&c=OT-12345", "a=~PROXY_NO~&b=~BADGE_NO~&c=~OTHER_NO~"},
};

/* Of KD-12345 and KD-12346 as kind user, of TB-12345 as kind device, in the domain acme/eu/soc. */
static const char *const known_marks[] = {"", "2f5vet4o", "n7moayyn", "qrndmprb"};

/* The placeholder says who is who where the rule of the class makes tokens. */
START_TEST(the_class_decides_about_a_mark)
{
    struct engine other = engine_config(ACME UNDER(TENANT, SOC(BARE)) CLASSED, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(marked); i++) {
        char record[256];
        char wanted[512] = "";
        size_t used = 0;
        snprintf(record, sizeof record, "{\"httpRequest\":{\"args\":\"%s\"}}", marked[i].args);
        for (const char *at = marked[i].result; *at != '\0'; at++) {
            const bool mark = *at == '@';
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, mark ? "%s" : "%.1s",
                                     mark ? known_marks[*++at - '0'] : at);
        }
        char value[640];
        snprintf(value, sizeof value, "{\"httpRequest\":{\"args\":\"%s\"}}", wanted);
        const struct wv_results results = engine_text(&other, record);
        ck_assert(value_is(&results.items[0], value));
    }
    engine_fini(&other);
}
END_TEST

int main(void)
{
    TCase *records = tcase_create("records");
    tcase_add_checked_fixture(records, set_up, tear_down);
    tcase_add_loop_test(records, it_is_found_in_every_field_that_is_searched, 0, WV_COUNT(rows));
    tcase_add_test(records, limits_are_counted);
    tcase_add_test(records, the_class_decides_about_a_mark);
    Suite *suite = suite_create("transform_detectors");
    suite_add_tcase(suite, records);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
