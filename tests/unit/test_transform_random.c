/*
 * At stake: promises that hold for every record, not for those that somebody thought of. Records
 * are made from a grammar that follows the format and breaks it: members in any order, twice,
 * unlisted, of the wrong type, with blanks and escapes anywhere. What comes out must be JSON, must
 * be what went in wherever no rule replaced anything, and must not depend on what the worker has
 * seen before or on the processor it runs on.
 */
#include "json/index.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>
#include <jansson.h>

enum { RECORD_MAX = 16384, DEPTH_MAX = 5, SPANS_MAX = 4096, RUNS = 400 };

/* ---- Records ---------------------------------------------------------------------------------
 */

struct maker {
    uint64_t state;
    char text[RECORD_MAX];
    size_t len;
};

static uint64_t roll(struct maker *maker, uint64_t sides)
{
    return random_next(&maker->state) % sides;
}

static void put(struct maker *maker, const char *text)
{
    const size_t len = strlen(text);
    if (maker->len + len < RECORD_MAX) {
        memcpy(maker->text + maker->len, text, len + 1);
        maker->len += len;
    }
}

static void put_blank(struct maker *maker)
{
    static const char *const blanks[] = {"", "", "", "", "", " ", "\t", "\r", "  "};
    put(maker, blanks[roll(maker, WV_COUNT(blanks))]);
}

/* A string with a character here and there spelled as an escape. */
static void put_string(struct maker *maker, const char *text)
{
    const bool escapes = roll(maker, 4) == 0;
    put(maker, "\"");
    for (; *text != '\0'; text++) {
        char spelled[8] = {*text, 0};
        if (*text == '"' || *text == '\\') {
            snprintf(spelled, sizeof spelled, "\\%c", *text);
        } else if (escapes && (*text & 0x80) == 0 && roll(maker, 5) == 0) {
            snprintf(spelled, sizeof spelled, roll(maker, 2) == 0 ? "\\u%04x" : "\\u%04X",
                     (unsigned)*text);
        }
        put(maker, spelled);
    }
    put(maker, "\"");
}

static const char *const keys[] = {
    "timestamp",
    "webaclId",
    "action",
    "terminatingRuleId",
    "httpRequest",
    "clientIp",
    "country",
    "headers",
    "name",
    "value",
    "uri",
    "args",
    "host",
    "requestId",
    "labels",
    "matchedData",
    "key",
    "limitValue",
    "terminatingRuleMatchDetails",
    "location",
    "x",
    "_wafveil",
    "rateBasedRuleList",
    "customValues",
    "fragment",
    "",
    "ruleGroupId",
    "ja3Fingerprint",
    "clientAsn",
    "192.0.2.77",
    "caf\xc3\xa9",
    "nonTerminatingMatchingRules",
    "ruleMatchDetails",
};

static const char *const texts[] = {
    "",
    "-",
    "REDACTED",
    "192.0.2.77",
    "2001:db8::77",
    "seen 192.0.2.77 and bob@example.org",
    "bob",
    "@",
    "example.org",
    "Authorization",
    "Cookie",
    "X-Forwarded-For",
    "User-Agent",
    "Accept",
    "X-Other",
    "IP",
    "HEADER",
    "URI_PATH",
    "Basic YWxpY2U6cHc=",
    "sid=5e55; theme=dark",
    "/account/bob%40example.org/4711",
    "user=carol&ip=192%2E0.2.77&q=<script>",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "awswaf:clientip:geo:country:DE",
    "awswaf:clientip:geo:region:DE-BE",
    "DE",
    "shop.example.com",
    "BLOCK",
    "a\"b\\c/d",
    "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
    "union select 1 from users--",
    "e7d705a3286e19ea42f587b344ee6865",
};

static const char *const scalars[] = {
    "1763805611333", "0", "-0", "9007199254740993", "1.50", "1e3", "true", "false", "null", "64500",
};

static void put_value(struct maker *maker, unsigned depth);

static void put_members(struct maker *maker, unsigned depth)
{
    const uint64_t count = roll(maker, 6);
    for (uint64_t i = 0; i < count; i++) {
        put_string(maker, keys[roll(maker, WV_COUNT(keys))]);
        put_blank(maker);
        put(maker, ":");
        put_blank(maker);
        put_value(maker, depth + 1);
        put_blank(maker);
        put(maker, i + 1 < count ? "," : "");
        put_blank(maker);
    }
}

static void put_pair(struct maker *maker)
{
    const bool backwards = roll(maker, 3) == 0;
    put(maker, "{");
    for (unsigned i = 0; i < 2; i++) {
        put(maker, i == 0 ? "" : ",");
        put(maker, (i == 0) != backwards ? "\"name\":" : "\"value\":");
        put_string(
            maker,
            texts[(i == 0) != backwards ? 9 + roll(maker, 6) : roll(maker, WV_COUNT(texts))]);
    }
    put(maker, "}");
}

static void put_value(struct maker *maker, unsigned depth)
{
    const uint64_t kind = roll(maker, depth >= DEPTH_MAX ? 4 : 10);
    if (kind < 3) {
        put_string(maker, texts[roll(maker, WV_COUNT(texts))]);
    } else if (kind == 3) {
        put(maker, scalars[roll(maker, WV_COUNT(scalars))]);
    } else if (kind < 7) {
        put(maker, "{");
        put_blank(maker);
        put_members(maker, depth);
        put(maker, "}");
    } else {
        const uint64_t count = roll(maker, 4);
        put(maker, "[");
        for (uint64_t i = 0; i < count; i++) {
            put_blank(maker);
            if (kind == 7) {
                put_pair(maker);
            } else {
                put_value(maker, depth + 1);
            }
            put(maker, i + 1 < count ? "," : "");
        }
        put(maker, "]");
    }
}

/* The members that the format lists, some of them, with anything in them; then anything. */
static void make_record(struct maker *maker)
{
    static const char *const starts[] = {
        "",
        "\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"headers\":[",
        "\"rateBasedRuleList\":[{\"customValues\":[",
        "\"labels\":[{\"name\":",
        "\"terminatingRuleMatchDetails\":[{\"matchedData\":[",
    };
    static const char *const ends[] = {"", "]}", "]}]", "}]", "]}]"};
    maker->len = 0;
    put(maker, "{");
    const uint64_t start = roll(maker, WV_COUNT(starts));
    put(maker, starts[start]);
    if (start == 1) {
        put_pair(maker);
        put(maker, ",");
        put_pair(maker);
    } else if (start > 1) {
        put_value(maker, 3);
    }
    if (start == 2 || start == 4) {
        put(maker, ",");
        put_value(maker, 3);
    }
    put(maker, ends[start]);
    maker->text[maker->len] = '\0';
    struct maker rest = {.state = random_next(&maker->state)};
    put_members(&rest, 0);
    put(maker, start != 0 && rest.len > 0 && rest.text[0] == '"' ? "," : "");
    put(maker, rest.text[0] == '"' ? rest.text : "");
    put(maker, "}");
}

static bool is_json(const char *text, size_t len)
{
    json_t *value = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    const bool good = json_is_object(value);
    json_decref(value);
    return good;
}

/* ---- What a record becomes -------------------------------------------------------------------
 */

/* Raw bytes of the record, and where what stands in their place begins in the output. */
struct span {
    size_t from;
    size_t to;
    const uint8_t *out;
    char copy[512];
    size_t len;
};

struct traced {
    const uint8_t *record;
    struct span spans[SPANS_MAX];
    size_t count;
    bool removed; /* anything was */
};

static void on_trace(void *user, const struct wv_trace *trace)
{
    struct traced *traced = user;
    if (trace->action == WV_ACTION_REMOVED || trace->action == WV_ACTION_FAILED) {
        traced->removed = true;
    }
    if (trace->action != WV_ACTION_REPLACED || traced->count == SPANS_MAX) {
        return;
    }
    /* What was written before and lies behind was taken back with the object around it. */
    while (traced->count > 0 && traced->spans[traced->count - 1].out >= trace->after.ptr) {
        traced->count--;
    }
    struct span *span = &traced->spans[traced->count++];
    span->from = (size_t)(trace->before.ptr - traced->record);
    span->to = span->from + trace->before.len;
    span->out = trace->after.ptr;
    span->len = trace->after.len;
    ck_assert_uint_lt(span->len, sizeof span->copy);
    memcpy(span->copy, trace->after.ptr, span->len);
}

/* Whether b can be made from a by leaving bytes out. */
static bool is_subsequence(struct wv_slice b, struct wv_slice a)
{
    size_t at = 0;
    for (size_t i = 0; i < a.len && at < b.len; i++) {
        at += a.ptr[i] == b.ptr[at];
    }
    return at == b.len;
}

/* Between two replaced values stands what stood there, or, where members were removed, less. */
static void check_untouched(const struct traced *traced, struct wv_slice record,
                            struct wv_slice value)
{
    size_t in = 0;
    size_t out = 0;
    for (size_t i = 0; i <= traced->count; i++) {
        const struct span *span = &traced->spans[i];
        const bool last = i == traced->count;
        const size_t out_to = last ? value.len : (size_t)(span->out - value.ptr);
        if (!last && (out_to + span->len > value.len ||
                      memcmp(value.ptr + out_to, span->copy, span->len) != 0)) {
            continue; /* taken back, and nothing was written over it yet */
        }
        const size_t in_to = last ? record.len : span->from;
        ck_assert(in <= in_to && out <= out_to);
        const struct wv_slice was = wv_slice_sub(record, in, in_to);
        const struct wv_slice is = wv_slice_sub(value, out, out_to);
        ck_assert_msg(traced->removed ? is_subsequence(is, was) : wv_slice_eq(is, was),
                      "%.*s\nbecame\n%.*s", (int)record.len, (const char *)record.ptr,
                      (int)value.len, (const char *)value.ptr);
        in = last ? in_to : span->to;
        out = last ? out_to : out_to + span->len;
    }
}

static const char *const regions[] = {"eu", "us", "unknown", "refused", "open"};

/* Replaces or keeps, and removes as little as can be. */
static const struct engine_file open_pack = {
    "open.json",
    "{\"pack\":\"open\",\"extends\":\"eu\",\"rules\":{\"unlisted\":{\"value\":[\"keep\"]},"
    "\"header\":{\"value\":[\"scrub\"]},\"auth_header\":{\"value\":[\"mask\"]},"
    "\"cookie\":{\"value\":[{\"filter\":\"mask\",\"first\":3}]},\"uri_path\":{\"value\":[\"scrub\"]"
    "},"
    "\"request_id\":{\"value\":[\"mask\"],\"token\":\"text\"},\"geo\":{\"value\":[\"keep\"]},"
    "\"fingerprint_ja3\":{\"value\":[\"mask\"]},\"asn\":{\"value\":[\"keep\"]},"
    "\"host\":{\"value\":[\"keep\"]},\"timestamp\":{\"value\":[\"keep\"]},"
    "\"forwarded_ip\":{\"value\":[\"mask\"]},\"client_ip\":{\"value\":[\"mask\"],\"token\":\"ip\"}}"
    "}"};

static struct engine engine_of_region(const char *region)
{
    char config[512];
    snprintf(
        config, sizeof config,
        "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"%s\"}}],"
        "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\","
        "\"purpose\":\"security\",\"annotate\":\"none\"}],"
        "\"packs\":{\"files\":[\"open.json\"]}}",
        region);
    return engine_config(config, &open_pack, 1);
}

START_TEST(untouched_bytes_are_identical)
{
    struct engine engine = engine_of_region(regions[_i]);
    struct maker maker = {.state = 17 + (uint64_t)_i};
    static struct traced traced;
    size_t exact = 0;
    wv_worker_trace(engine.worker, on_trace, &traced);
    for (size_t run = 0; run < RUNS; run++) {
        make_record(&maker);
        const struct wv_slice record = {(const uint8_t *)maker.text, maker.len};
        ck_assert_msg(is_json(maker.text, maker.len), "no record: %s", maker.text);
        traced = (struct traced){.record = record.ptr};
        const struct wv_result *result = &engine_run(&engine, record).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        ck_assert_msg(is_json((const char *)result->value.ptr, result->value.len),
                      "%s\nbecame\n%.*s", maker.text, (int)result->value.len,
                      (const char *)result->value.ptr);
        check_untouched(&traced, record, result->value);
        exact += !traced.removed && traced.count > 0;
    }
    ck_assert(strcmp(regions[_i], "open") != 0 || exact > RUNS / 20);
    engine_fini(&engine);
}
END_TEST

/* All results of a message, one after the other. */
static struct wv_slice run_and_keep(struct engine *engine, struct wv_slice record, uint8_t *memory)
{
    const struct wv_results results = engine_run(engine, record);
    ck_assert_uint_eq(results.count, 1);
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    ck_assert_uint_lt(results.items[0].value.len, 4 * RECORD_MAX);
    memcpy(memory, results.items[0].value.ptr, results.items[0].value.len);
    return (struct wv_slice){memory, results.items[0].value.len};
}

START_TEST(neither_past_nor_processor_matters)
{
    struct engine used = engine_of_region(regions[_i]);
    struct maker maker = {.state = 4711 + (uint64_t)_i};
    static uint8_t memory[3][4 * RECORD_MAX];
    for (size_t run = 0; run < RUNS / 4; run++) {
        make_record(&maker);
        const struct wv_slice record = {(const uint8_t *)maker.text, maker.len};
        struct engine fresh = {.plan = used.plan, .worker = wv_worker_new(used.plan)};
        ck_assert_ptr_nonnull(fresh.worker);
        ck_assert(wv_simd_force(WV_SIMD_SCALAR));
        const struct wv_slice first = run_and_keep(&fresh, record, memory[0]);
        ck_assert(wv_simd_force(WV_SIMD_AUTO));
        const struct wv_slice second = run_and_keep(&used, record, memory[1]);
        const struct wv_slice third = run_and_keep(&used, record, memory[2]);
        ck_assert_msg(wv_slice_eq(first, second) && wv_slice_eq(second, third),
                      "%s\nbecame\n%.*s\nand\n%.*s", maker.text, (int)first.len,
                      (const char *)first.ptr, (int)second.len, (const char *)second.ptr);
        wv_worker_free(fresh.worker);
    }
    engine_fini(&used);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform_random");
    TCase *records = tcase_create("records");
    tcase_set_timeout(records, 120);
    tcase_add_loop_test(records, untouched_bytes_are_identical, 0, (int)WV_COUNT(regions));
    tcase_add_loop_test(records, neither_past_nor_processor_matters, 0, (int)WV_COUNT(regions));
    suite_add_tcase(suite, records);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
