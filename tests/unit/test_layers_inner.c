/*
 * At stake: a URL, a request line or JSON inside of a value holds personal data under names of its
 * own, and is written back in the spelling that it had.
 */
#include "base/base64.h"
#include "engine/work.h"
#include "support/layers.h"

static const struct engine_file inner_format = {
    "f.json",
    "{\"format\":\"f\",\"literals\":[\"-\"],\"define\":{\"g\":{\"ip\":\"client_ip\",\"user\":"
    "\"username\","
    "\"k\":\"none\",\"u\":{\"syntax\":\"url\"},\"j\":{\"inside\":\"h\"}},\"h\":{\"k\":\"none\"}},"
    "\"fields\":{\"ip\":\"client_ip\",\"k\":\"none\",\"u\":{\"syntax\":\"url\"},\"us[]\":{"
    "\"syntax\":"
    "\"url\"},\"r\":{\"syntax\":\"request-line\"},\"b\":{\"syntax\":\"url\",\"coding\":\"base64\"},"
    "\"p\":{\"class\":\"user_agent\",\"coding\":\"percent\"},\"q\":{\"class\":\"none\",\"coding\":"
    "\"percent\"},\"j\":{\"inside\":\"g\"},\"js[]\":{\"inside\":\"g\"},\"jf\":{\"inside\":\"g\","
    "\"class\":"
    "\"free_text\"},\"jb\":{\"inside\":\"g\",\"coding\":\"base64\"}}}"};

#define INNER_CONFIG CONFIG("f", "", BARE, ",\"formats\":{\"files\":[\"f.json\"]}")

static const struct known inners[] = {
    /* Parts of a URL; kept parts in their own spelling. */
    {"{\"u\":\"https:\\/\\/bob:pw@shop.example.com:8443\\/a\\/b?q=bob%40example.org&x=1#f\"}",
     "{\"u\":\"https:\\/\\/example.com:8443\\/a\\/b?q=~EMAIL~&x=1#f\"}"},
    {"{\"u\":\"/a\\u003fx=192.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"u\":\"/a\\u003fx=" MARK "\",\"ip\":\"192.0.2.0\"}"},
    {"{\"u\":\"/%31%39%32.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"u\":\"/{ip}\",\"ip\":\"192.0.2.0\"}"},
    {"{\"u\":\"//bob@/a\"}", "{\"u\":\"//{userinfo}@/a\"}"},
    {"{\"u\":\"-\",\"us\":[\"-\",\"/a?b=c\",null]}",
     "{\"u\":\"-\",\"us\":[\"-\",\"/a?b=c\",null]}"},
    {"{\"u\":5,\"us\":[true,{\"a\":1},[\"/a\"]],\"r\":{\"a\":1}}", "{\"us\":[]}"},
    {"{\"r\":\"GET \\/a\\/bob@example.org?x=192.0.2.77 HTTP\\/1.1\",\"ip\":\"192.0.2.77\"}",
     "{\"r\":\"GET /a/{email}?x=" MARK " HTTP\\/1.1\",\"ip\":\"192.0.2.0\"}"},
    {"{\"r\":\"\\u0016\\u0003bob@example.org\"}", "{\"r\":\"\\u0016\\u0003{email}\"}"},
    /* "/a?x=192.0.2.77" */
    {"{\"b\":\"L2E/eD0xOTIuMC4yLjc3\",\"ip\":\"192.0.2.77\"}",
     "{\"b\":\"L2E/eD1+SVAuaHhxbGw2cTZ+\",\"ip\":\"192.0.2.0\"}"},
    {"{\"b\":\"L2E/eD0x!\",\"k\":1}", "{\"k\":1}"},
    {"{\"p\":\"curl%2F8.0\"}", "{\"p\":\"curl/8%20(tool)\"}"},
    {"{\"q\":\"at%20192%2e0.2%2E77\",\"ip\":\"192.0.2.77\"}",
     "{\"q\":\"at%20~IP.hxqll6q6~\",\"ip\":\"192.0.2.0\"}"},
    {"{\"q\":\"100%\\u0025zz%\"}", "{\"q\":\"100%\\u0025zz%\"}"},
    /* JSON in a string. */
    {"{\"j\":\"{\\\"user\\\":\\\"bob\\\",\\\"ip\\\":\\\"192.0.2.77\\\",\\\"u\\\":\\\"\\/"
     "a?x=192.0.2.77\\\","
     "\\\"z\\\":1,\\\"_wafveil\\\":1,\\\"j\\\":\\\"{\\\\\\\"k\\\\\\\":\\\\\\\"192.0.2.77\\\\\\\"}"
     "\\\"}\","
     "\"k\":\"192.0.2.77\"}",
     "{\"j\":\"{\\\"ip\\\":\\\"192.0.2.0\\\",\\\"u\\\":\\\"\\/a?x=" MARK
     "\\\",\\\"j\\\":\\\"{\\\\\\\"k\\\\\\\":"
     "\\\\\\\"" MARK "\\\\\\\"}\\\"}\",\"k\":\"" MARK "\"}"},
    {"{\"js\":[\"{\\\"k\\\":1}\",\"{\\\"k\\\":\",\"\",\"{}\"]}",
     "{\"js\":[\"{\\\"k\\\":1}\",\"\",\"{}\"]}"},
    {"{\"j\":\"bob\",\"jf\":\"bob@example.org\"}", "{\"jf\":\"~EMAIL~\"}"},
    {"{\"j\":\"{\\\"k\\\":1} x\",\"jf\":\"{\\\"k\\\":bob}\",\"k\":2}", "{\"k\":2}"},
    {"{\"j\":{\"k\":1},\"jf\":{\"k\":1},\"k\":2}", "{\"k\":2}"},
    {"{\"jb\":\"eyJrIjoxLCJ1c2VyIjoiYm9iIn0K\"}", "{\"jb\":\"eyJrIjoxfQo=\"}"},
    /* All members of a text go, or all before what stays. */
    {"{\"u\":\"https://bob@\",\"j\":\"{\\\"z\\\":1}\"}", "{\"u\":\"https://\",\"j\":\"{}\"}"},
    {"{\"x\":1,\"j\":\"{\\\"z\\\":1,\\\"user\\\":2,\\\"k\\\":3,\\\"z\\\":4}\",\"x\":2}",
     "{\"j\":\"{\\\"k\\\":3}\"}"},
};

START_TEST(texts_in_values_have_their_parts)
{
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    check_known(&engine, &inners[_i]);
    engine_fini(&engine);
}
END_TEST

/* Whatever base64 spells, only text is published. */
START_TEST(texts_behind_base64_are_text)
{
    static const struct known known = {"{\"b\":\"L/8/w3g9/mE=\"}", /* /\xff?\xc3x=\xfea */
                                       "{\"b\":\"L++/vT/vv714Pe+/vWE=\"}"};
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    check_known(&engine, &known);
    engine_fini(&engine);
}
END_TEST

/* More texts than there is room for: those beyond it go. */
START_TEST(too_many_texts_go)
{
    enum { TEXTS = 300, ROOM = WV_LAYERS_MAX - 1 };
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    char text[TEXTS * 16] = "{\"us\":[";
    for (int i = 0; i < TEXTS; i++) {
        const size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "\"/about\"%s", i + 1 < TEXTS ? "," : "]}");
    }
    const struct wv_result *result = &engine_text(&engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert_uint_eq(result->value.len, strlen("{\"us\":[]}") + ROOM * strlen("\"/about\",") - 1);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layers_inner");
    TCase *tests = tcase_create("known");
    tcase_add_loop_test(tests, texts_in_values_have_their_parts, 0, (int)WV_COUNT(inners));
    tcase_add_test(tests, texts_behind_base64_are_text);
    tcase_add_test(tests, too_many_texts_go);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
