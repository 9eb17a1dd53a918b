/*
 * scratch.h — memory for the length of one value.
 *
 * A worker owns one block and hands pieces of it to filters and views, which give everything back
 * at once by returning to a mark. Nothing is allocated while records flow. When the block is used
 * up the answer is NULL, and the filter fails, which removes its field.
 */
#ifndef WV_BASE_SCRATCH_H
#define WV_BASE_SCRATCH_H

#include "base/slice.h"

struct wv_scratch {
    uint8_t *mem;
    size_t used;
    size_t cap;
};

/* count bytes, aligned for any number type, not zeroed; NULL when there is no room. */
WV_MUST_USE static inline void *wv_scratch_take(struct wv_scratch *scratch, size_t count)
{
    const size_t at = (scratch->used + 15) & ~(size_t)15;
    if (at > scratch->cap || count > scratch->cap - at) {
        return NULL;
    }
    scratch->used = at + count;
    return scratch->mem + at;
}

/* Back to an earlier value of scratch->used. */
static inline void wv_scratch_return(struct wv_scratch *scratch, size_t mark)
{
    wv_ensure(mark <= scratch->used);
    scratch->used = mark;
}

#endif
