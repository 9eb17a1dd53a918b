/* keyfile_write.c — adds missing epochs to a key file, and replaces it in one step. */
#include "keys/keyfile.h"

#include "base/wipe.h"
#include "keys/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any file of WV_DOCUMENT_MAX bytes can hold. */
enum { EPOCHS_AT_ONCE_MAX = 100000 };

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

/* ---- New epochs -------------------------------------------------------------------------------
 */

/* A random secret as JSON; NULL when the system has no randomness or no memory. */
static json_t *new_secret(void)
{
    uint8_t secret[WV_SECRET_BYTES];
    uint8_t text[48];
    json_t *value = NULL;
    if (RAND_bytes(secret, sizeof secret) == 1) {
        const int len = EVP_EncodeBlock(text, secret, sizeof secret);
        value = json_stringn((const char *)text, (size_t)len);
    }
    wv_wipe(secret, sizeof secret);
    wv_wipe(text, sizeof text);
    return value;
}

/* Before which element a new epoch belongs, so that the file stays in order of time. */
static size_t place_of(const json_t *epochs, int64_t first)
{
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        const json_t *id = json_object_get(json_array_get(epochs, i), "id");
        struct wv_epoch_span span;
        if (wv_epoch_parse(wv_slice_of(json_string_value(id)), &span) && span.first > first) {
            return i;
        }
    }
    return json_array_size(epochs);
}

static bool add_epoch(json_t *epochs, struct wv_epoch_span span)
{
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_format(span, id);
    json_t *epoch = json_object();
    if (epoch == NULL || json_object_set_new(epoch, "id", json_string(id)) != 0 ||
        json_object_set_new(epoch, "secret", new_secret()) != 0) {
        json_decref(epoch);
        return false;
    }
    return json_array_insert_new(epochs, place_of(epochs, span.first), epoch) == 0;
}

static int64_t first_day(const struct wv_epoch *epoch)
{
    return epoch->from_s / WV_DAY_S;
}

/* Fills the gaps between the existing epochs. */
static bool add_epochs(json_t *array, const struct wv_epoch *epochs, size_t count,
                       const struct wv_keyfile_need *need, size_t *created)
{
    const int64_t end = wv_epoch_day(need->until_s - 1) + 1;
    int64_t day = wv_epoch_day(need->from_s);
    int64_t taken = INT64_MIN; /* the end of the epoch before `day` */
    size_t next = 0;           /* the first epoch that ends after `day` */
    while (day < end) {
        while (next < count && first_day(&epochs[next]) + epochs[next].days <= day) {
            taken = first_day(&epochs[next]) + epochs[next].days;
            next++;
        }
        if (next < count && first_day(&epochs[next]) <= day) {
            day = first_day(&epochs[next]) + epochs[next].days;
            continue;
        }
        const struct wv_epoch_span whole = wv_epoch_span_of(day, need->epoch_days);
        const int64_t first = whole.first > taken ? whole.first : taken;
        int64_t last = whole.first + whole.days;
        last = next < count && first_day(&epochs[next]) < last ? first_day(&epochs[next]) : last;
        if (!add_epoch(array, (struct wv_epoch_span){first, (uint32_t)(last - first)})) {
            return false;
        }
        (*created)++;
        day = last;
        taken = last;
    }
    return true;
}

static json_t *new_domain(json_t *domains, const char *name)
{
    json_t *domain = json_object();
    if (json_object_set_new(domain, "epoch_days", json_integer(0)) != 0 ||
        json_object_set_new(domain, "epochs", json_array()) != 0 ||
        json_object_set(domains, name, domain) != 0) {
        json_decref(domain);
        return NULL;
    }
    json_decref(domain); /* domains holds it */
    return domain;
}

static bool add_domain(json_t *domains, const struct wv_keyring *keyring, struct wv_slice name,
                       const struct wv_keyfile_need *need, size_t *created)
{
    char text[WV_DOMAIN_MAX + 1];
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    json_t *domain = json_object_get(domains, text);
    if (domain == NULL) {
        domain = new_domain(domains, text);
    }
    size_t count;
    const struct wv_epoch *epochs = wv_keyring_epochs(keyring, name, &count);
    const size_t before = *created;
    if (domain == NULL ||
        !add_epochs(json_object_get(domain, "epochs"), epochs, count, need, created)) {
        return false;
    }
    return *created == before ||
           json_object_set_new(domain, "epoch_days", json_integer(need->epoch_days)) == 0;
}

/* ---- The file ---------------------------------------------------------------------------------
 */

static bool write_all(int file, struct wv_slice text)
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

/* Makes the renaming last through a power failure. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    const int file = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (file < 0) {
        return false;
    }
    const bool done = fsync(file) == 0;
    close(file);
    return done;
}

static bool replace_file(const char *path, struct wv_slice text, struct wv_report *report)
{
    char *fresh = with_suffix(path, ".new");
    if (fresh == NULL) {
        return fail(report, path, "cannot be written: memory is short");
    }
    (void)unlink(fresh); /* of a run that was killed; nobody else writes while we hold the lock */
    const int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = file >= 0 && fchmod(file, 0600) == 0 && write_all(file, text);
    if (file >= 0) {
        done = close(file) == 0 && done;
    }
    done = done && rename(fresh, path) == 0 && sync_folder(path);
    if (!done) {
        fail_errno(report, path, "cannot be written");
        (void)unlink(fresh);
    }
    free(fresh);
    return done;
}

static bool save(const char *path, const json_t *root, struct wv_report *report)
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

/* The file as it is, or an empty one where there is none. */
static struct wv_document *open_or_begin(const char *path, struct wv_report *report)
{
    struct stat status;
    if (lstat(path, &status) != 0 && errno == ENOENT) {
        return wv_document_parse(path, WV_LIT("{\"version\": 1, \"domains\": {}}"), report);
    }
    return wv_keyfile_open(path, report);
}

/* Outputs may share a domain, and a gap must not be filled twice. */
static bool is_named_before(const struct wv_keyfile_need *need, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (wv_slice_eq(need->domains[i], need->domains[index])) {
            return true;
        }
    }
    return false;
}

static bool ensure(const char *path, const struct wv_keyfile_need *need, struct wv_report *report,
                   size_t *created)
{
    struct wv_document *document = open_or_begin(path, report);
    if (document == NULL) {
        return false;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, report);
    bool done = keyring != NULL;
    if (done) {
        json_t *root = wv_document_root(document).value;
        json_t *domains = json_object_get(root, "domains");
        for (size_t i = 0; done && i < need->domain_count; i++) {
            done = is_named_before(need, i) ||
                   add_domain(domains, keyring, need->domains[i], need, created) ||
                   fail(report, path, "cannot be extended: no memory or no random bytes");
        }
        done = done && (*created == 0 || save(path, root, report));
    }
    wv_keyring_free(keyring);
    wv_keyfile_close(document);
    return done;
}

/* ---- One at a time ----------------------------------------------------------------------------
 */

static bool is_json_text(struct wv_slice text)
{
    json_t *value = json_stringn((const char *)text.ptr, text.len);
    json_decref(value);
    return value != NULL;
}

static bool check_need(const char *path, const struct wv_keyfile_need *need,
                       struct wv_report *report)
{
    if (need->epoch_days < 1 || need->epoch_days > WV_EPOCH_DAYS_MAX) {
        return fail(report, path, "cannot be made: an epoch has 1 to 366 days");
    }
    const int64_t first = wv_epoch_day(need->from_s);
    const int64_t last = wv_epoch_day(need->until_s);
    if (need->from_s >= need->until_s || first < WV_EPOCH_DAY_MIN + WV_EPOCH_DAYS_MAX ||
        last > WV_EPOCH_DAY_MAX - WV_EPOCH_DAYS_MAX) {
        return fail(report, path, "cannot be made: the time must begin before it ends");
    }
    const uint64_t epochs = (uint64_t)(last - first) / need->epoch_days + 2;
    if (need->domain_count > EPOCHS_AT_ONCE_MAX / epochs) {
        return fail(report, path, "cannot be made: too many epochs; use longer ones or less time");
    }
    for (size_t i = 0; i < need->domain_count; i++) {
        if (!wv_domain_is_valid(need->domains[i]) || !is_json_text(need->domains[i])) {
            return fail(report, path,
                        "cannot be made: the name of a domain has 1 to 255 bytes of "
                        "UTF-8 and no control characters");
        }
    }
    return true;
}

/* The lock file is never removed: whoever waits for it would then hold a lock on nothing. */
static int take_lock(const char *path, struct wv_report *report)
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

bool wv_keyfile_ensure(const char *path, const struct wv_keyfile_need *need,
                       struct wv_report *report, size_t *created)
{
    *created = 0;
    if (!check_need(path, need, report)) {
        return false;
    }
    const int lock = take_lock(path, report);
    if (lock < 0) {
        return false;
    }
    const bool done = ensure(path, need, report, created);
    if (!done) {
        *created = 0;
    }
    close(lock); /* gives the lock back */
    return done;
}
