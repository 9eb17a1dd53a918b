/*
 * parts.h — shows how a reader takes a text apart, for known answers.
 *
 * The text as it is, with each part in brackets: [key:cut<value>cut], where "cut" is what goes
 * together with the value; a part without a key shows its column, one whose place stays has a *
 * behind the key, one with escapes a \. A text that cannot be read ends with a !.
 */
#ifndef WV_TESTS_PARTS_H
#define WV_TESTS_PARTS_H

#include "text/reader.h"

#include <stdio.h>

static inline void parts_add(struct wv_buf *out, struct wv_slice text, uint32_t from, uint32_t to)
{
    wv_buf_put(out, wv_slice_sub(text, from, to));
}

static inline void parts_add_key(struct wv_buf *out, const struct wv_part *part)
{
    wv_buf_byte(out, '[');
    if (part->key.len > 0) {
        wv_buf_put(out, part->key);
    } else {
        wv_buf_uint(out, part->column);
    }
    wv_buf_put(out, part->held ? WV_LIT("*") : (struct wv_slice){0});
    wv_buf_put(out, part->escaped ? WV_LIT("\\") : (struct wv_slice){0});
    wv_buf_byte(out, ':');
}

/* Fills mem with a C string. */
static inline const char *parts_show(const struct wv_syntax *syntax, struct wv_slice text,
                                     const struct wv_layout *layout, char *mem, size_t cap)
{
    struct wv_buf out = wv_buf_of((uint8_t *)mem, cap - 1);
    struct wv_reader reader = wv_reader_of(syntax, text, layout);
    struct wv_part part;
    enum wv_part_next next;
    uint32_t at = 0;
    while ((next = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        parts_add(&out, text, at, part.from);
        parts_add_key(&out, &part);
        parts_add(&out, text, part.from, part.start);
        wv_buf_byte(&out, '<');
        parts_add(&out, text, part.start, part.end);
        wv_buf_byte(&out, '>');
        parts_add(&out, text, part.end, part.to);
        wv_buf_byte(&out, ']');
        at = part.to;
    }
    if (next == WV_PART_BAD) {
        wv_buf_byte(&out, '!');
    } else {
        parts_add(&out, text, at, (uint32_t)text.len);
    }
    struct wv_slice shown;
    wv_ensure(wv_buf_take(&out, &shown));
    mem[shown.len] = '\0';
    return mem;
}

#endif
