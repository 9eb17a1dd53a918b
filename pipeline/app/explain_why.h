/*
 * explain_why.h — who decided: for each merged rule the pack and version whose rule was taken.
 */
#ifndef WV_APP_EXPLAIN_WHY_H
#define WV_APP_EXPLAIN_WHY_H

#include "plan/explain.h"

#include <jansson.h>

/* The lines below a rule, to stdout. */
void wv_why_print(const struct wv_plan *plan, const struct wv_why_question *question,
                  const struct wv_ruling *ruling);
json_t *wv_why_json(const struct wv_plan *plan, const struct wv_why_question *question,
                    const struct wv_ruling *ruling);

/* Version, first day, review, law, deadlines and authority of each of the packs (bits). */
void wv_why_print_laws(const struct wv_plan *plan, uint64_t packs);
json_t *wv_why_laws_json(const struct wv_plan *plan, uint64_t packs);

#endif
