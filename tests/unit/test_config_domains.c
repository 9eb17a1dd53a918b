/*
 * Within a domain people can be followed. One that spans tenants by mistake, or two that are the
 * same for a tenant with an unlucky name, let a customer's analysts recognise the clients of
 * another: such a configuration must not be taken.
 */
#include "plan/config.h"

#include <check.h>
#include <stdlib.h>

#define OUTPUT(name, purpose, domain)                                                              \
    "{\"name\":\"" name "\",\"topic\":\"" name "\",\"purpose\":\"" purpose                         \
    "\",\"domain\":\"" domain "\"}"
#define PLAIN(name, purpose)                                                                       \
    "{\"name\":\"" name "\",\"topic\":\"" name "\",\"purpose\":\"" purpose "\"}"

static const struct row {
    const char *outputs;
    const char *pointer; /* of the finding; "": there is none */
    const char *says;    /* the beginning of it */
    bool error;
} rows[] = {
    {PLAIN("a", "analytics") "," PLAIN("b", "security"), "", "", false},
    {OUTPUT("a", "analytics", "all"), "/outputs/0/domain", "without {tenant}", true},
    {OUTPUT("a", "analytics", "{region}/{output}"), "/outputs/0/domain", "without {tenant}", true},
    {OUTPUT("a", "security", "all"), "", "", false},
    /* acme-us with region ca, and acme with region us-ca, would be one domain. */
    {OUTPUT("a", "analytics", "{tenant}-{region}"), "/outputs/0/domain",
     "{tenant} must stand by itself", true},
    {OUTPUT("a", "analytics", "x{tenant}/{region}"), "/outputs/0/domain",
     "{tenant} must stand by itself", true},
    {OUTPUT("a", "security", "{tenant}-{region}"), "", "", false},
    {OUTPUT("a", "analytics", "x/{tenant}"), "", "", false},
    {OUTPUT("a", "analytics", "x/{tenant}/"), "", "", false},
    /* acme is the tenant of the input: its records in b are in the domain of all tenants in a. */
    {OUTPUT("a", "security", "acme/x") "," OUTPUT("b", "analytics", "{tenant}/x"),
     "/outputs/1/domain", "can be the same domain as that of /outputs/0", true},
    {OUTPUT("b", "analytics", "{tenant}/x") "," OUTPUT("a", "security", "acme/x"),
     "/outputs/1/domain", "can be the same domain as that of /outputs/0", true},
    {OUTPUT("a", "security", "unknown/{output}") "," OUTPUT("b", "analytics", "{tenant}/a"),
     "/outputs/1/domain", "can be the same domain as that of /outputs/0", true},
    {OUTPUT("a", "security", "acme/{region}/b") "," PLAIN("b", "analytics"), "/outputs/1",
     "can be the same domain as that of /outputs/0", true},
    {OUTPUT("a", "security", "{region}/x") "," OUTPUT("b", "analytics", "{tenant}/x"),
     "/outputs/1/domain", "can be the same domain as that of /outputs/0", true},
    {OUTPUT("a", "security", "all/x") "," OUTPUT("b", "analytics", "{tenant}/x"), "", "", false},
    {OUTPUT("a", "security", "acme/x/y") "," OUTPUT("b", "analytics", "{tenant}/x"), "", "", false},
    {OUTPUT("a", "security", "acme") "," OUTPUT("b", "analytics", "{tenant}/x"), "", "", false},
    /* Both for security: joining is what they are for. */
    {OUTPUT("a", "security", "all/x") "," OUTPUT("b", "security", "all/x"), "", "", false},
    /* One purpose each: allowed, and told. */
    {OUTPUT("a", "security", "{tenant}/x") "," OUTPUT("b", "analytics", "{tenant}/x"),
     "/outputs/1/domain", "is also the domain of /outputs/0, whose purpose is security", false},
    {OUTPUT("a", "security", "{tenant}/{output}") "," OUTPUT("b", "analytics", "{tenant}/a"),
     "/outputs/1/domain", "is also the domain of /outputs/0, whose purpose is security", false},
    {OUTPUT("a", "analytics", "{tenant}/x") "," OUTPUT("b", "analytics", "{tenant}/x"), "", "",
     false},
};

/* The findings about domains, and nothing else. */
static char *findings(const char *outputs, bool *loaded)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":"
                   "{\"name\":\"acme\"}}],\"outputs\":[%s]}",
                   outputs);
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_parse("wafveil.json", wv_slice_of(text), report);
    char *printed = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&printed, &length);
    ck_assert_ptr_nonnull(stream);
    wv_report_print(report, stream);
    ck_assert_int_eq(fclose(stream), 0);
    *loaded = config != NULL;
    wv_config_free(config);
    wv_report_free(report);
    return printed;
}

START_TEST(spanning_domains_are_for_security)
{
    const struct row *row = &rows[_i];
    bool loaded;
    char *text = findings(row->outputs, &loaded);
    ck_assert_msg(loaded == !row->error, "row %d: %s", _i, text);
    if (row->pointer[0] == '\0') {
        ck_assert_str_eq(text, "");
    } else {
        char at[64];
        (void)snprintf(at, sizeof at, "(at %s)\n", row->pointer);
        const char *says = strstr(text, row->error ? "error: " : "warning: ");
        ck_assert_msg(says != NULL && strstr(text, at) != NULL, "row %d: %s", _i, text);
        ck_assert_msg(strncmp(strchr(says, ' ') + 1, row->says, strlen(row->says)) == 0,
                      "row %d: %s", _i, text);
        ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1); /* one finding */
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_domains");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, spanning_domains_are_for_security, 0, (int)WV_COUNT(rows));
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
