/*
 * cases.h — the cases that cases.def lists.
 */
#ifndef WV_BENCH_CASES_H
#define WV_BENCH_CASES_H

#include "bench/bench.h"

#define BENCH_CASE(symbol, help, share) extern const struct bench_case bench_case_##symbol;
#include "bench/cases.def"
#undef BENCH_CASE

#endif
