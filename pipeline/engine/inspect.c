/* inspect.c — the search of the engine, told instead of carried out. */
#include "engine/inspect.h"

#include "base/wipe.h"
#include "filters/detect.h"
#include "plan/tables.h"

#include <stdlib.h>

enum { SCRATCH_BYTES = 8 * 1024 * 1024 };

struct wv_inspector {
    const struct wv_plan *plan;
    struct wv_context context;
    struct wv_needles needles;
    struct wv_detectors detectors;
    struct wv_name_list hosts;
    struct wv_scratch scratch;
    unsigned what;
    struct wv_hits hits;
    struct wv_sighting sightings[WV_SEARCH_HITS_MAX];
};

static struct wv_detectors detectors_of(const struct wv_plan *plan, uint64_t packs)
{
    struct wv_detectors joint = {0};
    for (size_t i = 0; i < plan->pack_count; i++) {
        if ((packs >> i & 1) != 0) {
            joint.on |= plan->packs[i].detectors.on;
            joint.at_home |= plan->packs[i].detectors.at_home;
        }
    }
    return packs == 0 ? wv_detectors_all : joint;
}

struct wv_inspector *wv_inspector_new(const struct wv_plan *plan, uint64_t packs, bool names)
{
    struct wv_inspector *inspector = calloc(1, sizeof *inspector);
    uint8_t *memory = malloc(SCRATCH_BYTES);
    if (inspector == NULL || memory == NULL) {
        free(inspector);
        free(memory);
        return NULL;
    }
    inspector->plan = plan;
    inspector->detectors = detectors_of(plan, packs);
    inspector->scratch = (struct wv_scratch){.mem = memory, .cap = SCRATCH_BYTES};
    inspector->context = (struct wv_context){
        .needles = &inspector->needles,
        .own_hosts = &inspector->hosts,
        .parameters = plan->parameters,
        .detectors = &inspector->detectors,
        .scratch = &inspector->scratch,
    };
    if (plan->patterns != NULL) {
        inspector->context.patterns = plan->patterns;
        inspector->context.matcher = wv_matcher_new(plan->patterns, NULL);
        if (inspector->context.matcher == NULL) {
            wv_inspector_free(inspector);
            return NULL;
        }
    }
    inspector->what = names ? WV_SEARCH_ALL : WV_SEARCH_ALL & ~(unsigned)WV_SEARCH_PARAMETERS;
    return inspector;
}

void wv_inspector_turn(struct wv_inspector *inspector, uint64_t packs)
{
    inspector->detectors = detectors_of(inspector->plan, packs);
}

void wv_inspector_free(struct wv_inspector *inspector)
{
    if (inspector == NULL) {
        return;
    }
    wv_matcher_free(inspector->context.matcher);
    wv_wipe_large(inspector->scratch.mem, inspector->scratch.cap);
    free(inspector->scratch.mem);
    free(inspector);
}

static const char *label_of(const struct wv_patterns *patterns, const struct wv_hit *hit)
{
    if (hit->kind == WV_HIT_PATTERN) {
        return wv_patterns_label(patterns, hit->detail);
    }
    return hit->kind < WV_DETECTOR_COUNT ? wv_detector_at(hit->kind)->label
                                         : wv_parameter_word((enum wv_parameter)hit->detail);
}

size_t wv_inspect(struct wv_inspector *inspector, struct wv_slice text,
                  const struct wv_sighting **out)
{
    *out = inspector->sightings;
    if (!wv_search_hits(inspector->what, text, &inspector->context, &inspector->hits)) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < inspector->hits.count; i++) {
        const struct wv_hit *hit = &inspector->hits.items[i];
        inspector->sightings[i] = (struct wv_sighting){
            .label = label_of(inspector->context.patterns, hit), .from = hit->from, .to = hit->to};
    }
    return inspector->hits.count;
}
