/*
 * seccomp.c — system calls that the service never makes, refused by the kernel.
 *
 * Written as the kernel's own instructions: a library for it would be one more that has to be
 * trusted before the first record, for a list of numbers.
 */
#include "app/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define WV_SECCOMP_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WV_SECCOMP_ARCH AUDIT_ARCH_AARCH64
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WV_LOOKS_INTO_ITSELF
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WV_LOOKS_INTO_ITSELF
#endif

/* From 424 on every machine has the same numbers; the headers of an older system do not know them.
 */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT,
    NR_FSOPEN,
    NR_FSCONFIG,
    NR_FSMOUNT,
    NR_FSPICK,
    NR_IO_URING_SETUP = 425,
    NR_IO_URING_ENTER,
    NR_IO_URING_REGISTER,
    NR_CLONE3 = 435,
    NR_PIDFD_GETFD = 438,
    NR_MOUNT_SETATTR = 442,
    NR_QUOTACTL_FD,
};

#ifdef WV_SECCOMP_ARCH

enum { X32_BIT = 0x40000000, PROGRAM_MAX = 256 };

static const int denied[] = {
    /* other processes */
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_kcmp,
    NR_PIDFD_GETFD,
    /* namespaces, file systems, disks */
    __NR_unshare,
    __NR_setns,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    NR_OPEN_TREE,
    NR_MOVE_MOUNT,
    NR_FSOPEN,
    NR_FSCONFIG,
    NR_FSMOUNT,
    NR_FSPICK,
    NR_MOUNT_SETATTR,
    __NR_swapon,
    __NR_swapoff,
    __NR_quotactl,
    NR_QUOTACTL_FD,
    __NR_name_to_handle_at,
    __NR_open_by_handle_at,
    /* the kernel */
    __NR_kexec_load,
    __NR_kexec_file_load,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    NR_IO_URING_SETUP,
    NR_IO_URING_ENTER,
    NR_IO_URING_REGISTER,
    __NR_syslog,
    __NR_reboot,
    __NR_acct,
    __NR_vhangup,
    /* its keyrings */
    __NR_add_key,
    __NR_request_key,
    __NR_keyctl,
    /* the clock, the machine's name */
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_clock_adjtime,
    __NR_adjtimex,
    __NR_sethostname,
    __NR_setdomainname,
#ifdef __x86_64__
    __NR_iopl,
    __NR_ioperm,
    __NR_modify_ldt,
#endif
#ifndef WV_LOOKS_INTO_ITSELF /* LeakSanitizer looks for leaks as a debugger does */
    __NR_ptrace,
    __NR_personality,
#endif
};

static const int programs[] = {__NR_execve, __NR_execveat};

enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                 CLONE_NEWPID | CLONE_NEWNET
};

struct program {
    struct sock_filter code[PROGRAM_MAX];
    size_t len;
};

static void put(struct program *program, uint16_t code, uint8_t if_true, uint8_t if_not,
                uint32_t value)
{
    wv_ensure(program->len < PROGRAM_MAX);
    program->code[program->len++] = (struct sock_filter){code, if_true, if_not, value};
}

static void load(struct program *program, size_t offset)
{
    put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void refuse(struct program *program, uint32_t error)
{
    put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error);
}

static void refuse_calls(struct program *program, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)calls[i]);
        refuse(program, EPERM);
    }
}

static void write_program(struct program *program, bool runs_commands)
{
    program->len = 0;
    /* The calls of another architecture have other numbers: none of them is made by us. */
    load(program, offsetof(struct seccomp_data, arch));
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, WV_SECCOMP_ARCH);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    put(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
    refuse(program, EPERM);
#endif
    refuse_calls(program, denied, WV_COUNT(denied));
    if (!runs_commands) {
        refuse_calls(program, programs, WV_COUNT(programs));
    }
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, NR_CLONE3);
    refuse(program, ENOSYS);
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, __NR_clone);
    load(program, offsetof(struct seccomp_data, args)); /* the lower half: flags have 32 bits */
    put(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, NAMESPACES);
    refuse(program, EPERM);
    put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

/* Kernels before 5.16 turn off a speculation of the processor for whoever has a filter, which costs
 * some per cent and serves processes that run code of others: we run none. Older ones still do not
 * know the flag. Under a filter of somebody else (a unit's, a container's) the older way is taken:
 * it may not allow the call that only sandboxes make, and end the process for it. */
static bool install(const struct program *program)
{
    struct sock_fprog filter = {(unsigned short)program->len,
                                (struct sock_filter *)(uintptr_t)program->code};
    const unsigned long all = SECCOMP_FILTER_FLAG_TSYNC;
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER) {
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
    }
    long done = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, all | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &filter);
    if (done < 0 && errno == EINVAL) {
        done = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, all, &filter);
    }
    return done == 0;
}

bool wv_seccomp_start(bool runs_commands, const char **why)
{
    static struct program program;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        *why = "the kernel does not know no_new_privs";
        return false;
    }
    write_program(&program, runs_commands);
    if (!install(&program)) {
        *why = errno == ENOSYS || errno == EINVAL ? "the kernel has no filters of system calls"
                                                  : "the kernel refused the filter";
        return false;
    }
    return true;
}

#else

bool wv_seccomp_start(bool runs_commands, const char **why)
{
    (void)runs_commands;
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    *why = "the list of system calls is not written for this kind of processor";
    return false;
}

#endif
