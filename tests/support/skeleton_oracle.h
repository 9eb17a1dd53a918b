/*
 * skeleton_oracle.h — whether a text is a shape: nothing in it can be data, however it is decoded.
 *
 * Reads the text with its own eyes, not with those of the filter: the only thing both share is the
 * table of keywords.
 */
#ifndef WV_TESTS_SUPPORT_SKELETON_ORACLE_H
#define WV_TESTS_SUPPORT_SKELETON_ORACLE_H

#include "filters/keywords.h"
#include "filters/view.h"

#include <ctype.h>

enum { SHAPE_DEPTH = 64 };

static inline bool shape_is_letter(struct wv_slice word)
{
    return word.len == 1 && (word.ptr[0] == 'S' || word.ptr[0] == 'N' || word.ptr[0] == 'W');
}

/* Marks, blanks, zero bytes, lone no-break spaces, and words that may stand. */
static inline bool shape_is_closed_plain(struct wv_slice text)
{
    for (size_t at = 0; at < text.len;) {
        size_t to = at;
        while (to < text.len && (isalnum(text.ptr[to]) || text.ptr[to] == '_')) {
            to++;
        }
        const struct wv_slice word = wv_slice_sub(text, at, to);
        if (word.len > 0) {
            if (!shape_is_letter(word) && wv_keyword_find(word) == WV_KEYWORD_NONE) {
                return false;
            }
            at = to;
            continue;
        }
        const uint8_t byte = text.ptr[at++];
        const bool mark = ispunct(byte) || isspace(byte) || byte == 0;
        if (!mark && (byte != 0xa0 || (at < text.len && text.ptr[at] >= 0x80))) {
            return false;
        }
    }
    return true;
}

/* The same for what is read when everything was decoded that can be. */
static inline bool shape_is_closed(struct wv_slice text, struct wv_scratch *scratch)
{
    const size_t mark = scratch->used;
    struct wv_view view;
    bool closed = true;
    wv_keywords_ready();
    switch (wv_view_open(text, WV_CODING_SHAPES, scratch, &view)) {
    case WV_VIEW_SAME:
        closed = shape_is_closed_plain(text);
        break;
    case WV_VIEW_DECODED:
        for (size_t depth = 0; depth < SHAPE_DEPTH && wv_view_deepen(&view, WV_CODING_SHAPES);
             depth++) {
        }
        closed = shape_is_closed_plain(wv_view_slice(&view));
        break;
    case WV_VIEW_NO_ROOM:
        closed = false;
        break;
    }
    wv_scratch_return(scratch, mark);
    return closed;
}

/* Whether the shape of a shape is that shape, but for letters: a number was once more than an N. */
static inline bool shape_is_same(struct wv_slice first, struct wv_slice second)
{
    if (first.len != second.len) {
        return false;
    }
    for (size_t i = 0; i < first.len; i++) {
        const struct wv_slice a = {first.ptr + i, 1};
        const struct wv_slice b = {second.ptr + i, 1};
        if (a.ptr[0] != b.ptr[0] && !(shape_is_letter(a) && shape_is_letter(b))) {
            return false;
        }
    }
    return true;
}

#endif
