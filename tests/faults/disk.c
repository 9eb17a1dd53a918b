/*
 * disk.c — loaded into a broker (LD_PRELOAD), it lets the disk run full below one folder.
 *
 *     WAFVEIL_DISK=FILE:FOLDER
 *
 * FILE holds two 64-bit numbers that the tests map, too: how many bytes still have room, below
 * zero: no end of it; and how many calls were refused. As on a real disk, the write that meets the
 * end is done in part, and the next one not at all; what has been written is not brought to the
 * disk either (blocks are found for it late). Mapped files are not looked after: Kafka makes its
 * indexes as large as they become before it maps them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct disk {
    _Atomic int64_t room;
    _Atomic int64_t refused;
};

static struct disk endless = {.room = -1};
static struct disk *disk = &endless;
static char folder[PATH_MAX];
static size_t folder_len;

__attribute__((constructor)) static void find_disk(void)
{
    const char *word = getenv("WAFVEIL_DISK");
    const char *colon = word == NULL ? NULL : strchr(word, ':');
    char path[PATH_MAX];
    if (colon == NULL || (size_t)(colon - word) >= sizeof path) {
        return;
    }
    (void)snprintf(path, sizeof path, "%.*s", (int)(colon - word), word);
    folder_len = (size_t)snprintf(folder, sizeof folder, "%s/", colon + 1);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED || folder_len >= sizeof folder) {
        (void)fprintf(stderr, "disk.c: %s cannot be mapped\n", path);
        abort();
    }
    (void)close(fd);
    disk = map;
}

/* Sockets and the log of the broker itself are written by the same calls. */
static bool is_on_disk(int fd)
{
    char link[64];
    char path[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t len = readlink(link, path, sizeof path);
    return len > 0 && (size_t)len > folder_len && memcmp(path, folder, folder_len) == 0;
}

static int refuse(void)
{
    (void)atomic_fetch_add(&disk->refused, 1);
    errno = ENOSPC;
    return -1;
}

/* How many of the bytes have room, which they take. */
static size_t take_room(int fd, size_t bytes)
{
    int64_t room = atomic_load(&disk->room);
    if (room < 0 || !is_on_disk(fd)) {
        return bytes;
    }
    for (;;) {
        const size_t taken = room < 0 || (uint64_t)room >= bytes ? bytes : (size_t)room;
        if (room < 0 || atomic_compare_exchange_weak(&disk->room, &room, room - (int64_t)taken)) {
            return taken;
        }
    }
}

static bool is_full(int fd)
{
    return atomic_load(&disk->room) == 0 && is_on_disk(fd);
}

static size_t total_of(const struct iovec *parts, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        total += parts[i].iov_len;
    }
    return total;
}

/* The real function of that name, of the same type as ours. */
#define REAL(name)                                                                                 \
    static __typeof__(&name) _Atomic known;                                                        \
    __typeof__(&name) real = known;                                                                \
    if (real == NULL) {                                                                            \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        (void)memcpy(&real, &found, sizeof real);                                                  \
        known = real;                                                                              \
    }

#define WRITE(name, more_parameters, more_arguments)                                               \
    ssize_t name(int fd, const void *bytes, size_t len more_parameters)                            \
    {                                                                                              \
        REAL(name)                                                                                 \
        const size_t room = take_room(fd, len);                                                    \
        return room == 0 && len > 0 ? refuse() : real(fd, bytes, room more_arguments);             \
    }

#define COMMA ,
WRITE(write, , )
WRITE(pwrite, COMMA off_t at, COMMA at)
WRITE(pwrite64, COMMA off64_t at, COMMA at)

/* Of several parts the first alone, where not all have room. */
#define WRITE_PARTS(name, more_parameters, more_arguments)                                         \
    ssize_t name(int fd, const struct iovec *parts, int count more_parameters)                     \
    {                                                                                              \
        REAL(name)                                                                                 \
        const size_t total = total_of(parts, count);                                               \
        const size_t room = take_room(fd, total);                                                  \
        if (room == total) {                                                                       \
            return real(fd, parts, count more_arguments);                                          \
        }                                                                                          \
        if (room == 0) {                                                                           \
            return refuse();                                                                       \
        }                                                                                          \
        struct iovec first = parts[0];                                                             \
        first.iov_len = first.iov_len < room ? first.iov_len : room;                               \
        return real(fd, &first, 1 more_arguments);                                                 \
    }

WRITE_PARTS(writev, , )
WRITE_PARTS(pwritev, COMMA off_t at, COMMA at)
WRITE_PARTS(pwritev64, COMMA off64_t at, COMMA at)

#define SYNC(name)                                                                                 \
    int name(int fd)                                                                               \
    {                                                                                              \
        REAL(name)                                                                                 \
        return is_full(fd) ? refuse() : real(fd);                                                  \
    }

SYNC(fsync)
SYNC(fdatasync)
