/* room.c — memory that is wiped before it is given back. */
#include "base/room.h"

#include "base/wipe.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 * 1024 };

void wv_room_fini(struct wv_room *room)
{
    if (room->mem != NULL) {
        wv_wipe(room->mem, room->cap);
        free(room->mem);
    }
    *room = (struct wv_room){0};
}

bool wv_room_resize(struct wv_room *room, size_t cap)
{
    const size_t len = room->len;
    wv_ensure(len <= cap);
    uint8_t *mem = malloc(cap);
    if (mem == NULL) {
        return false;
    }
    if (len > 0) {
        memcpy(mem, room->mem, len);
    }
    wv_room_fini(room);
    *room = (struct wv_room){.mem = mem, .len = len, .cap = cap};
    return true;
}

bool wv_room_grow(struct wv_room *room, size_t need, size_t max)
{
    wv_ensure(need <= max && max <= SIZE_MAX / 2);
    if (need <= room->cap) {
        return true;
    }
    size_t cap = room->cap == 0 ? ROOM_FIRST : room->cap;
    while (cap < need) {
        cap *= 2;
    }
    return wv_room_resize(room, cap < max ? cap : max);
}

/* A piece of memory that knows its size, so that it can be wiped. */
struct piece {
    size_t size;
    max_align_t bytes[];
};

void *wv_piece_new(void *user, unsigned count, unsigned size)
{
    (void)user;
    const size_t bytes = (size_t)count * size;
    struct piece *piece = malloc(sizeof *piece + bytes);
    if (piece == NULL) {
        return NULL;
    }
    piece->size = bytes;
    return piece->bytes;
}

void wv_piece_free(void *user, void *bytes)
{
    (void)user;
    if (bytes != NULL) {
        struct piece *piece =
            (struct piece *)(void *)((uint8_t *)bytes - offsetof(struct piece, bytes));
        wv_wipe(piece->bytes, piece->size);
        free(piece);
    }
}
