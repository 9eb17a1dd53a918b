/*
 * making.h — what the parts that make the sets of packs share. Private to sets.c and overlays.c.
 *
 * All functions return false where memory is short; wv_making_overlays() also with a finding.
 */
#ifndef WV_PLAN_MAKING_H
#define WV_PLAN_MAKING_H

#include "plan/build.h"
#include "plan/intern.h"

struct wv_making {
    struct wv_builder *builder;
    struct wv_intern *intern;
    struct wv_pack_set *sets;
    size_t mask;
    struct wv_rulings (*rules)[WV_CLASS_COUNT]; /* of every pack, interned */
    const struct wv_detectors **detectors;      /* open-addressed; each once */
    size_t detectors_mask;
    uint64_t **overlaid; /* by number of the overlays: for each output bits of its overlay */
    uint32_t overlays;   /* number of those that are at work */
};

static inline bool wv_making_merge(struct wv_making *making, struct wv_rulings a,
                                   struct wv_rulings b, struct wv_rulings *out)
{
    return wv_intern_merge(making->intern, a, b, out);
}

/* Finds the packs that are laid over the outputs in each period, and numbers what is equal. */
WV_MUST_USE bool wv_making_overlays(struct wv_making *making);

/* The rules of one output over those of the packs: its overlay, and what its purpose forbids. */
WV_MUST_USE bool wv_making_adapt(struct wv_making *making, size_t output, enum wv_class class,
                                 struct wv_rulings *rulings);

#endif
