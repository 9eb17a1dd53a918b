/* compress.c — gzip and zlib by zlib, zstd by libzstd: in one step, into room for the worst. */
#define ZSTD_STATIC_LINKING_ONLY /* contexts in memory of ours, which can be wiped */

#include "base/compress.h"

#include "base/wipe.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

_Static_assert(UINT_MAX == UINT32_MAX, "zlib counts in unsigned int");

enum { ZSTD_LEVEL = 3 };

/* What zlib adds to the number of bits of its window to choose the wrapping. */
enum { WINDOW_ZLIB = 15, WINDOW_GZIP = 16 + 15, DEFLATE_MEMORY = 8 };

struct wv_compressor {
    z_stream gzip;
    z_stream zlib;
    bool gzip_made;
    bool zlib_made;
    struct wv_room zstd_room;
    ZSTD_CCtx *zstd; /* in zstd_room */
};

struct wv_compressor *wv_compressor_new(void)
{
    return calloc(1, sizeof(struct wv_compressor));
}

void wv_compressor_free(struct wv_compressor *compressor)
{
    if (compressor == NULL) {
        return;
    }
    if (compressor->gzip_made) {
        (void)deflateEnd(&compressor->gzip);
    }
    if (compressor->zlib_made) {
        (void)deflateEnd(&compressor->zlib);
    }
    wv_room_fini(&compressor->zstd_room);
    wv_wipe(compressor, sizeof *compressor);
    free(compressor);
}

static enum wv_compress_verdict compress_deflate(z_stream *stream, bool *made, int window,
                                                 struct wv_slice in, struct wv_room *room)
{
    if (!*made) {
        *stream = (z_stream){.zalloc = wv_piece_new, .zfree = wv_piece_free};
        if (deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, DEFLATE_MEMORY,
                         Z_DEFAULT_STRATEGY) != Z_OK) {
            return WV_COMPRESS_NO_MEMORY;
        }
        *made = true;
    }
    wv_ensure(deflateReset(stream) == Z_OK);
    const size_t bound = deflateBound(stream, in.len);
    if (bound > UINT32_MAX) {
        return WV_COMPRESS_TOO_LARGE;
    }
    if (!wv_room_grow(room, bound, UINT32_MAX)) {
        return WV_COMPRESS_NO_MEMORY;
    }
    stream->next_in = (Bytef *)(uintptr_t)in.ptr; /* which zlib does not write to */
    stream->avail_in = (uInt)in.len;
    stream->next_out = room->mem;
    stream->avail_out = (uInt)bound;
    wv_ensure(deflate(stream, Z_FINISH) == Z_STREAM_END);
    room->len = (size_t)(stream->next_out - room->mem);
    return WV_COMPRESS_DONE;
}

/* A context in memory of one size, which is enough for every payload at this level. */
static bool make_zstd(struct wv_compressor *compressor)
{
    struct wv_room *room = &compressor->zstd_room;
    if (compressor->zstd != NULL) {
        return true;
    }
    if (!wv_room_resize(room, ZSTD_estimateCCtxSize(ZSTD_LEVEL))) {
        return false;
    }
    compressor->zstd = ZSTD_initStaticCCtx(room->mem, room->cap);
    wv_ensure(compressor->zstd != NULL);
    const size_t level =
        ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    const size_t checksum = ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_checksumFlag, 1);
    wv_ensure(ZSTD_isError(level) == 0 && ZSTD_isError(checksum) == 0);
    return true;
}

static enum wv_compress_verdict compress_zstd(struct wv_compressor *compressor, struct wv_slice in,
                                              struct wv_room *room)
{
    const size_t bound = ZSTD_compressBound(in.len);
    if (bound > UINT32_MAX) {
        return WV_COMPRESS_TOO_LARGE;
    }
    if (!make_zstd(compressor) || !wv_room_grow(room, bound, UINT32_MAX)) {
        return WV_COMPRESS_NO_MEMORY;
    }
    const size_t written = ZSTD_compress2(compressor->zstd, room->mem, bound, in.ptr, in.len);
    wv_ensure(ZSTD_isError(written) == 0);
    room->len = written;
    return WV_COMPRESS_DONE;
}

enum wv_compress_verdict wv_compress(struct wv_compressor *compressor, enum wv_packing packing,
                                     struct wv_slice in, struct wv_room *room)
{
    wv_ensure(packing != WV_PACKING_NONE);
    room->len = 0;
    if (in.len > UINT32_MAX) {
        return WV_COMPRESS_TOO_LARGE;
    }
    if (packing == WV_PACKING_ZSTD) {
        return compress_zstd(compressor, in, room);
    }
    return packing == WV_PACKING_GZIP
               ? compress_deflate(&compressor->gzip, &compressor->gzip_made, WINDOW_GZIP, in, room)
               : compress_deflate(&compressor->zlib, &compressor->zlib_made, WINDOW_ZLIB, in, room);
}
