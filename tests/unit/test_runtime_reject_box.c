/*
 * At stake: a reject report goes where many may read. Beside its words it may carry the record, and
 * then only for the holder of the key; never where a transfer or a consent was refused, and never
 * so large, or so often, that whoever sends broken records can stop the service with it.
 */
#include "runtime/reject_box.h"

#include "base/base64.h"
#include "json/document.h"
#include "support/engine.h"
#include "support/sealing.h"

#include <openssl/cms.h>

#include <check.h>

#define CANARY "203.0.113.77 canary.person@example.net CANARYSESSION4711"
#define CONFIG                                                                                     \
    "{\"inputs\":[{\"topic\":\"waf.raw\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","   \
    "\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],"                  \
    "\"outputs\":[{\"name\":\"soc\",\"topic\":\"a\",\"purpose\":\"security\"},"                    \
    "{\"name\":\"ads\",\"topic\":\"b\",\"purpose\":\"security\"}],"                                \
    "\"rejects\":{\"topic\":\"waf.rejects\"%s}}"

static struct recipient *recipient;
static struct wv_plan *plan;
static struct wv_reject_box *box;
static struct wv_clock_fake fake;
static struct wv_results results;
static const struct wv_result usual[] = {{.output = 0}, {.output = 1}};

static struct wv_plan *plan_of(const char *seal)
{
    char config[1024];
    const struct engine_file files[] = {{"reject.pem", recipient->certificate}};
    struct wv_report *report = wv_report_new();
    snprintf(config, sizeof config, CONFIG, seal);
    struct wv_plan *made = engine_plan(config, files, 1, report);
    if (made == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(made);
    wv_report_free(report);
    return made;
}

static void setup(void)
{
    recipient = recipient_new((struct recipient_wish){.rsa_bits = 2048});
    plan = plan_of(",\"seal\":{\"certificate\":\"reject.pem\"}");
    box = calloc(1, sizeof *box);
    ck_assert(wv_reject_box_use(box, plan));
    wv_clock_fake_init(&fake, wv_clock_wall_ms(wv_clock_system()));
    results = (struct wv_results){usual, WV_COUNT(usual), 1};
}

static void teardown(void)
{
    wv_reject_box_fini(box);
    free(box);
    wv_plan_free(plan);
    recipient_free(recipient);
}

static struct wv_reject reject_of(uint32_t output)
{
    return (struct wv_reject){.plan = plan,
                              .reason = WV_REASON_SYNTAX,
                              .topic = "waf.raw",
                              .partition = 3,
                              .offset = 42,
                              .output = output,
                              .tenant = WV_LIT("acme")};
}

static struct wv_slice report_of(uint32_t output)
{
    const struct wv_reject reject = reject_of(output);
    return wv_reject_box_write(box, &reject, &fake.clock);
}

static json_t *json_of(struct wv_slice report)
{
    json_t *json = json_loadb((const char *)report.ptr, report.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_object(json), "a report is no JSON");
    return json;
}

static void is_unsealed(struct wv_slice report, enum wv_box result)
{
    json_t *json = json_of(report);
    ck_assert_ptr_null(json_object_get(json, "sealed"));
    ck_assert_str_eq(json_string_value(json_object_get(json, "unsealed")), wv_box_word(result));
    ck_assert_str_eq(json_string_value(json_object_get(json, "reason")), "syntax");
    json_decref(json);
}

/* What the box of a report holds. */
static size_t open_box(struct wv_slice report, uint8_t *out, size_t room)
{
    json_t *json = json_of(report);
    const char *text = json_string_value(json_object_get(json, "sealed"));
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_null(json_object_get(json, "unsealed"));
    uint8_t *der = malloc(strlen(text));
    size_t len = 0;
    ck_assert(wv_base64_decode_exact(wv_slice_of(text), der, &len));
    const unsigned char *at = der;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
    BIO *plain = BIO_new(BIO_s_mem());
    ck_assert_ptr_nonnull(cms);
    ck_assert_int_eq(CMS_decrypt(cms, recipient->key, recipient->x509, NULL, plain, CMS_BINARY), 1);
    char *content = NULL;
    const size_t size = (size_t)BIO_get_mem_data(plain, &content);
    ck_assert_uint_le(size, room);
    memcpy(out, content, size);
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
    free(der);
    json_decref(json);
    return size;
}

#define LIT(text)                                                                                  \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct wv_header headers[] = {{LIT("x-\"\xff"), LIT(CANARY)},
                                           {LIT("none"), {NULL, 0}}};
static const struct wv_record record = {.topic = LIT("waf.raw"),
                                        .value = LIT("{\"clientIp\":\"" CANARY "\n\x01\xff"),
                                        .key = LIT(CANARY),
                                        .headers = headers,
                                        .header_count = WV_COUNT(headers),
                                        .time_ms = 1795321384123};

static bool shows_canary(struct wv_slice text)
{
    return memmem(text.ptr, text.len, "203.0.113.77", 12) != NULL ||
           memmem(text.ptr, text.len, "CANARYSESSION", 13) != NULL;
}

START_TEST(the_box_holds_the_record_and_the_report_does_not)
{
    static uint8_t content[4096];
    wv_reject_box_open(box, &record, &results, 3, 42);
    const struct wv_slice report = report_of(0);
    ck_assert(!shows_canary(report));
    const size_t len = open_box(report, content, sizeof content);
    const uint8_t *value = memchr(content, '\n', len);
    ck_assert_ptr_nonnull(value);
    value++;
    ck_assert_uint_eq((size_t)(content + len - value), record.value.len);
    ck_assert_int_eq(memcmp(value, record.value.ptr, record.value.len), 0);

    json_t *head = json_loadb((const char *)content, (size_t)(value - content), 0, NULL);
    json_t *expected =
        json_pack("{s:s,s:i,s:i,s:I,s:i}", "topic", "waf.raw", "partition", 3, "offset", 42,
                  "time_ms", (json_int_t)1795321384123, "bytes", (int)record.value.len);
    const char *name;
    json_t *member;
    json_object_foreach(expected, name, member)
    {
        ck_assert_msg(json_equal(json_object_get(head, name), member), "%s", name);
    }
    uint8_t key[256];
    size_t key_len = 0;
    ck_assert(wv_base64_decode(wv_slice_of(json_string_value(json_object_get(head, "key"))), key,
                               &key_len));
    ck_assert_uint_eq(key_len, record.key.len);
    ck_assert_int_eq(memcmp(key, CANARY, key_len), 0);
    json_t *list = json_object_get(head, "headers");
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_ptr_nonnull(json_object_get(json_array_get(list, 0), "name_base64"));
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 1), "name")), "none");
    ck_assert(json_is_null(json_object_get(json_array_get(list, 1), "value")));
    json_decref(expected);
    json_decref(head);
    ck_assert_uint_eq(box->counts[WV_BOX_SEALED], 1);
    for (size_t i = 0; i < sizeof box->head; i++) { /* nothing of it stays in memory of ours */
        ck_assert_uint_eq(box->head[i], 0);
    }
}
END_TEST

/* A message of many records, or for many outputs, costs one box. */
START_TEST(a_message_is_sealed_once)
{
    static uint8_t content[4096];
    wv_reject_box_open(box, &record, &results, 3, 42);
    (void)open_box(report_of(0), content, sizeof content);
    is_unsealed(report_of(1), WV_BOX_FIRST);
    is_unsealed(report_of(UINT32_MAX), WV_BOX_FIRST);
    wv_reject_box_open(box, &record, &results, 3, 42);
    (void)open_box(report_of(0), content, sizeof content);
    ck_assert_uint_eq(box->counts[WV_BOX_SEALED], 2);
    ck_assert_uint_eq(box->counts[WV_BOX_FIRST], 2);
}
END_TEST

START_TEST(what_was_refused_is_not_sealed)
{
    static uint8_t content[4096];
    const struct wv_result some[] = {{.output = 0}, {.output = 1, .withheld = true}};
    results = (struct wv_results){some, WV_COUNT(some), 1};
    wv_reject_box_open(box, &record, &results, 3, 42);
    is_unsealed(report_of(1), WV_BOX_WITHHELD);
    is_unsealed(report_of(UINT32_MAX), WV_BOX_WITHHELD);
    (void)open_box(report_of(0), content, sizeof content);
    ck_assert_uint_eq(box->counts[WV_BOX_WITHHELD], 2);
}
END_TEST

START_TEST(what_comes_late_has_no_box)
{
    is_unsealed(report_of(0), WV_BOX_LATE);
    wv_reject_box_open(box, &record, &results, 3, 42);
    wv_reject_box_close(box);
    is_unsealed(report_of(0), WV_BOX_LATE);
    wv_reject_box_open(box, &record, &results, 3, 43); /* another message */
    is_unsealed(report_of(0), WV_BOX_LATE);
    wv_reject_box_open(box, &record, &results, 2, 42);
    is_unsealed(report_of(0), WV_BOX_LATE);
    struct wv_record elsewhere = record;
    elsewhere.topic = WV_LIT("waf.other");
    wv_reject_box_open(box, &elsewhere, &results, 3, 42);
    is_unsealed(report_of(0), WV_BOX_LATE);
}
END_TEST

START_TEST(an_ended_certificate_seals_nothing)
{
    fake.ms += INT64_C(366) * 86400 * 1000;
    wv_reject_box_open(box, &record, &results, 3, 42);
    is_unsealed(report_of(0), WV_BOX_CERTIFICATE);
    fake.ms -= INT64_C(369) * 86400 * 1000;
    is_unsealed(report_of(0), WV_BOX_CERTIFICATE);
}
END_TEST

/* Up to the last byte that fits; then without. */
START_TEST(a_report_has_a_most_length)
{
    static uint8_t bytes[WV_REJECT_BOXED_MAX];
    static uint8_t content[WV_REJECT_BOXED_MAX];
    struct wv_record long_record = {.topic = WV_LIT("waf.raw"), .value = {bytes, 0}, .time_ms = -1};
    bool fitted = true;
    memset(bytes, 'x', sizeof bytes);
    for (size_t len = 660000; len < sizeof bytes; len += 1013) {
        long_record.value.len = len;
        wv_reject_box_open(box, &long_record, &results, 3, 42);
        const struct wv_slice report = report_of(0);
        ck_assert_uint_le(report.len, WV_REJECT_BOXED_MAX);
        const bool fits = report.len > WV_REJECT_MAX;
        ck_assert(fitted || !fits);
        fitted = fits;
        if (fits) {
            ck_assert_uint_gt(open_box(report, content, sizeof content), len);
        } else {
            is_unsealed(report, WV_BOX_TOO_LARGE);
        }
    }
    ck_assert(!fitted);
    ck_assert_uint_gt(box->counts[WV_BOX_SEALED], 0);
}
END_TEST

/* Key and headers may be as long as a message: the value matters more. */
START_TEST(long_headers_are_left_out)
{
    static uint8_t bytes[sizeof box->head];
    static uint8_t content[4096];
    memset(bytes, 'h', sizeof bytes);
    struct wv_record more = record;
    more.key = (struct wv_slice){bytes, sizeof bytes};
    wv_reject_box_open(box, &more, &results, 3, 42);
    const size_t len = open_box(report_of(0), content, sizeof content);
    ck_assert_ptr_nonnull(memmem(content, len, "\"left_out\":[\"key\",\"headers\"]", 28));
    ck_assert_ptr_nonnull(memmem(content, len, CANARY, sizeof CANARY - 1));
    ck_assert_ptr_null(memmem(content, len, "hhhhhhhh", 8));
}
END_TEST

/* A topic that takes less than we thought must not stop the service: the box goes, the words stay,
 * and the next one is not tried at that length. */
START_TEST(a_topic_may_take_less)
{
    static uint8_t bytes[100000];
    static uint8_t copy[200000];
    static uint8_t content[4096];
    memset(bytes, 'x', sizeof bytes);
    const struct wv_record large = {
        .topic = WV_LIT("waf.raw"), .value = {bytes, sizeof bytes}, .time_ms = -1};
    wv_reject_box_open(box, &large, &results, 3, 42);
    const struct wv_slice report = report_of(0);
    ck_assert_uint_le(report.len, sizeof copy);
    memcpy(copy, report.ptr, report.len);
    const struct wv_slice rest = wv_reject_box_shorten(box, (struct wv_slice){copy, report.len});
    ck_assert_uint_lt(rest.len, 500);
    is_unsealed(rest, WV_BOX_TOO_LARGE);
    ck_assert_uint_eq(box->counts[WV_BOX_TOO_LARGE], 1);
    ck_assert_uint_eq(box->counts[WV_BOX_SEALED], 0);
    memcpy(copy, rest.ptr, rest.len);
    ck_assert_uint_eq(wv_reject_box_shorten(box, (struct wv_slice){copy, rest.len}).len, 0);

    wv_reject_box_open(box, &large, &results, 3, 42);
    is_unsealed(report_of(0), WV_BOX_TOO_LARGE);
    wv_reject_box_open(box, &record, &results, 3, 42);
    (void)open_box(report_of(0), content, sizeof content);
}
END_TEST

START_TEST(without_a_certificate_there_is_no_word_of_it)
{
    struct wv_plan *sealing = plan;
    plan = plan_of("");
    ck_assert(wv_reject_box_use(box, plan));
    wv_reject_box_open(box, &record, &results, 3, 42);
    const struct wv_slice report = report_of(1);
    json_t *json = json_of(report);
    ck_assert_ptr_null(json_object_get(json, "sealed"));
    ck_assert_ptr_null(json_object_get(json, "unsealed"));
    ck_assert_str_eq(json_string_value(json_object_get(json, "output")), "ads");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "records")), 1);
    ck_assert(!shows_canary(report));
    json_decref(json);
    wv_plan_free(plan);
    plan = sealing;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reject_box");
    TCase *tests = tcase_create("reject_box");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_box_holds_the_record_and_the_report_does_not);
    tcase_add_test(tests, a_message_is_sealed_once);
    tcase_add_test(tests, what_was_refused_is_not_sealed);
    tcase_add_test(tests, what_comes_late_has_no_box);
    tcase_add_test(tests, an_ended_certificate_seals_nothing);
    tcase_add_test(tests, a_report_has_a_most_length);
    tcase_add_test(tests, long_headers_are_left_out);
    tcase_add_test(tests, a_topic_may_take_less);
    tcase_add_test(tests, without_a_certificate_there_is_no_word_of_it);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
