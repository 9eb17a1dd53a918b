/*
 * plain.h — what the smaller programs of this folder share: their options and made-up records.
 */
#ifndef WV_BENCH_PLAIN_H
#define WV_BENCH_PLAIN_H

#include "bench/bench.h"

/* Reads a whole number from 1 to max; NULL text is none. */
bool plain_number(const char *text, uint64_t max, uint64_t *out);

struct plain_options {
    size_t records;
    unsigned seconds;
    bool json;
};

/* --json, --records N, --seconds N over what stands in *options. False: something else was given.
 */
bool plain_options(int argc, char **argv, struct plain_options *options);

/* The first records of the corpus of that seed; fresh: in which every client is new. In malloc'd
 * memory; false: there is too little. To be freed in either case. */
struct plain_records {
    struct wv_slice *items;
    uint8_t *memory;
    size_t count;
    size_t bytes;
};
bool plain_records_make(struct plain_records *records, size_t count, uint64_t seed, bool fresh);
void plain_records_free(struct plain_records *records);

#endif
