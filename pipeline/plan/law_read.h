/*
 * law_read.h — what the parts that read a document of transfers share. Private to law_names.c and
 * law_transfers.c.
 */
#ifndef WV_PLAN_LAW_READ_H
#define WV_PLAN_LAW_READ_H

#include "plan/law.h"

struct wv_law_reading {
    struct wv_law *law;
    struct wv_arena *arena;
    struct wv_report *report;
};

/* Whether there is no room for one more; then with a finding. */
static inline bool wv_law_is_full(const struct wv_node *node, size_t count, size_t most,
                                  struct wv_report *report)
{
    return count == most && !wv_node_fail(node, report, "at most %zu are possible", most);
}

/* An array of codes and names of lists; star: "*" stands for all countries. */
WV_MUST_USE bool wv_law_read_countries(const struct wv_law_reading *reading,
                                       const struct wv_node *node, bool star,
                                       struct wv_countries *out);

/* What rows can name: each adds to the law. */
WV_MUST_USE bool wv_law_read_lists(const struct wv_law_reading *reading,
                                   const struct wv_node *node);
WV_MUST_USE bool wv_law_read_mechanisms(const struct wv_law_reading *reading,
                                        const struct wv_node *node);
WV_MUST_USE bool wv_law_read_origins(const struct wv_law_reading *reading,
                                     const struct wv_node *node);

#endif
