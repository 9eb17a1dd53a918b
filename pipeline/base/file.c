/* file.c — files are checked when they are open, so that they cannot be exchanged in between. */
#include "base/file.h"

#include "base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 16 * 1024, REPLACED_MAX = 100 };

static bool fail(struct wv_report *report, const char *path, const char *text)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s", text);
}

static bool fail_errno(struct wv_report *report, const char *path, int error)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "cannot be read: %s",
                         strerror(error));
}

void wv_bytes_free(struct wv_bytes *bytes)
{
    wv_wipe(bytes->ptr, bytes->len);
    free(bytes->ptr);
    *bytes = (struct wv_bytes){0};
}

/* Doubles the capacity. realloc() would leave an unwiped copy behind. */
static bool grow(struct wv_bytes *bytes, size_t *cap)
{
    const size_t wanted = *cap * 2;
    uint8_t *copy = malloc(wanted + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, bytes->ptr, bytes->len);
    wv_wipe(bytes->ptr, bytes->len);
    free(bytes->ptr);
    bytes->ptr = copy;
    *cap = wanted;
    return true;
}

/* The size that stat() tells is only a hint: pipes have none, and a file can grow. */
static bool read_all(int file, const char *path, size_t max, struct wv_bytes *bytes,
                     struct wv_report *report)
{
    size_t cap = FIRST_BYTES;
    bytes->ptr = malloc(cap + 1);
    if (bytes->ptr == NULL) {
        return fail(report, path, "cannot be read: memory is short");
    }
    for (;;) {
        if (bytes->len == cap && !grow(bytes, &cap)) {
            return fail(report, path, "cannot be read: memory is short");
        }
        const ssize_t got = read(file, bytes->ptr + bytes->len, cap - bytes->len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(report, path, errno);
        }
        bytes->len += (size_t)got;
        if (bytes->len > max) {
            return wv_report_add(report, (struct wv_finding){.file = path},
                                 "is too large: at most %zu bytes are read", max);
        }
        if (got == 0) {
            bytes->ptr[bytes->len] = '\0';
            return true;
        }
    }
}

static bool read_open(int file, const char *path, size_t max, struct wv_bytes *out,
                      struct wv_report *report)
{
    struct wv_bytes bytes = {0};
    if (!read_all(file, path, max, &bytes, report)) {
        wv_bytes_free(&bytes);
        return false;
    }
    *out = bytes;
    return true;
}

bool wv_file_read(const char *path, size_t max, struct wv_bytes *out, struct wv_report *report)
{
    *out = (struct wv_bytes){0};
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        return fail_errno(report, path, errno);
    }
    const bool done = read_open(file, path, max, out, report);
    close(file);
    return done;
}

void wv_file_warn_open(const char *path, struct wv_report *report)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IWOTH) != 0) {
        (void)wv_report_add(report, (struct wv_finding){.severity = WV_WARNING, .file = path},
                            "can be changed by everybody (mode %04o), and with it what is "
                            "protected: run `chmod o-w %s`",
                            (unsigned)(status.st_mode & 07777), path);
    }
}

static bool check_secret(int file, const char *path, struct wv_report *report)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return fail_errno(report, path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(report, path, "holds a secret and must be a regular file");
    }
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        return wv_report_add(report, (struct wv_finding){.file = path},
                             "holds a secret and belongs to another user: run `chown %lu %s`",
                             (unsigned long)geteuid(), path);
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return wv_report_add(report, (struct wv_finding){.file = path},
                             "holds a secret and is open to others (mode %04o): run `chmod 600 %s`",
                             (unsigned)(status.st_mode & 07777), path);
    }
    return true;
}

/* systemd keeps credentials of root's readable by an ACL, whose mask looks like rights of a group.
 */
static bool check_credential(int file, const char *path, struct wv_report *report)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return fail_errno(report, path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(report, path, "holds a secret and must be a regular file");
    }
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        return fail(report, path, "holds a secret and belongs to another user");
    }
    if ((status.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
        return wv_report_add(report, (struct wv_finding){.file = path},
                             "holds a secret and is open to others (mode %04o): run `chmod "
                             "o-rwx,g-w %s`",
                             (unsigned)(status.st_mode & 07777), path);
    }
    return true;
}

static bool check_regular(int file, const char *path, struct wv_report *report)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return fail_errno(report, path, errno);
    }
    return S_ISREG(status.st_mode) || fail(report, path, "must be a regular file");
}

static bool check_trusted(int file, const char *path, struct wv_report *report)
{
    struct stat status;
    if (!check_regular(file, path, report)) {
        return false;
    }
    if (fstat(file, &status) != 0) {
        return fail_errno(report, path, errno);
    }
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        return wv_report_add(report, (struct wv_finding){.file = path},
                             "says whom to trust and belongs to another user: run `chown %lu %s`",
                             (unsigned long)geteuid(), path);
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return wv_report_add(report, (struct wv_finding){.file = path},
                             "says whom to trust and can be changed by others (mode %04o): run "
                             "`chmod go-w %s`",
                             (unsigned)(status.st_mode & 07777), path);
    }
    return true;
}

typedef bool check_open(int file, const char *path, struct wv_report *report);

/* Whoever replaces a secret overwrites the file that was there before, also under who reads it. A
 * file that has lost its name while it was read may be half of what it was. */
static bool has_gone(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && status.st_nlink == 0;
}

/* on_link: what is said of a symbolic link. *gone: read it again. */
static bool read_once(const char *path, size_t max, check_open *check, const char *on_link,
                      struct wv_bytes *out, bool *gone, struct wv_report *report)
{
    *gone = false;
    /* O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0 && errno == ELOOP) {
        return fail(report, path, on_link);
    }
    if (file < 0) {
        return fail_errno(report, path, errno);
    }
    const bool done = check(file, path, report) && read_open(file, path, max, out, report);
    *gone = done && has_gone(file);
    close(file);
    return done;
}

static bool read_checked(const char *path, size_t max, check_open *check, const char *on_link,
                         struct wv_bytes *out, struct wv_report *report)
{
    *out = (struct wv_bytes){0};
    for (int i = 0; i < REPLACED_MAX; i++) {
        bool gone;
        if (!read_once(path, max, check, on_link, out, &gone, report)) {
            return false;
        }
        if (!gone) {
            return true;
        }
        wv_bytes_free(out);
    }
    return fail(report, path, "is replaced again and again while it is read");
}

bool wv_file_read_secret(const char *path, size_t max, struct wv_bytes *out,
                         struct wv_report *report)
{
    return read_checked(path, max, check_secret,
                        "holds a secret and must not be a symbolic link: name the file "
                        "that it points to",
                        out, report);
}

bool wv_file_read_credential(const char *path, size_t max, struct wv_bytes *out,
                             struct wv_report *report)
{
    return read_checked(path, max, check_credential,
                        "holds a secret and must not be a symbolic link", out, report);
}

bool wv_file_read_trusted(const char *path, size_t max, struct wv_bytes *out,
                          struct wv_report *report)
{
    return read_checked(path, max, check_trusted,
                        "says whom to trust and must not be a symbolic link: name the file that "
                        "it points to",
                        out, report);
}

bool wv_file_read_regular(const char *path, size_t max, struct wv_bytes *out,
                          struct wv_report *report)
{
    return read_checked(path, max, check_regular,
                        "must not be a symbolic link: name the file that it points to", out,
                        report);
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* malloc'd; NULL: memory is short. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
}

bool wv_file_check_folder(const char *path, const char *what, struct wv_report *report)
{
    struct stat status;
    char *folder = folder_of(path);
    bool good = true;
    if (folder == NULL) {
        return fail(report, path, "cannot be opened: memory is short");
    }
    if (stat(folder, &status) != 0) {
        good = wv_report_add(report, (struct wv_finding){.file = path}, "cannot be opened: %s",
                             strerror(errno));
    } else if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
        good = wv_report_add(report, (struct wv_finding){.file = path},
                             "%s and lies in a folder that everybody may write to: run `chmod o-w "
                             "%s`",
                             what, folder);
    }
    free(folder);
    return good;
}

bool wv_file_write(int file, struct wv_slice text)
{
    for (size_t at = 0; at < text.len;) {
        const ssize_t wrote = write(file, text.ptr + at, text.len - at);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return false;
        }
        at += (size_t)wrote;
    }
    return fsync(file) == 0;
}

bool wv_file_sync_folder(const char *path)
{
    char *folder = folder_of(path);
    const int file = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    const bool done = file >= 0 && fsync(file) == 0;
    if (file >= 0) {
        const int error = errno;
        close(file);
        errno = error;
    }
    return done;
}
