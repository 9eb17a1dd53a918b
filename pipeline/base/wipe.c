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

enum { PAGES_AT_ONCE = 4096 };

/* What is not in memory was never touched, or lies on a swap device: after MADV_DONTNEED both are
 * zeros that take no page. */
static void wipe_pages(uint8_t *mem, size_t pages, size_t page)
{
    unsigned char here[PAGES_AT_ONCE];
    if (mincore(mem, pages * page, here) != 0) {
        wv_wipe(mem, pages * page);
        return;
    }
    for (size_t i = 0, next; i < pages; i = next) {
        next = i + 1;
        while (next < pages && ((here[next] ^ here[i]) & 1) == 0) {
            next++;
        }
        uint8_t *run = mem + i * page;
        const size_t bytes = (next - i) * page;
        if ((here[i] & 1) != 0 || madvise(run, bytes, MADV_DONTNEED) != 0) {
            wv_wipe(run, bytes);
        }
    }
}

void wv_wipe_large(void *mem, size_t count)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *at = mem;
    const size_t before = (page - (uintptr_t)at % page) % page;
    if (count < before + page) {
        wv_wipe(mem, count);
        return;
    }
    wv_wipe(at, before);
    at += before;
    for (size_t left = (count - before) / page; left > 0;) {
        const size_t pages = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;
        wipe_pages(at, pages, page);
        at += pages * page;
        left -= pages;
    }
    wv_wipe(at, count - (size_t)(at - (uint8_t *)mem));
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
        (memory->locked ? wv_wipe : wv_wipe_large)(memory->mem, memory->mapped);
        (void)munmap(memory->mem, memory->mapped); /* unlocks, too */
    }
    *memory = (struct wv_locked){0};
}
