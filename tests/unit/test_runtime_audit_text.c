/*
 * At stake: audit records are read years later by people and programs that know nothing but what
 * stands there. They must be JSON, whatever the operator's names are, say who was given what for
 * which purpose and why, and hold no value of a record.
 */
#include "runtime/audit_text.h"

#include "keys/seal.h"
#include "plan/explain.h"
#include "plan/sealing.h"
#include "support/engine.h"
#include "support/sealing.h"

#include <check.h>
#include <jansson.h>

enum { ROOM = 64 * 1024 };

static const char config[] =
    "{\"instance\":{\"name\":\"waf \\\"1\\\"\",\"country\":\"DE\"},"
    "\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\","
    "\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],"
    "\"outputs\":[{\"name\":\"soc\",\"topic\":\"soc\",\"purpose\":\"security\",\"recipient\":"
    "\"us\","
    "\"country\":\"DE\"},"
    "{\"name\":\"rescue\",\"topic\":\"rescue\",\"purpose\":\"protection\",\"basis\":"
    "\"vital_interest\",\"reason\":\"flood of \\\"2026\\\"\",\"recipient\":\"far\",\"country\":"
    "\"CN\"}],"
    "\"recipients\":{\"us\":{\"kind\":\"own\",\"country\":\"DE\"},"
    "\"far\":{\"kind\":\"own\",\"country\":\"CN\"}}}";

static json_t *record_of(struct wv_buf *out)
{
    struct wv_slice bytes;
    json_error_t error;
    wv_buf_byte(out, '}');
    ck_assert(wv_buf_take(out, &bytes));
    json_t *record = json_loadb((const char *)bytes.ptr, bytes.len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(record != NULL, "%s", error.text);
    return record;
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    ck_assert_msg(value != NULL, "%s", name);
    return value;
}

START_TEST(a_plan_tells_its_outputs)
{
    static uint8_t room[ROOM];
    struct engine engine = engine_config(config, NULL, 0);
    struct wv_buf out = wv_buf_of(room, sizeof room);
    const struct wv_ledger ledger = {.id = "abc", .seq = 7};
    wv_audit_put_head(&out, wv_plan_config(engine.plan), &ledger, 1763805611333, "plan_loaded");
    wv_audit_put_plan(&out, engine.plan);
    wv_audit_put_fields(&out,
                        WV_FIELDS(wv_log_word("by", "a \"person\"\n"), wv_log_number("count", -3)));
    json_t *record = record_of(&out);
    ck_assert_str_eq(text(record, "instance"), "waf \"1\"");
    ck_assert_str_eq(text(record, "time"), "2025-11-22T10:00:11.333Z");
    ck_assert_int_eq(json_integer_value(json_object_get(record, "seq")), 7);
    ck_assert_str_eq(text(record, "plan"), wv_plan_version(engine.plan));
    ck_assert_str_eq(text(record, "by"), "a \"person\"\n");
    ck_assert_int_eq(json_integer_value(json_object_get(record, "count")), -3);
    const json_t *outputs = json_object_get(record, "outputs");
    ck_assert_uint_eq(json_array_size(outputs), 2);
    ck_assert_str_eq(text(json_array_get(outputs, 1), "reason"), "flood of \"2026\"");
    ck_assert_str_eq(text(json_array_get(outputs, 1), "basis"), "vital_interest");
    const json_t *documents = json_object_get(record, "documents");
    ck_assert_uint_eq(json_array_size(documents), 1);
    ck_assert_uint_eq(strlen(text(json_array_get(documents, 0), "sha256")), 64);
    ck_assert_uint_eq(json_array_size(json_object_get(record, "packs")),
                      wv_plan_packs(engine.plan));
    json_decref(record);
    engine_fini(&engine);
}
END_TEST

/* For whom originals are sealed, and by what a reveal can be told to be theirs. */
START_TEST(a_plan_tells_what_it_seals)
{
    static uint8_t room[ROOM];
    struct recipient *recipient = recipient_new((struct recipient_wish){.name = "SOC \"1\""});
    const struct engine_file file = {"soc.pem", recipient->certificate};
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SOC(",\"seal\":{\"certificate\":\"soc.pem\",\"classes\":["
                               "\"client_ip\","
                               "\"username\"],\"when\":{\"action\":[\"BLOCK\"]},\"days\":"
                               "9}")) ",\"rejects\":{\"topic\":\"r\",\"seal\":{"
                                      "\"certificate\":\"soc.pem\"}}}",
        &file, 1);
    struct wv_buf out = wv_buf_of(room, sizeof room);
    wv_buf_byte(&out, '{');
    wv_audit_put_plan(&out, engine.plan);
    json_t *record = record_of(&out);
    const json_t *seal =
        json_object_get(json_array_get(json_object_get(record, "outputs"), 0), "seal");
    const struct wv_seal_facts *facts = wv_seal_certificate_facts(wv_plan_seal(engine.plan, 0));
    ck_assert_str_eq(text(seal, "subject"), "CN=SOC \\\"1\\\"");
    ck_assert_str_eq(text(seal, "certificate"), facts->sha256);
    ck_assert_str_eq(text(seal, "key"), facts->key);
    ck_assert_int_eq(json_integer_value(json_object_get(seal, "days")), 9);
    ck_assert_uint_eq(strlen(text(seal, "until")), 10);
    const json_t *classes = json_object_get(seal, "classes");
    ck_assert_uint_eq(json_array_size(classes), 2);
    ck_assert_str_eq(json_string_value(json_array_get(classes, 1)), "username");
    ck_assert_str_eq(text(json_object_get(record, "rejects_seal"), "key"), facts->key);
    json_decref(record);
    engine_fini(&engine);
    recipient_free(recipient);
}
END_TEST

/* What a recipient gets sealed, it gets. */
START_TEST(what_is_sealed_counts_as_disclosed)
{
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    const struct engine_file file = {"soc.pem", recipient->certificate};
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   SOC(",\"classes\":[\"timestamp\"],\"seal\":{\"certificate\":\"soc.pem\","
                       "\"classes\":[\"client_ip\"],\"when\":{\"action\":[\"BLOCK\"]}}")) "}",
        &file, 1);
    struct wv_categories *counts = wv_categories_new(engine.plan);
    wv_worker_counts(engine.worker, counts);
    static const char *const actions[] = {"BLOCK", "ALLOW"};
    for (size_t i = 0; i < WV_COUNT(actions); i++) {
        char value[160];
        snprintf(value, sizeof value,
                 "{\"action\":\"%s\",\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}", actions[i]);
        (void)engine_text(&engine, value);
    }
    ck_assert_uint_eq(counts->groups[0].outputs[0].disclosed[WV_CLASS_CLIENT_IP], 1);
    ck_assert_uint_eq(counts->groups[0].outputs[0].published, 2);
    engine_fini(&engine);
    wv_categories_free(counts);
    recipient_free(recipient);
}
END_TEST

START_TEST(a_group_tells_who_was_given_what)
{
    static uint8_t room[ROOM];
    struct engine engine = engine_config(config, NULL, 0);
    struct wv_categories *counts = wv_categories_new(engine.plan);
    wv_worker_counts(engine.worker, counts);
    (void)engine_text(&engine, "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"country\":\"DE\","
                               "\"args\":\"mail=canary@example.net\"}}");
    struct wv_buf out = wv_buf_of(room, sizeof room);
    const int64_t times[] = {1763805611333, 1763805671333};
    wv_buf_byte(&out, '{');
    wv_audit_put_window(&out, engine.plan, times, 2);
    wv_buf_put(&out, WV_LIT(",\"groups\":["));
    wv_audit_put_group(&out, engine.plan, &counts->groups[0]);
    wv_buf_byte(&out, ']');
    json_t *record = record_of(&out);
    ck_assert_ptr_null(memmem(room, out.len, "192.0.2", 7));
    ck_assert_ptr_null(memmem(room, out.len, "canary", 6));
    ck_assert_int_eq(json_integer_value(json_object_get(record, "unread")), 2);
    const json_t *group = json_array_get(json_object_get(record, "groups"), 0);
    ck_assert_str_eq(text(group, "tenant"), "acme");
    ck_assert_str_eq(text(group, "input"), "raw");
    ck_assert(strncmp(json_string_value(json_array_get(json_object_get(group, "regions"), 0)),
                      "eu@", 3) == 0);
    const json_t *collected = json_object_get(group, "collected");
    ck_assert_int_eq(json_integer_value(json_object_get(collected, "client_ip")), 1);
    ck_assert_ptr_null(json_object_get(collected, "none"));
    const json_t *outputs = json_object_get(group, "outputs");
    ck_assert_uint_eq(json_array_size(outputs), 2);
    const json_t *soc = json_array_get(outputs, 0);
    const json_t *far = json_array_get(outputs, 1);
    ck_assert_str_eq(text(soc, "kind"), "own");
    ck_assert_str_eq(text(far, "country"), "CN");
    ck_assert_str_eq(text(far, "purpose"), "protection");
    ck_assert_int_eq(json_integer_value(json_object_get(soc, "withheld")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(far, "withheld")), 1);
    const json_t *given = json_object_get(soc, "disclosed");
    const json_t *withheld = json_object_get(far, "disclosed");
    ck_assert_int_eq(json_integer_value(json_object_get(given, "client_ip")), 1);
    ck_assert_ptr_null(json_object_get(withheld, "client_ip"));
    json_decref(record);
    engine_fini(&engine);
    wv_categories_free(counts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime_audit_text");
    TCase *cases = tcase_create("text");
    tcase_add_test(cases, a_plan_tells_its_outputs);
    tcase_add_test(cases, a_plan_tells_what_it_seals);
    tcase_add_test(cases, what_is_sealed_counts_as_disclosed);
    tcase_add_test(cases, a_group_tells_who_was_given_what);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
