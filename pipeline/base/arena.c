/* arena.c — a chain of blocks under one ceiling. */
#include "base/arena.h"

#include <stdlib.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t used;
    size_t cap;
    max_align_t bytes[];
};

struct wv_arena {
    struct block *first;
    size_t total; /* bytes of all blocks */
    size_t max;
};

struct wv_arena *wv_arena_new(size_t max)
{
    struct wv_arena *arena = calloc(1, sizeof *arena);
    if (arena != NULL) {
        arena->max = max;
    }
    return arena;
}

void wv_arena_free(struct wv_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct block *block = arena->first; block != NULL;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

static bool add_block(struct wv_arena *arena, size_t bytes)
{
    const size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    if (cap > arena->max - arena->total) {
        return false;
    }
    struct block *block = malloc(sizeof *block + cap);
    if (block == NULL) {
        return false;
    }
    *block = (struct block){.next = arena->first, .cap = cap};
    arena->first = block;
    arena->total += cap;
    return true;
}

void *wv_arena_array(struct wv_arena *arena, size_t count, size_t size, size_t align)
{
    wv_ensure(align != 0 && (align & (align - 1)) == 0 && align <= _Alignof(max_align_t));
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > arena->max) {
        return NULL;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        struct block *block = arena->first;
        if (block != NULL) {
            const size_t at = (block->used + align - 1) & ~(align - 1);
            if (at <= block->cap && bytes <= block->cap - at) {
                uint8_t *object = (uint8_t *)block->bytes + at;
                block->used = at + bytes;
                memset(object, 0, bytes);
                return object;
            }
        }
        if (attempt == 1 || !add_block(arena, bytes)) {
            break;
        }
    }
    return NULL;
}

struct wv_slice wv_arena_copy(struct wv_arena *arena, struct wv_slice bytes)
{
    uint8_t *copy = wv_arena_array(arena, bytes.len + 1, 1, 1);
    if (copy == NULL) {
        return (struct wv_slice){0};
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.ptr, bytes.len);
    }
    return (struct wv_slice){copy, bytes.len};
}
