/*
 * At stake: the address of the client chooses the law before it is cut. If it were read from where
 * the client can write, or read where it is not clear, people would lose the protection of their
 * law; and what is added to a record must be what the pack would have let stand, and nothing else.
 */
#include "plan/geo.h"
#include "support/engine.h"
#include "support/random.h"

#define COUNTRIES "\"" WV_TEST_GEO "/country-28.mmdb\""
#define OPERATORS "\"" WV_TEST_GEO "/asn.mmdb\""
#define LOCATED   "{\"from\":\"database\",\"file\":" COUNTRIES "}"
#define NOBODY    INPUT("{\"name\":\"acme\"}")
#define LISTS                                                                                      \
    "\"lists\":[{\"name\":\"tor\",\"file\":\"tor.txt\"},{\"name\":\"own\",\"file\":\"own.txt\"}]"
#define ALL                                                                                        \
    ",\"enrich\":{\"country\":{\"file\":" COUNTRIES "},\"asn\":{\"file\":" OPERATORS "}," LISTS "}"
#define RECORD(address) "{\"httpRequest\":{\"clientIp\":\"" address "\"}}"

static const struct engine_file lists[] = {
    {"tor.txt", "192.0.2.0/25\n203.0.113.0/25\n2001:db8::/48\n"},
    {"own.txt", "10.0.0.0/8\n192.0.2.64/26\n198.51.100.0/24\n"},
};

/* "eu" of "eu@3f9a2c11", whichever packs the first result's annotation names. */
static bool packs_are(const struct wv_result *result, const char *names)
{
    char text[256] = "";
    const uint8_t *at = memmem(result->value.ptr, result->value.len, "\"pack\":\"", 8);
    ck_assert_ptr_nonnull(at);
    at += 8;
    for (size_t used = 0; *at != '"'; at++) {
        ck_assert_uint_lt(used + 1, sizeof text);
        if (*at == '@') {
            at += 8;
        } else {
            text[used++] = (char)*at;
        }
    }
    if (strcmp(text, names) != 0) {
        fprintf(stderr, "got %s, wanted %s\n", text, names);
    }
    return strcmp(text, names) == 0;
}

/* ---- Regions ---------------------------------------------------------------------------------
 */

static const struct {
    const char *record;
    const char *packs;
    enum wv_geo_result result;
} places[] = {
    {RECORD("192.0.2.5"), "jp", WV_GEO_FOUND},
    {RECORD("198.51.100.5"), "eu", WV_GEO_FOUND},
    {RECORD("203.0.113.5"), "us", WV_GEO_FOUND},
    {RECORD("2001:db8::5"), "eu", WV_GEO_FOUND},
    {RECORD("::ffff:192.0.2.5"), "jp", WV_GEO_FOUND},
    {RECORD("192.0.2.5:4711"), "jp", WV_GEO_FOUND},
    {RECORD("192.0.2.\\u0035"), "jp", WV_GEO_FOUND},
    {RECORD("2001:db8:c000::5"), "unknown", WV_GEO_FOUND}, /* a template's country */
    {RECORD("203.0.113.70"), "unknown", WV_GEO_UNKNOWN},
    {RECORD("2001:db8:ffff::1"), "unknown", WV_GEO_UNKNOWN},
    {RECORD("10.0.0.1"), "unknown", WV_GEO_RESERVED}, /* though the database knows it */
    {RECORD("0.0.0.0"), "unknown", WV_GEO_RESERVED},
    {RECORD("::"), "unknown", WV_GEO_RESERVED},
    {RECORD("ff02::1"), "unknown", WV_GEO_RESERVED},
    {RECORD("nonsense"), "unknown", WV_GEO_NO_ADDRESS},
    {RECORD("-"), "unknown", WV_GEO_NO_ADDRESS},
    {RECORD(""), "unknown", WV_GEO_NO_ADDRESS},
    {"{}", "unknown", WV_GEO_NO_ADDRESS},
    {"{\"httpRequest\":{\"clientIp\":5}}", "unknown", WV_GEO_NO_ADDRESS},
    {"{\"httpRequest\":{\"clientIp\":[\"192.0.2.5\"]}}", "unknown", WV_GEO_NO_ADDRESS},
    {RECORD("192.0.2.5, 192.0.2.9"), "jp", WV_GEO_FOUND},
    {RECORD("192.0.2.5, 10.0.0.1"), "jp", WV_GEO_FOUND},
    {RECORD("192.0.2.5, 198.51.100.5"), "unknown", WV_GEO_SEVERAL},
    {RECORD("198.51.100.5, 198.51.100.200"), "eu", WV_GEO_FOUND}, /* DE and FR: one law */
    {RECORD("198.51.100.5, 203.0.113.70"), "unknown", WV_GEO_SEVERAL},
    {"{\"httpRequest\":{\"clientIp\":\"192.0.2.5\",\"clientIp\":\"198.51.100.5\"}}", "unknown",
     WV_GEO_SEVERAL},
    {RECORD("192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5,192.0.2.6,192.0.2.7,192.0.2.8,"
            "192.0.2.9"),
     "unknown", WV_GEO_SEVERAL},
    /* What the client wrote chooses nothing. */
    {"{\"httpRequest\":{\"clientIp\":\"198.51.100.5\",\"headers\":[{\"name\":\"X-Forwarded-For\","
     "\"value\":\"203.0.113.5\"},{\"name\":\"X-Real-IP\",\"value\":\"203.0.113.5\"}],"
     "\"args\":\"clientIp=203.0.113.5\"}}",
     "eu", WV_GEO_FOUND},
};

START_TEST(the_address_brings_its_law)
{
    struct engine engine = engine_config(NOBODY UNDER(LOCATED, SOC("")) "}", NULL, 0);
    const struct wv_results results = engine_text(&engine, places[_i].record);
    ck_assert_uint_eq(results.count, 1);
    ck_assert_msg(packs_are(&results.items[0], places[_i].packs), "%s", places[_i].record);
    const uint64_t *counts = wv_worker_tally(engine.worker)->geo[WV_GEO_FOR_REGION];
    for (size_t i = 0; i < WV_GEO_RESULTS; i++) {
        ck_assert_msg(counts[i] == (i == places[_i].result), "%s: %s", places[_i].record,
                      wv_geo_result_word((enum wv_geo_result)i));
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(sources_apply_together_and_a_failed_one_adds_nothing)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT "," LOCATED ",{\"from\":\"country\"}", SOC("")) "}", NULL, 0);
    struct wv_results results = engine_text(&engine, RECORD("192.0.2.5"));
    ck_assert(packs_are(&results.items[0], "eu+jp"));
    results = engine_text(&engine, RECORD("nonsense"));
    ck_assert(packs_are(&results.items[0], "eu"));
    results =
        engine_text(&engine, "{\"httpRequest\":{\"clientIp\":\"192.0.2.5\",\"country\":\"US\"}}");
    ck_assert(packs_are(&results.items[0], "eu+jp+us"));
    ck_assert(holds(results.items[0].value, "\"country\":\"US\"")); /* the record's own stays */
    engine_fini(&engine);
}
END_TEST

/* ---- What is added ---------------------------------------------------------------------------
 */

static const struct {
    const char *region;
    const char *record;
    const char *client; /* NULL: nothing */
} added[] = {
    {"us", RECORD("192.0.2.5"), "{\"country\":\"JP\",\"asn\":64496,\"lists\":[\"tor\"]}"},
    {"us", RECORD("192.0.2.70"), "{\"country\":\"JP\",\"asn\":64496,\"lists\":[\"tor\",\"own\"]}"},
    {"us", RECORD("192.0.2.200"), "{\"country\":\"JP\",\"asn\":64496}"},
    {"us", RECORD("203.0.113.70"), "{\"asn\":4200000000,\"lists\":[\"tor\"]}"},
    {"us", RECORD("2001:db8::1"), "{\"country\":\"DE\",\"asn\":65551,\"lists\":[\"tor\"]}"},
    {"us", RECORD("10.1.2.3"), "{\"lists\":[\"own\"]}"},
    {"us", RECORD("10.1.2.3, 192.0.2.200"), "{\"country\":\"JP\",\"asn\":64496}"},
    {"us", RECORD("192.168.0.1"), NULL},
    {"us", RECORD("10.1.2.3, 10.1.2.4"), NULL},
    {"us", RECORD("192.0.2.5, 192.0.2.6"), NULL},
    {"us", RECORD("nonsense"), NULL},
    {"us", "{}", NULL},
    {"us-ca", RECORD("192.0.2.5"), "{\"country\":\"JP\",\"asn\":64496,\"lists\":[\"tor\"]}"},
    {"jp", RECORD("192.0.2.5"), "{\"country\":\"JP\",\"asn\":64496,\"lists\":[\"tor\"]}"},
    {"jp-telecom", RECORD("192.0.2.5"), "{\"country\":\"JP\"}"},
    {"eu", RECORD("192.0.2.5"), "{\"country\":\"JP\"}"},
    {"eu", RECORD("203.0.113.70"), NULL},
    {"uk", RECORD("192.0.2.5"), "{\"country\":\"JP\"}"},
    {"unknown", RECORD("192.0.2.5"), "{\"country\":\"JP\"}"},
    {"refused", RECORD("192.0.2.5"), NULL},
};

static struct engine engine_in(const char *region, const char *members)
{
    char config[4096];
    snprintf(config, sizeof config,
             INPUT("{\"name\":\"acme\",\"region\":\"%s\"}") UNDER(TENANT, SOC("%s")) ALL "}",
             region, members);
    return engine_config(config, lists, WV_COUNT(lists));
}

START_TEST(what_the_pack_keeps_is_added)
{
    char wanted[256];
    struct engine engine = engine_in(added[_i].region, "");
    const struct wv_results results = engine_text(&engine, added[_i].record);
    const struct wv_slice value = results.items[0].value;
    const char *client = added[_i].client;
    snprintf(wanted, sizeof wanted, ",\"client\":%s}}", client == NULL ? "" : client);
    ck_assert_msg(client == NULL ? !holds(value, "\"client\":") : holds(value, wanted), "%s: %.*s",
                  added[_i].region, (int)value.len, (const char *)value.ptr);
    engine_fini(&engine);
}
END_TEST

START_TEST(the_strictest_of_several_packs_decides)
{
    struct engine engine = engine_config(INPUT("{\"name\":\"acme\",\"region\":\"us\"}")
                                             UNDER(TENANT "," LOCATED, SOC("")) ALL "}",
                                         lists, WV_COUNT(lists));
    struct wv_results results = engine_text(&engine, RECORD("198.51.100.5"));
    ck_assert(packs_are(&results.items[0], "eu+us"));
    ck_assert(holds(results.items[0].value, ",\"client\":{\"country\":\"DE\"}}"));
    results = engine_text(&engine, RECORD("203.0.113.5"));
    ck_assert(packs_are(&results.items[0], "us"));
    ck_assert(holds(results.items[0].value, "\"asn\":4200000000"));
    const struct wv_tally *tally = wv_worker_tally(engine.worker);
    ck_assert_uint_eq(tally->enriched[0][WV_SHOWN], 2);
    ck_assert_uint_eq(tally->enriched[0][WV_WITHHELD], 0);
    ck_assert_uint_eq(tally->enriched[1][WV_SHOWN], 1);
    ck_assert_uint_eq(tally->enriched[1][WV_WITHHELD], 1);
    ck_assert_uint_eq(tally->enriched[2][WV_SHOWN], 1);
    ck_assert_uint_eq(tally->enriched[2][WV_WITHHELD], 1);
    engine_fini(&engine);
}
END_TEST

/* One output is told what another one is not. */
START_TEST(every_output_is_told_what_it_may_have)
{
    static const struct {
        const char *members;
        bool country, asn;
    } outputs[] = {
        {"", true, true},
        {",\"classes\":[\"none\",\"client_ip\"]", false, false},
        {",\"classes\":[\"none\",\"geo\"]", true, false},
        {",\"classes\":[\"none\",\"asn\"]", false, true},
        {",\"overlay\":\"refused\"", false, false},
        {",\"overlay\":\"eu\"", true, false},
        {",\"annotate\":\"none\"", false, false},
    };
    for (size_t i = 0; i < WV_COUNT(outputs); i++) {
        struct engine engine = engine_in("us", outputs[i].members);
        const struct wv_results results = engine_text(&engine, RECORD("192.0.2.5"));
        const struct wv_slice value = results.items[0].value;
        ck_assert_msg(holds(value, "\"country\":\"JP\"") == outputs[i].country, "%s",
                      outputs[i].members);
        ck_assert_msg(holds(value, "64496") == outputs[i].asn, "%s", outputs[i].members);
        ck_assert_msg(holds(value, "tor") == outputs[i].asn, "%s", outputs[i].members);
        engine_fini(&engine);
    }
}
END_TEST

START_TEST(headers_say_the_same)
{
    struct engine engine = engine_in("us", ",\"annotate\":\"headers\"");
    struct wv_results results = engine_text(&engine, RECORD("192.0.2.5"));
    ck_assert(header_is(&results.items[0], "wafveil-client",
                        "{\"country\":\"JP\",\"asn\":64496,\"lists\":[\"tor\"]}"));
    ck_assert(!holds(results.items[0].value, "64496"));
    results = engine_text(&engine, RECORD("192.168.0.1"));
    ck_assert_ptr_null(header(&results.items[0], "wafveil-client"));
    engine_fini(&engine);
}
END_TEST

START_TEST(a_refusal_of_consent_takes_it_away)
{
    struct engine engine = engine_config(INPUT("{\"name\":\"acme\",\"region\":\"us\"}")
                                             UNDER(TENANT, SOC(",\"basis\":\"consent\"")) ALL
                                         ",\"consent\":{\"header\":\"c\"}}",
                                         lists, WV_COUNT(lists));
    const struct wv_header said = {WV_LIT("c"), WV_LIT("refused")};
    struct wv_record record = {.value = WV_LIT(RECORD("192.0.2.5")), .time_ms = -1};
    struct wv_results results = wv_transform(engine.worker, &record);
    ck_assert(holds(results.items[0].value, "\"client\":"));
    record.headers = &said;
    record.header_count = 1;
    results = wv_transform(engine.worker, &record);
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    ck_assert(!holds(results.items[0].value, "\"client\":"));
    engine_fini(&engine);
}
END_TEST

START_TEST(one_record_tells_nothing_of_the_next)
{
    struct engine engine = engine_in("us", "");
    const struct wv_results results =
        engine_text(&engine, RECORD("192.0.2.5") "\n{\"httpRequest\":{}}\n" RECORD("198.51.100.1"));
    ck_assert_uint_eq(results.count, 3);
    ck_assert(holds(results.items[0].value, "64496"));
    ck_assert(!holds(results.items[1].value, "\"client\":"));
    ck_assert(holds(results.items[2].value, "64500"));
    engine_fini(&engine);
}
END_TEST

/* What was said of a client lately is remembered; many come to one place of the table. */
START_TEST(what_is_remembered_is_what_is_looked_up)
{
    enum { RECORDS = 20000 };
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"us\"}") UNDER(TENANT, SOC("")) ALL "}",
                      lists, WV_COUNT(lists));
    const struct wv_geo *geo = wv_plan_geo(engine.plan);
    uint64_t state = 5;
    for (size_t i = 0; i < RECORDS; i++) {
        static const uint8_t heads[][4] = {
            {192, 0, 2, 0}, {198, 51, 100, 0}, {203, 0, 113, 0}, {10, 0, 0, 0}};
        struct wv_address address = {.family = 4};
        char record[128];
        char wanted[64];
        memcpy(address.bytes, heads[random_next(&state) % 4], 4);
        address.bytes[3] = (uint8_t)random_next(&state);
        snprintf(record, sizeof record, RECORD("%u.%u.%u.%u"), address.bytes[0], address.bytes[1],
                 address.bytes[2], address.bytes[3]);
        const struct wv_slice value = engine_text(&engine, record).items[0].value;
        const bool house = address.bytes[0] == 10;
        const uint32_t country = house ? 0 : wv_geo_find(geo->country, &address);
        snprintf(wanted, sizeof wanted, "\"country\":\"%c%c\"", (char)(country >> 8),
                 (char)(country & 255));
        ck_assert_int_eq(country != 0 && holds(value, wanted), country != 0);
        snprintf(wanted, sizeof wanted, "\"asn\":%u", house ? 0 : wv_geo_find(geo->asn, &address));
        ck_assert_int_eq(holds(value, wanted), !house);
        const uint32_t found = wv_networks_find(geo->networks, &address);
        ck_assert_int_eq(holds(value, "\"tor\""), (found & 1) != 0);
        ck_assert_int_eq(holds(value, "\"own\""), (found & 2) != 0);
    }
    engine_fini(&engine);
}
END_TEST

/* A stub says that a record existed, and nothing of its client. */
START_TEST(a_stub_holds_nothing_of_it)
{
    struct engine engine = engine_in("us", "");
    char deep[256] = "{\"httpRequest\":{\"clientIp\":\"192.0.2.5\"},\"x\":";
    for (size_t i = 0; i < 40; i++) {
        deep[strlen(deep)] = (char)0x5b;
    }
    const struct wv_results results = engine_text(&engine, deep);
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert(!holds(results.items[0].value, "client"));
    engine_fini(&engine);
}
END_TEST

/* ---- The plan --------------------------------------------------------------------------------
 */

START_TEST(a_database_that_cannot_be_used_is_an_error_where_it_is_named)
{
    static const struct {
        const char *config;
        const char *said;
    } wrong[] = {
        {NOBODY UNDER("{\"from\":\"database\",\"file\":\"gone.mmdb\"}", SOC("")) "}",
         "gone.mmdb: No such file or directory (at /regions/0/file)"},
        {NOBODY UNDER("{\"from\":\"database\",\"file\":" OPERATORS "}", SOC("")) "}",
         "it says that it is Test-ASN (at /regions/0/file)"},
        {NOBODY UNDER("{\"from\":\"database\",\"file\":\"tor.txt\"}", SOC("")) "}",
         "is no MaxMind DB (.mmdb), or its end is missing (at /regions/0/file)"},
        {NOBODY UNDER("{\"from\":\"database\"}", SOC("")) "}",
         "\"from\": \"database\" needs \"file\" (at /regions/0)"},
        {NOBODY UNDER("{\"from\":\"country\",\"file\":\"x\"}", SOC("")) "}",
         "has no meaning with \"from\": \"country\" (at /regions/0/file)"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"country\":{}}}",
         "needs \"file\": no source of the section regions is a database (at /enrich/country)"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"asn\":{}}}",
         "needs \"file\": the path of a database of network operators (at /enrich/asn)"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"asm\":{}}}", "did you mean \"asn\"?"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"lists\":[{\"name\":\"Tor\",\"file\":"
                                       "\"tor.txt\"}]}}",
         "must be 1 to 32 of a-z, 0-9, '_' and '-' (at /enrich/lists/0/name)"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"lists\":[{\"name\":\"x\",\"file\":"
                                       "\"bad.txt\"}]}}",
         "/bad.txt is no address and no network: write one a line, as 192.0.2.0/24 or "
         "2001:db8::/32, and comments behind \"#\" (at /enrich/lists/0/file)"},
        {NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{" LISTS "}}",
         "cannot read"}, /* own.txt is not there */
    };
    static const struct engine_file files[] = {{"tor.txt", "192.0.2.0/24\n"},
                                               {"bad.txt", "192.0.2.0/24\noops\n"}};
    for (size_t i = 0; i < WV_COUNT(wrong); i++) {
        struct wv_report *report = wv_report_new();
        ck_assert_ptr_null(engine_plan(wrong[i].config, files, WV_COUNT(files), report));
        char *text = findings_text(report);
        ck_assert_msg(strstr(text, wrong[i].said) != NULL, "wanted %s\ngot %s", wrong[i].said,
                      text);
        free(text);
        wv_report_free(report);
    }
}
END_TEST

/* The findings of a plan as of a day. */
static char *findings_on(const char *config, int32_t day)
{
    char path[] = "/tmp/wafveil-client-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_eq(write(file, config, strlen(config)), (ssize_t)strlen(config));
    close(file);
    struct wv_report *report = wv_report_new();
    struct wv_config *loaded = wv_config_load(path, report);
    ck_assert_ptr_nonnull(loaded);
    wv_config_on_day(loaded, day);
    struct wv_plan *plan = wv_plan_build(loaded, engine_keyring(report), report);
    ck_assert_ptr_nonnull(plan);
    wv_plan_free(plan);
    ck_assert_int_eq(unlink(path), 0);
    char *text = findings_text(report);
    wv_report_free(report);
    return text;
}

START_TEST(an_old_database_is_a_warning)
{
    enum { BUILT = 20779 }; /* 2026-11-22 */
    static const char config[] = NOBODY UNDER(
        "{\"from\":\"database\",\"max_age_days\":30,\"file\":" COUNTRIES "}", SOC("")) "}";
    static const char borrowed[] =
        NOBODY UNDER("{\"from\":\"database\",\"max_age_days\":60,\"file\":" COUNTRIES "}",
                     SOC("")) ",\"enrich\":{\"country\":{}}}";
    char *told = findings_on(borrowed, BUILT + 50);
    ck_assert_ptr_null(strstr(told, "days ago"));
    free(told);
    told = findings_on(borrowed, BUILT + 61);
    const char *first = strstr(told, "days ago");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "days ago")); /* one file is told of once */
    free(told);
    static const struct {
        int32_t day;
        const char *said;
    } days[] = {
        {BUILT - 2, "says that it was built in the future"},
        {BUILT - 1, NULL},
        {BUILT, NULL},
        {BUILT + 30, NULL},
        {BUILT + 31, "was built 31 days ago, and 30 are allowed"},
    };
    for (size_t i = 0; i < WV_COUNT(days); i++) {
        char *text = findings_on(config, days[i].day);
        const bool any = strstr(text, "was built") != NULL;
        ck_assert_msg(days[i].said == NULL ? !any : strstr(text, days[i].said) != NULL, "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(a_database_is_opened_once_and_is_part_of_the_plan)
{
    struct engine engine = engine_config(
        NOBODY UNDER(LOCATED, SOC("")) ",\"enrich\":{\"country\":{\"max_age_days\":9}}}", NULL, 0);
    const struct wv_geo *geo = wv_plan_geo(engine.plan);
    ck_assert_uint_eq(geo->used_count, 1);
    ck_assert_uint_eq(geo->used[0].max_age_days, 9);
    ck_assert_ptr_eq(geo->country, geo->regions[0]);
    ck_assert_uint_eq(wv_geo_age_s(geo->country, 1795305600 + 77), 77);
    ck_assert_uint_eq(wv_geo_age_s(geo->country, 5), 0);
    char version[9];
    memcpy(version, wv_plan_version(engine.plan), sizeof version);
    engine_fini(&engine);
    static const struct engine_file texts[][1] = {{{"a.txt", "192.0.2.0/24\n"}},
                                                  {{"a.txt", "192.0.2.0/25\n"}}};
    char versions[2][9];
    for (size_t i = 0; i < 2; i++) {
        engine = engine_config(
            NOBODY UNDER(TENANT, SOC("")) ",\"enrich\":{\"lists\":[{\"name\":\"a\",\"file\":"
                                          "\"a.txt\"}]}}",
            texts[i], 1);
        memcpy(versions[i], wv_plan_version(engine.plan), sizeof versions[i]);
        engine_fini(&engine);
    }
    ck_assert_str_ne(versions[0], versions[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *regions = tcase_create("regions");
    tcase_add_loop_test(regions, the_address_brings_its_law, 0, WV_COUNT(places));
    tcase_add_test(regions, sources_apply_together_and_a_failed_one_adds_nothing);
    suite_add_tcase(suite, regions);
    TCase *members = tcase_create("what is added");
    tcase_add_loop_test(members, what_the_pack_keeps_is_added, 0, WV_COUNT(added));
    tcase_add_test(members, the_strictest_of_several_packs_decides);
    tcase_add_test(members, every_output_is_told_what_it_may_have);
    tcase_add_test(members, headers_say_the_same);
    tcase_add_test(members, a_refusal_of_consent_takes_it_away);
    tcase_add_test(members, one_record_tells_nothing_of_the_next);
    tcase_add_test(members, what_is_remembered_is_what_is_looked_up);
    tcase_add_test(members, a_stub_holds_nothing_of_it);
    suite_add_tcase(suite, members);
    TCase *plan = tcase_create("the plan");
    tcase_add_test(plan, a_database_that_cannot_be_used_is_an_error_where_it_is_named);
    tcase_add_test(plan, an_old_database_is_a_warning);
    tcase_add_test(plan, a_database_is_opened_once_and_is_part_of_the_plan);
    suite_add_tcase(suite, plan);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
