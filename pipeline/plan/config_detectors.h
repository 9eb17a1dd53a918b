/*
 * config_detectors.h — the operator's own detectors, as the configuration has them. Private to
 * config.c.
 */
#ifndef WV_PLAN_CONFIG_DETECTORS_H
#define WV_PLAN_CONFIG_DETECTORS_H

#include "plan/config_tables.h"

/* Reads the section "detectors" of the file into the configuration. Patterns are compiled with the
 * plan. False with findings; what can be read is set in any case. */
WV_MUST_USE bool wv_config_detectors(const struct wv_node *root, struct wv_arena *arena,
                                     struct wv_report *report, struct wv_config *config);

#endif
