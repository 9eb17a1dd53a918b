/*
 * find.c — walks a record and notes its fields.
 *
 * The walk is over the index of quotes (json/index.h): strings are jumped over, the few bytes
 * between them are read one by one, which checks the whole grammar of RFC 8259 on the way. It moves
 * through the format's places in step and knows nothing of packs, so that one walk serves every
 * output. Depth is bounded; there is no recursion.
 */
#include "engine/work.h"

#include "json/text.h"

/* The cursor lives in the registers of the one function into which the small ones here are inlined:
 * the engine spends a fifth of its time between these bytes. */
#define INLINE static inline __attribute__((always_inline))

/* The next byte that is not blank, or 0 at the end: NUL is not part of the grammar. */
INLINE uint8_t next_byte(struct wv_cursor *cursor)
{
    while (cursor->at < cursor->len) {
        const uint8_t byte = cursor->text[cursor->at];
        if (wv_likely(byte > ' ') ||
            (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t')) {
            return byte;
        }
        cursor->at++;
    }
    return 0;
}

/* Moves over the string that begins here. False: it does not end, or has an invalid escape. */
INLINE bool take_string(const struct wv_index *index, struct wv_cursor *cursor, bool *escaped)
{
    if (cursor->quotes_end - cursor->quote < 2 || cursor->quote[0] != cursor->at) {
        return false;
    }
    const uint32_t from = cursor->at + 1;
    const uint32_t close = cursor->quote[1];
    *escaped = wv_index_escaped(index, (size_t)(cursor->quote + 1 - index->quotes));
    if (wv_unlikely(*escaped) &&
        !wv_text_escapes_valid((struct wv_slice){cursor->text + from, close - from})) {
        return false;
    }
    cursor->quote += 2;
    cursor->at = close + 1;
    return true;
}

static uint8_t here(const struct wv_cursor *cursor)
{
    return cursor->at < cursor->len ? cursor->text[cursor->at] : 0;
}

static bool take_digits(struct wv_cursor *cursor)
{
    const uint32_t from = cursor->at;
    while (here(cursor) >= '0' && here(cursor) <= '9') {
        cursor->at++;
    }
    return cursor->at > from;
}

static bool take_number(struct wv_cursor *cursor)
{
    cursor->at += here(cursor) == '-';
    if (here(cursor) == '0') {
        cursor->at++;
    } else if (!take_digits(cursor)) {
        return false;
    }
    if (here(cursor) == '.') {
        cursor->at++;
        if (!take_digits(cursor)) {
            return false;
        }
    }
    if (here(cursor) == 'e' || here(cursor) == 'E') {
        cursor->at++;
        cursor->at += here(cursor) == '+' || here(cursor) == '-';
        return take_digits(cursor);
    }
    return true;
}

static bool take_word(struct wv_cursor *cursor, struct wv_slice word)
{
    const struct wv_slice rest = {cursor->text + cursor->at, cursor->len - cursor->at};
    cursor->at += (uint32_t)(wv_slice_starts(rest, word) ? word.len : 0);
    return wv_slice_starts(rest, word);
}

/* By value, so that the walk's own cursor stays in registers; *end is where the scalar ends, or
 * where it is wrong. */
static bool take_scalar(struct wv_cursor cursor, enum wv_field_kind *kind, uint32_t *end)
{
    bool good;
    *kind = WV_LITERAL;
    switch (here(&cursor)) {
    case 't':
        good = take_word(&cursor, WV_LIT("true"));
        break;
    case 'f':
        good = take_word(&cursor, WV_LIT("false"));
        break;
    case 'n':
        good = take_word(&cursor, WV_LIT("null"));
        break;
    default:
        *kind = WV_NUMBER;
        good = take_number(&cursor);
    }
    *end = cursor.at;
    return good;
}

/* A member that is being read. */
struct reading {
    const struct wv_place *place; /* NULL: unlisted */
    uint32_t member;
    uint32_t key_end;
    uint32_t start; /* of its value */
    bool doomed;
};

/* Notes the value [start, end), or the container that begins at start. */
static struct wv_field *note(struct wv_worker *worker, struct wv_frame *frame,
                             const struct reading *reading, uint32_t end, enum wv_field_kind kind)
{
    struct wv_walk *walk = &worker->walk;
    if (worker->field_count == worker->limits->fields) {
        walk->reason = WV_REASON_TOO_MANY_FIELDS;
        return NULL;
    }
    const uint32_t index = worker->field_count++;
    struct wv_field *field = &worker->fields[index];
    const struct wv_place *place = reading->place;
    const struct wv_noted noted = {
        .start = reading->start,
        .end = end,
        .member = reading->member,
        .key_end = reading->key_end,
        .comma_before = frame->comma,
        .container = frame->container,
        .ordinal = frame->ordinal,
        .unit = index,
        .place = place,
        .depth = (uint16_t)walk->depth,
        .class = place == NULL ? WV_CLASS_UNLISTED : place->class,
        .kind = kind,
    };
    wv_field_set(field, index, noted);
    field->doomed = reading->doomed;
    frame->last = index;
    return field;
}

static void note_role(struct wv_worker *worker, const struct wv_field *field)
{
    const uint8_t role = field->place->role;
    const uint32_t index = (uint32_t)(field - worker->fields);
    if (role == WV_ROLE_LABEL) {
        if (worker->label_count < WV_LABELS_MAX) {
            worker->labels[worker->label_count++] = index;
        } else {
            worker->more_labels = true;
        }
        return;
    }
    worker->ambiguous[role] = worker->roles[role] != WV_NOWHERE;
    worker->roles[role] = index;
}

static void class_by_prefix(struct wv_worker *worker, struct wv_field *field)
{
    const struct wv_slice text = wv_field_text(worker, field);
    for (size_t i = 0; i < field->place->prefix_count; i++) {
        if (wv_slice_starts(text, field->place->prefixes[i].text)) {
            field->class = (uint8_t)field->place->prefixes[i].class;
            return;
        }
    }
}

void wv_note_special(struct wv_worker *worker, const struct wv_frame *frame, struct wv_field *field)
{
    const struct wv_place *place = field->place;
    if (place->whole && frame->unit != WV_NOWHERE) {
        field->unit = frame->unit;
    }
    if (place->role != WV_ROLE_NONE) {
        note_role(worker, field);
    }
    if (place->prefix_count > 0 && field->kind == WV_STRING) {
        class_by_prefix(worker, field);
    }
}

/* A listed member that is null says nothing, whatever else could stand there. In a pair it makes
 * the pair unreadable, which the pair must see. */
static bool may_be_null(const struct wv_frame *frame, const struct reading *reading)
{
    return reading->place != NULL && (frame->place == NULL || frame->place->pairs == NULL);
}

/* Notes a string, number or literal, unless nothing could ever be done with it. */
static bool note_leaf(struct wv_worker *worker, struct wv_frame *frame, struct reading *reading,
                      uint32_t end, enum wv_field_kind kind, bool escaped)
{
    frame->last = WV_NOWHERE;
    if (kind == WV_LITERAL && worker->text.ptr[reading->start] == 'n' &&
        may_be_null(frame, reading)) {
        return true;
    }
    if (reading->place != NULL && !reading->place->leaf) {
        reading->place = NULL;
    }
    const struct wv_place *place = reading->place;
    if (place != NULL && kind != WV_STRING && place->class == WV_CLASS_NONE &&
        place->role == WV_ROLE_NONE) {
        return true;
    }
    struct wv_field *field = note(worker, frame, reading, end, kind);
    if (field == NULL) {
        return false;
    }
    field->escaped = escaped;
    if (place != NULL && place->special) {
        wv_note_special(worker, frame, field);
    }
    return true;
}

static bool open_container(struct wv_worker *worker, struct wv_frame *frame,
                           struct reading *reading, bool object)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_place *place = reading->place;
    if (walk->depth == worker->limits->depth) {
        walk->reason = WV_REASON_TOO_DEEP;
        return false;
    }
    if (place != NULL && (object ? place->member_count == 0 : place->element == NULL)) {
        place = NULL;
        reading->place = NULL;
    }
    uint32_t index = WV_NOWHERE;
    frame->last = WV_NOWHERE;
    if (place == NULL || place->unit || place->joined) {
        index = worker->field_count;
        if (note(worker, frame, reading, reading->start, object ? WV_OBJECT : WV_ARRAY) == NULL) {
            return false;
        }
    }
    const uint32_t unit = place != NULL && place->unit ? index : frame->unit;
    walk->frames[walk->depth++] = (struct wv_frame){
        .place = place,
        .container = walk->containers++,
        .comma = WV_NOWHERE,
        .field = index,
        .unit = unit,
        .last = WV_NOWHERE,
        .object = object,
        .fresh = true,
    };
    return true;
}

/* Finds the place of an object's member; a key with escapes is read decoded. */
static const struct wv_place *place_of_escaped(struct wv_worker *worker, struct wv_frame *frame,
                                               struct wv_slice raw, bool *doomed)
{
    uint8_t decoded[WV_KEY_BYTES_MAX];
    *doomed = raw.len > worker->limits->key_bytes || raw.len > sizeof decoded;
    if (*doomed) {
        return NULL;
    }
    const struct wv_slice key = {decoded, wv_text_unescape(raw, decoded, NULL)};
    *doomed = wv_slice_eq(key, WV_LIT("_wafveil"));
    return frame->place == NULL ? NULL : wv_place_member(frame->place, key, &frame->hint);
}

INLINE const struct wv_place *place_of(struct wv_worker *worker, struct wv_frame *frame,
                                       struct wv_slice key, bool escaped, bool *doomed)
{
    const struct wv_place *place = NULL;
    if (wv_unlikely(escaped)) {
        return place_of_escaped(worker, frame, key, doomed);
    }
    if (wv_likely(frame->place != NULL)) {
        place = wv_place_member(frame->place, key, &frame->hint);
    }
    *doomed = place == NULL &&
              (key.len > worker->limits->key_bytes || wv_slice_eq(key, WV_LIT("_wafveil")));
    return place;
}

/* Reads `"key":` and the blanks behind it. */
INLINE bool read_key(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor,
                     struct reading *reading)
{
    bool escaped;
    reading->member = cursor->at;
    if (next_byte(cursor) != '"' || !take_string(&worker->index, cursor, &escaped)) {
        return false;
    }
    reading->key_end = cursor->at - 1;
    const uint32_t from = reading->member + 1;
    const struct wv_slice key = {cursor->text + from, reading->key_end - from};
    reading->place = place_of(worker, frame, key, escaped, &reading->doomed);
    if (next_byte(cursor) != ':') {
        return false;
    }
    cursor->at++;
    return true;
}

/* Reads a string, number or literal whole, of an object or array the opening. */
INLINE bool begin_value(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor,
                        struct reading *reading)
{
    const uint8_t byte = next_byte(cursor);
    enum wv_field_kind kind = WV_STRING;
    bool escaped = false;
    reading->start = cursor->at;
    if (byte == '{' || byte == '[') {
        if (!open_container(worker, frame, reading, byte == '{')) {
            return false;
        }
        cursor->at++;
        return true;
    }
    if (byte == '"') {
        if (!take_string(&worker->index, cursor, &escaped)) {
            return false;
        }
    } else {
        uint32_t end;
        const bool good = take_scalar(*cursor, &kind, &end);
        cursor->at = end;
        if (!good) {
            return false;
        }
    }
    return note_leaf(worker, frame, reading, cursor->at, kind, escaped);
}

/* Ends the innermost container, whose closing bracket stands before end. */
static void close_container(struct wv_worker *worker, uint32_t end)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_frame *frame = &walk->frames[--walk->depth];
    if (frame->field != WV_NOWHERE) {
        struct wv_field *field = &worker->fields[frame->field];
        field->end = end;
        field->member_end = end;
        field->skip = worker->field_count;
        if (frame->place != NULL && frame->place->pairs != NULL) {
            wv_pairs_resolve(worker, frame->field);
        }
    }
    if (walk->depth == 0) {
        worker->root_members = frame->fresh ? 0 : frame->ordinal + 1;
        worker->root_end = end - 1;
    }
}

/* Reads what stands there in the usual form; mostly that is all up to the closing bracket. */
INLINE void stride(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor)
{
    const struct wv_place *place = frame->place;
    struct wv_cursor moving = *cursor; /* a copy, so that the walk's own stays in registers */
    if (frame->object && place->pairs == NULL) {
        wv_usual_members(worker, frame, &moving);
    } else if (!frame->object && place->element->pairs != NULL &&
               place->element->pairs->select == NULL) {
        wv_usual_pairs(worker, frame, &moving);
    } else if (!frame->object && place->element->lone.len > 0) {
        wv_usual_units(worker, frame, &moving);
    }
    *cursor = moving;
}

/* Reads members or elements in the usual form, or else one member, element or closing bracket. */
INLINE bool step(struct wv_worker *worker, struct wv_cursor *cursor)
{
    struct wv_frame *frame = &worker->walk.frames[worker->walk.depth - 1];
    uint8_t byte = next_byte(cursor);
    if (frame->place != NULL && (byte == ',' || frame->fresh)) {
        stride(worker, frame, cursor);
        byte = next_byte(cursor);
    }
    if (byte == (frame->object ? '}' : ']')) {
        close_container(worker, ++cursor->at);
        return true;
    }
    if (!frame->fresh) {
        if (byte != ',') {
            return false;
        }
        if (frame->last != WV_NOWHERE) {
            worker->fields[frame->last].comma_after = cursor->at;
        }
        frame->comma = cursor->at++;
        frame->ordinal++;
        (void)next_byte(cursor);
    }
    frame->fresh = false;
    struct reading reading = {.member = cursor->at, .key_end = cursor->at};
    if (!frame->object) {
        reading.place = frame->place == NULL ? NULL : frame->place->element;
    } else if (!read_key(worker, frame, cursor, &reading)) {
        return false;
    }
    return begin_value(worker, frame, cursor, &reading);
}

static void reset(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    walk->containers = 1;
    walk->depth = 1;
    walk->reason = WV_REASON_SYNTAX; /* unless something else is said */
    walk->frames[0] = (struct wv_frame){
        .place = worker->format->root,
        .comma = WV_NOWHERE,
        .field = WV_NOWHERE,
        .unit = WV_NOWHERE,
        .last = WV_NOWHERE,
        .object = true,
        .fresh = true,
    };
    worker->field_count = 0;
    worker->label_count = 0;
    worker->more_labels = false;
    wv_scratch_return(&worker->kept, 0);
    for (size_t i = 0; i < WV_ROLE_COUNT; i++) {
        worker->roles[i] = WV_NOWHERE;
        worker->ambiguous[i] = false;
    }
}

/* Whether some other JSON value than an object begins with the byte. */
static bool begins_other_value(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte != 0 && strchr("[\"-tfn", byte) != NULL);
}

enum wv_reason wv_find(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    struct wv_cursor cursor = {
        .text = worker->text.ptr,
        .len = (uint32_t)worker->text.len,
        .quote = worker->index.quotes,
        .quotes_end = worker->index.quotes + worker->index.quote_count,
    };
    reset(worker);
    const uint8_t first = next_byte(&cursor);
    bool good = first == '{';
    if (!good && begins_other_value(first)) {
        walk->reason = WV_REASON_NOT_OBJECT;
    }
    cursor.at += good;
    while (good && walk->depth > 0) {
        good = step(worker, &cursor);
    }
    good = good && next_byte(&cursor) == 0 && cursor.at == cursor.len;
    walk->at = cursor.at;
    return good ? WV_REASON_NONE : walk->reason;
}

struct wv_slice wv_field_text(struct wv_worker *worker, const struct wv_field *field)
{
    if (field->kind != WV_STRING) {
        return (struct wv_slice){0};
    }
    const struct wv_slice raw = wv_slice_sub(worker->text, field->start + 1, field->end - 1);
    if (!field->escaped) {
        return raw;
    }
    uint8_t *decoded = wv_scratch_take(&worker->kept, raw.len);
    if (decoded == NULL) {
        return (struct wv_slice){0};
    }
    return (struct wv_slice){decoded, wv_text_unescape(raw, decoded, NULL)};
}
