/*
 * At stake: what travels beside a record (key, headers, time) is as personal as the record, and
 * what no format lists is the place where the next leak comes from. Neither may hold what the
 * record's own fields may not.
 */
#include "support/engine.h"

#include <check.h>

static const char record[] =
    "{\"webaclId\":\"arn:x\",\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"192.0.2.77\","
    "\"args\":\"q=1\"}}";

/* ---- What travels beside the record ----------------------------------------------------------
 */

static struct wv_results with_key(struct engine *engine, const char *key, const char *value)
{
    static struct wv_header headers[3];
    headers[0] = (struct wv_header){WV_LIT("trace"), wv_slice_of(key)};
    headers[1] = (struct wv_header){WV_LIT("secret"), wv_slice_of(key)};
    headers[2] = (struct wv_header){WV_LIT("Trace"), wv_slice_of(key)};
    const struct wv_record message = {.value = wv_slice_of(value),
                                      .key = wv_slice_of(key),
                                      .headers = headers,
                                      .header_count = WV_COUNT(headers),
                                      .time_ms = 1763805611333};
    return wv_transform(engine->worker, &message);
}

START_TEST(keys_and_headers_are_protected)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   SOC(",\"headers\":[\"trace\"]" BARE) ",{\"name\":\"s\",\"purpose\":\"security\","
                                                        "\"key\":\"scrub\"" BARE "}"
                                                        ",{\"name\":\"d\",\"purpose\":\"security\","
                                                        "\"key\":\"drop\"" BARE "}") "}",
        NULL, 0);
    static const char *const keys[] = {"192.0.2.77", "a 192.0.2.77", "::ffff:192.0.2.77",
                                       "192%2E0.2.77", "bob@example.org"};
    for (size_t i = 0; i < WV_COUNT(keys); i++) {
        const struct wv_results results = with_key(&engine, keys[i], record);
        const struct wv_result *soc = &results.items[0];
        ck_assert_uint_eq(results.count, 3);
        ck_assert(holds(soc->key, "throwaway."));
        ck_assert_uint_eq(soc->key.len, strlen("throwaway.") + WV_TOKEN_CODE);
        ck_assert_uint_eq(soc->header_count, 1);
        ck_assert(holds(soc->headers[0].value, "~"));
        ck_assert(holds(results.items[1].key, "~"));
        ck_assert_ptr_null(results.items[2].key.ptr);
        for (size_t r = 0; r < results.count; r++) {
            ck_assert(!holds(results.items[r].key, "2.77"));
            ck_assert(!holds(results.items[r].key, "bob"));
            ck_assert_int_eq(results.items[r].time_ms, 1763805600000);
        }
        ck_assert(!holds(soc->headers[0].value, "2.77"));
        ck_assert(!holds(soc->headers[0].value, "bob"));
    }
    /* The key of the client is the client's token: one client stays in one partition. */
    struct wv_results results = with_key(&engine, "::ffff:192.0.2.77", record);
    uint8_t first[WV_TOKEN_MAX];
    const size_t len = results.items[0].key.len;
    memcpy(first, results.items[0].key.ptr, len);
    results = with_key(&engine, "192.0.2.77", record);
    ck_assert(wv_slice_eq(results.items[0].key, (struct wv_slice){first, len}));
    results = with_key(&engine, "192.0.2.78", record);
    ck_assert(!wv_slice_eq(results.items[0].key, (struct wv_slice){first, len}));
    /* Bytes that are no text go. */
    results = with_key(&engine, "\xff\xfe", record);
    ck_assert_ptr_null(results.items[1].key.ptr);
    ck_assert_uint_eq(results.items[0].header_count, 0);
    engine_fini(&engine);
}
END_TEST

START_TEST(keys_of_stubs_are_protected)
{
    struct engine engine = engine_config(
        INPUT("{\"name\":\"acme\",\"region\":\"unknown\"}")
            UNDER(TENANT, "{\"name\":\"s\",\"purpose\":\"security\",\"key\":\"scrub\",\"headers\":"
                          "[\"trace\"]" BARE "}," SOC("")) ",\"limits\":{\"depth\":4}}",
        NULL, 0);
    const struct wv_results results =
        with_key(&engine, "k 192.0.2.77 k", "{\"action\":\"192.0.2.77\",\"x\":[[[[]]]]}");
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert(wv_slice_eq(results.items[0].key, WV_LIT("k ~IP~ k")));
    ck_assert(header_is(&results.items[0], "trace", "k ~IP~ k"));
    ck_assert(!holds(results.items[0].value, "192.0.2.77"));
    /* A pack without tokens makes none of the key either. */
    ck_assert_ptr_null(results.items[1].key.ptr);
    ck_assert_int_eq(results.items[1].time_ms, 1763805600000);
    engine_fini(&engine);
}
END_TEST

/* ---- Unlisted members that a pack keeps ------------------------------------------------------
 */

START_TEST(kept_unlisted_members_are_still_searched)
{
    static const struct engine_file pack = {"open.json",
                                            "{\"pack\":\"open\",\"extends\":\"eu\",\"rules\":{"
                                            "\"unlisted\":{\"value\":[\"keep\"]},"
                                            "\"user_agent\":{\"value\":[\"scrub\",\"headers\"]},"
                                            "\"cookie\":{\"value\":[\"scrub\",\"query\"]},"
                                            "\"header\":{\"value\":[\"scrub\"]}}}"};
    static const struct {
        const char *record;
        const char *output;
    } cases[] = {
        {"{\"x\":1,\"y\":{\"z\":[true,null,{}]}}", "{\"x\":1,\"y\":{\"z\":[true,null,{}]}}"},
        {"{\"_wafveil\":1,\"y\":{\"_wafv\\u0065il\":{\"a\":1},\"z\":[{\"_wafveil\":1}]}}",
         "{\"y\":{\"z\":[{}]}}"},
        {"{\"192.0.2.77\":1,\"bob@example.org\":{\"a\":1},\"y\":{\"192%2E0.2.77\":1,\"z\":2}}",
         "{\"y\":{\"z\":2}}"},
        {"{\"y\":{\"z\":[\"192.0.2.77\",{\"a\":\"192\\u002e0.2.77\"}]},\"httpRequest\":{"
         "\"clientIp\":"
         "\"192.0.2.77\"}}",
         "{\"y\":{\"z\":[\"~IP.MMMMMMMM~\",{\"a\":\"~IP.MMMMMMMM~\"}]},\"httpRequest\":{"
         "\"clientIp\":"
         "\"192.0.2.0\"}}"},
        {"{\"aaaaaaaaaaaaaaaaa\":1,\"y\":{\"\\u0061aaaaaaaaaaaaaaaa\":{\"b\":1}}}", "{\"y\":{}}"},
        /* The name of a header is searched like any text, in any spelling. */
        {"{\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"headers\":[{\"name\":\"x-192.0.2.77\","
         "\"value\":\"v\"},{\"name\":\"\xef\xbc\x91\xef\xbc\x99\xef\xbc\x92\xef\xbc\x8e\xef\xbc\x90"
         "\xef\xbc\x8e\xef\xbc\x92\xef\xbc\x8e\xef\xbc\x97\xef\xbc\x97\",\"value\":\"v\"}]}}",
         "{\"httpRequest\":{\"clientIp\":\"192.0.2.0\",\"headers\":[{\"name\":\"x-~IP.MMMMMMMM~\","
         "\"value\":\"v\"},{\"name\":\"~IP.MMMMMMMM~\",\"value\":\"v\"}]}}"},
        /* The first filter changes the text, the second takes it apart. */
        {"{\"httpRequest\":{\"headers\":[{\"name\":\"User-Agent\",\"value\":\"bob@example.org\"},"
         "{\"name\":\"Cookie\",\"value\":\"a=bob@example.org&b=\\u0031\"}]}}",
         "{\"httpRequest\":{\"headers\":[{\"name\":\"Cookie\",\"value\":\"a=~EMAIL~&b=1\"}]}}"},
    };
    struct engine engine = engine_config(
        INPUT("{\"name\":\"acme\",\"region\":\"open\"}")
            UNDER(TENANT,
                  SOC(BARE)) ","
                             "\"packs\":{\"files\":[\"open.json\"]},\"limits\":{\"key_bytes\":16}}",
        &pack, 1);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_result *result = &engine_text(&engine, cases[i].record).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        char *got = strndup((const char *)result->value.ptr, result->value.len);
        for (char *at = got; (at = strstr(at, "~IP.")) != NULL; at += 4) {
            memset(at + 4, 'M', WV_MARK_LEN);
        }
        ck_assert_str_eq(got, cases[i].output);
        free(got);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(a_pack_may_reject_what_a_filter_cannot_read)
{
    static const struct engine_file pack = {
        "hard.json", "{\"pack\":\"hard\",\"extends\":\"eu\",\"failure\":\"reject\",\"rules\":{"
                     "\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,"
                     "\"v6_keep\":48}]}}}"};
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"hard\"}")
                          UNDER(TENANT, SOC(BARE)) ","
                                                   "\"packs\":{\"files\":[\"hard.json\"]}}",
                      &pack, 1);
    static const char message[] =
        "{\"x\":1}\n{\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":7}}";
    const struct wv_results results = engine_text(&engine, message);
    ck_assert_uint_eq(results.count, 2);
    const struct wv_result *result = &results.items[1];
    ck_assert_int_eq(result->outcome, WV_STUB);
    ck_assert_int_eq(result->reason, WV_REASON_FIELD_FAILED);
    ck_assert_str_eq(result->place, "httpRequest.clientIp");
    ck_assert_uint_eq(result->at, sizeof message - 1 - strlen("7}}"));
    ck_assert(holds(result->value, "{\"tenant\":\"acme\",\"action\":\"BLOCK\",\"_wafveil\""));
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->rejected[WV_REASON_FIELD_FAILED], 1);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform_beside");
    TCase *beside = tcase_create("beside");
    tcase_add_test(beside, keys_and_headers_are_protected);
    tcase_add_test(beside, keys_of_stubs_are_protected);
    tcase_add_test(beside, kept_unlisted_members_are_still_searched);
    tcase_add_test(beside, a_pack_may_reject_what_a_filter_cannot_read);
    suite_add_tcase(suite, beside);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
