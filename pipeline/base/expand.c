/*
 * expand.c — gzip and zlib by zlib, zstd by libzstd.
 *
 * Both write straight into the room, so that the room is the only memory whose size a payload
 * decides. A zstd frame may ask for a window of gigabytes; here its window is what it has written
 * so far, and nothing is set aside for it. The libraries' own memory comes from here, because it
 * holds pieces of records and their own functions give it back as it is.
 */
#define ZSTD_STATIC_LINKING_ONLY /* contexts in memory of ours */

#include "base/expand.h"

#include "base/wipe.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

_Static_assert(UINT_MAX == UINT32_MAX, "zlib counts in unsigned int");

enum { TEXT_LOOK = 256 };

/* What zlib adds to the number of bits of its window to choose the wrapping. */
enum { WINDOW_ZLIB = 15, WINDOW_GZIP = 16 + 15 };

enum { ZSTD_MAGIC = 4 };

static const uint8_t zstd_frame[ZSTD_MAGIC] = {0x28, 0xb5, 0x2f, 0xfd};
static const uint8_t zstd_skipped[ZSTD_MAGIC] = {0x50, 0x2a, 0x4d, 0x18}; /* 0x50 … 0x5f */

struct wv_expander {
    size_t max;
    size_t allowed; /* at most max */
    size_t cost;
    z_stream inflate;
    bool inflate_made;
    struct wv_room zstd_room;
    ZSTD_DCtx *zstd; /* in zstd_room */
};

/* zlib promises in its manual not to write through next_in, but its type does not say so. */
static void stream_point(z_stream *stream, struct wv_slice in, const struct wv_room *room,
                         size_t limit)
{
    stream->next_in = (Bytef *)(uintptr_t)in.ptr;
    stream->avail_in = (uInt)in.len;
    stream->next_out = room->mem + room->len;
    stream->avail_out = (uInt)(limit - room->len);
}

/* ---- Which packing ---- */

/* How many bytes of text `first` begins: the length of an UTF-8 sequence, 0 for what stands in no
 * text. */
static size_t text_length(uint8_t first)
{
    if (first < 0x80) {
        return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    }
    return first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

static bool begins_as_text(struct wv_slice bytes)
{
    const size_t look = bytes.len < TEXT_LOOK ? bytes.len : TEXT_LOOK;
    for (size_t at = 0; at < look;) {
        const size_t length = text_length(bytes.ptr[at]);
        if (length == 0) {
            return false;
        }
        for (size_t i = 1; i < length && at + i < look; i++) {
            if ((bytes.ptr[at + i] & 0xc0) != 0x80) {
                return false;
            }
        }
        at += length;
    }
    return true;
}

/* Of the first byte only the bits of the mask count. */
static bool begins_with(struct wv_slice bytes, const uint8_t magic[ZSTD_MAGIC], uint8_t mask)
{
    return bytes.len >= ZSTD_MAGIC && (bytes.ptr[0] & mask) == magic[0] &&
           memcmp(bytes.ptr + 1, magic + 1, ZSTD_MAGIC - 1) == 0;
}

enum wv_packing wv_packing_of(struct wv_slice bytes)
{
    if (bytes.len >= 2 && bytes.ptr[0] == 0x1f && bytes.ptr[1] == 0x8b) {
        return WV_PACKING_GZIP;
    }
    if (begins_with(bytes, zstd_frame, 0xff)) {
        return WV_PACKING_ZSTD;
    }
    /* Deflate, a window of 32 KiB, no dictionary, and a checksum that leaves one second byte for
     * each of the four levels. */
    if (bytes.len >= 2 && bytes.ptr[0] == 0x78 && memchr("\x01\x5e\x9c\xda", bytes.ptr[1], 4) &&
        !begins_as_text(bytes)) {
        return WV_PACKING_ZLIB;
    }
    return WV_PACKING_NONE;
}

/* ---- Opening ---- */

struct wv_expander *wv_expander_new(size_t max_bytes)
{
    wv_ensure(max_bytes > 0 && max_bytes <= UINT32_MAX);
    struct wv_expander *expander = calloc(1, sizeof *expander);
    if (expander != NULL) {
        expander->max = max_bytes;
        expander->allowed = max_bytes;
    }
    return expander;
}

void wv_expander_free(struct wv_expander *expander)
{
    if (expander == NULL) {
        return;
    }
    if (expander->inflate_made) {
        (void)inflateEnd(&expander->inflate);
    }
    wv_room_fini(&expander->zstd_room);
    wv_wipe(expander, sizeof *expander);
    free(expander);
}

/* How much may stand in the room as it is: others may have made it larger than is allowed here. */
static size_t limit_of(const struct wv_expander *expander, const struct wv_room *room)
{
    return room->cap < expander->allowed ? room->cap : expander->allowed;
}

static enum wv_expand_verdict grow(const struct wv_expander *expander, struct wv_room *room)
{
    if (room->cap >= expander->allowed) {
        return WV_EXPAND_TOO_LARGE;
    }
    return wv_room_grow(room, room->cap + 1, expander->allowed) ? WV_EXPAND_DONE
                                                                : WV_EXPAND_NO_MEMORY;
}

static enum wv_expand_verdict start_inflate(struct wv_expander *expander, enum wv_packing packing)
{
    const int window = packing == WV_PACKING_GZIP ? WINDOW_GZIP : WINDOW_ZLIB;
    if (expander->inflate_made) {
        wv_ensure(inflateReset2(&expander->inflate, window) == Z_OK);
        return WV_EXPAND_DONE;
    }
    expander->inflate = (z_stream){.zalloc = wv_piece_new, .zfree = wv_piece_free};
    if (inflateInit2(&expander->inflate, window) != Z_OK) {
        return WV_EXPAND_NO_MEMORY;
    }
    expander->inflate_made = true;
    return WV_EXPAND_DONE;
}

/* One member; what is left of the payload stands in the stream. */
static enum wv_expand_verdict inflate_member(struct wv_expander *expander, struct wv_room *room)
{
    z_stream *stream = &expander->inflate;
    for (;;) {
        const int status = inflate(stream, Z_NO_FLUSH);
        room->len = (size_t)(stream->next_out - room->mem);
        if (status == Z_STREAM_END) {
            return WV_EXPAND_DONE;
        }
        if (status == Z_MEM_ERROR) {
            return WV_EXPAND_NO_MEMORY;
        }
        if (status == Z_OK) {
            continue;
        }
        /* Nothing can be done any more: the payload is at its end, or the room is. */
        if (status != Z_BUF_ERROR || stream->avail_out > 0) {
            return WV_EXPAND_BAD;
        }
        const enum wv_expand_verdict verdict = grow(expander, room);
        if (verdict != WV_EXPAND_DONE) {
            return verdict;
        }
        stream_point(stream, (struct wv_slice){stream->next_in, stream->avail_in}, room,
                     limit_of(expander, room));
    }
}

static enum wv_expand_verdict expand_deflate(struct wv_expander *expander, enum wv_packing packing,
                                             struct wv_slice in, struct wv_room *room)
{
    z_stream *stream = &expander->inflate;
    enum wv_expand_verdict verdict = start_inflate(expander, packing);
    if (verdict != WV_EXPAND_DONE) {
        return verdict;
    }
    stream_point(stream, in, room, limit_of(expander, room));
    for (;;) {
        const size_t before = room->len;
        verdict = inflate_member(expander, room);
        expander->cost += room->len - before;
        if (verdict != WV_EXPAND_DONE || stream->avail_in == 0) {
            return verdict;
        }
        if (packing != WV_PACKING_GZIP) {
            return WV_EXPAND_BAD; /* only gzip knows of something behind */
        }
        wv_ensure(inflateReset(stream) == Z_OK);
    }
}

/* A frame that does not say how much it holds is begun anew when the room was too small for it:
 * twice the work in the worst case, as the room doubles. */
static enum wv_expand_verdict expand_frame(struct wv_expander *expander, struct wv_slice frame,
                                           struct wv_room *room)
{
    const unsigned long long size = ZSTD_getFrameContentSize(frame.ptr, frame.len);
    if (size == ZSTD_CONTENTSIZE_ERROR) {
        return WV_EXPAND_BAD;
    }
    const bool known = size != ZSTD_CONTENTSIZE_UNKNOWN;
    if (known && size > expander->allowed - room->len) {
        return WV_EXPAND_TOO_LARGE;
    }
    if (known && !wv_room_grow(room, room->len + (size_t)size, expander->allowed)) {
        return WV_EXPAND_NO_MEMORY;
    }
    for (;;) {
        expander->cost += known ? (size_t)size : limit_of(expander, room) - room->len;
        const size_t written =
            ZSTD_decompressDCtx(expander->zstd, room->mem + room->len,
                                limit_of(expander, room) - room->len, frame.ptr, frame.len);
        if (ZSTD_isError(written) == 0) {
            room->len += written;
            return WV_EXPAND_DONE;
        }
        if (known || ZSTD_getErrorCode(written) != ZSTD_error_dstSize_tooSmall) {
            return WV_EXPAND_BAD;
        }
        const enum wv_expand_verdict verdict = grow(expander, room);
        if (verdict != WV_EXPAND_DONE) {
            return verdict;
        }
    }
}

static bool start_zstd(struct wv_expander *expander)
{
    struct wv_room *room = &expander->zstd_room;
    if (expander->zstd != NULL) {
        return true;
    }
    if (!wv_room_resize(room, ZSTD_estimateDCtxSize())) {
        return false;
    }
    expander->zstd = ZSTD_initStaticDCtx(room->mem, room->cap);
    wv_ensure(expander->zstd != NULL);
    return true;
}

static enum wv_expand_verdict expand_zstd(struct wv_expander *expander, struct wv_slice in,
                                          struct wv_room *room)
{
    if (!start_zstd(expander)) {
        return WV_EXPAND_NO_MEMORY;
    }
    for (size_t at = 0; at < in.len;) {
        const struct wv_slice rest = wv_slice_sub(in, at, in.len);
        const bool skipped = begins_with(rest, zstd_skipped, 0xf0);
        if (!skipped && !begins_with(rest, zstd_frame, 0xff)) {
            return WV_EXPAND_BAD; /* the library may know formats of old versions, too */
        }
        const size_t size = ZSTD_findFrameCompressedSize(rest.ptr, rest.len);
        if (ZSTD_isError(size) != 0) {
            return WV_EXPAND_BAD;
        }
        if (!skipped) {
            const enum wv_expand_verdict verdict =
                expand_frame(expander, wv_slice_sub(rest, 0, size), room);
            if (verdict != WV_EXPAND_DONE) {
                return verdict;
            }
        }
        at += size;
    }
    return WV_EXPAND_DONE;
}

void wv_expander_allow(struct wv_expander *expander, size_t bytes)
{
    wv_ensure(bytes > 0);
    expander->allowed = bytes < expander->max ? bytes : expander->max;
}

size_t wv_expander_cost(const struct wv_expander *expander)
{
    return expander->cost;
}

enum wv_expand_verdict wv_expand(struct wv_expander *expander, enum wv_packing packing,
                                 struct wv_slice in, struct wv_room *room)
{
    wv_ensure(packing != WV_PACKING_NONE);
    room->len = 0;
    expander->cost = 0;
    if (in.len == 0) {
        return WV_EXPAND_BAD;
    }
    if (in.len > UINT32_MAX) {
        return WV_EXPAND_TOO_LARGE;
    }
    if (!wv_room_grow(room, 1, expander->allowed)) {
        return WV_EXPAND_NO_MEMORY;
    }
    const enum wv_expand_verdict verdict = packing == WV_PACKING_ZSTD
                                               ? expand_zstd(expander, in, room)
                                               : expand_deflate(expander, packing, in, room);
    if (verdict != WV_EXPAND_DONE) {
        room->len = 0;
    }
    return verdict;
}
