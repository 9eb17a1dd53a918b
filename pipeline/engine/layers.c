/*
 * layers.c — reads a record and the texts inside its values.
 *
 * The record is read first, then each text that stands in a value of a layer before it: nothing is
 * read inside of a walk, and there is no recursion.
 */
#include "engine/borders.h"
#include "engine/recognise.h"

#include "base/base64.h"
#include "base/expand.h"
#include "json/text.h"
#include "json/utf8.h"

/* A layer that is its own origin: it will be escaped again as a whole. */
static void set_whole(struct wv_layer *layer, struct wv_slice text)
{
    layer->text = text;
    layer->origin = text;
    layer->base = 0;
    layer->map = NULL;
    layer->wraps = 0;
    layer->whole = true;
}

static bool open_base64(struct wv_worker *worker, struct wv_layer *layer)
{
    uint8_t *bytes = wv_scratch_take(&worker->kept, layer->text.len);
    size_t len;
    if (bytes == NULL || !wv_base64_decode(layer->text, bytes, &len)) {
        return false;
    }
    set_whole(layer, (struct wv_slice){bytes, len});
    if (!wv_is_json(layer->text) || memchr(bytes, '\n', len) == NULL) {
        return true;
    }
    uint8_t *flat = wv_scratch_take(&worker->kept, len);
    if (flat != NULL) {
        memcpy(flat, bytes, len);
        wv_flatten(flat, len);
        layer->text.ptr = flat;
    }
    return flat != NULL;
}

/* Takes the escapes of the field's value away, and leads the map back to the origin of the layer
 * around it. */
static bool open_escaped(struct wv_worker *worker, struct wv_layer *layer,
                         const struct wv_layer *parent, const struct wv_field *field,
                         struct wv_slice raw)
{
    uint8_t *text = wv_scratch_take(&worker->kept, raw.len);
    uint32_t *map = wv_scratch_take(&worker->kept, (raw.len + 1) * sizeof *map);
    if (text == NULL || map == NULL) {
        return false;
    }
    const size_t len = field->kind == WV_STRING ? wv_text_unescape(raw, text, map)
                                                : wv_spelling_read(field->spelling, raw, text, map);
    const uint32_t at = (uint32_t)(raw.ptr - parent->text.ptr);
    for (size_t i = 0; i <= len; i++) {
        map[i] = parent->map != NULL ? parent->map[at + map[i]] : parent->base + at + map[i];
    }
    if (wv_is_json((struct wv_slice){text, len})) {
        wv_flatten(text, len);
    }
    layer->text = (struct wv_slice){text, len};
    layer->map = map;
    return true;
}

/* Finds the text of a layer in the value that it is. False: it cannot be read. */
static bool open_text(struct wv_worker *worker, struct wv_layer *layer)
{
    const struct wv_field *field = &worker->fields[layer->field];
    const struct wv_layer *parent = &worker->layers[field->layer];
    const bool object = field->kind == WV_OBJECT;
    const struct wv_slice raw =
        object ? wv_slice_sub(parent->text, field->start, field->end) : wv_field_raw(worker, field);
    const bool plain =
        object || (field->kind == WV_TEXT && wv_spelling_write(field->spelling) == NULL);
    layer->level = field->depth;
    layer->nesting = (uint8_t)(parent->nesting + layer->record);
    layer->origin = parent->origin;
    layer->wraps = (uint8_t)(parent->wraps + !plain);
    if (layer->nesting > WV_NESTING_MAX || raw.len == 0) {
        return false;
    }
    if (field->escaped) {
        if (!open_escaped(worker, layer, parent, field, raw)) {
            return false;
        }
    } else {
        const uint32_t at = (uint32_t)(raw.ptr - parent->text.ptr);
        layer->text = raw;
        layer->base = parent->base + at;
        layer->map = parent->map == NULL ? NULL : parent->map + at;
    }
    return !field->place->inner->base64 || open_base64(worker, layer);
}

/* Builds the index of a layer of JSON; text that is not UTF-8, or that has control bytes in
 * strings, is repaired first. */
static bool index_layer(struct wv_worker *worker, struct wv_layer *layer, bool json)
{
    struct wv_index *index = &worker->index;
    if (layer->text.len > worker->limits->record_bytes || !wv_index_build(index, layer->text)) {
        return false;
    }
    const bool control = json && index->control;
    if (!control && (!index->non_ascii || wv_utf8_valid(layer->text))) {
        return index->len == layer->text.len || !json;
    }
    const size_t cap = 3 * layer->text.len;
    uint8_t *memory = wv_scratch_take(&worker->kept, cap);
    if (memory == NULL) {
        return false;
    }
    struct wv_buf repaired = wv_buf_of(memory, cap);
    struct wv_slice text;
    wv_utf8_repair(layer->text, json, &repaired);
    worker->tally.repaired_utf8++;
    if (!wv_buf_take(&repaired, &text) || text.len > worker->limits->record_bytes) {
        return false;
    }
    set_whole(layer, text);
    layer->repaired = true;
    return wv_index_build(index, text) && (index->len == text.len || !json);
}

static bool is_literal(const struct wv_format *format, struct wv_slice text)
{
    for (size_t i = 0; i < format->literal_count; i++) {
        if (wv_slice_eq(format->literals[i], text)) {
            return true;
        }
    }
    return false;
}

/* Whether the text begins as a record does: then it is none of the values that may be anything. */
static bool begins_record(struct wv_slice text)
{
    size_t at = 0;
    while (at < text.len && memchr(" \t\r\n", text.ptr[at], 4) != NULL) {
        at++;
    }
    const struct wv_slice rest = wv_slice_sub(text, at, text.len);
    return rest.len > 0 && (rest.ptr[0] == '{' || rest.ptr[0] == '[' || rest.ptr[0] == '<' ||
                            wv_slice_starts(rest, WV_LIT("CEF:")));
}

/* Remembers why a record inside could not be read, and where in the message. */
static void note_missed(struct wv_worker *worker, const struct wv_layer *layer,
                        enum wv_reason reason)
{
    if (!layer->record) {
        return;
    }
    const struct wv_field *field = &worker->fields[layer->field];
    while (field->layer != 0) {
        field = &worker->fields[worker->layers[field->layer].field];
    }
    worker->missed = reason;
    worker->missed_at = field->start;
}

/* What becomes of a value whose text could not be read as what it is: it goes, unless it may also
 * be a plain value, which has a class. */
static void give_up(struct wv_worker *worker, struct wv_layer *layer, enum wv_reason reason)
{
    struct wv_field *field = &worker->fields[layer->field];
    layer->open = false;
    if (field->place->inner->or_value) {
        if (layer->text.len == 0 || begins_record(layer->text)) {
            wv_field_doom(field);
        }
    } else {
        wv_field_doom(field);
        note_missed(worker, layer, reason);
    }
}

static bool is_rule(const struct wv_worker *worker, enum wv_undetected rule)
{
    return worker->plan->config->inputs[worker->record->input].undetected == rule;
}

/* No format is recognised in the record: what the input says of such records. */
static enum wv_reason give_in(struct wv_worker *worker)
{
    if (is_rule(worker, WV_UNDETECTED_UNLISTED) && wv_is_json(worker->layers[0].text)) {
        return wv_read_unknown(worker, 0);
    }
    if (is_rule(worker, WV_UNDETECTED_SUPPRESS)) {
        worker->found = WV_FOUND_NOTHING;
        return WV_REASON_NONE;
    }
    return WV_REASON_UNDETECTED;
}

/* A text inside of an envelope is no record but a batch of them, or holds no event. */
static void set_aside(struct wv_worker *worker, struct wv_layer *layer, enum wv_found found)
{
    wv_field_doom(&worker->fields[layer->field]);
    layer->open = false;
    worker->batches += found == WV_FOUND_PACKED;
    worker->hollow = worker->hollow || found == WV_FOUND_NOTHING;
}

/* Reads a layer inside of another one. */
static void read_inner(struct wv_worker *worker, uint32_t number)
{
    struct wv_layer *layer = &worker->layers[number];
    const struct wv_field *field = &worker->fields[layer->field];
    const struct wv_format *format = field->place->inner->format;
    if (field->start + (field->kind == WV_STRING ? 2U : 0U) == field->end) {
        return; /* an empty text holds nothing */
    }
    if (!open_text(worker, layer)) {
        give_up(worker, layer, WV_REASON_UNDETECTED);
        return;
    }
    if (layer->record && wv_is_alone(worker, layer) &&
        wv_packing_of(layer->text) != WV_PACKING_NONE) {
        worker->packed = layer->text;
        set_aside(worker, layer, WV_FOUND_PACKED);
        return;
    }
    if (format != NULL && is_literal(format, layer->text)) {
        return;
    }
    const bool json = format == NULL ? wv_is_json(layer->text) : format->syntax == NULL;
    if ((json || layer->record || layer->whole) && !index_layer(worker, layer, json)) {
        give_up(worker, layer, WV_REASON_SYNTAX);
        return;
    }
    const struct wv_before before = wv_before(worker);
    enum wv_reason reason =
        format == NULL ? wv_read_record(worker, number) : wv_read_as(worker, number, format, false);
    if (reason == WV_REASON_UNDETECTED && json && wv_is_alone(worker, layer) &&
        is_rule(worker, WV_UNDETECTED_UNLISTED)) {
        wv_back_to(worker, &before);
        reason = wv_read_unknown(worker, number);
    }
    layer->open = reason == WV_REASON_NONE;
    if (reason != WV_REASON_NONE) {
        wv_back_to(worker, &before);
        give_up(worker, layer, reason);
    } else if (worker->found != WV_FOUND_RECORD) {
        wv_back_to(worker, &before);
        set_aside(worker, layer, worker->found);
        worker->found = WV_FOUND_RECORD;
    }
}

/* Whether a layer, if it is an envelope, holds a record that could be read. */
static bool is_layer_filled(const struct wv_worker *worker, uint32_t number)
{
    const struct wv_layer *layer = &worker->layers[number];
    bool filled = !layer->open || !layer->format->envelope;
    for (uint32_t i = number + 1; !filled && i < worker->layer_count; i++) {
        const struct wv_layer *inner = &worker->layers[i];
        filled = inner->open && inner->record && worker->fields[inner->field].layer == number;
    }
    return filled;
}

/* Whether every envelope holds a record that could be read. One inside of a record that does not is
 * a text that could not be read, and goes alone. */
static bool is_filled(struct wv_worker *worker)
{
    bool filled = true;
    for (uint32_t i = worker->layer_count; i > 0; i--) {
        struct wv_layer *layer = &worker->layers[i - 1];
        if (is_layer_filled(worker, i - 1)) {
            continue;
        }
        if (wv_is_alone(worker, layer)) {
            filled = false;
        } else {
            layer->open = false;
            wv_field_doom(&worker->fields[layer->field]);
        }
    }
    return filled;
}

/* An envelope without a record that could be read: what the input says of records that are not
 * recognised holds for it, too. */
static enum wv_reason miss(struct wv_worker *worker)
{
    worker->walk.at = worker->missed_at;
    if (worker->missed == WV_REASON_UNDETECTED && is_rule(worker, WV_UNDETECTED_SUPPRESS)) {
        worker->found = WV_FOUND_NOTHING;
        return WV_REASON_NONE;
    }
    return worker->missed;
}

static uint32_t count_records(const struct wv_worker *worker)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->layer_count; i++) {
        const struct wv_layer *layer = &worker->layers[i];
        count += layer->open && layer->record && !layer->format->envelope;
    }
    return count;
}

/* What the texts inside of a record come to together: none may take another one away. */
static enum wv_reason conclude(struct wv_worker *worker)
{
    const uint32_t records = worker->batches > 0 || worker->hollow ? count_records(worker) : 1;
    if (worker->batches + records > 1 && worker->batches > 0) {
        return WV_REASON_AMBIGUOUS;
    }
    if (worker->batches > 0) {
        worker->found = WV_FOUND_PACKED;
        return WV_REASON_NONE;
    }
    if (records == 0) {
        worker->found = WV_FOUND_NOTHING;
        return WV_REASON_NONE;
    }
    return is_filled(worker) ? WV_REASON_NONE : miss(worker);
}

enum wv_reason wv_read(struct wv_worker *worker, struct wv_slice text, struct wv_slice origin,
                       bool repaired)
{
    wv_find_reset(worker);
    worker->found = WV_FOUND_RECORD;
    worker->missed = WV_REASON_UNDETECTED;
    worker->missed_at = 0;
    worker->batches = 0;
    worker->hollow = false;
    worker->layer_count = 1;
    worker->layers[0] = (struct wv_layer){
        .text = text, .origin = origin, .field = WV_NOWHERE, .record = true, .repaired = repaired};
    const enum wv_reason reason = wv_read_record(worker, 0);
    if (reason == WV_REASON_UNDETECTED) {
        return give_in(worker);
    }
    if (reason != WV_REASON_NONE || worker->layers[0].format->batch) {
        return reason;
    }
    if (worker->found != WV_FOUND_RECORD) {
        return WV_REASON_NONE;
    }
    for (uint32_t i = 1; i < worker->layer_count; i++) {
        read_inner(worker, i);
    }
    return conclude(worker);
}

const struct wv_layer *wv_layer_of(const struct wv_worker *worker, const struct wv_field *field)
{
    const uint32_t index = (uint32_t)(field - worker->fields);
    for (uint32_t i = 1; i < worker->layer_count; i++) {
        if (worker->layers[i].field == index && worker->layers[i].open) {
            return &worker->layers[i];
        }
    }
    return NULL;
}
