/*
 * At stake: a pack drops bodies and credentials and cuts paths and referers down, so nobody meets
 * the names in them; but the same names may stand elsewhere in the record, where nothing says whose
 * they are. They must go there, too, and an attack must not be wiped out by naming it so.
 */
#include "support/engine.h"

#include <check.h>

#define LOGIN   "anna.smithson"
#define SESSION "AB12CD34EF56AB12"

static const char config[] =
    "{\"inputs\":[{\"format\":\"%s\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}]," UNDER(
        TENANT, SOC(BARE)) "}";

static struct engine engine_for(const char *format)
{
    char text[512];
    snprintf(text, sizeof text, config, format);
    return engine_config(text, NULL, 0);
}

/* The value stands without a name in the arguments; told: in the path, or in members of the
 * request. */
struct told {
    const char *path;
    const char *members;
    const char *value;
};

static const struct told told[] = {
    {"/a;user=" LOGIN, "", LOGIN},
    {"/a;x=1;user=" LOGIN ";y=2/b", "", LOGIN},
    {"/a;jsessionid=" SESSION, "", SESSION},
    {"/login/sid=" SESSION "/x", "", SESSION},
    {"/login/user=" LOGIN "/x", "", LOGIN},
    {"/a;user=anna%2Esmithson", "", LOGIN},
    {"/a%3Buser%3Danna%252Esmithson", "", LOGIN},
    {"/a%253Buser%253D" LOGIN, "", LOGIN},
    {"/a;phone=0312345678", "", "0312345678"},
    {"/a;us\\u0065r\\u003danna\\u002esmithson", "", LOGIN},
#define HEADER(name, value) ",\"headers\":[{\"name\":\"" name "\",\"value\":\"" value "\"}]"
    {"/a", HEADER("Referer", "https://example.com/login?x=1&user=" LOGIN), LOGIN},
    {"/a", HEADER("Referer", "https://example.com/login?user=anna%2Esmithson#top"), LOGIN},
    {"/a", HEADER("Referer", "https://example.com/a;user=" LOGIN "?x"), LOGIN},
    {"/a", HEADER("Referer", "https://example.com/#user=" LOGIN), LOGIN},
    {"/a", HEADER("Location", "/welcome?user=" LOGIN), LOGIN},
    {"/a", HEADER("Content-Location", "/welcome?user=" LOGIN), LOGIN},
    {"/a", HEADER("Cookie", "a={\\\"user\\\":\\\"" LOGIN "\\\"}"), LOGIN},
    {"/a", HEADER("Cookie", "b=1; a=%7B%22user%22%3A%22" LOGIN "%22%7D"), LOGIN},
    {"/a", HEADER("Authorization", "Digest username=\\\"" LOGIN "\\\", realm=\\\"x\\\""), LOGIN},
    {"/a", HEADER("Authorization", "Digest realm=\\\"x\\\",username=" LOGIN ",uri=\\\"/\\\""),
     LOGIN},
    /* anna.smithson:hunter2222 */
    {"/a", HEADER("Authorization", "Basic YW5uYS5zbWl0aHNvbjpodW50ZXIyMjIy"), LOGIN},
    {"/a", HEADER("Authorization", "basic  YW5uYS5zbWl0aHNvbjpodW50ZXIyMjIy "), LOGIN},
    {"/a", HEADER("Proxy-Authorization", "Basic YW5uYS5zbWl0aHNvbjpodW50ZXIyMjIy"), "hunter2222"},
};

static void run_told(struct engine *engine, const char *path, const char *members,
                     const char *value, char out[2048])
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"or %s\"]}],\"httpRequest\":{"
             "\"uri\":\"%s\",\"args\":\"x=%s\"%s}}",
             value, path, value, members);
    const struct wv_result *result = &engine_text(engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    snprintf(out, 2048, "%.*s", (int)result->value.len, (const char *)result->value.ptr);
}

START_TEST(what_is_cut_away_is_known)
{
    struct engine engine = engine_for("aws-waf");
    char out[2048];
    run_told(&engine, told[_i].path, told[_i].members, told[_i].value, out);
    ck_assert_msg(strstr(out, told[_i].value) == NULL, "%s", out);
    /* Alone it is nothing. */
    run_told(&engine, "/a", "", told[_i].value, out);
    ck_assert_msg(strstr(out, told[_i].value) != NULL || told[_i].value[0] == 'h', "%s", out);
    engine_fini(&engine);
}
END_TEST

/* What is no name of anybody, or reads like an attack, stays where it is evidence. */
static const struct told untold[] = {
    {"/a;user=..%2F..%2Fetc%2Fpasswd", "", "../../etc/passwd"},
    {"/a;user=admin", "", "admin"},
    {"/a;user=%2Fetc%2Fpasswd", "", "/etc/passwd"},
    {"/a;q=" LOGIN, "", LOGIN},
    {"/a;user", "", LOGIN},
    {"/user/" LOGIN, "", LOGIN},
    {"/a", HEADER("Referer", "https://example.com/?user=sleep(5)"), "sleep(5)"},
    {"/a", HEADER("Referer", "https://example.com/?user=../../etc/passwd"), "../../etc/passwd"},
    {"/a", HEADER("Cookie", "a={\\\"user\\\":\\\"/etc/passwd\\\"}"), "/etc/passwd"},
    /* sleep(5):1, and no base64 */
    {"/a", HEADER("Authorization", "Basic c2xlZXAoNSk6MQ=="), "sleep(5)"},
    {"/a", HEADER("Authorization", "Digest username=\\\"sleep(5)\\\""), "sleep(5)"},
    {"/a", HEADER("Authorization", "Digest xusername=\\\"" LOGIN "\\\""), LOGIN},
    {"/a", HEADER("Authorization", "Digest username="), LOGIN},
};

START_TEST(attacks_stay)
{
    struct engine engine = engine_for("aws-waf");
    char out[2048];
    run_told(&engine, untold[_i].path, untold[_i].members, untold[_i].value, out);
    char match[256];
    snprintf(match, sizeof match, "[\"or %s\"]", untold[_i].value);
    ck_assert_msg(strstr(out, match) != NULL, "%s", out);
    engine_fini(&engine);
}
END_TEST

static const struct {
    const char *body;
    bool known;
} bodies[] = {
    {"x=1&user=" LOGIN, true},
    {"user=anna%2Esmithson&x=2", true},
    {"{\\\"a\\\":{\\\"user\\\": \\\"" LOGIN "\\\"}}", true},
    {"[{\\\"x\\\":\\\"a\\\\\\\"b\\\",\\\"user\\\"\\n:\\n\\\"anna\\\\u002esmithson\\\"}]", true},
    {"{\\\"x\\\":1,\\\"user\\\":\\\"" LOGIN, false}, /* cut off: nobody knows where it ends */
    {"{\\\"user\\\":{\\\"x\\\":\\\"" LOGIN "\\\"}}", false},
    {"{\\\"x\\\":\\\"user\\\",\\\"y\\\":\\\"" LOGIN "\\\"}", false},
    {"{\\\"", false},
    {"{\\\"user\\\":", false},
    {"{\\\"user\\\":\\\"\\\\", false},
    {"x=user&y=" LOGIN, false},
    {"=&&=user=", false},
};

START_TEST(bodies_are_read)
{
    struct engine engine = engine_for("modsecurity-v3");
    char text[1024];
    snprintf(text, sizeof text,
             "{\"transaction\":{\"client_ip\":\"192.0.2.77\",\"request\":{\"uri\":\"/p/" LOGIN
             "\",\"body\":\"%s\"}}}",
             bodies[_i].body);
    const struct wv_result *result = &engine_text(&engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert_msg(holds(result->value, LOGIN) != bodies[_i].known, "%.*s", (int)result->value.len,
                  (const char *)result->value.ptr);
    engine_fini(&engine);
}
END_TEST

/* So many fields and names that not all fit: nothing breaks, and what fits is known. */
START_TEST(floods_are_bounded)
{
    static char text[65536];
    struct engine engine = engine_for("aws-waf");
    size_t used = (size_t)snprintf(
        text, sizeof text, "{\"httpRequest\":{\"args\":\"x=" LOGIN "\",\"uri\":\"/a;user=" LOGIN);
    for (unsigned i = 0; i < 200; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, ";user=person%u", i);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "\",\"headers\":[");
    for (unsigned i = 0; i < 40; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"name\":\"Location\",\"value\":\"/?user=other%u\"}",
                                 i == 0 ? "" : ",", i);
    }
    snprintf(text + used, sizeof text - used, "]}}");
    const struct wv_result *result = &engine_text(&engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert(!holds(result->value, LOGIN));
    engine_fini(&engine);
}
END_TEST

/* The last of many fields tells, too. */
START_TEST(all_fields_tell)
{
    static char text[16384];
    struct engine engine = engine_for("aws-waf");
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"httpRequest\":{\"args\":\"x=" LOGIN "\",\"headers\":[");
    for (unsigned i = 0; i < 40; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used,
                             "{\"name\":\"Referer\",\"value\":\"https://example.com/?x=%u\"},", i);
    }
    snprintf(text + used, sizeof text - used,
             "{\"name\":\"Location\",\"value\":\"/?user=" LOGIN "\"}]}}");
    const struct wv_result *result = &engine_text(&engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert(!holds(result->value, LOGIN));
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform_told");
    TCase *all = tcase_create("told");
    tcase_add_loop_test(all, what_is_cut_away_is_known, 0, (int)WV_COUNT(told));
    tcase_add_loop_test(all, attacks_stay, 0, (int)WV_COUNT(untold));
    tcase_add_loop_test(all, bodies_are_read, 0, (int)WV_COUNT(bodies));
    tcase_add_test(all, floods_are_bounded);
    tcase_add_test(all, all_fields_tell);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
