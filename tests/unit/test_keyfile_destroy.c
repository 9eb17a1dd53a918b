/*
 * keyfile, destroying and wrapping: a secret that comes back brings back every link made with it;
 * one that is destroyed by mistake cannot be made again by anybody.
 */
#include "support/keyfile_fixture.h"

#include "base/file.h"
#include "keys/key_checks.h"

#include <fcntl.h>

static struct wv_kek *kek_of(uint8_t byte)
{
    uint8_t bytes[WV_KEK_BYTES];
    memset(bytes, byte, sizeof bytes);
    return wv_kek_new(bytes);
}

static const char *const names[] = {"acme/eu/soc", "acme/jp/soc", "other/eu/soc"};

/* Three domains with three epochs each, from monday on. */
static size_t fill(const struct wv_keks *keks)
{
    struct wv_slice domains[WV_COUNT(names)];
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        domains[i] = wv_slice_of(names[i]);
    }
    const struct wv_keyfile_need need = {domains, WV_COUNT(names),   7,
                                         monday,  monday + 21 * DAY, false};
    struct wv_report *report = wv_report_new();
    size_t created;
    ck_assert(wv_keyfile_ensure(path, keks, &need, report, &created));
    findings_are(report, "");
    return created;
}

static struct wv_keyring *load(const struct wv_keks *keks)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_load(path, keks, report);
    ck_assert_int_eq(wv_report_errors(report) > 0, keyring == NULL);
    wv_report_free(report);
    return keyring;
}

static size_t count(const struct wv_keks *keks)
{
    struct wv_keyring *keyring = load(keks);
    ck_assert_ptr_nonnull(keyring);
    const size_t found = wv_keyring_count(keyring);
    wv_keyring_free(keyring);
    return found;
}

static struct wv_doomed destroy(const struct wv_key_choice *choice, const char *code)
{
    struct wv_doomed doomed;
    struct wv_report *report = wv_report_new();
    ck_assert(wv_keyfile_destroy(path, NULL, choice, code, "2026-12-01", report, &doomed));
    findings_are(report, "");
    return doomed;
}

static bool has(const char *domain, int64_t time_s)
{
    struct wv_keyring *keyring = load(NULL);
    const bool found = wv_keyring_find(keyring, wv_slice_of(domain), time_s) != NULL;
    wv_keyring_free(keyring);
    return found;
}

START_TEST(only_what_was_chosen_goes)
{
    const struct wv_slice domain = wv_slice_of(names[0]);
    const struct wv_key_choice choice = {
        .domains = &domain, .domain_count = 1, .epoch = WV_LIT("20261123-7d")};
    ck_assert_uint_eq(fill(NULL), 9);
    struct wv_doomed doomed = destroy(&choice, NULL);
    ck_assert_uint_eq(doomed.count, 1);
    ck_assert_str_eq(doomed.items[0].domain, "acme/eu/soc");
    ck_assert_str_eq(doomed.items[0].epoch, "20261123-7d");
    wv_doomed_free(&doomed);
    ck_assert_uint_eq(count(NULL), 8);
    ck_assert(has(names[0], monday));
    ck_assert(!has(names[0], monday + 7 * DAY));
    ck_assert(has(names[0], monday + 14 * DAY));
    ck_assert(has(names[1], monday + 7 * DAY));
}
END_TEST

START_TEST(what_was_destroyed_is_never_made_again)
{
    const struct wv_key_choice of_all = {.epoch = WV_LIT("20261123-7d")};
    const struct wv_slice domain = wv_slice_of(names[2]);
    const struct wv_key_choice whole = {.domains = &domain, .domain_count = 1};
    ck_assert_uint_eq(fill(NULL), 9);
    struct wv_doomed doomed = destroy(&of_all, NULL);
    ck_assert_uint_eq(doomed.count, 3);
    wv_doomed_free(&doomed);
    doomed = destroy(&whole, NULL);
    ck_assert_uint_eq(doomed.count, 2);
    wv_doomed_free(&doomed);
    ck_assert_uint_eq(fill(NULL), 0);
    ck_assert_uint_eq(count(NULL), 4);
    ck_assert(!has(names[0], monday + 7 * DAY));
    ck_assert(!has(names[2], monday));
}
END_TEST

/* Somebody puts the secret back, from a copy of the file. */
START_TEST(what_comes_back_is_refused)
{
    static const char text[] =
        "{\"version\": 1,\n\"domains\": {\"a\": {\"epoch_days\": 7, \"epochs\": [\n" EPOCH_OF(
            "20261116-7d", SECRET_A) "],\n\"destroyed\": [{\"id\": \"20261116-7d\", "
                                     "\"check\": \"00000000\", \"on\": \"2026-12-01\"}]}}}";
    static const char ended[] =
        "{\"version\": 1,\n\"domains\": {\"a\": {\"epoch_days\": 7, \"epochs\": [\n" EPOCH_OF(
            "20261116-7d", SECRET_A) "],\n\"ended\": \"2026-12-01\"}}}";
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_keyfile_parse("k.json", wv_slice_of(text), NULL, report));
    findings_are(report, "k.json:3:1: error: overlaps the epoch 20261116-7d of the same domain, "
                         "whose secret was destroyed: what was forgotten stays so (at "
                         "/domains/a/epochs/0)\n");
    report = wv_report_new();
    ck_assert_ptr_null(wv_keyfile_parse("k.json", wv_slice_of(ended), NULL, report));
    findings_are(report, "k.json:2:46: error: must be empty: the domain has ended, its secrets "
                         "were destroyed (at /domains/a/epochs)\n");
}
END_TEST

START_TEST(the_code_stands_for_these_secrets)
{
    const struct wv_slice domain = wv_slice_of(names[0]);
    const struct wv_key_choice choice = {.domains = &domain, .domain_count = 1};
    struct wv_report *report = wv_report_new();
    struct wv_doomed shown;
    struct wv_doomed doomed;
    ck_assert_uint_eq(fill(NULL), 9);
    ck_assert(wv_keyfile_choose(path, NULL, &choice, report, &shown));
    ck_assert_uint_eq(shown.count, 3);
    ck_assert_uint_eq(count(NULL), 9);

    /* Meanwhile one of them goes: the list that was looked at is not the one that is. */
    const struct wv_key_choice one = {.epoch = WV_LIT("20261130-7d")};
    doomed = destroy(&one, NULL);
    wv_doomed_free(&doomed);
    ck_assert(!wv_keyfile_destroy(path, NULL, &choice, shown.code, "2026-12-01", report, &doomed));
    ck_assert_uint_eq(wv_report_errors(report), 1);
    wv_report_free(report);
    ck_assert_uint_eq(count(NULL), 6);
    wv_doomed_free(&shown);
}
END_TEST

START_TEST(epochs_that_have_ended_go_and_their_domains_stay)
{
    const struct wv_key_choice choice = {.only_ended = true, .ended_by_s = monday + 14 * DAY};
    ck_assert_uint_eq(fill(NULL), 9);
    struct wv_doomed doomed = destroy(&choice, NULL);
    ck_assert_uint_eq(doomed.count, 6);
    wv_doomed_free(&doomed);
    doomed = destroy(&choice, NULL);
    ck_assert_uint_eq(doomed.count, 0);
    wv_doomed_free(&doomed);
    ck_assert(has(names[1], monday + 14 * DAY));
    ck_assert_uint_eq(fill(NULL), 0);
}
END_TEST

/* Also not in what is left of the file before: its bytes are overwritten. */
START_TEST(the_file_before_is_overwritten)
{
    const struct wv_slice domain = wv_slice_of(names[0]);
    const struct wv_key_choice choice = {.domains = &domain, .domain_count = 1};
    ck_assert_uint_eq(fill(NULL), 9);
    const int before = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(before, 0);
    struct stat status;
    ck_assert_int_eq(fstat(before, &status), 0);
    struct wv_doomed doomed = destroy(&choice, NULL);
    wv_doomed_free(&doomed);
    uint8_t byte;
    off_t zeros = 0;
    while (read(before, &byte, 1) == 1) {
        zeros += byte == 0;
    }
    close(before);
    ck_assert_int_eq(zeros, status.st_size);
}
END_TEST

/* ---- Wrapping ---------------------------------------------------------------------------------
 */

START_TEST(secrets_are_wrapped_and_wrapped_anew)
{
    struct wv_kek *first = kek_of(1);
    struct wv_kek *second = kek_of(2);
    const struct wv_keks one = {.current = first};
    const struct wv_keks both = {.current = second, .previous = first};
    const struct wv_keks two = {.current = second};
    struct wv_report *report = wv_report_new();
    size_t wrapped;
    ck_assert_uint_eq(fill(NULL), 9);
    struct wv_keyring *plain = load(NULL);
    ck_assert_ptr_null(load(&one)); /* not wrapped, and should be */
    ck_assert(wv_keyfile_rewrap(path, &one, report, &wrapped));
    ck_assert_uint_eq(wrapped, 9);
    ck_assert(wv_keyfile_rewrap(path, &one, report, &wrapped));
    ck_assert_uint_eq(wrapped, 0);
    char *text = read_file(path);
    ck_assert_ptr_null(strstr(text, "\"secret\""));
    free(text);
    ck_assert_ptr_null(load(NULL));
    ck_assert_ptr_null(load(&two));
    ck_assert_uint_eq(count(&one), 9);
    ck_assert_uint_eq(count(&both), 9);
    ck_assert(wv_keyfile_rewrap(path, &both, report, &wrapped));
    ck_assert_uint_eq(wrapped, 9);
    ck_assert_ptr_null(load(&one));
    struct wv_keyring *again = load(&two);
    for (size_t i = 0; i < 9; i++) {
        struct wv_key_info was;
        struct wv_key_info is;
        ck_assert(wv_keyring_info(plain, i, 0, &was) && wv_keyring_info(again, i, 0, &is));
        ck_assert_mem_eq(was.epoch->secret, is.epoch->secret, WV_SECRET_BYTES);
        ck_assert_str_eq(was.check, is.check);
    }
    ck_assert_uint_eq(fill(&two), 0);
    wv_keyring_free(plain);
    wv_keyring_free(again);
    findings_are(report, "");
    wv_kek_free(first);
    wv_kek_free(second);
}
END_TEST

START_TEST(a_new_file_is_wrapped_from_the_start)
{
    struct wv_kek *kek = kek_of(1);
    const struct wv_keks keks = {.current = kek};
    ck_assert_uint_eq(fill(&keks), 9);
    char *text = read_file(path);
    ck_assert_ptr_null(strstr(text, "\"secret\""));
    ck_assert_ptr_nonnull(strstr(text, wv_kek_id(kek)));
    free(text);
    ck_assert_uint_eq(count(&keks), 9);
    wv_kek_free(kek);
}
END_TEST

/* A wrapped secret is moved to another epoch, in the file. */
START_TEST(a_secret_in_anothers_place_is_refused)
{
    struct wv_kek *kek = kek_of(1);
    const struct wv_keks keks = {.current = kek};
    ck_assert_uint_eq(fill(&keks), 9);
    char *text = read_file(path);
    char *id = strstr(text, "20261123-7d");
    ck_assert_ptr_nonnull(id);
    memcpy(id, "20261121-2d", 11); /* between its neighbours */
    char *first = strstr(text, "20261116-7d");
    memcpy(first, "20261116-5d", 11);
    write_file(path, text, 0600);
    free(text);
    ck_assert_ptr_null(load(&keks));
    wv_kek_free(kek);
}
END_TEST

START_TEST(a_missing_file_is_not_made_when_it_must_exist)
{
    const struct wv_slice domain = wv_slice_of(names[0]);
    const struct wv_keyfile_need need = {&domain, 1, 7, monday, monday + DAY, true};
    struct wv_report *report = wv_report_new();
    size_t created;
    ck_assert(!wv_keyfile_ensure(path, NULL, &need, report, &created));
    ck_assert_uint_eq(wv_report_errors(report), 1);
    wv_report_free(report);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* ---- Check values -----------------------------------------------------------------------------
 */

static bool agrees(const struct wv_keyring *keyring, const char *text,
                   struct wv_key_agreement *agreement)
{
    struct wv_report *report = wv_report_new();
    struct wv_document *document = wv_document_parse("c.json", wv_slice_of(text), report);
    const bool agree = wv_key_checks_agree(document, keyring, report, agreement);
    ck_assert_int_eq(agree, wv_report_errors(report) == 0);
    wv_document_free(document);
    wv_report_free(report);
    return agree;
}

START_TEST(instances_agree_or_differ)
{
    struct wv_key_agreement agreement;
    ck_assert_uint_eq(fill(NULL), 9);
    struct wv_keyring *keyring = load(NULL);
    json_t *checks = wv_key_checks_of(keyring);
    char *text = json_dumps(checks, 0);
    ck_assert(agrees(keyring, text, &agreement));
    ck_assert_uint_eq(agreement.same, 9);
    ck_assert_uint_eq(agreement.only_here + agreement.only_there, 0);
    ck_assert(agrees(keyring, "{\"acme/eu/soc\": {\"20200106-7d\": \"00000000\"}, \"b\": {}}",
                     &agreement));
    ck_assert_uint_eq(agreement.only_there, 1);
    ck_assert_uint_eq(agreement.only_here, 9);
    ck_assert(!agrees(keyring, "{\"acme/eu/soc\": {\"20261116-7d\": \"zzzzzzzz\"}}", &agreement));
    /* Of another length: the days of the two are the same, and their tokens are not. */
    ck_assert(!agrees(keyring, "{\"acme/eu/soc\": {\"20261116-30d\": \"00000000\"}}", &agreement));
    ck_assert(!agrees(keyring, "{\"acme/eu/soc\": {\"20261117-1d\": \"00000000\"}}", &agreement));
    ck_assert(!agrees(keyring, "{\"acme/eu/soc\": {\"epoch\": \"00000000\"}}", &agreement));
    ck_assert(!agrees(keyring, "{\"acme/eu/soc\": []}", &agreement));
    ck_assert(!agrees(keyring, "[]", &agreement));
    free(text);
    json_decref(checks);
    wv_keyring_free(keyring);
}
END_TEST

int main(void)
{
    TCase *destroying = tcase_create("destroying");
    tcase_add_checked_fixture(destroying, make_folder, remove_folder);
    tcase_add_test(destroying, only_what_was_chosen_goes);
    tcase_add_test(destroying, what_was_destroyed_is_never_made_again);
    tcase_add_test(destroying, what_comes_back_is_refused);
    tcase_add_test(destroying, the_code_stands_for_these_secrets);
    tcase_add_test(destroying, epochs_that_have_ended_go_and_their_domains_stay);
    tcase_add_test(destroying, the_file_before_is_overwritten);

    TCase *wrapping = tcase_create("wrapping");
    tcase_add_checked_fixture(wrapping, make_folder, remove_folder);
    tcase_add_test(wrapping, secrets_are_wrapped_and_wrapped_anew);
    tcase_add_test(wrapping, a_new_file_is_wrapped_from_the_start);
    tcase_add_test(wrapping, a_secret_in_anothers_place_is_refused);
    tcase_add_test(wrapping, a_missing_file_is_not_made_when_it_must_exist);
    tcase_add_test(wrapping, instances_agree_or_differ);

    Suite *suite = suite_create("keyfile_destroy");
    suite_add_tcase(suite, destroying);
    suite_add_tcase(suite, wrapping);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
