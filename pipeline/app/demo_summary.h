/*
 * demo_summary.h — what the demonstration has counted, and whether it adds up.
 */
#ifndef WV_APP_DEMO_SUMMARY_H
#define WV_APP_DEMO_SUMMARY_H

#include "app/demo_broker.h"
#include "app/show.h"
#include "engine/tally.h"

struct wv_demo_totals {
    uint64_t fed;
    uint64_t published;
    uint64_t stubs;
    uint64_t rejected; /* without those that left a stub */
    bool holds;        /* in every partition: fed = published + stubs + rejected */
};

struct wv_demo_totals wv_demo_totals(const struct wv_demo_counts *counts);

/* How many records the counting consumer can account for. */
uint64_t wv_demo_accounted(const struct wv_demo_counts *counts);

struct wv_demo_summary {
    const struct wv_demo_counts *counts;
    const struct wv_tally *tally;
    uint64_t records; /* that were to be protected */
    int64_t committed;
    uint64_t busy_ns;  /* from the first record that came out to the last */
    uint64_t total_ns; /* since the start */
    long cores;
};

/* Writes everything to stdout; whether it adds up. */
bool wv_demo_summarise(const struct wv_demo_summary *summary, const struct wv_colors *colors);

#endif
