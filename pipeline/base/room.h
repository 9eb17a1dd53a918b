/*
 * room.h — memory whose size a payload decides, and memory for libraries that ask for it in pieces.
 *
 * A room grows with the largest payload and is used again for the next, so that a steady stream
 * costs no allocation. All of it is wiped before it is given back, also when it grows: it held
 * records.
 */
#ifndef WV_BASE_ROOM_H
#define WV_BASE_ROOM_H

#include "base/slice.h"

/* {0} to begin with. */
struct wv_room {
    uint8_t *mem; /* len bytes of it are used */
    size_t len;
    size_t cap;
};

static inline struct wv_slice wv_room_bytes(const struct wv_room *room)
{
    return (struct wv_slice){room->mem, room->len};
}

/* Makes cap just that; keeps what is in it, which must fit. False, and nothing has changed, when
 * memory is short. */
WV_MUST_USE bool wv_room_resize(struct wv_room *room, size_t cap);

/* Makes cap at least `need`, by doubling but to no more than max; need <= max. */
WV_MUST_USE bool wv_room_grow(struct wv_room *room, size_t need, size_t max);

/* Wipes and gives back; {0} is allowed. *room is {0} afterwards. */
void wv_room_fini(struct wv_room *room);

/* malloc() and free() as zlib wants them; user is not used. */
void *wv_piece_new(void *user, unsigned count, unsigned size);
void wv_piece_free(void *user, void *bytes);

#endif
