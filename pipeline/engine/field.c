/*
 * field.c — the text of a field as its writer meant it.
 */
#include "engine/work.h"

#include "json/text.h"

struct wv_slice wv_field_text(struct wv_worker *worker, const struct wv_field *field)
{
    return wv_field_text_in(worker, field, &worker->kept);
}

struct wv_slice wv_field_text_in(const struct wv_worker *worker, const struct wv_field *field,
                                 struct wv_scratch *scratch)
{
    if (field->kind != WV_STRING && field->kind != WV_TEXT) {
        return (struct wv_slice){0};
    }
    const struct wv_slice raw = wv_field_raw(worker, field);
    if (!field->escaped) {
        return raw;
    }
    uint8_t *decoded = wv_scratch_take(scratch, raw.len);
    if (decoded == NULL) {
        return (struct wv_slice){0};
    }
    const size_t len = field->kind == WV_STRING
                           ? wv_text_unescape(raw, decoded, NULL)
                           : wv_spelling_read(field->spelling, raw, decoded, NULL);
    return (struct wv_slice){decoded, len};
}
