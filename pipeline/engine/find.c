/*
 * find.c — walks a record and notes its fields.
 *
 * The walk is over the index of quotes (json/index.h): strings are jumped over, the few bytes
 * between them are read one by one, which checks the whole grammar of RFC 8259 on the way. It moves
 * through the format's places in step and knows nothing of packs, so that one walk serves every
 * output. Depth is bounded; there is no recursion.
 */
#include "engine/cursor.h"

enum { MARK_PATH_MAX = 256 }; /* no test has a longer path */

/* A member that is being read. */
struct reading {
    const struct wv_place *place;  /* NULL: unlisted */
    const struct wv_place *misfit; /* what it was before something else was found to stand there */
    uint32_t member;
    uint32_t key_end;
    uint32_t start; /* of its value */
    struct wv_slice name;
    bool doomed;
    bool keyed;
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
    if (wv_unlikely(worker->fleeting)) {
        worker->field_count = worker->layers[worker->layer].first;
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
        .layer = worker->layer,
        .class = place == NULL ? WV_CLASS_UNLISTED : place->class,
        .kind = kind,
    };
    wv_field_set(field, index, noted);
    field->doomed = reading->doomed;
    field->odd = reading->doomed || reading->keyed;
    if (place == NULL && !frame->object && frame->place != NULL && frame->place->unit) {
        field->unit = frame->field; /* values of one name go together, also what is none of them */
    }
    if (place == NULL && worker->watch != NULL) {
        wv_watch_note(worker, index, frame, reading->misfit, (struct wv_slice){0});
    }
    field->keyed = reading->keyed;
    field->name = reading->keyed ? reading->name : (struct wv_slice){0};
    frame->last = index;
    return field;
}

/* Whether a record of a batch should stand there. */
static bool is_of_batch(const struct wv_worker *worker, const struct wv_place *place)
{
    return worker->fleeting && worker->format->batch && place->inner != NULL &&
           place->inner->format == NULL;
}

/* A listed member that is null says nothing, whatever else could stand there; unless its key does.
 * In a pair it makes the pair unreadable, which the pair must see. */
static bool may_be_null(const struct wv_worker *worker, const struct wv_frame *frame,
                        const struct reading *reading)
{
    return reading->place != NULL && !reading->keyed && !is_of_batch(worker, reading->place) &&
           (frame->place == NULL || frame->place->pairs == NULL);
}

/* Notes a string, number or literal, unless nothing could ever be done with it. */
static bool note_leaf(struct wv_worker *worker, struct wv_frame *frame, struct reading *reading,
                      uint32_t end, enum wv_field_kind kind, bool escaped)
{
    frame->last = WV_NOWHERE;
    if (wv_unlikely(reading->place != NULL && reading->place->holds)) {
        wv_note_hollow(worker, reading->place);
    }
    if (kind == WV_LITERAL && worker->text.ptr[reading->start] == 'n' &&
        may_be_null(worker, frame, reading)) {
        return true;
    }
    if (reading->place != NULL && !reading->place->leaf) {
        worker->misfit = true;
        reading->misfit = reading->place;
        reading->place = NULL;
    }
    const struct wv_place *place = reading->place;
    if (place != NULL && kind != WV_STRING && !place->noted && worker->watch == NULL) {
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

/* Whether an object, or an array, may stand at the place. */
static bool may_hold(const struct wv_place *place, bool object)
{
    if (object) {
        return place->member_count > 0 || place->any != NULL;
    }
    return place->element != NULL || (place->pairs != NULL && place->pairs->positional);
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
    if (place != NULL && (place->mark_count > 0 || (place->inner != NULL && !object))) {
        wv_note_container(worker, place);
    }
    if (place != NULL && !may_hold(place, object)) {
        wv_note_hollow(worker, place);
        worker->misfit = true;
        reading->misfit = place;
        place = NULL;
        reading->place = NULL;
    }
    uint32_t index = WV_NOWHERE;
    frame->last = WV_NOWHERE;
    if (place == NULL || place->unit || place->joined || reading->keyed) {
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
        .name = reading->name,
        .gathered = (uint32_t)worker->gathered_count,
        .object = object,
        .fresh = true,
    };
    return true;
}

/* An object that is a record of its own: it is moved over here, and read as a layer. */
static bool take_record(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor,
                        struct reading *reading)
{
    uint32_t depth = 0;
    do {
        const uint8_t byte = wv_cursor_next(cursor);
        bool escaped;
        if (byte == '"') {
            if (!wv_cursor_string(&worker->index, cursor, &escaped)) {
                return false;
            }
            continue;
        }
        if (byte == 0) {
            return false;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        cursor->at++;
    } while (depth > 0);
    frame->last = WV_NOWHERE;
    struct wv_field *field = note(worker, frame, reading, cursor->at, WV_OBJECT);
    if (field == NULL) {
        return false;
    }
    wv_note_special(worker, frame, field);
    return true;
}

/* Whether another format is known by a member that this one does not list. */
static bool is_mark(const struct wv_worker *worker, const struct wv_place *parent,
                    struct wv_slice key)
{
    uint8_t memory[MARK_PATH_MAX];
    struct wv_buf path = wv_buf_of(memory, sizeof memory);
    struct wv_slice text;
    wv_buf_put(&path, wv_slice_of(parent->path));
    if (path.len > 0) {
        wv_buf_byte(&path, '.');
    }
    wv_buf_put(&path, key);
    for (size_t i = 0; i < path.len; i++) {
        memory[i] = wv_lower(memory[i]);
    }
    return wv_buf_take(&path, &text) && wv_plan_is_mark(worker->plan, text);
}

/* The place of a member that has none of its own: where keys may be written in other ways, or be
 * any. */
static const struct wv_place *place_of_stranger(struct wv_worker *worker, struct wv_frame *frame,
                                                struct wv_slice key, struct reading *reading)
{
    const struct wv_format *format = worker->format;
    const struct wv_place *parent = frame->place;
    const struct wv_place *place = NULL;
    struct wv_slice name = {0};
    reading->doomed = key.len > worker->limits->key_bytes || wv_slice_eq(key, WV_LIT("_wafveil"));
    if (reading->doomed) {
        return NULL;
    }
    if (parent != NULL && (parent->any != NULL || format->any_case || format->dotted)) {
        place = wv_place_loose(format, parent, key, &name);
    }
    if (name.len > 0) {
        frame->name = name;
        reading->name = name;
        reading->keyed = true;
    }
    if (place == NULL && parent != NULL && worker->detecting && !worker->foreign) {
        worker->foreign = is_mark(worker, parent, key);
    }
    return place;
}

/* Finds the place of an object's member; a key with escapes is read decoded. */
static const struct wv_place *place_of_escaped(struct wv_worker *worker, struct wv_frame *frame,
                                               struct wv_slice raw, struct reading *reading)
{
    uint8_t *decoded =
        raw.len > worker->limits->key_bytes ? NULL : wv_scratch_take(&worker->kept, raw.len);
    reading->doomed = decoded == NULL;
    if (reading->doomed) {
        return NULL;
    }
    const struct wv_slice key = {decoded, wv_text_unescape(raw, decoded, NULL)};
    const struct wv_place *place =
        frame->place == NULL ? NULL : wv_place_member(frame->place, key, &frame->hint);
    return place != NULL ? place : place_of_stranger(worker, frame, key, reading);
}

WV_INLINE const struct wv_place *place_of(struct wv_worker *worker, struct wv_frame *frame,
                                          struct wv_slice key, bool escaped,
                                          struct reading *reading)
{
    const struct wv_place *place = NULL;
    if (wv_unlikely(escaped)) {
        return place_of_escaped(worker, frame, key, reading);
    }
    if (wv_likely(frame->place != NULL)) {
        place = wv_place_member(frame->place, key, &frame->hint);
    }
    return wv_likely(place != NULL) ? place : place_of_stranger(worker, frame, key, reading);
}

/* Reads `"key":` and the blanks behind it. */
WV_INLINE bool read_key(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor,
                        struct reading *reading)
{
    bool escaped;
    reading->member = cursor->at;
    if (wv_cursor_next(cursor) != '"' || !wv_cursor_string(&worker->index, cursor, &escaped)) {
        return false;
    }
    reading->key_end = cursor->at - 1;
    const uint32_t from = reading->member + 1;
    const struct wv_slice key = {cursor->text + from, reading->key_end - from};
    reading->place = place_of(worker, frame, key, escaped, reading);
    if (wv_cursor_next(cursor) != ':') {
        return false;
    }
    cursor->at++;
    return true;
}

/* Reads a string, number or literal whole, of an object or array the opening. */
WV_INLINE bool begin_value(struct wv_worker *worker, struct wv_frame *frame,
                           struct wv_cursor *cursor, struct reading *reading)
{
    const uint8_t byte = wv_cursor_next(cursor);
    enum wv_field_kind kind = WV_STRING;
    bool escaped = false;
    reading->start = cursor->at;
    if (byte == '{' && reading->place != NULL && reading->place->inner != NULL &&
        reading->place->inner->format == NULL && reading->place->member_count == 0) {
        return take_record(worker, frame, cursor, reading);
    }
    if (byte == '{' || byte == '[') {
        if (!open_container(worker, frame, reading, byte == '{')) {
            return false;
        }
        cursor->at++;
        return true;
    }
    if (byte == '"') {
        if (!wv_cursor_string(&worker->index, cursor, &escaped)) {
            return false;
        }
    } else {
        uint32_t end;
        const bool good = wv_cursor_scalar(*cursor, &kind, &end);
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
        /* Nothing in it would ever remove its key. */
        if (field->keyed && worker->field_count == frame->field + 1) {
            wv_field_doom(field);
        }
        if (frame->place != NULL && frame->place->pairs != NULL && !worker->fleeting) {
            wv_pairs_resolve(worker, frame->field);
        }
    }
    if (wv_unlikely(frame->place != NULL && frame->place->holds) &&
        frame->gathered == worker->gathered_count) {
        wv_note_hollow(worker, frame->place);
    }
    struct wv_layer *layer = &worker->layers[worker->layer];
    if (walk->depth == layer->level) {
        layer->root_members = frame->fresh ? 0 : frame->ordinal + 1;
        layer->root_end = end - 1;
    }
}

/* Reads what stands there in the usual form; mostly that is all up to the closing bracket. */
WV_INLINE void stride(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor)
{
    const struct wv_place *place = frame->place;
    struct wv_cursor moving = *cursor; /* a copy, so that the walk's own stays in registers */
    if (frame->object && place->pairs == NULL) {
        wv_usual_members(worker, frame, &moving);
    } else if (frame->object || place->element == NULL) {
        return;
    } else if (place->element->pairs != NULL && place->element->pairs->select == NULL) {
        wv_usual_pairs(worker, frame, &moving);
    } else if (place->element->lone.len > 0) {
        wv_usual_units(worker, frame, &moving);
    }
    *cursor = moving;
}

/* The place of the element that begins; in an array that is a pair, its position tells. */
WV_INLINE const struct wv_place *element_of(const struct wv_frame *frame)
{
    const struct wv_pairs *pairs = frame->place->pairs;
    if (wv_likely(pairs == NULL)) {
        return frame->place->element;
    }
    return frame->ordinal == 0 ? pairs->name : frame->ordinal == 1 ? pairs->value : NULL;
}

/* Reads members or elements in the usual form, or else one member, element or closing bracket. */
WV_INLINE bool step(struct wv_worker *worker, struct wv_cursor *cursor)
{
    struct wv_frame *frame = &worker->walk.frames[worker->walk.depth - 1];
    uint8_t byte = wv_cursor_next(cursor);
    if (frame->place != NULL && (byte == ',' || frame->fresh) && wv_likely(!worker->fleeting)) {
        stride(worker, frame, cursor);
        byte = wv_cursor_next(cursor);
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
        (void)wv_cursor_next(cursor);
    }
    frame->fresh = false;
    struct reading reading = {.member = cursor->at, .key_end = cursor->at};
    if (!frame->object) {
        reading.place = frame->place == NULL ? NULL : element_of(frame);
        reading.name = frame->name;
    } else if (!read_key(worker, frame, cursor, &reading)) {
        return false;
    }
    return begin_value(worker, frame, cursor, &reading);
}

void wv_find_reset(struct wv_worker *worker)
{
    worker->walk.containers = 0;
    worker->field_count = 0;
    worker->label_count = 0;
    worker->more_labels = false;
    wv_scratch_return(&worker->kept, 0);
    for (size_t i = 0; i < WV_ROLE_COUNT; i++) {
        worker->roles[i] = WV_NOWHERE;
        worker->ambiguous[i] = false;
    }
}

/* Opens the outermost object of a layer. Containers are numbered through all layers, and depths go
 * on where those of the layer around it end. */
static void begin(struct wv_worker *worker, const struct wv_layer *layer)
{
    struct wv_walk *walk = &worker->walk;
    walk->depth = layer->level;
    walk->reason = WV_REASON_SYNTAX; /* unless something else is said */
    walk->frames[walk->depth++] = (struct wv_frame){
        .place = layer->format->root,
        .container = walk->containers++,
        .comma = WV_NOWHERE,
        .field = WV_NOWHERE,
        .unit = WV_NOWHERE,
        .last = WV_NOWHERE,
        .object = true,
        .fresh = true,
    };
}

/* Whether some other JSON value than an object begins with the byte. */
static bool begins_other_value(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte != 0 && strchr("[\"-tfn", byte) != NULL);
}

enum wv_reason wv_find(struct wv_worker *worker, struct wv_layer *layer)
{
    struct wv_walk *walk = &worker->walk;
    struct wv_cursor cursor = {
        .text = worker->text.ptr,
        .len = (uint32_t)worker->text.len,
        .quote = worker->index.quotes,
        .quotes_end = worker->index.quotes + worker->index.quote_count,
    };
    begin(worker, layer);
    const uint8_t first = wv_cursor_next(&cursor);
    bool good = first == '{' && layer->level < worker->limits->depth;
    if (!good) {
        walk->reason = begins_other_value(first) ? WV_REASON_NOT_OBJECT
                       : first == '{'            ? WV_REASON_TOO_DEEP
                                                 : WV_REASON_SYNTAX;
    }
    cursor.at += good;
    while (good && walk->depth > layer->level) {
        good = step(worker, &cursor);
    }
    if (good && wv_cursor_next(&cursor) == '{' && worker->layer == 0) {
        /* Another record stands right behind it, and is read by itself. */
        cursor.len = cursor.at;
        layer->text = wv_slice_sub(layer->text, 0, cursor.at);
        layer->origin = wv_slice_sub(layer->origin, 0, cursor.at);
    }
    good = good && wv_cursor_next(&cursor) == 0 && cursor.at == cursor.len;
    walk->at = cursor.at;
    return good ? WV_REASON_NONE : walk->reason;
}
