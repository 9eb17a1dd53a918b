/*
 * fuzz_view — every byte of a view is spelled by the stretch of the original that the map says.
 *
 * Oracles: the map begins at 0, ends at the end and rises at every byte but those that an escaped
 * character has behind its first, which is valid UTF-8; no stretch gives more bytes than it has; a
 * byte that is spelled by itself equals it; the spelling of any byte or character, decoded alone,
 * gives just that; and a view is there if and only if wv_view_is_coded() says so.
 *
 * Input: one byte of codings, then the text.
 */
#include "filters/view.h"
#include "json/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 16 * 1024, SCRATCH = 16 * TEXT_MAX };

/* The end of what is spelled as one, of which the view's byte at `from` is the first. */
static size_t unit_end(const struct wv_view *view, size_t from)
{
    size_t to = from + 1;
    while (to < view->len && view->map[to] == view->map[to + 1]) {
        to++;
    }
    return to;
}

static void check_unit(const struct wv_view *view, size_t from, size_t to)
{
    wv_ensure(view->map[from] < view->map[from + 1] && view->map[from + 1] == view->map[to]);
    wv_ensure(view->map[to] - view->map[from] >= to - from);
    wv_ensure(wv_view_index(view, view->map[from]) == from);
    wv_ensure(wv_view_index(view, view->map[to] - 1) == from);
    for (size_t i = from; i < to; i++) {
        wv_ensure(wv_view_start(view, i) == view->map[from]);
    }
    const struct wv_slice bytes = wv_slice_sub(wv_view_slice(view), from, to);
    wv_ensure(bytes.len == 1 || wv_utf8_sequence(bytes) == bytes.len);
}

/* A map must lead over the whole text, byte by byte of the view. */
static void check_map(struct wv_slice text, const struct wv_view *view)
{
    wv_ensure(view->map[0] == 0 && view->map[view->len] == text.len && view->len <= text.len);
    wv_ensure(wv_view_start(view, view->len) == text.len);
    for (size_t from = 0; from < view->len;) {
        const size_t to = unit_end(view, from);
        check_unit(view, from, to);
        from = to;
    }
}

static void check_bytes(struct wv_slice text, const struct wv_view *view, unsigned codings,
                        struct wv_scratch *scratch)
{
    for (size_t i = 0, to; i < view->len; i = to) {
        to = unit_end(view, i);
        const struct wv_slice bytes = wv_slice_sub(wv_view_slice(view), i, to);
        const struct wv_slice spelling = wv_slice_sub(text, view->map[i], view->map[to]);
        if (spelling.len == 1 && (codings & WV_CODING_PLUS) == 0) {
            wv_ensure(wv_slice_eq(spelling, bytes));
            continue;
        }
        const size_t mark = scratch->used;
        struct wv_view alone;
        const bool decoded = wv_view_open(spelling, codings, scratch, &alone) == WV_VIEW_DECODED;
        wv_ensure(decoded || spelling.len == 1);
        wv_ensure(wv_slice_eq(decoded ? wv_view_slice(&alone) : spelling, bytes));
        wv_scratch_return(scratch, mark);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX) {
        return 0;
    }
    static uint8_t mem[SCRATCH];
    struct wv_scratch scratch = {.mem = mem, .cap = sizeof mem};
    const unsigned codings = data[0] & 31;
    uint8_t *exact = malloc(size);
    wv_ensure(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    const struct wv_slice text = {exact, size - 1};

    struct wv_view view;
    const enum wv_view_verdict verdict = wv_view_open(text, codings, &scratch, &view);
    wv_ensure(verdict != WV_VIEW_NO_ROOM);
    wv_ensure((verdict == WV_VIEW_DECODED) == wv_view_is_coded(text, codings));
    if (verdict == WV_VIEW_DECODED) {
        check_map(text, &view);
        check_bytes(text, &view, codings, &scratch);
        /* Nothing can be decoded for ever, but for blanks that a plus stands for. */
        for (size_t depth = 0; wv_view_deepen(&view, codings); depth++) {
            check_map(text, &view);
            wv_ensure(depth <= text.len);
        }
    }
    free(exact);
    return 0;
}
