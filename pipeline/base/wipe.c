/* wipe.c — pages for secrets. */
#include "base/wipe.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void wv_wipe(void *mem, size_t count)
{
    if (count > 0) {
        explicit_bzero(mem, count);
    }
}

/* Never inlined: its own frame must begin where those of other functions did. */
__attribute__((noinline)) void wv_wipe_stack(void)
{
    uint8_t below[64 * 1024];
    explicit_bzero(below, sizeof below);
}

bool wv_same_secret(const uint8_t *a, const uint8_t *b, size_t count)
{
    volatile uint8_t differing = 0; /* volatile: no early end */
    for (size_t i = 0; i < count; i++) {
        differing = (uint8_t)(differing | (a[i] ^ b[i]));
    }
    return differing == 0;
}

size_t wv_locked_size(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped;
    return __builtin_add_overflow(size, page - 1, &mapped) ? 0 : mapped - mapped % page;
}

bool wv_locked_fits(size_t size)
{
    struct wv_locked memory;
    const bool fits = wv_locked_new(size, &memory) && memory.locked;
    wv_locked_free(&memory);
    return fits;
}

bool wv_locked_new(size_t size, struct wv_locked *out)
{
    *out = (struct wv_locked){0};
    const size_t mapped = wv_locked_size(size);
    if (mapped == 0) {
        return false;
    }
    void *mem = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED) {
        return false;
    }
#ifdef MADV_DONTDUMP
    (void)madvise(mem, mapped, MADV_DONTDUMP);
#endif
    *out = (struct wv_locked){.mem = mem, .size = size, .mapped = mapped};
    out->locked = mlock(mem, mapped) == 0;
    return true;
}

void wv_locked_free(struct wv_locked *memory)
{
    if (memory->mem != NULL) {
        wv_wipe(memory->mem, memory->mapped);
        (void)munmap(memory->mem, memory->mapped); /* unlocks, too */
    }
    *memory = (struct wv_locked){0};
}
