/*
 * write.c — one output of a record: runs of bytes are copied, fields go through their chains.
 *
 * Removing a member must take exactly one comma with it. While every member so far has gone, that
 * is the comma after it; otherwise the one before it. Members are never half written: when a value
 * turns out to have to take the object around it along, the output goes back to where that object
 * began.
 */
#include "engine/work.h"

#include "base/base64.h"
#include "filters/search.h"
#include "json/text.h"

enum {
    ESCAPE_GROWTH = 6, /* a byte becomes \u0000 at most */
    WRAPPED_GROWTH = 6,
    WRAPPED_EXTRA = 4096,
    ANNOTATION_BYTES = 32 * 1024,
};

/* Writes text as it stands in the value of a field. */
static void escape_as(const struct wv_field *field, struct wv_buf *buf, struct wv_slice text)
{
    wv_spelling_writer *write = field->kind == WV_STRING ? wv_text_escape
                                : field->kind == WV_TEXT ? wv_spelling_write(field->spelling)
                                                         : NULL;
    if (write == NULL) {
        wv_buf_put(buf, text);
    } else {
        write(buf, text);
    }
}

/* New text of the layer that is being written, with the escapes of the layers around it. */
static void put_text(struct wv_writer *writer, struct wv_slice text)
{
    struct wv_worker *worker = writer->worker;
    struct wv_scratch *scratch = &worker->scratch;
    const size_t mark = scratch->used;
    for (const struct wv_layer *layer = writer->layer; layer->wraps > 0;) {
        const struct wv_field *field = &worker->fields[layer->field];
        const size_t cap = ESCAPE_GROWTH * text.len;
        uint8_t *memory = wv_scratch_take(scratch, cap);
        struct wv_buf escaped = wv_buf_of(memory, memory == NULL ? 0 : cap);
        escape_as(field, &escaped, text);
        if (!wv_buf_take(&escaped, &text)) {
            writer->buf->overflowed = true;
            break;
        }
        layer = &worker->layers[field->layer];
    }
    wv_buf_put(writer->buf, text);
    wv_scratch_return(scratch, mark);
}

/* Copies by way of the map that leads to the origin. */
static void copy_mapped(struct wv_writer *writer, uint32_t from, uint32_t to)
{
    const struct wv_layer *layer = writer->layer;
    wv_buf_put(writer->buf, wv_slice_sub(layer->origin, layer->map[from], layer->map[to]));
}

static void copy_until(struct wv_writer *writer, uint32_t end)
{
    const uint32_t cursor = writer->cursor;
    wv_ensure(cursor <= end && end <= writer->layer->text.len);
    writer->cursor = end;
    if (wv_likely(writer->direct != NULL)) {
        wv_buf_put(writer->buf, (struct wv_slice){writer->direct + cursor, end - cursor});
    } else {
        copy_mapped(writer, cursor, end);
    }
}

static void enter(struct wv_writer *writer, const struct wv_layer *layer)
{
    writer->layer = layer;
    writer->direct = layer->map == NULL ? layer->origin.ptr + layer->base : NULL;
}

/* Removes what is no member of an object. */
static void cut(struct wv_writer *writer, const struct wv_field *field)
{
    if (field->held) {
        copy_until(writer, field->start);
        put_text(writer, wv_spelling_nothing(field->spelling));
        writer->cursor = field->end;
    } else {
        copy_until(writer, field->member);
        writer->cursor = field->member_end;
    }
}

static void remove_member(struct wv_writer *writer, const struct wv_field *field)
{
    if (field->kind == WV_TEXT) {
        cut(writer, field);
        return;
    }
    const bool leading = field->comma_before == WV_NOWHERE ||
                         (writer->lead[field->depth].container == field->container &&
                          writer->lead[field->depth].next == field->ordinal);
    if (leading) {
        copy_until(writer, field->member);
        writer->cursor =
            field->comma_after == WV_NOWHERE ? field->member_end : field->comma_after + 1;
        writer->lead[field->depth].container = field->container;
        writer->lead[field->depth].next = field->ordinal + 1;
    } else {
        copy_until(writer, field->comma_before);
        writer->cursor = field->member_end;
    }
    writer->root_removed += field->depth == writer->layer->level + 1U;
}

static void mark(const struct wv_writer *writer, struct wv_field *field)
{
    field->mark_out = (uint32_t)writer->buf->len;
    field->mark_cursor = writer->cursor;
}

static void back_to(struct wv_writer *writer, const struct wv_field *field)
{
    wv_buf_rewind(writer->buf, field->mark_out);
    writer->cursor = field->mark_cursor;
}

static void tell(struct wv_writer *writer, const struct wv_field *field, const struct wv_rule *rule,
                 enum wv_action action, size_t from)
{
    struct wv_worker *worker = writer->worker;
    worker->tally.fields[field->class][action]++;
    writer->shown |= (uint64_t)(action == WV_ACTION_KEPT || action == WV_ACTION_REPLACED)
                     << field->class;
    if (wv_likely(!worker->observed)) {
        return;
    }
    if (worker->watch != NULL) {
        worker->watch->asides[field - worker->fields].action = (uint8_t)action;
    }
    if (worker->trace == NULL) {
        return;
    }
    struct wv_trace trace = {
        .output = (uint32_t)writer->output,
        .path = field->place == NULL ? "*" : field->place->path,
        .class = (enum wv_class)field->class,
        .rule = rule,
        .action = action,
        .before = wv_slice_sub(writer->layer->text, field->start, field->end),
    };
    if (action == WV_ACTION_KEPT) {
        trace.after = trace.before;
    } else if (action == WV_ACTION_REPLACED && !writer->buf->overflowed) {
        trace.after = (struct wv_slice){writer->buf->mem + from, writer->buf->len - from};
    }
    worker->trace(worker->trace_user, &trace);
}

/* Nothing to do for a string that is kept and cannot hold an address. */
static bool is_plainly_kept(const struct wv_writer *writer, const struct wv_field *field,
                            const struct wv_rule *rule)
{
    const struct wv_worker *worker = writer->worker;
    if (worker->needles.text_count > 0 && wv_class_is_searched((enum wv_class)field->class)) {
        return false;
    }
    return rule->keeps && wv_field_is_text(field) && !field->escaped && field->place != NULL &&
           !wv_search_may_hold_address(wv_field_raw(worker, field));
}

/* Whether it would be a text with values of its own, of which none has a class. */
static bool is_only_layer(const struct wv_field *field)
{
    return field->place != NULL && field->place->inner != NULL && !field->keyed &&
           field->class == WV_CLASS_UNLISTED;
}

/* There is nothing in an empty string, which most queries and fragments are. */
static bool is_left_empty(const struct wv_writer *writer, const struct wv_field *field,
                          const struct wv_rule *rule)
{
    const uint32_t quotes = field->kind == WV_STRING ? 2 : 0;
    if (field->end - field->start != quotes || !wv_field_is_text(field)) {
        return false;
    }
    if (!rule->leaves_empty) {
        return is_only_layer(field);
    }
    for (uint32_t i = 0; i < rule->step_count; i++) {
        writer->worker->tally.filters[rule->steps[i].index][WV_ACTION_KEPT]++;
    }
    return true;
}

/* The new value is made aside, and gets the escapes of the layers around it. */
static enum wv_action chain_wrapped(struct wv_writer *writer, const struct wv_field *field,
                                    const struct wv_rule *rule)
{
    struct wv_scratch *scratch = &writer->worker->scratch;
    struct wv_buf *buf = writer->buf;
    const size_t used = scratch->used;
    const size_t cap = WRAPPED_GROWTH * (field->end - field->start) + WRAPPED_EXTRA;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    enum wv_action action = WV_ACTION_FAILED;
    if (memory != NULL) {
        struct wv_buf aside = wv_buf_of(memory, cap);
        struct wv_slice made;
        writer->buf = &aside;
        action = wv_chain(writer, field, rule);
        writer->buf = buf;
        if (action == WV_ACTION_REPLACED && wv_buf_take(&aside, &made)) {
            put_text(writer, made);
        } else if (action == WV_ACTION_REPLACED) {
            action = WV_ACTION_FAILED;
        }
    }
    wv_scratch_return(scratch, used);
    return action;
}

static enum wv_action write_leaf(struct wv_writer *writer, struct wv_field *field,
                                 const struct wv_rule *rule)
{
    if (is_left_empty(writer, field, rule) || is_plainly_kept(writer, field, rule)) {
        tell(writer, field, rule, WV_ACTION_KEPT, 0);
        return WV_ACTION_KEPT;
    }
    mark(writer, field);
    copy_until(writer, field->start);
    const size_t from = writer->buf->len;
    const enum wv_action action = wv_likely(writer->layer->wraps == 0)
                                      ? wv_chain(writer, field, rule)
                                      : chain_wrapped(writer, field, rule);
    if (action == WV_ACTION_REPLACED) {
        if (field->held && writer->buf->len == from) {
            put_text(writer, wv_spelling_nothing(field->spelling));
        }
        writer->cursor = field->end;
    } else {
        back_to(writer, field);
    }
    tell(writer, field, rule, action, from);
    return action;
}

/* Whether a container goes whole, before anything inside it is looked at. */
static bool container_goes(struct wv_writer *writer, const struct wv_field *field,
                           const struct wv_rule *rule)
{
    if (field->place == NULL) {
        return rule->drops;
    }
    if (!field->place->joined || field->place->element == NULL) {
        return false;
    }
    const struct wv_rule *inner = wv_pick(writer, field->place->element->class);
    return inner->steps[inner->step_count - 1].filter->residue != WV_RESIDUE_CLOSED &&
           wv_chain_crosses(writer, field);
}

static bool write_layer(struct wv_writer *writer, const struct wv_layer *layer);

/* Where the writer stands in a layer, to go on there. */
struct stand {
    const struct wv_layer *layer;
    struct wv_buf *buf;
    uint32_t cursor;
    uint32_t root_removed;
};

static struct stand leave(const struct wv_writer *writer)
{
    return (struct stand){writer->layer, writer->buf, writer->cursor, writer->root_removed};
}

static void come_back(struct wv_writer *writer, const struct stand *stand)
{
    enter(writer, stand->layer);
    writer->buf = stand->buf;
    writer->cursor = stand->cursor;
    writer->root_removed = stand->root_removed;
}

/* The layer's own bytes, as they stand in the value of the field. */
static bool put_whole(struct wv_writer *writer, const struct wv_field *field, struct wv_slice made)
{
    struct wv_scratch *scratch = &writer->worker->scratch;
    const size_t cap = ESCAPE_GROWTH * made.len + 4;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    struct wv_buf value = wv_buf_of(memory, memory == NULL ? 0 : cap);
    struct wv_slice text;
    if (field->place->inner->base64) {
        wv_base64_encode(&value, made);
    } else {
        escape_as(field, &value, made);
    }
    if (!wv_buf_take(&value, &text)) {
        return false;
    }
    put_text(writer, text);
    return true;
}

/* Writes a layer that is its own origin aside, and then as the value that it is; *unchanged: it is
 * what it was, and may stay as it is written. */
static bool write_whole(struct wv_writer *writer, const struct wv_field *field,
                        const struct wv_layer *layer, bool *unchanged)
{
    const struct stand outer = leave(writer);
    struct wv_scratch *scratch = &writer->worker->scratch;
    const size_t mark = scratch->used;
    const size_t cap = WRAPPED_GROWTH * layer->text.len + ANNOTATION_BYTES;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    struct wv_buf aside = wv_buf_of(memory, memory == NULL ? 0 : cap);
    struct wv_slice made;
    writer->buf = &aside;
    bool good = write_layer(writer, layer);
    come_back(writer, &outer);
    good = good && wv_buf_take(&aside, &made);
    *unchanged = good && !layer->repaired && wv_slice_eq(made, layer->origin);
    good = good && (*unchanged || put_whole(writer, field, made));
    wv_scratch_return(scratch, mark);
    return good;
}

/* A value that is a text of its own is written by what is inside of it. */
static enum wv_action write_inner(struct wv_writer *writer, struct wv_field *field,
                                  const struct wv_layer *layer)
{
    const uint32_t quote = field->kind == WV_STRING;
    mark(writer, field);
    copy_until(writer, field->start + quote);
    const struct stand outer = leave(writer);
    bool unchanged = false;
    const bool good =
        layer->whole ? write_whole(writer, field, layer, &unchanged) : write_layer(writer, layer);
    come_back(writer, &outer);
    if (!good) {
        back_to(writer, field);
        return WV_ACTION_FAILED;
    }
    if (unchanged) {
        copy_until(writer, field->end);
    } else {
        writer->cursor = field->end - quote;
    }
    return WV_ACTION_KEPT;
}

/* Whether a field goes before its rule is asked. */
static bool is_doomed(struct wv_writer *writer, const struct wv_field *field,
                      const struct wv_rule *rule)
{
    const bool strange = field->keyed || (field->place == NULL && !rule->drops);
    return field->doomed || (field->dubious && rule->keeps) ||
           (strange && wv_chain_key_tells(writer, field));
}

/* What is done with a container, or with a field that something is odd about. */
static enum wv_action write_odd(struct wv_writer *writer, struct wv_field *field,
                                const struct wv_rule *rule)
{
    const bool container = field->kind == WV_OBJECT || field->kind == WV_ARRAY;
    if (is_doomed(writer, field, rule) || (container && container_goes(writer, field, rule))) {
        tell(writer, field, rule, WV_ACTION_REMOVED, 0);
        return WV_ACTION_REMOVED;
    }
    const struct wv_layer *inner = wv_layer_of(writer->worker, field);
    if (inner != NULL) {
        return write_inner(writer, field, inner);
    }
    if (container) {
        mark(writer, field);
        return WV_ACTION_KEPT;
    }
    return write_leaf(writer, field, rule);
}

/* What is done with one field; a container's inside follows when it stays. */
static inline enum wv_action write_field(struct wv_writer *writer, struct wv_field *field)
{
    const struct wv_rule *rule = wv_pick(writer, (enum wv_class)field->class);
    const bool container = field->kind == WV_OBJECT || field->kind == WV_ARRAY;
    if (wv_unlikely(field->odd || container || field->place == NULL)) {
        return write_odd(writer, field, rule);
    }
    return write_leaf(writer, field, rule);
}

static void put_annotation(struct wv_writer *writer)
{
    if (wv_likely(writer->layer->wraps == 0)) {
        wv_annotate_member(writer, writer->buf);
        return;
    }
    struct wv_scratch *scratch = &writer->worker->scratch;
    const size_t mark = scratch->used;
    uint8_t *memory = wv_scratch_take(scratch, ANNOTATION_BYTES);
    struct wv_buf aside = wv_buf_of(memory, memory == NULL ? 0 : ANNOTATION_BYTES);
    struct wv_slice made;
    wv_annotate_member(writer, &aside);
    if (wv_buf_take(&aside, &made)) {
        put_text(writer, made);
    } else {
        writer->buf->overflowed = true;
    }
    wv_scratch_return(scratch, mark);
}

/* The end of a layer: the annotation is the last member of its object. */
static void finish(struct wv_writer *writer)
{
    const struct wv_layer *layer = writer->layer;
    const uint32_t annotate = writer->config->annotate;
    const bool told = annotate == WV_ANNOTATE_MEMBER || annotate == WV_ANNOTATE_BOTH;
    if (told && layer == writer->annotated) {
        copy_until(writer, layer->root_end);
        if (layer->root_members > writer->root_removed) {
            put_text(writer, WV_LIT(","));
        }
        put_annotation(writer);
    }
    copy_until(writer, (uint32_t)layer->text.len);
}

/* The fields of one layer. False when the pack says to reject the record. */
static bool write_layer(struct wv_writer *writer, const struct wv_layer *layer)
{
    struct wv_worker *worker = writer->worker;
    enter(writer, layer);
    writer->cursor = 0;
    writer->root_removed = 0;
    for (uint32_t i = layer->first; i < layer->end;) {
        struct wv_field *field = &worker->fields[i];
        const enum wv_action action = write_field(writer, field);
        if (writer->failed != NULL) {
            return false;
        }
        if (action == WV_ACTION_KEPT || action == WV_ACTION_REPLACED) {
            i++;
            continue;
        }
        const struct wv_field *unit = &worker->fields[field->unit];
        if (unit != field) {
            back_to(writer, unit);
        }
        remove_member(writer, unit);
        i = unit->skip;
    }
    finish(writer);
    return true;
}

bool wv_write(struct wv_writer *writer)
{
    return write_layer(writer, &writer->worker->layers[0]);
}
