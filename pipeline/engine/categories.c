/*
 * categories.c — which classes of value records held, and which of them each output was given.
 */
#include "engine/categories.h"

#include "plan/format.h"

#include <stdlib.h>

enum { GROUPS = WV_COUNT_GROUPS + 1 }; /* the last one is that of all others */

struct wv_categories *wv_categories_new(struct wv_plan *plan)
{
    const size_t outputs = wv_plan_config(plan)->output_count;
    struct wv_categories *counts = calloc(1, sizeof *counts);
    if (counts == NULL) {
        return NULL;
    }
    counts->plan = wv_plan_hold(plan);
    counts->shown = calloc(outputs + 1, sizeof *counts->shown);
    counts->groups = calloc(GROUPS, sizeof *counts->groups);
    struct wv_counted_output *all = calloc(GROUPS * outputs + 1, sizeof *all);
    if (counts->shown == NULL || counts->groups == NULL || all == NULL) {
        free(all);
        wv_categories_free(counts);
        return NULL;
    }
    for (size_t i = 0; i < GROUPS; i++) {
        counts->groups[i].outputs = all + i * outputs;
    }
    return counts;
}

void wv_categories_free(struct wv_categories *counts)
{
    if (counts == NULL) {
        return;
    }
    if (counts->groups != NULL) {
        free(counts->groups[0].outputs);
    }
    wv_plan_free(counts->plan);
    free(counts->groups);
    free(counts->shown);
    free(counts);
}

void wv_categories_clear(struct wv_categories *counts)
{
    const size_t outputs = wv_plan_config(counts->plan)->output_count;
    for (size_t i = 0; i < counts->count; i++) {
        struct wv_counted_output *of_group = counts->groups[i].outputs;
        memset(of_group, 0, outputs * sizeof *of_group);
        counts->groups[i] = (struct wv_counted){.outputs = of_group};
    }
    memset(counts->slots, 0, sizeof counts->slots);
    counts->count = 0;
    counts->unread = 0;
    counts->last = NULL;
}

bool wv_categories_empty(const struct wv_categories *counts)
{
    return counts->count == 0 && counts->unread == 0;
}

const char *wv_counted_format(const struct wv_counted *group)
{
    return group->format == NULL ? "*" : group->format->name;
}

static bool is_group(const struct wv_counted *group, const struct wv_counted *key)
{
    return group->tenant == key->tenant && group->format == key->format &&
           group->packs == key->packs && group->input == key->input && !group->other;
}

static size_t slot_of(const struct wv_counted *key)
{
    uint64_t hash = (uintptr_t)key->tenant;
    hash = (hash ^ (uintptr_t)key->format) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ key->packs ^ key->input) * UINT64_C(0x9e3779b97f4a7c15);
    return (hash >> 32) % WV_COUNT(((struct wv_categories *)NULL)->slots);
}

static struct wv_counted *begin(struct wv_categories *counts, const struct wv_counted *key)
{
    struct wv_counted *group = &counts->groups[counts->count++];
    struct wv_counted_output *outputs = group->outputs;
    *group = *key;
    group->outputs = outputs;
    return group;
}

/* The group of what found no room: it is asked for when all others are taken, and is the last. */
static struct wv_counted *other(struct wv_categories *counts)
{
    if (counts->count == WV_COUNT_GROUPS) {
        return begin(counts, &(struct wv_counted){.other = true});
    }
    return &counts->groups[WV_COUNT_GROUPS];
}

struct wv_counted *wv_categories_group(struct wv_categories *counts, const struct wv_counted *key)
{
    if (wv_likely(counts->last != NULL && is_group(counts->last, key))) {
        return counts->last;
    }
    size_t slot = slot_of(key);
    while (counts->slots[slot] != 0) {
        struct wv_counted *group = &counts->groups[counts->slots[slot] - 1];
        if (is_group(group, key)) {
            counts->last = group;
            return group;
        }
        slot = (slot + 1) % WV_COUNT(counts->slots);
    }
    if (counts->count >= WV_COUNT_GROUPS) {
        return other(counts);
    }
    counts->last = begin(counts, key);
    counts->slots[slot] = (uint16_t)counts->count;
    return counts->last;
}

static void add_group(struct wv_counted *to, const struct wv_counted *more, size_t outputs)
{
    to->records += more->records;
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        to->collected[i] += more->collected[i];
    }
    for (size_t k = 0; k < outputs; k++) {
        to->outputs[k].published += more->outputs[k].published;
        to->outputs[k].stubs += more->outputs[k].stubs;
        to->outputs[k].withheld += more->outputs[k].withheld;
        for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
            to->outputs[k].disclosed[i] += more->outputs[k].disclosed[i];
        }
    }
}

void wv_categories_add(struct wv_categories *counts, const struct wv_categories *more)
{
    wv_ensure(counts->plan == more->plan);
    const size_t outputs = wv_plan_config(counts->plan)->output_count;
    counts->unread += more->unread;
    for (size_t i = 0; i < more->count; i++) {
        const struct wv_counted *group = &more->groups[i];
        const struct wv_counted key = {.tenant = group->tenant,
                                       .format = group->format,
                                       .packs = group->packs,
                                       .input = group->input};
        add_group(group->other ? other(counts) : wv_categories_group(counts, &key), group, outputs);
    }
}
