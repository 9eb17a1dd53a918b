/*
 * domains.h — every domain of tokens that a record can have under a configuration.
 *
 * For each output, every tenant, and every region whose pack is used. A domain that is longer than
 * WV_DOMAIN_MAX is left out: records that would have it have no tokens (engine/writer.c).
 */
#ifndef WV_APP_DOMAINS_H
#define WV_APP_DOMAINS_H

#include "base/arena.h"
#include "plan/plan.h"

struct wv_domain_use {
    struct wv_slice domain;
    struct wv_slice tenant;
    struct wv_slice region; /* the name of a pack */
    uint32_t output;        /* of the configuration */
    bool unknown_tenant;    /* of records whose tenant is not in the table: under "unknown", too */
};

struct wv_domain_uses {
    struct wv_arena *arena;
    struct wv_domain_use *items; /* in order of domain and output, each once */
    size_t count;
    size_t cap;
    bool failed;
};

/* False: memory is short. The plan must outlive it. To be freed in every case. */
WV_MUST_USE bool wv_domain_uses_collect(const struct wv_plan *plan, struct wv_domain_uses *out);

/* The same of one tenant, be it in a table or not: the domains that it has, or could have had,
 * under whichever region, as the outputs name them now. Those of outputs whose domains span tenants
 * are left out. */
WV_MUST_USE bool wv_domain_uses_of(const struct wv_plan *plan, struct wv_slice tenant,
                                   struct wv_domain_uses *out);

void wv_domain_uses_free(struct wv_domain_uses *uses);

/* The names alone, in order, each once: malloc'd, and valid as long as the uses. NULL: memory is
 * short. */
WV_MUST_USE struct wv_slice *wv_domain_names(const struct wv_domain_uses *uses, size_t *count);

/* Seconds from now_s for which every domain of the plan has keys in the keyring: 0 when one has
 * none now, or is not in it at all; INT64_MAX: never an end. What the keyring has of other domains
 * does not count: nobody makes tokens there any more. */
int64_t wv_domains_runway(const struct wv_plan *plan, const struct wv_keyring *keyring,
                          int64_t now_s);

#endif
