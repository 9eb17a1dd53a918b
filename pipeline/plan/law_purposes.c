/*
 * law_purposes.c — the document of purposes: on which legal bases, and what outputs may not hold.
 */
#include "plan/law.h"

/* The position of a word in a list that ends with NULL; false: it is not there. */
static bool find_word(const char *const *words, const char *word, size_t *index)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool no_such_word(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "is no word that the program knows");
}

static bool read_bases(const struct wv_node *node, struct wv_purpose_law *purpose,
                       struct wv_report *report)
{
    bool ok = json_array_size(node->value) > 0 ||
              wv_node_fail(node, report, "must be an array of legal bases");
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_slice word;
        size_t basis;
        if (!wv_node_text(&element, &word, report)) {
            ok = false;
        } else if (!find_word(wv_basis_words, (const char *)word.ptr, &basis)) {
            ok = no_such_word(&element, report);
        } else {
            purpose->bases |= 1u << basis;
        }
    }
    return ok;
}

static bool read_tokens(const struct wv_node *node, struct wv_purpose_law *purpose,
                        struct wv_report *report)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_slice word;
        if (!wv_node_text(&element, &word, report)) {
            ok = false;
        } else if (wv_kind_find(word) == WV_KIND_NONE) {
            ok = no_such_word(&element, report);
        } else {
            purpose->no_tokens |= 1u << wv_kind_find(word);
        }
    }
    return ok;
}

static bool read_classes(const struct wv_node *node, struct wv_purpose_law *purpose,
                         struct wv_report *report)
{
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        enum wv_class class;
        struct wv_slice why;
        if (!wv_class_find(wv_slice_of(key), &class)) {
            ok = no_such_word(&member, report);
        } else if (!wv_node_text(&member, &why, report)) {
            ok = false;
        } else {
            purpose->no_classes[class] = (const char *)why.ptr;
        }
    }
    return ok;
}

static bool read_seals(const struct wv_node *node, struct wv_purpose_law *purpose,
                       struct wv_report *report)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_slice word;
        enum wv_class class;
        if (!wv_node_text(&element, &word, report)) {
            ok = false;
        } else if (!wv_class_find(word, &class)) {
            ok = no_such_word(&element, report);
        } else {
            purpose->seals |= UINT64_C(1) << class;
        }
    }
    return ok;
}

static bool read_purpose(const struct wv_node *node, struct wv_purpose_law *purpose,
                         struct wv_report *report)
{
    const struct wv_node summary = wv_node_member(node, "summary");
    const struct wv_node english = wv_node_member(&summary, "en");
    const struct wv_node bases = wv_node_member(node, "bases");
    const struct wv_node tokens = wv_node_member(node, "no_tokens");
    const struct wv_node classes = wv_node_member(node, "no_classes");
    const struct wv_node seals = wv_node_member(node, "seals");
    bool ok = wv_node_text(&english, &purpose->summary, report);
    ok = read_bases(&bases, purpose, report) && ok;
    ok = read_tokens(&tokens, purpose, report) && ok;
    ok = read_seals(&seals, purpose, report) && ok;
    return read_classes(&classes, purpose, report) && ok;
}

/* Every word once: the program and the document must not drift apart. */
static bool has_all(const struct wv_node *node, const char *const *words, struct wv_report *report)
{
    bool ok = true;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (wv_node_member(node, words[i]).value == NULL) {
            ok = wv_node_fail(node, report, "\"%s\" is missing", words[i]);
        }
    }
    return ok;
}

bool wv_law_load_purposes(struct wv_law *law, const struct wv_node *root, struct wv_report *report)
{
    const struct wv_node bases = wv_node_member(root, "bases");
    const struct wv_node purposes = wv_node_member(root, "purposes");
    bool ok = has_all(&bases, wv_basis_words, report);
    ok = has_all(&purposes, wv_purpose_words, report) && ok;
    const char *key;
    json_t *value;
    size_t at;
    json_object_foreach(bases.value, key, value)
    {
        const struct wv_node member = wv_node_member(&bases, key);
        if (!find_word(wv_basis_words, key, &at)) {
            ok = no_such_word(&member, report);
        } else {
            law->needs_reason[at] = json_is_true(json_object_get(value, "reason"));
        }
    }
    json_object_foreach(purposes.value, key, value)
    {
        const struct wv_node member = wv_node_member(&purposes, key);
        ok = (find_word(wv_purpose_words, key, &at)
                  ? read_purpose(&member, &law->purposes[at], report)
                  : no_such_word(&member, report)) &&
             ok;
    }
    return ok;
}
