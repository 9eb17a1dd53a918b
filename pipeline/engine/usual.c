/*
 * usual.c — reads on in long strides while a record is written as serialisers mostly write it.
 *
 * Vendors write members in one order and without blanks, and half of a record's members are pairs,
 * {"name":"…","value":"…"}. What the format makes one expect next is compared as a whole, so that
 * key, colon and place cost one comparison. Nothing is taken on trust: whatever stands there
 * otherwise is left to the walk in find.c, which checks the whole grammar, and both note the same
 * fields, but for objects that go with one of their values, which here speaks for them alone.
 */
#include "engine/work.h"

#include "base/wipe.h"
#include "json/text.h"

#include <stdlib.h>

enum {
    /* What is read without asking whether it is there: a comma, a key, a word. */
    REACH = 1 + WV_SPELLED_MAX + 8,
    KNOWN_NAMES = 512, /* a power of two; sites see some sixty spellings, which should not meet */
};

/* Members of an object, or pairs of an array, that were read one after another. */
struct stride {
    struct wv_worker *worker;
    struct wv_frame *frame;
    const uint8_t *text;
    uint32_t len;
    uint32_t at;
    const uint32_t *quote;
    const uint32_t *quotes_end;
    struct wv_field *last; /* of the member before; NULL: it has none */
};

static struct stride begin(struct wv_worker *worker, struct wv_frame *frame,
                           const struct wv_cursor *cursor)
{
    return (struct stride){
        .worker = worker,
        .frame = frame,
        .text = cursor->text,
        .len = cursor->len,
        .at = cursor->at,
        .quote = cursor->quote,
        .quotes_end = cursor->quotes_end,
        .last = frame->last == WV_NOWHERE ? NULL : &worker->fields[frame->last],
    };
}

static void end(const struct stride *stride, struct wv_cursor *cursor)
{
    stride->frame->last =
        stride->last == NULL ? WV_NOWHERE : (uint32_t)(stride->last - stride->worker->fields);
    cursor->at = stride->at;
    cursor->quote = stride->quote;
}

/* Whether another member or element may begin here, and can be read in the usual way. */
static inline bool may_go_on(const struct stride *stride, size_t quotes)
{
    return stride->len - stride->at >= REACH &&
           stride->quotes_end - stride->quote >= (ptrdiff_t)quotes &&
           (stride->frame->fresh || stride->text[stride->at] == ',') &&
           stride->worker->field_count < stride->worker->limits->fields;
}

/* The member or element that begins here was read up to `to`. */
static inline void step(struct stride *stride, uint32_t to, size_t quotes, struct wv_field *field)
{
    struct wv_frame *frame = stride->frame;
    if (!frame->fresh) {
        if (stride->last != NULL) {
            stride->last->comma_after = stride->at;
        }
        frame->comma = stride->at;
        frame->ordinal++;
    }
    frame->fresh = false;
    stride->at = to;
    stride->quote += quotes;
    stride->last = field;
    if (field != NULL) {
        field->comma_before = frame->comma;
        field->ordinal = frame->ordinal;
    }
}

static inline struct wv_field *note(const struct stride *stride, const struct wv_place *place,
                                    enum wv_field_kind kind, uint32_t member, uint32_t start,
                                    uint32_t end)
{
    struct wv_worker *worker = stride->worker;
    const uint32_t index = worker->field_count++;
    struct wv_field *field = &worker->fields[index];
    const struct wv_noted noted = {
        .start = start,
        .end = end,
        .member = member,
        .key_end = start,
        .comma_before = WV_NOWHERE,
        .container = stride->frame->container,
        .unit = index,
        .place = place,
        .depth = (uint16_t)worker->walk.depth,
        .layer = worker->layer,
        .class = place->class,
        .kind = kind,
    };
    wv_field_set(field, index, noted);
    return field;
}

/* Whether the string that the n-th of the next quotes closes is well-formed; *escaped: some escape
 * stands in it. */
static inline bool is_string(const struct stride *stride, size_t n, bool *escaped)
{
    const struct wv_index *index = &stride->worker->index;
    const uint32_t *close = stride->quote + n;
    *escaped = wv_index_escaped(index, (size_t)(close - index->quotes));
    return wv_likely(!*escaped) || wv_text_escapes_valid((struct wv_slice){
                                       stride->text + close[-1] + 1, close[0] - close[-1] - 1});
}

static inline bool ends_scalar(uint8_t byte)
{
    return byte == ',' || byte == '}';
}

/* The end of the whole number of a few digits at `at`; 0: something else stands there. */
static inline uint32_t number_end(const struct stride *stride, uint32_t at)
{
    uint32_t end = at;
    while (end < stride->len && stride->text[end] >= '0' && stride->text[end] <= '9') {
        end++;
    }
    const bool padded = stride->text[at] == '0' && end > at + 1;
    return end == at || padded || end == stride->len || !ends_scalar(stride->text[end]) ? 0 : end;
}

/* Reads the string value of a member that begins at `key`. */
static inline bool take_string(struct stride *stride, const struct wv_place *place, uint32_t key,
                               uint32_t value)
{
    const uint32_t close = stride->quote[3];
    bool escaped;
    if (!place->leaf || stride->quote[2] != value || !is_string(stride, 3, &escaped)) {
        return false;
    }
    struct wv_field *field = note(stride, place, WV_STRING, key, value, close + 1);
    field->escaped = escaped;
    if (place->special) {
        wv_note_special(stride->worker, stride->frame, field);
    }
    step(stride, close + 1, 4, field);
    return true;
}

/* A watcher wants to see also what nothing can be done with. */
static inline bool is_watched(const struct stride *stride)
{
    return wv_unlikely(stride->worker->watch != NULL);
}

static inline bool take_number(struct stride *stride, const struct wv_place *place, uint32_t key,
                               uint32_t value)
{
    const uint32_t end = number_end(stride, value);
    struct wv_field *field = NULL;
    if (end == 0 || !place->leaf) {
        return false;
    }
    if (place->noted || is_watched(stride)) {
        field = note(stride, place, WV_NUMBER, key, value, end);
        if (place->special) {
            wv_note_special(stride->worker, stride->frame, field);
        }
    }
    step(stride, end, 2, field);
    return true;
}

/* An array that could hold something and is empty. */
static inline bool take_empty(struct stride *stride, const struct wv_place *place, uint32_t value)
{
    struct wv_walk *walk = &stride->worker->walk;
    if (stride->text[value + 1] != ']' || place->element == NULL || place->unit || place->joined ||
        walk->depth == stride->worker->limits->depth) {
        return false;
    }
    walk->containers++;
    step(stride, value + 2, 2, NULL);
    return true;
}

/* null in a listed place says nothing. */
static inline bool take_null(struct stride *stride, uint32_t value)
{
    if (memcmp(stride->text + value, "null", 4) != 0 || !ends_scalar(stride->text[value + 4])) {
        return false;
    }
    step(stride, value + 4, 2, NULL);
    return true;
}

static inline bool take_member(struct stride *stride, const struct wv_member *member)
{
    const uint32_t key = stride->at + !stride->frame->fresh;
    if (stride->quote[0] != key || !wv_spelled_stands(&member->usual, stride->text + key)) {
        return false;
    }
    const uint32_t value = key + member->usual.len;
    switch (stride->text[value]) {
    case '"':
        return stride->quotes_end - stride->quote >= 4 &&
               take_string(stride, member->place, key, value);
    case 'n':
        return take_null(stride, value);
    case '[':
        return take_empty(stride, member->place, value);
    default:
        return take_number(stride, member->place, key, value);
    }
}

void wv_usual_members(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor)
{
    const struct wv_place *parent = frame->place;
    struct stride stride = begin(worker, frame, cursor);
    while (frame->hint < parent->member_count && may_go_on(&stride, 2) &&
           take_member(&stride, &parent->members[frame->hint])) {
        frame->hint++;
    }
    end(&stride, cursor);
}

/* ---- Pairs ------------------------------------------------------------------------------------
 */

/* A name in a spelling that was met, and what the format's table says of it. */
struct wv_known_name {
    const struct wv_name_table *table; /* NULL: free */
    struct wv_spelled raw;
    uint64_t record; /* the last one that used it: its fields point to lower */
    enum wv_class class;
    uint8_t lower[WV_SPELLED_MAX];
};

struct wv_known_name *wv_known_names_new(void)
{
    return calloc(KNOWN_NAMES, sizeof(struct wv_known_name));
}

void wv_known_names_free(struct wv_known_name *names)
{
    if (names != NULL) {
        wv_wipe(names, KNOWN_NAMES * sizeof *names);
        free(names);
    }
}

/* What a field is told of its name. */
struct name {
    struct wv_slice lower; /* lives as long as the record */
    enum wv_class class;
};

/* At least eight bytes of the record stand before a name, and a value and more behind it. */
static inline struct wv_known_name *known_slot(const struct wv_worker *worker, struct wv_slice raw)
{
    uint64_t head;
    uint64_t tail;
    memcpy(&head, raw.ptr, sizeof head);
    memcpy(&tail, raw.ptr + raw.len - sizeof tail, sizeof tail);
    const uint64_t mixed =
        (head ^ raw.len) * UINT64_C(0x9e3779b97f4a7c15) + tail * UINT64_C(0xc2b2ae3d27d4eb4f);
    return &worker->known_names[mixed >> 32 & (KNOWN_NAMES - 1)];
}

/* A name that may stay without a look at it: none of the bytes without which no address can be
 * spelled, and no escape. */
static bool is_plain_name(struct wv_slice name)
{
    bool plain = name.len > 0 && name.len <= WV_NAME_MAX;
    for (size_t i = 0; plain && i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        plain = byte != '.' && byte != ':' && byte != '%' && byte != '&' && byte != '\\' &&
                byte != 0xef; /* of a full-width letter */
    }
    return plain;
}

static void put_lower(struct wv_slice raw, uint8_t *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        out[i] = wv_lower(raw.ptr[i]);
    }
}

/* Learns a name that was not met lately. False: the pair needs a closer look. */
static bool learn(struct wv_worker *worker, const struct wv_name_table *table, struct wv_slice raw,
                  struct wv_known_name *slot, struct name *out)
{
    const bool free = raw.len <= WV_SPELLED_MAX && slot->record != worker->tally.records_in;
    uint8_t *lower = !is_plain_name(raw) ? NULL
                     : free              ? slot->lower
                                         : wv_scratch_take(&worker->kept, raw.len);
    if (lower == NULL) {
        return false;
    }
    put_lower(raw, lower);
    out->lower = (struct wv_slice){lower, raw.len};
    if (!wv_names_find(table, out->lower, &out->class)) {
        out->class = WV_CLASS_HEADER;
    }
    if (free) {
        slot->table = table;
        slot->raw = wv_spelled_of(raw);
        slot->class = out->class;
        slot->record = worker->tally.records_in;
    }
    return true;
}

/* False: the pair needs a closer look. */
static inline bool look_up(struct wv_worker *worker, const struct wv_name_table *table,
                           struct wv_slice raw, struct name *out)
{
    struct wv_known_name *slot = known_slot(worker, raw);
    if (wv_unlikely(slot->table != table || slot->raw.len != raw.len ||
                    !wv_spelled_stands(&slot->raw, raw.ptr))) {
        return learn(worker, table, raw, slot, out);
    }
    slot->record = worker->tally.records_in;
    *out = (struct name){{slot->lower, raw.len}, slot->class};
    return true;
}

/* Reads the pair that begins at `start`, whose value then speaks for it. */
static inline bool take_pair(struct stride *stride, const struct wv_pairs *pairs)
{
    struct wv_worker *worker = stride->worker;
    const uint32_t start = stride->at + !stride->frame->fresh;
    const uint32_t *quote = stride->quote;
    const uint32_t name_end = quote[3];
    if (quote[0] != start + 1 || !wv_spelled_stands(&pairs->opening, stride->text + start) ||
        stride->len - name_end < WV_SPELLED_MAX ||
        !wv_spelled_stands(&pairs->middle, stride->text + name_end)) {
        return false;
    }
    const uint32_t name = start + pairs->opening.len;
    const uint32_t value = name_end + pairs->middle.len - 1;
    const uint32_t close = quote[7];
    const struct wv_slice raw = {stride->text + name, name_end - name};
    bool escaped;
    if (quote[2] != name - 1 || quote[6] != value || close + 1 >= stride->len ||
        stride->text[close + 1] != '}' || !is_string(stride, 7, &escaped)) {
        return false;
    }
    struct name known;
    if (!look_up(worker, pairs->table, raw, &known)) {
        return false;
    }
    worker->walk.containers++;
    struct wv_field *field = note(stride, pairs->value, WV_STRING, start, value, close + 1);
    field->member_end = close + 2;
    field->name = known.lower;
    field->class = (uint8_t)known.class;
    field->escaped = escaped;
    step(stride, close + 2, 8, field);
    return true;
}

void wv_usual_pairs(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor)
{
    const struct wv_pairs *pairs = frame->place->element->pairs;
    struct stride stride = begin(worker, frame, cursor);
    while (worker->walk.depth < worker->limits->depth && may_go_on(&stride, 8) &&
           take_pair(&stride, pairs)) {
    }
    end(&stride, cursor);
}

/* ---- Units of one member ----------------------------------------------------------------------
 */

/* Reads an object whose only member takes it along, and which that member then speaks for. */
static inline bool take_lone(struct stride *stride, const struct wv_place *unit)
{
    struct wv_worker *worker = stride->worker;
    const struct wv_place *place = unit->members[0].place;
    const uint32_t start = stride->at + !stride->frame->fresh;
    const uint32_t value = start + unit->lone.len - 1;
    const uint32_t close = stride->quote[3];
    bool escaped;
    if (stride->quote[0] != start + 1 || !wv_spelled_stands(&unit->lone, stride->text + start) ||
        stride->quote[2] != value || close + 1 >= stride->len || stride->text[close + 1] != '}' ||
        !is_string(stride, 3, &escaped)) {
        return false;
    }
    worker->walk.containers++;
    struct wv_field *field = note(stride, place, WV_STRING, start, value, close + 1);
    const uint32_t itself = field->unit;
    field->member_end = close + 2;
    field->escaped = escaped;
    wv_note_special(worker, stride->frame, field);
    field->unit = itself; /* not what is around the array */
    step(stride, close + 2, 4, field);
    return true;
}

void wv_usual_units(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor)
{
    const struct wv_place *unit = frame->place->element;
    struct stride stride = begin(worker, frame, cursor);
    while (worker->walk.depth < worker->limits->depth && may_go_on(&stride, 4) &&
           take_lone(&stride, unit)) {
    }
    end(&stride, cursor);
}
