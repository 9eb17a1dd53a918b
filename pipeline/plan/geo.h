/*
 * geo.h — databases and lists of a plan, which say where addresses are and to whom they belong.
 *
 * They are read when the plan is built and never change; another plan has its own.
 */
#ifndef WV_PLAN_GEO_H
#define WV_PLAN_GEO_H

#include "plan/geo_database.h"
#include "plan/networks.h"
#include "plan/plan.h"

enum {
    WV_GEO_DATABASES_MAX = 8,
    WV_GEO_LIST_LEAST = 20, /* a list that covers fewer addresses tells too much of each */
};

/* A database, whatever it is used for. */
struct wv_geo_used {
    const char *file;
    enum wv_geo_wanted wanted;
    struct wv_geo_database *database;
    uint32_t max_age_days; /* the least that a use of it allows */
};

struct wv_geo {
    struct wv_geo_used used[WV_GEO_DATABASES_MAX];
    size_t used_count;
    const struct wv_geo_database **regions; /* by source of regions; NULL: it is no database */
    const struct wv_geo_database *country;  /* of what is added; NULL: it is not */
    const struct wv_geo_database *asn;
    const struct wv_geo_database *countries; /* that one, or the first of regions; NULL: none */
    struct wv_networks *networks;            /* NULL: there are no lists */
    bool looks;                              /* addresses are looked for */
    bool enriches;                           /* something is added */
    uint64_t silent; /* bits of outputs that are told nothing: their overlay is like refused */
    uint64_t digest; /* of everything that was read */
};

const struct wv_geo *wv_plan_geo(const struct wv_plan *plan);

/* How old a database is at a time (both since 1970); 0 for one of the future. */
uint64_t wv_geo_age_s(const struct wv_geo_database *database, int64_t now_s);

#endif
