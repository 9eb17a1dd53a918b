/*
 * loosening.h — what one plan hides and another one does not.
 *
 * "Looser" is what strictest-wins says (rule.h): a rule is as strict as another one if merging the
 * other into it changes nothing. What cannot be compared counts as looser, so that no change goes
 * by unseen because nobody could tell what it does.
 *
 * Compared are, for all times and for records without one: the rules of every pack, and of every
 * set of packs that records can fall under, for each output and class; detectors; the packs to
 * which countries and tenants lead; formats and names of parameters; what outputs and inputs add
 * to or take away from it; and where the law lets records go, from today on.
 */
#ifndef WV_PLAN_LOOSENING_H
#define WV_PLAN_LOOSENING_H

#include "plan/plan.h"

enum { WV_LOOSER_SHOWN = 20 };

/* How much is looser in `after` than in `before`; 0: nothing. Each is a warning in the report, the
 * first WV_LOOSER_SHOWN with their words and the rest as a number.
 *
 * before NULL: the built-in packs alone. They know nothing of inputs, tenants and recipients, so of
 * those only what loosens them by itself is looser; outputs are held against one that only has the
 * packs. */
size_t wv_plan_loosened(const struct wv_plan *before, const struct wv_plan *after,
                        struct wv_report *report);

#endif
