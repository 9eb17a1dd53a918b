/*
 * tree.c — walks the tree of one AWS WAF record and lets the editor change its values.
 */
#include "bench/tree.h"

#include "plan/builtin.h"

enum { HEADER_MAX = 128 };

const uint8_t bench_seed[WV_SECRET_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};

struct wv_plan *bench_plan_new(void)
{
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return NULL;
    }
    struct wv_plan *plan = NULL;
    struct wv_config *config = wv_config_builtin("aws-waf", "eu", report);
    struct wv_keyring *keyring = wv_keyring_throwaway(bench_seed, report);
    if (config != NULL && keyring != NULL) {
        plan = wv_plan_build(config, keyring, report);
    }
    if (plan == NULL) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return plan;
}

/* Which header holds what, from the product's table: name to class. */
static json_t *read_headers(void)
{
    const struct wv_builtin *file = wv_builtin_find("names", "http-headers");
    json_t *root = file == NULL ? NULL : json_loadb((const char *)file->bytes, file->len, 0, NULL);
    json_t *headers = json_object();
    const char *word;
    json_t *list;
    json_object_foreach(root, word, list)
    {
        enum wv_class class;
        for (size_t i = 0; wv_class_find(wv_slice_of(word), &class) && i < json_array_size(list);
             i++) {
            const char *name = json_string_value(json_array_get(list, i));
            json_object_set_new(headers, name, json_integer((json_int_t) class));
        }
    }
    json_decref(root);
    return headers;
}

bool tree_init(struct tree *tree)
{
    tree->plan = bench_plan_new();
    if (tree->plan == NULL) {
        return false;
    }
    for (size_t i = 0; i < tree->plan->pack_count; i++) {
        if (strcmp(tree->plan->packs[i].name, "eu") == 0) {
            tree->pack = &tree->plan->packs[i];
        }
    }
    tree->headers = read_headers();
    tree->domain = WV_LIT("default/eu/default");
    return tree->pack != NULL && json_object_size(tree->headers) > 0;
}

void tree_fini(struct tree *tree)
{
    json_decref(tree->headers);
    wv_plan_free(tree->plan);
}

const struct wv_rule *tree_rule(const struct tree *tree, enum wv_class class)
{
    return tree->pack->rulings[class].items[0].rule;
}

void tree_add_token(struct tree *tree, enum wv_class class, struct wv_slice token)
{
    const char *word = wv_class_word(class);
    json_t *known = json_object_get(tree->made, word);
    json_t *made = json_stringn_nocheck((const char *)token.ptr, token.len);
    if (known == NULL) {
        json_object_set_new_nocheck(tree->made, word, made);
        return;
    }
    json_t *list = json_is_array(known) ? known : json_pack("[O]", known);
    bool again = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        again = again || json_equal(json_array_get(list, i), made);
    }
    if (again) {
        json_decref(made);
    } else {
        json_array_append_new(list, made);
    }
    if (list != known && again) {
        json_decref(list);
    } else if (list != known) {
        json_object_set_new_nocheck(tree->made, word, list);
    }
}

struct wv_slice tree_text(const json_t *value)
{
    return (struct wv_slice){(const uint8_t *)json_string_value(value), json_string_length(value)};
}

/* Words that say that the firewall has no value, or took it away. */
static bool is_literal(const struct tree *tree, enum wv_class class, struct wv_slice text)
{
    const struct wv_format *format = tree->plan->inputs[0].format;
    for (size_t i = 0; class != WV_CLASS_HEADER && i < format->literal_count; i++) {
        if (wv_slice_eq(format->literals[i], text)) {
            return true;
        }
    }
    return false;
}

/* Moments are whole numbers of milliseconds, or of seconds in answers to challenges. */
static bool edit_number(enum wv_class class, json_t *value)
{
    const json_int_t number = json_integer_value(value);
    const json_int_t step = number < 100000000000 ? 60 : 60000;
    if (class == WV_CLASS_TIMESTAMP && json_is_integer(value) && number >= 0) {
        json_integer_set(value, number - number % step);
        return true;
    }
    return class == WV_CLASS_NONE;
}

/* Changes a value in place. False: it goes. */
static bool edit_leaf(struct tree *tree, enum wv_class class, struct wv_slice name, json_t *value)
{
    if (json_is_number(value)) {
        return edit_number(class, value);
    }
    if (!json_is_string(value)) {
        return json_is_null(value) || class == WV_CLASS_NONE;
    }
    const struct wv_value given = {.text = tree_text(value), .name = name};
    if (is_literal(tree, class, given.text)) {
        return true;
    }
    const struct wv_rule *rule = tree_rule(tree, class);
    if (rule->token != WV_KIND_NONE && given.text.len > 0) {
        tree->token(tree, class, rule, given.text);
    }
    struct wv_buf out = wv_buf_of(tree->out, sizeof tree->out);
    const enum wv_verdict verdict = tree->edit(tree, class, &given, &out);
    if (verdict == WV_REPLACED) {
        return !out.overflowed &&
               json_string_setn_nocheck(value, (const char *)out.mem, out.len) == 0;
    }
    return verdict == WV_HARMLESS;
}

/* In lower case, with a NUL behind it; empty when it does not fit. */
static struct wv_slice lower(struct wv_slice text, char *memory, size_t cap)
{
    const size_t len = text.len < cap ? text.len : 0;
    for (size_t i = 0; i < len; i++) {
        memory[i] = (char)wv_lower(text.ptr[i]);
    }
    memory[len] = '\0';
    return (struct wv_slice){(const uint8_t *)memory, len};
}

/* The name is one that lower() made. */
static enum wv_class class_of_header(const struct tree *tree, struct wv_slice name)
{
    const json_t *class = json_object_get(tree->headers, (const char *)name.ptr);
    return class == NULL ? WV_CLASS_HEADER : (enum wv_class)json_integer_value(class);
}

/* What the value of a pair is. False: nobody knows. */
static bool class_of_pair(const struct tree *tree, const struct wv_place *place, const json_t *pair,
                          struct wv_slice name, enum wv_class *class)
{
    const struct wv_pairs *pairs = place->pairs;
    if (pairs->select == NULL) {
        *class = class_of_header(tree, name);
        return name.len > 0;
    }
    const struct wv_slice select = tree_text(json_object_get(pair, "key"));
    for (size_t i = 0; i < pairs->selection_count; i++) {
        if (wv_slice_eq(pairs->selections[i].select, select)) {
            *class = pairs->selections[i].table != NULL ? class_of_header(tree, name)
                                                        : pairs->selections[i].class;
            return true;
        }
    }
    return false;
}

/* A label of a place or of a device says so by how it begins. */
static enum wv_class class_of_leaf(const struct wv_place *place, const json_t *value)
{
    const struct wv_slice text = tree_text(value);
    for (size_t i = 0; i < place->prefix_count; i++) {
        if (wv_slice_starts(text, place->prefixes[i].text)) {
            return place->prefixes[i].class;
        }
    }
    return place->class;
}

static bool edit_node(struct tree *tree, const struct wv_place *place, json_t *value);

static bool edit_pair_value(struct tree *tree, const struct wv_place *place, const json_t *pair,
                            json_t *value)
{
    char memory[HEADER_MAX];
    const struct wv_slice name =
        lower(tree_text(json_object_get(pair, "name")), memory, sizeof memory);
    enum wv_class class;
    return json_is_string(value) && class_of_pair(tree, place, pair, name, &class) &&
           edit_leaf(tree, class, name, value);
}

static bool edit_object(struct tree *tree, const struct wv_place *place, json_t *object)
{
    const char *key;
    json_t *value;
    void *next;
    uint32_t hint = 0;
    json_object_foreach_safe(object, next, key, value)
    {
        const struct wv_place *member = wv_place_member(place, wv_slice_of(key), &hint);
        if (member != NULL && (place->pairs != NULL && member == place->pairs->value
                                   ? edit_pair_value(tree, place, object, value)
                                   : edit_node(tree, member, value))) {
            continue;
        }
        if (member != NULL && member->whole) {
            return false;
        }
        json_object_del(object, key);
    }
    return true;
}

static bool edit_array(struct tree *tree, const struct wv_place *place, json_t *array)
{
    if (place->joined && tree->crosses(tree, array)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(array);) {
        if (edit_node(tree, place->element, json_array_get(array, i))) {
            i++;
        } else {
            json_array_remove(array, i);
        }
    }
    return true;
}

/* False: it goes. The depth of the format bounds the recursion, whatever the record is. */
static bool edit_node(struct tree *tree, const struct wv_place *place, json_t *value)
{
    if (json_is_object(value)) {
        return place->member_count > 0 && edit_object(tree, place, value);
    }
    if (json_is_array(value)) {
        return place->element != NULL && edit_array(tree, place, value);
    }
    return json_is_null(value) || (place->leaf && edit_leaf(tree, class_of_leaf(place, value),
                                                            (struct wv_slice){0}, value));
}

static void look_at_node(struct tree *tree, const struct wv_place *place, const json_t *value);

static void look_at_pair_value(struct tree *tree, const struct wv_place *place, const json_t *pair,
                               const json_t *value)
{
    char memory[HEADER_MAX];
    const struct wv_slice name =
        lower(tree_text(json_object_get(pair, "name")), memory, sizeof memory);
    enum wv_class class;
    if (json_is_string(value) && class_of_pair(tree, place, pair, name, &class)) {
        tree->learn(tree, class, name, tree_text(value));
    }
}

static void look_at_object(struct tree *tree, const struct wv_place *place, const json_t *object)
{
    const char *key;
    json_t *value;
    uint32_t hint = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const struct wv_place *member = wv_place_member(place, wv_slice_of(key), &hint);
        if (member != NULL && place->pairs != NULL && member == place->pairs->value) {
            look_at_pair_value(tree, place, object, value);
        } else if (member != NULL) {
            look_at_node(tree, member, value);
        }
    }
}

/* As edit_node() walks. */
static void look_at_node(struct tree *tree, const struct wv_place *place, const json_t *value)
{
    if (json_is_object(value)) {
        look_at_object(tree, place, value);
    } else if (json_is_array(value) && place->element != NULL) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            look_at_node(tree, place->element, json_array_get(value, i));
        }
    } else if (json_is_string(value) && place->leaf) {
        tree->learn(tree, class_of_leaf(place, value), (struct wv_slice){0}, tree_text(value));
    }
}

static void look_at_host(struct tree *tree, struct wv_slice host)
{
    const uint8_t *colon = host.len == 0 ? NULL : memchr(host.ptr, ':', host.len);
    host.len = colon == NULL ? host.len : (size_t)(colon - host.ptr);
    tree->host = lower(host, tree->host_text, sizeof tree->host_text);
}

/* What must be known of the record before its values are edited. */
static void look(struct tree *tree, const json_t *root)
{
    const json_t *request = json_object_get(root, "httpRequest");
    tree->time_s = json_integer_value(json_object_get(root, "timestamp")) / 1000;
    look_at_host(tree, tree_text(json_object_get(request, "host")));
    look_at_node(tree, tree->plan->inputs[0].format->root, root);
}

static void annotate(struct tree *tree, json_t *root)
{
    const bool tokens = json_object_size(tree->made) > 0;
    json_t *note = json_pack("{s:i, s:s, s:s}", "v", 1, "pack", tree->pack->version, "kind",
                             tokens ? "tokenised" : "generalised");
    if (tokens) {
        json_object_set_nocheck(note, "tokens", tree->made);
    }
    json_object_set_new_nocheck(root, "_wafveil", note);
}

size_t tree_transform(struct tree *tree, struct wv_slice record, char *out, size_t cap)
{
    json_t *root = json_loadb((const char *)record.ptr, record.len, 0, NULL);
    if (root == NULL) {
        return 0;
    }
    tree->made = json_object();
    look(tree, root);
    edit_object(tree, tree->plan->inputs[0].format->root, root);
    annotate(tree, root);
    const size_t len = json_dumpb(root, out, cap, JSON_COMPACT);
    json_decref(tree->made);
    json_decref(root);
    return len <= cap ? len : 0;
}
