/*
 * A record names its own time, and that time chooses the key of its tokens. At stake: a wrong
 * clock, or somebody who makes up a time, must not get tokens of epochs that are over or far ahead
 * where the configuration says how far is too far; and no event in time may lose its tokens.
 */
#include "support/engine.h"

#include <check.h>
#include <inttypes.h>

#define SECOND INT64_C(1000)
#define DAY    (86400 * SECOND)

/* 2026-11-18 00:00 UTC: in the epoch 20261116-7d. */
static const int64_t arrival = INT64_C(1794960000) * SECOND;

/* Epochs of four weeks before, of the week itself, and of the week after it. */
static struct wv_keyring *three_epochs(struct wv_report *report)
{
    static const char *const ids[] = {"20261019-7d", "20261116-7d", "20261123-7d"};
    uint8_t secrets[WV_COUNT(ids)][WV_SECRET_BYTES];
    struct wv_key_entry entries[WV_COUNT(ids)];
    for (size_t i = 0; i < WV_COUNT(ids); i++) {
        memset(secrets[i], (int)i + 1, WV_SECRET_BYTES);
        entries[i] = (struct wv_key_entry){WV_LIT("acme/eu/soc"), wv_slice_of(ids[i]), secrets[i]};
    }
    return wv_keyring_from(entries, WV_COUNT(ids), report);
}

static struct engine engine_with(const char *events, const char *output)
{
    char text[1024];
    snprintf(text, sizeof text, ACME UNDER(TENANT, SOC("%s")) ",\"events\":%s}", output, events);
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_parse("wafveil.json", wv_slice_of(text), report);
    return engine_keyed(config, three_epochs(report), report);
}

static struct wv_result run(struct engine *engine, int64_t event_ms, int64_t kafka_ms)
{
    static char text[256];
    snprintf(text, sizeof text,
             "{\"timestamp\":%" PRId64 ",\"httpRequest\":{\"clientIp\":\"198.51.100.7\","
             "\"args\":\"mail=who@example.com\"}}",
             event_ms);
    const struct wv_record record = {
        .value = wv_slice_of(text), .key = WV_LIT("198.51.100.7"), .time_ms = kafka_ms};
    const struct wv_results results = wv_transform(engine->worker, &record);
    ck_assert_uint_eq(results.count, 1);
    return results.items[0];
}

enum seen { NO_TOKEN, OLD, NOW, NEXT };

/* The epoch whose token the record has, in its member, its payload and its Kafka key alike. */
static enum seen seen_in(const struct wv_result *result)
{
    static const char *const ids[] = {"20261019-7d.", "20261116-7d.", "20261123-7d."};
    enum seen seen = NO_TOKEN;
    for (size_t i = 0; i < WV_COUNT(ids); i++) {
        if (holds(result->value, ids[i])) {
            ck_assert_int_eq(seen, NO_TOKEN);
            ck_assert(holds(result->key, ids[i]));
            seen = (enum seen)(OLD + i);
        }
    }
    if (seen == NO_TOKEN) {
        ck_assert_uint_eq(result->key.len, 0);
        ck_assert(!holds(result->value, "tokens"));
        ck_assert(!holds(result->value, "~EMAIL.")); /* no mark of the value in its payload */
    }
    ck_assert(!holds(result->value, "198.51.100.7") && !holds(result->value, "who@"));
    return seen;
}

#define LIMITS "\"late_days\":3,\"future_seconds\":3600"

static const struct row {
    const char *events;
    int64_t event_ms; /* after the arrival */
    bool no_arrival;  /* no Kafka time */
    enum seen seen;
    bool late;
    bool future;
} rows[] = {
    /* Without limits everything is as the record says. */
    {"{}", -28 * DAY, false, OLD, false, false},
    {"{}", 7 * DAY, false, NEXT, false, false},
    {"{}", 0, false, NOW, false, false},
    /* Both limits belong to what is allowed. */
    {"{" LIMITS "}", 0, false, NOW, false, false},
    {"{" LIMITS "}", -2 * DAY, false, NOW, false, false},
    {"{\"late_days\":28}", -28 * DAY, false, OLD, false, false},
    {"{\"late_days\":28}", -28 * DAY - 1, false, NO_TOKEN, true, false},
    {"{" LIMITS "}", -28 * DAY, false, NO_TOKEN, true, false},
    {"{" LIMITS "}", 3600 * SECOND, false, NOW, false, false},
    {"{" LIMITS "}", 3600 * SECOND + 1, false, NO_TOKEN, false, true},
    {"{" LIMITS "}", 7 * DAY, false, NO_TOKEN, false, true},
    {"{" LIMITS "}", 50 * 365 * DAY, false, NO_TOKEN, false, true},
    /* One limit says nothing of the other side. */
    {"{\"late_days\":3}", 7 * DAY, false, NEXT, false, false},
    {"{\"future_seconds\":60}", -28 * DAY, false, OLD, false, false},
    /* Nothing to measure from: an archive. */
    {"{" LIMITS "}", -28 * DAY, true, OLD, false, false},
    {"{" LIMITS "}", 7 * DAY, true, NEXT, false, false},
    /* The epoch of its arrival. */
    {"{" LIMITS ",\"out_of_range\":\"arrival\"}", -28 * DAY, false, NOW, true, false},
    {"{" LIMITS ",\"out_of_range\":\"arrival\"}", 7 * DAY, false, NOW, false, true},
    {"{" LIMITS ",\"out_of_range\":\"arrival\"}", -2 * DAY, false, NOW, false, false},
};

START_TEST(far_times_choose_no_epoch)
{
    const struct row *row = &rows[_i];
    struct engine engine = engine_with(row->events, "");
    const struct wv_result result =
        run(&engine, arrival + row->event_ms, row->no_arrival ? -1 : arrival);
    const struct wv_tally *tally = wv_worker_tally(engine.worker);
    ck_assert_int_eq(result.outcome, WV_PUBLISH);
    ck_assert_msg(seen_in(&result) == row->seen, "%.*s", (int)result.value.len,
                  (const char *)result.value.ptr);
    ck_assert_uint_eq(tally->late, row->late);
    ck_assert_uint_eq(tally->future, row->future);
    ck_assert_uint_eq(tally->tokens_without_key, 0); /* an alarm of its own */
    engine_fini(&engine);
}
END_TEST

/* Somebody must be able to see that there was an event. */
START_TEST(rejected_ones_leave_a_stub)
{
    struct engine engine = engine_with("{" LIMITS ",\"out_of_range\":\"reject\"}", "");
    struct wv_result result = run(&engine, arrival - 4 * DAY, arrival);
    ck_assert_int_eq(result.outcome, WV_STUB);
    ck_assert_int_eq(result.reason, WV_REASON_LATE);
    ck_assert(holds(result.value, "\"kind\":\"stub\",\"reason\":\"late\""));
    ck_assert_uint_eq(result.key.len, 0);
    result = run(&engine, arrival + 4 * DAY, arrival);
    ck_assert_int_eq(result.outcome, WV_STUB);
    ck_assert_int_eq(result.reason, WV_REASON_FUTURE);
    result = run(&engine, arrival, arrival);
    ck_assert_int_eq(result.outcome, WV_PUBLISH);
    const struct wv_tally *tally = wv_worker_tally(engine.worker);
    ck_assert_uint_eq(tally->rejected[WV_REASON_LATE], 1);
    ck_assert_uint_eq(tally->rejected[WV_REASON_FUTURE], 1);
    engine_fini(&engine);
}
END_TEST

/* A record that says its time twice, or a number that is none, has that of its arrival. */
START_TEST(times_that_cannot_be_read_are_those_of_arrival)
{
    static const char *const texts[] = {
        "{\"timestamp\":1,\"timestamp\":2,\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}",
        "{\"timestamp\":\"soon\",\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}",
        "{\"timestamp\":1e999,\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}",
        "{\"timestamp\":{},\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}",
        "{\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}",
    };
    struct engine engine = engine_with("{" LIMITS "}", "");
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        const struct wv_record record = {.value = wv_slice_of(texts[i]), .time_ms = arrival};
        const struct wv_results results = wv_transform(engine.worker, &record);
        ck_assert_msg(holds(results.items[0].value, "20261116-7d."), "%s", texts[i]);
    }
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->late, 0);
    engine_fini(&engine);
}
END_TEST

/* No arithmetic with times that somebody else wrote may overflow. */
START_TEST(extreme_times_are_only_far)
{
    static const int64_t extremes[] = {0, 1, INT64_MAX, INT64_MAX - 1, INT64_MIN};
    struct engine engine = engine_with("{" LIMITS "}", "");
    for (size_t i = 0; i < WV_COUNT(extremes); i++) {
        for (size_t k = 0; k < WV_COUNT(extremes); k++) {
            const struct wv_result result = run(&engine, extremes[i], extremes[k]);
            ck_assert_int_eq(result.outcome, WV_PUBLISH);
            ck_assert_int_eq(seen_in(&result), NO_TOKEN); /* nor has any such time a key */
        }
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(a_rule_without_a_limit_is_a_mistake)
{
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_parse(
        "wafveil.json",
        WV_LIT(ACME UNDER(TENANT, SOC("")) ",\"events\":{\n\"out_of_range\":\"reject\"}}"), report);
    ck_assert_ptr_null(config);
    ck_assert_uint_eq(wv_report_errors(report), 1);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform_times");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, far_times_choose_no_epoch, 0, (int)WV_COUNT(rows));
    tcase_add_test(all, rejected_ones_leave_a_stub);
    tcase_add_test(all, times_that_cannot_be_read_are_those_of_arrival);
    tcase_add_test(all, extreme_times_are_only_far);
    tcase_add_test(all, a_rule_without_a_limit_is_a_mistake);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
