/*
 * At stake: what the report tells people is a sum over records that anybody with access to the
 * topic may have written. Numbers must add up exactly, of the days and the region that were asked
 * for, and nothing that stands in a record may break the program or get to the terminal as it is.
 */
#include "app/audit_sum.h"

#include <check.h>
#include <stdio.h>

#define GROUP(regions, count)                                                                      \
    "{\"tenant\":\"t\",\"regions\":[" regions "],\"input\":\"raw\",\"format\":\"aws-waf\","        \
    "\"records\":" count ",\"collected\":{\"client_ip\":" count                                    \
    "},\"outputs\":[{\"output\":\"o\","                                                            \
    "\"kind\":\"processor\",\"purpose\":\"analytics\",\"basis\":\"contract\",\"recipient\":\"r\"," \
    "\"country\":\"DE\",\"published\":" count                                                      \
    ",\"withheld\":1,\"disclosed\":{\"client_ip\":" count "}}]}"
#define WINDOW(chain, day, groups)                                                                 \
    "{\"event\":\"window\",\"chain\":\"" chain "\",\"from\":\"" day                                \
    "T10:00:00.000Z\",\"unread\":1,\"groups\":[" groups "]}"

static void add(struct wv_audit_sum *sum, const char *text)
{
    json_error_t error;
    json_t *record = json_loads(text, 0, &error);
    ck_assert_msg(record != NULL, "%s: %s", error.text, text);
    wv_audit_sum_add(sum, record);
    json_decref(record);
}

static json_t *total(const struct wv_audit_sum *sum, const char *chain)
{
    json_t *out = json_object();
    wv_audit_sum_total(sum, chain, out);
    return out;
}

static uint64_t at(const json_t *total, const char *first, const char *second, const char *third)
{
    const json_t *inner = json_object_get(total, first);
    return third == NULL ? wv_audit_sum_of(inner, second)
                         : wv_audit_sum_of(json_object_get(inner, second), third);
}

static const struct wv_audit_filter year = {.from = "2026-01-01", .until = "2026-12-31"};

START_TEST(windows_add_up)
{
    struct wv_audit_sum sum;
    ck_assert(wv_audit_sum_init(&sum, &year));
    add(&sum, WINDOW("a", "2026-01-01", GROUP("\"eu@1\"", "10") "," GROUP("\"us-ca@1\"", "5")));
    add(&sum, WINDOW("a", "2026-12-31", GROUP("\"eu@1\"", "3")));
    add(&sum, WINDOW("b", "2026-06-01", GROUP("\"eu@1\"", "1000")));
    add(&sum, "{\"event\":\"started\",\"chain\":\"a\",\"from\":\"2026-02-02\"}");
    json_t *a = total(&sum, "a");
    ck_assert_uint_eq(wv_audit_sum_of(a, "records"), 18);
    ck_assert_uint_eq(wv_audit_sum_of(a, "windows"), 2);
    ck_assert_uint_eq(wv_audit_sum_of(a, "unread"), 2);
    ck_assert_uint_eq(wv_audit_sum_of(a, "withheld"), 3);
    ck_assert_uint_eq(at(a, "collected", "client_ip", NULL), 18);
    ck_assert_uint_eq(at(a, "sources", "client_ip", "raw (aws-waf)"), 18);
    ck_assert_uint_eq(at(a, "disclosed", "client_ip", "processor, analytics"), 18);
    ck_assert_uint_eq(at(a, "recipients", "processor, analytics", "r (DE, contract)"), 18);
    ck_assert_uint_eq(at(a, "packs", "eu@1", NULL), 13);
    wv_audit_sum_total(&sum, "b", a);
    ck_assert_uint_eq(wv_audit_sum_of(a, "records"), 1018);
    wv_audit_sum_total(&sum, "nowhere", a);
    ck_assert_uint_eq(wv_audit_sum_of(a, "records"), 1018);
    json_decref(a);
    wv_audit_sum_fini(&sum);
}
END_TEST

START_TEST(days_and_regions_choose)
{
    static const struct {
        const char *from, *until, *region;
        uint64_t records;
    } cases[] = {
        {"2026-01-01", "2026-12-31", NULL, 1111},    {"2026-03-02", "2026-03-02", NULL, 11},
        {"2026-03-03", "2026-12-31", NULL, 1100},    {"2026-01-01", "2026-03-01", NULL, 0},
        {"2026-01-01", "2026-12-31", "eu", 1011},    {"2026-01-01", "2026-12-31", "us", 1000},
        {"2026-01-01", "2026-12-31", "us-ca", 1110},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_audit_filter filter = {.region = cases[i].region};
        snprintf(filter.from, sizeof filter.from, "%s", cases[i].from);
        snprintf(filter.until, sizeof filter.until, "%s", cases[i].until);
        struct wv_audit_sum sum;
        ck_assert(wv_audit_sum_init(&sum, &filter));
        add(&sum, WINDOW("a", "2026-03-02",
                         GROUP("\"eu@1\"", "1") "," GROUP("\"us-ca@2\",\"eu@1\"", "10")));
        add(&sum, WINDOW("a", "2026-04-01", GROUP("\"us-ca@2\"", "100")));
        add(&sum, WINDOW("a", "2026-05-01", GROUP("\"*\"", "1000")));
        json_t *sums = total(&sum, "a");
        ck_assert_msg(wv_audit_sum_of(sums, "records") == cases[i].records, "case %zu: %llu", i,
                      (unsigned long long)wv_audit_sum_of(sums, "records"));
        json_decref(sums);
        wv_audit_sum_fini(&sum);
    }
}
END_TEST

START_TEST(strange_records_do_no_harm)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "{\"event\":1}",
        "{\"event\":\"window\"}",
        "{\"event\":\"window\",\"from\":\"2026\",\"groups\":7}",
        "{\"event\":\"window\",\"from\":\"2026-02-02\",\"groups\":[1,null,[],{}]}",
        WINDOW(
            "a", "2026-02-02",
            "{\"regions\":\"eu\",\"records\":-5,\"collected\":{\"client_ip\":-1,\"geo\":\"x\"}}"),
        WINDOW("a", "2026-02-02",
               "{\"regions\":[],\"records\":9223372036854775807,\"input\":\"\\u001b[31m\\u0000\","
               "\"collected\":{\"\\u001b]0;x\\u0007\":9223372036854775807,\"client_ip\":1e308}}"),
        WINDOW("a", "2026-02-02",
               "{\"regions\":[],\"records\":9223372036854775807,\"outputs\":{\"x\":1}}"),
    };
    struct wv_audit_sum sum;
    ck_assert(wv_audit_sum_init(&sum, &year));
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        json_error_t error;
        json_t *record = json_loads(texts[i], JSON_ALLOW_NUL, &error);
        ck_assert_msg(record != NULL, "%zu: %s", i, error.text);
        wv_audit_sum_add(&sum, record);
        json_decref(record);
    }
    json_t *sums = total(&sum, "a");
    ck_assert_uint_eq(wv_audit_sum_of(sums, "records"), UINT64_C(1) << 53);
    ck_assert_uint_eq(at(sums, "collected", "?", NULL), UINT64_C(1) << 53);
    ck_assert_uint_eq(at(sums, "collected", "client_ip", NULL), 0);
    char *text = json_dumps(sums, JSON_ENSURE_ASCII);
    ck_assert_ptr_null(strstr(text, "\\u00"));
    free(text);
    json_decref(sums);
    wv_audit_sum_fini(&sum);
}
END_TEST

START_TEST(memory_has_an_end)
{
    struct wv_audit_sum sum;
    size_t records = 0;
    ck_assert(wv_audit_sum_init(&sum, &year));
    size_t given = 0;
    for (size_t i = 0; given < 100; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"event\":\"window\",\"chain\":\"a\",\"from\":\"2026-02-02\",\"groups\":[{"
                 "\"regions\":[\"eu@%zu\"],\"records\":1,\"input\":\"i%zu\",\"format\":\"f\","
                 "\"collected\":{\"geo\":1}}]}",
                 i, i);
        add(&sum, text);
        ck_assert(!sum.incomplete || i > WV_AUDIT_SUMS_MAX / 4);
        ck_assert_uint_lt(i, WV_AUDIT_SUMS_MAX);
        given += sum.incomplete;
        records++;
    }
    json_t *sums = total(&sum, "a");
    ck_assert_uint_eq(wv_audit_sum_of(sums, "records"), records);
    ck_assert_uint_eq(at(sums, "collected", "geo", NULL), records);
    ck_assert_uint_le(json_object_size(json_object_get(sums, "packs")), WV_AUDIT_SUMS_MAX);
    json_decref(sums);
    wv_audit_sum_fini(&sum);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit_sum");
    TCase *cases = tcase_create("audit_sum");
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, windows_add_up);
    tcase_add_test(cases, days_and_regions_choose);
    tcase_add_test(cases, strange_records_do_no_harm);
    tcase_add_test(cases, memory_has_an_end);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
