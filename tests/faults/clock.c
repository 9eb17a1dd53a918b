/*
 * clock.c — loaded before everything else (LD_PRELOAD), it lets the wall clock of a process jump.
 *
 *     WAFVEIL_CLOCK=FILE
 *
 * FILE holds two 64-bit numbers that the tests map, too: how many nanoseconds the clock is ahead,
 * and how often somebody was told such a time. The monotonic clock is left alone.
 *
 * librdkafka waits by cnd_timedwait(), which has its end by the wall clock: as in the kernel, a
 * wait ends when the wrong clock says so, also when it jumps in between. The service itself waits
 * by the monotonic clock, so that pthread_cond_timedwait() may stay as it is.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000

/* A wait looks so often whether the clock has jumped. */
#define SLICE_NS (SECOND_NS / 10)

struct clock {
    _Atomic int64_t ahead_ns;
    _Atomic int64_t told;
};

static struct clock right;
static struct clock *chosen = &right;

__attribute__((constructor)) static void find_clock(void)
{
    const char *path = getenv("WAFVEIL_CLOCK");
    if (path == NULL) {
        return;
    }
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *chosen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        (void)fprintf(stderr, "clock.c: %s cannot be mapped\n", path);
        abort();
    }
    (void)close(fd);
    chosen = map;
}

static int ask_real(clockid_t clock, struct timespec *time)
{
    static __typeof__(&clock_gettime) _Atomic known;
    __typeof__(&clock_gettime) real = known;
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "clock_gettime");
        (void)memcpy(&real, &found, sizeof real);
        known = real;
    }
    return real(clock, time);
}

static int64_t ns_of(struct timespec time)
{
    return (int64_t)time.tv_sec * SECOND_NS + time.tv_nsec;
}

static struct timespec time_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    const int result = ask_real(clock, time);
    const int64_t ahead_ns = atomic_load(&chosen->ahead_ns);
    if (result == 0 && ahead_ns != 0 &&
        (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        *time = time_of(ns_of(*time) + ahead_ns);
        (void)atomic_fetch_add(&chosen->told, 1);
    }
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now = {0};
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}

time_t time(time_t *place)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (place != NULL) {
        *place = now.tv_sec;
    }
    return now.tv_sec;
}

int timespec_get(struct timespec *time, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

/* How long it is until then, by the wrong clock. */
static int64_t left_until(const struct timespec *deadline)
{
    struct timespec now = {0};
    (void)ask_real(CLOCK_REALTIME, &now);
    return ns_of(*deadline) - ns_of(now) - atomic_load(&chosen->ahead_ns);
}

/* A slice that ends early is a wake-up for no reason, which every wait must bear. glibc's types of
 * C11 are those of POSIX by another name. */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                  const struct timespec *restrict deadline)
{
    int64_t left_ns = left_until(deadline);
    struct timespec until = {0};
    left_ns = left_ns > SLICE_NS ? SLICE_NS : left_ns;
    (void)ask_real(CLOCK_MONOTONIC, &until);
    until = time_of(ns_of(until) + (left_ns > 0 ? left_ns : 0));
    const int code = pthread_cond_clockwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex,
                                            CLOCK_MONOTONIC, &until);
    if (code == ETIMEDOUT) {
        return left_until(deadline) <= 0 ? thrd_timedout : thrd_success;
    }
    return code == 0 ? thrd_success : thrd_error;
}
