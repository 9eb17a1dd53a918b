/*
 * At stake: sealing originals for somebody, for somebody else, or more of them, is a decision that
 * a second person must see; and a certificate that has quietly ended would be found out at three in
 * the morning.
 */
#include "plan/loosening.h"
#include "plan/sealing.h"
#include "support/engine.h"
#include "support/sealing.h"

#include <check.h>
#include <sys/resource.h>

#define SEAL(pem, classes, when, days)                                                             \
    ",\"seal\":{\"certificate\":\"" pem "\",\"classes\":[" classes "],\"when\":{" when             \
    "},\"days\":" days "}"
#define BLOCK      "\"action\":[\"BLOCK\"]"
#define WITH(seal) ACME UNDER(TENANT, SOC(seal)) "}"
#define USUAL      WITH(SEAL("one.pem", "\"client_ip\"", BLOCK, "30"))
#define FOR(name)  WITH(SEAL(name, "\"client_ip\"", BLOCK, "30"))

#define REJECTS(name)                                                                              \
    ACME UNDER(TENANT, SOC("")) ",\"rejects\":{\"topic\":\"r\",\"seal\":{\"certificate\":\"" name  \
                                "\"}}}"

static struct recipient *one;
static struct recipient *renewed; /* the same key */
static struct recipient *two;

static void sign_again(struct recipient *recipient)
{
    ck_assert_int_gt(X509_sign(recipient->x509, recipient->key, EVP_sha256()), 0);
    BIO *bio = BIO_new(BIO_s_mem());
    ck_assert_int_eq(PEM_write_bio_X509(bio, recipient->x509), 1);
    recipient_pem(bio, recipient->certificate, sizeof recipient->certificate);
}

/* Another certificate for the key of `of`. */
static struct recipient *renew(const struct recipient *of)
{
    struct recipient *again = recipient_new((struct recipient_wish){.until_days = 700});
    EVP_PKEY_free(again->key);
    again->key = of->key;
    ck_assert_int_eq(EVP_PKEY_up_ref(of->key), 1);
    X509_set_pubkey(again->x509, again->key);
    sign_again(again);
    return again;
}

static void setup(void)
{
    one = recipient_new((struct recipient_wish){0});
    renewed = renew(one);
    two = recipient_new((struct recipient_wish){.rsa_bits = 2048});
}

static void teardown(void)
{
    recipient_free(one);
    recipient_free(renewed);
    recipient_free(two);
}

static struct wv_plan *plan_of(const char *config, struct wv_report *report)
{
    const struct engine_file files[] = {{"one.pem", one->certificate},
                                        {"renewed.pem", renewed->certificate},
                                        {"two.pem", two->certificate}};
    return engine_plan(config, files, WV_COUNT(files), report);
}

START_TEST(what_seals_more_is_looser)
{
    static const struct {
        const char *before; /* NULL: the built-in packs */
        const char *after;
        const char *said; /* NULL: nothing is looser */
    } cases[] = {
        {NULL, USUAL, "would seal originals: client_ip, for CN=SOC on call, for 30 days, where"},
        {WITH(""), USUAL, "would seal originals: client_ip"},
        {USUAL, WITH(""), NULL},
        {USUAL, USUAL, NULL},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\",\"username\"", BLOCK, "30")),
         "would seal originals of username, too"},
        {WITH(SEAL("one.pem", "\"client_ip\",\"username\"", BLOCK, "30")), USUAL, NULL},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\"", "\"action\":[\"BLOCK\",\"COUNT\"]", "30")),
         "of more records (seal.when)"},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\"", "\"host\":[\"a\"]", "30")),
         "of more records (seal.when)"},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\"", BLOCK ",\"host\":[\"a\"]", "30")), NULL},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\"", BLOCK, "31")), "for longer (seal.days)"},
        {USUAL, WITH(SEAL("one.pem", "\"client_ip\"", BLOCK, "29")), NULL},
        {USUAL, FOR("two.pem"), "for another key (seal.certificate)"},
        {USUAL, FOR("renewed.pem"), NULL},
        {NULL, REJECTS("one.pem"), "rejected records would be sealed as a whole, for CN=SOC"},
        {WITH(""), REJECTS("one.pem"), "rejected records would be sealed as a whole"},
        {REJECTS("one.pem"), REJECTS("two.pem"), "sealed for another key (rejects.seal"},
        {REJECTS("one.pem"), REJECTS("renewed.pem"), NULL},
        {REJECTS("one.pem"), WITH(""), NULL},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_report *report = wv_report_new();
        struct wv_plan *was = cases[i].before == NULL ? NULL : plan_of(cases[i].before, report);
        struct wv_plan *is = plan_of(cases[i].after, report);
        ck_assert_uint_eq(wv_report_errors(report), 0);
        const size_t found = wv_plan_loosened(was, is, report);
        char *text = findings_text(report);
        ck_assert_msg(found == (cases[i].said != NULL), "case %zu: %zu: %s", i, found, text);
        ck_assert_msg(cases[i].said == NULL || strstr(text, cases[i].said) != NULL, "case %zu: %s",
                      i, text);
        free(text);
        wv_plan_free(was);
        wv_plan_free(is);
        wv_report_free(report);
    }
}
END_TEST

/* The file keeps its name: what it holds is part of the plan. */
START_TEST(another_certificate_is_another_plan)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *was = plan_of(USUAL, report);
    char fingerprint[65];
    char version[9];
    snprintf(fingerprint, sizeof fingerprint, "%s", wv_plan_fingerprint(was));
    snprintf(version, sizeof version, "%s", wv_plan_version(was));
    wv_plan_free(was);
    struct wv_plan *same = plan_of(USUAL, report);
    ck_assert_str_eq(fingerprint, wv_plan_fingerprint(same));
    wv_plan_free(same);
    memcpy(one->certificate, renewed->certificate, sizeof one->certificate);
    struct wv_plan *is = plan_of(USUAL, report);
    ck_assert_str_ne(fingerprint, wv_plan_fingerprint(is));
    ck_assert_str_ne(version, wv_plan_version(is));
    wv_plan_free(is);
    wv_report_free(report);
}
END_TEST

static void put_days(long from, long until)
{
    recipient_free(one);
    one = recipient_new((struct recipient_wish){.from_days = from, .until_days = until});
}

START_TEST(the_days_of_a_certificate_are_looked_at)
{
    static const struct {
        long from;
        long until;
        enum wv_severity severity;
        const char *said; /* NULL: nothing */
    } cases[] = {
        {-10, 365, WV_WARNING, NULL},           {-10, 31, WV_WARNING, NULL},
        {-10, 29, WV_WARNING, "expires on "},   {-10, 1, WV_WARNING, "expires on "},
        {-10, -2, WV_ERROR, "has expired on "}, {2, 365, WV_ERROR, "is valid only from "},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_report *report = wv_report_new();
        put_days(cases[i].from, cases[i].until);
        struct wv_plan *plan = plan_of(USUAL, report);
        const bool error = cases[i].said != NULL && cases[i].severity == WV_ERROR;
        ck_assert_int_eq(plan == NULL, error);
        char *text = findings_text(report);
        ck_assert_msg((strstr(text, "/outputs/0/seal/certificate") != NULL) ==
                          (cases[i].said != NULL),
                      "case %zu: %s", i, text);
        ck_assert(cases[i].said == NULL || strstr(text, cases[i].said) != NULL);
        ck_assert_uint_eq(wv_report_errors(report), error ? 1 : 0);
        free(text);
        wv_plan_free(plan);
        wv_report_free(report);
    }
}
END_TEST

/* The issuer's name is part of every envelope. */
START_TEST(a_certificate_for_which_nothing_can_be_sealed)
{
    struct wv_report *report = wv_report_new();
    X509_NAME *name = X509_get_issuer_name(one->x509);
    for (size_t i = 0; i < 60; i++) {
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(
                             name, "OU", MBSTRING_UTF8,
                             (const unsigned char
                                  *)"a name of sixty bytes, of which a few would be no trouble .",
                             -1, -1, 0),
                         1);
    }
    sign_again(one);
    ck_assert_ptr_null(plan_of(USUAL, report));
    char *text = findings_text(report);
    ck_assert_ptr_nonnull(strstr(text, "one.pem: error: nothing can be sealed for this"));
    free(text);
    wv_report_free(report);
}
END_TEST

#if defined(__SANITIZE_ADDRESS__)
enum { LOCKS = 0 }; /* the sanitizer locks nothing, and says that it did */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { LOCKS = 0 };
#else
enum { LOCKS = 1 };
#endif
#else
enum { LOCKS = 1 };
#endif

/* The last one: it gives up what only root may do. */
START_TEST(memory_that_cannot_be_locked_is_told)
{
    struct wv_report *report = wv_report_new();
    const struct rlimit none = {0, 0};
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    ck_assert(geteuid() != 0 || setuid(65534) == 0);
    struct wv_plan *plan = plan_of(USUAL, report);
    ck_assert_ptr_nonnull(plan);
    char *text = findings_text(report);
    ck_assert_int_eq(strstr(text, "kept out of swap") != NULL, LOCKS);
    ck_assert_int_eq(strstr(text, "(at /outputs/0/seal)") != NULL, LOCKS);
    free(text);
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sealing_plan");
    TCase *cases = tcase_create("plan");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, what_seals_more_is_looser);
    tcase_add_test(cases, another_certificate_is_another_plan);
    tcase_add_test(cases, the_days_of_a_certificate_are_looked_at);
    tcase_add_test(cases, a_certificate_for_which_nothing_can_be_sealed);
    tcase_add_test(cases, memory_that_cannot_be_locked_is_told);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
