/*
 * fuzz_expand — opens arbitrary payloads, and everything that can be packed.
 *
 * Oracles: what is packed opens to the same bytes, and to nothing when it is cut, has something
 * behind it or may be one byte less; a payload opens in the same way in an expander that has seen
 * others and in a new one with a room of another size; the result is within the limit and empty
 * unless it is whole; and zlib's own one-step function agrees about what zlib packed.
 *
 * Input: a byte that chooses the packing, then a payload or a text.
 */
#include "base/compress.h"
#include "base/expand.h"

#include <stdlib.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 17 };

static struct wv_expander *used;
static struct wv_compressor *compressor;
static struct wv_room opened;
static struct wv_room packed;

static void tear_down(void)
{
    wv_expander_free(used);
    wv_compressor_free(compressor);
    wv_room_fini(&opened);
    wv_room_fini(&packed);
}

static void check_within(enum wv_expand_verdict verdict, const struct wv_room *room)
{
    wv_ensure(verdict != WV_EXPAND_NO_MEMORY);
    wv_ensure(verdict == WV_EXPAND_DONE || room->len == 0);
    wv_ensure(room->len <= LIMIT);
}

static void check_zlib(struct wv_slice payload, enum wv_expand_verdict verdict)
{
    static uint8_t mem[LIMIT];
    uLongf len = sizeof mem;
    uLong taken = (uLong)payload.len;
    const int status = uncompress2(mem, &len, payload.ptr, &taken);
    const bool whole = status == Z_OK && taken == payload.len;
    wv_ensure((verdict == WV_EXPAND_DONE) == whole);
    wv_ensure(!whole || wv_slice_eq(wv_room_bytes(&opened), (struct wv_slice){mem, len}));
}

static void check_payload(enum wv_packing packing, struct wv_slice payload)
{
    const enum wv_expand_verdict verdict = wv_expand(used, packing, payload, &opened);
    check_within(verdict, &opened);
    if (packing == WV_PACKING_ZLIB) {
        check_zlib(payload, verdict);
    }
    struct wv_expander *fresh = wv_expander_new(LIMIT);
    struct wv_room room = {0};
    wv_ensure(fresh != NULL && wv_room_grow(&room, 16, 16));
    const enum wv_expand_verdict again = wv_expand(fresh, packing, payload, &room);
    check_within(again, &room);
    wv_ensure(room.cap <= LIMIT);
    wv_ensure(verdict == again && wv_slice_eq(wv_room_bytes(&opened), wv_room_bytes(&room)));
    wv_room_fini(&room);
    wv_expander_free(fresh);
}

static void check_text(enum wv_packing packing, struct wv_slice text)
{
    wv_ensure(wv_compress(compressor, packing, text, &packed) == WV_COMPRESS_DONE);
    const struct wv_slice payload = wv_room_bytes(&packed);
    /* A few letters may be packed to a few letters. */
    wv_ensure(wv_packing_of(payload) == packing || packing == WV_PACKING_ZLIB);
    wv_ensure(wv_expand(used, packing, payload, &opened) == WV_EXPAND_DONE);
    wv_ensure(wv_slice_eq(wv_room_bytes(&opened), text));
    const struct wv_slice cut = wv_slice_sub(payload, 0, payload.len - 1);
    wv_ensure(wv_expand(used, packing, cut, &opened) == WV_EXPAND_BAD);
    if (text.len > 1) {
        struct wv_expander *small = wv_expander_new(text.len - 1);
        wv_ensure(small != NULL);
        wv_ensure(wv_expand(small, packing, payload, &opened) == WV_EXPAND_TOO_LARGE);
        wv_expander_free(small);
    }
    wv_ensure(wv_room_grow(&packed, packed.len + 1, SIZE_MAX / 2));
    packed.mem[packed.len++] = text.len == 0 ? 0 : text.ptr[0];
    wv_ensure(wv_expand(used, packing, wv_room_bytes(&packed), &opened) == WV_EXPAND_BAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (used == NULL) {
        used = wv_expander_new(LIMIT);
        compressor = wv_compressor_new();
        wv_ensure(used != NULL && compressor != NULL && atexit(tear_down) == 0);
    }
    if (size < 1 || size > LIMIT) {
        return 0;
    }
    static const enum wv_packing packings[] = {WV_PACKING_GZIP, WV_PACKING_ZLIB, WV_PACKING_ZSTD};
    const enum wv_packing packing = packings[data[0] % WV_COUNT(packings)];
    uint8_t *exact = malloc(size);
    wv_ensure(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    const struct wv_slice bytes = {exact, size - 1};
    const enum wv_packing told = wv_packing_of(bytes);
    wv_ensure(told <= WV_PACKING_ZSTD);
    if (told != WV_PACKING_NONE) {
        check_payload(told, bytes);
    }
    check_payload(packing, bytes);
    check_text(packing, bytes);
    free(exact);
    return 0;
}
