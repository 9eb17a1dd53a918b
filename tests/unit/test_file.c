/*
 * file: a key file that others can read, or that somebody slipped in behind a link, must stop the
 * start; and the pages and clock that secrets and epochs rest on must do what they say.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/wipe.h"

#include "support/findings.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/wv_test_file_XXXXXX";
static char path[64];
static char link_path[64];

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/f", folder);
    (void)snprintf(link_path, sizeof link_path, "%s/l", folder);
}

static void tear_down(void)
{
    (void)unlink(path);
    (void)unlink(link_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(size_t count, mode_t mode)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    for (size_t i = 0; i < count; i++) {
        fputc('a' + (int)(i % 26), stream);
    }
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

/* The findings must be the text, in which "%" stands for the path. */
static void expect(struct wv_report *report, const char *text)
{
    char wanted[1024];
    size_t len = 0;
    for (; *text != '\0'; text++) {
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, *text == '%' ? "%s" : "%.1s",
                                *text == '%' ? path : text);
    }
    wanted[len] = '\0';
    findings_are(report, wanted);
}

static const size_t sizes[] = {0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 200000};

START_TEST(reads_whole_files)
{
    const size_t count = sizes[_i];
    write_file(count, 0600);
    for (int secret = 0; secret < 2; secret++) {
        struct wv_report *report = wv_report_new();
        struct wv_bytes bytes;
        ck_assert(secret ? wv_file_read_secret(path, count, &bytes, report)
                         : wv_file_read(path, count, &bytes, report));
        ck_assert_uint_eq(bytes.len, count);
        ck_assert_uint_eq(wv_bytes_slice(bytes).len, count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(bytes.ptr[i], 'a' + i % 26);
        }
        ck_assert_uint_eq(bytes.ptr[count], 0);
        wv_bytes_free(&bytes);
        ck_assert_ptr_null(bytes.ptr);
        expect(report, "");
    }
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
    const size_t count = sizes[_i];
    write_file(count + 1, 0600);
    struct wv_report *report = wv_report_new();
    struct wv_bytes bytes = {(uint8_t *)1, 1};
    ck_assert(!wv_file_read(path, count, &bytes, report));
    ck_assert_ptr_null(bytes.ptr);
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted, "%%: error: is too large: at most %zu bytes are read\n",
                   count);
    expect(report, wanted);
}
END_TEST

START_TEST(says_why_a_file_cannot_be_read)
{
    struct wv_report *report = wv_report_new();
    struct wv_bytes bytes;
    ck_assert(!wv_file_read(path, 10, &bytes, report));
    ck_assert(!wv_file_read_secret(path, 10, &bytes, report));
    expect(report, "%: error: cannot be read: No such file or directory\n"
                   "%: error: cannot be read: No such file or directory\n");
    report = wv_report_new();
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(!wv_file_read(path, 10, &bytes, report));
    ck_assert(!wv_file_read_secret(path, 10, &bytes, report));
    ck_assert_int_eq(rmdir(path), 0);
    expect(report, "%: error: cannot be read: Is a directory\n"
                   "%: error: holds a secret and must be a regular file\n");
}
END_TEST

static const struct permission {
    mode_t mode;
    const char *findings;
} permissions[] = {
    {0600, ""},
    {0400, ""},
    {0700, ""},
    {0640, "%: error: holds a secret and is open to others (mode 0640): run `chmod 600 %`\n"},
    {0604, "%: error: holds a secret and is open to others (mode 0604): run `chmod 600 %`\n"},
    {0610, "%: error: holds a secret and is open to others (mode 0610): run `chmod 600 %`\n"},
    {0602, "%: error: holds a secret and is open to others (mode 0602): run `chmod 600 %`\n"},
    {0644, "%: error: holds a secret and is open to others (mode 0644): run `chmod 600 %`\n"},
};

START_TEST(secrets_are_closed_to_others)
{
    const struct permission *p = &permissions[_i];
    write_file(4, p->mode);
    struct wv_report *report = wv_report_new();
    struct wv_bytes bytes;
    ck_assert_int_eq(wv_file_read_secret(path, 10, &bytes, report), p->findings[0] == '\0');
    wv_bytes_free(&bytes);
    ck_assert(wv_file_read(path, 10, &bytes, report));
    wv_bytes_free(&bytes);
    expect(report, p->findings);
}
END_TEST

START_TEST(secrets_are_no_links_and_no_pipes)
{
    write_file(4, 0600);
    ck_assert_int_eq(symlink(path, link_path), 0);
    struct wv_report *report = wv_report_new();
    struct wv_bytes bytes;
    ck_assert(!wv_file_read_secret(link_path, 10, &bytes, report));
    ck_assert_uint_eq(wv_report_errors(report), 1);
    ck_assert_str_eq(wv_report_at(report, 0)->text,
                     "holds a secret and must not be a symbolic link: name the file that it "
                     "points to");
    ck_assert_str_eq(wv_report_at(report, 0)->file, link_path);
    wv_report_free(report);

    report = wv_report_new();
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!wv_file_read_secret(path, 10, &bytes, report)); /* and does not wait for a writer */
    expect(report, "%: error: holds a secret and must be a regular file\n");
}
END_TEST

START_TEST(secrets_belong_to_this_user_or_root)
{
    if (geteuid() != 0) {
        /* Only root can make a file of somebody else; root's own files must be readable then. */
        write_file(4, 0600);
        struct wv_report *report = wv_report_new();
        struct wv_bytes bytes;
        ck_assert(wv_file_read_secret(path, 10, &bytes, report));
        wv_bytes_free(&bytes);
        expect(report, "");
        return;
    }
    write_file(4, 0600);
    ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
    struct wv_report *report = wv_report_new();
    struct wv_bytes bytes;
    ck_assert(!wv_file_read_secret(path, 10, &bytes, report));
    expect(report, "%: error: holds a secret and belongs to another user: run `chown 0 %`\n");
}
END_TEST

START_TEST(locked_pages)
{
    struct wv_locked memory;
    ck_assert(wv_locked_new(5000, &memory));
    ck_assert_uint_eq(memory.size, 5000);
    ck_assert_uint_ge(memory.mapped, memory.size);
    ck_assert_uint_eq(memory.mapped % (size_t)sysconf(_SC_PAGESIZE), 0);
    for (size_t i = 0; i < memory.size; i++) {
        ck_assert_uint_eq(memory.mem[i], 0);
        memory.mem[i] = 0xff;
    }
    wv_locked_free(&memory);
    ck_assert_ptr_null(memory.mem);
    wv_locked_free(&memory);
    ck_assert(!wv_locked_new(0, &memory));
    ck_assert(!wv_locked_new(SIZE_MAX, &memory));
    ck_assert_ptr_null(memory.mem);
}
END_TEST

/* Root may lock without a limit. AddressSanitizer makes mlock() succeed always, so the wanted
 * answer is the one that the test itself gets. */
START_TEST(pages_that_cannot_be_locked_are_told)
{
    const struct rlimit none = {0, 0};
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    ck_assert(geteuid() != 0 || setuid(65534) == 0);
    struct wv_locked memory;
    ck_assert(wv_locked_new(4096, &memory));
    const bool refused = mlock(memory.mem, memory.mapped) != 0;
    ck_assert_int_eq(memory.locked, !refused);
    memory.mem[0] = 1; /* usable all the same */
    wv_locked_free(&memory);
}
END_TEST

START_TEST(wiping)
{
    uint8_t bytes[3] = {1, 2, 3};
    wv_wipe(bytes, 2);
    ck_assert_uint_eq(bytes[0] + bytes[1], 0);
    ck_assert_uint_eq(bytes[2], 3);
    wv_wipe(NULL, 0);
}
END_TEST

START_TEST(clocks)
{
    const struct wv_clock *machine = wv_clock_system();
    const uint64_t before = wv_clock_now_ns(machine);
    ck_assert_uint_ge(wv_clock_now_ns(machine), before);
    ck_assert_int_gt(wv_clock_wall_ms(machine), 1700000000000);

    struct wv_clock_fake fake;
    wv_clock_fake_init(&fake, 1000);
    wv_clock_fake_advance(&fake, 5000000);
    ck_assert_uint_eq(wv_clock_now_ns(&fake.clock), 5000000000000u);
    ck_assert_int_eq(wv_clock_wall_ms(&fake.clock), 5001000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, reads_whole_files, 0, (int)WV_COUNT(sizes));
    tcase_add_loop_test(tests, refuses_what_is_too_large, 0, (int)WV_COUNT(sizes));
    tcase_add_test(tests, says_why_a_file_cannot_be_read);
    tcase_add_loop_test(tests, secrets_are_closed_to_others, 0, (int)WV_COUNT(permissions));
    tcase_add_test(tests, secrets_are_no_links_and_no_pipes);
    tcase_add_test(tests, secrets_belong_to_this_user_or_root);
    tcase_add_test(tests, locked_pages);
    tcase_add_test(tests, wiping);
    tcase_add_test(tests, clocks);
    suite_add_tcase(suite, tests);
    TCase *pages = tcase_create("pages"); /* without the fixture: it gives up its rights */
    tcase_add_test(pages, pages_that_cannot_be_locked_are_told);
    suite_add_tcase(suite, pages);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
