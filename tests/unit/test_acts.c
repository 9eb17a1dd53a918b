/*
 * At stake: who destroyed a key, asked for a person's tokens or opened a sealed value stands in the
 * file of acts and nowhere else. An act that is shown without its record, a record that is lost
 * when two commands write at once, or a changed file that is written on makes it worthless.
 */
#include "app/acts.h"

#include "support/findings.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 64 * 1024 };

static char folder[64];
static char path[128];
static char other[128];

static void set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/wv_test_acts_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/acts.jsonl", folder);
    (void)snprintf(other, sizeof other, "%s/other", folder);
}

static void tear_down(void)
{
    (void)chmod(folder, 0700);
    (void)unlink(path);
    (void)unlink(other);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* The findings must be the text, in which "%" stands for the path, "$" for the folder. */
static void expect(struct wv_report *report, const char *text)
{
    char wanted[2048];
    size_t len = 0;
    for (; *text != '\0'; text++) {
        const char *more = *text == '%' ? path : *text == '$' ? folder : NULL;
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, more == NULL ? "%.1s" : "%s",
                                more == NULL ? text : more);
    }
    findings_are(report, wanted);
}

static bool write_one(const char *event, int number)
{
    struct wv_report *report = wv_report_new();
    struct wv_acts *acts = wv_acts_open(path, report);
    const bool done =
        acts != NULL && wv_acts_write(acts, event, json_pack("{s:i}", "number", number), report);
    ck_assert_int_eq(done, wv_report_errors(report) == 0);
    wv_acts_close(acts);
    wv_report_free(report);
    return done;
}

static void refuses(const char *text)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_acts_open(path, report));
    expect(report, text);
}

static size_t read_file(char bytes[ROOM])
{
    const int file = open(path, O_RDONLY);
    ck_assert_int_ge(file, 0);
    const ssize_t len = read(file, bytes, ROOM);
    ck_assert(len >= 0 && len < ROOM);
    ck_assert_int_eq(close(file), 0);
    return (size_t)len;
}

static void write_file(const char *bytes, size_t len)
{
    const int file = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, bytes, len), (ssize_t)len);
    ck_assert_int_eq(close(file), 0);
}

static void write_byte(size_t at, char byte)
{
    const int file = open(path, O_WRONLY);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, &byte, 1, (off_t)at), 1);
    ck_assert_int_eq(close(file), 0);
}

/* How many records the file holds, all of one chain that is whole; what `audit verify` sees. */
static uint64_t verified(void)
{
    char bytes[ROOM];
    const size_t len = read_file(bytes);
    struct wv_ledgers *ledgers = wv_ledgers_new();
    ck_assert_ptr_nonnull(ledgers);
    for (size_t at = 0; at < len;) {
        json_t *record;
        const char *end = memchr(bytes + at, '\n', len - at);
        ck_assert_ptr_nonnull(end);
        const struct wv_slice line = {(uint8_t *)bytes + at, (size_t)(end - (bytes + at))};
        ck_assert_int_eq(wv_ledgers_add(ledgers, line, "file", &record), WV_LEDGER_GOOD);
        ck_assert_ptr_nonnull(record);
        at += line.len + 1;
    }
    wv_ledgers_finish(ledgers);
    ck_assert_uint_eq(wv_ledgers_count(ledgers), 1);
    ck_assert_uint_eq(wv_ledgers_strays(ledgers)->count, 0);
    ck_assert_int_eq(wv_ledgers_at(ledgers, 0)->fault, WV_LEDGER_GOOD);
    ck_assert_uint_eq(wv_ledgers_at(ledgers, 0)->first_seq, 0);
    const uint64_t records = wv_ledgers_at(ledgers, 0)->records;
    wv_ledgers_free(ledgers);
    return records;
}

START_TEST(a_chain_goes_on_over_commands)
{
    struct stat status;
    const mode_t before = umask(0);
    ck_assert(write_one("first", 1));
    (void)umask(before);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert(write_one("second", 2));
    ck_assert(write_one("third", 3));
    ck_assert_uint_eq(verified(), 3);
    char bytes[ROOM];
    bytes[read_file(bytes)] = '\0';
    ck_assert_ptr_nonnull(strstr(bytes, "\"event\":\"third\",\"uid\":"));
    ck_assert_ptr_nonnull(strstr(bytes, ",\"number\":3,\"previous\":\""));
}
END_TEST

/* A process that is killed just after the call has left its record behind. */
START_TEST(a_record_is_there_before_the_call_returns)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct wv_report *report = wv_report_new();
        struct wv_acts *acts = wv_acts_open(path, report);
        if (acts != NULL && wv_acts_write(acts, "act", json_object(), report)) {
            (void)kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_uint_eq(verified(), 1);
}
END_TEST

START_TEST(two_writers_at_once_make_one_chain)
{
    enum { WRITERS = 4, EACH = 8 };
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            bool done = true;
            for (int j = 0; j < EACH && done; j++) {
                done = write_one("act", i * EACH + j);
            }
            _exit(done ? 0 : 1);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert_uint_eq(verified(), WRITERS * EACH);
    char bytes[ROOM];
    bytes[read_file(bytes)] = '\0';
    for (int i = 0; i < WRITERS * EACH; i++) {
        char member[32];
        (void)snprintf(member, sizeof member, "\"number\":%d,", i);
        ck_assert_ptr_nonnull(strstr(bytes, member));
    }
}
END_TEST

START_TEST(a_changed_byte_stops_everything)
{
    char bytes[ROOM];
    for (int i = 0; i < 3; i++) {
        ck_assert(write_one("act", i));
    }
    const size_t len = read_file(bytes);
    for (size_t at = 0; at < len; at++) {
        write_byte(at, (char)(bytes[at] ^ 1));
        struct wv_report *report = wv_report_new();
        ck_assert_ptr_null(wv_acts_open(path, report));
        ck_assert_uint_eq(wv_report_errors(report), 1);
        ck_assert_uint_ge(wv_report_at(report, 0)->line, 1);
        wv_report_free(report);
        write_byte(at, bytes[at]);
    }
    bytes[len] = '\0';
    char *number = strstr(bytes, "\"number\":2");
    ck_assert_ptr_nonnull(number);
    number[strlen("\"number\":")] = '1';
    write_file(bytes, len);
    refuses("%:3: error: was changed: its hash is not that of its bytes: nothing is recorded "
            "behind it. Find out who wrote to the file, keep it as evidence, and move it away; a "
            "new chain is begun then\n");
    write_file("\n", 1);
    refuses("%:1: error: is no audit record: nothing is recorded behind it. Find out who wrote to "
            "the file, keep it as evidence, and move it away; a new chain is begun then\n");
}
END_TEST

static size_t end_of_line(const char *bytes, size_t len, size_t from)
{
    const char *end = memchr(bytes + from, '\n', len - from);
    ck_assert_ptr_nonnull(end);
    return (size_t)(end - bytes) + 1;
}

START_TEST(a_cut_end_is_refused_until_it_is_taken_off)
{
    char bytes[ROOM];
    ck_assert(write_one("act", 0));
    ck_assert(write_one("act", 1));
    const size_t len = read_file(bytes);
    const size_t first = end_of_line(bytes, len, 0);
    for (size_t cut = first + 1; cut < len; cut++) {
        char text[1024];
        write_file(bytes, cut);
        (void)snprintf(text, sizeof text,
                       "%%:2: error: is only a part of a record: a command was ended while it "
                       "wrote it, and showed and changed nothing. Keep a copy of the file, cut the "
                       "part off with `truncate -s %zu %%`, and run the command again\n",
                       first);
        refuses(text);
    }
    ck_assert_int_eq(truncate(path, (off_t)first), 0);
    ck_assert(write_one("act", 2));
    ck_assert_uint_eq(verified(), 2);
}
END_TEST

START_TEST(a_beginning_that_is_gone_or_another_chain_is_refused)
{
    char bytes[ROOM];
    ck_assert(write_one("act", 0));
    ck_assert(write_one("act", 1));
    const size_t len = read_file(bytes);
    const size_t first = end_of_line(bytes, len, 0);
    write_file(bytes + first, len - first);
    refuses("%:1: error: records are missing before it: nothing is recorded behind it. Find out "
            "who wrote to the file, keep it as evidence, and move it away; a new chain is begun "
            "then\n");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(write_one("act", 2));
    const size_t more = read_file(bytes + len);
    write_file(bytes, len + more);
    refuses("%: error: holds several chains, so it was not written by commands alone: move it "
            "away; a new chain is begun then\n");
}
END_TEST

START_TEST(only_a_file_of_our_own_is_written)
{
    ck_assert(write_one("act", 0));
    ck_assert_int_eq(chmod(path, 0640), 0);
    refuses("%: error: records what was done and is open to others (mode 0640): run `chmod 600 "
            "%`\n");
    ck_assert_int_eq(chmod(path, 0602), 0);
    refuses("%: error: records what was done and is open to others (mode 0602): run `chmod 600 "
            "%`\n");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(rename(path, other), 0);
    ck_assert_int_eq(symlink(other, path), 0);
    refuses("%: error: records what was done and must not be a symbolic link: name the file that "
            "it points to\n");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/nonexistent", path), 0); /* nor is the target made */
    refuses("%: error: records what was done and must not be a symbolic link: name the file that "
            "it points to\n");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuses("%: error: records what was done and must be a regular file\n");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    refuses("%: error: records what was done and lies in a folder that everybody may write to: run "
            "`chmod o-w $/`\n");
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
    if (geteuid() != 0) {
        return; /* only root can give a file away */
    }
    ck_assert(write_one("act", 0));
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    refuses("%: error: records what was done and belongs to another user: run the command as that "
            "user, or `chown 0 %`\n");
}
END_TEST

/* The limit on the size of files does what a full disk does: a part of the record is written. */
START_TEST(a_full_disk_leaves_the_file_as_it_was)
{
    char before[ROOM];
    char after[ROOM];
    ck_assert(write_one("act", 0));
    const size_t len = read_file(before);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlim_t wide = limit.rlim_cur;
    for (rlim_t more = 0; more < 200; more += 50) {
        limit.rlim_cur = len + more;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        struct wv_report *report = wv_report_new();
        struct wv_acts *acts = wv_acts_open(path, report);
        ck_assert_ptr_nonnull(acts);
        ck_assert(!wv_acts_write(acts, "act", json_object(), report));
        ck_assert(!wv_acts_write(acts, "act", json_object(), report)); /* nor later */
        wv_acts_close(acts);
        limit.rlim_cur = wide;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        expect(report,
               "%: error: cannot be written, and what cannot be recorded is not done: File too "
               "large\n%: error: takes no further record: one before could not be written\n");
        ck_assert_uint_eq(read_file(after), len);
        ck_assert_mem_eq(before, after, len);
    }
    ck_assert(write_one("act", 1));
    ck_assert_uint_eq(verified(), 2);
}
END_TEST

START_TEST(a_folder_that_takes_no_file_stops_the_act)
{
    ck_assert_int_eq(rmdir(folder), 0);
    refuses("%: error: cannot be opened: No such file or directory\n");
    ck_assert_int_eq(mkdir(folder, 0500), 0);
    if (geteuid() != 0) {
        refuses("%: error: cannot be opened for writing, and what cannot be recorded is not done: "
                "Permission denied\n");
    }
}
END_TEST

START_TEST(a_record_that_no_reader_takes_is_not_written)
{
    static const char nul[] = {'a', '\0', 'b'};
    char *big = malloc(WV_LEDGER_RECORD_MAX);
    ck_assert_ptr_nonnull(big);
    memset(big, 'x', WV_LEDGER_RECORD_MAX);
    json_t *const members[] = {
        json_pack("{s:s%}", "reason", nul, sizeof nul),
        json_pack("{s:s%}", "reason", big, (size_t)WV_LEDGER_RECORD_MAX - 200),
        json_pack("{s:s%}", "reason", big, (size_t)WV_LEDGER_RECORD_MAX),
        NULL,
    };
    for (size_t i = 0; i < WV_COUNT(members); i++) {
        struct wv_report *report = wv_report_new();
        struct wv_acts *acts = wv_acts_open(path, report);
        ck_assert_ptr_nonnull(acts);
        ck_assert(!wv_acts_write(acts, "act", members[i], report));
        wv_acts_close(acts);
        expect(report, "%: error: the record cannot be made (it is too long, or memory is short), "
                       "and what cannot be recorded is not done\n");
    }
    free(big);
    ck_assert(write_one("act", 1));
    ck_assert_uint_eq(verified(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acts");
    TCase *tcase = tcase_create("acts");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_chain_goes_on_over_commands);
    tcase_add_test(tcase, a_record_is_there_before_the_call_returns);
    tcase_add_test(tcase, two_writers_at_once_make_one_chain);
    tcase_add_test(tcase, a_changed_byte_stops_everything);
    tcase_add_test(tcase, a_cut_end_is_refused_until_it_is_taken_off);
    tcase_add_test(tcase, a_beginning_that_is_gone_or_another_chain_is_refused);
    tcase_add_test(tcase, only_a_file_of_our_own_is_written);
    tcase_add_test(tcase, a_file_of_another_user_is_refused);
    tcase_add_test(tcase, a_full_disk_leaves_the_file_as_it_was);
    tcase_add_test(tcase, a_folder_that_takes_no_file_stops_the_act);
    tcase_add_test(tcase, a_record_that_no_reader_takes_is_not_written);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
