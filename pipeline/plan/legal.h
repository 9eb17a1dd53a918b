/*
 * legal.h — whether the records of a region may go to an output, on which day, and by what.
 *
 * A record that several regions cover may go where each of them lets it go. Where it may not, the
 * profile `refused` is merged into its rules for that output, so that nothing personal leaves: a
 * refusal is an answer, never an error. Nothing here takes memory or looks at a clock.
 */
#ifndef WV_PLAN_LEGAL_H
#define WV_PLAN_LEGAL_H

#include "plan/law.h"
#include "plan/plan.h"

enum { WV_HOPS_MAX = 72, WV_REFUSALS_MAX = 255 };

/* One way in which a transfer can be refused, in the order of outputs and packs: for counting. */
struct wv_refusal {
    uint32_t output;
    uint32_t pack;
    enum wv_transfer_reason reason;
};

struct wv_legal_output {
    const struct wv_recipient *recipient; /* NULL: your own organisation, without an entry */
    bool own;
    bool needs_third_party; /* consent to disclosure to third parties, beside that to processing */
    uint64_t classes;       /* bits: what it may have */
    const struct wv_hop *hops; /* whoever reads it, where the topic lives, who else gets it */
    size_t hop_count;
    struct wv_days days; /* in which the agreement holds */
    struct wv_days audited;
};

struct wv_legal {
    const struct wv_law *law;
    const uint32_t *origins; /* by pack; WV_NO_ORIGIN: nobody knows its law */
    uint64_t regions;        /* bits: packs that records can fall under */
    uint64_t unused;         /* bits: templates that are not used, so that their records are
                                "unknown": of their own law only what it denies holds */
    const struct wv_legal_output *outputs;
    const uint32_t *purposes; /* by input: bits that its records can have been collected for */
    struct wv_hop instance;   /* where wafveil runs; its country can be empty */
    struct wv_refusal refusals[WV_REFUSALS_MAX];
    size_t refusal_count;
};

/* An audit is due every year, and overdue a month later. */
enum { WV_AUDIT_DUE_DAYS = 365, WV_AUDIT_OVERDUE_DAYS = 395 };

const struct wv_legal *wv_plan_legal(const struct wv_plan *plan);

/* Decides for one pack, output and day; for a template that is not used as for "unknown", unless
 * its own law denies it. *next becomes the first later day on which the answer can be another one,
 * if that is earlier. */
struct wv_transfer wv_legal_decide(const struct wv_plan *plan, size_t output, size_t pack,
                                   int32_t day, int32_t *next);

/* The last day on which what is allowed on a day is allowed without a break; WV_DAY_NEVER: as far
 * as is known. */
int32_t wv_legal_until(const struct wv_plan *plan, size_t output, size_t pack, int32_t day);

/* Number of the refusal; WV_REFUSALS_MAX for one that was not foreseen. */
size_t wv_legal_refusal(const struct wv_plan *plan, const struct wv_refusal *refusal);

/* Whether the pack is a region that records of this configuration can fall under. */
bool wv_legal_is_region(const struct wv_plan *plan, size_t pack);

#endif
