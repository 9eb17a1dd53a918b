/*
 * random.h — numbers that look random and are the same in every run (SplitMix64).
 */
#ifndef WV_TESTS_RANDOM_H
#define WV_TESTS_RANDOM_H

#include "base/ensure.h"

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void random_fill(uint64_t *state, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (uint8_t)random_next(state);
    }
}

#endif
