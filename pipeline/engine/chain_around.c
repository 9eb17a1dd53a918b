/*
 * chain_around.c — what is personal around a value: in its key, and across the pieces of an array.
 */
#include "engine/work.h"

#include "filters/search.h"
#include "json/text.h"

bool wv_chain_crosses(struct wv_writer *writer, const struct wv_field *array)
{
    struct wv_worker *worker = writer->worker;
    struct wv_scratch *scratch = &worker->scratch;
    const size_t mark = scratch->used;
    const uint32_t first = (uint32_t)(array - worker->fields) + 1;
    const size_t room = array->end - array->start;
    uint8_t *text = wv_scratch_take(scratch, room);
    uint32_t *borders = wv_scratch_take(scratch, (array->skip - first + 1) * sizeof *borders);
    bool crosses = text == NULL || borders == NULL || room > worker->limits->value_bytes;
    size_t len = 0;
    size_t count = 0;
    for (uint32_t i = first; !crosses && i < array->skip; i++) {
        const struct wv_field *piece = &worker->fields[i];
        const struct wv_slice raw = wv_slice_sub(writer->layer->text, piece->start + 1,
                                                 piece->end - (piece->kind == WV_STRING));
        if (piece->kind != WV_STRING) {
            crosses = piece->place != NULL && piece->kind == WV_NUMBER;
            continue;
        }
        borders[count++] = (uint32_t)len;
        len += wv_text_unescape(raw, text + len, NULL);
    }
    crosses =
        crosses || (count > 1 && wv_search_crosses(WV_SEARCH_ALL, (struct wv_slice){text, len},
                                                   borders, count, &writer->context));
    wv_scratch_return(scratch, mark);
    return crosses;
}

/* Whether something personal is found in a key. True also when it cannot tell. */
static bool key_holds(struct wv_writer *writer, unsigned what, struct wv_slice key)
{
    const size_t cap = 4 * key.len + 256;
    uint8_t *memory = wv_scratch_take(&writer->worker->scratch, cap);
    struct wv_buf buf = wv_buf_of(memory, memory == NULL ? 0 : cap);
    struct wv_out out = wv_out_plain(&buf, key);
    return memory == NULL || wv_search(what, key, &writer->context, &out) != WV_HARMLESS;
}

/* The key as it was written, decoded, or in other syntaxes than JSON with what stands around it:
 * the name of a field is in lower case, in which a pattern may not know it. */
static bool written_key(struct wv_writer *writer, const struct wv_field *field,
                        struct wv_slice *key)
{
    const struct wv_slice text = writer->layer->text;
    *key = (struct wv_slice){0};
    if (field->kind == WV_TEXT) {
        *key = wv_slice_sub(text, field->member, field->start);
        return true;
    }
    if (field->key_end == field->member) {
        return true; /* an element: what it is in has the key */
    }
    const struct wv_slice raw = wv_slice_sub(text, field->member + 1, field->key_end);
    uint8_t *memory = wv_scratch_take(&writer->worker->scratch, raw.len);
    if (memory != NULL) {
        *key = (struct wv_slice){memory, wv_text_unescape(raw, memory, NULL)};
    }
    return memory != NULL;
}

/* The decoded key of a field, as far as it is text of the record; false: it cannot be read. */
static bool read_key(struct wv_writer *writer, const struct wv_field *field, struct wv_slice *key)
{
    *key = field->name;
    return field->keyed ? key->len > 0 : written_key(writer, field, key);
}

bool wv_chain_key_tells(struct wv_writer *writer, const struct wv_field *field)
{
    struct wv_scratch *scratch = &writer->worker->scratch;
    if (field->key_end == field->member && !field->keyed) {
        return false; /* an element has no key */
    }
    const size_t mark = scratch->used;
    struct wv_slice key;
    bool tells = !read_key(writer, field, &key) || key_holds(writer, WV_SEARCH_ALL, key);
    if (!tells && field->keyed && writer->context.patterns != NULL) {
        tells = !written_key(writer, field, &key) || key_holds(writer, WV_SEARCH_IDENTIFIERS, key);
    }
    wv_scratch_return(scratch, mark);
    return tells;
}
