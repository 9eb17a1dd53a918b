/*
 * config_properties.h — reads a "kafka" block. Private to config.c.
 */
#ifndef WV_PLAN_CONFIG_PROPERTIES_H
#define WV_PLAN_CONFIG_PROPERTIES_H

#include "plan/config.h"

/* The block of the section that owns it, which stands at owner_pointer; none: *out stays. path: of
 * the configuration, NULL when it is no file. No finding holds a value: it may be a password. */
WV_MUST_USE bool wv_config_properties(const struct wv_node *owner, const char *owner_pointer,
                                      const char *path, struct wv_arena *arena,
                                      struct wv_report *report, struct wv_properties *out);

#endif
