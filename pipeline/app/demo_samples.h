/*
 * demo_samples.h — a few made-up records before and after.
 */
#ifndef WV_APP_DEMO_SAMPLES_H
#define WV_APP_DEMO_SAMPLES_H

#include "app/show.h"
#include "plan/plan.h"

/* Writes records of this seed to stdout, each of another law; false when memory is short. */
WV_MUST_USE bool wv_demo_samples(const struct wv_plan *plan, uint64_t seed,
                                 const struct wv_colors *colors);

/* "eu@3f9a2c11+us@70564220" as "eu + us". */
void wv_demo_show_laws(const char *packs);

#endif
