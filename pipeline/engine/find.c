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

static bool fail(struct wv_walk *walk, enum wv_reason reason)
{
    walk->reason = reason;
    return false;
}

static inline void skip_blanks(struct wv_walk *walk)
{
    while (walk->at < walk->text.len) {
        const uint8_t byte = walk->text.ptr[walk->at];
        if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') {
            return;
        }
        walk->at++;
    }
}

/* The byte at hand, or 0 at the end: NUL is not part of the grammar. */
static inline uint8_t here(const struct wv_walk *walk)
{
    return walk->at < walk->text.len ? walk->text.ptr[walk->at] : 0;
}

/* Moves over the string that begins here. */
static inline bool take_string(struct wv_worker *worker, bool *escaped)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_index *index = &worker->index;
    if (walk->quote + 1 >= index->quote_count || index->quotes[walk->quote] != walk->at) {
        return fail(walk, WV_REASON_SYNTAX);
    }
    const uint32_t close = index->quotes[walk->quote + 1];
    *escaped = wv_index_escaped(index, walk->at + 1, close);
    if (wv_unlikely(*escaped) &&
        !wv_text_escapes_valid(wv_slice_sub(walk->text, walk->at + 1, close))) {
        return fail(walk, WV_REASON_SYNTAX);
    }
    walk->quote += 2;
    walk->at = close + 1;
    return true;
}

static bool take_digits(struct wv_walk *walk)
{
    const uint32_t from = walk->at;
    while (here(walk) >= '0' && here(walk) <= '9') {
        walk->at++;
    }
    return walk->at > from;
}

static bool take_number(struct wv_walk *walk)
{
    walk->at += here(walk) == '-';
    if (here(walk) == '0') {
        walk->at++;
    } else if (!take_digits(walk)) {
        return fail(walk, WV_REASON_SYNTAX);
    }
    if (here(walk) == '.') {
        walk->at++;
        if (!take_digits(walk)) {
            return fail(walk, WV_REASON_SYNTAX);
        }
    }
    if (here(walk) == 'e' || here(walk) == 'E') {
        walk->at++;
        walk->at += here(walk) == '+' || here(walk) == '-';
        if (!take_digits(walk)) {
            return fail(walk, WV_REASON_SYNTAX);
        }
    }
    return true;
}

static bool take_word(struct wv_walk *walk, struct wv_slice word)
{
    if (!wv_slice_starts(wv_slice_sub(walk->text, walk->at, walk->text.len), word)) {
        return fail(walk, WV_REASON_SYNTAX);
    }
    walk->at += (uint32_t)word.len;
    return true;
}

static bool take_scalar(struct wv_walk *walk, enum wv_field_kind *kind)
{
    *kind = WV_LITERAL;
    switch (here(walk)) {
    case 't':
        return take_word(walk, WV_LIT("true"));
    case 'f':
        return take_word(walk, WV_LIT("false"));
    case 'n':
        return take_word(walk, WV_LIT("null"));
    default:
        *kind = WV_NUMBER;
        return take_number(walk);
    }
}

/* A member that is being read. */
struct reading {
    const struct wv_place *place; /* NULL: unlisted */
    uint32_t member;
    uint32_t key_end;
    bool doomed;
};

/* Notes the value [start, walk->at), or the container that begins at start. */
static struct wv_field *note(struct wv_worker *worker, struct wv_frame *frame,
                             const struct reading *reading, uint32_t start,
                             enum wv_field_kind kind)
{
    struct wv_walk *walk = &worker->walk;
    if (worker->field_count == worker->limits->fields) {
        (void)fail(walk, WV_REASON_TOO_MANY_FIELDS);
        return NULL;
    }
    const uint32_t index = worker->field_count++;
    struct wv_field *field = &worker->fields[index];
    const struct wv_place *place = reading->place;
    *field = (struct wv_field){
        .start = start,
        .end = walk->at,
        .member = reading->member,
        .key_end = reading->key_end,
        .comma_before = frame->comma,
        .comma_after = WV_NOWHERE,
        .container = frame->container,
        .ordinal = frame->ordinal,
        .skip = index + 1,
        .unit = place != NULL && place->whole && frame->unit != WV_NOWHERE ? frame->unit : index,
        .place = place,
        .depth = (uint16_t)walk->depth,
        .class = (uint8_t)(place == NULL ? WV_CLASS_UNLISTED : place->class),
        .kind = (uint8_t)kind,
        .doomed = reading->doomed,
    };
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

/* A listed member that is null says nothing, whatever else could stand there. In a pair it makes the
 * pair unreadable, which the pair must see. */
static bool may_be_null(const struct wv_frame *frame, const struct reading *reading)
{
    return reading->place != NULL && (frame->place == NULL || frame->place->pairs == NULL);
}

/* Notes a string, number or literal, unless nothing could ever be done with it. */
static bool note_leaf(struct wv_worker *worker, struct wv_frame *frame, struct reading *reading,
                      uint32_t start, enum wv_field_kind kind, bool escaped)
{
    frame->last = WV_NOWHERE;
    if (kind == WV_LITERAL && worker->text.ptr[start] == 'n' && may_be_null(frame, reading)) {
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
    struct wv_field *field = note(worker, frame, reading, start, kind);
    if (field == NULL) {
        return false;
    }
    field->escaped = escaped;
    if (place != NULL && place->role != WV_ROLE_NONE) {
        note_role(worker, field);
    }
    if (place != NULL && place->prefix_count > 0 && kind == WV_STRING) {
        class_by_prefix(worker, field);
    }
    return true;
}

static bool open_container(struct wv_worker *worker, struct wv_frame *frame,
                           struct reading *reading, bool object)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_place *place = reading->place;
    if (walk->depth == worker->limits->depth) {
        return fail(walk, WV_REASON_TOO_DEEP);
    }
    if (place != NULL && (object ? place->member_count == 0 : place->element == NULL)) {
        place = NULL;
        reading->place = NULL;
    }
    uint32_t index = WV_NOWHERE;
    frame->last = WV_NOWHERE;
    if (place == NULL || place->unit || place->joined) {
        index = worker->field_count;
        if (note(worker, frame, reading, walk->at, object ? WV_OBJECT : WV_ARRAY) == NULL) {
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
    walk->at++;
    return true;
}

static bool begin_value(struct wv_worker *worker, struct wv_frame *frame, struct reading *reading)
{
    struct wv_walk *walk = &worker->walk;
    const uint32_t start = walk->at;
    const uint8_t byte = here(walk);
    if (byte == '"') {
        bool escaped;
        return take_string(worker, &escaped) &&
               note_leaf(worker, frame, reading, start, WV_STRING, escaped);
    }
    if (byte == '{' || byte == '[') {
        return open_container(worker, frame, reading, byte == '{');
    }
    enum wv_field_kind kind;
    return take_scalar(walk, &kind) && note_leaf(worker, frame, reading, start, kind, false);
}

/* Finds the place of the member whose key is [from, to), which must be read decoded. */
static const struct wv_place *place_of_key(struct wv_worker *worker, struct wv_frame *frame,
                                           uint32_t from, uint32_t to, bool escaped, bool *doomed)
{
    struct wv_slice key = wv_slice_sub(worker->text, from, to);
    uint8_t decoded[1024];
    *doomed = key.len > worker->limits->key_bytes || key.len > sizeof decoded;
    if (*doomed) {
        return NULL;
    }
    if (wv_unlikely(escaped)) {
        key = (struct wv_slice){decoded, wv_text_unescape(key, decoded, NULL)};
    }
    const struct wv_place *place =
        frame->place == NULL ? NULL : wv_place_member(frame->place, key, &frame->hint);
    *doomed = place == NULL && wv_slice_eq(key, WV_LIT("_wafveil"));
    return place;
}

static bool read_member(struct wv_worker *worker, struct wv_frame *frame)
{
    struct wv_walk *walk = &worker->walk;
    const uint32_t from = walk->at;
    bool escaped;
    if (here(walk) != '"') {
        return fail(walk, WV_REASON_SYNTAX);
    }
    if (!take_string(worker, &escaped)) {
        return false;
    }
    struct reading reading = {.member = from, .key_end = walk->at - 1};
    reading.place =
        place_of_key(worker, frame, from + 1, walk->at - 1, escaped, &reading.doomed);
    skip_blanks(walk);
    if (here(walk) != ':') {
        return fail(walk, WV_REASON_SYNTAX);
    }
    walk->at++;
    skip_blanks(walk);
    return begin_value(worker, frame, &reading);
}

static bool read_element(struct wv_worker *worker, struct wv_frame *frame)
{
    struct reading reading = {
        .place = frame->place == NULL ? NULL : frame->place->element,
        .member = worker->walk.at,
        .key_end = worker->walk.at,
    };
    return begin_value(worker, frame, &reading);
}

/* Ends the innermost container. */
static void close_container(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_frame *frame = &walk->frames[--walk->depth];
    walk->at++;
    if (frame->field != WV_NOWHERE) {
        struct wv_field *field = &worker->fields[frame->field];
        field->end = walk->at;
        field->skip = worker->field_count;
        if (frame->place != NULL && frame->place->pairs != NULL) {
            wv_pairs_resolve(worker, frame->field);
        }
    }
    if (walk->depth == 0) {
        worker->root_members = frame->fresh ? 0 : frame->ordinal + 1;
        worker->root_end = walk->at - 1;
    }
}

/* Reads one member, element or closing bracket. */
static bool step(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    struct wv_frame *frame = &walk->frames[walk->depth - 1];
    skip_blanks(walk);
    const uint8_t byte = here(walk);
    if (byte == (frame->object ? '}' : ']')) {
        close_container(worker);
        return true;
    }
    if (!frame->fresh) {
        if (byte != ',') {
            return fail(walk, WV_REASON_SYNTAX);
        }
        if (frame->last != WV_NOWHERE) {
            worker->fields[frame->last].comma_after = walk->at;
        }
        frame->comma = walk->at++;
        frame->ordinal++;
        skip_blanks(walk);
    }
    frame->fresh = false;
    return frame->object ? read_member(worker, frame) : read_element(worker, frame);
}

static void reset(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    walk->text = worker->text;
    walk->at = 0;
    walk->quote = 0;
    walk->containers = 1;
    walk->depth = 0;
    walk->reason = WV_REASON_NONE;
    worker->field_count = 0;
    worker->label_count = 0;
    worker->more_labels = false;
    wv_scratch_return(&worker->kept, 0);
    for (size_t i = 0; i < WV_ROLE_COUNT; i++) {
        worker->roles[i] = WV_NOWHERE;
        worker->ambiguous[i] = false;
    }
}

enum wv_reason wv_find(struct wv_worker *worker)
{
    struct wv_walk *walk = &worker->walk;
    reset(worker);
    skip_blanks(walk);
    if (here(walk) != '{') {
        const uint8_t byte = here(walk);
        const bool json = byte == '[' || byte == '"' || byte == '-' || byte == 't' || byte == 'f' ||
                          byte == 'n' || (byte >= '0' && byte <= '9');
        return json ? WV_REASON_NOT_OBJECT : WV_REASON_SYNTAX;
    }
    walk->frames[walk->depth++] = (struct wv_frame){
        .place = worker->format->root,
        .comma = WV_NOWHERE,
        .field = WV_NOWHERE,
        .unit = WV_NOWHERE,
        .last = WV_NOWHERE,
        .object = true,
        .fresh = true,
    };
    walk->at++;
    while (walk->depth > 0) {
        if (!step(worker)) {
            return walk->reason;
        }
    }
    skip_blanks(walk);
    return walk->at == walk->text.len ? WV_REASON_NONE : WV_REASON_SYNTAX;
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
