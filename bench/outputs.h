/*
 * outputs.h — the configurations whose further outputs are measured.
 */
#ifndef WV_BENCH_OUTPUTS_H
#define WV_BENCH_OUTPUTS_H

#include "plan/plan.h"

enum { OUTPUTS_CASES = 5 };

struct outputs_case {
    const char *name;
    size_t outputs;
    const char *config; /* the member "outputs" */
};

/* The first has one output, and all others have it, too. */
extern const struct outputs_case outputs_cases[OUTPUTS_CASES];

/* NULL with a message. */
struct wv_plan *outputs_plan(const struct outputs_case *what);

#endif
