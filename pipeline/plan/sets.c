/*
 * sets.c — merges rules for every set of packs that a record can fall under, before any record
 * comes.
 *
 * Each of the configured region sources adds at most one pack (labels two: a country and a part of
 * it), an unknown tenant adds "unknown", and refused consent adds "refused". The sets are all
 * choices of at most that many packs, with and without "refused". Each is made from a smaller one
 * by one merge; where a merge changes nothing, the smaller one's rule is shared.
 */
#include "plan/build.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct making {
    struct wv_builder *builder;
    struct wv_pack_set *sets;
    size_t mask;
    const struct wv_rulings **overlays;    /* by output: rules of its overlay; NULL: none */
    const struct wv_detectors **detectors; /* each once */
    size_t detectors_count;
    uint64_t *overlaid;         /* by output: bit of its overlay among the packs, or 0 */
    struct wv_rulings dropping; /* drop, for classes that an output must not have */
};

static size_t home(uint64_t packs, size_t mask)
{
    return (size_t)XXH3_64bits(&packs, sizeof packs) & mask;
}

static struct wv_pack_set *slot(struct wv_pack_set *sets, size_t mask, uint64_t packs)
{
    size_t at = home(packs, mask);
    while (sets[at].packs != 0 && sets[at].packs != packs) {
        at = (at + 1) & mask;
    }
    return &sets[at];
}

static bool same_rulings(struct wv_rulings a, struct wv_rulings b)
{
    return a.count == b.count &&
           (a.items == b.items || (a.count == 1 && a.items[0].rule == b.items[0].rule &&
                                   a.items[0].when == 0 && b.items[0].when == 0));
}

static bool merge(struct making *making, struct wv_rulings a, struct wv_rulings b,
                  struct wv_rulings *out)
{
    if (same_rulings(a, b)) {
        *out = a;
        return true;
    }
    return wv_rulings_merge(a, b, making->builder->plan->arena, out);
}

/* The rules of one output over those of the packs: its overlay, and what its purpose forbids. */
static bool adapt(struct making *making, size_t output, enum wv_class class,
                  struct wv_rulings *rulings)
{
    const struct wv_config *config = making->builder->plan->config;
    if (making->overlays[output] != NULL &&
        !merge(making, *rulings, making->overlays[output][class], rulings)) {
        return false;
    }
    if (class == WV_CLASS_TENANT_REF && config->outputs[output].purpose == WV_PURPOSE_THIRD_PARTY) {
        return merge(making, *rulings, making->dropping, rulings);
    }
    return true;
}

static bool fill_single(struct making *making, size_t pack, struct wv_rulings *rulings)
{
    const struct wv_plan *plan = making->builder->plan;
    for (size_t output = 0; output < plan->config->output_count; output++) {
        for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
            struct wv_rulings *out = &rulings[output * WV_CLASS_COUNT + class];
            *out = plan->packs[pack].rulings[class];
            if (!adapt(making, output, (enum wv_class) class, out)) {
                return false;
            }
        }
    }
    return true;
}

static bool fill_joint(struct making *making, const struct wv_pack_set *smaller,
                       const struct wv_pack_set *single, struct wv_rulings *rulings)
{
    const size_t count = making->builder->plan->config->output_count * WV_CLASS_COUNT;
    for (size_t i = 0; i < count; i++) {
        if (!merge(making, smaller->rulings[i], single->rulings[i], &rulings[i])) {
            return false;
        }
    }
    return true;
}

/* What is equal is one, so that answers that were made under one set hold under others (memo.h). */
static const struct wv_detectors *intern(struct making *making, struct wv_detectors wanted)
{
    for (size_t i = 0; i < making->detectors_count; i++) {
        const struct wv_detectors *known = making->detectors[i];
        if (known->on == wanted.on && known->at_home == wanted.at_home) {
            return known;
        }
    }
    struct wv_detectors *fresh = WV_ARENA_NEW(making->builder->plan->arena, struct wv_detectors);
    if (fresh != NULL) {
        *fresh = wanted;
        making->detectors[making->detectors_count++] = fresh;
    }
    return fresh;
}

/* Whatever one of the packs, or the output's overlay, wants found is found. */
static bool join_detectors(struct making *making, struct wv_pack_set *set)
{
    const struct wv_plan *plan = making->builder->plan;
    const size_t count = plan->config->output_count;
    const struct wv_detectors **all =
        WV_ARENA_ARRAY(plan->arena, count + 1, const struct wv_detectors *);
    for (size_t output = 0; all != NULL && output < count; output++) {
        struct wv_detectors joint = {0};
        for (size_t i = 0; i < plan->pack_count; i++) {
            if (((set->packs | making->overlaid[output]) >> i & 1) != 0) {
                joint.on |= plan->packs[i].detectors.on;
                joint.at_home |= plan->packs[i].detectors.at_home;
            }
        }
        all[output] = intern(making, joint);
        if (all[output] == NULL) {
            return false;
        }
    }
    set->detectors = all;
    return all != NULL;
}

static bool name_set(struct making *making, struct wv_pack_set *set)
{
    const struct wv_plan *plan = making->builder->plan;
    uint8_t text[256];
    struct wv_buf name = wv_buf_of(text, sizeof text);
    for (size_t i = 0; i < plan->pack_count; i++) {
        if ((set->packs >> i & 1) != 0) {
            wv_buf_put(&name, name.len > 0 ? WV_LIT("+") : (struct wv_slice){0});
            wv_buf_put(&name, wv_slice_of(plan->packs[i].version));
            set->refused |= plan->packs[i].refused;
        }
    }
    struct wv_slice spelled;
    if (!wv_buf_take(&name, &spelled)) {
        return false;
    }
    set->name = (const char *)wv_arena_copy(plan->arena, spelled).ptr;
    uint8_t member[sizeof text + 64];
    struct wv_buf annotation = wv_buf_of(member, sizeof member);
    wv_buf_put(&annotation, WV_LIT("\"_wafveil\":{\"v\":1,\"pack\":\""));
    wv_buf_put(&annotation, spelled);
    wv_buf_put(&annotation, WV_LIT("\",\"kind\":\""));
    set->annotation = wv_arena_copy(plan->arena, (struct wv_slice){annotation.mem, annotation.len});
    return set->name != NULL && set->annotation.ptr != NULL && !annotation.overflowed;
}

/* Makes the set of packs, whose highest bit is `pack`, out of the set without that bit. */
static bool make_set(struct making *making, uint64_t packs, size_t pack)
{
    struct wv_pack_set *set = slot(making->sets, making->mask, packs);
    if (set->packs != 0) {
        return true;
    }
    const struct wv_plan *plan = making->builder->plan;
    const size_t count = plan->config->output_count * WV_CLASS_COUNT;
    struct wv_rulings *rulings = WV_ARENA_ARRAY(plan->arena, count + 1, struct wv_rulings);
    if (rulings == NULL) {
        return false;
    }
    const uint64_t bit = UINT64_C(1) << pack;
    const bool filled = packs == bit
                            ? fill_single(making, pack, rulings)
                            : fill_joint(making, slot(making->sets, making->mask, packs & ~bit),
                                         slot(making->sets, making->mask, bit), rulings);
    set->packs = packs;
    set->rulings = rulings;
    return filled && join_detectors(making, set) && name_set(making, set);
}

/* Every set of exactly `size` region packs, each with and without "refused". */
static bool make_sets_of(struct making *making, uint64_t packs, size_t from, size_t size)
{
    const struct wv_plan *plan = making->builder->plan;
    const uint64_t refused = UINT64_C(1) << plan->pack_refused;
    for (size_t pack = from; pack < plan->pack_count; pack++) {
        const uint64_t larger = packs | UINT64_C(1) << pack;
        if (pack == plan->pack_refused) {
            continue;
        }
        if (size > 1 ? !make_sets_of(making, larger, pack + 1, size - 1)
                     : !make_set(making, larger, pack)) {
            return false;
        }
        if (size == 1 && !make_set(making, larger | refused, plan->pack_refused)) {
            return false;
        }
    }
    return true;
}

static size_t count_sets(size_t packs, size_t most)
{
    size_t total = 0;
    size_t choices = 1;
    for (size_t size = 1; size <= most && size <= packs; size++) {
        choices = choices * (packs - size + 1) / size;
        total += choices;
    }
    return 2 * total + 1;
}

static bool find_overlays(struct making *making)
{
    const struct wv_plan *plan = making->builder->plan;
    const struct wv_config *config = plan->config;
    making->overlays =
        WV_ARENA_ARRAY(plan->arena, config->output_count + 1, const struct wv_rulings *);
    making->overlaid = WV_ARENA_ARRAY(plan->arena, config->output_count + 1, uint64_t);
    bool good = making->overlays != NULL && making->overlaid != NULL;
    for (size_t i = 0;
         making->overlays != NULL && making->overlaid != NULL && i < config->output_count; i++) {
        size_t pack;
        char pointer[64];
        if (config->outputs[i].overlay.len == 0) {
            continue;
        }
        if (wv_plan_pack_find(plan, config->outputs[i].overlay, &pack)) {
            making->overlays[i] = plan->packs[pack].rulings;
            making->overlaid[i] = UINT64_C(1) << pack;
            continue;
        }
        snprintf(pointer, sizeof pointer, "/outputs/%zu/overlay", i);
        good = wv_config_fail_at(config, pointer, making->builder->report,
                                 "must be the name of a pack; `wafveil explain` lists them");
    }
    return good;
}

static bool make_dropping(struct making *making)
{
    struct wv_arena *arena = making->builder->plan->arena;
    struct wv_rule *rule = WV_ARENA_NEW(arena, struct wv_rule);
    struct wv_ruling *ruling = WV_ARENA_NEW(arena, struct wv_ruling);
    if (rule == NULL || ruling == NULL) {
        return false;
    }
    wv_rule_drop(rule);
    rule->why = "an output for a third party must not name the customer";
    ruling->rule = rule;
    making->dropping = (struct wv_rulings){ruling, 1};
    return true;
}

/* How many packs, beside "refused", one record can fall under. */
static size_t most_packs(const struct wv_config *config)
{
    size_t most = 1; /* "unknown" */
    for (size_t i = 0; i < config->region_count; i++) {
        most += config->regions[i].from == WV_REGION_LABEL ? 2 : 1;
    }
    return most;
}

bool wv_build_sets(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const size_t most = most_packs(plan->config);
    const size_t count = count_sets(plan->pack_count, most);
    struct making making = {.builder = builder, .mask = 63};
    while (making.mask < count * 2) {
        making.mask = making.mask * 2 + 1;
    }
    making.sets = WV_ARENA_ARRAY(plan->arena, making.mask + 1, struct wv_pack_set);
    making.detectors = WV_ARENA_ARRAY(plan->arena, (count + 1) * (plan->config->output_count + 1),
                                      const struct wv_detectors *);
    bool good = making.sets != NULL && making.detectors != NULL && make_dropping(&making);
    if (good && !find_overlays(&making)) {
        return false;
    }
    good = good && make_set(&making, UINT64_C(1) << plan->pack_refused, plan->pack_refused);
    for (size_t size = 1; good && size <= most; size++) {
        good = make_sets_of(&making, 0, 0, size);
    }
    plan->sets = making.sets;
    plan->set_mask = making.mask;
    return good || wv_report_add(builder->report, (struct wv_finding){0},
                                 "too many packs, outputs and region sources for one plan");
}

const struct wv_pack_set *wv_plan_set(const struct wv_plan *plan, uint64_t packs)
{
    size_t at = home(packs, plan->set_mask);
    while (plan->sets[at].packs != packs) {
        wv_ensure(plan->sets[at].packs != 0);
        at = (at + 1) & plan->set_mask;
    }
    return &plan->sets[at];
}
