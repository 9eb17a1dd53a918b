/*
 * config_paths.h — files that the configuration names. Private to the readers of its sections.
 */
#ifndef WV_PLAN_CONFIG_PATHS_H
#define WV_PLAN_CONFIG_PATHS_H

#include "json/options.h"

/* Makes a path absolute or relative to where the program stands, when it is relative to the folder
 * of the configuration. own: path of that file; NULL: there is none, nothing changes. The new path
 * lives in the arena. */
WV_MUST_USE bool wv_config_resolve(const char *own, const struct wv_node *node,
                                   struct wv_slice *path, struct wv_arena *arena,
                                   struct wv_report *report);

/* Says who wants a file that is not there; what is in it is said where it is read. */
WV_MUST_USE bool wv_config_readable(const struct wv_node *node, struct wv_slice path,
                                    struct wv_report *report);

#endif
