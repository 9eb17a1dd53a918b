/* keyfile_write.c — adds missing epochs to a key file. */
#include "base/base64.h"
#include "base/wipe.h"
#include "keys/epoch.h"
#include "keys/keyfile_save.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any file of WV_DOCUMENT_MAX bytes can hold. */
enum { EPOCHS_AT_ONCE_MAX = 100000 };

/* What is being done. */
struct extending {
    const char *path;
    const struct wv_keyfile_need *need;
    const struct wv_kek *kek; /* NULL: secrets lie as they are */
    struct wv_report *report;
    size_t created;
};

static bool fail(struct wv_report *report, const char *path, const char *text)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s", text);
}

/* ---- New epochs -------------------------------------------------------------------------------
 */

json_t *wv_keyfile_spell(const struct wv_kek *kek, struct wv_slice domain, struct wv_slice epoch,
                         const uint8_t secret[WV_SECRET_BYTES])
{
    uint8_t wrapped[WV_WRAPPED_BYTES];
    uint8_t text[4 * ((WV_WRAPPED_BYTES + 2) / 3)];
    struct wv_buf spelled = wv_buf_of(text, sizeof text);
    json_t *value = NULL;
    if (kek == NULL || wv_kek_wrap(kek, domain, epoch, secret, wrapped)) {
        wv_base64_encode(&spelled, kek == NULL ? (struct wv_slice){secret, WV_SECRET_BYTES}
                                               : (struct wv_slice){wrapped, WV_WRAPPED_BYTES});
        value = json_stringn((const char *)text, spelled.len);
    }
    wv_wipe(text, sizeof text);
    return value;
}

static json_t *new_secret(const struct wv_kek *kek, struct wv_slice domain, struct wv_slice epoch)
{
    uint8_t secret[WV_SECRET_BYTES];
    json_t *value = RAND_bytes(secret, sizeof secret) == 1
                        ? wv_keyfile_spell(kek, domain, epoch, secret)
                        : NULL;
    wv_wipe(secret, sizeof secret);
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

static bool add_epoch(json_t *epochs, const struct wv_kek *kek, struct wv_slice domain,
                      struct wv_epoch_span span)
{
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_format(span, id);
    json_t *epoch = json_object();
    if (epoch == NULL || json_object_set_new(epoch, "id", json_string(id)) != 0 ||
        json_object_set_new(epoch, kek == NULL ? "secret" : "wrapped",
                            new_secret(kek, domain, wv_slice_of(id))) != 0) {
        json_decref(epoch);
        return false;
    }
    return json_array_insert_new(epochs, place_of(epochs, span.first), epoch) == 0;
}

/* ---- Days that are taken ----------------------------------------------------------------------
 */

static int compare_spans(const void *left, const void *right)
{
    const struct wv_epoch_span *a = left;
    const struct wv_epoch_span *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

static void add_spans(const json_t *array, struct wv_epoch_span *spans, size_t *count)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *id = json_object_get(json_array_get(array, i), "id");
        *count += wv_epoch_parse(wv_slice_of(json_string_value(id)), &spans[*count]);
    }
}

/* The epochs of the domain in order of time, those whose secret was destroyed among them. NULL when
 * memory is short. */
static struct wv_epoch_span *taken_days(const json_t *domain, size_t *count)
{
    const json_t *epochs = json_object_get(domain, "epochs");
    const json_t *destroyed = json_object_get(domain, "destroyed");
    struct wv_epoch_span *spans =
        calloc(json_array_size(epochs) + json_array_size(destroyed) + 1, sizeof *spans);
    *count = 0;
    if (spans != NULL) {
        add_spans(epochs, spans, count);
        add_spans(destroyed, spans, count);
        qsort(spans, *count, sizeof *spans, compare_spans);
    }
    return spans;
}

/* Fills the gaps between the days that are taken. */
static bool fill_gaps(struct extending *extending, struct wv_slice name, json_t *array,
                      const struct wv_epoch_span *spans, size_t count)
{
    const struct wv_keyfile_need *need = extending->need;
    const int64_t end = wv_epoch_day(need->until_s - 1) + 1;
    int64_t day = wv_epoch_day(need->from_s);
    int64_t taken = INT64_MIN; /* the end of the epoch before `day` */
    size_t next = 0;           /* the first epoch that ends after `day` */
    while (day < end) {
        while (next < count && spans[next].first + spans[next].days <= day) {
            taken = spans[next].first + spans[next].days;
            next++;
        }
        if (next < count && spans[next].first <= day) {
            day = spans[next].first + spans[next].days;
            continue;
        }
        const struct wv_epoch_span whole = wv_epoch_span_of(day, need->epoch_days);
        const int64_t first = whole.first > taken ? whole.first : taken;
        int64_t last = whole.first + whole.days;
        last = next < count && spans[next].first < last ? spans[next].first : last;
        if (!add_epoch(array, extending->kek, name,
                       (struct wv_epoch_span){first, (uint32_t)(last - first)})) {
            return false;
        }
        extending->created++;
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

static bool add_domain(struct extending *extending, json_t *domains, struct wv_slice name)
{
    char text[WV_DOMAIN_MAX + 1];
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    json_t *domain = json_object_get(domains, text);
    if (json_object_get(domain, "ended") != NULL) {
        return true;
    }
    domain = domain == NULL ? new_domain(domains, text) : domain;
    size_t count;
    struct wv_epoch_span *spans = domain == NULL ? NULL : taken_days(domain, &count);
    const size_t before = extending->created;
    bool done = spans != NULL &&
                fill_gaps(extending, name, json_object_get(domain, "epochs"), spans, count);
    free(spans);
    if (done && extending->created > before) {
        done = json_object_set_new(domain, "epoch_days",
                                   json_integer(extending->need->epoch_days)) == 0;
    }
    return done;
}

/* ---- The file ---------------------------------------------------------------------------------
 */

/* An empty file, whose secrets the current key wraps. */
static struct wv_document *begin(const struct extending *extending, const struct wv_keks *keks)
{
    char text[64 + WV_KEK_ID];
    if (keks == NULL || keks->current == NULL) {
        (void)snprintf(text, sizeof text, "{\"version\": 1, \"domains\": {}}");
    } else {
        (void)snprintf(text, sizeof text, "{\"version\": 1, \"kek\": \"%s\", \"domains\": {}}",
                       wv_kek_id(keks->current));
    }
    return wv_document_parse(extending->path, wv_slice_of(text), extending->report);
}

static struct wv_document *open_or_begin(const struct extending *extending,
                                         const struct wv_keks *keks)
{
    struct stat status;
    if (!extending->need->must_exist && lstat(extending->path, &status) != 0 && errno == ENOENT) {
        return begin(extending, keks);
    }
    return wv_keyfile_open(extending->path, extending->report);
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

static bool ensure(struct extending *extending, const struct wv_keks *keks)
{
    const struct wv_keyfile_need *need = extending->need;
    struct wv_document *document = open_or_begin(extending, keks);
    if (document == NULL) {
        return false;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, keks, extending->report);
    bool done = keyring != NULL;
    if (done) {
        extending->kek = wv_keyfile_kek(document, keks);
        json_t *root = wv_document_root(document).value;
        json_t *domains = json_object_get(root, "domains");
        for (size_t i = 0; done && i < need->domain_count; i++) {
            done = is_named_before(need, i) || add_domain(extending, domains, need->domains[i]) ||
                   fail(extending->report, extending->path,
                        "cannot be extended: no memory or no random bytes");
        }
        done = done && (extending->created == 0 ||
                        wv_keyfile_save(extending->path, root, extending->report));
    }
    wv_keyring_free(keyring);
    wv_keyfile_close(document);
    return done;
}

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

bool wv_keyfile_ensure(const char *path, const struct wv_keks *keks,
                       const struct wv_keyfile_need *need, struct wv_report *report,
                       size_t *created)
{
    struct extending extending = {.path = path, .need = need, .report = report};
    *created = 0;
    if (!check_need(path, need, report)) {
        return false;
    }
    const int lock = wv_keyfile_lock(path, report);
    if (lock < 0) {
        return false;
    }
    const bool done = ensure(&extending, keks);
    *created = done ? extending.created : 0;
    close(lock); /* gives the lock back */
    return done;
}
