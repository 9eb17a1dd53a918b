/*
 * At stake: a paper that ends unnoticed. On the day after it an output falls silent, or worse,
 * somebody makes it speak again in a hurry. So the end is said a month ahead, with its day, where
 * the paper stands and where it will be felt, and in a line that stays one.
 */
#include "support/legal.h"

#include <check.h>

/* Thirty days ahead and on the last day, not before and not for what has no end. */
static const struct end {
    const char *config;
    const char *day;
    const char *said; /* NULL: nothing about ends */
} ends[] = {
#define UNTIL WORKER("JP", ",\"valid_until\":\"2026-12-31\"")
#define SAFE                                                                                       \
    WORKER("SG", ",\"safeguards\":[{\"mechanism\":\"bcr\",\"document\":\"d\",\"until\":"           \
                 "\"2026-12-31\"}]")
    {CONFIG(UNTIL, TO("w", "")), "2026-11-30", NULL},
    {CONFIG(UNTIL, TO("w", "")), "2026-12-01",
     "the agreement ends on 2026-12-31: nothing personal is sent there after it [CTR-12] (at "
     "/recipients/w)\n"},
    {CONFIG(UNTIL, TO("w", "")), "2026-12-31", "the agreement ends on 2026-12-31"},
    {CONFIG(WORKER("JP", ",\"contract_ends\":\"2026-12-31\""), TO("w", "")), "2026-12-01",
     "the agreement ends on 2026-12-31"},
    {CONFIG(UNTIL, TO("w", "")), "2026-12-01",
     "gets records of these regions without personal data after the day that stands there: eu "
     "(2026-12-31), jp (2026-12-31), uk (2026-12-31), us (2026-12-31), us-ca (2026-12-31) [TRF-8] "
     "(at /outputs/0)\n"},
    {CONFIG(SAFE, TO("w", "")), "2026-11-30", NULL},
    {CONFIG(SAFE, TO("w", "")), "2026-12-01",
     "2026-12-31 is the last day: what nothing else allows is refused after it [TRF-8] (at "
     "/recipients/w/safeguards/0/until)\n"},
    {CONFIG(SAFE, TO("w", "")), "2026-12-01",
     "after the day that stands there: eu (2026-12-31), uk (2026-12-31) [TRF-8] (at "
     "/outputs/0)\n"},
    {CONFIG(SAFE, TO("w", "")), "2027-01-01", NULL},
    /* Another document goes on from there: the paper is named, and nothing comes of its end. */
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"SG\",\"safeguards\":[{\"mechanism\":\"bcr\","
            "\"document\":\"d\",\"until\":\"2026-12-31\"},{\"mechanism\":\"bcr\",\"document\":"
            "\"e\"}]}",
            TO("us", "")),
     "2026-12-01", "(at /recipients/us/safeguards/0/until)\n"},
    {ACME "\"instance\":{\"country\":\"SG\",\"safeguards\":[{\"mechanism\":\"scc\",\"document\":"
          "\"d\",\"until\":\"2026-12-31\"}]}," NAMES OWN "}," TO("us", "") "}",
     "2026-12-01",
     "is the last day: what nothing else allows is refused after it [TRF-8] (at "
     "/instance/safeguards/0/until)\n"},
    /* An audit; and a row of the law itself. */
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-06-02",
     "the yearly audit is due: without it nothing personal is sent there after 2027-07-01 "
     "[CTR-5] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-06-02", "eu (2027-07-01), jp (2027-07-01)"},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"GB\"}", TO("us", "")), "2031-11-26", NULL},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"GB\"}", TO("us", "")), "2031-11-27",
     "after the day that stands there: eu (2031-12-27) [TRF-8] (at /outputs/0)\n"},
    {CONFIG(OWN, TO("us", "")), "2026-11-22", NULL},
};

START_TEST(what_ends_soon_is_said)
{
    static const char *const words[] = {"the agreement ends on", "is the last day",
                                        "after the day that stands there"};
    const struct end *end = &ends[_i];
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_on(end->config, end->day, report);
    char *text = findings_text(report);
    ck_assert_msg(plan != NULL || end->said == NULL, "%s", text);
    ck_assert_msg(end->said == NULL || strstr(text, end->said) != NULL, "%s\nsays\n%s\nnot\n%s",
                  end->config, text, end->said);
    for (size_t i = 0; end->said == NULL && i < WV_COUNT(words); i++) {
        ck_assert_msg(strstr(text, words[i]) == NULL, "%s\non %s says\n%s", end->config, end->day,
                      text);
    }
    free(text);
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

START_TEST(many_regions_stay_one_line)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_on(
        "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\"}}],\"regions\":[{"
        "\"from\":\"header\",\"header\":\"region\"}],\"packs\":{\"acknowledge_unreviewed\":[\"kr\","
        "\"sg\",\"my\",\"ph\",\"au\",\"br\",\"th\",\"cn\",\"il\",\"ch\"]}," NAMES
        "\"us\":{\"kind\":\"own\",\"country\":\"AQ\"}}," TO("us", "") "}",
        "2026-11-22", report);
    ck_assert_ptr_nonnull(plan);
    char *text = findings_text(report);
    ck_assert_msg(strstr(text, "without personal data only: ") != NULL, "%s", text);
    ck_assert_msg(strstr(text, " more; `wafveil check --legal` says why") != NULL, "%s", text);
    free(text);
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("law_ends");
    TCase *tests = tcase_create("law_ends");
    tcase_add_loop_test(tests, what_ends_soon_is_said, 0, (int)WV_COUNT(ends));
    tcase_add_test(tests, many_regions_stay_one_line);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
