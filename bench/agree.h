/*
 * agree.h — how much of what the naive job writes is what the engine writes.
 */
#ifndef WV_BENCH_AGREE_H
#define WV_BENCH_AGREE_H

#include "bench/bench.h"

enum { AGREE_RECORDS = 2000 };

struct agreement {
    size_t records;
    size_t same_records; /* every value equal */
    size_t leaves;       /* values of either result, at their paths */
    size_t same_leaves;
    size_t leaks; /* records in whose naive result the client's address still stands */
};

/* Runs both over the first AGREE_RECORDS records. say: also prints the paths that differ most, with
 * an example of each. False when memory is short. */
WV_MUST_USE bool agree_run(const struct bench_input *input, bool say, struct agreement *out);

#endif
