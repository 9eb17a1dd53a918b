/*
 * At stake: whoever runs detection rules over an output must see what they saw in the original, and
 * nothing more of a person than the policy shows anyway: an address becomes the network that the
 * pack shows of clients, and where it shows none, a placeholder.
 */
#include "support/engine.h"

#include <check.h>

#define CONFIG(region)                                                                             \
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"" region      \
    "\"}}],\"regions\":[{\"from\":\"tenant\"}],\"outputs\":["                                      \
    "{\"name\":\"a\",\"purpose\":\"security\",\"annotate\":\"none\"},"                             \
    "{\"name\":\"b\",\"purpose\":\"security\",\"annotate\":\"none\",\"placeholders\":\"words\"}]}"

#define RECORD(args)                                                                               \
    "{\"httpRequest\":{\"clientIp\":\"192.0.2.7\",\"headers\":[{\"name\":\"accept\","              \
    "\"value\":\"to ann@example.org\"},{\"name\":\"cookie\",\"value\":\"=x\"}],\"args\":\"" args   \
    "\"}}"

static const struct {
    const char *config;
    const char *args;
    const char *spelled[2];
} cases[] = {
    {CONFIG("eu"),
     "m='ann@example.org'&password=hunter22",
     {"m='~EMAIL~'&password=~CREDENTIAL~", "m='_EMAIL_'&password=_CREDENTIAL_"}},
    {CONFIG("eu"), "u=http://198.51.100.9/x", {"u=http://~IP~/x", "u=http://198.51.100.0/x"}},
    {CONFIG("eu"), "u=[2001:db8:1:2::3]", {"u=[~IP~]", "u=[2001:db8:1::]"}},
    {CONFIG("eu"), "u=192%2E0.2.7", {"u=~IP.", "u=192.0.2.0\""}},
    {CONFIG("unknown"), "u=198.51.100.9", {"~PARAMS.1~", "_PARAMS.1_"}},
    {CONFIG("refused"), "u=198.51.100.9", {"~PARAMS.1~", "_PARAMS.1_"}},
};

START_TEST(an_output_says_how_it_spells_what_it_hides)
{
    struct engine engine = engine_config(cases[_i].config, NULL, 0);
    char record[512];
    (void)snprintf(record, sizeof record, RECORD("%s"), cases[_i].args);
    for (size_t round = 0; round < 3; round++) { /* answers for headers are remembered */
        const struct wv_results results = engine_run(&engine, wv_slice_of(record));
        ck_assert_uint_eq(results.count, 2);
        for (size_t i = 0; i < 2; i++) {
            char text[1024];
            const struct wv_slice value = results.items[i].value;
            ck_assert_uint_lt(value.len, sizeof text);
            memcpy(text, value.ptr, value.len);
            text[value.len] = '\0';
            ck_assert_msg(strstr(text, cases[_i].spelled[i]) != NULL, "%s", text);
            ck_assert_msg(strstr(text, "192.0.2.7") == NULL, "%s", text);
            ck_assert_msg(strstr(text, "198.51.100.9") == NULL, "%s", text);
            ck_assert_msg((strchr(text, '~') == NULL) == (i == 1), "%s", text);
        }
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    TCase *cases_of = tcase_create("placeholders");
    tcase_add_loop_test(cases_of, an_output_says_how_it_spells_what_it_hides, 0,
                        (int)WV_COUNT(cases));
    Suite *suite = suite_create("placeholders");
    suite_add_tcase(suite, cases_of);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
