/*
 * bench.h — what a measured case is.
 *
 * Cases run in turn in one process (A B C A B C …), because the speed of a machine drifts: numbers
 * are compared that were taken beside each other. A case answers each round with a digest of all it
 * made; a round whose digest is not the first one's ends the run, because something that does not
 * do the same thing every time cannot be measured.
 */
#ifndef WV_BENCH_BENCH_H
#define WV_BENCH_BENCH_H

#include "base/buf.h"

struct bench_input {
    const struct wv_slice *records;
    size_t count;
    size_t bytes;
};

struct bench_case {
    /* What the rounds work on; NULL: this machine cannot, or memory is short. */
    void *(*open)(void);
    uint64_t (*run)(void *state, const struct bench_input *input);
    void (*close)(void *state);
    bool fresh; /* wants records in which every client is new */
};

/* Adds an output to a digest: its length and a few of its bytes, so that the harness costs next to
 * nothing beside the fastest case. */
static inline uint64_t bench_digest(uint64_t digest, const uint8_t *bytes, size_t len)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (len >= sizeof head) {
        memcpy(&head, bytes + len / 2, len / 2 >= sizeof head ? sizeof head : 0);
        memcpy(&tail, bytes + len - sizeof tail, sizeof tail);
    }
    digest = (digest ^ len ^ head) * UINT64_C(0x9e3779b97f4a7c15);
    return (digest ^ (digest >> 29) ^ tail) * UINT64_C(0xbf58476d1ce4e5b9);
}

#endif
