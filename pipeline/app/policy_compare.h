/*
 * policy_compare.h — holds what came out of a record against what a test expects.
 *
 * Each difference is written as two lines that people can read. They hold nothing but what follows
 * from the test's own text; bytes that could drive a terminal are written as \xNN.
 */
#ifndef WV_APP_POLICY_COMPARE_H
#define WV_APP_POLICY_COMPARE_H

#include "app/policy_test.h"

#include <stdio.h>

/* What became of a test's record. */
struct wv_obtained {
    const struct wv_plan *plan;
    const struct wv_supposed *supposed;
    const struct wv_result *result;
    const uint32_t *kinds; /* by class: bits of the kinds of which rules at work make tokens */
};

/* Writes every difference to `out`, at most WV_DIFFERENCES_MAX of them; how many there are. */
enum { WV_DIFFERENCES_MAX = 50 };
size_t wv_policy_compare(const struct wv_expectation *expect, const struct wv_obtained *obtained,
                         FILE *out);

/* Bytes of which each that could drive a terminal is written as \xNN; at most `most`, and … */
void wv_put_shown(struct wv_slice value, size_t most, FILE *out);

#endif
