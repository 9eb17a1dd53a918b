/*
 * keyfile, reading: a file that is read wrongly gives tokens under the wrong secret, and one that
 * others can read makes every token a name again.
 */
#include "support/keyfile_fixture.h"

/* ---- Reading ----------------------------------------------------------------------------------
 */

START_TEST(reads_domains_and_epochs)
{
    static const char text[] = "{\"version\": 1, \"domains\": {"
                               "\"acme/eu/soc\": {\"epoch_days\": 7, \"epochs\": ["
                               "{\"id\": \"20261123-7d\", \"secret\": \"" SECRET_B "\"},"
                               "{\"id\": \"20261116-7d\", \"secret\": \"" SECRET_A "\"}]},"
                               "\"b\": {\"epoch_days\": 30, \"epochs\": ["
                               "{\"id\": \"20261101-30d\", \"secret\": \"" SECRET_B "\"}]}}}";
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_parse("k.json", wv_slice_of(text), NULL, report);
    findings_are(report, "");
    ck_assert_ptr_nonnull(keyring);
    ck_assert_uint_eq(wv_keyring_count(keyring), 3);
    const struct wv_epoch *epoch = wv_keyring_find(keyring, WV_LIT("acme/eu/soc"), monday);
    ck_assert_ptr_nonnull(epoch);
    ck_assert_str_eq(epoch->id, "20261116-7d");
    for (size_t i = 0; i < WV_SECRET_BYTES; i++) {
        ck_assert_uint_eq(epoch->secret[i], i);
    }
    epoch = wv_keyring_find(keyring, WV_LIT("acme/eu/soc"), monday + 7 * DAY);
    ck_assert_ptr_nonnull(epoch);
    ck_assert_uint_eq(epoch->secret[0], 0xff);
    ck_assert_uint_eq(epoch->secret[31], 0xff);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(a_file_without_domains_is_an_empty_keyring)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring =
        wv_keyfile_parse("k.json", WV_LIT("{\"version\": 1, \"domains\": {}}"), NULL, report);
    findings_are(report, "");
    ck_assert_ptr_nonnull(keyring);
    ck_assert_uint_eq(wv_keyring_count(keyring), 0);
    ck_assert_ptr_null(wv_keyring_find(keyring, WV_LIT("a"), monday));
    ck_assert_int_eq(wv_keyring_runway(keyring, monday), 0);
    wv_keyring_free(keyring);
}
END_TEST

static const struct refusal {
    const char *text;
    const char *findings;
} refusals[] = {
    {"[]", "k.json:1:1: error: must be an object\n"},
    {"{}", "k.json:1:1: error: lacks the member \"version\"\n"
           "k.json:1:1: error: lacks the member \"domains\"\n"},
    {"{\"version\": 2, \"domains\": {}}", "k.json:1:13: error: must be 1 (at /version)\n"},
    {"{\"version\": \"1\", \"domains\": {}}", "k.json:1:13: error: must be 1 (at /version)\n"},
    {"{\"version\": 1, \"domains\": []}", "k.json:1:27: error: must be an object (at /domains)\n"},
    {"{\"version\": 1, \"domains\": {}, \"domain\": {}}",
     "k.json:1:31: error: is no member of a key file: did you mean \"domains\"? (at /domain)\n"},
    {FILE_OF("\"a\": 1"), "k.json:2:18: error: must be an object (at /domains/a)\n"},
    {FILE_OF("\"\": {}"), "k.json:2:13: error: the name of a domain has 1 to 255 bytes and no "
                          "control characters (at /domains/)\n"},
    {FILE_OF("\"a\": {\"epoch_days\": 0, \"epochs\": []}"),
     "k.json:2:33: error: must be a whole number from 1 to 366 (at /domains/a/epoch_days)\n"
     "k.json:2:46: error: must be an array of at least one epoch (at /domains/a/epochs)\n"},
    {FILE_OF("\"a\": {\"epoch_days\": 7.0, \"epochs\": {}}"),
     "k.json:2:33: error: must be a whole number from 1 to 366 (at /domains/a/epoch_days)\n"
     "k.json:2:48: error: must be an array of at least one epoch (at /domains/a/epochs)\n"},
    {FILE_OF("\"a\": {\"epoch_days\": 1, \"epochs\": []}, \"a\": {}"),
     "k.json:2:53: error: is not valid JSON: the same member stands here twice\n"},
    {DOMAIN_OF("1"), "k.json:3:1: error: must be an object (at /domains/a/epochs/0)\n"},
    {DOMAIN_OF("{\"id\": 7, \"secret\": \"" SECRET_A "\"}"),
     "k.json:3:8: error: must be a string (at /domains/a/epochs/0/id)\n"},
    {DOMAIN_OF(EPOCH_OF("20261131-7d", SECRET_A)),
     "k.json:3:8: error: must be the first day and the number of days (1 to 366), like "
     "20261116-7d (at /domains/a/epochs/0/id)\n"},
    {DOMAIN_OF(EPOCH_OF("20261116-7d", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==")),
     "k.json:3:33: error: must be base64 of exactly 32 bytes (at /domains/a/epochs/0/secret)\n"},
    {DOMAIN_OF(EPOCH_OF("20261116-7d", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=")),
     "k.json:3:33: error: must be base64 of exactly 32 bytes (at /domains/a/epochs/0/secret)\n"},
    {DOMAIN_OF(EPOCH_OF("20261116-7d", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 ")),
     "k.json:3:33: error: must be base64 of exactly 32 bytes (at /domains/a/epochs/0/secret)\n"},
    {DOMAIN_OF(EPOCH_OF("20261116-7d", "__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")),
     "k.json:3:33: error: must be base64 of exactly 32 bytes (at /domains/a/epochs/0/secret)\n"},
    {DOMAIN_OF("{\"id\": \"20261116-7d\", \"secret\": \"" SECRET_A "\", \"secrets\": \"x\"}"),
     "k.json:3:81: error: is no member of a key file: did you mean \"secret\"? (at "
     "/domains/a/epochs/0/secrets)\n"},
    {DOMAIN_OF(EPOCH_OF("20261123-7d", SECRET_A) ",\n" EPOCH_OF("20261117-7d", SECRET_B)),
     "k.json:3:1: error: overlaps the epoch 20261117-7d of the same domain: a moment has one "
     "secret (at /domains/a/epochs/0)\n"},
    {DOMAIN_OF(EPOCH_OF("20261116-7d", SECRET_A) ",\n" EPOCH_OF("20261116-7d", SECRET_A)),
     "k.json:4:1: error: overlaps the epoch 20261116-7d of the same domain: a moment has one "
     "secret (at /domains/a/epochs/1)\n"},
};

/* Compared whole: so no finding can hold a secret either. */
START_TEST(refuses)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_keyfile_parse("k.json", wv_slice_of(refusals[_i].text), NULL, report));
    findings_are(report, refusals[_i].findings);
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------
 */

/* A warning about locked memory depends on the machine, so only errors are looked at. */
static bool loads(const char *name)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_load(name, NULL, report);
    ck_assert_int_eq(keyring == NULL, wv_report_errors(report) > 0);
    const bool loaded = keyring != NULL;
    wv_keyring_free(keyring);
    wv_report_free(report);
    return loaded;
}

static const struct {
    mode_t mode;
    bool good;
} modes[] = {
    {0600, true},  {0400, true},  {0700, true},  {0640, false}, {0620, false},
    {0610, false}, {0604, false}, {0602, false}, {0601, false}, {0666, false},
};

START_TEST(checks_the_mode)
{
    write_file(path, good_file, modes[_i].mode);
    ck_assert_int_eq(loads(path), modes[_i].good);
}
END_TEST

START_TEST(follows_no_link)
{
    char link_name[128];
    snprintf(link_name, sizeof link_name, "%s/link", folder);
    write_file(path, good_file, 0600);
    ck_assert_int_eq(symlink(path, link_name), 0);
    ck_assert(loads(path));
    ck_assert(!loads(link_name));
}
END_TEST

START_TEST(reads_only_regular_files)
{
    char fifo[128];
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert(!loads(fifo));
    ck_assert(!loads(folder));
    ck_assert(!loads(path)); /* there is none */
}
END_TEST

START_TEST(checks_the_owner)
{
    if (geteuid() != 0) {
        return; /* only root can give a file away */
    }
    write_file(path, good_file, 0600);
    ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
    ck_assert(!loads(path));
    ck_assert_int_eq(chown(path, 0, (gid_t)-1), 0);
    ck_assert(loads(path));
}
END_TEST

START_TEST(checks_the_folder)
{
    write_file(path, good_file, 0600);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    ck_assert(!loads(path));
    ck_assert_int_eq(chmod(folder, 01777), 0); /* as /tmp is */
    ck_assert(loads(path));
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert(loads(path));
}
END_TEST

int main(void)
{
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, reads_domains_and_epochs);
    tcase_add_test(reading, a_file_without_domains_is_an_empty_keyring);
    tcase_add_loop_test(reading, refuses, 0, (int)WV_COUNT(refusals));
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_loop_test(files, checks_the_mode, 0, (int)WV_COUNT(modes));
    tcase_add_test(files, follows_no_link);
    tcase_add_test(files, reads_only_regular_files);
    tcase_add_test(files, checks_the_owner);
    tcase_add_test(files, checks_the_folder);
    Suite *suite = suite_create("keyfile");
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
