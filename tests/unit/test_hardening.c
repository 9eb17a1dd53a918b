/*
 * At stake: what a process that is killed, looked at or swapped out leaves on a disk: raw records,
 * and the keys of their pseudonyms.
 */
#include "app/hardening.h"
#include "base/wipe.h"
#include "support/findings.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The flags of the mapping in which the address lies, as the kernel shows them. */
static void flags_of(const void *address, char *flags, size_t size)
{
    char line[512];
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(maps);
    flags[0] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        const uintptr_t from = strtoul(line, &end, 16);
        if (*end == '-') {
            inside = (uintptr_t)address >= from && (uintptr_t)address < strtoul(end + 1, NULL, 16);
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            (void)snprintf(flags, size, "%s", line + 8);
        }
    }
    (void)fclose(maps);
}

/* Loads keys and dies, in its own folder, where a core would be written. */
static void die(int hardened, const char *folder)
{
    static uint8_t seed[WV_SECRET_BYTES] = {1};
    struct rlimit limit;
    if (chdir(folder) != 0 || getrlimit(RLIMIT_CORE, &limit) != 0) {
        _exit(1);
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_CORE, &limit);
    if (hardened != 0) {
        wv_harden();
        ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
#ifndef __SANITIZE_ADDRESS__
        if (prctl(PR_GET_DUMPABLE) != 0) {
            _exit(1);
        }
#endif
        if (limit.rlim_cur != 0) {
            _exit(1);
        }
    }
    struct wv_keyring *keyring = wv_keyring_throwaway(seed, NULL);
    (void)signal(SIGABRT, SIG_DFL);
    if (keyring != NULL) {
        abort();
    }
    _exit(1);
}

/* Whether it left a core behind; what it left is removed. */
static bool leaves_core(int hardened)
{
    char folder[] = "/tmp/wafveil-core-XXXXXX";
    char command[128];
    int status;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const pid_t child = fork();
    if (child == 0) {
        die(hardened, folder);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    const bool dumped = WCOREDUMP(status);
    const bool empty = rmdir(folder) == 0;
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert(empty || system(command) == 0);
    return dumped || !empty;
}

/* Where nothing may dump at all there is nothing to hold it against. */
START_TEST(no_core_is_left)
{
    ck_assert(!leaves_core(1));
    if (!leaves_core(0)) {
        (void)fputs("this system makes no core dumps: nothing was shown\n", stderr);
    }
}
END_TEST

/* Whatever dumps all the same leaves out the pages of secrets. */
START_TEST(pages_of_secrets_are_in_no_dump)
{
    char flags[512];
    struct wv_slice all;
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, NULL);
    ck_assert_ptr_nonnull(keyring);
    flags_of(wv_keyring_at(keyring, 0, &all)->secret, flags, sizeof flags);
    ck_assert_msg(strstr(flags, " dd") != NULL, "%s", flags);
    wv_keyring_free(keyring);
}
END_TEST

/* AddressSanitizer makes mlock() succeed always. */
START_TEST(too_little_locked_memory_is_told)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = wv_plan_build(wv_config_builtin("aws-waf", "eu", report),
                                         wv_keyring_throwaway(NULL, report), report);
    ck_assert_ptr_nonnull(plan);
    const size_t before = wv_report_count(report);
    const struct rlimit little = {64 * 1024, 64 * 1024};
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &little), 0);
    ck_assert(geteuid() != 0 || setuid(65534) == 0);
    wv_harden_check_memory(plan, 4, report);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_uint_eq(wv_report_count(report), before + 1);
    const char *text = wv_report_at(report, before)->text;
    ck_assert_int_eq(wv_report_at(report, before)->severity, WV_WARNING);
    const char *need = strstr(text, "4 lanes need ");
    ck_assert_msg(need != NULL, "%s", text);
    const long kib = strtol(need + strlen("4 lanes need "), NULL, 10);
    ck_assert_int_ge(kib, 4 * 2 * 8192); /* the tokens of a lane alone are 8 MiB */
    ck_assert_ptr_nonnull(strstr(text, "64 KiB are allowed"));
    ck_assert_ptr_nonnull(strstr(text, "LimitMEMLOCK="));
    ck_assert_ptr_nonnull(strstr(text, "ulimit -l "));
#else
    ck_assert_uint_eq(wv_report_count(report), before);
#endif
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hardening");
    TCase *tests = tcase_create("hardening");
    tcase_add_test(tests, no_core_is_left);
    tcase_add_test(tests, pages_of_secrets_are_in_no_dump);
    tcase_add_test(tests, too_little_locked_memory_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
