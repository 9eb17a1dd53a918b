/*
 * config_enrich.h — the section `enrich` of the configuration, and files of databases. Private to
 * config.c and config_tables.c.
 */
#ifndef WV_PLAN_CONFIG_ENRICH_H
#define WV_PLAN_CONFIG_ENRICH_H

#include "plan/config.h"

enum { WV_ENRICH_ROWS = 3, WV_DATABASE_ROWS = 2, WV_LIST_ROWS = 2, WV_GEO_AGE_DAYS = 45 };

extern const struct wv_option wv_enrich_rows[WV_ENRICH_ROWS];
extern const struct wv_option wv_enrich_database_rows[WV_DATABASE_ROWS];
extern const struct wv_option wv_enrich_list_rows[WV_LIST_ROWS];

/* Resolves the file of a database, which node names. */
WV_MUST_USE bool wv_config_geo_file(const struct wv_node *node, struct wv_geo_source *source,
                                    const struct wv_config *config, struct wv_arena *arena,
                                    struct wv_report *report);

/* Fills config->enrich; the regions have been read. The node's value may be NULL. */
WV_MUST_USE bool wv_config_enrich(const struct wv_node *node, struct wv_config *config,
                                  struct wv_arena *arena, struct wv_report *report);

#endif
