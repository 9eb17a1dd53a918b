/* keyfile_destroy.c — destroys secrets of a key file, and wraps them anew. */
#include "base/wipe.h"
#include "keys/digest.h"
#include "keys/epoch.h"
#include "keys/keyfile_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool fail(struct wv_report *report, const char *path, const char *text)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s", text);
}

/* A key file that is open, with the lock if it is to be written. */
struct opened {
    const char *path;
    struct wv_report *report;
    int lock; /* -1: none */
    struct wv_document *document;
    struct wv_keyring *keyring;
};

static void close_file(struct opened *opened)
{
    wv_keyring_free(opened->keyring);
    wv_keyfile_close(opened->document);
    if (opened->lock >= 0) {
        close(opened->lock);
    }
}

typedef struct wv_keyring *read_file(const struct wv_document *document, const struct wv_keks *keks,
                                     struct wv_report *report);

static bool open_file(struct opened *opened, const struct wv_keks *keks, bool to_write,
                      read_file *read)
{
    opened->lock = to_write ? wv_keyfile_lock(opened->path, opened->report) : -1;
    if (to_write && opened->lock < 0) {
        return false;
    }
    opened->document = wv_keyfile_open(opened->path, opened->report);
    opened->keyring =
        opened->document == NULL ? NULL : read(opened->document, keks, opened->report);
    if (opened->keyring == NULL) {
        close_file(opened);
        return false;
    }
    return true;
}

/* ---- Choosing ---------------------------------------------------------------------------------
 */

void wv_doomed_free(struct wv_doomed *doomed)
{
    free(doomed->items);
    *doomed = (struct wv_doomed){0};
}

static bool names_domain(const struct wv_key_choice *choice, struct wv_slice domain)
{
    bool named = choice->domains == NULL;
    for (size_t i = 0; !named && i < choice->domain_count; i++) {
        named = wv_slice_eq(choice->domains[i], domain);
    }
    return named;
}

static bool is_chosen(const struct wv_key_choice *choice, const struct wv_key_info *info)
{
    return names_domain(choice, info->domain) &&
           (choice->epoch.len == 0 || wv_slice_eq(choice->epoch, wv_slice_of(info->epoch->id))) &&
           (!choice->only_ended || info->epoch->until_s <= choice->ended_by_s);
}

/* One digest over all of them, of which the code is the beginning. */
static void put_code(struct wv_doomed *doomed)
{
    uint8_t digest[WV_SHA256_BYTES];
    char text[WV_SHA256_HEX];
    /* Items are zeroed before they are filled, so every byte of them is known. */
    wv_sha256(
        (struct wv_slice){(const uint8_t *)doomed->items, doomed->count * sizeof *doomed->items},
        digest);
    wv_sha256_hex(digest, text);
    memcpy(doomed->code, text, WV_KEY_CODE);
}

static bool choose(const struct opened *opened, const struct wv_key_choice *choice,
                   struct wv_doomed *out)
{
    const size_t count = wv_keyring_count(opened->keyring);
    out->items = calloc(count + 1, sizeof *out->items);
    if (out->items == NULL) {
        return fail(opened->report, opened->path, "does not fit in memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct wv_key_info info;
        if (!wv_keyring_info(opened->keyring, i, 0, &info)) {
            return fail(opened->report, opened->path, "does not fit in memory");
        }
        if (is_chosen(choice, &info)) {
            struct wv_key_doom *doom = &out->items[out->count++];
            memcpy(doom->domain, info.domain.ptr, info.domain.len);
            (void)snprintf(doom->epoch, sizeof doom->epoch, "%s", info.epoch->id);
            (void)snprintf(doom->check, sizeof doom->check, "%s", info.check);
        }
    }
    put_code(out);
    return true;
}

bool wv_keyfile_choose(const char *path, const struct wv_keks *keks,
                       const struct wv_key_choice *choice, struct wv_report *report,
                       struct wv_doomed *out)
{
    struct opened opened = {.path = path, .report = report};
    *out = (struct wv_doomed){0};
    if (!open_file(&opened, keks, false, wv_keyfile_read)) {
        return false;
    }
    const bool done = choose(&opened, choice, out);
    close_file(&opened);
    if (!done) {
        wv_doomed_free(out);
    }
    return done;
}

/* ---- Destroying -------------------------------------------------------------------------------
 */

/* Moves the epoch to the destroyed ones of its domain. */
static bool forget(json_t *domain, const struct wv_key_doom *doom, const char *day)
{
    json_t *epochs = json_object_get(domain, "epochs");
    json_t *destroyed = json_object_get(domain, "destroyed");
    if (destroyed == NULL) {
        destroyed = json_array();
        if (json_object_set_new(domain, "destroyed", destroyed) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        json_t *epoch = json_array_get(epochs, i);
        if (strcmp(json_string_value(json_object_get(epoch, "id")), doom->epoch) == 0) {
            wv_keyfile_wipe(epoch);
            return json_array_append_new(destroyed, json_pack("{s:s, s:s, s:s}", "id", doom->epoch,
                                                              "check", doom->check, "on", day)) ==
                       0 &&
                   json_array_remove(epochs, i) == 0;
        }
    }
    return false;
}

static bool ends_domains(const struct wv_key_choice *choice)
{
    return choice->epoch.len == 0 && !choice->only_ended;
}

static bool end_domains(json_t *domains, const struct wv_key_choice *choice, const char *day)
{
    bool done = true;
    const char *name;
    json_t *domain;
    json_object_foreach(domains, name, domain)
    {
        if (names_domain(choice, wv_slice_of(name)) && json_object_get(domain, "ended") == NULL) {
            done = json_object_set_new(domain, "ended", json_string(day)) == 0 && done;
        }
    }
    return done;
}

static bool destroy(const struct opened *opened, const struct wv_key_choice *choice,
                    const struct wv_doomed *doomed, const char *day)
{
    json_t *root = wv_document_root(opened->document).value;
    json_t *domains = json_object_get(root, "domains");
    bool done = true;
    for (size_t i = 0; done && i < doomed->count; i++) {
        done = forget(json_object_get(domains, doomed->items[i].domain), &doomed->items[i], day);
    }
    if (done && ends_domains(choice)) {
        done = end_domains(domains, choice, day);
    }
    return done ? wv_keyfile_save(opened->path, root, opened->report)
                : fail(opened->report, opened->path, "does not fit in memory");
}

bool wv_keyfile_destroy(const char *path, const struct wv_keks *keks,
                        const struct wv_key_choice *choice, const char *code, const char *day,
                        struct wv_report *report, struct wv_doomed *out)
{
    struct opened opened = {.path = path, .report = report};
    *out = (struct wv_doomed){0};
    if (!open_file(&opened, keks, true, wv_keyfile_read)) {
        return false;
    }
    bool done = choose(&opened, choice, out);
    if (done && code != NULL && strcmp(code, out->code) != 0) {
        done = fail(report, path,
                    "holds other secrets of that choice than those which the code stands for: look "
                    "at the list again");
    }
    done =
        done && ((out->count == 0 && !ends_domains(choice)) || destroy(&opened, choice, out, day));
    close_file(&opened);
    if (!done) {
        wv_doomed_free(out);
    }
    return done;
}

/* ---- Wrapping ---------------------------------------------------------------------------------
 */

/* The epoch's secret, spelled anew in the place of the former spelling. */
static bool spell_anew(json_t *domains, const struct wv_key_info *info, const struct wv_kek *kek)
{
    char name[WV_DOMAIN_MAX + 1] = {0};
    memcpy(name, info->domain.ptr, info->domain.len);
    const json_t *epochs = json_object_get(json_object_get(domains, name), "epochs");
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        json_t *epoch = json_array_get(epochs, i);
        if (strcmp(json_string_value(json_object_get(epoch, "id")), info->epoch->id) == 0) {
            wv_keyfile_wipe(json_object_get(epoch, "secret"));
            (void)json_object_del(epoch, "secret");
            return json_object_set_new(epoch, "wrapped",
                                       wv_keyfile_spell(kek, info->domain,
                                                        wv_slice_of(info->epoch->id),
                                                        info->epoch->secret)) == 0;
        }
    }
    return false;
}

static bool rewrap(const struct opened *opened, const struct wv_kek *kek)
{
    json_t *root = wv_document_root(opened->document).value;
    bool done = json_object_set_new(root, "kek", json_string(wv_kek_id(kek))) == 0;
    for (size_t i = 0; done && i < wv_keyring_count(opened->keyring); i++) {
        struct wv_key_info info;
        done = wv_keyring_info(opened->keyring, i, 0, &info) &&
               spell_anew(json_object_get(root, "domains"), &info, kek);
    }
    return done ? wv_keyfile_save(opened->path, root, opened->report)
                : fail(opened->report, opened->path,
                       "cannot be wrapped: no memory or no random "
                       "bytes");
}

bool wv_keyfile_rewrap(const char *path, const struct wv_keks *keks, struct wv_report *report,
                       size_t *count)
{
    struct opened opened = {.path = path, .report = report};
    *count = 0;
    wv_ensure(keks != NULL && keks->current != NULL);
    if (!open_file(&opened, keks, true, wv_keyfile_read_any)) {
        return false;
    }
    const bool is_wrapped = wv_keyfile_kek(opened.document, keks) == keks->current;
    const bool done = is_wrapped || rewrap(&opened, keks->current);
    *count = done && !is_wrapped ? wv_keyring_count(opened.keyring) : 0;
    close_file(&opened);
    return done;
}
