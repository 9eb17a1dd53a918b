/* keyfile_read.c — from the document of a key file to a keyring. */
#include "keys/keyfile.h"

#include "base/base64.h"
#include "base/wipe.h"
#include "keys/epoch.h"

#include <stdlib.h>

enum {
    VERSION = 1,
    SECRET_TEXT = 44,  /* base64 of 32 bytes: 43 characters and one "=" */
    WRAPPED_TEXT = 80, /* base64 of 60 bytes */
};

/* Epochs that were read, with room for all that the document has. */
struct harvest {
    const struct wv_kek *kek; /* that wraps the secrets; NULL: they lie as they are */
    struct wv_key_entry *entries;
    struct wv_locked secrets;
    size_t count;
};

/* One epoch of the domain that is being read, whose secret is there or destroyed. */
struct stretch {
    struct wv_epoch_span span;
    size_t index; /* in its array */
    bool destroyed;
};

/* ---- Members ----------------------------------------------------------------------------------
 */

/* The members that an object has: all of them, but for the last ones, which it may lack. */
struct members {
    const char *const *names;
    size_t count;
    size_t optional;
};

static bool check_members(const struct wv_node *node, const struct members *members,
                          struct wv_report *report)
{
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report, "must be an object");
    }
    bool good = true;
    for (size_t i = 0; i < members->count - members->optional; i++) {
        if (json_object_get(node->value, members->names[i]) == NULL) {
            good = wv_node_fail(node, report, "lacks the member \"%s\"", members->names[i]);
        }
    }
    const char *key;
    json_t *value;
    json_object_foreach(node->value, key, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < members->count; i++) {
            is_known = is_known || strcmp(key, members->names[i]) == 0;
        }
        if (!is_known) {
            const struct wv_node member = wv_node_member(node, key);
            const char *near = wv_nearest(wv_slice_of(key), members->names, members->count);
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

/* ---- Secrets ----------------------------------------------------------------------------------
 */

/* Text of so many bytes that is base64 of so many. */
static bool decode_whole(struct wv_slice text, size_t text_len, size_t bytes, uint8_t *out)
{
    uint8_t decoded[WRAPPED_TEXT];
    size_t len = 0;
    const bool good =
        text.len == text_len && wv_base64_decode_exact(text, decoded, &len) && len == bytes;
    if (good) {
        memcpy(out, decoded, bytes);
    }
    wv_wipe(decoded, sizeof decoded);
    return good;
}

static bool read_plain(const struct wv_node *epoch, uint8_t out[WV_SECRET_BYTES],
                       struct wv_report *report)
{
    const struct wv_node node = wv_node_member(epoch, "secret");
    struct wv_slice text;
    if (!wv_node_text(&node, &text, report)) {
        return false;
    }
    return decode_whole(text, SECRET_TEXT, WV_SECRET_BYTES, out) ||
           wv_node_fail(&node, report, "must be base64 of exactly %d bytes", WV_SECRET_BYTES);
}

static bool read_wrapped(const struct wv_node *epoch, const struct harvest *harvest,
                         const struct wv_key_entry *entry, uint8_t out[WV_SECRET_BYTES],
                         struct wv_report *report)
{
    const struct wv_node node = wv_node_member(epoch, "wrapped");
    struct wv_slice text;
    uint8_t wrapped[WV_WRAPPED_BYTES];
    if (!wv_node_text(&node, &text, report)) {
        return false;
    }
    if (!decode_whole(text, WRAPPED_TEXT, WV_WRAPPED_BYTES, wrapped)) {
        return wv_node_fail(&node, report, "must be base64 of exactly %d bytes", WV_WRAPPED_BYTES);
    }
    return wv_kek_unwrap(harvest->kek, entry->domain, entry->epoch, wrapped, out) ||
           wv_node_fail(&node, report,
                        "was not wrapped by the key-encryption key %s for this domain and epoch, "
                        "or was changed: put back the file as it was",
                        wv_kek_id(harvest->kek));
}

/* ---- Epochs -----------------------------------------------------------------------------------
 */

static bool read_span(const struct wv_node *epoch, struct wv_slice *text,
                      struct wv_epoch_span *span, struct wv_report *report)
{
    const struct wv_node id = wv_node_member(epoch, "id");
    if (!wv_node_text(&id, text, report)) {
        return false;
    }
    return wv_epoch_parse(*text, span) ||
           wv_node_fail(&id, report,
                        "must be the first day and the number of days (1 to %d), like 20261116-7d",
                        WV_EPOCH_DAYS_MAX);
}

static bool read_epoch(const struct wv_node *node, struct wv_slice domain, struct harvest *harvest,
                       struct wv_epoch_span *span, struct wv_report *report)
{
    static const char *const plain[] = {"id", "secret"};
    static const char *const wrapped[] = {"id", "wrapped"};
    const struct members members = {harvest->kek == NULL ? plain : wrapped, 2, 0};
    if (!check_members(node, &members, report)) {
        return false;
    }
    struct wv_key_entry *entry = &harvest->entries[harvest->count];
    uint8_t *bytes = harvest->secrets.mem + harvest->count * WV_SECRET_BYTES;
    entry->domain = domain;
    entry->secret = bytes;
    bool good = read_span(node, &entry->epoch, span, report);
    if (harvest->kek == NULL) {
        good = read_plain(node, bytes, report) && good;
    } else {
        good = good && read_wrapped(node, harvest, entry, bytes, report);
    }
    harvest->count += good;
    return good;
}

static bool read_destroyed(const struct wv_node *node, struct wv_epoch_span *span,
                           struct wv_report *report)
{
    static const char *const names[] = {"id", "check", "on"};
    const struct members members = {names, WV_COUNT(names), 0};
    struct wv_slice text;
    if (!check_members(node, &members, report) || !read_span(node, &text, span, report)) {
        return false;
    }
    const struct wv_node check = wv_node_member(node, "check");
    const struct wv_node on = wv_node_member(node, "on");
    return wv_node_text(&check, &text, report) && wv_node_text(&on, &text, report);
}

static int compare_stretches(const void *left, const void *right)
{
    const struct stretch *a = left;
    const struct stretch *b = right;
    if (a->span.first != b->span.first) {
        return a->span.first < b->span.first ? -1 : 1;
    }
    if (a->destroyed != b->destroyed) {
        return a->destroyed ? -1 : 1; /* the living one is to blame */
    }
    return (a->index > b->index) - (a->index < b->index);
}

static bool overlap(const struct stretch *before, const struct stretch *after,
                    const struct wv_node *epochs, const struct wv_node *destroyed,
                    struct wv_report *report)
{
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_format(before->span, id);
    const struct wv_node node =
        wv_node_element(after->destroyed ? destroyed : epochs, after->index);
    if (before->destroyed) {
        return wv_node_fail(&node, report,
                            "overlaps the epoch %s of the same domain, whose secret was destroyed: "
                            "what was forgotten stays so",
                            id);
    }
    return wv_node_fail(&node, report,
                        "overlaps the epoch %s of the same domain: a moment has one secret", id);
}

static bool read_epochs(const struct wv_node *domain, struct wv_slice name, struct harvest *harvest,
                        struct wv_report *report)
{
    const struct wv_node epochs = wv_node_member(domain, "epochs");
    const struct wv_node destroyed = wv_node_member(domain, "destroyed");
    const size_t living = json_array_size(epochs.value);
    const size_t count = living + json_array_size(destroyed.value);
    if (!json_is_array(epochs.value) || count == 0) {
        return wv_node_fail(&epochs, report, "must be an array of at least one epoch");
    }
    if (destroyed.value != NULL && !json_is_array(destroyed.value)) {
        return wv_node_fail(&destroyed, report, "must be an array");
    }
    struct stretch *stretches = calloc(count, sizeof *stretches);
    if (stretches == NULL) {
        return wv_node_fail(&epochs, report, "does not fit in memory");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct stretch *stretch = &stretches[i];
        stretch->destroyed = i >= living;
        stretch->index = stretch->destroyed ? i - living : i;
        const struct wv_node node =
            wv_node_element(stretch->destroyed ? &destroyed : &epochs, stretch->index);
        const bool read = stretch->destroyed
                              ? read_destroyed(&node, &stretch->span, report)
                              : read_epoch(&node, name, harvest, &stretch->span, report);
        good = read && good;
    }
    if (good) {
        qsort(stretches, count, sizeof *stretches, compare_stretches);
    }
    const bool whole = good;
    for (size_t i = 1; whole && i < count; i++) {
        const struct stretch *before = &stretches[i - 1];
        if (before->span.first + before->span.days > stretches[i].span.first) {
            good = overlap(before, &stretches[i], &epochs, &destroyed, report);
        }
    }
    free(stretches);
    return good;
}

/* ---- Domains ----------------------------------------------------------------------------------
 */

static bool read_domain(const struct wv_node *node, struct harvest *harvest,
                        struct wv_report *report)
{
    static const char *const names[] = {"epoch_days", "epochs", "destroyed", "ended"};
    const struct members members = {names, WV_COUNT(names), 2};
    const struct wv_slice domain = wv_slice_of(node->key);
    if (!wv_domain_is_valid(domain)) {
        return wv_node_key_fail(node, report,
                                "the name of a domain has 1 to %d bytes and no control characters",
                                WV_DOMAIN_MAX);
    }
    if (!check_members(node, &members, report)) {
        return false;
    }
    const struct wv_node days = wv_node_member(node, "epoch_days");
    const struct wv_node ended = wv_node_member(node, "ended");
    bool good = check_integer(&days, 1, WV_EPOCH_DAYS_MAX, report);
    if (ended.value != NULL) {
        struct wv_slice day;
        const struct wv_node epochs = wv_node_member(node, "epochs");
        good = wv_node_text(&ended, &day, report) && good;
        if (json_array_size(epochs.value) > 0) {
            good = wv_node_fail(&epochs, report,
                                "must be empty: the domain has ended, its secrets were destroyed");
        } else if (json_array_size(json_object_get(node->value, "destroyed")) == 0) {
            return good; /* it had none */
        }
    }
    return read_epochs(node, domain, harvest, report) && good;
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

/* ---- The file ---------------------------------------------------------------------------------
 */

const struct wv_kek *wv_keyfile_kek(const struct wv_document *document, const struct wv_keks *keks)
{
    const struct wv_node root = wv_document_root(document);
    const char *id = json_string_value(json_object_get(root.value, "kek"));
    const struct wv_kek *both[] = {keks == NULL ? NULL : keks->current,
                                   keks == NULL ? NULL : keks->previous};
    for (size_t i = 0; id != NULL && i < WV_COUNT(both); i++) {
        if (both[i] != NULL && strcmp(wv_kek_id(both[i]), id) == 0) {
            return both[i];
        }
    }
    return NULL;
}

/* Finds the key that wraps the secrets. False when it is not there, or when none does although one
 * should: whoever can write the file must not be able to put secrets of his own in it. */
static bool choose_kek(const struct wv_node *root, const struct wv_keks *keks, bool plain_too,
                       struct harvest *harvest, struct wv_report *report)
{
    const struct wv_node node = wv_node_member(root, "kek");
    struct wv_slice id;
    if (node.value == NULL) {
        return keks == NULL || keks->current == NULL || plain_too ||
               wv_node_fail(root, report,
                            "holds secrets that no key-encryption key wraps, and keys.kek names "
                            "one: `wafveil keys rewrap` wraps them");
    }
    if (!wv_node_text(&node, &id, report)) {
        return false;
    }
    harvest->kek = wv_keyfile_kek(root->document, keks);
    if (harvest->kek != NULL) {
        return true;
    }
    if (id.len != WV_KEK_ID) {
        return wv_node_fail(&node, report, "must be the %d digits of a key-encryption key's id",
                            WV_KEK_ID);
    }
    if (keks == NULL || keks->current == NULL) {
        return wv_node_fail(&node, report,
                            "is the key-encryption key that wraps the secrets: say in keys.kek "
                            "where it is");
    }
    return wv_node_fail(&node, report,
                        "is another key-encryption key than %s, which keys.kek names: name it, or "
                        "name this one in keys.previous_kek and run `wafveil keys rewrap`",
                        wv_kek_id(keks->current));
}

static struct wv_keyring *read_document(const struct wv_document *document,
                                        const struct wv_keks *keks, bool plain_too,
                                        struct wv_report *report)
{
    static const char *const names[] = {"version", "domains", "kek"};
    const struct members members = {names, WV_COUNT(names), 1};
    const struct wv_node root = wv_document_root(document);
    if (!check_members(&root, &members, report)) {
        return NULL;
    }
    const struct wv_node version = wv_node_member(&root, "version");
    const struct wv_node domains = wv_node_member(&root, "domains");
    struct harvest harvest = {0};
    if (!check_integer(&version, VERSION, VERSION, report) ||
        !choose_kek(&root, keks, plain_too, &harvest, report)) {
        return NULL;
    }
    if (!json_is_object(domains.value)) {
        wv_node_fail(&domains, report, "must be an object");
        return NULL;
    }
    struct wv_keyring *keyring = NULL;
    if (read_domains(&domains, &harvest, report)) {
        keyring = wv_keyring_from(harvest.entries, harvest.count, report);
    }
    wv_locked_free(&harvest.secrets);
    free(harvest.entries);
    return keyring;
}

struct wv_keyring *wv_keyfile_read(const struct wv_document *document, const struct wv_keks *keks,
                                   struct wv_report *report)
{
    return read_document(document, keks, false, report);
}

struct wv_keyring *wv_keyfile_read_any(const struct wv_document *document,
                                       const struct wv_keks *keks, struct wv_report *report)
{
    return read_document(document, keks, true, report);
}
