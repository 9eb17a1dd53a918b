/*
 * tree.c — walks the tree of one AWS WAF record and lets the editor change its values.
 */
#include "bench/tree.h"

#include <stdlib.h>

enum { SCRATCH_BYTES = 4 * 1024 * 1024 };

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

static const struct wv_place *place_at(const struct wv_place *place, const char *key)
{
    uint32_t hint = 0;
    const struct wv_place *found = wv_place_member(place, wv_slice_of(key), &hint);
    wv_ensure(found != NULL);
    return found;
}

bool tree_init(struct tree *tree)
{
    static const struct wv_name_list none = {0};
    *tree = (struct tree){.plan = bench_plan_new()};
    tree->memory = malloc(2 * TREE_TEXT_MAX + SCRATCH_BYTES);
    if (tree->plan == NULL || tree->memory == NULL) {
        return false;
    }
    tree->tokens = wv_tokens_new(tree->plan->keyring, 64 * 1024);
    for (size_t i = 0; i < tree->plan->pack_count; i++) {
        if (strcmp(tree->plan->packs[i].name, "eu") == 0) {
            tree->pack = &tree->plan->packs[i];
        }
    }
    const struct wv_place *request = place_at(tree->plan->formats[0]->root, "httpRequest");
    tree->headers = place_at(request, "headers")->element->pairs->table;
    tree->scratch =
        (struct wv_scratch){.mem = tree->memory + 2 * TREE_TEXT_MAX, .cap = SCRATCH_BYTES};
    tree->context = (struct wv_context){
        .needles = &tree->needles,
        .own_hosts = &none,
        .parameters = tree->plan->parameters,
        .tokens = tree->tokens,
        .key = {.domain = WV_LIT("default/eu/default")},
        .scratch = &tree->scratch,
    };
    return tree->tokens != NULL && tree->pack != NULL;
}

void tree_fini(struct tree *tree)
{
    wv_tokens_free(tree->tokens);
    wv_plan_free(tree->plan);
    free(tree->memory);
}

const struct wv_rule *tree_rule(const struct tree *tree, enum wv_class class)
{
    return tree->pack->rulings[class].items[0].rule;
}

static struct wv_slice text_of(const json_t *value)
{
    return (struct wv_slice){(const uint8_t *)json_string_value(value), json_string_length(value)};
}

static bool is_literal(struct wv_slice text)
{
    return wv_slice_eq(text, WV_LIT("-")) || wv_slice_eq(text, WV_LIT("REDACTED"));
}

/* What stands in place of a value: itself, new text, or NULL when it goes. */
static json_t *edited(struct tree *tree, enum wv_class class, struct wv_slice name, json_t *value)
{
    if (!json_is_string(value) || is_literal(text_of(value))) {
        return json_incref(value);
    }
    const struct wv_value given = {.text = text_of(value), .name = name};
    const struct wv_rule *rule = tree_rule(tree, class);
    if (rule->token != WV_KIND_NONE) {
        tree->token(tree, class, rule, given.text);
    }
    struct wv_buf out = wv_buf_of(tree->memory, TREE_TEXT_MAX);
    switch (tree->edit(tree, class, &given, &out)) {
    case WV_HARMLESS:
        return json_incref(value);
    case WV_REPLACED:
        return json_stringn_nocheck((const char *)out.mem, out.len);
    case WV_REMOVED:
    case WV_FAILED:
        break;
    }
    return NULL;
}

/* False when the member went. */
static bool edit_member(struct tree *tree, json_t *object, const char *key, enum wv_class class,
                        struct wv_slice name)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL) {
        return true;
    }
    json_t *made = edited(tree, class, name, value);
    if (made == NULL) {
        json_object_del(object, key);
        return false;
    }
    if (made == value) {
        json_decref(made);
    } else {
        json_object_set_new_nocheck(object, key, made);
    }
    return true;
}

static void edit_time(json_t *object, const char *key, uint32_t seconds)
{
    json_t *value = json_object_get(object, key);
    if (json_is_integer(value)) {
        const json_int_t ms = json_integer_value(value);
        json_integer_set(value, ms - ms % ((json_int_t)seconds * 1000));
    }
}

static struct wv_slice lower_name(const json_t *pair, uint8_t *memory, size_t cap)
{
    const struct wv_slice name = text_of(json_object_get(pair, "name"));
    if (name.len > cap) {
        return (struct wv_slice){0};
    }
    for (size_t i = 0; i < name.len; i++) {
        memory[i] = wv_lower(name.ptr[i]);
    }
    return (struct wv_slice){memory, name.len};
}

static enum wv_class class_of_header(const struct tree *tree, struct wv_slice name)
{
    enum wv_class class;
    return wv_names_find(tree->headers, name, &class) ? class : WV_CLASS_HEADER;
}

static void edit_headers(struct tree *tree, json_t *headers)
{
    for (size_t i = 0; i < json_array_size(headers);) {
        uint8_t memory[WV_NAME_MAX];
        json_t *pair = json_array_get(headers, i);
        const struct wv_slice name = lower_name(pair, memory, sizeof memory);
        if (edit_member(tree, pair, "value", class_of_header(tree, name), name)) {
            i++;
        } else {
            json_array_remove(headers, i);
        }
    }
}

static void edit_matches(struct tree *tree, json_t *details)
{
    size_t i;
    json_t *detail;
    json_array_foreach(details, i, detail)
    {
        json_t *pieces = json_object_get(detail, "matchedData");
        if (pieces != NULL && tree->crosses(tree, pieces)) {
            json_object_del(detail, "matchedData");
            continue;
        }
        for (size_t k = 0; k < json_array_size(pieces);) {
            json_t *made = edited(tree, WV_CLASS_MATCHED_PAYLOAD, (struct wv_slice){0},
                                  json_array_get(pieces, k));
            if (made == NULL) {
                json_array_remove(pieces, k);
            } else {
                json_array_set_new(pieces, k++, made);
            }
        }
        edit_member(tree, detail, "matchedFieldName", WV_CLASS_FREE_TEXT, (struct wv_slice){0});
    }
}

static void edit_rules(struct tree *tree, json_t *rules)
{
    size_t i;
    json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        edit_matches(tree, json_object_get(rule, "ruleMatchDetails"));
    }
}

static void edit_groups(struct tree *tree, json_t *groups)
{
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group)
    {
        json_t *last = json_object_get(group, "terminatingRule");
        edit_matches(tree, json_object_get(last, "ruleMatchDetails"));
        edit_rules(tree, json_object_get(group, "nonTerminatingMatchingRules"));
        edit_rules(tree, json_object_get(group, "excludedRules"));
    }
}

static enum wv_class class_of_key(const struct tree *tree, const json_t *pair, struct wv_slice name)
{
    const char *key = json_string_value(json_object_get(pair, "key"));
    if (key == NULL || strcmp(key, "HEADER") == 0) {
        return class_of_header(tree, name);
    }
    if (strcmp(key, "FORWARDED_IP") == 0) {
        return WV_CLASS_FORWARDED_IP;
    }
    return strcmp(key, "HTTP_METHOD") == 0 ? WV_CLASS_NONE : WV_CLASS_SESSION_ID;
}

static void edit_rates(struct tree *tree, json_t *rates)
{
    size_t i;
    json_t *rate;
    json_array_foreach(rates, i, rate)
    {
        edit_member(tree, rate, "limitValue", WV_CLASS_CLIENT_IP, (struct wv_slice){0});
        json_t *values = json_object_get(rate, "customValues");
        for (size_t k = 0; k < json_array_size(values);) {
            uint8_t memory[WV_NAME_MAX];
            json_t *pair = json_array_get(values, k);
            const struct wv_slice name = lower_name(pair, memory, sizeof memory);
            if (edit_member(tree, pair, "value", class_of_key(tree, pair, name), name)) {
                k++;
            } else {
                json_array_remove(values, k);
            }
        }
    }
}

static enum wv_class class_of_label(struct wv_slice label)
{
    if (wv_slice_starts(label, WV_LIT("awswaf:clientip:geo:"))) {
        return WV_CLASS_GEO;
    }
    return wv_slice_starts(label, WV_LIT("awswaf:managed:token:id:")) ? WV_CLASS_DEVICE_ID
                                                                      : WV_CLASS_NONE;
}

static void edit_labels(struct tree *tree, json_t *labels)
{
    for (size_t i = 0; i < json_array_size(labels);) {
        json_t *label = json_array_get(labels, i);
        const enum wv_class class = class_of_label(text_of(json_object_get(label, "name")));
        if (edit_member(tree, label, "name", class, (struct wv_slice){0})) {
            i++;
        } else {
            json_array_remove(labels, i);
        }
    }
}

static void add_needle(struct tree *tree, struct wv_slice text)
{
    struct wv_needles *needles = &tree->needles;
    struct wv_address address;
    if (needles->count < WV_NEEDLES_MAX && wv_address_parse(text, &address) == WV_ADDRESS_VALID) {
        needles->items[needles->count++] = (struct wv_needle){.address = address};
    }
}

/* What must be known of the record before its values are edited. */
static void look(struct tree *tree, const json_t *root, const json_t *request)
{
    const struct wv_slice host = text_of(json_object_get(request, "host"));
    const size_t len = host.len < sizeof tree->host ? host.len : 0;
    for (size_t i = 0; i < len; i++) {
        tree->host[i] = (char)wv_lower(host.ptr[i]);
    }
    tree->context.host = (struct wv_slice){(const uint8_t *)tree->host, len};
    tree->context.key.time_s = json_integer_value(json_object_get(root, "timestamp")) / 1000;
    tree->needles.count = 0;
    add_needle(tree, text_of(json_object_get(request, "clientIp")));
}

static void edit_request(struct tree *tree, json_t *request)
{
    static const struct {
        const char *key;
        enum wv_class class;
    } members[] = {
        {"clientIp", WV_CLASS_CLIENT_IP},
        {"country", WV_CLASS_GEO},
        {"uri", WV_CLASS_URI_PATH},
        {"args", WV_CLASS_QUERY},
        {"requestId", WV_CLASS_REQUEST_ID},
        {"fragment", WV_CLASS_QUERY},
        {"host", WV_CLASS_HOST},
    };
    for (size_t i = 0; i < WV_COUNT(members); i++) {
        edit_member(tree, request, members[i].key, members[i].class, (struct wv_slice){0});
    }
    edit_headers(tree, json_object_get(request, "headers"));
}

static void edit_record(struct tree *tree, json_t *root)
{
    json_t *request = json_object_get(root, "httpRequest");
    look(tree, root, request);
    edit_time(root, "timestamp", 60);
    edit_matches(tree, json_object_get(root, "terminatingRuleMatchDetails"));
    edit_groups(tree, json_object_get(root, "ruleGroupList"));
    edit_rates(tree, json_object_get(root, "rateBasedRuleList"));
    edit_rules(tree, json_object_get(root, "nonTerminatingMatchingRules"));
    edit_request(tree, request);
    edit_labels(tree, json_object_get(root, "labels"));
    edit_member(tree, root, "ja3Fingerprint", WV_CLASS_FINGERPRINT_JA3, (struct wv_slice){0});
    edit_member(tree, root, "ja4Fingerprint", WV_CLASS_FINGERPRINT_JA4, (struct wv_slice){0});
}

size_t tree_transform(struct tree *tree, struct wv_slice record, char *out, size_t cap)
{
    json_t *root = json_loadb((const char *)record.ptr, record.len, 0, NULL);
    if (root == NULL) {
        return 0;
    }
    tree->made = json_object();
    edit_record(tree, root);
    json_object_set_new(root, "_wafveil",
                        json_pack("{s:i, s:s, s:s, s:o}", "v", 1, "pack", tree->pack->version,
                                  "kind", "tokenised", "tokens", tree->made));
    const size_t len = json_dumpb(root, out, cap, JSON_COMPACT);
    json_decref(root);
    return len <= cap ? len : 0;
}
