/*
 * config_checks.h — what the rows of a section cannot say: findings about members that belong
 * together, within a section and across sections. Private to config.c.
 */
#ifndef WV_PLAN_CONFIG_CHECKS_H
#define WV_PLAN_CONFIG_CHECKS_H

#include "plan/config_tables.h"

WV_MUST_USE bool wv_config_check_tenant(const struct wv_node *node,
                                        const struct wv_tenant_section *tenant,
                                        struct wv_report *report);
WV_MUST_USE bool wv_config_check_region(const struct wv_node *node,
                                        const struct wv_region_source *source,
                                        struct wv_report *report);
WV_MUST_USE bool wv_config_check_output(const struct wv_node *node, const struct wv_output *output,
                                        struct wv_report *report);
WV_MUST_USE bool wv_config_check_listen(const struct wv_node *node, struct wv_slice listen,
                                        struct wv_report *report);
WV_MUST_USE bool wv_config_check_countries(const struct wv_node *node, struct wv_report *report);

/* Inputs, outputs and rejects against each other; called once all of them are read. */
WV_MUST_USE bool wv_config_check_together(const struct wv_config *config,
                                          const struct wv_node *root, struct wv_report *report);

#endif
