/* keyfile_save.c — replaces a key file in one step, one writer at a time. */
#include "keys/keyfile_save.h"

#include "base/file.h"
#include "base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct wv_report *report, const char *path, const char *text)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s", text);
}

static bool fail_errno(struct wv_report *report, const char *path, const char *what)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s: %s", what,
                         strerror(errno));
}

static char *with_suffix(const char *path, const char *suffix)
{
    const size_t size = strlen(path) + strlen(suffix) + 1;
    char *joined = malloc(size);
    if (joined != NULL) {
        (void)snprintf(joined, size, "%s%s", path, suffix);
    }
    return joined;
}

/* What is no longer in the file should not lie on the disk either. This is as much as a program can
 * do: a disk that writes elsewhere, a journal, a snapshot or a backup keeps the blocks. */
static void overwrite(int file)
{
    static const uint8_t zeros[4096];
    struct stat status;
    off_t left = fstat(file, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
    while (left > 0) {
        const size_t some = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
        const ssize_t wrote = write(file, zeros, some);
        if (wrote <= 0) {
            return;
        }
        left -= wrote;
    }
    (void)fsync(file);
}

/* Opens what is to be overwritten, also where its owner may only read it. -1: it is not there. */
static int open_former(const char *path)
{
    const int readable = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (readable >= 0) {
        (void)fchmod(readable, 0600);
        close(readable);
    }
    return open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* What a run that was killed, or failed, has left. Nobody else writes while we hold the lock. */
static void remove_leftover(const char *path)
{
    const int file = open_former(path);
    if (file >= 0) {
        overwrite(file);
        close(file);
    }
    (void)unlink(path);
}

static bool replace_file(const char *path, struct wv_slice text, struct wv_report *report)
{
    char *fresh = with_suffix(path, ".new");
    if (fresh == NULL) {
        return fail(report, path, "cannot be written: memory is short");
    }
    remove_leftover(fresh);
    const int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = file >= 0 && fchmod(file, 0600) == 0 && wv_file_write(file, text);
    if (file >= 0) {
        done = close(file) == 0 && done;
    }
    const int former = done ? open_former(path) : -1;
    done = done && rename(fresh, path) == 0 && wv_file_sync_folder(path);
    if (former >= 0) {
        if (done) {
            overwrite(former);
        }
        close(former);
    }
    if (!done) {
        fail_errno(report, path, "cannot be written");
        remove_leftover(fresh);
    }
    free(fresh);
    return done;
}

bool wv_keyfile_save(const char *path, const json_t *root, struct wv_report *report)
{
    const size_t flags = JSON_INDENT(2);
    const size_t size = json_dumpb(root, NULL, 0, flags);
    if (size == 0 || size >= WV_DOCUMENT_MAX) {
        return fail(report, path, "would become too large: use longer epochs or several files");
    }
    struct wv_locked text;
    if (!wv_locked_new(size + 1, &text)) {
        return fail(report, path, "cannot be written: memory is short");
    }
    bool done = json_dumpb(root, (char *)text.mem, size, flags) == size;
    text.mem[size] = '\n';
    done = done && replace_file(path, (struct wv_slice){text.mem, size + 1}, report);
    wv_locked_free(&text);
    return done;
}

/* The lock file is never removed: whoever waits for it would then hold a lock on nothing. */
int wv_keyfile_lock(const char *path, struct wv_report *report)
{
    char *name = with_suffix(path, ".lock");
    const int file =
        name == NULL ? -1 : open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    free(name);
    int result = file < 0 ? -1 : flock(file, LOCK_EX);
    while (file >= 0 && result != 0 && errno == EINTR) {
        result = flock(file, LOCK_EX);
    }
    if (result != 0) {
        fail_errno(report, path, "cannot be locked (its folder must be writable)");
        if (file >= 0) {
            close(file);
        }
        return -1;
    }
    (void)fchmod(file, 0600); /* whatever the umask was: the next run must be able to open it */
    return file;
}
