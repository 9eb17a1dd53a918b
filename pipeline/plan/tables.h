/*
 * tables.h — the inside of a plan, as the engine reads it.
 */
#ifndef WV_PLAN_TABLES_H
#define WV_PLAN_TABLES_H

#include "filters/detectors.h"
#include "filters/parameters.h"
#include "keys/seal.h"
#include "keys/signed.h"
#include "plan/explain.h"
#include "plan/format.h"
#include "plan/geo.h"
#include "plan/legal.h"
#include "plan/pack_law.h"
#include "plan/plan.h"

#include <stdatomic.h>

struct wv_pack {
    const char *name;
    const char *version; /* "eu@3f9a2c11" */
    const char *edition; /* "1": what people call this version */
    const char *title;
    const struct wv_pack_law *law;
    int64_t effective; /* first day of this version, in days since 1970 */
    uint64_t versions; /* bits of all packs of this name */
    bool refused;      /* the kind of its results is refused-profile */
    bool unreviewed;   /* a template */
    bool used;         /* it is reviewed, or the configuration acknowledges it */
    struct wv_detectors detectors;
    struct wv_rulings rulings[WV_CLASS_COUNT];
};

/* What applies to a record that falls under a pack: a version of it, or "unknown" where it is a
 * template that the configuration does not acknowledge. */
struct wv_in_force {
    uint64_t packs; /* bits; of a record without a time every version's */
    uint32_t first; /* one of them, whose name is the record's {region} */
    bool unreviewed;
};

/* A time in which no pack changes. */
struct wv_period {
    int64_t from_ms;                 /* since 1970; of the first one: ever since */
    uint32_t overlays;               /* number of the overlays that are in force */
    const struct wv_in_force *packs; /* by pack of the plan, whichever of its versions it is */
};

/* The merged rules of one set of packs, for each output and class. */
struct wv_pack_set {
    uint64_t packs;             /* bits */
    uint32_t overlays;          /* those of the outputs, by number */
    const char *name;           /* "eu@3f9a2c11" or "eu@…+us@…" */
    struct wv_slice annotation; /* "_wafveil":{"v":1,"pack":"eu@3f9a2c11","kind":" */
    bool refused;
    const struct wv_rulings *const *rulings;     /* [output][class] */
    const struct wv_detectors *const *detectors; /* by output; equal ones are the same */
};

/* A format that a record may turn out to have. */
struct wv_candidate {
    const struct wv_format *format;
    struct wv_alternatives detect; /* in the numbers of the detector */
};

/* By what records are told apart: a format that lists nothing but the tests of all others. */
struct wv_format_detector {
    const struct wv_format *format;
    const struct wv_candidate *candidates; /* of JSON; envelopes last */
    size_t candidate_count;
    const struct wv_format *const *texts; /* candidates of other syntaxes; envelopes last */
    size_t text_count;
    const struct wv_place *keys; /* its members: the path of every test, and what leads to it */
};

/* What the plan knows of one input of the configuration. */
struct wv_input_plan {
    const struct wv_format *format; /* NULL: whichever a record turns out to have */
    const uint32_t *tenant_packs;   /* pack of each tenant of the table; WV_PACKS_MAX: none */
};

struct wv_country {
    struct wv_slice code; /* upper case: "DE", "US-CA" */
    uint32_t pack;
};

struct wv_plan {
    _Atomic size_t holders; /* beside the first */
    struct wv_config *config;
    struct wv_keyring *keyring;
    struct wv_arena *arena;
    char version[9];
    char fingerprint[65];
    struct wv_signers *approvers; /* NULL: the configuration names none */
    uint8_t approvers_digest[32];
    struct wv_seal_certificate **seals;      /* by output; NULL: nothing is sealed there */
    struct wv_seal_certificate *reject_seal; /* NULL: rejected records are not sealed */
    const struct wv_format **formats;
    size_t format_count;
    struct wv_format_detector detector;
    const struct wv_input_plan *inputs; /* by input of the configuration */
    const struct wv_pack *packs;
    size_t pack_count;
    uint32_t pack_unknown;
    uint32_t pack_refused;
    struct wv_period *periods;      /* in order of time, and one of records without a time */
    size_t period_count;            /* without that one */
    const struct wv_pack_set *sets; /* open-addressed by packs and overlays */
    size_t set_mask;
    size_t most_packs;                  /* of which one record can have the rules, with "unknown" */
    const struct wv_country *countries; /* sorted by code */
    size_t country_count;
    const struct wv_condition *conditions;
    size_t condition_count;
    const struct wv_parameters *parameters;
    struct wv_patterns *patterns;   /* NULL: the configuration has no detectors of its own */
    const struct wv_legal *legal;   /* legal.h */
    struct wv_geo *geo;             /* geo.h */
    struct wv_document **documents; /* alive as long as the plan: settings point into them */
    size_t document_count;
};

/* The first version of a pack: what stands for its name. */
static inline size_t wv_plan_pack_name(const struct wv_plan *plan, size_t pack)
{
    return (size_t)__builtin_ctzll(plan->packs[pack].versions);
}

/* The set of exactly these packs: at least one bit, and such as a record can fall under. */
const struct wv_pack_set *wv_plan_set(const struct wv_plan *plan, uint64_t packs,
                                      uint32_t overlays);

/* The same; NULL: no record can fall under all of them. */
const struct wv_pack_set *wv_plan_find_set(const struct wv_plan *plan, uint64_t packs,
                                           uint32_t overlays);

/* When the event was, in ms since 1970; negative: nobody knows, so every version applies. */
static inline const struct wv_period *wv_plan_period(const struct wv_plan *plan, int64_t time_ms)
{
    size_t at = plan->period_count - 1;
    if (time_ms < 0) {
        return &plan->periods[plan->period_count];
    }
    while (at > 0 && time_ms < plan->periods[at].from_ms) {
        at--;
    }
    return &plan->periods[at];
}

/* Whether some format is known by what stands at a path, in lower case, or below it. */
static inline bool wv_plan_is_mark(const struct wv_plan *plan, struct wv_slice path)
{
    const struct wv_place *keys = plan->detector.keys;
    return wv_place_find(keys, path) < keys->member_count;
}

/* The pack of a country or subdivision code (any case); pack_unknown when no pack covers it. */
uint32_t wv_plan_country(const struct wv_plan *plan, struct wv_slice code);

#endif
