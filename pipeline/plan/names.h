/*
 * names.h — tables from a name (of a header, of a rate-limit key) to the class of its value.
 */
#ifndef WV_PLAN_NAMES_H
#define WV_PLAN_NAMES_H

#include "json/options.h"
#include "plan/classes.h"

enum { WV_NAME_MAX = 128 };

struct wv_name_table;

/* Reads {"user_agent": ["user-agent"], …}; names are compared in lower case. NULL with findings. */
WV_MUST_USE const struct wv_name_table *
wv_names_load(const struct wv_node *node, struct wv_arena *arena, struct wv_report *report);

/* False when the table does not list the name, which must be in lower case. */
WV_MUST_USE bool wv_names_find(const struct wv_name_table *table, struct wv_slice name,
                               enum wv_class *out);

#endif
