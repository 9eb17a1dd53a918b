/*
 * At stake: a record becomes the same whatever envelopes it stands in, and whatever nobody touched
 * stays byte for byte.
 */
#include "base/base64.h"
#include "engine/work.h"
#include "json/text.h"
#include "support/layers.h"
#include "support/random.h"

/* The generator is no part of the library. */
#define put corpus_put_text
#include "app/corpus_parts.c"
#undef put
#include "app/corpus.c"

enum { WRAPPED_MAX = 512 * 1024, ROUNDS = 300, NESTED_MAX = 4 };

enum how { AS_STRING, AS_OBJECT, AS_BASE64, AS_LINE, AS_HOW_COUNT };

static const struct envelope {
    const char *before;
    const char *after;
    enum how how;
} envelopes[] = {
    {"{\"log\":\"", "\",\"stream\":\"stdout\"}", AS_STRING},
    {"{ \"stream\" : \"stderr\",\t\"log\" : \"", "\" } ", AS_STRING},
    {"{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":\"", "\"}", AS_STRING},
    {"{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":", "}", AS_OBJECT},
    {"{\"data_base64\":\"", "\",\"type\":\"t\",\"specversion\":\"1.0\"}", AS_BASE64},
    {"{\"message\":{\"data\":\"", "\"},\"subscription\":\"s\"}", AS_BASE64},
    {"{\"schema\":{\"type\":\"struct\",\"optional\":false},\"payload\": ", " }", AS_OBJECT},
    {"{\"payload\":\"", "\",\"schema\":{\"type\":\"string\",\"optional\":true}}", AS_STRING},
    {"{\"ecs\":{\"version\":\"8.11\"},\"event\":{\"kind\":\"event\",\"original\":\"", "\"}}",
     AS_STRING},
    {"<134>1 - host app 1 - - ", "", AS_LINE},
};

struct wrapping {
    uint64_t state;
    uint8_t texts[2][WRAPPED_MAX];
    struct wv_slice text;
    unsigned side;
    const struct envelope *around[NESTED_MAX];
    size_t count;
};

static uint64_t toss(struct wrapping *wrapping, uint64_t sides)
{
    return random_next(&wrapping->state) % sides;
}

/* The code point at `at`, and how long it is. */
static uint32_t code_point(struct wv_slice text, size_t at, size_t *len)
{
    const uint8_t byte = text.ptr[at];
    *len = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    uint32_t point = *len == 1 ? byte : byte & (0x7fU >> *len);
    for (size_t i = 1; i < *len; i++) {
        point = point << 6 | (text.ptr[at + i] & 0x3fU);
    }
    return point;
}

static void put_unit(struct wrapping *wrapping, struct wv_buf *buf, uint32_t unit)
{
    char text[8];
    snprintf(text, sizeof text, toss(wrapping, 2) == 0 ? "\\u%04x" : "\\u%04X", unit);
    wv_buf_put(buf, wv_slice_of(text));
}

/* One character in any of the spellings that JSON has for it. */
static void put_spelled(struct wrapping *wrapping, struct wv_buf *buf, struct wv_slice text,
                        size_t *at)
{
    static const char shorts[] = "\"\\/\b\f\n\r\t";
    static const char letters[] = "\"\\/bfnrt";
    size_t len;
    const uint32_t point = code_point(text, *at, &len);
    const char *found = point == 0 || point > 0x7f ? NULL : strchr(shorts, (int)point);
    const bool must = point < 0x20 || point == '"' || point == '\\';
    const uint64_t how = toss(wrapping, 24);
    if (how == 0 && point > 0xffff) {
        put_unit(wrapping, buf, 0xd800 + ((point - 0x10000) >> 10));
        put_unit(wrapping, buf, 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else if (how == 0 || (must && found == NULL)) {
        put_unit(wrapping, buf, point);
    } else if (found != NULL && (must || how < 12)) {
        wv_buf_byte(buf, '\\');
        wv_buf_byte(buf, (uint8_t)letters[found - shorts]);
    } else {
        wv_buf_put(buf, wv_slice_sub(text, *at, *at + len));
    }
    *at += len;
}

/* Puts one more envelope around the text. */
static void wrap(struct wrapping *wrapping, const struct envelope *envelope)
{
    wrapping->side = 1 - wrapping->side;
    struct wv_buf buf = wv_buf_of(wrapping->texts[wrapping->side], WRAPPED_MAX);
    const struct wv_slice text = wrapping->text;
    wv_buf_put(&buf, wv_slice_of(envelope->before));
    if (envelope->how == AS_BASE64) {
        wv_base64_encode(&buf, text);
    } else if (envelope->how == AS_STRING) {
        for (size_t at = 0; at < text.len;) {
            put_spelled(wrapping, &buf, text, &at);
        }
    } else {
        wv_buf_put(&buf, text);
    }
    wv_buf_put(&buf, wv_slice_of(envelope->after));
    ck_assert(wv_buf_take(&buf, &wrapping->text));
    wrapping->around[wrapping->count++] = envelope;
}

/* Takes the envelopes off again: what each of them keeps, it keeps byte for byte. False: it does
 * not. */
static bool unwrap(const struct wrapping *wrapping, struct wv_slice value, uint8_t *memory,
                   struct wv_slice *out)
{
    ck_assert_uint_lt(value.len, WRAPPED_MAX);
    for (size_t i = wrapping->count; i > 0; i--) {
        const struct envelope *envelope = wrapping->around[i - 1];
        const struct wv_slice before = wv_slice_of(envelope->before);
        const struct wv_slice after = wv_slice_of(envelope->after);
        if (value.len < before.len + after.len || !wv_slice_starts(value, before) ||
            !wv_slice_eq(after, wv_slice_sub(value, value.len - after.len, value.len))) {
            return false;
        }
        value = wv_slice_sub(value, before.len, value.len - after.len);
        size_t len = value.len;
        if (envelope->how == AS_STRING) {
            len = wv_text_unescape(value, memory, NULL);
        } else if (envelope->how == AS_BASE64 && !wv_base64_decode(value, memory, &len)) {
            return false;
        }
        if (envelope->how == AS_STRING || envelope->how == AS_BASE64) {
            value = (struct wv_slice){memory, len};
        }
    }
    *out = value;
    return true;
}

/* A record of the corpus, and up to NESTED_MAX envelopes around it; a line only as the last. */
static void make_wrapped(struct wrapping *wrapping, struct wv_slice record, bool identical)
{
    wrapping->text = record;
    wrapping->count = 0;
    const uint64_t count = 1 + toss(wrapping, NESTED_MAX);
    for (uint64_t i = 0; i < count; i++) {
        const struct envelope *envelope = &envelopes[toss(wrapping, WV_COUNT(envelopes))];
        const bool coded = envelope->how == AS_BASE64 && identical; /* is written anew */
        if (i + 1 == count || (envelope->how != AS_LINE && !coded)) {
            wrap(wrapping, envelope);
        }
    }
}

static struct wv_slice next_record(struct wv_corpus *corpus, uint8_t *memory)
{
    struct wv_buf buf = wv_buf_of(memory, WV_CORPUS_RECORD_MAX);
    struct wv_slice record;
    ck_assert(wv_corpus_next(corpus, &buf));
    ck_assert(wv_buf_take(&buf, &record));
    return record;
}

/* Check takes no longer messages. */
static int shown(struct wv_slice text)
{
    return text.len < 1000 ? (int)text.len : 1000;
}

#define KEEPS(class) "\"" class "\":{\"value\":[\"keep\"]}"

/* Keeps everything; the format knows no address, no path, no query and no name, so that nothing is
 * searched for. */
static const struct engine_file
    keeping[] =
        {
            {"p.json",
             "{\"pack\":\"zz\",\"rules\":{" KEEPS("none") "," KEEPS("client_ip") "," KEEPS("forward"
                                                                                           "ed_ip") "," KEEPS("uri_path") "," KEEPS("query") "," KEEPS("host") "," KEEPS("user_agent") "," KEEPS("referer") "," KEEPS("cookie") "," KEEPS("auth_header") "," KEEPS("header") "," KEEPS("body") "," KEEPS("matched_payload") "," KEEPS("username") "," KEEPS("email") "," KEEPS("phone") "," KEEPS("person_name") "," KEEPS("address") "," KEEPS("device_id") "," KEEPS("session_id") "," KEEPS("request_id") "," KEEPS("fingerprint_ja3") "," KEEPS("fingerprint_ja4") "," KEEPS("geo") "," KEEPS("asn") "," KEEPS("client_port") "," KEEPS("server_ip") "," KEEPS("timestamp") "," KEEPS("free_text") "," KEEPS("tenant_ref") "," KEEPS("unlisted") "}}"},
            {"f.json",
             "{\"format\":\"aws-waf\",\"detect\":{\"webaclId\":true},\"fields\":{\"webaclId\":"
             "\"none\",\"action\":\"none\",\"httpRequest.uri\":\"free_text\",\"httpRequest.args\":"
             "\"free_text\","
             "\"httpRequest.headers[].name\":\"none\",\"httpRequest.headers[].value\":\"free_"
             "text\","
             "\"labels[].name\":{\"class\":\"none\",\"remove\":\"element\"}}}"},
};

START_TEST(what_is_kept_is_identical)
{
    static struct wrapping wrapping;
    struct engine engine = engine_config(
        "{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"name\":\"acme\",\"region\":\"zz\"}}]"
        "," UNDER(TENANT, SOC(BARE)) ",\"packs\":{\"files\":[\"p.json\"]},"
                                     "\"formats\":{\"files\":[\"f.json\"]}}",
        keeping, WV_COUNT(keeping));
    struct wv_corpus corpus;
    uint8_t memory[WV_CORPUS_RECORD_MAX];
    wv_corpus_init(&corpus, 7);
    wrapping.state = 7;
    for (size_t i = 0; i < ROUNDS; i++) {
        make_wrapped(&wrapping, next_record(&corpus, memory), true);
        const struct wv_results results = engine_run(&engine, wrapping.text);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_msg(wv_slice_eq(results.items[0].value, wrapping.text), "%.*s\nbecomes %s\n%.*s",
                      shown(wrapping.text), (const char *)wrapping.text.ptr,
                      wv_reason_word(results.items[0].reason), shown(results.items[0].value),
                      (const char *)results.items[0].value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

/* A copy without the marks of sessions: they change every day, and a wrapper says another time than
 * the record in it. */
static char *without_sessions(struct wv_slice text)
{
    const struct wv_slice word = WV_LIT("~SESSION.");
    char *copy = strndup((const char *)text.ptr, text.len);
    for (char *at = copy; (at = strstr(at, (const char *)word.ptr)) != NULL;) {
        at += word.len;
        memset(at, 'x', WV_MARK_LEN);
    }
    return copy;
}

START_TEST(wrapped_records_become_what_bare_ones_do)
{
    static struct wrapping wrapping;
    static uint8_t unwrapped[WRAPPED_MAX];
    struct engine engine = engine_config(AUTO, NULL, 0);
    struct wv_corpus corpus;
    uint8_t memory[WV_CORPUS_RECORD_MAX];
    wv_corpus_init(&corpus, 11);
    wrapping.state = 11;
    for (size_t i = 0; i < ROUNDS; i++) {
        const struct wv_slice record = next_record(&corpus, memory);
        make_wrapped(&wrapping, record, false);
        struct wv_slice got = engine_run(&engine, record).items[0].value;
        ck_assert_uint_gt(got.len, 0);
        char *bare = without_sessions(got);
        const struct wv_results results = engine_run(&engine, wrapping.text);
        ck_assert_uint_eq(results.count, 1);
        const bool open = unwrap(&wrapping, results.items[0].value, unwrapped, &got);
        char *inner = without_sessions(got);
        ck_assert_msg(open && strcmp(inner, bare) == 0, "%.*s\nbecomes %s\n%.*s\nbare\n%.1000s",
                      shown(wrapping.text), (const char *)wrapping.text.ptr,
                      wv_reason_word(results.items[0].reason), shown(results.items[0].value),
                      (const char *)results.items[0].value.ptr, bare);
        free(inner);
        free(bare);
    }
    engine_fini(&engine);
}
END_TEST

/* A record as large as a bare one may be is not lost inside of an envelope. */
START_TEST(large_records_come_out)
{
    enum { HEADERS = 1500 };
    static struct wrapping wrapping;
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(envelopes); i++) {
        struct wv_buf buf = wv_buf_of(wrapping.texts[0], WRAPPED_MAX);
        wv_buf_put(&buf, WV_LIT("{\"webaclId\":\"w\",\"httpRequest\":{\"headers\":["));
        for (int h = 0; h < HEADERS; h++) {
            wv_buf_put(&buf, h == 0 ? (struct wv_slice){0} : WV_LIT(","));
            wv_buf_put(&buf, WV_LIT("{\"name\":\"accept\",\"value\":\"text/html;q=0.9,*/*;q=0.8,"
                                    "application/xhtml+xml;q=0.7,image/webp;q=0.6,image/avif\"}"));
        }
        wv_buf_put(&buf, WV_LIT("]},\"action\":\"last\"}"));
        ck_assert(wv_buf_take(&buf, &wrapping.text));
        wrapping.side = 0;
        wrapping.count = 0;
        wrap(&wrapping, &envelopes[i]);
        const struct wv_result *result = &engine_run(&engine, wrapping.text).items[0];
        ck_assert_msg(result->outcome == WV_PUBLISH, "%s: %s", envelopes[i].before,
                      wv_reason_word(result->reason));
        ck_assert_uint_gt(result->value.len, wrapping.text.len / 2);
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layers_random");
    TCase *tests = tcase_create("random");
    tcase_add_test(tests, what_is_kept_is_identical);
    tcase_add_test(tests, wrapped_records_become_what_bare_ones_do);
    tcase_add_test(tests, large_records_come_out);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
