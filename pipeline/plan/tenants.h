/*
 * tenants.h — whose web site a record belongs to.
 *
 * A table maps what a record says of itself (web ACL, resource id, host, topic, a Kafka header) to
 * a tenant. It is a JSON object: the key is what the record says, compared byte for byte; only host
 * keys ignore case, and also stand for everything below them ("acme.example" for
 * "shop.acme.example").
 *
 *     { "arn:aws:wafv2:…:regional/webacl/shop/0a1b": { "tenant": "acme", "region": "eu",
 *                                                      "hosts": ["acme.example"] } }
 */
#ifndef WV_PLAN_TENANTS_H
#define WV_PLAN_TENANTS_H

#include "plan/config.h"

enum { WV_TENANTS_MAX = 100000, WV_TENANT_ROWS = 7 };

/* One entry of a table, for the reference. */
extern const struct wv_option wv_tenant_rows[WV_TENANT_ROWS];

/* Reads the file and sorts it into config->table. */
WV_MUST_USE bool wv_tenants_load(const char *path, struct wv_tenant_config *config,
                                 struct wv_arena *arena, struct wv_report *report);

/* Host names of a list, in lower case; a finding about the list's node when one is no host name. */
WV_MUST_USE bool wv_tenants_hosts(const struct wv_node *list, struct wv_name_list *hosts,
                                  struct wv_arena *arena, struct wv_report *report);

/* NULL: unknown. A fixed tenant is found whatever the key; a host is in lower case without a port.
 * Takes no memory and no lock. */
const struct wv_tenant *wv_tenants_find(const struct wv_tenant_config *config, struct wv_slice key);

/* Whether a word may stand in a domain: 1 to 64 letters, digits, '.', '_' and '-'. */
bool wv_tenants_is_word(struct wv_slice word);

#endif
