/*
 * At stake: an output that gets a record which it should not have has got somebody's data; one that
 * does not get a record has lost an attack. Conditions must do what they say, a record must not be
 * used for what it was not collected for, and nobody may be able to choose himself out of a sample,
 * which must still say how much there was.
 */
#include "support/engine.h"

#include <check.h>
#include <math.h>

static const struct wv_tally *tally(const struct engine *engine)
{
    return wv_worker_tally(engine->worker);
}

static uint64_t left_out(const struct engine *engine, size_t output, enum wv_suppression why)
{
    return tally(engine)->left_out[output][why];
}

/* ---- Conditions ------------------------------------------------------------------------------
 */

#define RECORD(members)                                                                            \
    "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"host\":\"a.example\"}," members "}"

START_TEST(conditions_choose_outputs)
{
    static const struct {
        const char *members;
        bool when;
        bool discarded;
    } cases[] = {
        {"\"action\":\"BLOCK\",\"terminatingRuleId\":\"R\"", true, false},
        {"\"action\":\"COUNT\",\"terminatingRuleId\":\"R\"", true, false},
        {"\"action\":\"ALLOW\",\"terminatingRuleId\":\"R\"", false, false},
        {"\"action\":\"block\",\"terminatingRuleId\":\"R\"", false, false},
        {"\"action\":\"BLOC\\u004b\",\"terminatingRuleId\":\"R\"", true, false},
        {"\"action\":\"BLOCK\",\"terminatingRuleId\":\"S\"", false, false},
        {"\"action\":\"BLOCK\"", false, false},
        {"\"action\":\"BLOCK\",\"action\":\"BLOCK\",\"terminatingRuleId\":\"R\"", false, false},
        {"\"action\":7,\"terminatingRuleId\":\"R\"", false, false},
        {"\"labels\":[{\"name\":\"probe\"}]", false, true},
        {"\"labels\":[{\"name\":\"x\"},{\"name\":\"prob\\u0065\"}]", false, true},
        {"\"labels\":[{\"name\":\"probes\"}]", false, false},
    };
    struct engine engine = engine_config(
        ACME UNDER(TENANT, "{\"name\":\"w\",\"purpose\":\"security\",\"when\":{\"action\":["
                           "\"BLOCK\",\"COUNT\"],\"rule\":[\"R\"]}},"
                           "{\"name\":\"d\",\"purpose\":\"security\",\"discard\":{\"label\":["
                           "\"probe\"],\"host\":[\"a.example\"]}},"
                           "{\"name\":\"all\",\"purpose\":\"security\"}") "}",
        NULL, 0);
    uint64_t when = 0;
    uint64_t discarded = 0;
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char text[512];
        snprintf(text, sizeof text, RECORD("%s"), cases[i].members);
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_uint_eq(results.count, 3);
        ck_assert_msg((results.items[0].outcome == WV_PUBLISH) == cases[i].when, "case %zu", i);
        ck_assert_msg((results.items[1].outcome == WV_SUPPRESS) == cases[i].discarded, "case %zu",
                      i);
        ck_assert_int_eq(results.items[2].outcome, WV_PUBLISH);
        for (size_t o = 0; o < 2; o++) {
            if (results.items[o].outcome != WV_PUBLISH) {
                ck_assert_int_eq(results.items[o].outcome, WV_SUPPRESS);
                ck_assert_uint_eq(results.items[o].value.len + results.items[o].header_count, 0);
                ck_assert_ptr_null(results.items[o].key.ptr);
            }
        }
        when += !cases[i].when;
        discarded += cases[i].discarded;
    }
    ck_assert_uint_eq(left_out(&engine, 0, WV_SUPPRESSION_WHEN), when);
    ck_assert_uint_eq(left_out(&engine, 1, WV_SUPPRESSION_DISCARD), discarded);
    ck_assert_uint_eq(tally(&engine)->records_out, 3 * WV_COUNT(cases) - when - discarded);
    engine_fini(&engine);
}
END_TEST

/* Who must not have the record gets no stub of it, and somebody is told all the same. */
START_TEST(stubs_go_where_records_go)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, "{\"name\":\"other\",\"purpose\":\"security\",\"when\":{\"tenant\":["
                           "\"rival\"]}},"
                           "{\"name\":\"own\",\"purpose\":\"security\",\"when\":{\"tenant\":["
                           "\"acme\"]}}") ",\"limits\":{\"depth\":4}}",
        NULL, 0);
    const struct wv_results results = engine_text(&engine, "{\"action\":\"BLOCK\",\"x\":[[[[]]]]}");
    ck_assert_uint_eq(results.count, 2);
    ck_assert_int_eq(results.items[0].outcome, WV_REJECT);
    ck_assert_int_eq(results.items[0].reason, WV_REASON_TOO_DEEP);
    ck_assert_uint_eq(results.items[0].value.len, 0);
    ck_assert_int_eq(results.items[1].outcome, WV_STUB);
    ck_assert_uint_eq(tally(&engine)->rejected[WV_REASON_TOO_DEEP], 2);
    ck_assert_uint_eq(left_out(&engine, 0, WV_SUPPRESSION_WHEN), 0);
    engine_fini(&engine);
}
END_TEST

/* ---- Samples ---------------------------------------------------------------------------------
 */

#define SAMPLED(name, rate, more)                                                                  \
    "{\"name\":\"" name "\",\"purpose\":\"security\",\"sample\":{\"rate\":" rate "}" more "}"

static struct wv_results send(struct engine *engine, unsigned client, const char *action)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"action\":\"%s\",\"httpRequest\":{\"clientIp\":\"198.51.%u.%u\"}}", action,
             client / 256, client % 256);
    return engine_text(engine, text);
}

/* 0: it does not say. */
static double weight_of(const struct wv_result *result)
{
    static const char member[] = "\"weight\":";
    const uint8_t *at = result->value.len == 0 ? NULL
                                               : memmem(result->value.ptr, result->value.len,
                                                        member, sizeof member - 1);
    return at == NULL ? 0 : strtod((const char *)at + sizeof member - 1, NULL);
}

/* A client's records go together, whatever else they say, and a lower rate keeps clients that a
 * higher one keeps, too, where both outputs share a domain. */
START_TEST(clients_stay_or_go_as_a_whole)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   SAMPLED("a", "0.5", ",\"domain\":\"{tenant}/x\"") "," SAMPLED(
                       "b", "0.1", ",\"domain\":\"{tenant}/x\"") "," SAMPLED("c", "0.5", "")) "}",
        NULL, 0);
    unsigned kept[3] = {0};
    unsigned apart = 0;
    for (unsigned client = 0; client < 2000; client++) {
        bool first[3] = {0};
        for (unsigned round = 0; round < 3; round++) {
            const struct wv_results results = send(&engine, client, round == 1 ? "COUNT" : "ALLOW");
            ck_assert_uint_eq(results.count, 3);
            for (size_t o = 0; o < 3; o++) {
                const bool in = results.items[o].outcome == WV_PUBLISH;
                ck_assert(in || results.items[o].outcome == WV_SUPPRESS);
                ck_assert(round == 0 || in == first[o]);
                first[o] = in;
                kept[o] += in;
                ck_assert(!in || weight_of(&results.items[o]) == (o == 1 ? 10 : 2));
            }
            ck_assert(!first[1] || first[0]);
        }
        apart += first[0] != first[2]; /* another domain, another choice */
    }
    ck_assert_uint_gt(kept[1], 3 * 150);
    ck_assert_uint_lt(kept[1], 3 * 250);
    ck_assert_uint_gt(apart, 800);
    ck_assert_uint_eq(left_out(&engine, 1, WV_SUPPRESSION_SAMPLE), 6000 - kept[1]);
    engine_fini(&engine);
}
END_TEST

enum { ESTIMATES = 32, CLIENTS = 3000 };

/* How many records a client has: most have few, some have many. */
static unsigned records_of(unsigned client)
{
    return 1 + (client % 7 == 0 ? client % 23 : 0) + (client % 500 == 3 ? 40 : 0);
}

/* The sum of the weights estimates the number of records. Of that estimate the standard error is
 * known: a client of n records adds n²(1 - p)/p to its square. Each output is an estimate by
 * itself: they must lie as far from the truth as they should, and not on one side. */
START_TEST(weights_estimate_the_whole)
{
    char config[16384];
    size_t len = (size_t)snprintf(config, sizeof config, "%s",
                                  ACME "\"regions\":[" TENANT "],\"outputs\":[");
    for (unsigned o = 0; o < ESTIMATES; o++) {
        len += (size_t)snprintf(config + len, sizeof config - len, "%s" SAMPLED("o%u", "0.1", ""),
                                o == 0 ? "" : ",", o);
    }
    snprintf(config + len, sizeof config - len, "]}");
    struct engine engine = engine_config(config, NULL, 0);
    double estimate[ESTIMATES] = {0};
    double truth = 0;
    double variance = 0;
    for (unsigned client = 0; client < CLIENTS; client++) {
        const unsigned records = records_of(client);
        /* Some of them were blocked: of those none is missing. */
        const unsigned blocked = client % 11 == 0 ? records / 2 : 0;
        const double sampled = records - blocked;
        truth += records;
        variance += sampled * sampled * 0.9 / 0.1;
        for (unsigned i = 0; i < records; i++) {
            const struct wv_results results =
                send(&engine, client, i < blocked ? "BLOCK" : "ALLOW");
            for (size_t o = 0; o < results.count; o++) {
                estimate[o] += weight_of(&results.items[o]);
            }
        }
    }
    unsigned within = 0;
    unsigned above = 0;
    for (unsigned o = 0; o < ESTIMATES; o++) {
        const double z = (estimate[o] - truth) / sqrt(variance);
        ck_assert_msg(fabs(z) < 4, "output %u: %f of %f", o, estimate[o], truth);
        within += fabs(z) <= 1;
        above += z > 0;
    }
    /* Of 32 that lie as a normal distribution says, 22 are within one standard error. */
    ck_assert_uint_ge(within, 15);
    ck_assert_uint_le(within, 29);
    ck_assert_uint_ge(above, 7);
    ck_assert_uint_le(above, 25);
    engine_fini(&engine);
}
END_TEST

#define CLIENT "\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}"

/* A rate at which nobody is kept by chance. */
START_TEST(what_must_be_seen_is_never_left_out)
{
    static const struct {
        const char *record;
        bool kept;
    } cases[] = {
        {"{\"action\":\"ALLOW\"," CLIENT "}", false},
        {"{\"action\":\"COUNT\"," CLIENT "}", false},
        {"{\"action\":\"allow\"," CLIENT "}", false},
        {"{\"action\":\"\"," CLIENT "}", false},
        {"{" CLIENT "}", false},
        {"{\"action\":\"BLOCK\"," CLIENT "}", true},
        {"{\"action\":\"blocked\"," CLIENT "}", true},
        {"{\"action\":\"CAPTCHA\"," CLIENT "}", true},
        {"{\"action\":\"log\"," CLIENT "}", true},
        {"{\"action\":\"whatever\"," CLIENT "}", true},
        {"{\"action\":true," CLIENT "}", true},
        {"{\"action\":[\"ALLOW\"]," CLIENT "}", true},
        {"{\"action\":\"ALLOW\",\"action\":\"BLOCK\"," CLIENT "}", true},
        {"{\"action\":\"ALLOW\"}", true},
        {"{\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"\"}}", true},
        {"{\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"nobody\"}}", true},
        {"{\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":7}}", true},
    };
    struct engine engine =
        engine_config(ACME UNDER(TENANT, SAMPLED("s", "0.000001", "")) "}", NULL, 0);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_result result = engine_text(&engine, cases[i].record).items[0];
        ck_assert_msg((result.outcome == WV_PUBLISH) == cases[i].kept, "%s", cases[i].record);
        ck_assert(!cases[i].kept || weight_of(&result) == 1);
    }
    engine_fini(&engine);
}
END_TEST

/* Records of formats that know no action: traffic, and what a rule has found in it. */
START_TEST(what_a_rule_found_is_never_left_out)
{
    static const struct {
        const char *record;
        bool kept;
    } cases[] = {
        {"192.0.2.77 - - [18/Nov/2026:10:20:30 +0000] \"GET / HTTP/1.1\" 200 7", false},
        {"[Wed Nov 18 10:20:30.000000 2026] [core:error] [pid 1:tid 2] [client 192.0.2.77:1] "
         "ModSecurity: Access denied with code 403 (phase 2). [id \"942100\"]",
         true},
        {"2026/11/18 10:20:30 [error] 1#1: *1 ModSecurity: Access denied with code 403 (phase 2). "
         "[id \"1\"], client: 192.0.2.77, server: a.example",
         true},
    };
    struct engine engine =
        engine_config("{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"name\":\"acme\",\"region\":"
                      "\"eu\"}}]," UNDER(TENANT, SAMPLED("s", "0.000001", "")) "}",
                      NULL, 0);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_result result = engine_text(&engine, cases[i].record).items[0];
        ck_assert_msg((result.outcome == WV_PUBLISH) == cases[i].kept, "%s", cases[i].record);
    }
    ck_assert_uint_eq(left_out(&engine, 0, WV_SUPPRESSION_SAMPLE), 1);
    engine_fini(&engine);
}
END_TEST

START_TEST(stubs_are_never_left_out)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SAMPLED("s", "0.000001", "")) ",\"limits\":{\"depth\":4}}", NULL, 0);
    const struct wv_result result =
        engine_text(&engine, "{\"action\":\"ALLOW\"," CLIENT ",\"x\":[[[[]]]]}").items[0];
    ck_assert_int_eq(result.outcome, WV_STUB);
    ck_assert(weight_of(&result) == 1);
    engine_fini(&engine);
}
END_TEST

/* No domain, no key, no choice: all stay. */
START_TEST(without_a_key_all_stay)
{
#define LONG "{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}{tenant}"
    struct engine engine =
        engine_config(INPUT("{\"name\":\"a-name-of-more-than-thirty-two-bytes\",\"region\":\"eu\"}")
                          UNDER(TENANT, SAMPLED("s", "0.000001", ",\"domain\":\"" LONG "\"")) "}",
                      NULL, 0);
    const struct wv_result result = send(&engine, 7, "ALLOW").items[0];
    ck_assert_int_eq(result.outcome, WV_PUBLISH);
    ck_assert(weight_of(&result) == 1);
    engine_fini(&engine);
}
END_TEST

START_TEST(weights_stand_where_the_annotation_does)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT, SAMPLED("h", "1", ",\"annotate\":\"headers\"") "," SAMPLED(
                               "b", "1", ",\"annotate\":\"both\"") "," SAMPLED("t", "0.3",
                                                                               "") "," SOC("")) "}",
        NULL, 0);
    struct wv_results results = send(&engine, 7, "ALLOW");
    ck_assert(header_is(&results.items[0], "wafveil-weight", "1"));
    ck_assert(!holds(results.items[0].value, "weight"));
    ck_assert(header_is(&results.items[1], "wafveil-weight", "1"));
    ck_assert(holds(results.items[1].value, ",\"weight\":1,\"tokens\""));
    ck_assert(!holds(results.items[3].value, "weight"));
    bool seen = false;
    for (unsigned client = 0; client < 50; client++) {
        results = send(&engine, client, "ALLOW");
        seen = seen || holds(results.items[2].value, ",\"weight\":3.333333333,");
    }
    ck_assert(seen);
    engine_fini(&engine);
}
END_TEST

/* ---- Purposes --------------------------------------------------------------------------------
 */

static const struct engine_file tenants = {
    "tenants.json", "{\"a\":{\"tenant\":\"a\",\"region\":\"eu\",\"purposes\":[\"security\"]},"
                    "\"b\":{\"tenant\":\"b\",\"region\":\"eu\"},"
                    "\"c\":{\"tenant\":\"c\",\"region\":\"eu\",\"third_party\":true,\"purposes\":["
                    "\"third_party\",\"analytics\"]}}"};

#define OF_TENANTS(members)                                                                        \
    "{\"inputs\":[{\"format\":\"aws-waf\"" members                                                 \
    ",\"tenant\":{\"from\":\"webacl\",\"table\":\"tenants.json\"}}],"
#define SOC_AND_LAKE                                                                               \
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"},{\"name\":\"lake\",\"purpose\":"     \
    "\"analytics\"}]}"

enum { SOC_GETS = 1, LAKE_GETS = 2, BOTH_GET = 3 };

static const struct use {
    const char *config;
    const char *webacl;
    const char *said[2]; /* header purposes; NULL: none */
    unsigned goes_to;
} uses[] = {
    /* Nothing is said. */
    {OF_TENANTS("") SOC_AND_LAKE, "b", {NULL, NULL}, BOTH_GET},
    {OF_TENANTS("") SOC_AND_LAKE, "b", {"security", NULL}, BOTH_GET},
    {OF_TENANTS("") SOC_AND_LAKE, "x", {NULL, NULL}, BOTH_GET},
    /* The tenant says it. */
    {OF_TENANTS("") SOC_AND_LAKE, "a", {NULL, NULL}, SOC_GETS},
    {OF_TENANTS("") SOC_AND_LAKE, "c", {NULL, NULL}, LAKE_GETS},
    /* The input says it; a tenant can only take away. */
    {OF_TENANTS(",\"purposes\":[\"security\",\"analytics\"]") SOC_AND_LAKE,
     "b",
     {NULL, NULL},
     BOTH_GET},
    {OF_TENANTS(",\"purposes\":[\"security\",\"analytics\"]") SOC_AND_LAKE,
     "a",
     {NULL, NULL},
     SOC_GETS},
    {OF_TENANTS(",\"purposes\":[\"security\",\"analytics\"]") SOC_AND_LAKE,
     "x",
     {NULL, NULL},
     BOTH_GET},
    /* On a basis on which statistics cannot rest. */
    {OF_TENANTS(",\"basis\":\"legitimate_interest\"") SOC_AND_LAKE, "b", {NULL, NULL}, BOTH_GET},
    /* A header says it. */
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"security", NULL}, SOC_GETS},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE,
     "b",
     {"analytics , security", NULL},
     BOTH_GET},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE,
     "a",
     {"analytics,security", NULL},
     SOC_GETS},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "c", {"security", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"security", "analytics"}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE,
     "b",
     {"security", "security,usage"},
     SOC_GETS},
    /* What it says is not known, or it says nothing. */
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"security,anything", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"Security", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"security,", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {",", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {"", NULL}, 0},
    {OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, "b", {NULL, NULL}, 0},
    /* Without it, what the input says holds. */
    {OF_TENANTS(",\"purposes_header\":\"p\",\"purposes\":[\"security\",\"analytics\"]")
         SOC_AND_LAKE,
     "b",
     {NULL, NULL},
     BOTH_GET},
    {OF_TENANTS(",\"purposes_header\":\"p\",\"purposes\":[\"security\",\"analytics\"]")
         SOC_AND_LAKE,
     "b",
     {"usage,analytics", NULL},
     LAKE_GETS},
    {OF_TENANTS(",\"purposes_header\":\"p\",\"basis\":\"consent\"") SOC_AND_LAKE,
     "b",
     {NULL, NULL},
     BOTH_GET},
};

START_TEST(records_are_used_for_what_they_were_collected_for)
{
    const struct use *use = &uses[_i];
    struct engine engine = engine_config(use->config, &tenants, 1);
    struct wv_header headers[2];
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        if (use->said[i] != NULL) {
            headers[count++] = (struct wv_header){WV_LIT("p"), wv_slice_of(use->said[i])};
        }
    }
    char text[256];
    snprintf(text, sizeof text, "{\"webaclId\":\"%s\",\"action\":\"BLOCK\"," CLIENT "}",
             use->webacl);
    const struct wv_record message = {
        .value = wv_slice_of(text), .headers = headers, .header_count = count, .time_ms = -1};
    const struct wv_results results = wv_transform(engine.worker, &message);
    ck_assert_uint_eq(results.count, 2);
    for (size_t o = 0; o < 2; o++) {
        const bool goes = (use->goes_to >> o & 1) != 0;
        ck_assert_int_eq(results.items[o].outcome, goes ? WV_PUBLISH : WV_SUPPRESS);
        ck_assert_uint_eq(left_out(&engine, o, WV_SUPPRESSION_PURPOSE), !goes);
    }
    engine_fini(&engine);
}
END_TEST

/* A header that never ends must not be read for ever. */
START_TEST(a_long_list_of_purposes_says_nothing)
{
    struct engine engine =
        engine_config(OF_TENANTS(",\"purposes_header\":\"p\"") SOC_AND_LAKE, &tenants, 1);
    static char said[4096];
    for (size_t i = 0; i + 9 < sizeof said; i += 9) {
        memcpy(said + i, "security,", 10);
    }
    said[strlen(said) - 1] = '\0';
    const struct wv_header header = {WV_LIT("p"), wv_slice_of(said)};
    const struct wv_record message = {
        .value = WV_LIT("{}"), .headers = &header, .header_count = 1, .time_ms = -1};
    ck_assert_int_eq(wv_transform(engine.worker, &message).items[0].outcome, WV_SUPPRESS);
    engine_fini(&engine);
}
END_TEST

START_TEST(a_stub_is_a_use_too)
{
    struct engine engine = engine_config(OF_TENANTS("") SOC_AND_LAKE, &tenants, 1);
    char nested[64] = "";
    char text[128];
    memset(nested, '[', 40);
    snprintf(text, sizeof text, "{\"webaclId\":\"a\",\"action\":\"BLOCK\",\"x\":%s", nested);
    const struct wv_results results = engine_text(&engine, text);
    ck_assert_uint_eq(results.count, 2);
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert_int_eq(results.items[1].outcome, WV_REJECT);
    engine_fini(&engine);
}
END_TEST

/* ---- Consent ---------------------------------------------------------------------------------
 */

#define PARTNER(basis)                                                                             \
    "\"outputs\":[{\"name\":\"p\",\"purpose\":\"third_party\",\"basis\":\"" basis "\"},"           \
    "{\"name\":\"soc\",\"purpose\":\"security\"},"                                                 \
    "{\"name\":\"ads\",\"purpose\":\"security\",\"basis\":\"consent\"}]}"
#define ASKED "\"consent\":{\"header\":\"c\",\"third_party\":\"t\"},"

static const struct agreement {
    const char *config;
    const char *webacl;
    const char *consent;
    const char *third_party[2];
    bool partner; /* gets personal data */
    bool soc;
    bool ads;
} agreements[] = {
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {NULL, NULL}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", "given", {NULL, NULL}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"given", NULL}, true, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", "given", {"GIVEN", NULL}, true, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"", NULL}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"yes", NULL}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"refused", NULL}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"given", "refused"}, false, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", NULL, {"given", "given"}, true, true, true},
    /* Consent to disclosure is none to processing. */
    {OF_TENANTS("") ASKED PARTNER("consent"), "b", "refused", {"given", NULL}, false, true, false},
    /* The tenant speaks where the record does not. */
    {OF_TENANTS("") ASKED PARTNER("consent"), "c", NULL, {NULL, NULL}, true, true, true},
    {OF_TENANTS("") ASKED PARTNER("consent"), "c", NULL, {"refused", NULL}, false, true, true},
    {OF_TENANTS("") PARTNER("consent"), "c", NULL, {NULL, NULL}, true, true, true},
    {OF_TENANTS("") PARTNER("consent"), "b", NULL, {"given", NULL}, false, true, true},
    /* Where a law demands it nobody is asked. */
    {OF_TENANTS("") ASKED PARTNER("legal_obligation"), "b", NULL, {NULL, NULL}, true, true, true},
    /* What was collected on consent is not used on another basis after it was refused. */
    {OF_TENANTS(",\"basis\":\"consent\"") ASKED PARTNER("consent"),
     "b",
     "refused",
     {NULL, NULL},
     false,
     false,
     false},
};

START_TEST(third_parties_need_a_consent_of_their_own)
{
    const struct agreement *agreement = &agreements[_i];
    static const struct engine_file all_purposes = {
        "tenants.json", "{\"b\":{\"tenant\":\"b\",\"region\":\"eu\"},\"c\":{\"tenant\":\"c\","
                        "\"region\":\"eu\",\"third_party\":true}}"};
    struct engine engine = engine_config(agreement->config, &all_purposes, 1);
    struct wv_header headers[3];
    size_t count = 0;
    if (agreement->consent != NULL) {
        headers[count++] = (struct wv_header){WV_LIT("c"), wv_slice_of(agreement->consent)};
    }
    for (size_t i = 0; i < 2 && agreement->third_party[i] != NULL; i++) {
        headers[count++] = (struct wv_header){WV_LIT("t"), wv_slice_of(agreement->third_party[i])};
    }
    char text[256];
    snprintf(text, sizeof text, "{\"webaclId\":\"%s\",\"action\":\"BLOCK\"," CLIENT "}",
             agreement->webacl);
    const struct wv_record message = {.value = wv_slice_of(text),
                                      .key = WV_LIT("192.0.2.77"),
                                      .headers = headers,
                                      .header_count = count,
                                      .time_ms = -1};
    const struct wv_results results = wv_transform(engine.worker, &message);
    const bool wanted[] = {agreement->partner, agreement->soc, agreement->ads};
    ck_assert_uint_eq(results.count, 3);
    for (size_t o = 0; o < 3; o++) {
        ck_assert_int_eq(results.items[o].outcome, WV_PUBLISH);
        ck_assert_msg(holds(results.items[o].value, "192.0.2.0") == wanted[o], "output %zu: %.*s",
                      o, (int)results.items[o].value.len, (const char *)results.items[o].value.ptr);
        ck_assert(holds(results.items[o].value, "refused-profile") == !wanted[o]);
        ck_assert((results.items[o].key.ptr != NULL) == wanted[o]);
    }
    const bool counted = tally(&engine)->unconsented[0][WV_CONSENT_PROCESSING] +
                             tally(&engine)->unconsented[0][WV_CONSENT_THIRD_PARTY] >
                         0;
    ck_assert(counted == !agreement->partner);
    engine_fini(&engine);
}
END_TEST

/* Where several speak for a person, one that refuses is enough. */
START_TEST(one_refusal_is_enough)
{
    struct engine engine = engine_config(OF_TENANTS("") ASKED PARTNER("consent"), &tenants, 1);
    static const char *const said[][3] = {
        {"given", "refused", NULL}, {"refused", "given", NULL}, {"x", "y", "Refused"}};
    for (size_t i = 0; i < WV_COUNT(said); i++) {
        struct wv_header headers[3];
        size_t count = 0;
        for (size_t h = 0; h < 3 && said[i][h] != NULL; h++) {
            headers[count++] = (struct wv_header){WV_LIT("c"), wv_slice_of(said[i][h])};
        }
        const struct wv_record message = {
            .value = WV_LIT("{\"webaclId\":\"b\",\"action\":\"BLOCK\"," CLIENT "}"),
            .headers = headers,
            .header_count = count,
            .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &message);
        ck_assert(holds(results.items[1].value, "192.0.2.0"));
        ck_assert(!holds(results.items[2].value, "192.0.2"));
        ck_assert_uint_eq(tally(&engine)->unconsented[2][WV_CONSENT_PROCESSING], i + 1);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- What some tenants never want published --------------------------------------------------
 */

#define CARD   "4111111111111111"
#define STRICT INPUT("{\"name\":\"acme\",\"region\":\"eu\",\"never_sensitive\":true}")

/* A value with something sensitive in it goes whole, wherever it stands; others stay as they are
 * for everybody. */
START_TEST(nothing_sensitive_is_published)
{
    static const struct {
        const char *args;
        const char *usual;  /* NULL: the same as below */
        const char *strict; /* NULL: gone */
    } cases[] = {
        {"q=1&note=" CARD, "q=1&note=~PAN~", NULL},
        {"q=1&card_number=1", "q=1&card_number=~PAYMENT", NULL},
        {"at=48.858370,2.294481", "~GEO~", NULL},
        {"ahv=756.9217.0769.85", "~ID~", NULL},
        {"iban=DE89370400440532013000", "~", NULL},
        {"m=a.person@example.org", "m=~EMAIL", "m=~EMAIL"},
        {"q=%27%20or%201=1", "q=%27%20or%201=1", "q=%27%20or%201=1"},
    };
    struct engine strict = engine_config(STRICT UNDER(TENANT, SOC(BARE)) "}", NULL, 0);
    struct engine usual = engine_config(ACME UNDER(TENANT, SOC(BARE)) "}", NULL, 0);
    size_t gone = 0;
    for (size_t i = 0; i < WV_COUNT(cases) * 2; i++) { /* the second time from memory */
        char text[512];
        const size_t at = i % WV_COUNT(cases);
        snprintf(text, sizeof text, "{\"action\":\"BLOCK\",\"httpRequest\":{\"args\":\"%s\"}}",
                 cases[at].args);
        const struct wv_result before = engine_text(&usual, text).items[0];
        ck_assert_msg(holds(before.value, cases[at].usual), "%.*s", (int)before.value.len,
                      (const char *)before.value.ptr);
        const struct wv_result after = engine_text(&strict, text).items[0];
        ck_assert_int_eq(after.outcome, WV_PUBLISH);
        ck_assert_msg(holds(after.value, "args") == (cases[at].strict != NULL), "%.*s",
                      (int)after.value.len, (const char *)after.value.ptr);
        ck_assert(cases[at].strict == NULL || holds(after.value, cases[at].strict));
        gone += cases[at].strict == NULL;
    }
    ck_assert_uint_eq(tally(&strict)->sensitive[0], gone);
    ck_assert_uint_eq(tally(&usual)->sensitive[0], 0);
    engine_fini(&strict);
    engine_fini(&usual);
}
END_TEST

START_TEST(nothing_sensitive_goes_beside_the_record)
{
    struct engine engine = engine_config(
        STRICT UNDER(TENANT, SOC(",\"key\":\"scrub\",\"headers\":[\"h\",\"g\"]")) "}", NULL, 0);
    const struct wv_header headers[] = {{WV_LIT("h"), WV_LIT("paid with " CARD)},
                                        {WV_LIT("g"), WV_LIT("paid by a.person@example.org")}};
    const struct wv_record message = {.value = WV_LIT("{}"),
                                      .key = WV_LIT("card " CARD),
                                      .headers = headers,
                                      .header_count = 2,
                                      .time_ms = -1};
    const struct wv_result result = wv_transform(engine.worker, &message).items[0];
    ck_assert_ptr_null(result.key.ptr);
    ck_assert_ptr_null(header(&result, "h"));
    ck_assert_ptr_nonnull(header(&result, "g"));
    ck_assert_uint_eq(tally(&engine)->sensitive[0], 2);
    engine_fini(&engine);
}
END_TEST

/* ---- What is wrong with a configuration ------------------------------------------------------
 */

#define ONE(output) ACME "\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\"" output "}]}"
#define COLLECTED(input, purpose)                                                                  \
    OF_TENANTS(input) "\"outputs\":[{\"name\":\"o\",\"purpose\":\"" purpose "\"}]}"

static const struct finding {
    const char *config;
    size_t errors;
    const char *said;
} findings[] = {
    {ONE(",\"when\":{\"actoin\":[\"BLOCK\"]}"), 1,
     "unknown member \"actoin\"; did you mean \"action\"? (at /outputs/0/when/actoin)\n"},
    {ONE(",\"when\":{\"action\":\"BLOCK\"}"), 1, "(at /outputs/0/when/action)\n"},
    {ONE(",\"when\":{}"), 1, "names no condition (at /outputs/0/when)\n"},
    {ONE(",\"when\":[]"), 1, "(at /outputs/0/when)\n"},
    {ONE(",\"discard\":{\"action\":[]}"), 1, "names no condition (at /outputs/0/discard)\n"},
    {ONE(",\"discard\":{\"clientIp\":[\"192.0.2.1\"]}"), 1,
     "unknown member \"clientIp\"; known: action, rule, label, host, tenant (at "
     "/outputs/0/discard/clientIp)\n"},
    {ONE(",\"when\":{\"action\":[\"BLOCK\"],\"host\":[\"h\"]},\"discard\":{\"action\":[\"BLOCK\"]"
         "}"),
     1,
     "holds for every record for which \"when\" does: nothing would go there (at "
     "/outputs/0/discard)\n"},
    {ONE(",\"when\":{\"action\":[\"BLOCK\"]},\"discard\":{\"action\":[\"ALLOW\"]}"), 0, ""},
    {ONE(",\"when\":{\"tenant\":[\"unknown\",\"acmee\"]}"), 0,
     "there is no tenant \"acmee\"; did you mean \"acme\"? (at /outputs/0/when/tenant/1)\n"},
    {ONE(",\"discard\":{\"host\":[\"a.example\",\"A.example\"]}"), 0,
     "never holds: hosts are compared in lower case and without a port (at "
     "/outputs/0/discard/host/1)\n"},
    {ONE(",\"sample\":0.1"), 1, "(at /outputs/0/sample)\n"},
    {ONE(",\"sample\":{}"), 1, "\"rate\" is required"},
    {ONE(",\"sample\":{\"rat\":0.1}"), 2, "did you mean \"rate\"? (at /outputs/0/sample/rat)\n"},
    {ONE(",\"sample\":{\"rate\":\"0.1\"}"), 1,
     "must be a number from 0.000001 to 1: the share of the clients whose records are kept (at "
     "/outputs/0/sample/rate)\n"},
    {ONE(",\"sample\":{\"rate\":0}"), 1, "(at /outputs/0/sample/rate)\n"},
    {ONE(",\"sample\":{\"rate\":1.5}"), 1, "(at /outputs/0/sample/rate)\n"},
    {ONE(",\"sample\":{\"rate\":-0.1}"), 1, "(at /outputs/0/sample/rate)\n"},
    {ONE(",\"sample\":{\"rate\":1}"), 0, ""},
    {ONE(",\"sample\":{\"rate\":0.5},\"annotate\":\"none\""), 1,
     "nobody could tell for how many records each one stands (at /outputs/0/sample)\n"},
    {COLLECTED(",\"purposes\":[\"securty\"]", "security"), 1,
     "there is no purpose \"securty\"; did you mean \"security\"? [PUR-4] (at "
     "/inputs/0/purposes/0)\n"},
    {COLLECTED(",\"purposes\":[]", "security"), 1,
     "names no purpose: leave it out where nothing is known of them [PUR-4] (at "
     "/inputs/0/purposes)\n"},
    {COLLECTED(",\"basis\":\"concent\"", "security"), 1,
     "there is no basis \"concent\"; did you mean \"consent\"? [PUR-4] (at /inputs/0/basis)\n"},
    {COLLECTED(",\"purposes\":[\"usage\"]", "security"), 1,
     "no input's records were collected for security: nothing can go there [PUR-4] (at "
     "/outputs/0/purpose)\n"},
    {COLLECTED(",\"basis\":\"contract\"", "analytics"), 1,
     "no input's records were collected for analytics: nothing can go there [PUR-4] (at "
     "/outputs/0/purpose)\n"},
    {COLLECTED(",\"basis\":\"contract\"", "security"), 0, ""},
    {COLLECTED(",\"basis\":\"contract\",\"purposes\":[\"security\",\"research\"]", "security"), 1,
     "the purpose research cannot rest on contract [PUR-4] (at /inputs/0/basis)\n"},
    /* Two inputs, of which one is enough. */
    {"{\"inputs\":[{\"format\":\"aws-waf\",\"topic\":\"t\",\"tenant\":{\"name\":\"a\"},"
     "\"purposes\":"
     "[\"usage\"]},{\"format\":\"aws-waf\",\"topic\":\"u\",\"tenant\":{\"name\":\"b\"},"
     "\"purposes\":[\"security\"]}],\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\"}]}",
     0, ""},
    /* No tenant's records, and those of strangers are rejected. */
    {"{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"from\":\"webacl\",\"table\":"
     "\"tenants.json\",\"unknown\":\"reject\"},\"purposes\":[\"usage\",\"third_party\"]}],"
     "\"outputs\":[{\"name\":\"o\",\"purpose\":\"usage\"}]}",
     0, ""},
    {"{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"from\":\"webacl\",\"table\":"
     "\"tenants.json\",\"unknown\":\"reject\"}}],\"outputs\":[{\"name\":\"o\",\"purpose\":"
     "\"third_party\",\"basis\":\"consent\"}]}",
     0, ""},
    /* Whoever uses records for more than security is reminded. */
    {ONE(",\"recipient\":\"r\"},{\"name\":\"l\",\"purpose\":\"analytics\""), 0,
     "no \"purposes\" say that records were collected for analytics, too [PUR-4] (at /inputs)\n"},
    /* Nobody can have agreed. */
    {ACME "\"outputs\":[{\"name\":\"o\",\"purpose\":\"third_party\",\"basis\":\"consent\"}]}", 0,
     "it gets no personal data until consent.third_party, or a tenant's third_party, does "
     "[TRF-12] (at /outputs/0/basis)\n"},
};

START_TEST(what_is_wrong_is_said)
{
    const struct finding *finding = &findings[_i];
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(finding->config, &tenants, 1, report);
    findings_hold(report, finding->config, finding->said, finding->errors);
    ck_assert_int_eq(plan == NULL, finding->errors > 0);
    wv_plan_free(plan);
}
END_TEST

/* A tenant that never wants such rests on the packs' detectors. */
START_TEST(packs_look_for_what_is_sensitive)
{
    static const struct {
        struct engine_file pack;
        const char *said; /* NULL: nothing is wrong */
    } cases[] = {
        {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"rules\":{}}"}, NULL},
        {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"detectors\":{\"uuid\":\"off\"}}"}, NULL},
        {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"detectors\":{\"pan\":\"off\"}}"},
         "the pack p turns off the detector pan, but nothing sensitive of tenant \"acme\" may be "
         "published [CAT-14] (at /packs)\n"},
        {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"rules\":{\"query\":[{\"when\":{"
                    "\"action\":[\"BLOCK\"]},\"value\":[\"keep\"]},{\"value\":[\"drop\"]}]}}"},
         "the pack p publishes, unsearched, query, but nothing sensitive of tenant \"acme\" may be "
         "published [CAT-14] (at /packs)\n"},
    };
    for (size_t i = 0; i < 2 * WV_COUNT(cases); i++) {
        struct wv_report *report = wv_report_new();
        const bool strict = i < WV_COUNT(cases);
        const char *said = cases[i % WV_COUNT(cases)].said;
        struct wv_plan *plan = engine_plan(
            strict ? INPUT("{\"name\":\"acme\",\"region\":\"p\",\"never_sensitive\":true}")
                         UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"p.json\"]}}"
                   : INPUT("{\"name\":\"acme\",\"region\":\"p\"}")
                         UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"p.json\"]}}",
            &cases[i % WV_COUNT(cases)].pack, 1, report);
        char *text = findings_text(report);
        ck_assert_msg((plan == NULL) == (strict && said != NULL), "%zu: %s", i, text);
        ck_assert_msg(plan != NULL || strstr(text, said) != NULL, "%s", text);
        free(text);
        wv_plan_free(plan);
        wv_report_free(report);
    }
}
END_TEST

/* More different conditions than there are bits. */
START_TEST(conditions_have_an_end)
{
    char config[16384];
    size_t len = (size_t)snprintf(config, sizeof config, "%s", ACME "\"outputs\":[");
    for (unsigned o = 0; o < 33; o++) {
        len += (size_t)snprintf(config + len, sizeof config - len,
                                "%s{\"name\":\"o%u\",\"purpose\":\"security\",\"when\":{\"action\":"
                                "[\"a%u\"],\"rule\":[\"r%u\"]}}",
                                o == 0 ? "" : ",", o, o, o);
    }
    snprintf(config + len, sizeof config - len, "]}");
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(config, NULL, 0, report);
    char *text = findings_text(report);
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(text, "at most 64 conditions in all (at /outputs/32/when)"));
    free(text);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routing");
    TCase *routing = tcase_create("routing");
    tcase_set_timeout(routing, 120);
    tcase_add_test(routing, conditions_choose_outputs);
    tcase_add_test(routing, stubs_go_where_records_go);
    tcase_add_test(routing, clients_stay_or_go_as_a_whole);
    tcase_add_test(routing, weights_estimate_the_whole);
    tcase_add_test(routing, what_must_be_seen_is_never_left_out);
    tcase_add_test(routing, what_a_rule_found_is_never_left_out);
    tcase_add_test(routing, stubs_are_never_left_out);
    tcase_add_test(routing, without_a_key_all_stay);
    tcase_add_test(routing, weights_stand_where_the_annotation_does);
    tcase_add_loop_test(routing, records_are_used_for_what_they_were_collected_for, 0,
                        (int)WV_COUNT(uses));
    tcase_add_test(routing, a_long_list_of_purposes_says_nothing);
    tcase_add_test(routing, a_stub_is_a_use_too);
    tcase_add_loop_test(routing, third_parties_need_a_consent_of_their_own, 0,
                        (int)WV_COUNT(agreements));
    tcase_add_test(routing, one_refusal_is_enough);
    tcase_add_test(routing, nothing_sensitive_is_published);
    tcase_add_test(routing, nothing_sensitive_goes_beside_the_record);
    tcase_add_test(routing, packs_look_for_what_is_sensitive);
    tcase_add_loop_test(routing, what_is_wrong_is_said, 0, (int)WV_COUNT(findings));
    tcase_add_test(routing, conditions_have_an_end);
    suite_add_tcase(suite, routing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
