/* keyfile.c — from the text of a key file to a keyring. */
#include "keys/keyfile.h"

#include "base/file.h"
#include "base/wipe.h"
#include "keys/epoch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    VERSION = 1,
    SECRET_TEXT = 44, /* base64 of 32 bytes: 43 characters and one "=" */
};

/* ---- Base64 -----------------------------------------------------------------------------------
 */

static int digit_of(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return byte - 'A';
    }
    if (byte >= 'a' && byte <= 'z') {
        return byte - 'a' + 26;
    }
    if (byte >= '0' && byte <= '9') {
        return byte - '0' + 52;
    }
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* Only the one spelling that 32 bytes have (RFC 4648, section 4). */
static bool decode_secret(struct wv_slice text, uint8_t out[WV_SECRET_BYTES])
{
    if (text.len != SECRET_TEXT || text.ptr[SECRET_TEXT - 1] != '=') {
        return false;
    }
    uint32_t pending = 0;
    unsigned bits = 0;
    size_t len = 0;
    for (size_t i = 0; i + 1 < SECRET_TEXT; i++) {
        const int digit = digit_of(text.ptr[i]);
        if (digit < 0) {
            return false;
        }
        pending = pending << 6 | (uint32_t)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (uint8_t)(pending >> bits);
        }
    }
    return (pending & ((1u << bits) - 1)) == 0;
}

/* ---- Reading the document ---------------------------------------------------------------------
 */

/* Epochs that were read, with room for all that the document has. */
struct harvest {
    struct wv_key_entry *entries;
    struct wv_locked secrets;
    size_t count;
};

/* One epoch of the domain that is being read. */
struct stretch {
    struct wv_epoch_span span;
    size_t index; /* in the document */
};

/* An object with these members, all of them and no others. */
static bool check_members(const struct wv_node *node, const char *const *names, size_t count,
                          struct wv_report *report)
{
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report, "must be an object");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(node->value, names[i]) == NULL) {
            good = wv_node_fail(node, report, "lacks the member \"%s\"", names[i]);
        }
    }
    const char *key;
    json_t *value;
    json_object_foreach(node->value, key, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < count; i++) {
            is_known = is_known || strcmp(key, names[i]) == 0;
        }
        if (!is_known) {
            const struct wv_node member = wv_node_member(node, key);
            const char *near = wv_nearest(wv_slice_of(key), names, count);
            good = near == NULL
                       ? wv_node_key_fail(&member, report, "is no member of a key file")
                       : wv_node_key_fail(&member, report,
                                          "is no member of a key file: did you mean \"%s\"?", near);
        }
    }
    return good;
}

static bool check_integer(const struct wv_node *node, json_int_t min, json_int_t max,
                          struct wv_report *report)
{
    const json_int_t number = json_integer_value(node->value);
    if (json_is_integer(node->value) && number >= min && number <= max) {
        return true;
    }
    if (min == max) {
        return wv_node_fail(node, report, "must be %d", (int)min);
    }
    return wv_node_fail(node, report, "must be a whole number from %d to %d", (int)min, (int)max);
}

static bool read_epoch(const struct wv_node *node, struct wv_slice domain, struct harvest *harvest,
                       struct wv_epoch_span *span, struct wv_report *report)
{
    static const char *const names[] = {"id", "secret"};
    if (!check_members(node, names, WV_COUNT(names), report)) {
        return false;
    }
    const struct wv_node id = wv_node_member(node, "id");
    const struct wv_node secret = wv_node_member(node, "secret");
    struct wv_key_entry *entry = &harvest->entries[harvest->count];
    uint8_t *bytes = harvest->secrets.mem + harvest->count * WV_SECRET_BYTES;
    struct wv_slice text;
    if (!wv_node_text(&id, &entry->epoch, report) || !wv_node_text(&secret, &text, report)) {
        return false;
    }
    if (!wv_epoch_parse(entry->epoch, span)) {
        return wv_node_fail(&id, report,
                            "must be the first day and the number of days (1 to %d), like "
                            "20261116-7d",
                            WV_EPOCH_DAYS_MAX);
    }
    if (!decode_secret(text, bytes)) {
        return wv_node_fail(&secret, report, "must be base64 of exactly %d bytes", WV_SECRET_BYTES);
    }
    entry->domain = domain;
    entry->secret = bytes;
    harvest->count++;
    return true;
}

static int compare_stretches(const void *left, const void *right)
{
    const struct stretch *a = left;
    const struct stretch *b = right;
    if (a->span.first != b->span.first) {
        return a->span.first < b->span.first ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static bool check_overlaps(const struct wv_node *epochs, struct stretch *stretches, size_t count,
                           struct wv_report *report)
{
    bool good = true;
    qsort(stretches, count, sizeof *stretches, compare_stretches);
    for (size_t i = 1; i < count; i++) {
        if (stretches[i - 1].span.first + stretches[i - 1].span.days > stretches[i].span.first) {
            char id[WV_EPOCH_ID_MAX + 1];
            wv_epoch_format(stretches[i - 1].span, id);
            const struct wv_node node = wv_node_element(epochs, stretches[i].index);
            good = wv_node_fail(&node, report,
                                "overlaps the epoch %s of the same domain: a moment has one secret",
                                id);
        }
    }
    return good;
}

static bool read_epochs(const struct wv_node *epochs, struct wv_slice domain,
                        struct harvest *harvest, struct wv_report *report)
{
    const size_t count = json_array_size(epochs->value);
    if (count == 0) {
        return wv_node_fail(epochs, report, "must be an array of at least one epoch");
    }
    struct stretch *stretches = calloc(count, sizeof *stretches);
    if (stretches == NULL) {
        return wv_node_fail(epochs, report, "does not fit in memory");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node node = wv_node_element(epochs, i);
        stretches[i].index = i;
        good = read_epoch(&node, domain, harvest, &stretches[i].span, report) && good;
    }
    good = good && check_overlaps(epochs, stretches, count, report);
    free(stretches);
    return good;
}

static bool read_domain(const struct wv_node *node, struct harvest *harvest,
                        struct wv_report *report)
{
    static const char *const names[] = {"epoch_days", "epochs"};
    const struct wv_slice domain = wv_slice_of(node->key);
    if (!wv_domain_is_valid(domain)) {
        return wv_node_key_fail(node, report,
                                "the name of a domain has 1 to %d bytes and no control characters",
                                WV_DOMAIN_MAX);
    }
    if (!check_members(node, names, WV_COUNT(names), report)) {
        return false;
    }
    const struct wv_node days = wv_node_member(node, "epoch_days");
    const struct wv_node epochs = wv_node_member(node, "epochs");
    bool good = check_integer(&days, 1, WV_EPOCH_DAYS_MAX, report);
    good = read_epochs(&epochs, domain, harvest, report) && good;
    return good;
}

static bool read_domains(const struct wv_node *domains, struct harvest *harvest,
                         struct wv_report *report)
{
    const char *key;
    json_t *value;
    size_t count = 1; /* so that an empty file is no special case */
    json_object_foreach(domains->value, key, value)
    {
        count += json_array_size(json_object_get(value, "epochs"));
    }
    harvest->entries = calloc(count, sizeof *harvest->entries);
    if (harvest->entries == NULL || !wv_locked_new(count * WV_SECRET_BYTES, &harvest->secrets)) {
        return wv_node_fail(domains, report, "do not fit in memory");
    }
    bool good = true;
    json_object_foreach(domains->value, key, value)
    {
        const struct wv_node node = wv_node_member(domains, key);
        good = read_domain(&node, harvest, report) && good;
    }
    return good;
}

struct wv_keyring *wv_keyfile_read(const struct wv_document *document, struct wv_report *report)
{
    static const char *const names[] = {"version", "domains"};
    const struct wv_node root = wv_document_root(document);
    if (!check_members(&root, names, WV_COUNT(names), report)) {
        return NULL;
    }
    const struct wv_node version = wv_node_member(&root, "version");
    const struct wv_node domains = wv_node_member(&root, "domains");
    if (!check_integer(&version, VERSION, VERSION, report)) {
        return NULL;
    }
    if (!json_is_object(domains.value)) {
        wv_node_fail(&domains, report, "must be an object");
        return NULL;
    }
    struct harvest harvest = {0};
    struct wv_keyring *keyring = NULL;
    if (read_domains(&domains, &harvest, report)) {
        keyring = wv_keyring_from(harvest.entries, harvest.count, report);
    }
    wv_locked_free(&harvest.secrets);
    free(harvest.entries);
    return keyring;
}

/* ---- The document and its memory --------------------------------------------------------------
 */

/* Where the walk is in a container. */
struct frame {
    json_t *container;
    void *member;   /* of an object: the next one */
    size_t element; /* of an array: the next one */
};

/* Steps to the next value of the container; NULL at its end. */
static json_t *next_value(struct frame *frame)
{
    if (json_is_array(frame->container)) {
        return json_array_get(frame->container, frame->element++);
    }
    json_t *value = json_object_iter_value(frame->member);
    frame->member = json_object_iter_next(frame->container, frame->member);
    return value;
}

/* Jansson frees strings without wiping them. Any string could be a secret at a wrong place. */
static void wipe_strings(json_t *root)
{
    struct frame stack[WV_DOCUMENT_DEPTH_MAX + 1];
    size_t depth = 0;
    stack[depth++] = (struct frame){.container = root, .member = json_object_iter(root)};
    while (depth > 0) {
        json_t *value = next_value(&stack[depth - 1]);
        if (value == NULL) {
            depth--;
        } else if (json_is_string(value)) {
            wv_wipe((void *)(uintptr_t)json_string_value(value), json_string_length(value));
        } else if ((json_is_object(value) || json_is_array(value)) && depth < WV_COUNT(stack)) {
            stack[depth++] = (struct frame){.container = value, .member = json_object_iter(value)};
        }
    }
}

void wv_keyfile_close(struct wv_document *document)
{
    if (document != NULL) {
        wipe_strings(wv_document_root(document).value);
        wv_document_free(document);
    }
}

struct wv_keyring *wv_keyfile_parse(const char *name, struct wv_slice text,
                                    struct wv_report *report)
{
    struct wv_document *document = wv_document_parse(name, text, report);
    if (document == NULL) {
        return NULL;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, report);
    wv_keyfile_close(document);
    return keyring;
}

/* Whoever may rename files in the folder can put another file in the place of this one. A sticky
 * folder (/tmp) lets only the owner of a file do so. */
static bool check_folder(const char *path, struct wv_report *report)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    const struct wv_finding where = {.file = path};
    if (folder == NULL) {
        return wv_report_add(report, where, "cannot be read: memory is short");
    }
    struct stat status;
    bool good = true;
    if (stat(folder, &status) != 0) {
        good = wv_report_add(report, where, "cannot be read: %s", strerror(errno));
    } else if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
        good = wv_report_add(report, where,
                             "holds secrets and lies in a folder that everybody may write to: run "
                             "`chmod o-w %s`",
                             folder);
    }
    free(folder);
    return good;
}

struct wv_document *wv_keyfile_open(const char *path, struct wv_report *report)
{
    struct wv_bytes text;
    if (!check_folder(path, report) || !wv_file_read_secret(path, WV_DOCUMENT_MAX, &text, report)) {
        return NULL;
    }
    struct wv_document *document = wv_document_parse(path, wv_bytes_slice(text), report);
    wv_bytes_free(&text);
    return document;
}

struct wv_keyring *wv_keyring_load(const char *path, struct wv_report *report)
{
    struct wv_document *document = wv_keyfile_open(path, report);
    if (document == NULL) {
        return NULL;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, report);
    wv_keyfile_close(document);
    if (keyring != NULL && !wv_keyring_is_locked(keyring)) {
        wv_report_add(report, (struct wv_finding){.severity = WV_WARNING, .file = path},
                      "its secrets could not be kept out of swap: raise the limit of locked memory "
                      "(systemd: LimitMEMLOCK=, shell: ulimit -l)");
    }
    return keyring;
}
