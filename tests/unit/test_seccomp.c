/*
 * At stake: what somebody can do with the process who has found a way into it; and that the filter
 * which stops him does not stop the service.
 */
#include "app/seccomp.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *why;

static bool start(bool runs_commands)
{
    if (wv_seccomp_start(runs_commands, &why)) {
        return true;
    }
    (void)fprintf(stderr, "no filter here, nothing was shown: %s\n", why);
    return false;
}

/* Runs in a process of its own, which ends with 0 when all was as it should. A filter is for good.
 */
static void in_child(bool (*fn)(void))
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        _exit(fn() ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
}

static bool expect(const char *what, bool good)
{
    if (!good) {
        (void)fprintf(stderr, "%s: errno %d\n", what, errno);
    }
    return good;
}

/* Arguments with which each call fails, or does nothing, also for root. */
static const struct call {
    const char *name;
    long number;
    long arguments[4];
    bool shows; /* for every user, and in every container, it is not the kernel's own EPERM */
} calls[] = {
    {"execve", __NR_execve, {(long)"/nowhere/at/all", 0, 0, 0}, true},
    {"execveat", __NR_execveat, {-1, (long)"/nowhere/at/all", 0, 0}, true},
#ifndef __SANITIZE_ADDRESS__
    {"ptrace", __NR_ptrace, {7 /* CONT */, 0, 0, 0}, true},
#endif
    {"process_vm_readv", __NR_process_vm_readv, {0, 0, 0, 0}, false},
    {"unshare", __NR_unshare, {0, 0, 0, 0}, false},
    {"setns", __NR_setns, {-1, 0, 0, 0}, false},
    {"mount", __NR_mount, {0, 0, 0, 0}, false},
    {"umount2", __NR_umount2, {0, 0, 0, 0}, false},
    {"chroot", __NR_chroot, {0, 0, 0, 0}, false},
    {"fsopen", 430, {0, 0, 0, 0}, false},
    {"kexec_load", __NR_kexec_load, {0, 0, 0, -1}, false},
    {"init_module", __NR_init_module, {0, 0, 0, 0}, false},
    {"finit_module", __NR_finit_module, {-1, 0, 0, 0}, false},
    {"bpf", __NR_bpf, {-1, 0, 0, 0}, false},
    {"perf_event_open", __NR_perf_event_open, {0, 0, -1, -1}, false},
    {"userfaultfd", __NR_userfaultfd, {-1, 0, 0, 0}, false},
    {"io_uring_setup", 425, {0, 0, 0, 0}, false},
    {"reboot", __NR_reboot, {0, 0, 0, 0}, false},
    {"keyctl", __NR_keyctl, {-1, 0, 0, 0}, false},
    {"add_key", __NR_add_key, {0, 0, 0, 0}, false},
    {"clock_settime", __NR_clock_settime, {-1, 0, 0, 0}, false},
    {"sethostname", __NR_sethostname, {0, -1, 0, 0}, false},
};

static bool make(const struct call *call)
{
    errno = 0;
    (void)syscall(call->number, call->arguments[0], call->arguments[1], call->arguments[2],
                  call->arguments[3]);
    return errno == EPERM;
}

static bool nothing_before_all_after(void)
{
    bool good = true;
    size_t shown = 0;
    for (size_t i = 0; i < WV_COUNT(calls); i++) {
        const bool before = make(&calls[i]);
        shown += !before;
        good = expect(calls[i].name, !before || !calls[i].shows) && good;
    }
    if (!start(false)) {
        return true;
    }
    for (size_t i = 0; i < WV_COUNT(calls); i++) {
        good = expect(calls[i].name, make(&calls[i])) && good;
    }
    return good && shown > 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

START_TEST(what_it_never_does_is_refused)
{
    in_child(nothing_before_all_after);
}
END_TEST

/* Two ways round a list: the flags of clone, and other numbers for the same calls. */
static bool no_way_round(void)
{
    if (!start(true)) {
        return true;
    }
    bool good = true;
    const long flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID};
    for (size_t i = 0; i < WV_COUNT(flags); i++) {
        errno = 0;
        const long child = syscall(__NR_clone, flags[i] | SIGCHLD, 0, 0, 0, 0);
        if (child == 0) {
            _exit(0);
        }
        good = expect("clone", child == -1 && errno == EPERM) && good;
    }
    errno = 0;
    good = expect("clone3", syscall(435, 0, 0) == -1 && errno == ENOSYS) && good;
#ifdef __x86_64__
    errno = 0;
    good = expect("x32", syscall(0x40000000 | __NR_getpid) == -1 && errno == EPERM) && good;
#endif
    return good;
}

START_TEST(there_is_no_way_round)
{
    in_child(no_way_round);
}
END_TEST

static void *nothing(void *argument)
{
    return argument;
}

static bool works(void)
{
    int pipes[2];
    char byte = 0;
    pthread_t thread;
    void *result = NULL;
    struct addrinfo *found = NULL;
    bool good = expect("thread", pthread_create(&thread, NULL, nothing, &byte) == 0) &&
                pthread_join(thread, &result) == 0 && result == &byte;
    good = expect("addresses", getaddrinfo("127.0.0.1", "9092", NULL, &found) == 0) && good;
    freeaddrinfo(found);
    const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    good = expect("socket", other >= 0 && close(other) == 0) && good;
    const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    good = expect("file", file >= 0 && read(file, &byte, 1) == 1 && close(file) == 0) && good;
    good = expect("pipe", pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1 &&
                              read(pipes[0], &byte, 1) == 1 && byte == 'x') &&
           good;
    uint8_t *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    good = expect("memory", mem != MAP_FAILED && mlock(mem, 4096) == 0 && munmap(mem, 4096) == 0) &&
           good;
    const pid_t child = fork();
    if (child == 0) {
        _exit(7);
    }
    int status = 0;
    return expect("fork", waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7) && good;
}

static int run_true(void)
{
    extern char **environ;
    char *words[] = {(char *)(uintptr_t) "true", NULL};
    pid_t child;
    int status = 1;
    const int error = posix_spawnp(&child, "true", NULL, NULL, words, environ);
    return error != 0 || waitpid(child, &status, 0) != child ? error : status;
}

static bool works_without_commands(void)
{
    return !start(false) || (works() && expect("a command", run_true() == EPERM));
}

static bool works_with_commands(void)
{
    return !start(true) || (works() && expect("a command", run_true() == 0));
}

/* Threads that were there before are held to it, too. */
static int asks[2];
static int answers[2];

static void *ask_and_answer(void *argument)
{
    char byte;
    if (read(asks[0], &byte, 1) == 1) {
        byte = make(&calls[0]) ? 'y' : 'n';
        (void)!write(answers[1], &byte, 1);
    }
    return argument;
}

static bool holds_for_older_threads(void)
{
    pthread_t thread;
    char byte = 0;
    if (pipe(asks) != 0 || pipe(answers) != 0 ||
        pthread_create(&thread, NULL, ask_and_answer, NULL) != 0) {
        return false;
    }
    const bool filtered = start(false);
    return write(asks[1], "x", 1) == 1 && read(answers[0], &byte, 1) == 1 &&
           byte == (filtered ? 'y' : 'n') && pthread_join(thread, NULL) == 0;
}

START_TEST(all_threads_are_held_to_it)
{
    in_child(holds_for_older_threads);
}
END_TEST

/* A unit or a container has had one before. */
static bool adds_to_another(void)
{
    return !start(true) || (run_true() == 0 && start(false) && run_true() == EPERM);
}

START_TEST(another_filter_stays)
{
    in_child(adds_to_another);
}
END_TEST

START_TEST(what_it_needs_works)
{
    in_child(works_without_commands);
    in_child(works_with_commands);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seccomp");
    TCase *tests = tcase_create("seccomp");
    tcase_add_test(tests, what_it_never_does_is_refused);
    tcase_add_test(tests, there_is_no_way_round);
    tcase_add_test(tests, all_threads_are_held_to_it);
    tcase_add_test(tests, another_filter_stays);
    tcase_add_test(tests, what_it_needs_works);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
