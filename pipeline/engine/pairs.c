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

/* The decoded text in lower case, living as long as the record; {0} when there is no room. */
static struct wv_slice lower_text(struct wv_worker *worker, const struct wv_field *field)
{
    const struct wv_slice text = wv_field_text(worker, field);
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

static bool class_of(struct wv_worker *worker, const struct wv_pairs *pairs,
                     const struct pair *pair, struct wv_slice name, enum wv_class *class)
{
    const struct wv_name_table *table = pairs->table;
    *class = WV_CLASS_HEADER;
    if (pairs->select != NULL &&
        (pair->selects != 1 || pair->select->kind != WV_STRING ||
         !selected(pairs, wv_field_text(worker, pair->select), &table, class))) {
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
    enum wv_class class;
    struct wv_slice name = {0};
    /* With a selector, a name is only needed where the selector's table asks for one. */
    const bool named = pair.names == 1 && pair.name->kind == WV_STRING;
    const bool readable =
        (named || (pairs->select != NULL && pair.names <= 1)) && pair.values > 0 && pair.plain;
    if (named) {
        name = lower_text(worker, pair.name);
    }
    if (!readable || (named && name.len == 0) || !class_of(worker, pairs, &pair, name, &class)) {
        unit->doomed = true;
        return;
    }
    for (uint32_t i = object + 1; i < unit->skip; i++) {
        struct wv_field *field = &worker->fields[i];
        if (field->place == pairs->value) {
            field->class = (uint8_t) class;
            field->name = name;
        }
    }
}
