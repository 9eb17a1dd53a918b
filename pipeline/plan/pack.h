/*
 * pack.h — the rules of one region or profile, by class.
 */
#ifndef WV_PLAN_PACK_H
#define WV_PLAN_PACK_H

#include "plan/conditions.h"
#include "plan/tables.h"

struct wv_pack_loading {
    struct wv_conditions *conditions;
    const struct wv_pack *base; /* that this one extends; NULL: none */
    struct wv_arena *arena;
    struct wv_report *report;
};

/* Reads the member "detectors" into what holds for the pack without it. */
WV_MUST_USE bool wv_pack_detectors(const struct wv_node *node, struct wv_report *report,
                                   struct wv_detectors *detectors);

/* Fills *out. Every class must have a rule, here or in the base. False with findings. */
WV_MUST_USE bool wv_pack_load(const struct wv_node *node, const struct wv_pack_loading *loading,
                              struct wv_pack *out);

#endif
