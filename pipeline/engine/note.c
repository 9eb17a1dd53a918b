/* note.c — what a value at a special place means beside its class: a role, a mark of its format, a
 * class by its name or first bytes, a text of its own inside. */
#include "engine/recognise.h"

#include <stdlib.h>

enum { GATHERED_FIRST = 1024 };

static void note_role(struct wv_worker *worker, const struct wv_field *field)
{
    const uint8_t role = field->place->role;
    const uint32_t index = (uint32_t)(field - worker->fields);
    if (worker->roles[role] == WV_NOWHERE && !wv_is_alone(worker, &worker->layers[field->layer])) {
        return; /* the client may have written it: it must choose neither the law nor the tenant */
    }
    if (role == WV_ROLE_LABEL) {
        if (worker->label_count < WV_LABELS_MAX) {
            worker->labels[worker->label_count++] = index;
        } else {
            worker->more_labels = true;
        }
        return;
    }
    const uint32_t known = worker->roles[role];
    if (known != WV_NOWHERE && worker->fields[known].layer != field->layer) {
        /* An outer layer has said it already: of where the client is, both must be heard. */
        worker->ambiguous[role] = worker->ambiguous[role] || role == WV_ROLE_COUNTRY;
        return;
    }
    if (known != WV_NOWHERE && worker->fields[known].place != field->place) {
        if (worker->fields[known].place->role_rank <= field->place->role_rank) {
            return;
        }
        worker->ambiguous[role] = false;
    } else {
        worker->ambiguous[role] = known != WV_NOWHERE;
    }
    worker->roles[role] = index;
}

/* A record of a batch: what is done with it is done later, one after another. */
static void gather(struct wv_worker *worker, const struct wv_field *field)
{
    if (worker->gathered_count == worker->gathered_cap) {
        const size_t cap = worker->gathered_cap == 0 ? GATHERED_FIRST : 2 * worker->gathered_cap;
        struct wv_gathered *gathered = realloc(worker->gathered, cap * sizeof *gathered);
        wv_ensure(gathered != NULL);
        worker->gathered = gathered;
        worker->gathered_cap = cap;
    }
    worker->gathered[worker->gathered_count++] = (struct wv_gathered){
        .start = field->start,
        .end = field->end,
        .kind = field->kind,
        .escaped = field->escaped,
        .base64 = field->place->inner != NULL && field->place->inner->base64,
    };
}

void wv_note_hollow(struct wv_worker *worker, const struct wv_place *place)
{
    if (worker->fleeting && worker->format->batch && place->holds) {
        const struct wv_field odd = {.kind = WV_ARRAY, .place = place};
        gather(worker, &odd);
    }
}

static void meet(struct wv_worker *worker, const struct wv_mark *mark)
{
    worker->marks.bits[mark->number / 64] |= UINT64_C(1) << mark->number % 64;
}

void wv_note_container(struct wv_worker *worker, const struct wv_place *place)
{
    const struct wv_inner *inner = place->inner;
    if (worker->fleeting && worker->format->batch && inner != NULL && inner->format == NULL) {
        const struct wv_field odd = {.kind = WV_ARRAY, .place = place};
        gather(worker, &odd); /* an array where a record should stand */
    }
    for (size_t i = 0; i < place->mark_count; i++) {
        if (place->marks[i].word_count == 0) {
            meet(worker, &place->marks[i]);
        }
    }
}

static void note_marks(struct wv_worker *worker, const struct wv_field *field)
{
    const struct wv_place *place = field->place;
    if (field->kind == WV_OBJECT || field->kind == WV_ARRAY) {
        wv_note_container(worker, place);
        return;
    }
    const struct wv_slice text = field->kind == WV_STRING || field->kind == WV_TEXT
                                     ? wv_field_text(worker, field)
                                     : wv_slice_sub(worker->text, field->start, field->end);
    for (size_t i = 0; i < place->mark_count; i++) {
        const struct wv_mark *mark = &place->marks[i];
        if (wv_mark_met(mark, text)) {
            meet(worker, mark);
        } else {
            worker->foreign = true; /* it may be what another format is known by */
        }
    }
}

/* A value that is a text of its own. It is read when the walk has come to its end. */
static void note_inner(struct wv_worker *worker, struct wv_field *field)
{
    const struct wv_inner *inner = field->place->inner;
    const bool record = inner->format == NULL;
    if (worker->fleeting && record && worker->format->batch) {
        gather(worker, field);
        return;
    }
    if (field->kind == WV_NUMBER || field->kind == WV_LITERAL || field->kind == WV_ARRAY ||
        (field->kind == WV_OBJECT && !record)) {
        return;
    }
    if (worker->fleeting) {
        return;
    }
    if (worker->layer_count == WV_LAYERS_MAX) {
        wv_field_doom(field);
        return;
    }
    field->odd = true;
    worker->layers[worker->layer_count++] = (struct wv_layer){
        .format = inner->format,
        .field = (uint32_t)(field - worker->fields),
        .record = record,
    };
}

/* The class of a value comes from the name that it has. */
static void note_name(struct wv_worker *worker, struct wv_field *field, struct wv_slice name)
{
    uint8_t *lower = name.len > WV_NAME_MAX ? NULL : wv_scratch_take(&worker->kept, name.len);
    if (lower == NULL || name.len == 0) {
        wv_field_doom(field);
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = wv_lower(name.ptr[i]);
    }
    field->name = (struct wv_slice){lower, name.len};
    const struct wv_name_table *table = field->place->table;
    if (table == NULL) {
        return;
    }
    enum wv_class class = WV_CLASS_HEADER;
    if (wv_names_find(table, field->name, &class)) {
        field->keyed = false; /* it is a word of ours */
    }
    field->class = (uint8_t) class;
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
    if (place->named) {
        note_name(worker, field, frame->name);
    }
    if (place->mark_count > 0) {
        note_marks(worker, field);
    }
    if (place->inner != NULL) {
        note_inner(worker, field);
    }
}
