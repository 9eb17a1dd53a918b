/*
 * At stake: records are read in two ways, in long strides where they are written as serialisers
 * mostly write them, and byte by byte elsewhere. Blanks between the members choose the way, and
 * they must choose nothing else: neither what is published, nor what is rejected.
 */
#include "support/engine.h"

#include <check.h>
#include <stdlib.h>

enum { ROUNDS = 6000, CHANGES_MAX = 4, RECORD_MAX = 8192 };

static const char record[] =
    "{\"timestamp\":1763800000096,\"formatVersion\":1,\"webaclId\":\"arn:aws:shop\","
    "\"action\":\"ALLOW\",\"terminatingRuleMatchDetails\":[],\"httpSourceId\":\"1-app/shop\","
    "\"ruleGroupList\":[{\"ruleGroupId\":\"g\",\"terminatingRule\":null,\"excludedRules\":null}],"
    "\"rateBasedRuleList\":[{\"limitKey\":\"IP\",\"limitValue\":\"203.0.113.9\","
    "\"customValues\":[{\"key\":\"HEADER\",\"name\":\"X-Forwarded-For\","
    "\"value\":\"203.0.113.9\"}]}],\"responseCodeSent\":null,"
    "\"httpRequest\":{\"clientIp\":\"203.0.113.9\",\"country\":\"DE\","
    "\"headers\":[{\"name\":\"Host\",\"value\":\"shop.example\"},{\"name\":\"User-Agent\","
    "\"value\":\"curl/8.1\"},{\"name\":\"X.Odd\",\"value\":\"203.0.113.9\"},{\"name\":\"COOKIE\","
    "\"value\":\"sid=\\\"a\\\"\"},{\"name\":\"accept\",\"value\":\"*/*\"}],"
    "\"uri\":\"/a/203.0.113.9\",\"args\":\"a=1&email=x%40y.example\",\"requestId\":\"r\","
    "\"scheme\":\"https\"},\"labels\":[{\"name\":\"awswaf:clientip:asn:1\"},"
    "{\"name\":\"awswaf:clientip:geo:country:DE\"},{\"name\":\"awswaf:clientip:asn:2\"},"
    "{\"name\":\"awswaf:clientip:asn:3\"},{\"name\":\"x:y\"},"
    "{\"name\":\"awswaf:managed:token:id:4\"}],\"oversizeFields\":[\"A\"],\"requestBodySize\":0}";

static unsigned roll(unsigned sides)
{
    return (unsigned)rand() % sides;
}

/* A few bytes replaced, doubled or taken away. */
static size_t spoil(char *text, size_t len)
{
    static const char bytes[] = "\"\"\\\\{}[],,::0anN. _eE-+";
    for (unsigned i = roll(CHANGES_MAX); i > 0; i--) {
        const size_t at = roll((unsigned)len);
        const char byte = bytes[roll(sizeof bytes - 1)];
        switch (roll(3)) {
        case 0:
            text[at] = byte;
            break;
        case 1:
            memmove(text + at + 1, text + at, len - at);
            text[at] = byte;
            len++;
            break;
        default:
            memmove(text + at, text + at + 1, len - at - 1);
            len--;
        }
    }
    return len;
}

/* Copies text with a blank behind every comma, colon and bracket outside of strings, or without any
 * blank there. */
static size_t respace(const char *text, size_t len, bool blanks, char *out)
{
    bool in_string = false;
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        if (in_string && text[i] == '\\' && i + 1 < len) {
            out[count++] = text[i++];
            out[count++] = text[i];
            continue;
        }
        if (!in_string && text[i] == ' ') {
            continue;
        }
        in_string = in_string != (text[i] == '"');
        out[count++] = text[i];
        if (blanks && !in_string && strchr(",:[{", text[i]) != NULL) {
            out[count++] = ' ';
        }
    }
    return count;
}

static struct wv_result run(struct engine *engine, const char *text, size_t len)
{
    const struct wv_results results =
        engine_run(engine, (struct wv_slice){(const uint8_t *)text, len});
    ck_assert_uint_ge(results.count, 1); /* what was spoilt may have become two records */
    return results.items[0];
}

/* Without blanks outside of strings, in memory of the caller. */
static struct wv_slice squeezed(struct wv_slice text, char *out)
{
    const size_t len = respace((const char *)text.ptr, text.len, false, out);
    return (struct wv_slice){(const uint8_t *)out, len};
}

static const char *const regions[] = {"eu", "us", "jp", "unknown"};

START_TEST(blanks_choose_nothing_but_the_way)
{
    static char changed[RECORD_MAX];
    static char plain[RECORD_MAX];
    static char spaced[2 * RECORD_MAX];
    static char results[2][4 * RECORD_MAX];
    struct engine engine = engine_builtin(regions[_i]);
    size_t published = 0;
    srand((unsigned)(20261122 + _i));
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(changed, record, sizeof record);
        const size_t len = spoil(changed, sizeof record - 1);
        const size_t plain_len = respace(changed, len, false, plain);
        const size_t spaced_len = respace(changed, len, true, spaced);
        const struct wv_result first = run(&engine, plain, plain_len);
        const struct wv_slice a = squeezed(first.value, results[0]);
        const struct wv_result second = run(&engine, spaced, spaced_len);
        const struct wv_slice b = squeezed(second.value, results[1]);
        ck_assert_int_eq(first.outcome, second.outcome);
        ck_assert_int_eq(first.reason, second.reason);
        ck_assert_uint_eq(a.len, b.len);
        ck_assert(a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
        published += first.outcome == WV_PUBLISH;
    }
    ck_assert_uint_gt(published, ROUNDS / 4);
    ck_assert_uint_lt(published, ROUNDS - ROUNDS / 4);
    engine_fini(&engine);
}
END_TEST

/* A name that is spelled as one that was met, but is another one, and many more than are kept. */
START_TEST(names_are_never_mixed_up)
{
    static char text[256];
    struct engine engine = engine_builtin("eu");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3000; i++) {
            const bool agent = i % 7 == 0;
            snprintf(text, sizeof text,
                     "{\"httpRequest\":{\"headers\":[{\"name\":\"%s%d\",\"value\":\"marker-%d\"},"
                     "{\"name\":\"%s\",\"value\":\"curl/8.1\"}]},\"pad\":\"%60s\"}",
                     i % 2 == 0 ? "X-Unknown-" : "User-Agent", i, i,
                     agent ? "USER-AGENT" : "x-unknown", "");
            const struct wv_result result = run(&engine, text, strlen(text));
            ck_assert_int_eq(result.outcome, WV_PUBLISH);
            ck_assert_ptr_null(memmem(result.value.ptr, result.value.len, "marker", 6));
            const bool kept = memmem(result.value.ptr, result.value.len, "curl", 4) != NULL;
            ck_assert_int_eq(kept, agent);
        }
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("usual");
    TCase *tests = tcase_create("usual");
    tcase_add_loop_test(tests, blanks_choose_nothing_but_the_way, 0, (int)WV_COUNT(regions));
    tcase_add_test(tests, names_are_never_mixed_up);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
