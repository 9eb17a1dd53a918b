/*
 * formats_table.h — says what was measured.
 */
#ifndef WV_BENCH_FORMATS_TABLE_H
#define WV_BENCH_FORMATS_TABLE_H

#include "bench/formats.h"

enum { FORMAT_ROUNDS_MAX = 200 };

/* One way to read the messages of a row. */
struct format_track {
    bool there;
    uint32_t input;
    uint64_t digest;
    size_t rounds;
    double seconds[FORMAT_ROUNDS_MAX];
};

enum format_way { FORMAT_NAMED = 0, FORMAT_AUTO, FORMAT_WAYS };

struct format_result {
    struct format_row row;
    struct format_track tracks[FORMAT_WAYS];
};

/* Sorts the rounds of every track. */
void format_table_print(struct format_result *results, size_t count);
void format_table_json(struct format_result *results, size_t count);

#endif
