/*
 * memory_scan.h — looks for secrets in the memory of the process that asks.
 *
 * What is looked for is held masked only: it would find itself otherwise. A mark is any eight bytes
 * in a row, at any address, so that half of a secret is found as well as the whole.
 */
#ifndef WV_TESTS_MEMORY_SCAN_H
#define WV_TESTS_MEMORY_SCAN_H

#include "base/slice.h"
#include "base/wipe.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MARKS_MAX = 4096, MARK_BYTES = 8, SCAN_CHUNK = 1 << 20, MARK_BITS = 1 << 16 };

/* Sanitizers' notes on memory take terabytes of addresses, and nothing of a program. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const uintptr_t scan_range_max = (uintptr_t)1 << 36;
#else
static const uintptr_t scan_range_max = UINTPTR_MAX;
#endif

/* Whose bytes they are (a number of the test's), and which (a word of the test's). */
struct mark {
    uint64_t masked;
    int owner;
    char what[16];
};

static struct scan {
    uint64_t mask;
    struct mark marks[MARKS_MAX];
    size_t mark_count;
    uint64_t bits[MARK_BITS / 64]; /* by the masked bytes */
    int found[16];                 /* by owner */
    bool tells;                    /* where something was found, on stderr */
    size_t bytes;                  /* looked at */
} scan;

struct scan_files {
    int memory;
    int pagemap;
};

static inline size_t mark_bit(uint64_t masked)
{
    return (size_t)(masked * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

static inline void add_mark(const struct mark *mark)
{
    ck_assert_uint_lt(scan.mark_count, MARKS_MAX);
    scan.marks[scan.mark_count++] = *mark;
    const size_t bit = mark_bit(mark->masked);
    scan.bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* In the process that knows them: every eight bytes of these, one after the other, to the one that
 * must not. */
static inline void tell_marks(int pipe, int owner, const char *what, const uint8_t *bytes,
                              size_t len)
{
    for (size_t at = 0; at + MARK_BYTES <= len; at += MARK_BYTES) {
        struct mark mark = {.owner = owner};
        memcpy(&mark.masked, bytes + at, MARK_BYTES);
        mark.masked ^= scan.mask;
        (void)snprintf(mark.what, sizeof mark.what, "%s", what);
        if (write(pipe, &mark, sizeof mark) != (ssize_t)sizeof mark) {
            _exit(1);
        }
    }
}

static inline void hear_marks(int pipe)
{
    struct mark mark;
    while (read(pipe, &mark, sizeof mark) == (ssize_t)sizeof mark) {
        add_mark(&mark);
    }
}

static inline void note_found(uint64_t masked, const char *where)
{
    for (size_t i = 0; i < scan.mark_count; i++) {
        if (scan.marks[i].masked == masked) {
            scan.found[scan.marks[i].owner]++;
            if (scan.tells) {
                (void)fprintf(stderr, "owner %d: %s in %s", scan.marks[i].owner, scan.marks[i].what,
                              where);
            }
        }
    }
}

/* Sees every byte of the process many times; its own steps need no sanitizer. */
__attribute__((no_sanitize("address", "undefined"))) static inline void
scan_bytes(const uint8_t *bytes, size_t len, const char *where)
{
    for (size_t at = 0; at + MARK_BYTES <= len; at++) {
        uint64_t word;
        memcpy(&word, bytes + at, MARK_BYTES);
        const uint64_t masked = word ^ scan.mask;
        const size_t bit = mark_bit(masked);
        if ((scan.bits[bit / 64] >> bit % 64 & 1) != 0) {
            note_found(masked, where);
        }
    }
}

/* Bytes as they are in memory, of pages that are there. */
static inline void scan_pages(int memory, uintptr_t from, uintptr_t to, uint8_t *buffer,
                              const char *where)
{
    while (from + MARK_BYTES <= to) {
        const size_t wanted = to - from < SCAN_CHUNK ? to - from : SCAN_CHUNK;
        const ssize_t got = pread(memory, buffer, wanted, (off_t)from);
        if (got < MARK_BYTES) {
            return; /* pages that cannot be read hold nothing that we could have written */
        }
        scan_bytes(buffer, (size_t)got, where);
        scan.bytes += (size_t)got;
        from += (size_t)got - (MARK_BYTES - 1);
    }
}

/* Runs of pages that are in memory or swapped out. Of the others nothing was ever written to, and
 * sanitizers have many. */
static inline void scan_range(const struct scan_files *files, uintptr_t from, uintptr_t to,
                              uint8_t *buffer, const char *where)
{
    enum { PAGES = 4096 };
    static const uint64_t there = UINT64_C(3) << 62;
    static uint64_t pages[PAGES];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t run = to; /* where the pages that are there begin */
    for (uintptr_t at = from; at < to; at += PAGES * page) {
        const size_t count = (to - at) / page < PAGES ? (to - at) / page : PAGES;
        const size_t bytes = count * sizeof *pages;
        const ssize_t got = pread(files->pagemap, pages, bytes, (off_t)(at / page * sizeof *pages));
        ck_assert_int_eq(got, (ssize_t)bytes);
        for (size_t i = 0; i < count; i++) {
            const uintptr_t here = at + i * page;
            if ((pages[i] & there) == 0) {
                scan_pages(files->memory, run, here, buffer, where);
                run = to;
            } else if (run == to) {
                run = here;
            }
        }
    }
    scan_pages(files->memory, run, to, buffer, where);
}

static inline void scan_begin(void)
{
    memset(scan.found, 0, sizeof scan.found);
    scan.bytes = 0;
}

/* All that this process could have written to. Where each owner's bytes were found is counted in
 * scan.found. */
static inline void scan_memory(void)
{
    scan_begin();
    uint8_t *buffer =
        mmap(NULL, SCAN_CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(buffer, MAP_FAILED);
    const struct scan_files files = {.memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC),
                                     .pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)};
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert_int_ge(files.memory, 0);
    ck_assert_int_ge(files.pagemap, 0);
    ck_assert_ptr_nonnull(maps);
    char line[512];
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        const uintptr_t from = strtoul(line, &end, 16);
        const uintptr_t to = strtoul(end + 1, &end, 16);
        if (end[2] != 'w' || end[1] != 'r' || to - from > scan_range_max) {
            continue;
        }
        const uintptr_t own = (uintptr_t)buffer;
        if (own < from || own >= to) {
            scan_range(&files, from, to, buffer, line);
        } else { /* mappings side by side are shown as one */
            scan_range(&files, from, own, buffer, line);
            scan_range(&files, own + SCAN_CHUNK, to, buffer, line);
        }
    }
    (void)fclose(maps);
    (void)close(files.memory);
    (void)close(files.pagemap);
    wv_wipe(buffer, SCAN_CHUNK);
    (void)munmap(buffer, SCAN_CHUNK);
}

#endif
