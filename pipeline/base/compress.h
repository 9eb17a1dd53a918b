/*
 * compress.h — packs a payload with gzip, zlib or zstd.
 *
 * Promise. wv_expand() gives the same bytes again. The same bytes are always packed in the same
 *          way, with a checksum, and without a time or a name.
 * Memory.  As in expand.h.
 * Threads. One at a time for each compressor and room.
 */
#ifndef WV_BASE_COMPRESS_H
#define WV_BASE_COMPRESS_H

#include "base/expand.h"

struct wv_compressor;

/* NULL when memory is short. */
WV_MUST_USE struct wv_compressor *wv_compressor_new(void);

/* Wipes, too; NULL is allowed. */
void wv_compressor_free(struct wv_compressor *compressor);

enum wv_compress_verdict {
    WV_COMPRESS_TOO_LARGE = 0, /* what comes out could have more than UINT32_MAX bytes */
    WV_COMPRESS_NO_MEMORY,
    WV_COMPRESS_DONE,
};

/* Fills the room with one member or frame; the room is empty with every other verdict. in must not
 * stand in the room. */
WV_MUST_USE enum wv_compress_verdict wv_compress(struct wv_compressor *compressor,
                                                 enum wv_packing packing, struct wv_slice in,
                                                 struct wv_room *room);

#endif
