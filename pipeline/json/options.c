/* options.c — binds, fills in and merges settings by their table. */
#include "json/options.h"

#include <stdlib.h>

enum { LIST_MAX = 800 };

/* What may stand in any object without meaning anything. */
static bool is_remark(const char *key)
{
    return key[0] == '$' || strcmp(key, "comment") == 0;
}

static void *member_of(void *target, const struct wv_option *option)
{
    return (uint8_t *)target + option->member;
}

static const void *const_member_of(const void *target, const struct wv_option *option)
{
    return (const uint8_t *)target + option->member;
}

/* ---- Defaults ---------------------------------------------------------------------------------
 */

static void set_default(const struct wv_option *option, void *target)
{
    void *const member = member_of(target, option);
    switch (option->kind) {
    case WV_OPTION_UINT:
    case WV_OPTION_CHOICE:
        *(uint32_t *)member = option->fallback;
        break;
    case WV_OPTION_BOOL:
        *(bool *)member = option->fallback != 0;
        break;
    case WV_OPTION_TEXT:
        *(struct wv_slice *)member =
            wv_slice_of(option->fallback_text == NULL ? "" : option->fallback_text);
        break;
    case WV_OPTION_NAMES:
        *(struct wv_name_list *)member = (struct wv_name_list){0};
        break;
    case WV_OPTION_ANY:
        *(json_t **)member = NULL;
        break;
    }
}

void wv_options_default(const struct wv_option *options, size_t count, void *target)
{
    for (size_t i = 0; i < count; i++) {
        set_default(&options[i], target);
    }
}

/* ---- One member each --------------------------------------------------------------------------
 */

/* "a, b, c", cut where there is no more room. */
static void list_names(const char *const *names, size_t count, char out[LIST_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const int put = snprintf(out + len, LIST_MAX - len, "%s%s", i == 0 ? "" : ", ", names[i]);
        if (put < 0 || (size_t)put >= LIST_MAX - len) {
            return;
        }
        len += (size_t)put;
    }
}

/* The range is checked before the value is narrowed to the member that will hold it. */
static bool bind_uint(const struct wv_option *option, const struct wv_node *node, uint32_t *out,
                      struct wv_report *report)
{
    const json_int_t number = json_integer_value(node->value);
    if (!json_is_integer(node->value) || number < (json_int_t)option->min ||
        number > (json_int_t)option->max) {
        const char *unit = option->unit;
        return wv_node_fail(node, report, "must be a whole number from %u to %u%s%s%s", option->min,
                            option->max, unit == NULL ? "" : " (", unit == NULL ? "" : unit,
                            unit == NULL ? "" : ")");
    }
    *out = (uint32_t)number;
    return true;
}

static bool bind_bool(const struct wv_node *node, bool *out, struct wv_report *report)
{
    if (!json_is_boolean(node->value)) {
        return wv_node_fail(node, report, "must be true or false");
    }
    *out = json_is_true(node->value);
    return true;
}

static bool bind_choice(const struct wv_option *option, const struct wv_node *node, uint32_t *out,
                        struct wv_report *report)
{
    const struct wv_slice word = wv_slice_of(json_string_value(node->value));
    size_t count = 0;
    for (; option->choices[count] != NULL; count++) {
        if (json_is_string(node->value) && wv_slice_eq(word, wv_slice_of(option->choices[count]))) {
            *out = (uint32_t)count;
            return true;
        }
    }
    char list[LIST_MAX];
    list_names(option->choices, count, list);
    const char *near = wv_nearest(word, option->choices, count);
    if (near != NULL) {
        return wv_node_fail(node, report, "must be one of: %s; did you mean \"%s\"?", list, near);
    }
    return wv_node_fail(node, report, "must be one of: %s", list);
}

static bool fail_memory(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "does not fit into memory: the documents are too large");
}

static bool bind_text(const struct wv_option *option, const struct wv_node *node,
                      struct wv_slice *out, struct wv_arena *arena, struct wv_report *report)
{
    struct wv_slice text;
    if (!wv_node_text(node, &text, report)) {
        return false;
    }
    if (text.len < option->min) {
        return wv_node_fail(node, report, "must not be shorter than %u bytes", option->min);
    }
    if (option->max != 0 && text.len > option->max) {
        return wv_node_fail(node, report, "must not be longer than %u bytes", option->max);
    }
    const struct wv_slice copy = wv_arena_copy(arena, text);
    if (copy.ptr == NULL) {
        return fail_memory(node, report);
    }
    *out = copy;
    return true;
}

static bool bind_names(const struct wv_option *option, const struct wv_node *node,
                       struct wv_name_list *out, struct wv_arena *arena, struct wv_report *report)
{
    if (!json_is_array(node->value)) {
        return wv_node_fail(node, report, "must be an array of strings");
    }
    const size_t count = json_array_size(node->value);
    if (count < option->min) {
        return wv_node_fail(node, report, "must hold at least %u names", option->min);
    }
    if (option->max != 0 && count > option->max) {
        return wv_node_fail(node, report, "must not hold more than %u names", option->max);
    }
    struct wv_slice *items = WV_ARENA_ARRAY(arena, count == 0 ? 1 : count, struct wv_slice);
    if (items == NULL) {
        return fail_memory(node, report);
    }
    bool whole = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_slice text;
        if (!wv_node_text(&element, &text, report)) {
            whole = false;
            continue;
        }
        items[i] = wv_arena_copy(arena, text);
        if (items[i].ptr == NULL) {
            return fail_memory(node, report);
        }
    }
    if (whole) {
        *out = (struct wv_name_list){items, count};
    }
    return whole;
}

static bool bind_member(const struct wv_option *option, const struct wv_node *node, void *target,
                        struct wv_arena *arena, struct wv_report *report)
{
    void *const member = member_of(target, option);
    switch (option->kind) {
    case WV_OPTION_UINT:
        return bind_uint(option, node, member, report);
    case WV_OPTION_BOOL:
        return bind_bool(node, member, report);
    case WV_OPTION_CHOICE:
        return bind_choice(option, node, member, report);
    case WV_OPTION_TEXT:
        return bind_text(option, node, member, arena, report);
    case WV_OPTION_NAMES:
        return bind_names(option, node, member, arena, report);
    case WV_OPTION_ANY:
        *(json_t **)member = node->value;
        return true;
    }
    wv_ensure(option->kind <= WV_OPTION_ANY);
    return false;
}

/* ---- The whole object -------------------------------------------------------------------------
 */

static bool is_known(const struct wv_option *options, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, key) == 0) {
            return true;
        }
    }
    return false;
}

enum { NAMES_MAX = 64 };

static bool fail_unknown(const struct wv_node *node, const char *key,
                         const struct wv_option *options, size_t count, struct wv_report *report)
{
    const char *names[NAMES_MAX];
    const size_t name_count = count < NAMES_MAX ? count : NAMES_MAX;
    for (size_t i = 0; i < name_count; i++) {
        names[i] = options[i].name;
    }
    const struct wv_node member = wv_node_member(node, key);
    const char *near = wv_nearest(wv_slice_of(key), names, name_count);
    if (near != NULL) {
        return wv_node_key_fail(&member, report, "unknown member \"%.64s\"; did you mean \"%s\"?",
                                key, near);
    }
    char list[LIST_MAX];
    list_names(names, name_count, list);
    return wv_node_key_fail(&member, report, "unknown member \"%.64s\"; known: %s", key,
                            count == 0 ? "none" : list);
}

static bool check_unknown(const struct wv_node *node, const struct wv_option *options, size_t count,
                          struct wv_report *report)
{
    bool whole = true;
    json_t *const object = node->value; /* NULL: no member at all */
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *const key = json_object_iter_key(at);
        if (!is_known(options, count, key) && !is_remark(key)) {
            whole = fail_unknown(node, key, options, count, report);
        }
    }
    return whole;
}

bool wv_options_bind(const struct wv_node *node, const struct wv_option *options, size_t count,
                     void *target, struct wv_arena *arena, struct wv_report *report)
{
    wv_options_default(options, count, target);
    if (node->value != NULL && !json_is_object(node->value)) {
        return wv_node_fail(node, report, "must be an object");
    }
    bool whole = check_unknown(node, options, count, report);
    for (size_t i = 0; i < count; i++) {
        const struct wv_node member = wv_node_member(node, options[i].name);
        if (member.value == NULL && options[i].required) {
            whole = wv_node_fail(node, report, "\"%s\" is required: %s", options[i].name,
                                 options[i].help);
        } else if (member.value != NULL &&
                   !bind_member(&options[i], &member, target, arena, report)) {
            whole = false;
        }
    }
    return whole;
}

/* ---- Merging ----------------------------------------------------------------------------------
 */

static bool merge_numbers(enum wv_stricter stricter, uint32_t a, uint32_t b, uint32_t *out)
{
    if (stricter == WV_STRICTER_LOWER) {
        *out = a < b ? a : b;
        return true;
    }
    if (stricter == WV_STRICTER_HIGHER) {
        *out = a > b ? a : b;
        return true;
    }
    *out = a;
    return a == b;
}

static bool holds(const struct wv_name_list *list, struct wv_slice name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (wv_slice_eq(list->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool same_names(const struct wv_name_list *a, const struct wv_name_list *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++) {
        if (!wv_slice_eq(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool merge_names(enum wv_stricter stricter, struct wv_name_list a, struct wv_name_list b,
                        struct wv_name_list *out, struct wv_arena *arena)
{
    if (same_names(&a, &b)) {
        *out = a;
        return true;
    }
    if (stricter != WV_STRICTER_FEWER) {
        return false;
    }
    struct wv_slice *items = WV_ARENA_ARRAY(arena, a.count + 1, struct wv_slice);
    if (items == NULL) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < a.count; i++) {
        if (holds(&b, a.items[i])) {
            items[count++] = a.items[i];
        }
    }
    *out = (struct wv_name_list){items, count};
    return true;
}

static bool merge_member(const struct wv_option *option, const void *a, const void *b, void *out,
                         struct wv_arena *arena)
{
    const void *const left = const_member_of(a, option);
    const void *const right = const_member_of(b, option);
    void *const member = member_of(out, option);
    switch (option->kind) {
    case WV_OPTION_UINT:
    case WV_OPTION_CHOICE:
        return merge_numbers(option->stricter, *(const uint32_t *)left, *(const uint32_t *)right,
                             member);
    case WV_OPTION_BOOL: {
        uint32_t merged;
        const bool done =
            merge_numbers(option->stricter, *(const bool *)left, *(const bool *)right, &merged);
        *(bool *)member = merged != 0;
        return done;
    }
    case WV_OPTION_TEXT: {
        const struct wv_slice text = *(const struct wv_slice *)left;
        const bool same = wv_slice_eq(text, *(const struct wv_slice *)right);
        *(struct wv_slice *)member = text;
        return same;
    }
    case WV_OPTION_NAMES:
        return merge_names(option->stricter, *(const struct wv_name_list *)left,
                           *(const struct wv_name_list *)right, member, arena);
    case WV_OPTION_ANY: {
        json_t *const value = *(json_t *const *)left;
        const bool same = value == *(json_t *const *)right;
        *(json_t **)member = value;
        return same;
    }
    }
    wv_ensure(option->kind <= WV_OPTION_ANY);
    return false;
}

bool wv_options_merge(const struct wv_option *options, size_t count, const void *a, const void *b,
                      void *out, struct wv_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (!merge_member(&options[i], a, b, out, arena)) {
            return false;
        }
    }
    return true;
}
