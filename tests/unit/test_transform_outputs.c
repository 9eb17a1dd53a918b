/*
 * At stake: one record goes to several readers under several laws. Each output must get what its
 * own rules say and no more, a rule can only become stricter on the way, and what travels beside
 * the record (key, headers, time) is as personal as the record.
 */
#include "plan/explain.h"
#include "support/engine.h"

#include <check.h>

#define INPUT(tenant)           "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":" tenant "}],"
#define ACME                    INPUT("{\"name\":\"acme\",\"region\":\"eu\"}")
#define UNDER(regions, outputs) "\"regions\":[" regions "],\"outputs\":[" outputs "]"
#define TENANT                  "{\"from\":\"tenant\"}"
#define SOC(members)            "{\"name\":\"soc\",\"purpose\":\"security\"" members "}"
#define BARE                    ",\"annotate\":\"none\""

static bool value_is(const struct wv_result *result, const char *wanted)
{
    const bool same = wv_slice_eq(result->value, wv_slice_of(wanted));
    if (!same) {
        fprintf(stderr, "got    %.*s\nwanted %s\n", (int)result->value.len,
                (const char *)result->value.ptr, wanted);
    }
    return same;
}

static const struct wv_header *header(const struct wv_result *result, const char *name)
{
    for (size_t i = 0; i < result->header_count; i++) {
        if (wv_slice_eq(result->headers[i].name, wv_slice_of(name))) {
            return &result->headers[i];
        }
    }
    return NULL;
}

static bool header_is(const struct wv_result *result, const char *name, const char *value)
{
    const struct wv_header *found = header(result, name);
    return found != NULL && wv_slice_eq(found->value, wv_slice_of(value));
}

static bool holds(struct wv_slice text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* ---- Annotation ------------------------------------------------------------------------------
 */

static const char *pack_version(const struct wv_plan *plan, const char *name)
{
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        if (strcmp(wv_plan_pack(plan, i).name, name) == 0) {
            return wv_plan_pack(plan, i).version;
        }
    }
    return NULL;
}

START_TEST(annotation_is_the_last_member)
{
    static const struct {
        const char *record;
        const char *output; /* before and after the annotation, which is the star */
    } cases[] = {
        {"{}", "{*}"},
        {"{ }", "{ *}"},
        {"{\"x\":1}", "{*}"},
        {"{\"x\":1,\"y\":2}", "{*}"},
        {"{\"action\":\"A\"}", "{\"action\":\"A\",*}"},
        {"{\"action\":\"A\",\"x\":1}", "{\"action\":\"A\",*}"},
        {"{\"x\":1,\"action\":\"A\" } ", "{\"action\":\"A\" ,*} "},
        {"{\"action\":\"A\",\"_wafveil\":{\"v\":1}}", "{\"action\":\"A\",*}"},
        {"{\"_wafveil\":{\"v\":1}}", "{*}"},
        {"{\"x\":{\"y\":1}}", "{*}"},
        {"{\"httpRequest\":{\"x\":1}}", "{\"httpRequest\":{},*}"},
    };
    struct engine engine = engine_builtin("unknown");
    char member[256];
    snprintf(member, sizeof member,
             "\"_wafveil\":{\"v\":1,\"pack\":\"%s\",\"kind\":\"generalised\"}",
             pack_version(engine.plan, "unknown"));
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const char *star = strchr(cases[i].output, '*');
        char wanted[512];
        snprintf(wanted, sizeof wanted, "%.*s%s%s", (int)(star - cases[i].output), cases[i].output,
                 member, star + 1);
        ck_assert(value_is(&engine_text(&engine, cases[i].record).items[0], wanted));
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(annotation_goes_where_the_output_says)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, "{\"name\":\"h\",\"purpose\":\"security\",\"annotate\":\"headers\"},"
                           "{\"name\":\"b\",\"purpose\":\"security\",\"annotate\":\"both\"},"
                           "{\"name\":\"n\",\"purpose\":\"security\",\"annotate\":\"none\"}") "}",
        NULL, 0);
    const struct wv_results results =
        engine_text(&engine, "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}");
    ck_assert_uint_eq(results.count, 3);
    const struct wv_result *const in_headers = &results.items[0];
    const struct wv_result *const both = &results.items[1];
    const struct wv_result *const none = &results.items[2];
    ck_assert(value_is(in_headers, "{\"httpRequest\":{\"clientIp\":\"192.0.2.0\"}}"));
    ck_assert(value_is(none, "{\"httpRequest\":{\"clientIp\":\"192.0.2.0\"}}"));
    ck_assert(holds(both->value, "\"_wafveil\":{\"v\":1,\"pack\":\"eu@"));
    ck_assert_uint_eq(none->header_count, 0);
    ck_assert_uint_eq(in_headers->header_count, 4);
    for (size_t i = 0; i < 2; i++) {
        const char *version = pack_version(engine.plan, "eu");
        ck_assert(header_is(&results.items[i], "wafveil-pack", version));
        ck_assert(header_is(&results.items[i], "wafveil-kind", "tokenised"));
        ck_assert(header_is(&results.items[i], "wafveil-origin", "eu"));
        ck_assert(holds(header(&results.items[i], "wafveil-tokens")->value,
                        "{\"client_ip\":\"throwaway."));
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Domains ---------------------------------------------------------------------------------
 */

/* The text between the first `"client_ip":"` and the next quote. */
static struct wv_slice token_of(const struct wv_result *result)
{
    static const char before[] = "\"client_ip\":\"";
    const uint8_t *at = memmem(result->value.ptr, result->value.len, before, sizeof before - 1);
    ck_assert_ptr_nonnull(at);
    at += sizeof before - 1;
    const uint8_t *end = memchr(at, '"', (size_t)(result->value.ptr + result->value.len - at));
    ck_assert_ptr_nonnull(end);
    return (struct wv_slice){at, (size_t)(end - at)};
}

START_TEST(tokens_join_within_a_domain_only)
{
    struct engine engine = engine_config(
        ACME UNDER(
            TENANT,
            SOC("") ",{\"name\":\"lake\",\"purpose\":\"security\"},"
                    "{\"name\":\"a\",\"purpose\":\"security\",\"domain\":\"{tenant}/x\"},"
                    "{\"name\":\"b\",\"purpose\":\"security\",\"domain\":\"{tenant}/x\"}") "}",
        NULL, 0);
    const struct wv_results results = engine_text(
        &engine, "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"},\"action\":\"192.0.2.77\"}");
    ck_assert_uint_eq(results.count, 4);
    const struct wv_slice soc = token_of(&results.items[0]);
    ck_assert(!wv_slice_eq(soc, token_of(&results.items[1])));
    ck_assert(!wv_slice_eq(soc, token_of(&results.items[2])));
    ck_assert(wv_slice_eq(token_of(&results.items[2]), token_of(&results.items[3])));
    for (size_t i = 0; i < results.count; i++) {
        char mark[32]; /* the placeholder in the text is the beginning of the same output's token */
        const struct wv_slice token = token_of(&results.items[i]);
        snprintf(mark, sizeof mark, "\"~IP.%.8s~\"", strchr((const char *)token.ptr, '.') + 1);
        ck_assert(holds(results.items[i].value, mark));
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(one_value_has_one_token)
{
    struct engine engine = engine_builtin("eu");
    const struct wv_results results = engine_text(
        &engine,
        "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"client\\u0049p\":\"::ffff:192.0.2.77\"},"
        "\"rateBasedRuleList\":[{\"limitValue\":\"192.0.2.77\"}]}");
    const struct wv_slice value = results.items[0].value;
    ck_assert(holds(value, "\"tokens\":{\"client_ip\":\"throwaway."));
    ck_assert(!holds(value, "\"client_ip\":["));
    engine_fini(&engine);
}
END_TEST

/* ---- Rules of outputs ------------------------------------------------------------------------
 */

static const char record[] =
    "{\"webaclId\":\"arn:x\",\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"192.0.2.77\","
    "\"args\":\"q=1\"}}";

START_TEST(overlay_is_stricter)
{
    static const struct engine_file pack = {
        "strict.json", "{\"pack\":\"strict\",\"extends\":\"eu\",\"kind\":\"tokenised\",\"rules\":{"
                       "\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":8,"
                       "\"v6_keep\":64}]},\"query\":{\"value\":[\"drop\"]},"
                       "\"timestamp\":{\"value\":[\"keep\"]}}}"};
    struct engine engine =
        engine_config(ACME UNDER(TENANT, SOC(BARE) ",{\"name\":\"lake\",\"purpose\":\"security\","
                                                   "\"overlay\":\"strict\"" BARE
                                                   "}") ","
                                                        "\"packs\":{\"files\":[\"strict.json\"]}}",
                      &pack, 1);
    const struct wv_results results = engine_text(
        &engine,
        "{\"timestamp\":1763805611333,\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"args\":"
        "\"q=1\"}}");
    ck_assert(value_is(&results.items[0],
                       "{\"timestamp\":1763805600000,\"httpRequest\":{\"clientIp\":\"192.0.2.0\","
                       "\"args\":\"q=1\"}}"));
    ck_assert(
        value_is(&results.items[1],
                 "{\"timestamp\":1763805600000,\"httpRequest\":{\"clientIp\":\"192.0.0.0\"}}"));
    engine_fini(&engine);
}
END_TEST

START_TEST(third_parties_do_not_learn_the_tenant)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SOC(BARE) ",{\"name\":\"partner\",\"purpose\":\"third_party\","
                                     "\"recipient\":\"p\",\"country\":\"DE\"" BARE
                                     "}") ","
                                          "\"limits\":{\"depth\":4}}",
        NULL, 0);
    struct wv_results results = engine_text(&engine, record);
    ck_assert(holds(results.items[0].value, "\"webaclId\":\"arn:x\""));
    ck_assert(value_is(
        &results.items[1],
        "{\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"192.0.2.0\",\"args\":\"q=1\"}}"));
    results = engine_text(&engine, "{\"action\":\"BLOCK\",\"x\":[[[[]]]]}");
    ck_assert_uint_eq(results.count, 2);
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert_int_eq(results.items[1].outcome, WV_STUB);
    ck_assert(holds(results.items[0].value, "\"tenant\":\"acme\""));
    ck_assert(holds(results.items[1].value, "{\"tenant\":null,\"action\":\"BLOCK\","));
    ck_assert(!holds(results.items[1].value, "acme"));
    engine_fini(&engine);
}
END_TEST

START_TEST(refused_consent_binds_outputs_that_rest_on_it)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SOC(BARE) ",{\"name\":\"ads\",\"purpose\":\"analytics\",\"basis\":"
                                     "\"consent\","
                                     "\"recipient\":\"r\",\"country\":\"DE\",\"annotate\":"
                                     "\"both\"}") ","
                                                  "\"consent\":{\"header\":\"consent\"}}",
        NULL, 0);
    static const char *const said[] = {"refused", "REFUSED", "given", ""};
    for (size_t i = 0; i < WV_COUNT(said); i++) {
        const struct wv_header consent = {WV_LIT("consent"), wv_slice_of(said[i])};
        const struct wv_record message = {
            .value = wv_slice_of(record), .headers = &consent, .header_count = 1, .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &message);
        ck_assert(holds(results.items[0].value, "\"clientIp\":\"192.0.2.0\""));
        const bool refused = i < 2;
        ck_assert(holds(results.items[1].value, "clientIp") == !refused);
        ck_assert(header_is(&results.items[1], "wafveil-kind",
                            refused ? "refused-profile" : "tokenised"));
        ck_assert(header_is(&results.items[1], "wafveil-origin", "eu"));
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(conditions_choose_rules)
{
    static const struct engine_file pack = {
        "c.json",
        "{\"pack\":\"c\",\"extends\":\"eu\",\"rules\":{\"query\":["
        "{\"when\":{\"action\":[\"BLOCK\",\"COUNT\"],\"rule\":[\"R\"]},\"value\":[\"keep\"]},"
        "{\"when\":{\"label\":[\"l\"]},\"value\":[{\"filter\":\"mask\",\"first\":1}]},"
        "{\"when\":{\"host\":[\"shop.example.com\"]},\"value\":[{\"filter\":\"query\","
        "\"values\":\"count\"}]},"
        "{\"value\":[\"drop\"]}]}}"};
    static const struct {
        const char *members;
        const char *args; /* NULL: removed */
    } cases[] = {
        {"\"action\":\"BLOCK\",\"terminatingRuleId\":\"R\"", "q=abcdefghi"},
        {"\"terminatingRuleId\":\"R\",\"action\":\"C\\u004fUNT\"", "q=abcdefghi"},
        {"\"action\":\"BLOCK\",\"terminatingRuleId\":\"S\"", NULL},
        {"\"action\":\"BLOCK\",\"action\":\"BLOCK\",\"terminatingRuleId\":\"R\"", NULL},
        {"\"action\":[\"BLOCK\"],\"terminatingRuleId\":\"R\"", NULL},
        {"\"labels\":[{\"name\":\"k\"},{\"n\\u0061me\":\"\\u006c\"}]", "q*****"},
        {"\"labels\":[{\"name\":\"L\"}]", NULL},
        {"\"action\":\"ALLOW\"", NULL},
    };
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"c\"}")
                          UNDER(TENANT, SOC(BARE)) ","
                                                   "\"packs\":{\"files\":[\"c.json\"]}}",
                      &pack, 1);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char text[512];
        char wanted[512];
        snprintf(text, sizeof text, "{\"httpRequest\":{\"args\":\"q=abcdefghi\"},%s}",
                 cases[i].members);
        snprintf(wanted, sizeof wanted, "\"httpRequest\":{\"args\":\"%s\"}", cases[i].args);
        const struct wv_result *result = &engine_text(&engine, text).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        ck_assert_msg(holds(result->value, cases[i].args == NULL ? "\"httpRequest\":{}" : wanted),
                      "case %zu: %.*s", i, (int)result->value.len, (const char *)result->value.ptr);
    }
    const struct wv_result *result =
        &engine_text(&engine,
                     "{\"httpRequest\":{\"args\":\"q=a&b=c\",\"host\":\"SHOP.example.com.:443\"}}")
             .items[0];
    ck_assert(holds(result->value, "\"args\":\"~PARAMS.2~\""));
    engine_fini(&engine);
}
END_TEST

/* ---- Tenants and regions ---------------------------------------------------------------------
 */

static const struct engine_file tenants = {
    "tenants.json", "{\"arn:known\":{\"tenant\":\"acme\",\"region\":\"us\"}}"};

#define BY_WEBACL(more) INPUT("{\"from\":\"webacl\",\"table\":\"tenants.json\"" more "}")

START_TEST(unknown_tenants_get_the_strictest_pack_or_nothing)
{
    static const char unknown[] = "{\"action\":\"BLOCK\",\"webaclId\":\"arn:other\","
                                  "\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}";
    struct engine engine = engine_config(BY_WEBACL("") UNDER(TENANT, SOC(BARE)) "}", &tenants, 1);
    const struct wv_result *result = &engine_text(&engine, unknown).items[0];
    ck_assert(holds(result->value, "\"clientIp\":\"192.0.0.0\""));
    ck_assert(wv_slice_eq(result->tenant, WV_LIT("unknown")));
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->unknown_tenant, 1);
    /* Somebody who says it twice says nothing. */
    result = &engine_text(&engine, "{\"webaclId\":\"arn:known\",\"webaclId\":\"arn:known\","
                                   "\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}")
                  .items[0];
    ck_assert(holds(result->value, "\"clientIp\":\"192.0.0.0\""));
    result = &engine_text(&engine, "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"},"
                                   "\"webacl\\u0049d\":\"arn:\\u006bnown\"}")
                  .items[0];
    ck_assert(holds(result->value, "\"clientIp\":\"192.0.2.0\""));
    ck_assert(wv_slice_eq(result->tenant, WV_LIT("acme")));
    engine_fini(&engine);

    engine = engine_config(BY_WEBACL(",\"unknown\":\"reject\"") UNDER(TENANT, SOC(BARE)) "}",
                           &tenants, 1);
    result = &engine_text(&engine, unknown).items[0];
    ck_assert_int_eq(result->outcome, WV_STUB);
    ck_assert_int_eq(result->reason, WV_REASON_UNKNOWN_TENANT);
    ck_assert(holds(result->value, "{\"tenant\":\"unknown\",\"action\":\"BLOCK\",\"_wafveil\""));
    ck_assert(holds(result->value, "\"reason\":\"unknown_tenant\"}}"));
    engine_fini(&engine);
}
END_TEST

START_TEST(all_regions_of_a_record_apply)
{
    static const struct {
        const char *members;
        const char *origin;
    } cases[] = {
        {"\"httpRequest\":{\"country\":\"US\"}", "us"},
        {"\"httpRequest\":{\"country\":\"de\"}", "eu,us"},
        {"\"httpRequest\":{\"country\":\"-\"}", "us"},
        {"\"httpRequest\":{\"country\":\"ZZ\"}", "unknown,us"},
        {"\"httpRequest\":{\"country\":\"US\",\"country\":\"US\"}", "unknown,us"},
        {"\"labels\":[{\"name\":\"awswaf:clientip:geo:country:JP\"}]", "jp,us"},
        {"\"labels\":[{\"name\":\"awswaf:clientip:geo:country:US\"},"
         "{\"name\":\"awswaf:clientip:geo:region:US-CA\"}]",
         "us,us-ca"},
        {"\"labels\":[{\"name\":\"awswaf:clientip:geo:country:JP\"},"
         "{\"name\":\"awswaf:clientip:geo:country:DE\"}]",
         "unknown,us"},
        {"\"labels\":[{\"name\":\"awswaf:\\u0063lientip:geo:country:JP\"}],\"httpRequest\":{"
         "\"country\":"
         "\"GB\"}",
         "jp,uk,us"},
    };
    struct engine engine = engine_config(
        BY_WEBACL("") UNDER(TENANT ",{\"from\":\"label\",\"prefix\":\"awswaf:clientip:geo:\"},"
                                   "{\"from\":\"country\"}",
                            SOC(",\"annotate\":\"headers\"")) "}",
        &tenants, 1);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char text[512];
        snprintf(text, sizeof text, "{\"webaclId\":\"arn:known\",%s}", cases[i].members);
        const struct wv_result *result = &engine_text(&engine, text).items[0];
        const struct wv_header *origin = header(result, "wafveil-origin");
        ck_assert_ptr_nonnull(origin);
        ck_assert_msg(wv_slice_eq(origin->value, wv_slice_of(cases[i].origin)), "case %zu: %.*s", i,
                      (int)origin->value.len, (const char *)origin->value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

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
                                            "\"cookie\":{\"value\":[\"scrub\",\"query\"]}}}"};
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
    Suite *suite = suite_create("transform_outputs");
    TCase *outputs = tcase_create("outputs");
    tcase_add_test(outputs, annotation_is_the_last_member);
    tcase_add_test(outputs, annotation_goes_where_the_output_says);
    tcase_add_test(outputs, tokens_join_within_a_domain_only);
    tcase_add_test(outputs, one_value_has_one_token);
    tcase_add_test(outputs, overlay_is_stricter);
    tcase_add_test(outputs, third_parties_do_not_learn_the_tenant);
    tcase_add_test(outputs, refused_consent_binds_outputs_that_rest_on_it);
    tcase_add_test(outputs, conditions_choose_rules);
    tcase_add_test(outputs, unknown_tenants_get_the_strictest_pack_or_nothing);
    tcase_add_test(outputs, all_regions_of_a_record_apply);
    tcase_add_test(outputs, keys_and_headers_are_protected);
    tcase_add_test(outputs, keys_of_stubs_are_protected);
    tcase_add_test(outputs, kept_unlisted_members_are_still_searched);
    tcase_add_test(outputs, a_pack_may_reject_what_a_filter_cannot_read);
    suite_add_tcase(suite, outputs);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
