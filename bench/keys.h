/*
 * keys.h — what bench_keys measures: ways to make a MAC or a token, and the engine with and without
 * the cache of tokens.
 */
#ifndef WV_BENCH_KEYS_H
#define WV_BENCH_KEYS_H

#include "keys/token.h"

enum { KEYS_MESSAGES = 4096, KEYS_LEN_MAX = 128, KEYS_ROUNDS_MAX = 400 };

/* Messages of one length. All are new in every round, but for `known`. */
struct keys_work {
    size_t len;
    size_t batch; /* how many at once, where a case makes several at once */
    uint64_t round;
    struct wv_keyring *keyring;
    uint8_t messages[KEYS_MESSAGES][KEYS_LEN_MAX];
    uint8_t known[KEYS_MESSAGES / 4][KEYS_LEN_MAX];
};

/* CPU seconds of this thread. */
double keys_now(void);

/* Sorts the values. */
double keys_median(double *values, size_t count);

struct keys_case {
    const char *name;
    const char *what;
    void *(*open)(const struct keys_work *work); /* NULL: this machine cannot */
    /* KEYS_MESSAGES MACs or tokens; a number that depends on all of them. */
    uint64_t (*run)(void *state, const struct keys_work *work);
    void (*close)(void *state);
};

/* Up to the last batched one all make the same MACs. */
enum { KEYS_FIRST_BATCHED = 3, KEYS_LAST_BATCHED, KEYS_UNCACHED, KEYS_NEW, KEYS_KNOWN, KEYS_CASES };
extern const struct keys_case keys_cases[KEYS_CASES];

/* keys_engine.c: prints how long a record takes with and without tokens remembered. */
WV_MUST_USE bool keys_engine(bool json, size_t records, double seconds);

/* keys_rare.c: prints what happens once for an epoch or a start. */
WV_MUST_USE bool keys_rare(bool json);

#endif
