/*
 * At stake: what is told to people for a year as "collected" and "disclosed". A count that is too
 * low is a false statement to the public; one that needs memory for each record, or for each tenant
 * that an attacker makes up, would stop the service.
 */
#include "engine/categories.h"
#include "plan/builtin.h"
#include "support/engine.h"

#include <check.h>
#include <stdlib.h>

#define TWO                                                                                        \
    ACME UNDER(TENANT, SOC("") ",{\"name\":\"few\",\"purpose\":\"security\","                      \
                               "\"classes\":[\"geo\"]}") "}"
#define RECORD                                                                                     \
    "{\"timestamp\":1763805611333,\"action\":\"BLOCK\",\"httpRequest\":{"                          \
    "\"clientIp\":\"192.0.2.77\",\"country\":\"DE\",\"uri\":\"/a\",\"headers\":["                  \
    "{\"name\":\"Authorization\",\"value\":\"Basic YWxhZGRpbjpvcGVu\"}]},\"extra\":{\"x\":\"y\"}}"

struct counting {
    struct engine engine;
    struct wv_categories *counts;
};

static struct counting counting_of(const char *config, const struct engine_file *files,
                                   size_t count)
{
    struct counting counting = {.engine = engine_config(config, files, count)};
    counting.counts = wv_categories_new(counting.engine.plan);
    ck_assert_ptr_nonnull(counting.counts);
    wv_worker_counts(counting.engine.worker, counting.counts);
    return counting;
}

static void counting_fini(struct counting *counting)
{
    engine_fini(&counting->engine);
    wv_categories_free(counting->counts);
}

START_TEST(outputs_count_what_they_were_given)
{
    struct counting counting = counting_of(TWO, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        const struct wv_results results = engine_text(&counting.engine, RECORD);
        ck_assert_uint_eq(results.count, 2);
        ck_assert(holds(results.items[0].value, "192.0.2.0"));
        ck_assert(!holds(results.items[1].value, "192.0.2.0"));
        ck_assert(holds(results.items[1].value, "DE"));
    }
    ck_assert_uint_eq(counting.counts->count, 1);
    const struct wv_counted *group = &counting.counts->groups[0];
    ck_assert(wv_slice_eq(group->tenant->name, WV_LIT("acme")));
    ck_assert_str_eq(wv_counted_format(group), "aws-waf");
    ck_assert_uint_eq(group->records, 3);
    static const enum wv_class there[] = {WV_CLASS_CLIENT_IP, WV_CLASS_GEO,
                                          WV_CLASS_URI_PATH,  WV_CLASS_AUTH_HEADER,
                                          WV_CLASS_TIMESTAMP, WV_CLASS_UNLISTED};
    for (size_t i = 0; i < WV_COUNT(there); i++) {
        ck_assert_uint_eq(group->collected[there[i]], 3);
    }
    ck_assert_uint_eq(group->collected[WV_CLASS_NONE], 0);
    ck_assert_uint_eq(group->collected[WV_CLASS_EMAIL], 0);
    ck_assert_uint_eq(group->outputs[0].published, 3);
    ck_assert_uint_eq(group->outputs[0].disclosed[WV_CLASS_CLIENT_IP], 3);
    ck_assert_uint_eq(group->outputs[0].disclosed[WV_CLASS_UNLISTED], 0);
    ck_assert_uint_eq(group->outputs[1].published, 3);
    ck_assert_uint_eq(group->outputs[1].disclosed[WV_CLASS_CLIENT_IP], 0);
    ck_assert_uint_eq(group->outputs[1].disclosed[WV_CLASS_GEO], 3);
    ck_assert_uint_eq(group->outputs[1].disclosed[WV_CLASS_AUTH_HEADER], 0);
    counting_fini(&counting);
}
END_TEST

/* A token in the annotation, or a key, is disclosed although the field itself went. */
START_TEST(tokens_and_keys_are_disclosed)
{
    static const struct engine_file pack = {
        "tok.json", "{\"pack\":\"tok\",\"title\":\"t\",\"extends\":\"eu\",\"kind\":\"tokenised\","
                    "\"failure\":\"remove\",\"rules\":{\"client_ip\":{\"value\":[\"drop\"],"
                    "\"token\":\"ip\",\"why\":\"test\"}}}"};
    struct counting counting =
        counting_of(INPUT("{\"name\":\"acme\",\"region\":\"tok\"}")
                        UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"tok.json\"]}}",
                    &pack, 1);
    const struct wv_results results = engine_text(&counting.engine, RECORD);
    ck_assert(!holds(results.items[0].value, "192.0.2"));
    ck_assert(holds(results.items[0].value, "\"tokens\":{\"client_ip\""));
    const struct wv_counted *group = &counting.counts->groups[0];
    ck_assert_uint_eq(group->outputs[0].disclosed[WV_CLASS_CLIENT_IP], 1);

    wv_categories_clear(counting.counts);
    const struct wv_record keyed = {
        .value = WV_LIT("{\"action\":\"BLOCK\"}"), .key = WV_LIT("192.0.2.9"), .time_ms = -1};
    const struct wv_results with_key = wv_transform(counting.engine.worker, &keyed);
    ck_assert_uint_gt(with_key.items[0].key.len, 0);
    ck_assert_uint_eq(group->outputs[0].disclosed[WV_CLASS_CLIENT_IP], 1);
    ck_assert_uint_eq(group->collected[WV_CLASS_CLIENT_IP], 1);
    counting_fini(&counting);
}
END_TEST

/* A record may be written twice, when the first time shows what else is personal in it; one that
 * cannot be published, or read, is counted as such. */
START_TEST(each_record_counts_once)
{
    struct counting counting = counting_of(TWO, NULL, 0);
    char deep[512];
    char brackets[81] = "";
    memset(brackets, '[', 40);
    memset(brackets + 40, ']', 40);
    snprintf(deep, sizeof deep, "{\"httpRequest\":{\"clientIp\":\"192.0.2.1\"},\"x\":%s}",
             brackets);
    (void)engine_text(&counting.engine,
                      "{\"httpRequest\":{\"clientIp\":\"192.0.2.1\",\"args\":\"user=Walter-42&"
                      "q=welcome+Walter-42\",\"uri\":\"/hello/Walter-42\"}}");
    (void)engine_text(&counting.engine, deep);
    (void)engine_text(&counting.engine, "no JSON at all");
    (void)engine_text(&counting.engine, "");
    const struct wv_counted *group = &counting.counts->groups[0];
    ck_assert_uint_eq(counting.counts->count, 1);
    ck_assert_uint_eq(group->records, 2);
    ck_assert_uint_eq(group->outputs[0].published, 1);
    ck_assert_uint_eq(group->outputs[0].stubs, 1);
    ck_assert_uint_eq(group->collected[WV_CLASS_CLIENT_IP], 2);
    ck_assert_uint_eq(group->outputs[0].disclosed[WV_CLASS_CLIENT_IP], 1);
    ck_assert_uint_eq(counting.counts->unread, 2);
    const struct wv_tally *tally = wv_worker_tally(counting.engine.worker);
    ck_assert_uint_eq(tally->records_out, 2); /* two outputs */
    counting_fini(&counting);
}
END_TEST

/* Texts of a table with more tenants than groups are kept. */
START_TEST(no_record_is_lost_among_too_many_tenants)
{
    enum { TENANTS = WV_COUNT_GROUPS + 50, TEXT = 64 * 1024 };
    char *table = malloc(TEXT);
    size_t len = (size_t)snprintf(table, TEXT, "{");
    for (size_t i = 0; i < TENANTS; i++) {
        len += (size_t)snprintf(table + len, TEXT - len,
                                "%s\"arn:%zu\":{\"tenant\":\"t%zu\",\"region\":\"eu\"}",
                                i > 0 ? "," : "", i, i);
    }
    (void)snprintf(table + len, TEXT - len, "}");
    const struct engine_file file = {"tenants.json", table};
    struct counting counting = counting_of(INPUT("{\"from\":\"webacl\",\"table\":\"tenants.json\"}")
                                               UNDER(TENANT, SOC("")) "}",
                                           &file, 1);
    free(table);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < TENANTS; i++) {
            char text[128];
            (void)snprintf(text, sizeof text,
                           "{\"webaclId\":\"arn:%zu\",\"httpRequest\":{\"clientIp\":"
                           "\"192.0.2.1\"}}",
                           i);
            (void)engine_text(&counting.engine, text);
        }
        ck_assert_uint_eq(counting.counts->count, WV_COUNT_GROUPS + 1);
        uint64_t records = 0;
        uint64_t addresses = 0;
        for (size_t i = 0; i < counting.counts->count; i++) {
            const struct wv_counted *group = &counting.counts->groups[i];
            ck_assert_int_eq(group->other, i == WV_COUNT_GROUPS);
            ck_assert_uint_eq(group->records, group->other ? TENANTS - WV_COUNT_GROUPS : 1);
            records += group->records;
            addresses += group->outputs[0].disclosed[WV_CLASS_CLIENT_IP];
        }
        ck_assert_uint_eq(records, TENANTS);
        ck_assert_uint_eq(addresses, TENANTS);
        wv_categories_clear(counting.counts);
        ck_assert(wv_categories_empty(counting.counts));
    }
    counting_fini(&counting);
}
END_TEST

/* Lanes count for themselves; together they must have counted the same as one alone, whatever found
 * no group in one of them. */
START_TEST(lanes_add_up)
{
    enum { TENANTS = WV_COUNT_GROUPS + 20 };
    struct counting counting = counting_of(TWO, NULL, 0);
    struct wv_categories *lanes[2] = {counting.counts, wv_categories_new(counting.engine.plan)};
    static const struct wv_tenant tenants[2 * TENANTS];
    uint64_t given = 0;
    for (size_t i = 0; i < 3 * TENANTS; i++) {
        const struct wv_counted key = {.tenant = &tenants[i % 2 * 40 + i % TENANTS]};
        struct wv_counted *group = wv_categories_group(lanes[i % 2], &key);
        group->records += i;
        group->collected[WV_CLASS_GEO] += i;
        group->outputs[1].published += i;
        group->outputs[1].withheld += 1;
        group->outputs[1].disclosed[WV_CLASS_GEO] += i;
        lanes[i % 2]->unread++;
        given += i;
    }
    wv_categories_add(lanes[0], lanes[1]);
    uint64_t sums[5] = {0};
    for (size_t i = 0; i < lanes[0]->count; i++) {
        const struct wv_counted *group = &lanes[0]->groups[i];
        sums[0] += group->records;
        sums[1] += group->collected[WV_CLASS_GEO];
        sums[2] += group->outputs[1].published;
        sums[3] += group->outputs[1].disclosed[WV_CLASS_GEO];
        sums[4] += group->outputs[1].withheld;
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(sums[i], given);
    }
    ck_assert_uint_eq(sums[4], 3 * TENANTS);
    ck_assert_uint_eq(lanes[0]->unread, 3 * TENANTS);
    ck_assert_uint_eq(lanes[0]->count, WV_COUNT_GROUPS + 1);
    wv_categories_free(lanes[1]);
    counting_fini(&counting);
}
END_TEST

static bool lists(const json_t *names, const char *name)
{
    size_t index;
    const json_t *value;
    json_array_foreach(names, index, value)
    {
        if (strcmp(json_string_value(value), name) == 0) {
            return true;
        }
    }
    return false;
}

/* A class that the law's table forgets would be told to nobody. */
START_TEST(every_class_has_its_category)
{
    const struct wv_builtin *builtin = wv_builtin_find("law", "categories");
    json_error_t error;
    json_t *root = json_loadb((const char *)builtin->bytes, builtin->len, 0, &error);
    const json_t *statute = json_array_get(json_object_get(root, "statutes"), 0);
    const json_t *categories = json_object_get(statute, "categories");
    ck_assert_uint_eq(json_array_size(categories), 12);
    size_t known = 0;
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        const char *word = wv_class_word((enum wv_class)i);
        size_t found = 0;
        size_t index;
        const json_t *category;
        json_array_foreach(categories, index, category)
        {
            found += lists(json_object_get(category, "classes"), word);
        }
        const bool none = lists(json_object_get(statute, "none"), word);
        ck_assert_msg((found > 0) != none, "%s", word);
        known += found + none;
    }
    size_t named = json_array_size(json_object_get(statute, "none"));
    size_t index;
    const json_t *category;
    json_array_foreach(categories, index, category)
    {
        named += json_array_size(json_object_get(category, "classes"));
    }
    ck_assert_uint_eq(named, known);
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("categories");
    TCase *cases = tcase_create("categories");
    tcase_add_test(cases, outputs_count_what_they_were_given);
    tcase_add_test(cases, tokens_and_keys_are_disclosed);
    tcase_add_test(cases, each_record_counts_once);
    tcase_add_test(cases, no_record_is_lost_among_too_many_tenants);
    tcase_add_test(cases, lanes_add_up);
    tcase_add_test(cases, every_class_has_its_category);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
