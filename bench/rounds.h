/*
 * rounds.h — how long a round took, and the middle of several.
 */
#ifndef WV_BENCH_ROUNDS_H
#define WV_BENCH_ROUNDS_H

#include <stdlib.h>
#include <time.h>

/* In seconds. */
static inline double bench_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline int bench_by_time(const void *a, const void *b)
{
    const double first = *(const double *)a;
    const double second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Sorts them, from the shortest on. */
static inline double bench_median(double *seconds, size_t count)
{
    qsort(seconds, count, sizeof *seconds, bench_by_time);
    return seconds[count / 2];
}

#endif
