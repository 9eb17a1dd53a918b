/*
 * config_sections.h — the sections of the configuration. Private to config.c.
 */
#ifndef WV_PLAN_CONFIG_SECTIONS_H
#define WV_PLAN_CONFIG_SECTIONS_H

#include "base/arena.h"
#include "plan/config.h"

/* Reads all of them into the configuration, whose path is set; strings are kept in the arena. False
 * with findings, of all sections: what is in order has been read also then. */
WV_MUST_USE bool wv_config_read_sections(struct wv_config *config, struct wv_arena *arena,
                                         const struct wv_node *root, struct wv_report *report);

#endif
