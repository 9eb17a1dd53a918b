/*
 * seccomp.h — system calls that the service never makes, refused by the kernel.
 *
 * What is refused is a list, not what is allowed: the calls that a libc, OpenSSL or librdkafka
 * makes change from one version to the next, and an update must not stop the service. The list
 * holds what an intruder wants and a service never does: other programs, other processes, mounts,
 * namespaces, the kernel itself, its keyrings, the clock. A refused call gets EPERM (clone3 ENOSYS,
 * because its flags cannot be seen: libraries then take clone, whose flags can), and not the end of
 * the process: what is under way is worth more than the moment at which an intruder notices.
 */
#ifndef WV_APP_SECCOMP_H
#define WV_APP_SECCOMP_H

#include "base/slice.h"

/* For this process and all threads that come after, also those of commands that it runs, for good;
 * together with no_new_privs. Called before there are other threads: under somebody else's filter
 * they would be left out. runs_commands: other programs may be started. False where the kernel
 * cannot or may not; *why is then a sentence of ours. */
WV_MUST_USE bool wv_seccomp_start(bool runs_commands, const char **why);

#endif
