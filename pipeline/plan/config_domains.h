/*
 * config_domains.h — who can be followed where: the domains of tokens that outputs name.
 *
 * Private to config_checks.c. A domain is a path of parts between slashes; {tenant}, {region} and
 * {output} stand for words, which hold no slash.
 */
#ifndef WV_PLAN_CONFIG_DOMAINS_H
#define WV_PLAN_CONFIG_DOMAINS_H

#include "plan/config.h"

/* The domain of one output, at its place: letters and placeholders, and {tenant} as a part of its
 * own unless the purpose is security. */
WV_MUST_USE bool wv_config_check_domain(const struct wv_node *node, const struct wv_output *output,
                                        struct wv_report *report);

/* The domains of all outputs against each other, once tenants are known: one that spans tenants is
 * no output's of another purpose, not even for a tenant whose name is a word of it. Warns where
 * outputs of different purposes can be joined. */
WV_MUST_USE bool wv_config_check_domains(const struct wv_config *config, const struct wv_node *root,
                                         struct wv_report *report);

#endif
