/*
 * At stake: an approval that counts for something else than what was signed, or for longer, or by
 * others, is no second person any more. So what the fingerprint covers is tried one document after
 * another, and every way in which an approval can be wrong has words of its own, so that whoever
 * stands before it knows what to do.
 */
#include "plan/approval.h"
#include "plan/tables.h"
#include "support/engine.h"
#include "support/signing.h"

#include <sys/stat.h>

static struct person people[3];

/* Files in a folder of their own, which stays until the end of the test. */
static char folder[64];

static void set_up(void)
{
    static const char *const names[] = {"Ada", "Bo", "Cy"};
    snprintf(folder, sizeof folder, "/tmp/wafveil-approval-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t i = 0; i < WV_COUNT(people); i++) {
        people[i] = person_new((struct person_wish){.name = names[i]});
    }
}

static void tear_down(void)
{
    char command[128];
    for (size_t i = 0; i < WV_COUNT(people); i++) {
        person_free(&people[i]);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *text)
{
    char path[128];
    engine_write(folder, name, text);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

static void put_bytes(const char *name, struct wv_bytes bytes)
{
    put(name, (const char *)bytes.ptr);
    wv_bytes_free(&bytes);
}

/* The plan of wafveil.json in the folder; NULL with findings. */
static struct wv_plan *load(struct wv_report *report)
{
    char path[128];
    snprintf(path, sizeof path, "%s/wafveil.json", folder);
    struct wv_config *config = wv_config_load(path, report);
    return config == NULL ? NULL : wv_plan_build(config, engine_keyring(report), report);
}

static struct wv_plan *plan_of(const char *config)
{
    struct wv_report *report = wv_report_new();
    put("wafveil.json", config);
    struct wv_plan *plan = load(report);
    if (plan == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    return plan;
}

#define BASE                                                                                       \
    "\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"from\":\"webacl\",\"table\":"               \
    "\"tenants.json\"}}],\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]"
#define FILES ",\"packs\":{\"files\":[\"pack.json\"]}"
#define FOUR_EYES                                                                                  \
    ",\"changes\":{\"four_eyes\":true,\"approval\":\"approval.p7m\",\"approvers\":\"a.pem\"}"
#define PACK(query)                                                                                \
    "{\"pack\":\"p\",\"extends\":\"eu\",\"rules\":{\"query\":{\"value\":[\"" query "\"]}}}"
#define TENANTS "{\"arn:a\":{\"tenant\":\"acme\",\"region\":\"eu\"}}"

/* Before each: the documents as they are. */
static void put_documents(void)
{
    put("tenants.json", TENANTS);
    put("pack.json", PACK("drop"));
    put_bytes("a.pem", signing_certificates(people, 2));
}

/* ---- What a fingerprint covers --------------------------------------------------------------- */

static void remember(const char *config, char fingerprint[65], char version[9])
{
    struct wv_plan *plan = plan_of(config);
    snprintf(fingerprint, 65, "%s", wv_plan_fingerprint(plan));
    snprintf(version, 9, "%s", wv_plan_version(plan));
    wv_plan_free(plan);
}

START_TEST(a_fingerprint_covers_every_document)
{
    static const struct {
        const char *config;
        const char *file;
        const char *text;
        bool same;
    } cases[] = {
        {"{" BASE FILES FOUR_EYES "}", NULL, NULL, true},
        {"{ " BASE " " FILES FOUR_EYES "\n}", NULL, NULL, true},
        {"{\"kafka\":{\"sasl.password\":\"x\"}," BASE FILES FOUR_EYES "}", NULL, NULL, true},
        {"{" BASE FILES ",\"changes\":{\"approvers\":\"a.pem\",\"approval\":\"else.p7m\","
         "\"four_eyes\":true}}",
         NULL, NULL, true},
        {"{" BASE FILES FOUR_EYES ",\"limits\":{\"depth\":5}}", NULL, NULL, false},
        {"{" BASE FILES ",\"changes\":{\"approvers\":\"a.pem\",\"approval\":\"approval.p7m\"}}",
         NULL, NULL, false},
        {"{" BASE FOUR_EYES "}", NULL, NULL, false},
        {"{" BASE FILES FOUR_EYES "}", "pack.json", PACK("keep"), false},
        {"{" BASE FILES FOUR_EYES "}", "pack.json", " " PACK("drop") "\n", true},
        {"{" BASE FILES FOUR_EYES "}", "tenants.json",
         "{\"arn:a\":{\"tenant\":\"acme\",\"region\":\"us\"}}", false},
    };
    char first[65];
    char version[9];
    put_documents();
    remember(cases[0].config, first, version);
    ck_assert_uint_eq(strlen(first), 64);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char other[65];
        char other_version[9];
        put_documents();
        if (cases[i].file != NULL) {
            put(cases[i].file, cases[i].text);
        }
        remember(cases[i].config, other, other_version);
        ck_assert_msg((strcmp(first, other) == 0) == cases[i].same, "case %zu", i);
        if (cases[i].file != NULL) {
            ck_assert_msg((strcmp(version, other_version) == 0) == cases[i].same, "case %zu", i);
        }
    }
    put_documents();
    put_bytes("a.pem", signing_certificates(people, 1));
    char other[65];
    remember(cases[0].config, other, version);
    ck_assert_str_ne(first, other);
}
END_TEST

/* Only blocks of properties are left out: a recipient may have that name. */
START_TEST(a_recipient_called_kafka_is_covered)
{
    static const char *const countries[] = {"JP", "US"};
    char fingerprints[2][65];
    char versions[2][9];
    put_documents();
    for (size_t i = 0; i < 2; i++) {
        char config[512];
        snprintf(config, sizeof config,
                 "{" BASE ",\"recipients\":{\"kafka\":{\"kind\":\"own\",\"country\":\"%s\"}}}",
                 countries[i]);
        char *outputs = strstr(config, "\"purpose\":\"security\"");
        ck_assert_ptr_nonnull(outputs);
        char whole[640];
        snprintf(whole, sizeof whole, "%.*s\"recipient\":\"kafka\",%s", (int)(outputs - config),
                 config, outputs);
        remember(whole, fingerprints[i], versions[i]);
    }
    ck_assert_str_ne(fingerprints[0], fingerprints[1]);
    ck_assert_str_ne(versions[0], versions[1]);
}
END_TEST

/* A new password is no new policy, and nobody may try passwords against a fingerprint. */
START_TEST(passwords_are_not_covered)
{
    static const char *const passwords[] = {"one", "two"};
    char fingerprints[2][65];
    char versions[2][9];
    put_documents();
    for (size_t i = 0; i < 2; i++) {
        char config[640];
        snprintf(config, sizeof config,
                 "{" BASE ",\"audit\":{\"topic\":\"a\",\"kafka\":{\"sasl.password\":\"%s\"}},"
                 "\"rejects\":{\"topic\":\"r\",\"kafka\":{\"sasl.password\":\"%s\"}}}",
                 passwords[i], passwords[i]);
        remember(config, fingerprints[i], versions[i]);
    }
    ck_assert_str_eq(fingerprints[0], fingerprints[1]);
    ck_assert_str_eq(versions[0], versions[1]);
}
END_TEST

/* ---- What an approval says ------------------------------------------------------------------- */

#define GOOD_REASON "\"reason\":\"the analysts need it\""
#define GOOD_DAY    "\"expires\":\"2026-12-31\""

static const struct statement {
    const char *text; /* %s: the fingerprint */
    const char *said; /* "": approved */
} statements[] = {
    {"{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY "}", ""},
    {"{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY ",\"requested_by\":\"Di\"}", ""},
    {"{\"approves\":\"%s\",\"reason\":"
     "\"\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2"
     "\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2\xe3\x82\xa2\"," GOOD_DAY "}",
     ""},
    {"{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"2026-11-22\"}", ""},
    {"{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"2027-11-23\"}", ""},
    {"{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"2027-11-24\"}", "at most 366 days"},
    {"{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"2026-11-21\"}", "is over"},
    {"{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"soon\"}", "must be a day"},
    {"{\"approves\":\"%s\"," GOOD_REASON "}", "\"expires\" is required"},
    {"{\"approves\":\"%s\"," GOOD_DAY "}", "\"reason\" is required"},
    {"{\"approves\":\"%s\",\"reason\":\"123456789\"," GOOD_DAY "}", "at least 10 characters"},
    {"{\"approves\":\"%s\",\"reason\":\"one line\\nand another\"," GOOD_DAY "}", "one line"},
    {"{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY ",\"requested_by\":\"a\\tb\"}", "one line"},
    {"{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY ",\"requestedby\":\"Di\"}",
     "did you mean \"requested_by\"?"},
    {"{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY ",\"approves\":\"\"}", "is not valid JSON"},
    {"{\"approves\":\"\"," GOOD_REASON "," GOOD_DAY "}", "approves something else"},
    {"{\"approves\":\"0%.63s\"," GOOD_REASON "," GOOD_DAY "}", "approves something else"},
    {"{" GOOD_REASON "," GOOD_DAY "}", "\"approves\" is required"},
    {"[\"%s\"]", "must be an object"},
    {"%s", "is not valid JSON"},
    {"", "is not valid JSON"},
};

/* Signed by the first `count` people, and read. */
static bool approves(const struct wv_plan *plan, const char *text, size_t count,
                     struct wv_approval *approval, const char *said)
{
    struct wv_report *report = wv_report_new();
    struct wv_bytes message = signing_sign(people, count, text);
    const bool good = wv_approval_read("approval.p7m", wv_bytes_slice(message), plan, plan,
                                       SIGNING_NOW_MS, approval, report);
    char *findings = findings_text(report);
    ck_assert_int_eq(good, wv_report_errors(report) == 0);
    ck_assert_msg(strstr(findings, said) != NULL && good == (said[0] == '\0'), "%s\nsays %s not %s",
                  text, findings, said);
    free(findings);
    wv_bytes_free(&message);
    wv_report_free(report);
    return good;
}

START_TEST(every_statement_is_checked)
{
    const struct statement *statement = &statements[_i];
    struct wv_approval approval;
    char text[1024];
    put_documents();
    struct wv_plan *plan = plan_of("{" BASE FOUR_EYES "}");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, statement->text, wv_plan_fingerprint(plan));
#pragma GCC diagnostic pop
    static const struct wv_approval nothing;
    if (approves(plan, text, 1, &approval, statement->said)) {
        ck_assert_uint_eq(approval.signer_count, 1);
        ck_assert_str_eq(approval.signers[0], "CN=Ada");
        ck_assert_uint_ge(strlen(approval.reason), WV_REASON_LEAST);
        ck_assert_int_gt(approval.expires_ms, SIGNING_NOW_MS);
        ck_assert_int_eq(approval.expires_ms % (SIGNING_DAY_S * INT64_C(1000)), 0);
    } else {
        ck_assert_mem_eq(&approval, &nothing, sizeof nothing);
    }
    wv_plan_free(plan);
}
END_TEST

/* The last day belongs to it, to its last millisecond. */
START_TEST(an_approval_ends_with_its_day)
{
    put_documents();
    struct wv_plan *plan = plan_of("{" BASE FOUR_EYES "}");
    char text[256];
    snprintf(text, sizeof text, "{\"approves\":\"%s\"," GOOD_REASON ",\"expires\":\"2026-11-22\"}",
             wv_plan_fingerprint(plan));
    struct wv_bytes message = signing_sign(people, 1, text);
    const int64_t end = (SIGNING_NOW_S + SIGNING_DAY_S / 2) * 1000;
    for (int over = 0; over < 2; over++) {
        struct wv_report *report = wv_report_new();
        struct wv_approval approval;
        const bool good = wv_approval_read("a", wv_bytes_slice(message), plan, plan, end - 1 + over,
                                           &approval, report);
        ck_assert_int_eq(good, over == 0);
        ck_assert_int_eq(approval.expires_ms, over == 0 ? end : 0);
        wv_report_free(report);
    }
    wv_bytes_free(&message);
    wv_plan_free(plan);
}
END_TEST

START_TEST(as_many_sign_as_are_asked_for)
{
    put_documents();
    struct wv_plan *plan =
        plan_of("{" BASE ",\"changes\":{\"four_eyes\":true,\"approvers\":\"a.pem\","
                "\"signatures\":2}}");
    struct wv_approval approval;
    char text[256];
    snprintf(text, sizeof text, "{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY "}",
             wv_plan_fingerprint(plan));
    ck_assert(!approves(plan, text, 1, &approval, "is signed by 1 of 2 people"));
    ck_assert(approves(plan, text, 2, &approval, ""));
    ck_assert_uint_eq(approval.signer_count, 2);
    ck_assert(!approves(plan, text, 3, &approval, "not among the approvers"));
    wv_plan_free(plan);
}
END_TEST

/* What is printed to be signed is what is read. */
START_TEST(the_document_to_sign_is_one_that_counts)
{
    put_documents();
    struct wv_plan *plan = plan_of("{" BASE FOUR_EYES "}");
    struct wv_approval approval;
    struct wv_report *report = wv_report_new();
    char *text = wv_approval_document(plan, "they need \"it\" now", "2026-12-01", "Di",
                                      SIGNING_NOW_MS, report);
    ck_assert_ptr_nonnull(text);
    ck_assert(approves(plan, text, 1, &approval, ""));
    ck_assert_str_eq(approval.reason, "they need \"it\" now");
    ck_assert_str_eq(approval.requested_by, "Di");
    free(text);
    ck_assert_ptr_null(
        wv_approval_document(plan, "short", "2026-12-01", NULL, SIGNING_NOW_MS, report));
    ck_assert_ptr_null(wv_approval_document(plan, "long enough, but late", "2026-11-01", NULL,
                                            SIGNING_NOW_MS, report));
    ck_assert_uint_eq(wv_report_errors(report), 2);
    wv_report_free(report);
    wv_plan_free(plan);
}
END_TEST

/* ---- Files ----------------------------------------------------------------------------------- */

static bool check_says(const struct wv_plan *plan, const char *said)
{
    struct wv_report *report = wv_report_new();
    struct wv_approval approval;
    const bool good = wv_approval_check(plan, SIGNING_NOW_MS, &approval, report);
    char *text = findings_text(report);
    ck_assert_msg(strstr(text, said) != NULL, "says %s not %s", text, said);
    ck_assert_int_eq(good, wv_report_errors(report) == 0);
    free(text);
    wv_report_free(report);
    return good;
}

START_TEST(files_are_read_with_care)
{
    char path[128];
    char other[128];
    snprintf(path, sizeof path, "%s/approval.p7m", folder);
    snprintf(other, sizeof other, "%s/other.p7m", folder);
    put_documents();
    struct wv_plan *plan = plan_of("{" BASE FOUR_EYES "}");
    char text[256];
    snprintf(text, sizeof text, "{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY "}",
             wv_plan_fingerprint(plan));
    ck_assert(!check_says(plan, "approval.p7m: error: cannot be read: No such file"));
    put_bytes("approval.p7m", signing_sign(people, 1, text));
    ck_assert(check_says(plan, ""));
    ck_assert_int_eq(rename(path, other), 0);
    ck_assert_int_eq(symlink(other, path), 0);
    ck_assert(!check_says(plan, "must not be a symbolic link"));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert(!check_says(plan, "must be a regular file"));
    ck_assert_int_eq(unlink(path), 0);
    char *huge = calloc(1, WV_SIGNED_BYTES + 2);
    memset(huge, 'x', WV_SIGNED_BYTES + 1);
    put("approval.p7m", huge);
    ck_assert(!check_says(plan, "is too large"));
    free(huge);
    wv_plan_free(plan);
}
END_TEST

START_TEST(approvers_are_checked_when_the_plan_is_built)
{
    static const struct {
        const char *changes;
        mode_t mode;
        const char *said;
    } cases[] = {
        {"{\"four_eyes\":true}", 0644, "needs \"approvers\""},
        {"{\"four_eyes\":true,\"approvers\":\"none.pem\"}", 0644, "cannot read"},
        {"{\"four_eyes\":true,\"approvers\":\"tenants.json\"}", 0644, "must hold 1 to 64"},
        {"{\"four_eyes\":true,\"approvers\":\"a.pem\",\"signatures\":3}", 0644,
         "3 people must sign, but"},
        {"{\"four_eyes\":true,\"approvers\":\"a.pem\",\"signatures\":0}", 0644, "from 1 to 16"},
        {"{\"four_eyes\":true,\"approvers\":\"a.pem\"}", 0664, "can be changed by others"},
        {"{\"four_eyes\":true,\"aprovers\":\"a.pem\"}", 0644, "did you mean \"approvers\"?"},
        {"{\"four_eyes\":true,\"approvers\":\"a.pem\",\"signatures\":2}", 0644, ""},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[512];
        char path[128];
        struct wv_report *report = wv_report_new();
        put_documents();
        snprintf(path, sizeof path, "%s/a.pem", folder);
        ck_assert_int_eq(chmod(path, cases[i].mode), 0);
        snprintf(config, sizeof config, "{" BASE ",\"changes\":%s}", cases[i].changes);
        put("wafveil.json", config);
        struct wv_plan *plan = load(report);
        char *text = findings_text(report);
        ck_assert_msg(strstr(text, cases[i].said) != NULL, "says %s not %s", text, cases[i].said);
        ck_assert_int_eq(plan != NULL, cases[i].said[0] == '\0');
        free(text);
        wv_plan_free(plan);
        wv_report_free(report);
    }
}
END_TEST

/* ---- Whether a change is allowed ------------------------------------------------------------- */

static bool allowed(const struct wv_plan *before, const struct wv_plan *after, size_t signers)
{
    struct wv_report *report = wv_report_new();
    struct wv_approval approval;
    const bool good = wv_change_allowed(before, after, SIGNING_NOW_MS, &approval, report);
    ck_assert_int_eq(good, wv_report_errors(report) == 0);
    ck_assert_uint_eq(approval.signer_count, signers);
    if (!good) {
        char *text = findings_text(report);
        ck_assert_ptr_nonnull(strstr(text, "warning: looser: "));
        ck_assert_ptr_nonnull(
            strstr(text, "needs an approval by a second person: `wafveil approve"));
        free(text);
    }
    wv_report_free(report);
    return good;
}

static void approve(const struct wv_plan *plan, size_t person)
{
    char text[256];
    snprintf(text, sizeof text, "{\"approves\":\"%s\"," GOOD_REASON "," GOOD_DAY "}",
             wv_plan_fingerprint(plan));
    put_bytes("approval.p7m", signing_sign(&people[person], 1, text));
}

#define LOOSE ",\"packs\":{\"files\":[\"pack.json\"],\"countries\":{\"DE\":\"p\"}}"

START_TEST(a_looser_plan_needs_an_approval)
{
    put_documents();
    put("pack.json", PACK("keep"));
    struct wv_plan *strict = plan_of("{" BASE FOUR_EYES "}");
    struct wv_plan *open = plan_of("{" BASE "}");
    struct wv_plan *loose = plan_of("{" BASE LOOSE FOUR_EYES "}");
    struct wv_plan *off = plan_of("{" BASE LOOSE "}");
    ck_assert(allowed(strict, strict, 0));
    ck_assert(allowed(NULL, strict, 0));
    ck_assert(allowed(open, off, 0)); /* nobody asks */
    ck_assert(allowed(NULL, off, 0));
    ck_assert(allowed(loose, strict, 0)); /* back to what is stricter */
    ck_assert(!allowed(strict, loose, 0));
    ck_assert(!allowed(NULL, loose, 0)); /* a start does not go round it */
    ck_assert(!allowed(open, loose, 0));
    ck_assert(!allowed(strict, open, 0)); /* to switch it off is to loosen */
    ck_assert(!allowed(strict, off, 0));
    approve(loose, 0);
    ck_assert(allowed(strict, loose, 1));
    ck_assert(allowed(NULL, loose, 1));
    /* The approval of one plan is none for the same one without four eyes. */
    ck_assert(!allowed(strict, off, 0));
    approve(off, 0);
    ck_assert(!allowed(strict, loose, 0));
    /* A plan without "approval" is looked up where the one before has it. */
    ck_assert(allowed(strict, off, 1));
    wv_plan_free(strict);
    wv_plan_free(open);
    wv_plan_free(loose);
    wv_plan_free(off);
}
END_TEST

/* Who may approve is said by what runs: nobody brings his own certificate along. */
START_TEST(nobody_approves_himself)
{
    put_documents();
    struct wv_plan *strict = plan_of("{" BASE FOUR_EYES "}");
    put_bytes("a.pem", signing_certificates(&people[2], 1));
    struct wv_plan *taken = plan_of("{" BASE FOUR_EYES "}");
    approve(taken, 2);
    ck_assert(!allowed(strict, taken, 0));
    approve(taken, 0);
    ck_assert(allowed(strict, taken, 1));
    ck_assert(allowed(taken, taken, 0));
    wv_plan_free(strict);
    wv_plan_free(taken);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("approval");
    TCase *tests = tcase_create("approval");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_fingerprint_covers_every_document);
    tcase_add_test(tests, a_recipient_called_kafka_is_covered);
    tcase_add_test(tests, passwords_are_not_covered);
    tcase_add_loop_test(tests, every_statement_is_checked, 0, (int)WV_COUNT(statements));
    tcase_add_test(tests, an_approval_ends_with_its_day);
    tcase_add_test(tests, as_many_sign_as_are_asked_for);
    tcase_add_test(tests, the_document_to_sign_is_one_that_counts);
    tcase_add_test(tests, files_are_read_with_care);
    tcase_add_test(tests, approvers_are_checked_when_the_plan_is_built);
    tcase_add_test(tests, a_looser_plan_needs_an_approval);
    tcase_add_test(tests, nobody_approves_himself);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
