/*
 * fuzz_view — every byte of a view is spelled by the stretch of the original that the map says.
 *
 * Oracles: the map begins at 0, ends at the end and rises at every byte; a byte that is spelled by
 * itself equals it; the spelling of any byte, decoded alone, gives that byte; and a view is there
 * if and only if wv_view_is_coded() says so.
 *
 * Input: one byte of codings, then the text.
 */
#include "filters/view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 16 * 1024, SCRATCH = 16 * TEXT_MAX };

/* A map must lead over the whole text, byte by byte of the view. */
static void check_map(struct wv_slice text, const struct wv_view *view)
{
    wv_ensure(view->map[0] == 0 && view->map[view->len] == text.len);
    for (size_t i = 0; i < view->len; i++) {
        wv_ensure(view->map[i] < view->map[i + 1]);
        wv_ensure(wv_view_index(view, view->map[i]) == i);
        wv_ensure(wv_view_index(view, view->map[i + 1] - 1) == i);
    }
}

static void check_bytes(struct wv_slice text, const struct wv_view *view, unsigned codings,
                        struct wv_scratch *scratch)
{
    for (size_t i = 0; i < view->len; i++) {
        const struct wv_slice spelling = wv_slice_sub(text, view->map[i], view->map[i + 1]);
        if (spelling.len == 1 && (codings & WV_CODING_PLUS) == 0) {
            wv_ensure(spelling.ptr[0] == view->bytes[i]);
            continue;
        }
        const size_t mark = scratch->used;
        struct wv_view alone;
        if (wv_view_open(spelling, codings, scratch, &alone) == WV_VIEW_DECODED) {
            wv_ensure(alone.len == 1 && alone.bytes[0] == view->bytes[i]);
        } else {
            wv_ensure(spelling.len == 1 && spelling.ptr[0] == view->bytes[i]);
        }
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
