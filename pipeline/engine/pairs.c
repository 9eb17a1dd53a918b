/*
 * pairs.c — objects in which one member names what another one holds.
 *
 * {"name": "Cookie", "value": "…"}: the class of the value is known only when the object is closed,
 * because members come in any order. An object with two names, with none, with a name or value that
 * is no string, or with a selector that nobody knows gets the strictest rule of all: it goes.
 */
#include "engine/work.h"

#include "json/text.h"

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

/* Whether the bytes between two strings are exactly these, and the second string is this key. */
static bool stands(const struct wv_worker *worker, uint32_t from, const char *between, size_t count,
                   uint32_t open, uint32_t close, struct wv_slice key)
{
    return open == from + count &&
           wv_bytes_eq(worker->text.ptr + from, (const uint8_t *)between, count) &&
           close - open - 1 == key.len &&
           wv_bytes_eq(worker->text.ptr + open + 1, key.ptr, key.len);
}

/* The bytes of a word that equal byte, as their highest bits; may add bytes above an equal one. */
static inline uint64_t equal_bytes(uint64_t word, uint8_t byte)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t zero = word ^ ones * byte;
    return (zero - ones) & ~zero & ones * 0x80;
}

/* ASCII capitals of a word, as their highest bits. */
static inline uint64_t capitals(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t low = word & ones * 0x7f;
    return (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~word & ones * 0x80;
}

/* The name in lower case; *plain: it has none of the bytes without which no address can be spelled.
 * Eight bytes at a time: at least so many of the record follow the name. */
static struct wv_slice plain_name(struct wv_worker *worker, struct wv_slice name, bool *plain)
{
    uint64_t odd = 0;
    uint8_t *lower = wv_scratch_take(&worker->kept, name.len + 8);
    if (lower == NULL) {
        return (struct wv_slice){0};
    }
    for (size_t i = 0; i < name.len; i += 8) {
        uint64_t word;
        memcpy(&word, name.ptr + i, sizeof word);
        const uint64_t small = word | capitals(word) >> 2;
        memcpy(lower + i, &small, sizeof small);
        /* What stands behind the name is a quote and a comma, which are not among these. */
        odd |= equal_bytes(word, '.') | equal_bytes(word, ':') | equal_bytes(word, '%') |
               equal_bytes(word, '&') | equal_bytes(word, 0xef); /* of a full-width letter */
    }
    *plain = odd == 0;
    return (struct wv_slice){lower, name.len};
}

/* A pair whose form is known to be the usual one. */
struct usual {
    const struct wv_pairs *pairs;
    uint32_t start;
    const uint32_t *quotes;
    struct wv_slice name; /* lower case */
    uint32_t container;
    bool plain;
    bool escaped; /* the value */
};

/* What differs between the fields of a pair. */
struct part {
    uint32_t start, end, member, key_end, comma_before, comma_after, ordinal;
};

static inline void note_part(const struct wv_field *unit, const struct usual *usual,
                             const struct part part, uint32_t index, struct wv_field *out)
{
    *out = (struct wv_field){
        .start = part.start,
        .end = part.end,
        .member = part.member,
        .key_end = part.key_end,
        .comma_before = part.comma_before,
        .comma_after = part.comma_after,
        .container = usual->container,
        .ordinal = part.ordinal,
        .skip = index + 1,
        .unit = index,
        .depth = (uint16_t)(unit->depth + 1),
        .class = WV_CLASS_NONE,
        .kind = WV_STRING,
    };
}

static struct wv_field *note_unit(struct wv_worker *worker, struct wv_frame *frame,
                                  const struct wv_place *place, const struct usual *usual)
{
    const uint32_t index = worker->field_count;
    struct wv_field *unit = &worker->fields[index];
    *unit = (struct wv_field){
        .start = usual->start,
        .end = usual->quotes[7] + 2,
        .member = usual->start,
        .key_end = usual->start,
        .comma_before = frame->comma,
        .comma_after = WV_NOWHERE,
        .container = frame->container,
        .ordinal = frame->ordinal,
        .skip = index + (usual->plain ? 2 : 3),
        .unit = index,
        .place = place,
        .depth = (uint16_t)worker->walk.depth,
        .class = WV_CLASS_NONE,
        .kind = WV_OBJECT,
    };
    frame->last = index;
    worker->field_count = unit->skip;
    return unit;
}

static void note_usual(struct wv_worker *worker, struct wv_frame *frame,
                       const struct wv_place *place, const struct usual *usual)
{
    const uint32_t *quotes = usual->quotes;
    const uint32_t index = worker->field_count;
    const struct wv_field *unit = note_unit(worker, frame, place, usual);
    if (!usual->plain) {
        const struct part name = {quotes[2],  quotes[3] + 1, quotes[0], quotes[1],
                                  WV_NOWHERE, quotes[3] + 1, 0};
        note_part(unit, usual, name, index + 1, &worker->fields[index + 1]);
        worker->fields[index + 1].place = usual->pairs->name;
    }
    const struct part part = {quotes[6],     quotes[7] + 1, quotes[4], quotes[5],
                              quotes[3] + 1, WV_NOWHERE,    1};
    struct wv_field *value = &worker->fields[unit->skip - 1];
    enum wv_class class = WV_CLASS_HEADER;
    (void)!wv_names_find(usual->pairs->table, usual->name, &class);
    note_part(unit, usual, part, unit->skip - 1, value);
    value->unit = index;
    value->place = usual->pairs->value;
    value->name = usual->name;
    value->class = (uint8_t) class;
    value->escaped = usual->escaped;
}

uint32_t wv_pairs_take(struct wv_worker *worker, struct wv_frame *frame,
                       const struct wv_place *place, uint32_t start, const uint32_t *quotes)
{
    const struct wv_pairs *pairs = place->pairs;
    const uint8_t *text = worker->text.ptr;
    struct usual usual = {.pairs = pairs, .start = start, .quotes = quotes};
    if (pairs->select != NULL ||
        !stands(worker, start, "{", 1, quotes[0], quotes[1], pairs->name_key) ||
        !stands(worker, quotes[3] + 1, ",", 1, quotes[4], quotes[5], pairs->value_key) ||
        quotes[2] != quotes[1] + 2 || text[quotes[1] + 1] != ':' || quotes[6] != quotes[5] + 2 ||
        text[quotes[5] + 1] != ':' || quotes[7] + 1 >= worker->text.len ||
        text[quotes[7] + 1] != '}' || quotes[3] == quotes[2] + 1 ||
        wv_index_escaped(&worker->index, start, quotes[6]) ||
        worker->limits->fields - worker->field_count < 3 ||
        worker->walk.depth == worker->limits->depth) {
        return 0;
    }
    usual.escaped = wv_index_escaped(&worker->index, quotes[6], quotes[7]);
    if (usual.escaped &&
        !wv_text_escapes_valid(wv_slice_sub(worker->text, quotes[6] + 1, quotes[7]))) {
        return 0;
    }
    usual.name =
        plain_name(worker, wv_slice_sub(worker->text, quotes[2] + 1, quotes[3]), &usual.plain);
    if (usual.name.len == 0) {
        return 0;
    }
    usual.container = worker->walk.containers++;
    note_usual(worker, frame, place, &usual);
    return quotes[7] + 2;
}
