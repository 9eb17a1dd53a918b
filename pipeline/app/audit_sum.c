/*
 * audit_sum.c — what the windows of audit records counted, added up.
 */
#include "app/audit_sum.h"

#include "plan/classes.h"

#include <stdio.h>

enum { KEY_MAX = 4 * WV_LEDGER_TEXT, COUNT_MAX_BITS = 53 };

bool wv_audit_sum_init(struct wv_audit_sum *sum, const struct wv_audit_filter *filter)
{
    *sum = (struct wv_audit_sum){.filter = *filter, .chains = json_object()};
    return sum->chains != NULL;
}

void wv_audit_sum_fini(struct wv_audit_sum *sum)
{
    json_decref(sum->chains);
    *sum = (struct wv_audit_sum){0};
}

uint64_t wv_audit_sum_of(const json_t *sums, const char *name)
{
    const json_int_t number = json_integer_value(json_object_get(sums, name));
    const json_int_t most = (json_int_t)1 << COUNT_MAX_BITS;
    return number < 0 ? 0 : (uint64_t)(number > most ? most : number);
}

/* Adds to a number, which is made where there is none and the sum has room for it. */
static void add(struct wv_audit_sum *sum, json_t *to, const char *name, uint64_t number)
{
    const uint64_t most = UINT64_C(1) << COUNT_MAX_BITS;
    json_t *old = json_object_get(to, name);
    if (number == 0 || to == NULL) {
        return;
    }
    if (old == NULL && sum != NULL && sum->sums++ >= WV_AUDIT_SUMS_MAX) {
        sum->incomplete = true;
        return;
    }
    number += wv_audit_sum_of(to, name);
    wv_ensure(json_object_set_new(to, name,
                                  json_integer((json_int_t)(number > most ? most : number))) == 0);
}

/* The object of that name, made where there is none; NULL: the sum has no room for it. */
static json_t *inner(struct wv_audit_sum *sum, json_t *in, const char *name)
{
    json_t *object = json_object_get(in, name);
    if (object != NULL || in == NULL) {
        return object;
    }
    if (sum != NULL && sum->sums++ >= WV_AUDIT_SUMS_MAX) {
        sum->incomplete = true;
        return NULL;
    }
    object = json_object();
    wv_ensure(object != NULL && json_object_set_new(in, name, object) == 0);
    return object;
}

/* Printable ASCII, cut to a length: what other people wrote. */
static const char *word(const json_t *object, const char *name, char out[WV_LEDGER_TEXT])
{
    const char *text = json_string_value(json_object_get(object, name));
    size_t at = 0;
    for (; text != NULL && text[at] != '\0' && at < WV_LEDGER_TEXT - 1; at++) {
        out[at] = text[at] >= ' ' && text[at] <= '~' ? text[at] : '?';
    }
    out[at] = '\0';
    return at == 0 ? "-" : out;
}

static const char *class_word(const char *name)
{
    enum wv_class class;
    return wv_class_find(wv_slice_of(name), &class) ? wv_class_word(class) : "?";
}

/* Each class of an object, once under its name and once more under a word. */
static void add_classes(struct wv_audit_sum *sum, json_t *by_class, const json_t *counts,
                        const char *under)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)counts, name, value)
    {
        json_t *to = under == NULL ? by_class : inner(sum, by_class, class_word(name));
        add(sum, to, under == NULL ? class_word(name) : under, wv_audit_sum_of(counts, name));
    }
}

static void add_output(struct wv_audit_sum *sum, json_t *chain, const json_t *output)
{
    char kind[WV_LEDGER_TEXT], purpose[WV_LEDGER_TEXT], basis[WV_LEDGER_TEXT];
    char recipient[WV_LEDGER_TEXT], country[WV_LEDGER_TEXT];
    char key[KEY_MAX];
    char who[KEY_MAX];
    (void)snprintf(key, sizeof key, "%s, %s", word(output, "kind", kind),
                   word(output, "purpose", purpose));
    (void)snprintf(who, sizeof who, "%s (%s, %s)", word(output, "recipient", recipient),
                   word(output, "country", country), word(output, "basis", basis));
    add_classes(sum, inner(sum, chain, "disclosed"), json_object_get(output, "disclosed"), key);
    add(sum, inner(sum, inner(sum, chain, "recipients"), key), who,
        wv_audit_sum_of(output, "published"));
    add(sum, chain, "withheld", wv_audit_sum_of(output, "withheld"));
}

/* Whether a group counts: its records fall under the region, or nobody knows under which. */
static bool is_meant(const struct wv_audit_sum *sum, const json_t *regions, bool *elsewhere)
{
    size_t index;
    const json_t *value;
    bool meant = sum->filter.region == NULL;
    *elsewhere = false;
    json_array_foreach(regions, index, value)
    {
        const char *text = json_string_value(value);
        const size_t len = text == NULL ? 0 : strcspn(text, "@");
        *elsewhere = *elsewhere || (text != NULL && strcmp(text, "*") == 0);
        meant = meant || (text != NULL && len == strlen(sum->filter.region) &&
                          memcmp(text, sum->filter.region, len) == 0);
    }
    return meant || *elsewhere;
}

static void add_packs(struct wv_audit_sum *sum, json_t *chain, const json_t *group)
{
    size_t index;
    const json_t *value;
    char text[WV_LEDGER_TEXT];
    json_array_foreach(json_object_get(group, "regions"), index, value)
    {
        json_t *holder = json_pack("{s:O}", "pack", (json_t *)(uintptr_t)value);
        wv_ensure(holder != NULL);
        add(sum, inner(sum, chain, "packs"), word(holder, "pack", text),
            wv_audit_sum_of(group, "records"));
        json_decref(holder);
    }
}

static void add_group(struct wv_audit_sum *sum, json_t *chain, const json_t *group)
{
    char input[WV_LEDGER_TEXT], format[WV_LEDGER_TEXT];
    char source[KEY_MAX];
    bool elsewhere;
    if (!is_meant(sum, json_object_get(group, "regions"), &elsewhere)) {
        return;
    }
    const json_t *collected = json_object_get(group, "collected");
    (void)snprintf(source, sizeof source, "%s (%s)", word(group, "input", input),
                   word(group, "format", format));
    add(sum, chain, "records", wv_audit_sum_of(group, "records"));
    add(sum, chain, "elsewhere", elsewhere ? wv_audit_sum_of(group, "records") : 0);
    add_classes(sum, inner(sum, chain, "collected"), collected, NULL);
    add_classes(sum, inner(sum, chain, "sources"), collected, source);
    add_packs(sum, chain, group);
    size_t index;
    const json_t *output;
    json_array_foreach(json_object_get(group, "outputs"), index, output)
    {
        add_output(sum, chain, output);
    }
}

void wv_audit_sum_add(struct wv_audit_sum *sum, const json_t *record)
{
    char event[WV_LEDGER_TEXT], from[WV_LEDGER_TEXT], id[WV_LEDGER_TEXT];
    if (strcmp(word(record, "event", event), "window") != 0) {
        return;
    }
    (void)word(record, "from", from);
    if (strncmp(from, sum->filter.from, WV_AUDIT_DAY - 1) < 0 ||
        strncmp(from, sum->filter.until, WV_AUDIT_DAY - 1) > 0) {
        return;
    }
    json_t *chain = inner(sum, sum->chains, word(record, "chain", id));
    add(sum, chain, "windows", 1);
    add(sum, chain, "unread", wv_audit_sum_of(record, "unread"));
    size_t index;
    const json_t *group;
    json_array_foreach(json_object_get(record, "groups"), index, group)
    {
        add_group(sum, chain, group);
    }
}

/* Objects of sums are three deep at most. */
static void merge(json_t *to, const json_t *from, int depth)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from, name, value)
    {
        if (json_is_object(value) && depth > 0) {
            merge(inner(NULL, to, name), value, depth - 1);
        } else {
            add(NULL, to, name, wv_audit_sum_of(from, name));
        }
    }
}

void wv_audit_sum_total(const struct wv_audit_sum *sum, const char *chain, json_t *total)
{
    merge(total, json_object_get(sum->chains, chain), 3);
}
