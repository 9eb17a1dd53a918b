/* key_checks.c — compares the check values of a keyring with those of another one. */
#include "keys/key_checks.h"

#include "keys/epoch.h"

json_t *wv_key_checks_of(const struct wv_keyring *keyring)
{
    json_t *root = json_object();
    bool good = root != NULL;
    for (size_t i = 0; good && i < wv_keyring_count(keyring); i++) {
        struct wv_key_info info;
        char name[WV_DOMAIN_MAX + 1] = {0};
        good = wv_keyring_info(keyring, i, 0, &info);
        if (good && info.domain.len > 0) {
            memcpy(name, info.domain.ptr, info.domain.len);
        }
        json_t *epochs = json_object_get(root, name);
        if (good && epochs == NULL) {
            epochs = json_object();
            good = json_object_set_new(root, name, epochs) == 0;
        }
        good = good && json_object_set_new(epochs, info.epoch->id, json_string(info.check)) == 0;
    }
    if (!good) {
        json_decref(root);
        return NULL;
    }
    return root;
}

/* An epoch that the keyring has not under this id. It may have gone, or be still to come; but where
 * the keyring has another one at the same time, the two make different tokens. */
static bool check_stranger(const struct wv_node *node, const struct wv_keyring *keyring,
                           struct wv_report *report)
{
    struct wv_epoch_span span;
    if (!wv_epoch_parse(wv_slice_of(node->key), &span)) {
        return wv_node_key_fail(node, report,
                                "must be the id of an epoch, like 20261116-7d, as `wafveil keys "
                                "list --checks` prints it");
    }
    const int64_t from_s = span.first * WV_DAY_S;
    const int64_t until_s = from_s + (int64_t)span.days * WV_DAY_S;
    size_t count;
    const struct wv_epoch *epochs =
        wv_keyring_epochs(keyring, wv_slice_of(node->parent->key), &count);
    for (size_t i = 0; i < count; i++) {
        if (epochs[i].from_s < until_s && from_s < epochs[i].until_s) {
            return wv_node_key_fail(node, report,
                                    "is another epoch than the key file's %s, and both hold for "
                                    "the same time: give all instances the same file",
                                    epochs[i].id);
        }
    }
    return true;
}

/* What the document says of a domain, beside what the keyring has of it. */
static bool compare_domain(const struct wv_node *node, const json_t *mine,
                           const struct wv_keyring *keyring, struct wv_report *report,
                           struct wv_key_agreement *agreement)
{
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report, "must be an object: epoch to check value");
    }
    bool good = true;
    const char *epoch;
    json_t *value;
    json_object_foreach(node->value, epoch, value)
    {
        const struct wv_node member = wv_node_member(node, epoch);
        const char *check = json_string_value(json_object_get(mine, epoch));
        struct wv_slice text;
        if (!wv_node_text(&member, &text, report)) {
            good = false;
        } else if (check == NULL) {
            good = check_stranger(&member, keyring, report) && good;
            agreement->only_there++;
        } else if (!wv_slice_eq(text, wv_slice_of(check))) {
            good = wv_node_fail(&member, report,
                                "is another secret than the key file's, whose check value is %s: "
                                "give all instances the same file",
                                check);
        } else {
            agreement->same++;
        }
    }
    return good;
}

bool wv_key_checks_agree(const struct wv_document *document, const struct wv_keyring *keyring,
                         struct wv_report *report, struct wv_key_agreement *agreement)
{
    const struct wv_node root = wv_document_root(document);
    *agreement = (struct wv_key_agreement){0};
    if (!json_is_object(root.value)) {
        return wv_node_fail(&root, report,
                            "must be an object: domain to epochs, as `wafveil keys list --checks` "
                            "prints it");
    }
    json_t *mine = wv_key_checks_of(keyring);
    if (mine == NULL) {
        return wv_node_fail(&root, report, "cannot be compared: memory is short");
    }
    bool good = true;
    const char *name;
    json_t *value;
    json_object_foreach(root.value, name, value)
    {
        const struct wv_node node = wv_node_member(&root, name);
        good =
            compare_domain(&node, json_object_get(mine, name), keyring, report, agreement) && good;
    }
    json_decref(mine);
    const size_t seen = agreement->same;
    agreement->only_here = wv_keyring_count(keyring) > seen ? wv_keyring_count(keyring) - seen : 0;
    return good;
}
