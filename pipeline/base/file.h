/*
 * file.h — reads a whole file up to a limit, refuses secrets that others can read, and writes what
 * has to last.
 */
#ifndef WV_BASE_FILE_H
#define WV_BASE_FILE_H

#include "base/report.h"

/* Bytes of our own: malloc'd, with a NUL after the last one that len does not count. */
struct wv_bytes {
    uint8_t *ptr;
    size_t len;
};

static inline struct wv_slice wv_bytes_slice(struct wv_bytes bytes)
{
    return (struct wv_slice){bytes.ptr, bytes.len};
}

/* Wipes and frees; {0} is allowed. *bytes is {0} afterwards. */
void wv_bytes_free(struct wv_bytes *bytes);

/* False, with a finding, when the file cannot be read or holds more than max bytes; *out is {0}
 * then. The caller frees *out with wv_bytes_free(). */
WV_MUST_USE bool wv_file_read(const char *path, size_t max, struct wv_bytes *out,
                              struct wv_report *report);

/* The same for a file that holds a secret: it must be a regular file and no link, belong to this
 * user or to root, and give no permission to group or others. No copy of it stays behind in freed
 * memory. */
WV_MUST_USE bool wv_file_read_secret(const char *path, size_t max, struct wv_bytes *out,
                                     struct wv_report *report);

/* The same for a secret that systemd has laid out for this process (systemd.exec(5), Credentials):
 * a group may read it. */
WV_MUST_USE bool wv_file_read_credential(const char *path, size_t max, struct wv_bytes *out,
                                         struct wv_report *report);

/* The same for a file that says whom to trust: a regular file and no link, of this user or of root,
 * and writable for nobody else. */
WV_MUST_USE bool wv_file_read_trusted(const char *path, size_t max, struct wv_bytes *out,
                                      struct wv_report *report);

/* The same for a file that anybody may have put there: a regular file and no link, so that opening
 * it neither waits nor leads elsewhere. */
WV_MUST_USE bool wv_file_read_regular(const char *path, size_t max, struct wv_bytes *out,
                                      struct wv_report *report);

/* A warning when everybody may change the file, and with it what is protected. */
void wv_file_warn_open(const char *path, struct wv_report *report);

/* Whether nobody else can put another file in the place of this one: false, with a finding, where
 * everybody may write to its folder. A sticky one (/tmp) lets only the owner of a file do so. what
 * begins the finding: "holds secrets". */
WV_MUST_USE bool wv_file_check_folder(const char *path, const char *what, struct wv_report *report);

/* Writes all of the text to the open file, and waits until it is on the disk. False: errno. */
WV_MUST_USE bool wv_file_write(int file, struct wv_slice text);

/* Makes a name that was given to the file, or changed, last through a power failure. False: errno.
 */
WV_MUST_USE bool wv_file_sync_folder(const char *path);

#endif
