/*
 * arena.h — memory that is all given back at once.
 *
 * Everything that is built from a format, a pack or a configuration lives in one arena and dies
 * with it: there is no free per object, no order of destruction and nothing to leak on an error
 * path. An arena has a ceiling, so a hostile or mistaken file is an error message instead of an
 * exhausted machine.
 */
#ifndef WV_BASE_ARENA_H
#define WV_BASE_ARENA_H

#include "base/slice.h"

struct wv_arena;

/* An arena that will never hold more than max bytes; NULL when memory is short. */
WV_MUST_USE struct wv_arena *wv_arena_new(size_t max);
void wv_arena_free(struct wv_arena *arena);

/* Zeroed memory for count objects; NULL when the ceiling or the machine says no. */
WV_MUST_USE void *wv_arena_array(struct wv_arena *arena, size_t count, size_t size, size_t align);

/* A NUL-terminated copy; {0} when there is no room. The slice's len does not count the NUL. */
WV_MUST_USE struct wv_slice wv_arena_copy(struct wv_arena *arena, struct wv_slice bytes);

#define WV_ARENA_NEW(arena, type) ((type *)wv_arena_array((arena), 1, sizeof(type), _Alignof(type)))
#define WV_ARENA_ARRAY(arena, count, type)                                                         \
    ((type *)wv_arena_array((arena), (count), sizeof(type), _Alignof(type)))

#endif
