/*
 * sets.c — merges rules for every set of packs that a record can fall under, before any record
 * comes.
 *
 * Each of the configured region sources adds at most one pack (labels two: a country and a part of
 * it), an unknown tenant adds "unknown", and refused consent adds "refused". The sets are all
 * choices of at most that many packs, with and without "refused", of the versions that hold at one
 * time (in_force.c). Each is made from a smaller one by one merge, and what is equal is kept once
 * (intern.h).
 */
#include "plan/making.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { NAME_MAX_BYTES = 1024 };

/* Packs that a record can fall under at one time: by bits, those of one pack together. */
struct choices {
    uint64_t packs[WV_PACKS_MAX];
    size_t count;
    uint64_t refused;
};

static size_t home(uint64_t packs, uint32_t overlays, size_t mask)
{
    return (size_t)XXH3_64bits_withSeed(&packs, sizeof packs, overlays) & mask;
}

static struct wv_pack_set *slot(const struct wv_making *making, uint64_t packs)
{
    size_t at = home(packs, making->overlays, making->mask);
    while (making->sets[at].packs != 0 &&
           (making->sets[at].packs != packs || making->sets[at].overlays != making->overlays)) {
        at = (at + 1) & making->mask;
    }
    return &making->sets[at];
}

static bool fill_single(struct wv_making *making, size_t pack, const struct wv_rulings **tables)
{
    const struct wv_plan *plan = making->builder->plan;
    for (size_t output = 0; output < plan->config->output_count; output++) {
        struct wv_rulings table[WV_CLASS_COUNT];
        for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
            table[class] = making->rules[pack][class];
            if (!wv_making_adapt(making, output, (enum wv_class) class, &table[class]) ||
                !wv_intern_rulings(making->intern, table[class], &table[class])) {
                return false;
            }
        }
        tables[output] = wv_intern_table(making->intern, table);
        if (tables[output] == NULL) {
            return false;
        }
    }
    return true;
}

static bool fill_joint(struct wv_making *making, const struct wv_pack_set *a,
                       const struct wv_pack_set *b, const struct wv_rulings **tables)
{
    const size_t count = making->builder->plan->config->output_count;
    for (size_t output = 0; output < count; output++) {
        struct wv_rulings table[WV_CLASS_COUNT];
        for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
            if (!wv_making_merge(making, a->rulings[output][class], b->rulings[output][class],
                                 &table[class])) {
                return false;
            }
        }
        tables[output] = wv_intern_table(making->intern, table);
        if (tables[output] == NULL) {
            return false;
        }
    }
    return true;
}

/* What is equal is one, so that answers that were made under one set hold under others (memo.h). */
static const struct wv_detectors *intern_detectors(struct wv_making *making,
                                                   struct wv_detectors wanted)
{
    const uint64_t key[] = {wanted.on, wanted.at_home};
    size_t at = (size_t)XXH3_64bits(key, sizeof key) & making->detectors_mask;
    for (; making->detectors[at] != NULL; at = (at + 1) & making->detectors_mask) {
        const struct wv_detectors *known = making->detectors[at];
        if (known->on == wanted.on && known->at_home == wanted.at_home) {
            return known;
        }
    }
    struct wv_detectors *fresh = WV_ARENA_NEW(making->builder->plan->arena, struct wv_detectors);
    if (fresh != NULL) {
        *fresh = wanted;
        making->detectors[at] = fresh;
    }
    return fresh;
}

/* Whatever one of the packs, or the output's overlay, wants found is found. */
static bool join_detectors(struct wv_making *making, struct wv_pack_set *set)
{
    const struct wv_plan *plan = making->builder->plan;
    const size_t count = plan->config->output_count;
    const struct wv_detectors **all =
        WV_ARENA_ARRAY(plan->arena, count + 1, const struct wv_detectors *);
    for (size_t output = 0; all != NULL && output < count; output++) {
        struct wv_detectors joint = {0};
        const uint64_t packs = set->packs | making->overlaid[set->overlays][output];
        for (size_t i = 0; i < plan->pack_count; i++) {
            if ((packs >> i & 1) != 0) {
                joint.on |= plan->packs[i].detectors.on;
                joint.at_home |= plan->packs[i].detectors.at_home;
            }
        }
        all[output] = intern_detectors(making, joint);
        if (all[output] == NULL) {
            return false;
        }
    }
    set->detectors = all;
    return all != NULL;
}

static bool name_set(struct wv_making *making, struct wv_pack_set *set)
{
    const struct wv_plan *plan = making->builder->plan;
    uint8_t text[NAME_MAX_BYTES];
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

/* Makes the set of the packs of two sets that are there; of one pack, where `a` is 0. */
static bool make_set(struct wv_making *making, uint64_t a, uint64_t b, size_t pack)
{
    const struct wv_plan *plan = making->builder->plan;
    struct wv_pack_set *set = slot(making, a | b);
    if (set->packs != 0) {
        return true;
    }
    const struct wv_rulings **tables =
        WV_ARENA_ARRAY(plan->arena, plan->config->output_count + 1, const struct wv_rulings *);
    if (tables == NULL ||
        !(a == 0 ? fill_single(making, pack, tables)
                 : fill_joint(making, slot(making, a), slot(making, b), tables))) {
        return false;
    }
    set->packs = a | b;
    set->overlays = making->overlays;
    set->rulings = tables;
    return join_detectors(making, set) && name_set(making, set);
}

/* The set of the versions of one pack: mostly one. */
static bool make_part(struct wv_making *making, uint64_t packs)
{
    const struct wv_plan *plan = making->builder->plan;
    uint64_t made = 0;
    bool good = true;
    for (size_t i = 0; i < plan->pack_count; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        if ((packs & bit) != 0) {
            good = good && make_set(making, 0, bit, i) &&
                   (made == 0 || make_set(making, made, bit, 0));
            made |= bit;
        }
    }
    return good;
}

/* Every set that holds `packs` and at most `more` of the choices behind `from`, each with and
 * without "refused". */
static bool make_sets(struct wv_making *making, const struct choices *choices, uint64_t packs,
                      size_t from, size_t more)
{
    for (size_t i = from; i < choices->count; i++) {
        const uint64_t larger = packs | choices->packs[i];
        if ((packs != 0 && !make_set(making, packs, choices->packs[i], 0)) ||
            !make_set(making, larger, choices->refused, 0) ||
            (more > 1 && !make_sets(making, choices, larger, i + 1, more - 1))) {
            return false;
        }
    }
    return true;
}

/* What a record can fall under in a period: each pack once, without those that are not used. */
static struct choices choices_of(const struct wv_plan *plan, const struct wv_period *period)
{
    const struct wv_in_force *entries = period->packs;
    struct choices choices = {.refused = entries[plan->pack_refused].packs};
    for (size_t i = 0; i < plan->pack_count; i++) {
        bool is_there = entries[i].packs == choices.refused;
        for (size_t k = 0; k < choices.count; k++) {
            is_there = is_there || choices.packs[k] == entries[i].packs;
        }
        if (!is_there) {
            choices.packs[choices.count++] = entries[i].packs;
        }
    }
    return choices;
}

static bool make_period(struct wv_making *making, const struct wv_period *period, size_t most)
{
    const struct wv_plan *plan = making->builder->plan;
    const struct choices choices = choices_of(plan, period);
    making->overlays = period->overlays;
    bool good = make_part(making, choices.refused);
    for (size_t i = 0; i < choices.count; i++) {
        good = good && make_part(making, choices.packs[i]);
    }
    for (size_t i = 0; i < plan->pack_count; i++) { /* also a template, for people to look at */
        good = good && make_part(making, UINT64_C(1) << i);
    }
    return good && make_sets(making, &choices, 0, 0, most);
}

/* At most so many sets that nothing overflows, which is far more than fit. */
static size_t count_sets(const struct wv_plan *plan, size_t most)
{
    size_t total = 0;
    for (size_t p = 0; p <= plan->period_count; p++) {
        const size_t packs = choices_of(plan, &plan->periods[p]).count;
        size_t choices = 1;
        for (size_t size = 1; size <= most && size <= packs && choices < SIZE_MAX / 4096; size++) {
            choices = choices * (packs - size + 1) / size;
            total += choices < SIZE_MAX / 4096 ? 2 * choices : choices;
        }
        total += 2 * plan->pack_count + 1;
        total = total < SIZE_MAX / 4096 ? total : SIZE_MAX / 4096;
    }
    return total;
}

static bool intern_packs(struct wv_making *making)
{
    const struct wv_plan *plan = making->builder->plan;
    bool good = making->rules != NULL;
    for (size_t i = 0; good && i < plan->pack_count; i++) {
        for (size_t class = 0; good && class < WV_CLASS_COUNT; class ++) {
            good = wv_intern_rulings(making->intern, plan->packs[i].rulings[class],
                                     &making->rules[i][class]);
        }
    }
    return good;
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

size_t wv_plan_most_regions(const struct wv_plan *plan)
{
    return most_packs(plan->config) - 1;
}

static bool make_tables(struct wv_making *making, size_t count)
{
    const struct wv_config *config = making->builder->plan->config;
    struct wv_arena *arena = making->builder->plan->arena;
    making->mask = 63;
    while (making->mask < count * 2) {
        making->mask = making->mask * 2 + 1;
    }
    size_t different = 2; /* outputs with overlays of their own may look for more */
    for (size_t i = 0; i < config->output_count; i++) {
        different += config->outputs[i].overlay.len > 0;
    }
    making->detectors_mask = making->mask;
    while (making->detectors_mask < count * different) {
        making->detectors_mask = making->detectors_mask * 2 + 1;
    }
    making->sets = WV_ARENA_ARRAY(arena, making->mask + 1, struct wv_pack_set);
    making->detectors =
        WV_ARENA_ARRAY(arena, making->detectors_mask + 1, const struct wv_detectors *);
    making->rules = wv_arena_array(arena, making->builder->plan->pack_count + 1,
                                   sizeof *making->rules, _Alignof(struct wv_rulings));
    making->intern = wv_intern_new(arena);
    return making->sets != NULL && making->detectors != NULL && making->intern != NULL &&
           intern_packs(making);
}

bool wv_build_sets(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const size_t most = most_packs(plan->config);
    struct wv_making making = {.builder = builder};
    if (!wv_making_overlays(&making)) {
        return false;
    }
    bool good = make_tables(&making, count_sets(plan, most));
    for (size_t p = 0; good && p <= plan->period_count; p++) {
        good = make_period(&making, &plan->periods[p], most);
    }
    plan->sets = making.sets;
    plan->most_packs = most;
    plan->set_mask = making.mask;
    return good || wv_report_add(builder->report, (struct wv_finding){0},
                                 "too many packs, outputs and region sources for one plan");
}

const struct wv_pack_set *wv_plan_find_set(const struct wv_plan *plan, uint64_t packs,
                                           uint32_t overlays)
{
    size_t at = home(packs, overlays, plan->set_mask);
    while (plan->sets[at].packs != packs || plan->sets[at].overlays != overlays) {
        if (plan->sets[at].packs == 0) {
            return NULL;
        }
        at = (at + 1) & plan->set_mask;
    }
    return &plan->sets[at];
}

const struct wv_pack_set *wv_plan_set(const struct wv_plan *plan, uint64_t packs, uint32_t overlays)
{
    const struct wv_pack_set *set = wv_plan_find_set(plan, packs, overlays);
    wv_ensure(set != NULL);
    return set;
}
