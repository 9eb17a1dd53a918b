/*
 * inspect.h — what the detectors see in a text, without touching it.
 *
 * For commands that explain: they say what is found and where, and never the value. An inspector
 * belongs to one thread; the plan must outlive it.
 */
#ifndef WV_ENGINE_INSPECT_H
#define WV_ENGINE_INSPECT_H

#include "plan/plan.h"

/* Bytes [from, to) of the text. */
struct wv_sighting {
    const char *label; /* of the detector ("EMAIL"), or of the class of the name before it */
    uint32_t from;
    uint32_t to;
};

struct wv_inspector;

/* packs: bits of the plan's packs whose detectors are used; 0: all detectors, in all regions.
 * names: also what only the name of a parameter gives away. NULL when memory is short. */
WV_MUST_USE struct wv_inspector *wv_inspector_new(const struct wv_plan *plan, uint64_t packs,
                                                  bool names);

/* From now on the detectors of these packs are used. */
void wv_inspector_turn(struct wv_inspector *inspector, uint64_t packs);
void wv_inspector_free(struct wv_inspector *inspector); /* wipes what it saw; NULL is allowed */

/* The sightings in a text of any bytes, in rising order without overlaps; valid until the next
 * call. SIZE_MAX: there is more than the engine looks through, so that it would remove the value.
 */
size_t wv_inspect(struct wv_inspector *inspector, struct wv_slice text,
                  const struct wv_sighting **out);

#endif
