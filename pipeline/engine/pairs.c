/*
 * pairs.c — objects in which one member names what another one holds.
 *
 * {"name": "Cookie", "value": "…"}: the class of the value is known only when the object is closed,
 * because members come in any order. An object with two names, with none, with a name or value that
 * is no string, or with a selector that nobody knows gets the strictest rule of all: it goes.
 */
#include "engine/work.h"

struct pair {
    const struct wv_field *name;
    const struct wv_field *select;
    size_t names;
    size_t selects;
    size_t values;
    bool plain; /* every value is a string */
};

static struct pair look(struct wv_worker *worker, uint32_t object, const struct wv_pairs *pairs)
{
    struct pair pair = {.plain = true};
    const struct wv_field *unit = &worker->fields[object];
    for (uint32_t i = object + 1; i < unit->skip; i = worker->fields[i].skip) {
        const struct wv_field *field = &worker->fields[i];
        if (field->place == NULL) {
            pair.plain = pair.plain && !pairs->positional; /* an array of more than two */
            continue;
        }
        if (field->place == pairs->name) {
            pair.name = field;
            pair.names++;
        } else if (field->place == pairs->select) {
            pair.select = field;
            pair.selects++;
        } else if (field->place == pairs->value) {
            pair.values++;
            pair.plain = pair.plain && field->kind == WV_STRING;
        }
    }
    return pair;
}

/* The text in lower case, living as long as the record; {0} when there is no room. */
static struct wv_slice lower_text(struct wv_worker *worker, struct wv_slice text)
{
    uint8_t *lower = wv_scratch_take(&worker->kept, text.len);
    if (lower == NULL) {
        return (struct wv_slice){0};
    }
    for (size_t i = 0; i < text.len; i++) {
        lower[i] = wv_lower(text.ptr[i]);
    }
    return (struct wv_slice){lower, text.len};
}

/* False when nothing is known of such a selector. */
static bool selected(const struct wv_pairs *pairs, struct wv_slice select,
                     const struct wv_name_table **table, enum wv_class *class)
{
    for (size_t i = 0; i < pairs->selection_count; i++) {
        if (wv_slice_eq(pairs->selections[i].select, select)) {
            *table = pairs->selections[i].table;
            *class = pairs->selections[i].class;
            return true;
        }
    }
    return false;
}

/* What a member of a pair says: a string, or a number as it is written. */
static struct wv_slice said(struct wv_worker *worker, const struct wv_field *field)
{
    return field->kind == WV_NUMBER ? wv_slice_sub(worker->text, field->start, field->end)
                                    : wv_field_text(worker, field);
}

/* Cuts a name that holds the selector, too. */
static void cut(uint8_t separator, struct wv_slice *name, struct wv_slice *select)
{
    size_t at = 0;
    while (at < name->len && name->ptr[at] != separator) {
        at++;
    }
    *select = wv_slice_sub(*name, 0, at);
    *name = at == name->len ? (struct wv_slice){0} : wv_slice_sub(*name, at + 1, name->len);
}

/* What the pair is called, and by what its class is selected. False: it cannot be told. */
static bool read_names(struct wv_worker *worker, const struct wv_pairs *pairs,
                       const struct pair *pair, struct wv_slice *name, struct wv_slice *select)
{
    const bool named = pair->names == 1 && pair->name->kind == WV_STRING;
    const bool selected =
        pair->selects == 1 && (pair->select->kind == WV_STRING || pair->select->kind == WV_NUMBER);
    *name = named ? said(worker, pair->name) : (struct wv_slice){0};
    *select = selected ? said(worker, pair->select) : (struct wv_slice){0};
    if (pairs->separator != 0) {
        cut(pairs->separator, name, select);
        return named;
    }
    if (named && name->len == 0) {
        return false;
    }
    /* With a selector, a name is only needed where the selector's table asks for one. */
    return pairs->select == NULL ? named : selected && pair->names <= 1;
}

static bool class_of(const struct wv_pairs *pairs, struct wv_slice name, struct wv_slice select,
                     enum wv_class *class)
{
    const struct wv_name_table *table = pairs->table;
    *class = WV_CLASS_HEADER;
    if (pairs->select != NULL && !selected(pairs, select, &table, class)) {
        return false;
    }
    if (table != NULL && !wv_names_find(table, name, class)) {
        *class = WV_CLASS_HEADER;
    }
    return true;
}

void wv_pairs_resolve(struct wv_worker *worker, uint32_t object)
{
    struct wv_field *unit = &worker->fields[object];
    const struct wv_pairs *pairs = unit->place->pairs;
    const struct pair pair = look(worker, object, pairs);
    struct wv_slice name;
    struct wv_slice select;
    enum wv_class class;
    const bool readable = read_names(worker, pairs, &pair, &name, &select);
    const struct wv_slice lower = lower_text(worker, name);
    if (!readable || pair.values == 0 || !pair.plain || lower.len != name.len ||
        !class_of(pairs, lower, select, &class)) {
        wv_field_doom(unit);
        return;
    }
    for (uint32_t i = object + 1; i < unit->skip; i++) {
        struct wv_field *field = &worker->fields[i];
        if (field->place == pairs->value) {
            field->class = (uint8_t) class;
            field->name = lower;
        } else if (pairs->select != NULL && field->place == pairs->name) {
            /* What a cookie or parameter is called, the client decides. */
            field->class = WV_CLASS_FREE_TEXT;
        }
    }
}
