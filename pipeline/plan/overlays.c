/*
 * overlays.c — what an output adds to the rules of the packs: its overlay, the classes that it is
 * meant to have, and what its purpose forbids. Nothing of it is ever looser.
 */
#include "plan/making.h"

#include <stdio.h>

/* The packs that are laid over the outputs, by number of the overlays that hold at one time. */
static bool find_overlay(struct wv_making *making, size_t output, size_t *pack)
{
    const struct wv_plan *plan = making->builder->plan;
    const struct wv_config *config = plan->config;
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/outputs/%zu/overlay", output);
    if (!wv_plan_pack_find(plan, config->outputs[output].overlay, pack)) {
        return wv_config_fail_at(config, pointer, making->builder->report,
                                 "must be the name of a pack; `wafveil explain` lists them");
    }
    if (plan->periods[plan->period_count].packs[*pack].unreviewed) {
        return wv_config_fail_at(config, pointer, making->builder->report, "is " WV_UNREVIEWED_HELP,
                                 plan->packs[*pack].name);
    }
    return true;
}

static bool number_overlays(struct wv_making *making, struct wv_period *period, uint64_t *overlaid,
                            uint32_t *known)
{
    const struct wv_plan *plan = making->builder->plan;
    const size_t count = plan->config->output_count;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        size_t pack;
        if (plan->config->outputs[i].overlay.len > 0) {
            const bool found = find_overlay(making, i, &pack);
            overlaid[i] = found ? period->packs[pack].packs : 0;
            good = good && found;
        }
    }
    for (uint32_t i = 0; i < *known; i++) {
        if (memcmp(making->overlaid[i], overlaid, count * sizeof *overlaid) == 0) {
            period->overlays = i;
            return good;
        }
    }
    period->overlays = *known;
    making->overlaid[(*known)++] = overlaid;
    return good;
}

bool wv_making_overlays(struct wv_making *making)
{
    struct wv_plan *plan = making->builder->plan;
    struct wv_period *periods = plan->periods;
    uint32_t known = 0;
    bool good = true;
    making->overlaid = WV_ARENA_ARRAY(plan->arena, plan->period_count + 1, uint64_t *);
    for (size_t p = 0; good && p <= plan->period_count; p++) {
        uint64_t *overlaid = WV_ARENA_ARRAY(plan->arena, plan->config->output_count + 1, uint64_t);
        if (overlaid == NULL || making->overlaid == NULL) {
            return wv_report_add(making->builder->report, (struct wv_finding){0},
                                 "not enough memory for the packs");
        }
        good = number_overlays(making, &periods[p], overlaid, &known);
    }
    return good;
}

/* Drop, for a class that an output must not have. */
static bool forbid(struct wv_making *making, const char *why, struct wv_rulings *rulings)
{
    struct wv_arena *arena = making->builder->plan->arena;
    struct wv_rule *rule = WV_ARENA_NEW(arena, struct wv_rule);
    struct wv_ruling *ruling = WV_ARENA_NEW(arena, struct wv_ruling);
    if (rule == NULL || ruling == NULL) {
        return false;
    }
    wv_rule_drop(rule);
    rule->why = why;
    ruling->rule = rule;
    return wv_making_merge(making, *rulings, (struct wv_rulings){ruling, 1}, rulings);
}

/* The same rules without the kinds of tokens that a purpose must not have. */
static bool without_tokens(struct wv_making *making, uint32_t kinds, struct wv_rulings *rulings)
{
    struct wv_arena *arena = making->builder->plan->arena;
    struct wv_ruling *items = WV_ARENA_ARRAY(arena, rulings->count + 1, struct wv_ruling);
    bool any = false;
    for (size_t i = 0; items != NULL && i < rulings->count; i++) {
        items[i] = rulings->items[i];
        if ((kinds >> items[i].rule->token & 1) != 0) {
            struct wv_rule *rule = WV_ARENA_NEW(arena, struct wv_rule);
            if (rule == NULL) {
                return false;
            }
            *rule = *items[i].rule;
            rule->token = WV_KIND_NONE;
            rule->token_days = 0;
            wv_rule_complete(rule);
            items[i].rule = rule;
            any = true;
        }
    }
    rulings->items = any ? items : rulings->items;
    return items != NULL;
}

bool wv_making_adapt(struct wv_making *making, size_t output, enum wv_class class,
                     struct wv_rulings *rulings)
{
    const struct wv_plan *plan = making->builder->plan;
    const uint64_t overlaid = making->overlaid[making->overlays][output];
    bool good = true;
    for (size_t i = 0; overlaid != 0 && i < plan->pack_count; i++) {
        if ((overlaid >> i & 1) != 0) {
            good = good && wv_making_merge(making, *rulings, making->rules[i][class], rulings);
        }
    }
    const struct wv_legal *legal = plan->legal;
    const struct wv_purpose_law *purpose =
        &legal->law->purposes[plan->config->outputs[output].purpose];
    if ((legal->outputs[output].classes >> class & 1) == 0) {
        good = good && forbid(making, "the output is not meant to have this class", rulings);
    }
    if (purpose->no_classes[class] != NULL) {
        good = good && forbid(making, purpose->no_classes[class], rulings);
    }
    return good && (purpose->no_tokens == 0 || without_tokens(making, purpose->no_tokens, rulings));
}
