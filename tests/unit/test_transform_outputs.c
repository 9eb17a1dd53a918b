/*
 * At stake: one record goes to several readers under several laws. Each output must get what its
 * own rules say and no more, a rule can only become stricter on the way, and what travels beside
 * the record (key, headers, time) is as personal as the record.
 */
#include "plan/explain.h"
#include "support/engine.h"

#include <check.h>

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

/* Whoever can send many headers, or one of ours, must not push out or forge what we say. */
START_TEST(headers_of_the_input_leave_room_for_ours)
{
    static const char record[] = "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}";
    struct engine engine = engine_config(
        ACME UNDER(TENANT, "{\"name\":\"h\",\"purpose\":\"security\",\"annotate\":\"headers\","
                           "\"headers\":[\"trace\",\"wafveil-kind\"]}") "}",
        NULL, 0);
    struct wv_header headers[40];
    for (size_t i = 0; i < WV_COUNT(headers); i++) {
        headers[i] = i == 0 ? (struct wv_header){WV_LIT("wafveil-kind"), WV_LIT("generalised")}
                            : (struct wv_header){WV_LIT("trace"), WV_LIT("1")};
    }
    const struct wv_record message = {.value = wv_slice_of(record),
                                      .headers = headers,
                                      .header_count = WV_COUNT(headers),
                                      .time_ms = -1};
    const struct wv_result *result = &wv_transform(engine.worker, &message).items[0];
    ck_assert(header_is(result, "wafveil-pack", pack_version(engine.plan, "eu")));
    ck_assert(header_is(result, "wafveil-kind", "tokenised"));
    ck_assert_ptr_nonnull(header(result, "wafveil-tokens"));
    ck_assert(header_is(result, "trace", "1"));
    size_t kinds = 0;
    for (size_t i = 0; i < result->header_count; i++) {
        kinds += wv_slice_eq(result->headers[i].name, WV_LIT("wafveil-kind"));
    }
    ck_assert_uint_eq(kinds, 1);
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

/* What does not fit must not be made under some other domain. */
START_TEST(a_domain_that_is_too_long_makes_no_tokens)
{
#define LONG "{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}"
    struct engine engine =
        engine_config(INPUT("{\"name\":\"a-name-of-more-than-thirty-two-bytes\",\"region\":\"eu\"}")
                          UNDER(TENANT, SOC(",\"domain\":\"" LONG "\"")) "}",
                      NULL, 0);
    const struct wv_record message = {
        .value =
            WV_LIT("{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"},\"action\":\"192.0.2.77\"}"),
        .key = WV_LIT("192.0.2.77"),
        .time_ms = -1};
    const struct wv_results results = wv_transform(engine.worker, &message);
    const struct wv_result *result = &results.items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert(holds(result->value, "\"clientIp\":\"192.0.2.0\"},\"action\":\"~IP~\""));
    ck_assert(!holds(result->value, "tokens"));
    ck_assert_ptr_null(result->key.ptr);
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
        ACME UNDER(
            TENANT,
            SOC(BARE) ",{\"name\":\"partner\",\"purpose\":\"third_party\",\"basis\":\"consent\","
                      "\"recipient\":\"p\",\"country\":\"DE\"" BARE
                      "}") ","
                           "\"consent\":{\"third_party\":\"t\"},\"limits\":{\"depth\":4}}",
        NULL, 0);
    const struct wv_header consent = {WV_LIT("t"), WV_LIT("given")};
    const struct wv_record message = {
        .value = wv_slice_of(record), .headers = &consent, .header_count = 1, .time_ms = -1};
    struct wv_results results = wv_transform(engine.worker, &message);
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

/* One output wants networks that can be told from addresses; the other's are as before. */
START_TEST(networks_are_an_output_s_wish)
{
    static const char with_hops[] =
        "{\"webaclId\":\"arn:x\",\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"headers\":[{"
        "\"name\":"
        "\"X-Forwarded-For\",\"value\":\"2001:db8:1:2::3, 198.51.100.4\"}]}}";
    struct engine engine =
        engine_config(ACME UNDER(TENANT, SOC(BARE) ",{\"name\":\"nets\",\"purpose\":\"security\","
                                                   "\"networks\":true" BARE "}") "}",
                      NULL, 0);
    const struct wv_results results = engine_text(&engine, with_hops);
    ck_assert(holds(results.items[0].value, "\"clientIp\":\"192.0.2.0\""));
    ck_assert(holds(results.items[0].value, "\"2001:db8:1::, 198.51.100.0\""));
    ck_assert(holds(results.items[1].value, "\"clientIp\":\"192.0.2.0/24\""));
    ck_assert(holds(results.items[1].value, "\"2001:db8:1::/48, 198.51.100.0/24\""));
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
    static const char *const said[][2] = {
        {"refused", "given"}, {"REFUSED", ""},    {"given", "refused"}, {" Refused ", "given"},
        {"refused\r\n", ""},  {"given", "given"}, {"", "unrefused"}};
    for (size_t i = 0; i < WV_COUNT(said); i++) {
        const struct wv_header consent[] = {{WV_LIT("consent"), wv_slice_of(said[i][0])},
                                            {WV_LIT("consent"), wv_slice_of(said[i][1])}};
        const struct wv_record message = {
            .value = wv_slice_of(record), .headers = consent, .header_count = 2, .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &message);
        ck_assert(holds(results.items[0].value, "\"clientIp\":\"192.0.2.0\""));
        const bool refused = i < 5;
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

/* What the worker remembers of one tenant must not be said of another. */
START_TEST(tenants_do_not_share_answers)
{
    static const struct engine_file table = {
        "tenants.json",
        "{\"arn:a\":{\"tenant\":\"a\",\"region\":\"eu\",\"hosts\":[\"example.com\"]},"
        "\"arn:b\":{\"tenant\":\"b\",\"region\":\"eu\",\"hosts\":[\"example.net\"]},"
        "\"arn:c\":{\"tenant\":\"c\",\"region\":\"unknown\"}}"};
    static const struct {
        const char *webacl;
        const char *members;
    } cases[] = {
        {"arn:a", "{\"host\":\"shop.example.com\",\"headers\":[{\"name\":\"User-Agent\",\"value\":"
                  "\"curl/8 (tool)\"}]}"},
        {"arn:b", "{\"host\":\"example.com\",\"headers\":[{\"name\":\"User-Agent\",\"value\":"
                  "\"curl/8 (tool)\"}]}"},
        {"arn:c", "{\"headers\":[{\"name\":\"User-Agent\",\"value\":\"curl (tool)\"}]}"},
        {"arn:d", "{\"headers\":[{\"name\":\"User-Agent\",\"value\":\"curl (tool)\"}]}"},
    };
    struct engine engine = engine_config(BY_WEBACL("") UNDER(TENANT, SOC(BARE)) "}", &table, 1);
    for (size_t i = 0; i < 4 * WV_COUNT(cases); i++) {
        const size_t k = i % WV_COUNT(cases);
        char text[512];
        char wanted[512];
        snprintf(text, sizeof text,
                 "{\"webaclId\":\"%s\",\"httpRequest\":{\"host\":\"shop.example.com\",\"headers\":["
                 "{\"name\":\"User-Agent\",\"value\":\"curl/8.11.0\"}]}}",
                 cases[k].webacl);
        snprintf(wanted, sizeof wanted, "{\"webaclId\":\"%s\",\"httpRequest\":%s}", cases[k].webacl,
                 cases[k].members);
        ck_assert(value_is(&engine_text(&engine, text).items[0], wanted));
    }
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

/* Whether the header wafveil-pack has these names, without their versions. */
static bool is_pack(const struct wv_result *result, const char *names)
{
    const struct wv_header *found = header(result, "wafveil-pack");
    char text[256];
    size_t len = 0;
    for (size_t i = 0; found != NULL && i < found->value.len && len + 1 < sizeof text; i++) {
        i += found->value.ptr[i] == '@' ? strlen("@3f9a2c11") : 0;
        if (i < found->value.len) {
            text[len++] = (char)found->value.ptr[i];
        }
    }
    text[len] = '\0';
    if (strcmp(text, names) != 0) {
        fprintf(stderr, "got %s, wanted %s\n", text, names);
    }
    return strcmp(text, names) == 0;
}

/* Kafka headers can stand there more than once, and whoever adds one must not take away what
 * another says. The plan has merged rules for so many regions as there are sources: what is more
 * is nobody's, and every law is asked. */
START_TEST(all_headers_of_a_name_speak)
{
    static const struct {
        const char *said[3];
        const char *tenant;
        const char *pack; /* the names of those in force, in the order of the plan */
        const char *origin;
    } cases[] = {
        {{"region=eu"}, "unknown", "eu+unknown", "eu,unknown"},
        {{"region=jp", "region=jp", "site=a"}, "acme", "jp+us", "jp,us"},
        {{"region=eu", "site=a", "region=jp"}, "acme", "eu+unknown+us", "eu,jp,unknown,us"},
        {{"site=a", "region=jp", "region=eu"}, "acme", "jp+unknown+us", "eu,jp,unknown,us"},
        {{"region=jp", "region=eu"}, "unknown", "eu+jp+unknown", "eu,jp,unknown"},
        {{"region=jp", "region=eu", "region=uk"}, "unknown", "eu+jp+unknown", "eu,jp,uk,unknown"},
        {{"region=", "region=DE", "site=a"}, "acme", "eu+us", "eu,us"},
        {{"region=mars", "region=DE", "site=a"}, "acme", "eu+unknown+us", "eu,unknown,us"},
        {{"site=a", "site=a"}, "acme", "us", "us"},
        {{"site=a", "site=b"}, "unknown", "unknown", "unknown"},
        {{"site=a", "site="}, "unknown", "unknown", "unknown"},
        {{"site=", "site=a"}, "unknown", "unknown", "unknown"},
    };
    static const struct engine_file sites = {"sites.json",
                                             "{\"a\":{\"tenant\":\"acme\",\"region\":\"us\"},"
                                             "\"b\":{\"tenant\":\"b\",\"region\":\"us\"}}"};
    struct engine engine =
        engine_config(INPUT("{\"from\":\"header\",\"header\":\"site\",\"table\":\"sites.json\"}")
                          UNDER(TENANT ",{\"from\":\"header\",\"header\":\"region\"}",
                                SOC(",\"annotate\":\"headers\"")) "}",
                      &sites, 1);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_header headers[3];
        size_t count = 0;
        for (; count < 3 && cases[i].said[count] != NULL; count++) {
            const struct wv_slice said = wv_slice_of(cases[i].said[count]);
            const size_t sign = (size_t)(strchr(cases[i].said[count], '=') - cases[i].said[count]);
            headers[count] = (struct wv_header){wv_slice_sub(said, 0, sign),
                                                wv_slice_sub(said, sign + 1, said.len)};
        }
        const struct wv_record message = {
            .value = wv_slice_of(record), .headers = headers, .header_count = count, .time_ms = -1};
        const struct wv_result *result = &wv_transform(engine.worker, &message).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        ck_assert_msg(wv_slice_eq(result->tenant, wv_slice_of(cases[i].tenant)), "case %zu", i);
        ck_assert_msg(header_is(result, "wafveil-origin", cases[i].origin), "case %zu", i);
        ck_assert_msg(is_pack(result, cases[i].pack), "case %zu", i);
    }
    /* Whichever they are, there are rules for them. */
    for (size_t a = 0; a < wv_plan_packs(engine.plan); a++) {
        for (size_t b = 0; b < wv_plan_packs(engine.plan); b++) {
            struct wv_header headers[] = {
                {WV_LIT("region"), wv_slice_of(wv_plan_pack(engine.plan, a).name)},
                {WV_LIT("region"), wv_slice_of(wv_plan_pack(engine.plan, b).name)},
                {WV_LIT("region"), WV_LIT("refused")},
                {WV_LIT("site"), WV_LIT("b")}};
            const struct wv_record message = {.value = wv_slice_of(record),
                                              .headers = headers,
                                              .header_count = 2 + (a + b) % 3,
                                              .time_ms = a % 2 == 0 ? -1 : 1763805611333};
            ck_assert_int_eq(wv_transform(engine.worker, &message).items[0].outcome, WV_PUBLISH);
        }
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform_outputs");
    TCase *outputs = tcase_create("outputs");
    tcase_add_test(outputs, annotation_is_the_last_member);
    tcase_add_test(outputs, annotation_goes_where_the_output_says);
    tcase_add_test(outputs, headers_of_the_input_leave_room_for_ours);
    tcase_add_test(outputs, tokens_join_within_a_domain_only);
    tcase_add_test(outputs, a_domain_that_is_too_long_makes_no_tokens);
    tcase_add_test(outputs, one_value_has_one_token);
    tcase_add_test(outputs, overlay_is_stricter);
    tcase_add_test(outputs, third_parties_do_not_learn_the_tenant);
    tcase_add_test(outputs, networks_are_an_output_s_wish);
    tcase_add_test(outputs, refused_consent_binds_outputs_that_rest_on_it);
    tcase_add_test(outputs, conditions_choose_rules);
    tcase_add_test(outputs, unknown_tenants_get_the_strictest_pack_or_nothing);
    tcase_add_test(outputs, tenants_do_not_share_answers);
    tcase_add_test(outputs, all_regions_of_a_record_apply);
    tcase_add_test(outputs, all_headers_of_a_name_speak);
    suite_add_tcase(suite, outputs);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
