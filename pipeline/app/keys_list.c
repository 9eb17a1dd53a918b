/*
 * keys_list.c — which secrets a key file holds: ids, check values, ages and states, never a secret.
 */
#include "app/keys_work.h"

#include "keys/epoch.h"
#include "keys/key_checks.h"

#include <inttypes.h>
#include <stdlib.h>

/* A key file that is open, and how its epochs are shown. */
struct listing {
    const struct wv_keys_work *work;
    const struct wv_document *document;
    const struct wv_keyring *keyring;
};

static const char *state_word(enum wv_epoch_state state)
{
    static const char *const words[] = {"past", "now", "ahead"};
    return words[state];
}

static int64_t days_of(int64_t seconds)
{
    return seconds / WV_DAY_S;
}

/* "began 3 days ago"; one to come begins on the day of its id. */
static void print_epoch(const struct wv_key_info *info)
{
    (void)printf("  %-15s %s  %-6s", info->epoch->id, info->check, state_word(info->state));
    if (info->state == WV_EPOCH_FUTURE) {
        const int64_t days = days_of(-info->age_s + WV_DAY_S - 1);
        (void)printf(" begins in %" PRId64 " day%s\n", days, wv_plural((size_t)days));
    } else if (days_of(info->age_s) == 0) {
        (void)puts(" began today");
    } else {
        const int64_t days = days_of(info->age_s);
        (void)printf(" began %" PRId64 " day%s ago\n", days, wv_plural((size_t)days));
    }
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

static void print_destroyed(const json_t *domain)
{
    size_t i;
    json_t *epoch;
    json_array_foreach(json_object_get(domain, "destroyed"), i, epoch)
    {
        (void)printf("  %-15s %s  destroyed on %s\n", text_of(epoch, "id"), text_of(epoch, "check"),
                     text_of(epoch, "on"));
    }
}

static bool print_domain(const struct listing *listing, const char *name, const json_t *domain)
{
    const struct wv_slice wanted = wv_slice_of(name);
    char last[WV_DAY_TEXT];
    int64_t until_s;
    if (json_object_get(domain, "ended") != NULL) {
        (void)printf("%s  ended on %s: it gets no keys any more\n", name, text_of(domain, "ended"));
    } else if (wv_keys_covered(listing->keyring, wanted, listing->work->now_s, &until_s)) {
        wv_day_format(wv_epoch_day(until_s - 1), last);
        (void)printf("%s  until %s\n", name, last);
    } else {
        (void)printf("%s  no key for today\n", name);
    }
    for (size_t i = 0; i < wv_keyring_count(listing->keyring); i++) {
        struct wv_key_info info;
        if (!wv_keyring_info(listing->keyring, i, listing->work->now_s, &info)) {
            return false;
        }
        if (wv_slice_eq(info.domain, wanted)) {
            print_epoch(&info);
        }
    }
    print_destroyed(domain);
    return true;
}

static json_t *epoch_json(const struct wv_key_info *info)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "id", info->epoch->id, "check", info->check, "state",
                     state_word(info->state), "age_days", (json_int_t)days_of(info->age_s));
}

static json_t *domain_json(const struct listing *listing, const char *name, const json_t *domain)
{
    const struct wv_slice wanted = wv_slice_of(name);
    json_t *epochs = json_array();
    for (size_t i = 0; i < wv_keyring_count(listing->keyring); i++) {
        struct wv_key_info info;
        if (!wv_keyring_info(listing->keyring, i, listing->work->now_s, &info)) {
            json_decref(epochs);
            return NULL;
        }
        if (wv_slice_eq(info.domain, wanted)) {
            (void)json_array_append_new(epochs, epoch_json(&info));
        }
    }
    char last[WV_DAY_TEXT];
    int64_t until_s;
    const bool covered = wv_keys_covered(listing->keyring, wanted, listing->work->now_s, &until_s);
    if (covered) {
        wv_day_format(wv_epoch_day(until_s - 1), last);
    }
    json_t *destroyed = json_object_get(domain, "destroyed");
    return json_pack("{s:s, s:s?, s:s?, s:o, s:o}", "domain", name, "until", covered ? last : NULL,
                     "ended", json_string_value(json_object_get(domain, "ended")), "epochs", epochs,
                     "destroyed", destroyed == NULL ? json_array() : json_incref(destroyed));
}

static int64_t runway_days(const struct listing *listing)
{
    return days_of(wv_domains_runway(listing->work->plan, listing->keyring, listing->work->now_s));
}

static bool print_text(const struct listing *listing, json_t *domains)
{
    const struct wv_node root = wv_document_root(listing->document);
    const char *kek = json_string_value(json_object_get(root.value, "kek"));
    const size_t count = wv_keyring_count(listing->keyring);
    const int64_t days = runway_days(listing);
    (void)printf("%s  %zu secret%s, %s%s; keys for %" PRId64 " day%s\n", listing->work->path, count,
                 wv_plural(count),
                 kek == NULL ? "not wrapped" : "wrapped by the key-encryption key ",
                 kek == NULL ? "" : kek, days, wv_plural((size_t)days));
    bool good = true;
    const char *name;
    json_t *domain;
    json_object_foreach(domains, name, domain)
    {
        good = good && print_domain(listing, name, domain);
    }
    return good;
}

static bool print_json(json_t *root)
{
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text != NULL) {
        (void)puts(text);
    }
    free(text);
    return text != NULL;
}

static json_t *list_json(const struct listing *listing, json_t *domains)
{
    const struct wv_node root = wv_document_root(listing->document);
    json_t *list = json_array();
    const char *name;
    json_t *domain;
    json_object_foreach(domains, name, domain)
    {
        (void)json_array_append_new(list, domain_json(listing, name, domain));
    }
    return json_pack("{s:s, s:s?, s:I, s:o}", "file", listing->work->path, "kek",
                     json_string_value(json_object_get(root.value, "kek")), "runway_days",
                     (json_int_t)runway_days(listing), "domains", list);
}

static bool print_list(const struct listing *listing)
{
    const struct wv_node root = wv_document_root(listing->document);
    json_t *domains = json_object_get(root.value, "domains");
    if (wv_argument_given(listing->work->arguments, "checks")) {
        return print_json(wv_key_checks_of(listing->keyring));
    }
    if (wv_argument_given(listing->work->arguments, "json")) {
        return print_json(list_json(listing, domains));
    }
    return print_text(listing, domains);
}

enum wv_exit wv_keys_list(const struct wv_keys_work *work)
{
    struct wv_document *document = wv_keyfile_open(work->path, work->report);
    if (document == NULL) {
        return WV_EXIT_CONFIG;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, work->keks, work->report);
    enum wv_exit code = WV_EXIT_CONFIG;
    if (keyring != NULL) {
        const struct listing listing = {.work = work, .document = document, .keyring = keyring};
        code = print_list(&listing) ? WV_EXIT_OK : WV_EXIT_INTERNAL;
    }
    wv_keyring_free(keyring);
    wv_keyfile_close(document);
    return code;
}
