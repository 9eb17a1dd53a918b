/*
 * expand.h — opens payloads that are packed with gzip, zlib or zstd.
 *
 * Promise. Opening ends in WV_EXPAND_DONE only if the payload was read to its last byte and every
 *          checksum in it is right. A payload that expands to more than the limit is stopped there:
 *          no byte beyond the limit is written, and none is asked of the system.
 * Memory.  What comes out stands in a room of the caller, which grows by doubling and is used
 *          again. An allocation happens when a packing is used for the first time and when a
 *          payload needs more room than any before. All memory is wiped before it is given back.
 * Threads. One at a time for each expander and room.
 */
#ifndef WV_BASE_EXPAND_H
#define WV_BASE_EXPAND_H

#include "base/room.h"

enum wv_packing {
    WV_PACKING_NONE = 0,
    WV_PACKING_GZIP,
    WV_PACKING_ZLIB,
    WV_PACKING_ZSTD,
};

/* How the bytes are packed, as their beginning tells. Text never looks packed with zlib, whose
 * first two bytes can be letters: "x^" counts only if something that is no text stands behind. */
enum wv_packing wv_packing_of(struct wv_slice bytes);

enum wv_expand_verdict {
    WV_EXPAND_BAD = 0, /* cut short, something behind it, a wrong checksum, or of another packing */
    WV_EXPAND_TOO_LARGE,
    WV_EXPAND_NO_MEMORY,
    WV_EXPAND_DONE,
};

struct wv_expander;

/* For results of at most max_bytes, which is 1 … UINT32_MAX. NULL when memory is short. */
WV_MUST_USE struct wv_expander *wv_expander_new(size_t max_bytes);

/* Wipes, too; NULL is allowed. */
void wv_expander_free(struct wv_expander *expander);

/* Allows results of at most so many bytes from now on; never more than max_bytes. */
void wv_expander_allow(struct wv_expander *expander, size_t bytes);

/* How many bytes the latest call wrote at most, also where it failed: what it cost. */
size_t wv_expander_cost(const struct wv_expander *expander);

/* Fills the room with what the payload holds: of all members of a gzip file, of all frames of a
 * zstd file. The room is empty with every verdict but WV_EXPAND_DONE. A payload of more than
 * UINT32_MAX bytes is too large. in must not stand in the room. */
WV_MUST_USE enum wv_expand_verdict wv_expand(struct wv_expander *expander, enum wv_packing packing,
                                             struct wv_slice in, struct wv_room *room);

#endif
