/*
 * At stake: everything. A record goes through the whole engine here, and what comes out is compared
 * whole, byte for byte: what no rule covers must be identical, what one covers must be gone, and
 * what cannot be read must not come out at all.
 */
#include "support/engine.h"
#include "support/vectors.h"

#include <check.h>

/* One output for security, without annotation, so that the whole record is the record. */
static const char plain_config[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"%s\","
    "\"hosts\":[\"example.com\"]}}],\"regions\":[{\"from\":\"tenant\"}],"
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}]}";

static struct engine plain_engine(const char *region)
{
    char config[512];
    snprintf(config, sizeof config, plain_config, region);
    return engine_config(config, NULL, 0);
}

/* What a table writes for a result: the value, or "!reject …", "!stub …". */
static struct wv_slice spell(const struct wv_result *result, char *memory, size_t cap)
{
    int len = 0;
    switch (result->outcome) {
    case WV_PUBLISH:
        return result->value;
    case WV_STUB:
        len = snprintf(memory, cap, "!stub %s %.*s", wv_reason_word(result->reason),
                       (int)result->value.len, (const char *)result->value.ptr);
        break;
    case WV_REJECT:
        ck_assert_uint_eq(result->value.len, 0);
        len = snprintf(memory, cap, "!reject %s %zu %s", wv_reason_word(result->reason), result->at,
                       result->place == NULL || result->place[0] == '\0' ? "-" : result->place);
        break;
    case WV_SUPPRESS:
        len = snprintf(memory, cap, "!suppress");
        break;
    }
    return (struct wv_slice){(const uint8_t *)memory, (size_t)len};
}

START_TEST(answers_are_known)
{
    static const char *const regions[] = {"eu", "us", "unknown"};
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "transform");
    size_t wrong = 0;
    for (size_t r = 0; r < WV_COUNT(regions); r++) {
        struct engine engine = plain_engine(regions[r]);
        size_t cases = 0;
        for (size_t i = 0; i < vectors.count; i++) {
            const struct vector *row = &vectors.rows[i];
            char memory[4096];
            if (!wv_slice_eq(row->fields[0], wv_slice_of(regions[r]))) {
                continue;
            }
            cases++;
            const struct wv_results results = engine_run(&engine, row->fields[1]);
            ck_assert_uint_eq(results.count, 1);
            const struct wv_slice got = spell(&results.items[0], memory, sizeof memory);
            if (!wv_slice_eq(got, row->fields[2])) {
                fprintf(stderr, "transform.tsv:%zu: got\n%.*s\n", row->line, (int)got.len,
                        (const char *)got.ptr);
                wrong++;
            }
        }
        ck_assert_uint_gt(cases, 0);
        engine_fini(&engine);
    }
    vectors_free(&vectors);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* ---- Messages --------------------------------------------------------------------------------
 */

/* One result after the other, as a table writes them, each on a line with its record. */
static char *spell_all(const struct wv_results *results)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    for (size_t i = 0; i < results->count; i++) {
        char memory[4096];
        const struct wv_slice one = spell(&results->items[i], memory, sizeof memory);
        fprintf(stream, "%u %.*s\n", results->items[i].record, (int)one.len, (const char *)one.ptr);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static const struct message {
    const char *value;
    size_t records;
    const char *results;
} messages[] = {
    {"{\"action\":\"A\"}\n{\"x\":1}\n", 2, "0 {\"action\":\"A\"}\n1 {}\n"},
    {"{\"action\":\"A\"}\r\n{\"x\":1}\r\n", 2, "0 {\"action\":\"A\"}\r\n1 {}\r\n"},
    {"\n\r\n  \n{\"x\":1}\n\n\t\n{\"x\":2}", 2, "0 {}\n1 {}\n"},
    {"{\"x\":1}\n{\"x\":\n{\"action\":\"A\"}", 3,
     "0 {}\n1 !reject syntax 13 -\n2 {\"action\":\"A\"}\n"},
    {"1\n{\"httpRequest\":{\"uri\":x}}\n{}", 3,
     "0 !reject not_object 0 -\n1 !reject syntax 24 httpRequest\n2 {}\n"},
    {"\n\n", 0, "0 !reject empty 0 -\n"},
    {"{\"action\":\"A\"} {\"x\":1}{\"action\":\"B\"}", 3,
     "0 {\"action\":\"A\"} \n1 {}\n2 {\"action\":\"B\"}\n"},
    {"{\"x\":1}{\"x\":1}?\n{\"x\":1}", 4, "0 {}\n1 {}\n2 !reject syntax 14 -\n3 {}\n"},
    {"[]", 0, ""},
    {"[{\"action\":\"A\"} ,\n {\"x\":}, 7, \"{}\"]", 4,
     "0 {\"action\":\"A\"}\n1 !reject syntax 24 -\n2 !reject not_object 27 -\n3 {}\n"},
    {"[{\"x\":1},{\"x\":1]\n{}", 3, "0 {}\n1 !reject syntax 8 -\n2 {}\n"},
    {"{\n \"action\": \"A\"\n}\n{\"x\":\n1}", 2, "0 {\n \"action\": \"A\"\n}\n1 {}\n"},
};

START_TEST(messages_hold_records)
{
    const struct message *message = &messages[_i];
    struct engine engine = plain_engine("eu");
    const struct wv_results results = engine_text(&engine, message->value);
    char *got = spell_all(&results);
    ck_assert_str_eq(got, message->results);
    ck_assert_uint_eq(results.records, message->records);
    free(got);
    engine_fini(&engine);
}
END_TEST

/* What one record leaves behind in the worker must not be seen by the next. */
START_TEST(records_do_not_know_each_other)
{
    static const char message[] =
        "{\"httpRequest\":{\"clientIp\":\"192.0.2.77\"},\"labels\":[{\"name\":\"a\"}]}\n"
        "{\"action\":\"192.0.2.77\"}\n"
        "{\"httpRequest\":{\"clientIp\":\"198.51.100.1\"},\"action\":\"192.0.2.77\"}";
    struct engine engine = plain_engine("unknown");
    const struct wv_results results = engine_text(&engine, message);
    char *got = spell_all(&results);
    ck_assert_str_eq(
        got, "0 {\"httpRequest\":{\"clientIp\":\"192.0.0.0\"},\"labels\":[{\"name\":\"a\"}]}\n"
             "1 {\"action\":\"192.0.2.77\"}\n"
             "2 {\"httpRequest\":{\"clientIp\":\"198.51.0.0\"},\"action\":\"192.0.2.77\"}\n");
    free(got);
    engine_fini(&engine);
}
END_TEST

/* ---- Limits ----------------------------------------------------------------------------------
 */

static const char limits_config[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"
    "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\","
    "\"purpose\":\"security\",\"annotate\":\"none\"}],\"limits\":{\"record_bytes\":4096,"
    "\"output_bytes\":2048,\"depth\":4,\"key_bytes\":16,\"fields\":64,\"value_bytes\":256}}";

/* prefix, count times the piece, suffix. malloc'd. */
static char *repeat(const char *prefix, const char *piece, size_t count, const char *suffix)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    fputs(prefix, stream);
    for (size_t i = 0; i < count; i++) {
        fputs(piece, stream);
    }
    fputs(suffix, stream);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

#define LEAD    "{\"timestamp\":1763805611333,\"action\":\"BLOCK\","
#define STUB(r) "{\"tenant\":\"acme\",\"timestamp\":1763805600000,\"action\":\"BLOCK\"," r
#define WHY(r)  "\"_wafveil\":{\"v\":1,\"pack\":\"*\",\"kind\":\"stub\",\"reason\":\"" r "\"}}"

static const struct limit {
    const char *prefix;
    const char *piece;
    size_t count; /* just within the limit; one more is beyond it */
    const char *suffix;
    enum wv_outcome outcome;
    enum wv_reason reason;
    const char *beyond; /* the value; NULL: empty */
} limits[] = {
    {"{\"x\":\"", "a", 4096 - 8, "\"}", WV_REJECT, WV_REASON_TOO_LARGE, NULL},
    {LEAD "\"requestBodySize\":", "1", 2048 - 63, "}", WV_STUB, WV_REASON_OUTPUT_TOO_LARGE,
     STUB(WHY("output_too_large"))},
    {LEAD "\"terminatingRuleId\":\"R\",\"x\":[0", ",0", 59, "]}", WV_STUB,
     WV_REASON_TOO_MANY_FIELDS, STUB("\"rule\":\"R\"," WHY("too_many_fields"))},
    {"{\"httpRequest\":{\"args\":\"", "a", 256, "\"}}", WV_PUBLISH, WV_REASON_NONE,
     "{\"httpRequest\":{}}"},
};

/* The value with the pack's version, which changes with every word of the pack, as a star. */
static char *without_version(struct wv_slice value)
{
    char *text = value.len == 0 ? strdup("") : strndup((const char *)value.ptr, value.len);
    char *at = text == NULL ? NULL : strstr(text, "\"pack\":\"");
    if (at != NULL) {
        at += strlen("\"pack\":\"");
        char *end = strchr(at, '"');
        ck_assert_ptr_nonnull(end);
        *at = '*';
        memmove(at + 1, end, strlen(end) + 1);
    }
    return text;
}

START_TEST(limits_hold)
{
    const struct limit *limit = &limits[_i];
    struct engine engine = engine_config(limits_config, NULL, 0);
    char *within = repeat(limit->prefix, limit->piece, limit->count, limit->suffix);
    char *beyond = repeat(limit->prefix, limit->piece, limit->count + 1, limit->suffix);
    struct wv_results results = engine_text(&engine, within);
    ck_assert_uint_eq(results.count, 1);
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    results = engine_text(&engine, beyond);
    ck_assert_uint_eq(results.count, 1);
    ck_assert_int_eq(results.items[0].outcome, limit->outcome);
    ck_assert_int_eq(results.items[0].reason, limit->reason);
    char *value = without_version(results.items[0].value);
    ck_assert_str_eq(value, limit->beyond == NULL ? "" : limit->beyond);
    free(value);
    free(within);
    free(beyond);
    engine_fini(&engine);
}
END_TEST

/* What a record teaches late is hidden in all of it, which may make it too long, or short enough:
 * only what came out in the end counts. */
START_TEST(what_is_written_twice_counts_once)
{
    static const struct {
        const char *value;
        size_t times;
        bool published;
    } cases[] = {
        {"hunt22", 10, true},
        {"hunt22", 240, false},
        {"h1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         30, true},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct engine engine = engine_config(
            ACME UNDER(TENANT, SOC(BARE)) ",\"limits\":{\"output_bytes\":2048}}", NULL, 0);
        char piece[128];
        char suffix[256];
        snprintf(piece, sizeof piece, "%s.", cases[i].value);
        snprintf(suffix, sizeof suffix,
                 "\"},\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"password=%s\"]}]}",
                 cases[i].value);
        char *text = repeat("{\"httpRequest\":{\"args\":\"x=", piece, cases[i].times, suffix);
        const struct wv_result *result = &engine_text(&engine, text).items[0];
        const struct wv_tally *tally = wv_worker_tally(engine.worker);
        const bool published = cases[i].published;
        ck_assert_msg(result->outcome == (published ? WV_PUBLISH : WV_STUB), "case %zu", i);
        ck_assert(!holds(result->value, cases[i].value));
        ck_assert_uint_eq(tally->records_out, published);
        ck_assert_uint_eq(tally->stubs, !published);
        ck_assert_uint_eq(tally->rejected[WV_REASON_OUTPUT_TOO_LARGE], !published);
        ck_assert_uint_eq(tally->bytes_out, result->value.len);
        free(text);
        engine_fini(&engine);
    }
}
END_TEST

START_TEST(depth_is_bounded)
{
    struct engine engine = engine_config(limits_config, NULL, 0);
    struct wv_results results = engine_text(&engine, LEAD "\"x\":[[{}]]}");
    ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
    static const char deep[] = LEAD "\"terminatingRuleId\":\"R\",\"x\":[[[{}]]]}";
    results = engine_text(&engine, deep);
    ck_assert_int_eq(results.items[0].outcome, WV_STUB);
    ck_assert_int_eq(results.items[0].reason, WV_REASON_TOO_DEEP);
    ck_assert_uint_eq(results.items[0].at, (size_t)(strstr(deep, "{}") - deep));
    char *value = without_version(results.items[0].value);
    ck_assert_str_eq(value, STUB("\"rule\":\"R\"," WHY("too_deep")));
    free(value);
    engine_fini(&engine);
}
END_TEST

/* ---- Repetition ------------------------------------------------------------------------------
 */

START_TEST(the_same_record_gives_the_same_bytes)
{
    static const char record[] =
        "{\"timestamp\":1763805611333,\"httpRequest\":{\"clientIp\":\"192.0.2.77\",\"headers\":"
        "[{\"name\":\"X-Forwarded-For\",\"value\":\"198.51.100.4\"}],\"args\":\"ip=192.0.2.77\","
        "\"requestId\":\"1-2\"},\"ja3Fingerprint\":\"e7d705a3286e19ea42f587b344ee6865\"}";
    struct engine engine = engine_builtin("eu");
    struct wv_results results = engine_text(&engine, record);
    char *first = strndup((const char *)results.items[0].value.ptr, results.items[0].value.len);
    ck_assert_ptr_nonnull(strstr(first, "\"tokens\":{\"client_ip\":\"throwaway."));
    for (size_t i = 0; i < 100; i++) {
        (void)engine_text(&engine, messages[i % WV_COUNT(messages)].value);
        results = engine_text(&engine, record);
        ck_assert(wv_slice_eq(results.items[0].value, wv_slice_of(first)));
    }
    struct engine other = engine_builtin("eu");
    results = engine_text(&other, record);
    ck_assert(wv_slice_eq(results.items[0].value, wv_slice_of(first)));
    free(first);
    engine_fini(&other);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform");
    TCase *known = tcase_create("known");
    tcase_add_test(known, answers_are_known);
    tcase_add_loop_test(known, messages_hold_records, 0, (int)WV_COUNT(messages));
    tcase_add_test(known, records_do_not_know_each_other);
    tcase_add_loop_test(known, limits_hold, 0, (int)WV_COUNT(limits));
    tcase_add_test(known, depth_is_bounded);
    tcase_add_test(known, what_is_written_twice_counts_once);
    tcase_add_test(known, the_same_record_gives_the_same_bytes);
    suite_add_tcase(suite, known);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
