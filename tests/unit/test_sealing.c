/*
 * At stake: an original that lies beside the protected record must be there for the one who has to
 * block an address, and be nowhere else: not in the wrong output, not under a law that refuses it,
 * not for a record that nobody asked for. And whatever goes wrong with it, the record goes out.
 */
#include "engine/work.h"
#include "keys/seal_open.h"
#include "support/engine.h"
#include "support/sealing.h"

#include <check.h>
#include <jansson.h>

static struct recipient *soc;
static struct recipient *other;
static struct wv_seal_opener *by_soc;
static struct wv_seal_opener *by_other;
static struct wv_clock_fake clock_fake;

static struct wv_seal_opener *opener_of(const struct recipient *recipient)
{
    char path[] = "/tmp/wafveil-sealing-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(close(file), 0);
    sealing_write(path, recipient->key_pem);
    struct wv_report *report = wv_report_new();
    struct wv_seal_opener *opener = wv_seal_opener_new(path, NULL, report);
    ck_assert_ptr_nonnull(opener);
    ck_assert_int_eq(unlink(path), 0);
    wv_report_free(report);
    return opener;
}

static void setup(void)
{
    soc = recipient_new((struct recipient_wish){.name = "SOC"});
    other = recipient_new((struct recipient_wish){.rsa_bits = 2048, .name = "other"});
    by_soc = opener_of(soc);
    by_other = opener_of(other);
    wv_clock_fake_init(&clock_fake, (int64_t)time(NULL) * 1000);
}

static void teardown(void)
{
    wv_seal_opener_free(by_soc);
    wv_seal_opener_free(by_other);
    recipient_free(soc);
    recipient_free(other);
}

static struct engine engine_sealing(const char *config)
{
    const struct engine_file files[] = {{"soc.pem", soc->certificate},
                                        {"other.pem", other->certificate}};
    struct engine engine = engine_config(config, files, WV_COUNT(files));
    wv_worker_clock(engine.worker, &clock_fake.clock);
    return engine;
}

#define BLOCKED "\"when\":{\"action\":[\"BLOCK\"]}"
#define SEAL(pem, classes)                                                                         \
    ",\"seal\":{\"certificate\":\"" pem "\",\"classes\":[" classes "]," BLOCKED "}"
#define ADDRESS SEAL("soc.pem", "\"client_ip\"")

/* A record of now, of an action. */
static const char *record_with(const char *action, const char *request)
{
    static char text[65536];
    const int len = snprintf(text, sizeof text,
                             "{\"timestamp\":%lld,\"webaclId\":\"a\",\"action\":\"%s\","
                             "\"terminatingRuleId\":\"r1\",\"httpRequest\":{%s}}",
                             (long long)clock_fake.ms, action, request);
    ck_assert(len > 0 && (size_t)len < sizeof text);
    return text;
}

#define REQUEST                                                                                    \
    "\"clientIp\":\"203.0.113.9\",\"uri\":\"/a\",\"headers\":["                                    \
    "{\"name\":\"X-Forwarded-For\",\"value\":\"198.51.100.7, 2001:db8::1\"},"                      \
    "{\"name\":\"User-Agent\",\"value\":\"curl\\/8 \\u00e9\"}]"

static json_t *json_of(struct wv_slice text)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.ptr, text.len, 0, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    return root;
}

static struct wv_slice text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    ck_assert_msg(json_is_string(value), "%s", name);
    return wv_slice_of(json_string_value(value));
}

/* What the sealed object holds, as JSON with sorted keys; "" where it does not open. To be freed.
 */
static char *opened(struct wv_seal_opener *opener, const json_t *object, struct wv_slice *until)
{
    static char day[WV_SEAL_DAY + 1];
    const struct wv_sealed sealed = {text_of(object, "until"), text_of(object, "key"),
                                     text_of(object, "box")};
    struct wv_slice content;
    if (wv_seal_open(opener, &sealed, clock_fake.ms / 86400000, &content) != WV_SEAL_OPENED) {
        return strdup("");
    }
    memcpy(day, sealed.until.ptr, WV_SEAL_DAY);
    *until = wv_slice_of(day);
    json_t *root = json_of(content);
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

static char *opened_member(struct wv_seal_opener *opener, const struct wv_result *result)
{
    json_t *root = json_of(result->value);
    const json_t *sealed = json_object_get(json_object_get(root, "_wafveil"), "sealed");
    ck_assert_ptr_nonnull(sealed);
    struct wv_slice until;
    char *text = opened(opener, sealed, &until);
    json_decref(root);
    return text;
}

static bool has_box(const struct wv_result *result)
{
    return holds(result->value, "sealed") || header(result, "wafveil-sealed") != NULL;
}

static uint64_t counted(const struct engine *engine, enum wv_sealing sealing)
{
    return wv_worker_tally(engine->worker)->sealed[0][sealing];
}

START_TEST(each_recipient_gets_what_it_may_have)
{
    struct engine engine = engine_sealing(ACME UNDER(
        TENANT,
        SOC(ADDRESS) ",{\"name\":\"two\",\"purpose\":\"protection\",\"basis\":\"vital_interest\","
                     "\"reason\":\"flood\"" SEAL(
                         "other.pem", "\"user_agent\",\"forwarded_ip\"") "},"
                                                                         "{\"name\":\"lake\","
                                                                         "\"purpose\":"
                                                                         "\"analytics\"}") "}");
    const struct wv_results results = engine_text(&engine, record_with("BLOCK", REQUEST));
    ck_assert_uint_eq(results.count, 3);
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "{\"action\":\"BLOCK\",\"output\":\"soc\",\"rule\":\"r1\",\"tenant\":\"acme\","
             "\"timestamp\":%lld,\"values\":{\"client_ip\":[\"203.0.113.9\"]}}",
             (long long)(clock_fake.ms / 60000 * 60000)); /* as coarse as the record */
    char *own = opened_member(by_soc, &results.items[0]);
    char *foreign = opened_member(by_other, &results.items[0]);
    char *second = opened_member(by_other, &results.items[1]);
    ck_assert_str_eq(own, wanted);
    ck_assert_str_eq(foreign, "");
    ck_assert_ptr_nonnull(strstr(second, "\"values\":{\"forwarded_ip\":[\"198.51.100.7, "
                                         "2001:db8::1\"],\"user_agent\":[\"curl/8 \xc3\xa9\"]}"));
    ck_assert(!has_box(&results.items[2]));
    for (size_t i = 0; i < results.count; i++) {
        ck_assert(!holds(results.items[i].value, "203.0.113.9"));
        ck_assert(!holds(results.items[i].value, "198.51.100.7"));
    }
    free(own);
    free(foreign);
    free(second);
    const struct wv_results allowed = engine_text(&engine, record_with("ALLOW", REQUEST));
    for (size_t i = 0; i < allowed.count; i++) {
        ck_assert(!has_box(&allowed.items[i]));
    }
    ck_assert_uint_eq(counted(&engine, WV_SEALING_DONE), 1);
    engine_fini(&engine);
}
END_TEST

/* No second mechanism is needed for a topic that holds the boxes and nearly nothing else. */
START_TEST(a_topic_of_its_own)
{
    struct engine engine = engine_sealing(
        ACME UNDER(TENANT, SOC(",\"classes\":[\"timestamp\"]," BLOCKED ADDRESS)) "}");
    const struct wv_results results = engine_text(&engine, record_with("BLOCK", REQUEST));
    char *content = opened_member(by_soc, &results.items[0]);
    ck_assert_ptr_nonnull(strstr(content, "203.0.113.9"));
    free(content);
    ck_assert(!holds(results.items[0].value, "203.0.113"));
    ck_assert(!holds(results.items[0].value, "curl"));
    ck_assert(!holds(results.items[0].value, "/a\""));
    const struct wv_results allowed = engine_text(&engine, record_with("ALLOW", REQUEST));
    ck_assert_int_eq(allowed.items[0].outcome, WV_SUPPRESS);
    engine_fini(&engine);
}
END_TEST

/* Profile `refused` by the region, by a transfer that no law allows, and for want of a consent. */
START_TEST(what_is_refused_is_not_sealed)
{
    static const char *const configs[] = {
        INPUT("{\"name\":\"acme\",\"region\":\"refused\"}") UNDER(TENANT, SOC(ADDRESS)) "}",
        ACME UNDER(TENANT, SOC(",\"recipient\":\"far\"" ADDRESS)) ",\"recipients\":{\"far\":{"
                                                                  "\"kind\":\"own\","
                                                                  "\"country\":\"SG\"}}}",
        ACME UNDER(TENANT, SOC(",\"basis\":\"consent\"" ADDRESS)) ",\"consent\":{\"header\":"
                                                                  "\"consent\"}}",
    };
    const struct wv_header consent = {WV_LIT("consent"), WV_LIT("refused")};
    for (size_t i = 0; i < WV_COUNT(configs); i++) {
        struct engine engine = engine_sealing(configs[i]);
        const struct wv_record record = {.value = wv_slice_of(record_with("BLOCK", REQUEST)),
                                         .headers = &consent,
                                         .header_count = 1,
                                         .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &record);
        ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
        ck_assert(!has_box(&results.items[0]));
        ck_assert_uint_eq(counted(&engine, WV_SEALING_REFUSED), 1);
        ck_assert_uint_eq(counted(&engine, WV_SEALING_DONE), 0);
        engine_fini(&engine);
    }
}
END_TEST

START_TEST(a_stub_has_no_box)
{
    struct engine engine =
        engine_sealing(ACME UNDER(TENANT, SOC(ADDRESS)) ",\"limits\":{\"depth\":4}}");
    const struct wv_results results =
        engine_text(&engine, record_with("BLOCK", REQUEST ",\"x\":[[[[[[1]]]]]]"));
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert(!has_box(&results.items[0]));
    ck_assert_uint_eq(counted(&engine, WV_SEALING_DONE), 0);
    engine_fini(&engine);
}
END_TEST

/* Nor has one a record that fails while it is written: then the box had been made already. */
START_TEST(a_record_that_fails_later_has_no_box)
{
    const struct engine_file files[] = {
        {"soc.pem", soc->certificate},
        {"hard.json", "{\"pack\":\"hard\",\"extends\":\"eu\",\"failure\":\"reject\",\"rules\":{"
                      "\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,"
                      "\"v6_keep\":48}]}}}"}};
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"hard\"}")
                          UNDER(TENANT, SOC(",\"annotate\":\"headers\"" SEAL(
                                            "soc.pem", "\"user_agent\""))) ","
                                                                           "\"packs\":{"
                                                                           "\"files\":["
                                                                           "\"hard.json\""
                                                                           "]}}",
                      files, WV_COUNT(files));
    const struct wv_results results = engine_text(
        &engine, record_with("BLOCK", "\"clientIp\":7,\"headers\":[{\"name\":\"User-Agent\","
                                      "\"value\":\"curl\"}]"));
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert(!has_box(&results.items[0]));
    for (int i = 0; i < WV_SEALING_COUNT; i++) {
        ck_assert_uint_eq(counted(&engine, (enum wv_sealing)i), 0);
    }
    engine_fini(&engine);
}
END_TEST

/* Nobody can smuggle a box of his own past an output, wherever he writes it. */
START_TEST(a_forged_box_does_not_survive)
{
    struct engine engine = engine_sealing(ACME UNDER(
        TENANT, SOC(",\"annotate\":\"both\",\"headers\":[\"wafveil-sealed\",\"h\"]" ADDRESS)) "}");
    static const char *const records[] = {
        "{\"action\":\"ALLOW\",\"_wafveil\":{\"sealed\":{\"box\":\"forged\"}}}",
        "{\"action\":\"ALLOW\",\"httpRequest\":{\"_wafveil\":{\"sealed\":{\"box\":\"forged\"}}}}",
        "{\"action\":\"ALLOW\",\"\\u005fwafveil\":{\"sealed\":{\"box\":\"forged\"}},\"x\":{"
        "\"_wafveil\":{\"sealed\":\"forged\"}}}",
        "{\"@timestamp\":\"2026-11-22T10:00:00Z\",\"log\":\"{\\\"webaclId\\\":\\\"a\\\","
        "\\\"action\\\":\\\"ALLOW\\\","
        "\\\"_wafveil\\\":{\\\"sealed\\\":\\\"forged\\\"}}\"}",
    };
    const struct wv_header headers[] = {{WV_LIT("wafveil-sealed"), WV_LIT("forged")},
                                        {WV_LIT("h"), WV_LIT("passed")}};
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        const struct wv_record record = {.value = wv_slice_of(records[i]),
                                         .headers = headers,
                                         .header_count = WV_COUNT(headers),
                                         .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &record);
        ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
        ck_assert(!has_box(&results.items[0]));
        ck_assert(!holds(results.items[0].value, "forged"));
        ck_assert(header_is(&results.items[0], "h", "passed"));
    }
    engine_fini(&engine);
}
END_TEST

/* One place: the record, where it is JSON and the output says so; a header otherwise. */
START_TEST(a_box_stands_where_there_is_room_for_it)
{
    static const char *const annotates[] = {"member", "headers", "both"};
    for (size_t i = 0; i < WV_COUNT(annotates); i++) {
        char config[1024];
        snprintf(config, sizeof config, ACME UNDER(TENANT, SOC(",\"annotate\":\"%s\"" ADDRESS)) "}",
                 annotates[i]);
        struct engine engine = engine_sealing(config);
        const struct wv_results results = engine_text(&engine, record_with("BLOCK", REQUEST));
        const struct wv_header *sealed = header(&results.items[0], "wafveil-sealed");
        ck_assert_int_eq(sealed != NULL, i == 1);
        ck_assert_int_eq(holds(results.items[0].value, "\"sealed\":"), i != 1);
        engine_fini(&engine);
    }
    struct engine engine = engine_sealing(
        "{\"inputs\":[{\"format\":\"access-log\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}"
        "]," UNDER(TENANT, SOC(",\"seal\":{\"certificate\":\"soc.pem\",\"classes\":[\"client_ip\"],"
                               "\"when\":{\"tenant\":[\"acme\"]},\"days\":366}")) "}");
    const struct wv_results results =
        engine_text(&engine, "203.0.113.77 - - [22/Nov/2026:10:15:03 +0100] \"POST /login.php "
                             "HTTP/1.1\" 403 153 \"-\" \"sqlmap/1.8.2\"");
    const struct wv_header *sealed = header(&results.items[0], "wafveil-sealed");
    ck_assert_ptr_nonnull(sealed);
    json_t *object = json_of(sealed->value);
    struct wv_slice until;
    char *content = opened(by_soc, object, &until);
    ck_assert_ptr_nonnull(strstr(content, "\"client_ip\":[\"203.0.113.77\"]"));
    free(content);
    json_decref(object);
    engine_fini(&engine);
}
END_TEST

static struct wv_slice day_after(int64_t ms, int64_t days)
{
    static char text[16];
    const time_t seconds = (time_t)(ms / 1000 + days * 86400);
    struct tm parts;
    ck_assert_ptr_nonnull(gmtime_r(&seconds, &parts));
    ck_assert_uint_eq(strftime(text, sizeof text, "%Y-%m-%d", &parts), WV_SEAL_DAY);
    return wv_slice_of(text);
}

/* The day stands beside the box for everybody to read. */
START_TEST(the_last_day_tells_no_more_than_the_record)
{
    const struct engine_file files[] = {
        {"soc.pem", soc->certificate},
        {"dim.json", "{\"pack\":\"dim\",\"extends\":\"eu\",\"rules\":{\"timestamp\":{\"value\":["
                     "\"drop\"]}}}"}};
    struct engine engine = engine_config(INPUT("{\"name\":\"acme\",\"region\":\"dim\"}")
                                             UNDER(TENANT, SOC(ADDRESS)) ",\"packs\":{\"files\":["
                                                                         "\"dim.json\"]}}",
                                         files, WV_COUNT(files));
    wv_worker_clock(engine.worker, &clock_fake.clock);
    char text[256];
    snprintf(text, sizeof text,
             "{\"timestamp\":%lld,\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":"
             "\"203.0.113.9\"}}",
             (long long)(clock_fake.ms - INT64_C(3) * 86400000));
    const struct wv_results results = engine_text(&engine, text);
    json_t *root = json_of(results.items[0].value);
    const json_t *sealed = json_object_get(json_object_get(root, "_wafveil"), "sealed");
    ck_assert(wv_slice_eq(text_of(sealed, "until"), day_after(clock_fake.ms, 30)));
    json_decref(root);
    engine_fini(&engine);
}
END_TEST

/* A clock that was never set is no reason to have no address of the attacker: nobody believes the
 * time, and the box counts from the record's arrival as its tokens do. */
START_TEST(a_time_that_is_not_believed_decides_no_last_day)
{
    struct engine engine = engine_sealing(ACME UNDER(
        TENANT, SOC(ADDRESS)) ",\"events\":{\"late_days\":7,\"out_of_range\":\"arrival\"}}");
    const struct wv_record record = {
        .value = WV_LIT("{\"timestamp\":86400000,\"action\":\"BLOCK\",\"httpRequest\":{"
                        "\"clientIp\":\"203.0.113.9\"}}"),
        .time_ms = clock_fake.ms - INT64_C(2) * 86400000};
    const struct wv_results results = wv_transform(engine.worker, &record);
    ck_assert_uint_eq(counted(&engine, WV_SEALING_DONE), 1);
    json_t *root = json_of(results.items[0].value);
    const json_t *sealed = json_object_get(json_object_get(root, "_wafveil"), "sealed");
    ck_assert(wv_slice_eq(text_of(sealed, "until"), day_after(clock_fake.ms, 28)));
    json_decref(root);
    engine_fini(&engine);
}
END_TEST

/* The day counts from the event; from today, where that says it comes from the future. */
START_TEST(the_last_day_is_the_events)
{
    static const struct {
        int64_t days; /* of the event, from now */
        int64_t last; /* of the box; -1: there is none */
    } cases[] = {{0, 30}, {-3, 27}, {-30, 0}, {-31, -1}, {-3000, -1}, {1000, 30}};
    struct engine engine = engine_sealing(ACME UNDER(TENANT, SOC(ADDRESS)) "}");
    uint64_t late = 0;
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"timestamp\":%lld,\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":"
                 "\"203.0.113.9\"}}",
                 (long long)(clock_fake.ms + cases[i].days * 86400000));
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_int_eq(has_box(&results.items[0]), cases[i].last >= 0);
        late += cases[i].last < 0;
        ck_assert_uint_eq(counted(&engine, WV_SEALING_LATE), late);
        if (cases[i].last >= 0) {
            json_t *root = json_of(results.items[0].value);
            struct wv_slice until;
            char *content = opened(
                by_soc, json_object_get(json_object_get(root, "_wafveil"), "sealed"), &until);
            ck_assert(wv_slice_eq(until, day_after(clock_fake.ms, cases[i].last)));
            free(content);
            json_decref(root);
        }
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(a_certificate_that_ends_while_it_is_used)
{
    struct engine engine = engine_sealing(ACME UNDER(TENANT, SOC(ADDRESS)) "}");
    ck_assert(has_box(&engine_text(&engine, record_with("BLOCK", REQUEST)).items[0]));
    clock_fake.ms += INT64_C(366) * 86400000;
    const struct wv_results results = engine_text(&engine, record_with("BLOCK", REQUEST));
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    ck_assert(!has_box(&results.items[0]));
    ck_assert_uint_eq(counted(&engine, WV_SEALING_CERTIFICATE), 1);
    clock_fake.ms -= INT64_C(400) * 86400000; /* not valid yet */
    ck_assert(!has_box(&engine_text(&engine, record_with("BLOCK", REQUEST)).items[0]));
    ck_assert_uint_eq(counted(&engine, WV_SEALING_CERTIFICATE), 2);
    engine_fini(&engine);
}
END_TEST

/* What nobody has looked at may hold what the tenant never wants published. */
START_TEST(tenants_that_want_nothing_sensitive_get_addresses_only)
{
    struct engine engine = engine_sealing(
        INPUT("{\"name\":\"acme\",\"region\":\"eu\",\"never_sensitive\":true}") UNDER(
            TENANT, SOC(SEAL("soc.pem", "\"client_ip\",\"forwarded_ip\",\"user_agent\""))) "}");
    const struct wv_results results =
        engine_text(&engine, record_with("BLOCK", REQUEST ",\"x\":1"));
    char *content = opened_member(by_soc, &results.items[0]);
    ck_assert_ptr_nonnull(strstr(content, "\"left_out\":[\"user_agent\"]"));
    ck_assert_ptr_nonnull(strstr(content, "\"values\":{\"client_ip\":[\"203.0.113.9\"],"
                                          "\"forwarded_ip\":[\"198.51.100.7, 2001:db8::1\"]}"));
    free(content);
    const struct wv_results texts = engine_text(
        &engine,
        record_with("BLOCK", "\"clientIp\":\"203.0.113.9\",\"headers\":[{\"name\":"
                             "\"X-Forwarded-For\",\"value\":\"198.51.100.7, my illness\"}]"));
    content = opened_member(by_soc, &texts.items[0]);
    ck_assert_ptr_null(strstr(content, "illness"));
    ck_assert_ptr_nonnull(strstr(content, "\"left_out\":[\"forwarded_ip\"]"));
    free(content);
    ck_assert_uint_eq(counted(&engine, WV_SEALING_SHORTENED), 2);
    engine_fini(&engine);
}
END_TEST

/* An attacker writes headers; what the firewall itself says of him must still be in the box. */
START_TEST(nobody_crowds_the_address_out)
{
    struct engine engine = engine_sealing(ACME UNDER(
        TENANT, SOC(SEAL("soc.pem", "\"user_agent\",\"forwarded_ip\",\"client_ip\""))) "}");
    static char request[60000];
    static char filler[600];
    memset(filler, 'x', sizeof filler - 1);
    int len = snprintf(request, sizeof request, "\"headers\":[");
    for (unsigned i = 0; i < 300; i++) {
        static const char *const names[] = {"X-Forwarded-For", "User-Agent", "True-Client-IP",
                                            "X-Real-IP"};
        len += snprintf(request + len, sizeof request - (size_t)len,
                        "{\"name\":\"%s\",\"value\":\"%u%.*s\"},", names[i % WV_COUNT(names)], i,
                        i < 40 ? (int)(i * 16) : 60, filler);
    }
    snprintf(request + len, sizeof request - (size_t)len,
             "{\"name\":\"Accept\",\"value\":\"*\"}],\"clientIp\":\"203.0.113.9\"");
    const struct wv_results results = engine_text(&engine, record_with("BLOCK", request));
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    char *content = opened_member(by_soc, &results.items[0]);
    ck_assert_ptr_nonnull(strstr(content, "\"client_ip\":[\"203.0.113.9\""));
    ck_assert_ptr_nonnull(strstr(content, "\"left_out\":["));
    ck_assert_uint_le(strlen(content), WV_SEAL_CONTENT);
    free(content);
    ck_assert_uint_eq(counted(&engine, WV_SEALING_SHORTENED), 1);
    engine_fini(&engine);
}
END_TEST

/* Also where what a client can write often has no name, and stands before the address. */
START_TEST(no_list_crowds_the_address_out)
{
    const struct engine_file files[] = {
        {"soc.pem", soc->certificate},
        {"hops.json", "{\"format\":\"hops\",\"title\":\"Hops\",\"syntax\":\"json\",\"detect\":{"
                      "\"act\":[\"BLOCK\"]},\"roles\":{\"action\":\"act\"},\"fields\":{\"act\":"
                      "\"none\",\"hops[]\":\"forwarded_ip\",\"peer\":\"client_ip\"}}"}};
    struct engine engine = engine_config(
        "{\"inputs\":[{\"format\":\"hops\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"
        "\"formats\":{\"files\":[\"hops.json\"]}," UNDER(
            TENANT, SOC(SEAL("soc.pem", "\"client_ip\",\"forwarded_ip\""))) "}",
        files, WV_COUNT(files));
    wv_worker_clock(engine.worker, &clock_fake.clock);
    static char text[16384];
    int len = snprintf(text, sizeof text, "{\"act\":\"BLOCK\",\"hops\":[\"x\"");
    for (unsigned i = 0; i < 300; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, ",\"198.51.100.%u\"", i % 256);
    }
    snprintf(text + len, sizeof text - (size_t)len, "],\"peer\":\"203.0.113.9\"}");
    const struct wv_results results = engine_text(&engine, text);
    char *content = opened_member(by_soc, &results.items[0]);
    ck_assert_ptr_nonnull(strstr(content, "\"client_ip\":[\"203.0.113.9\"]"));
    ck_assert_ptr_nonnull(strstr(content, "\"left_out\":[\"forwarded_ip\"]"));
    free(content);
    engine_fini(&engine);
}
END_TEST

START_TEST(strange_values_are_json_inside)
{
    struct engine engine = engine_sealing(
        ACME UNDER(TENANT, SOC(SEAL("soc.pem", "\"user_agent\",\"forwarded_ip\""))) "}");
    const struct wv_results results = engine_text(
        &engine, record_with("BLOCK", "\"headers\":[{\"name\":\"User-Agent\",\"value\":"
                                      "\"a\\u0000\\\"\\\\\\ud800\xff\\n</x>\"},{\"name\":"
                                      "\"X-Forwarded-For\",\"value\":\"\"}]"));
    json_t *root = json_of(results.items[0].value);
    const json_t *sealed = json_object_get(json_object_get(root, "_wafveil"), "sealed");
    const struct wv_sealed parts = {text_of(sealed, "until"), text_of(sealed, "key"),
                                    text_of(sealed, "box")};
    struct wv_slice content;
    ck_assert_int_eq(wv_seal_open(by_soc, &parts, clock_fake.ms / 86400000, &content),
                     WV_SEAL_OPENED);
    ck_assert(
        holds(content, "\"user_agent\":[\"a\\u0000\\\"\\\\\xef\xbf\xbd\xef\xbf\xbd\\n</x>\"]"));
    ck_assert(!holds(content, "forwarded_ip"));
    json_t *inside = json_loadb((const char *)content.ptr, content.len, JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(inside);
    json_decref(inside);
    json_decref(root);
    engine_fini(&engine);
}
END_TEST

/* The limit on outputs leaves room for the record, and none for the box. */
START_TEST(a_box_costs_no_record_its_place)
{
    struct engine engine = engine_sealing(
        ACME UNDER(TENANT, SOC(",\"sample\":{\"rate\":0.5}" ADDRESS)) ",\"limits\":{"
                                                                      "\"output_bytes\":1024}}");
    const struct wv_results results = engine_text(&engine, record_with("BLOCK", REQUEST));
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    ck_assert(!has_box(&results.items[0]));
    ck_assert(holds(results.items[0].value, "\"weight\":1"));
    ck_assert(holds(results.items[0].value, "\"clientIp\":\"203.0.113.0\""));
    ck_assert_uint_eq(counted(&engine, WV_SEALING_NO_ROOM), 1);
    ck_assert_uint_eq(counted(&engine, WV_SEALING_DONE), 0);
    engine_fini(&engine);
}
END_TEST

/* Also inside of what a shipper has wrapped around the record. */
START_TEST(a_record_in_a_text_has_its_box_there)
{
    struct engine engine = engine_sealing(ACME UNDER(TENANT, SOC(ADDRESS)) "}");
    json_t *around = json_pack("{s:s, s:s}", "log", record_with("BLOCK", REQUEST), "@timestamp",
                               "2026-11-22T10:00:00Z");
    char *text = json_dumps(around, JSON_COMPACT);
    const struct wv_results results = engine_text(&engine, text);
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    json_t *root = json_of(results.items[0].value);
    json_t *inner = json_of(text_of(root, "log"));
    struct wv_slice until;
    char *content =
        opened(by_soc, json_object_get(json_object_get(inner, "_wafveil"), "sealed"), &until);
    ck_assert_ptr_nonnull(strstr(content, "203.0.113.9"));
    free(content);
    json_decref(inner);
    json_decref(root);
    json_decref(around);
    free(text);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sealing");
    TCase *cases = tcase_create("sealing");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, each_recipient_gets_what_it_may_have);
    tcase_add_test(cases, a_topic_of_its_own);
    tcase_add_test(cases, what_is_refused_is_not_sealed);
    tcase_add_test(cases, a_stub_has_no_box);
    tcase_add_test(cases, a_record_that_fails_later_has_no_box);
    tcase_add_test(cases, a_forged_box_does_not_survive);
    tcase_add_test(cases, a_box_stands_where_there_is_room_for_it);
    tcase_add_test(cases, the_last_day_is_the_events);
    tcase_add_test(cases, a_certificate_that_ends_while_it_is_used);
    tcase_add_test(cases, tenants_that_want_nothing_sensitive_get_addresses_only);
    tcase_add_test(cases, nobody_crowds_the_address_out);
    tcase_add_test(cases, no_list_crowds_the_address_out);
    tcase_add_test(cases, the_last_day_tells_no_more_than_the_record);
    tcase_add_test(cases, a_time_that_is_not_believed_decides_no_last_day);
    tcase_add_test(cases, strange_values_are_json_inside);
    tcase_add_test(cases, a_box_costs_no_record_its_place);
    tcase_add_test(cases, a_record_in_a_text_has_its_box_there);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
