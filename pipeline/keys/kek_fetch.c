/* kek_fetch.c — a key-encryption key from a file, a systemd credential or a command. */
#include "keys/kek.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEXT_MAX = 4096, /* room for white space; anything longer is something else */
    HEX = 2 * WV_KEK_BYTES,
    BASE64 = 44,
    PATH_MAX_BYTES = 4096,
    LOOK_MS = 20, /* between two looks whether a command that is silent has ended */
};

static struct wv_kek *fail(const struct wv_node *node, struct wv_report *report, const char *text)
{
    (void)wv_node_fail(node, report, "%s", text);
    return NULL;
}

/* ---- Its spellings ----------------------------------------------------------------------------
 */

static bool read_hex(struct wv_slice text, uint8_t out[WV_KEK_BYTES])
{
    bool good = text.len == HEX;
    for (size_t i = 0; good && i < HEX; i++) {
        const uint8_t byte = text.ptr[i];
        const uint8_t small = byte | 0x20;
        const int digit = byte >= '0' && byte <= '9'     ? byte - '0'
                          : small >= 'a' && small <= 'f' ? small - 'a' + 10
                                                         : -1;
        good = digit >= 0;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit & 15));
    }
    return good;
}

static bool read_base64(struct wv_slice text, uint8_t out[WV_KEK_BYTES])
{
    uint8_t bytes[BASE64];
    size_t len = 0;
    const bool good =
        text.len == BASE64 && wv_base64_decode(text, bytes, &len) && len == WV_KEK_BYTES;
    if (good) {
        memcpy(out, bytes, WV_KEK_BYTES);
    }
    wv_wipe(bytes, sizeof bytes);
    return good;
}

static struct wv_kek *read_key(struct wv_slice text, const struct wv_node *node,
                               struct wv_report *report)
{
    uint8_t bytes[WV_KEK_BYTES] = {0};
    bool good = text.len == WV_KEK_BYTES;
    if (good) {
        memcpy(bytes, text.ptr, WV_KEK_BYTES);
    } else {
        while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL) {
            text.len--;
        }
        good = read_hex(text, bytes) || read_base64(text, bytes);
    }
    struct wv_kek *kek = good ? wv_kek_new(bytes) : NULL;
    wv_wipe(bytes, sizeof bytes);
    if (!good) {
        return fail(node, report,
                    "gives no key: 32 bytes are expected, as they are, as 64 hexadecimal digits or "
                    "in base64 (`openssl rand -base64 32` makes one)");
    }
    return kek != NULL ? kek : fail(node, report, "cannot be kept: memory is short");
}

/* ---- Files ------------------------------------------------------------------------------------
 */

static struct wv_kek *read_file(const char *path, bool is_credential, const struct wv_node *node,
                                struct wv_report *report)
{
    struct wv_bytes text;
    const bool done = is_credential ? wv_file_read_credential(path, TEXT_MAX, &text, report)
                                    : wv_file_read_secret(path, TEXT_MAX, &text, report);
    if (!done) {
        return NULL;
    }
    struct wv_kek *kek = read_key(wv_bytes_slice(text), node, report);
    wv_bytes_free(&text);
    return kek;
}

static struct wv_kek *read_credential(const char *name, const struct wv_node *node,
                                      struct wv_report *report)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX_BYTES];
    if (folder == NULL || folder[0] != '/') {
        return fail(node, report,
                    "is a credential, and systemd has given none ($CREDENTIALS_DIRECTORY is not "
                    "set): say LoadCredential= or LoadCredentialEncrypted= in the unit, or run the "
                    "command in it");
    }
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return fail(node, report, "is a credential whose path is too long");
    }
    return read_file(path, true, node, report);
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

/* A command that was started: the head of a process group of its own. */
struct started {
    pid_t pid;
    int output;
    uint64_t until_ns;
};

static bool spawn(char *const *words, int output, pid_t *pid)
{
    extern char **environ;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&files) != 0) {
        return false;
    }
    if (posix_spawnattr_init(&how) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return false;
    }
    int error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    error = error != 0 ? error : posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    error = error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(&files, 3);
    error = error != 0 ? error : posix_spawnattr_setpgroup(&how, 0);
    error = error != 0 ? error : posix_spawnattr_setsigmask(&how, &none);
    error = error != 0 ? error : posix_spawnattr_setsigdefault(&how, &all);
    error = error != 0
                ? error
                : posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF);
    error = error != 0 ? error : posix_spawnp(pid, words[0], &files, &how, words, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    errno = error;
    return error == 0;
}

static int left_ms(const struct started *started)
{
    const uint64_t now_ns = wv_clock_now_ns(wv_clock_system());
    return now_ns >= started->until_ns ? 0 : (int)((started->until_ns - now_ns) / 1000000 + 1);
}

/* Ended, and still to be waited for, so that its number is nobody else's yet. */
static bool has_ended(const struct started *started)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)started->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == started->pid;
}

enum outcome { PRINTED = 0, TOO_LATE, TOO_MUCH, BROKEN };

/* All that it prints, into locked memory. What it left running may hold the output open: nobody
 * waits for that once the command itself has ended. */
static enum outcome collect(const struct started *started, struct wv_locked *text, size_t *len)
{
    for (;;) {
        struct pollfd ready = {.fd = started->output, .events = POLLIN};
        const bool ended = has_ended(started); /* before the look: what it printed is there then */
        const int left = left_ms(started);
        const int found = poll(&ready, 1, ended ? 0 : left < LOOK_MS ? left : LOOK_MS);
        if (found == 0 && ended) {
            return PRINTED;
        }
        if (found == 0 && left == 0) {
            return TOO_LATE;
        }
        if (found == 0 || (found < 0 && errno == EINTR)) {
            continue;
        }
        const ssize_t got =
            found < 0 ? -1 : read(started->output, text->mem + *len, text->size - *len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? PRINTED : BROKEN;
        }
        *len += (size_t)got;
        if (*len == text->size) {
            return TOO_MUCH;
        }
    }
}

enum ending { KILLED = 0, ENDED, UNSEEN };

/* Waits for its end no longer than it may take; then it is killed with its children. UNSEEN: this
 * process ignores SIGCHLD, and nobody knows how it ended. */
static enum ending end(const struct started *started, bool wait, int *status)
{
    bool ended = false;
    while (wait && !ended && left_ms(started) > 0) {
        ended = has_ended(started);
        if (!ended) {
            (void)poll(NULL, 0, 5);
        }
    }
    (void)kill(-started->pid, SIGKILL); /* also what it left running */
    pid_t found;
    do {
        found = waitpid(started->pid, status, 0);
    } while (found < 0 && errno == EINTR);
    return found != started->pid ? UNSEEN : ended ? ENDED : KILLED;
}

static struct wv_kek *judge(enum outcome outcome, enum ending ending, int status,
                            struct wv_slice text, const struct wv_kek_source *source,
                            const struct wv_node *node, struct wv_report *report)
{
    if (outcome == TOO_LATE || (outcome == PRINTED && ending == KILLED)) {
        (void)wv_node_fail(node, report,
                           "its command has not ended within %u ms (timeout_ms), and was killed",
                           (unsigned)source->timeout_ms);
        return NULL;
    }
    if (outcome == TOO_MUCH) {
        return fail(node, report, "its command prints more than a key");
    }
    if (outcome == BROKEN) {
        return fail(node, report, "its command cannot be read from");
    }
    if (ending == UNSEEN) {
        return fail(node, report,
                    "its command has ended, and nobody can tell how: this process was started with "
                    "SIGCHLD ignored");
    }
    if (WIFSIGNALED(status)) {
        (void)wv_node_fail(node, report, "its command was ended by signal %d", WTERMSIG(status));
        return NULL;
    }
    if (WEXITSTATUS(status) != 0) {
        (void)wv_node_fail(node, report, "its command ended with code %d%s", WEXITSTATUS(status),
                           WEXITSTATUS(status) == 127 ? ": is the program there?" : "");
        return NULL;
    }
    return read_key(text, node, report);
}

static struct wv_kek *run_command(const struct wv_kek_source *source, const struct wv_node *node,
                                  struct wv_report *report)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)wv_node_fail(node, report, "its command cannot be started: %s", strerror(errno));
        return NULL;
    }
    struct started started = {.output = ends[0]};
    started.until_ns = wv_clock_now_ns(wv_clock_system()) + (uint64_t)source->timeout_ms * 1000000;
    const bool runs = spawn((char *const *)(uintptr_t)source->words, ends[1], &started.pid);
    const int error = errno;
    close(ends[1]);
    struct wv_locked text = {0};
    struct wv_kek *kek = NULL;
    if (!runs) {
        (void)wv_node_fail(node, report, "its command cannot be started: %s", strerror(error));
    } else {
        size_t len = 0;
        int status = 0;
        const enum outcome outcome =
            wv_locked_new(TEXT_MAX, &text) ? collect(&started, &text, &len) : BROKEN;
        const enum ending ending = end(&started, outcome == PRINTED, &status);
        kek =
            judge(outcome, ending, status, (struct wv_slice){text.mem, len}, source, node, report);
    }
    wv_locked_free(&text);
    close(ends[0]);
    return kek;
}

struct wv_kek *wv_kek_fetch(const struct wv_kek_source *source, const struct wv_node *node,
                            struct wv_report *report)
{
    switch (source->from) {
    case WV_KEK_FILE:
        return read_file(source->name, false, node, report);
    case WV_KEK_CREDENTIAL:
        return read_credential(source->name, node, report);
    case WV_KEK_COMMAND:
        return run_command(source, node, report);
    default:
        return fail(node, report, "names no key-encryption key");
    }
}
