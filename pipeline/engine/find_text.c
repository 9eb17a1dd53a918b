/* find_text.c — notes the fields of a layer that is no JSON: what its reader (text/reader.h) finds.
 */
#include "engine/work.h"

/* The place of a part; NULL: unlisted. */
static const struct wv_place *place_of(const struct wv_format *format,
                                       const struct wv_variant *variant, const struct wv_part *part,
                                       uint32_t *hint, struct wv_slice *name)
{
    *name = (struct wv_slice){0};
    if (part->key.len == 0) {
        return part->column < variant->column_count ? variant->columns[part->column] : NULL;
    }
    const struct wv_place *place = wv_place_member(format->root, part->key, hint);
    if (place == NULL && (format->any_case || format->root->any != NULL)) {
        place = wv_place_loose(format, format->root, part->key, name);
    }
    return place;
}

enum { SEEN_MAX = 128, LABELLED_MAX = 32 };

/* What the parts of one record say of each other. */
struct parts {
    struct wv_frame frame;
    struct {
        const struct wv_place *place;
        uint32_t field;
    } seen[SEEN_MAX]; /* listed places that had a value */
    size_t seen_count;
    struct {
        const struct wv_place *place;
        bool right; /* the label says what it must, and stands once */
    } labels[LABELLED_MAX];
    size_t label_count;
};

/* A key that stands twice: one of the two may be text of the client, so neither is trusted. */
static void note_seen(struct wv_worker *worker, struct parts *parts, struct wv_field *field)
{
    for (size_t i = 0; i < parts->seen_count; i++) {
        if (parts->seen[i].place == field->place) {
            wv_field_doubt(&worker->fields[parts->seen[i].field]);
            wv_field_doubt(field);
            return;
        }
    }
    if (parts->seen_count == SEEN_MAX) {
        wv_field_doubt(field);
        return;
    }
    parts->seen[parts->seen_count].place = field->place;
    parts->seen[parts->seen_count++].field = (uint32_t)(field - worker->fields);
}

/* "cs3Label=full_request" says what cs3 is. */
static void note_label(const struct wv_worker *worker, struct parts *parts,
                       const struct wv_part *part)
{
    const struct wv_slice ending = WV_LIT("Label");
    if (part->key.len <= ending.len ||
        !wv_slice_eq(ending, wv_slice_sub(part->key, part->key.len - ending.len, part->key.len))) {
        return;
    }
    const struct wv_slice key = wv_slice_sub(part->key, 0, part->key.len - ending.len);
    const struct wv_place *root = worker->format->root;
    const size_t at = wv_place_find(root, key);
    const struct wv_place *place = at == root->member_count ? NULL : root->members[at].place;
    if (place == NULL || place->label.len == 0) {
        return;
    }
    for (size_t i = 0; i < parts->label_count; i++) {
        if (parts->labels[i].place == place) {
            parts->labels[i].right = false;
            return;
        }
    }
    if (parts->label_count < LABELLED_MAX) {
        parts->labels[parts->label_count].place = place;
        parts->labels[parts->label_count++].right =
            wv_slice_eq(place->label, wv_slice_sub(worker->text, part->start, part->end));
    }
}

/* A value whose label says something else, or nothing, is not what the format takes it for. */
static void doom_unlabelled(struct wv_worker *worker, uint32_t first, const struct parts *parts)
{
    for (uint32_t i = first; i < worker->field_count; i++) {
        const struct wv_place *place = worker->fields[i].place;
        bool labelled = place == NULL || place->label.len == 0;
        for (size_t k = 0; !labelled && k < parts->label_count; k++) {
            labelled = parts->labels[k].place == place && parts->labels[k].right;
        }
        if (!labelled) {
            wv_field_doom(&worker->fields[i]);
            worker->roles[place->role] =
                worker->roles[place->role] == i ? WV_NOWHERE : worker->roles[place->role];
        }
    }
}

static bool has_mark(const struct wv_marks *marks, uint32_t number)
{
    return (marks->bits[number / 64] >> number % 64 & 1) != 0;
}

/* Whether a part that was read shows that the record is not of the format, whatever follows: most
 * lines are tried as several formats, and need not be read to their ends for that. */
static bool rules_out(const struct wv_worker *worker, const struct wv_place *place)
{
    const struct wv_alternatives *detect = &worker->format->detect;
    for (size_t i = 0; i < detect->count; i++) {
        bool missed = false;
        for (size_t k = 0; k < place->mark_count; k++) {
            const uint32_t number = place->marks[k].number;
            missed = missed ||
                     (has_mark(&detect->items[i], number) && !has_mark(&worker->marks, number));
        }
        if (!missed) {
            return false;
        }
    }
    return detect->count > 0;
}

static enum wv_reason note_part(struct wv_worker *worker, const struct wv_variant *variant,
                                struct parts *parts, const struct wv_part *part)
{
    struct wv_frame *frame = &parts->frame;
    if (worker->field_count == worker->limits->fields) {
        return WV_REASON_TOO_MANY_FIELDS;
    }
    struct wv_slice name;
    const struct wv_place *place = place_of(worker->format, variant, part, &frame->hint, &name);
    const uint32_t index = worker->field_count++;
    struct wv_field *field = &worker->fields[index];
    const struct wv_noted noted = {
        .start = part->start,
        .end = part->end,
        .member = part->from,
        .key_end = part->from,
        .comma_before = WV_NOWHERE,
        .container = frame->container,
        .ordinal = frame->ordinal++,
        .unit = index,
        .place = place,
        .depth = (uint16_t)worker->walk.depth,
        .layer = worker->layer,
        .class = place == NULL ? WV_CLASS_UNLISTED : place->class,
        .kind = WV_TEXT,
    };
    wv_field_set(field, index, noted);
    field->member_end = part->to;
    field->spelling = part->spelling;
    field->escaped = part->escaped;
    field->held = part->held;
    field->keyed = name.len > 0;
    field->odd = field->keyed || place == NULL;
    field->name = name;
    /* A key that no format knows may hold anything, and nothing looks into it here. */
    field->doomed = place == NULL && part->key.len > 0;
    if (place == NULL) {
        if (worker->watch != NULL) {
            const struct wv_frame root = {.place = worker->format->root};
            wv_watch_note(worker, index, &root, NULL, part->key);
        }
        return WV_REASON_NONE;
    }
    if (!wv_spelling_is_clean(part->spelling, wv_slice_sub(worker->text, part->start, part->end))) {
        wv_field_doubt(field);
    }
    note_seen(worker, parts, field);
    if (place->special) {
        frame->name = part->key;
        wv_note_special(worker, frame, field);
    }
    return place->mark_count > 0 && rules_out(worker, place) ? WV_REASON_UNDETECTED
                                                             : WV_REASON_NONE;
}

/* Whether the reader gets to the end of the text; of the last variant nobody needs to know. */
static bool fits(struct wv_reader *reader, bool last)
{
    struct wv_part part;
    enum wv_part_next next = last ? WV_PART_END : WV_PART_FOUND;
    while (next == WV_PART_FOUND) {
        next = wv_reader_next(reader, &part);
    }
    return next == WV_PART_END;
}

static enum wv_reason read_variant(struct wv_worker *worker, const struct wv_layer *layer,
                                   const struct wv_variant *variant, bool last)
{
    struct wv_walk *walk = &worker->walk;
    struct wv_reader reader = wv_reader_of(layer->format->syntax, layer->text, &variant->layout);
    struct parts parts;
    struct wv_part part;
    enum wv_part_next next;
    parts.frame = (struct wv_frame){.container = walk->containers++, .unit = WV_NOWHERE};
    parts.seen_count = 0;
    parts.label_count = 0;
    while ((next = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        walk->at = part.end;
        const enum wv_reason reason = note_part(worker, variant, &parts, &part);
        if (reason == WV_REASON_UNDETECTED) {
            return fits(&reader, last) ? WV_REASON_UNDETECTED : WV_REASON_SYNTAX;
        }
        if (reason != WV_REASON_NONE) {
            return reason;
        }
        note_label(worker, &parts, &part);
    }
    doom_unlabelled(worker, layer->first, &parts);
    return next == WV_PART_END ? WV_REASON_NONE : WV_REASON_SYNTAX;
}

enum wv_reason wv_find_text(struct wv_worker *worker, struct wv_layer *layer)
{
    struct wv_walk *walk = &worker->walk;
    const struct wv_format *format = layer->format;
    enum wv_reason reason = WV_REASON_SYNTAX;
    walk->depth = layer->level + 1U;
    walk->at = 0;
    if (walk->depth > worker->limits->depth) {
        return WV_REASON_TOO_DEEP;
    }
    const struct wv_before before = wv_before(worker);
    for (size_t i = 0; i < format->variant_count && reason == WV_REASON_SYNTAX; i++) {
        wv_back_to(worker, &before);
        const bool last = i + 1 == format->variant_count;
        reason = read_variant(worker, layer, &format->variants[i], last);
    }
    return reason;
}
