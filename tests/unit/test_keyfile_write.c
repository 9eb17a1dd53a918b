/*
 * keyfile, writing: a secret that is lost or replaced takes with it every token made under it, and
 * a file that others can read makes every token a name again.
 */
#include "support/keyfile_fixture.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/wait.h>

static size_t ensure(const char *const *names, size_t count, uint32_t days, int64_t from_s,
                     int64_t until_s)
{
    struct wv_slice domains[8];
    ck_assert_uint_le(count, WV_COUNT(domains));
    for (size_t i = 0; i < count; i++) {
        domains[i] = wv_slice_of(names[i]);
    }
    const struct wv_keyfile_need need = {domains, count, days, from_s, until_s, false};
    struct wv_report *report = wv_report_new();
    size_t created;
    ck_assert(wv_keyfile_ensure(path, NULL, &need, report, &created));
    findings_are(report, "");
    return created;
}

static struct wv_keyring *load(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_load(path, NULL, report);
    ck_assert_ptr_nonnull(keyring);
    wv_report_free(report);
    return keyring;
}

static const char *const two_domains[] = {"acme/eu/soc", "acme/jp/soc"};

START_TEST(makes_a_file_and_leaves_it_alone)
{
    const mode_t mask = umask(0777);
    ck_assert_uint_eq(ensure(two_domains, 2, 7, monday + 5, monday + 14 * DAY), 4);
    umask(mask);
    struct stat status;
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);

    struct wv_keyring *keyring = load();
    ck_assert_uint_eq(wv_keyring_count(keyring), 4);
    ck_assert_int_eq(wv_keyring_runway(keyring, monday), 14 * DAY);
    for (size_t i = 0; i < 4; i++) {
        struct wv_key_info a;
        ck_assert(wv_keyring_info(keyring, i, monday, &a));
        ck_assert_str_eq(a.epoch->id, i % 2 == 0 ? "20261116-7d" : "20261123-7d");
        for (size_t j = 0; j < i; j++) {
            struct wv_key_info b;
            ck_assert(wv_keyring_info(keyring, j, monday, &b));
            ck_assert_mem_ne(a.epoch->secret, b.epoch->secret, WV_SECRET_BYTES);
        }
    }
    wv_keyring_free(keyring);

    char *before = read_file(path);
    ck_assert_uint_eq(ensure(two_domains, 2, 7, monday, monday + 14 * DAY), 0);
    struct stat again;
    ck_assert_int_eq(lstat(path, &again), 0);
    ck_assert(status.st_ino == again.st_ino);
    char *after = read_file(path);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

START_TEST(keeps_what_is_there)
{
    write_file(path, good_file, 0400);
    static const char *const names[] = {"a", "b", "a"};
    ck_assert_uint_eq(ensure(names, 3, 7, monday - 7 * DAY, monday + 21 * DAY), 3 + 4);
    struct wv_keyring *keyring = load();
    const struct wv_epoch *epoch = wv_keyring_find(keyring, WV_LIT("a"), monday);
    ck_assert_ptr_nonnull(epoch);
    for (size_t i = 0; i < WV_SECRET_BYTES; i++) {
        ck_assert_uint_eq(epoch->secret[i], i);
    }
    wv_keyring_free(keyring);

    char *text = read_file(path); /* in order of time */
    const char *first = strstr(text, "20261109-7d");
    const char *second = strstr(text, "20261116-7d");
    const char *third = strstr(text, "20261123-7d");
    ck_assert(first != NULL && first < second && second < third);
    free(text);
}
END_TEST

/* Existing epochs, what is asked for, and what the domain then has. */
static const struct {
    const char *existing;
    uint32_t days;
    int64_t from_day; /* after monday */
    int64_t until_day;
    const char *ids;
} gaps[] = {
    {EPOCH_OF("20261101-30d", SECRET_A), 7, 0, 21, "20261101-30d 20261201-6d"},
    {EPOCH_OF("20261101-30d", SECRET_A), 30, 0, 28, "20261101-30d 20261201-6d 20261207-30d"},
    {EPOCH_OF("20261116-7d", SECRET_A) "," EPOCH_OF("20261125-1d", SECRET_B), 7, 0, 14,
     "20261116-7d 20261123-2d 20261125-1d 20261126-4d"},
    {EPOCH_OF("20261125-1d", SECRET_A), 7, 8, 9, "20261123-2d 20261125-1d"},
    {EPOCH_OF("20261125-1d", SECRET_A), 7, 9, 10, "20261125-1d"},
    {EPOCH_OF("20261125-1d", SECRET_A), 7, 10, 11, "20261125-1d 20261126-4d"},
    {EPOCH_OF("20261116-7d", SECRET_A), 1, 6, 9, "20261116-7d 20261123-1d 20261124-1d"},
};

START_TEST(fills_gaps_without_overlap)
{
    char text[1024];
    snprintf(text, sizeof text, FILE_OF("\"a\": {\"epoch_days\": 7, \"epochs\": [%s]}"),
             gaps[_i].existing);
    write_file(path, text, 0600);
    static const char *const names[] = {"a"};
    (void)ensure(names, 1, gaps[_i].days, monday + gaps[_i].from_day * DAY,
                 monday + gaps[_i].until_day * DAY);
    struct wv_keyring *keyring = load();
    char ids[256] = "";
    size_t len = 0;
    size_t count;
    const struct wv_epoch *epochs = wv_keyring_epochs(keyring, WV_LIT("a"), &count);
    for (size_t i = 0; i < count; i++) {
        len +=
            (size_t)snprintf(ids + len, sizeof ids - len, "%s%s", i == 0 ? "" : " ", epochs[i].id);
    }
    ck_assert_str_eq(ids, gaps[_i].ids);
    for (int64_t day = gaps[_i].from_day; day < gaps[_i].until_day; day++) {
        ck_assert_ptr_nonnull(wv_keyring_find(keyring, WV_LIT("a"), monday + day * DAY));
    }
    wv_keyring_free(keyring);
}
END_TEST

static const struct {
    const char *domain;
    uint32_t days;
    int64_t from_s;
    int64_t until_s;
} wrong_needs[] = {
    {"a", 0, 0, 1},         {"a", 367, 0, 1},
    {"a", 7, 5, 5},         {"a", 7, 5, 4},
    {"", 7, 0, 1},          {"a\tb", 7, 0, 1},
    {"\xff", 7, 0, 1},      {"a", 7, INT64_MIN, 0},
    {"a", 7, 0, INT64_MAX}, {"a", 1, 0, INT64_C(86400) * 200000},
};

START_TEST(refuses_a_wrong_need)
{
    const struct wv_slice domain = wv_slice_of(wrong_needs[_i].domain);
    const struct wv_keyfile_need need = {
        &domain, 1, wrong_needs[_i].days, wrong_needs[_i].from_s, wrong_needs[_i].until_s, false};
    struct wv_report *report = wv_report_new();
    size_t created = 9;
    ck_assert(!wv_keyfile_ensure(path, NULL, &need, report, &created));
    ck_assert_uint_eq(created, 0);
    ck_assert_uint_eq(wv_report_errors(report), 1);
    wv_report_free(report);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(leaves_a_broken_file_alone)
{
    write_file(path, "{\"version\": 1, \"domains\": {\"a\": {}}}", 0600);
    const struct wv_slice domain = WV_LIT("b");
    const struct wv_keyfile_need need = {&domain, 1, 7, monday, monday + 1, false};
    struct wv_report *report = wv_report_new();
    size_t created;
    ck_assert(!wv_keyfile_ensure(path, NULL, &need, report, &created));
    ck_assert_uint_gt(wv_report_errors(report), 0);
    wv_report_free(report);
    char *text = read_file(path);
    ck_assert_str_eq(text, "{\"version\": 1, \"domains\": {\"a\": {}}}");
    free(text);
}
END_TEST

/* A run that was killed while it wrote leaves a half file beside the whole one. */
START_TEST(takes_no_notice_of_a_killed_run)
{
    char fresh[128];
    snprintf(fresh, sizeof fresh, "%s/keys.new", folder);
    write_file(path, good_file, 0600);
    write_file(fresh, "{\"version\"", 0600);
    static const char *const names[] = {"b"};
    ck_assert_uint_eq(ensure(names, 1, 7, monday, monday + 1), 1);
    struct wv_keyring *keyring = load();
    ck_assert_uint_eq(wv_keyring_count(keyring), 2);
    wv_keyring_free(keyring);
    ck_assert_int_ne(access(fresh, F_OK), 0);
}
END_TEST

/* All at once, each for a domain of its own and for one that all share. */
START_TEST(runs_at_once_lose_nothing)
{
    enum { RUNS = 8 };
    pid_t children[RUNS];
    for (int i = 0; i < RUNS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            char own[16];
            snprintf(own, sizeof own, "own%d", i);
            const struct wv_slice domains[] = {wv_slice_of(own), WV_LIT("shared")};
            const struct wv_keyfile_need need = {domains, 2, 1, monday, monday + 20 * DAY, false};
            struct wv_report *report = wv_report_new();
            size_t created;
            const bool done = wv_keyfile_ensure(path, NULL, &need, report, &created);
            wv_report_free(report);
            _exit(!done ? 255 : (int)created);
        }
    }
    int created = 0;
    for (int i = 0; i < RUNS; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 255);
        created += WEXITSTATUS(status);
    }
    ck_assert_int_eq(created, RUNS * 20 + 20);
    struct wv_keyring *keyring = load();
    ck_assert_uint_eq(wv_keyring_count(keyring), (size_t)created);
    ck_assert_int_eq(wv_keyring_runway(keyring, monday), 20 * DAY);
    wv_keyring_free(keyring);
}
END_TEST

/* The file of before is overwritten: whoever is reading it then must read the new one. */
START_TEST(who_reads_meanwhile_reads_a_whole_file)
{
    enum { RUNS = 8, LONG = 3000, MANY = 8 };
    static const char *const names[MANY] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    ck_assert_uint_gt(ensure(names, MANY, 1, monday, monday + LONG * DAY), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    for (int i = 1; child == 0 && i <= RUNS; i++) {
        (void)ensure(names, MANY, 1, monday, monday + (LONG + i) * DAY);
    }
    if (child == 0) {
        _exit(0);
    }
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct wv_bytes text;
        struct wv_report *report = wv_report_new();
        ck_assert(wv_file_read_secret(path, WV_DOCUMENT_MAX, &text, report));
        ck_assert_ptr_null(memchr(text.ptr, 0, text.len));
        ck_assert_uint_eq(text.ptr[text.len - 1], '\n');
        wv_bytes_free(&text);
        wv_report_free(report);
    }
    ck_assert_int_eq(status, 0);
}
END_TEST

static void holds_zeros(int file)
{
    char bytes[256];
    const ssize_t got = pread(file, bytes, sizeof bytes, 0);
    ck_assert_int_gt(got, 100);
    for (ssize_t i = 0; i < got; i++) {
        ck_assert_int_eq(bytes[i], 0);
    }
    ck_assert_int_eq(close(file), 0);
}

/* Neither what is replaced, which its owner may not write to, nor what a run that was killed has
 * left beside it, goes with the secrets in it. */
START_TEST(what_goes_is_overwritten)
{
    char fresh[128];
    static const char *const names[] = {"b"};
    snprintf(fresh, sizeof fresh, "%s/keys.new", folder);
    ck_assert_int_eq(chmod(folder, 0777 | S_ISVTX), 0);
    write_file(path, good_file, 0400);
    write_file(fresh, good_file, 0400);
    const int before = open(path, O_RDONLY | O_CLOEXEC);
    const int beside = open(fresh, O_RDONLY | O_CLOEXEC);
    ck_assert(before >= 0 && beside >= 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) { /* root may write to everything */
        if (geteuid() == 0 && (chown(path, 65534, 65534) != 0 || chown(fresh, 65534, 65534) != 0 ||
                               seteuid(65534) != 0)) {
            _exit(1);
        }
        (void)ensure(names, 1, 7, monday, monday + 1);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    holds_zeros(before);
    holds_zeros(beside);
}
END_TEST

START_TEST(writes_through_no_link)
{
    char link_name[128];
    snprintf(link_name, sizeof link_name, "%s/link", folder);
    write_file(path, good_file, 0600);
    ck_assert_int_eq(symlink(path, link_name), 0);

    const struct wv_slice domain = WV_LIT("b");
    const struct wv_keyfile_need need = {&domain, 1, 7, monday, monday + 1, false};
    struct wv_report *report = wv_report_new();
    size_t created = 9;
    ck_assert(!wv_keyfile_ensure(link_name, NULL, &need, report, &created));
    ck_assert_uint_eq(created, 0);
    ck_assert_uint_eq(wv_report_errors(report), 1);
    wv_report_free(report);
    struct stat status;
    ck_assert_int_eq(lstat(link_name, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    char *text = read_file(path);
    ck_assert_str_eq(text, good_file);
    free(text);
    snprintf(link_name, sizeof link_name, "%s/link.lock", folder);
    ck_assert_int_eq(unlink(link_name), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keyfile_write");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, makes_a_file_and_leaves_it_alone);
    tcase_add_test(tests, keeps_what_is_there);
    tcase_add_loop_test(tests, fills_gaps_without_overlap, 0, (int)WV_COUNT(gaps));
    tcase_add_loop_test(tests, refuses_a_wrong_need, 0, (int)WV_COUNT(wrong_needs));
    tcase_add_test(tests, who_reads_meanwhile_reads_a_whole_file);
    tcase_add_test(tests, what_goes_is_overwritten);
    tcase_add_test(tests, writes_through_no_link);
    tcase_add_test(tests, leaves_a_broken_file_alone);
    tcase_add_test(tests, takes_no_notice_of_a_killed_run);
    tcase_add_test(tests, runs_at_once_lose_nothing);
    tcase_set_timeout(tests, 30);
    Suite *suite = suite_create("keyfile_write");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
