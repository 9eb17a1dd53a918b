/*
 * in_force.c — which version of each pack applies when.
 *
 * Time is cut into periods at every day on which a later version of a pack begins. Before the first
 * version of a pack that version applies. A record that says no time falls under all versions
 * together, so that nobody gets a looser rule by leaving the time out.
 */
#include "plan/build.h"

#include "keys/epoch.h"

#include <stdlib.h>

struct lines {
    struct wv_builder *builder;
    struct wv_pack *packs;      /* of the plan */
    int64_t days[WV_PACKS_MAX]; /* on which a later version begins, in order, each once */
    size_t day_count;
};

static bool same_line(const struct wv_plan *plan, size_t a, size_t b)
{
    return strcmp(plan->packs[a].name, plan->packs[b].name) == 0;
}

size_t wv_plan_version_on(const struct wv_plan *plan, size_t pack, int64_t day)
{
    size_t first = pack;
    size_t latest = WV_PACKS_MAX;
    for (size_t i = 0; i < plan->pack_count; i++) {
        if (!same_line(plan, i, pack)) {
            continue;
        }
        if (plan->packs[i].effective < plan->packs[first].effective) {
            first = i;
        }
        if (plan->packs[i].effective <= day &&
            (latest == WV_PACKS_MAX || plan->packs[i].effective > plan->packs[latest].effective)) {
            latest = i;
        }
    }
    return latest == WV_PACKS_MAX ? first : latest;
}

static struct wv_in_force of_version(const struct lines *lines, size_t version)
{
    const struct wv_plan *plan = lines->builder->plan;
    return (struct wv_in_force){UINT64_C(1) << version, (uint32_t)version,
                                !plan->packs[version].used};
}

static void fall_back(struct wv_in_force *entry, const struct wv_in_force *unknown)
{
    if (entry->unreviewed) {
        entry->packs = unknown->packs;
        entry->first = unknown->first;
    }
}

static struct wv_in_force *entries_on(const struct lines *lines, int64_t day)
{
    const struct wv_plan *plan = lines->builder->plan;
    struct wv_in_force *entries = WV_ARENA_ARRAY(plan->arena, plan->pack_count, struct wv_in_force);
    for (size_t i = 0; entries != NULL && i < plan->pack_count; i++) {
        entries[i] = of_version(lines, wv_plan_version_on(plan, i, day));
    }
    for (size_t i = 0; entries != NULL && i < plan->pack_count; i++) {
        fall_back(&entries[i], &entries[plan->pack_unknown]);
    }
    return entries;
}

/* Every version that applies at some time applies. */
static struct wv_in_force *entries_without_time(const struct wv_plan *plan,
                                                const struct wv_period *periods)
{
    struct wv_in_force *entries = WV_ARENA_ARRAY(plan->arena, plan->pack_count, struct wv_in_force);
    for (size_t i = 0; entries != NULL && i < plan->pack_count; i++) {
        for (size_t p = 0; p < plan->period_count; p++) {
            entries[i].packs |= periods[p].packs[i].packs;
            entries[i].first = periods[p].packs[i].first;
            entries[i].unreviewed = entries[i].unreviewed || periods[p].packs[i].unreviewed;
        }
    }
    return entries;
}

static int by_day(const void *a, const void *b)
{
    const int64_t one = *(const int64_t *)a;
    const int64_t two = *(const int64_t *)b;
    return (one > two) - (one < two);
}

static void find_days(struct lines *lines)
{
    const struct wv_plan *plan = lines->builder->plan;
    int64_t days[WV_PACKS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < plan->pack_count; i++) {
        if (wv_plan_version_on(plan, i, WV_EFFECTIVE_ALWAYS) != i) {
            days[count++] = plan->packs[i].effective;
        }
    }
    qsort(days, count, sizeof days[0], by_day);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || days[i] != days[i - 1]) {
            lines->days[lines->day_count++] = days[i];
        }
    }
}

static bool acknowledge(struct lines *lines, size_t index)
{
    const struct wv_plan *plan = lines->builder->plan;
    const struct wv_slice name = plan->config->acknowledged.items[index];
    const char *names[WV_PACKS_MAX];
    bool known = false;
    bool needed = false;
    for (size_t i = 0; i < plan->pack_count; i++) {
        names[i] = plan->packs[i].unreviewed ? plan->packs[i].name : NULL;
        if (wv_slice_eq(name, wv_slice_of(plan->packs[i].name))) {
            known = true;
            needed = needed || plan->packs[i].unreviewed;
            lines->packs[i].used = true;
        }
    }
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/packs/acknowledge_unreviewed/%zu", index);
    if (!known) {
        const char *near = wv_nearest(name, names, plan->pack_count);
        return wv_config_fail_at(
            plan->config, pointer, lines->builder->report, "there is no pack \"%.*s\"%s%s%s",
            WV_SHOW(name), near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    if (!needed) {
        const struct wv_node config = wv_document_root(plan->config->document);
        const struct wv_node packs = wv_node_member(&config, "packs");
        const struct wv_node list = wv_node_member(&packs, "acknowledge_unreviewed");
        const struct wv_node node = wv_node_element(&list, index);
        wv_node_warn(&node, lines->builder->report,
                     "the pack \"%.*s\" is reviewed: there is nothing to acknowledge",
                     WV_SHOW(name));
    }
    return true;
}

bool wv_build_in_force(struct wv_builder *builder, struct wv_pack *packs)
{
    struct wv_plan *plan = builder->plan;
    struct lines lines = {.builder = builder, .packs = packs};
    bool good = true;
    for (size_t i = 0; i < plan->pack_count; i++) {
        packs[i].used = !packs[i].unreviewed;
        for (size_t k = 0; k < plan->pack_count; k++) {
            packs[i].versions |= (uint64_t)same_line(plan, i, k) << k;
        }
    }
    for (size_t i = 0; i < plan->config->acknowledged.count; i++) {
        good = acknowledge(&lines, i) && good;
    }
    find_days(&lines);
    plan->period_count = lines.day_count + 1;
    struct wv_period *periods =
        WV_ARENA_ARRAY(plan->arena, plan->period_count + 1, struct wv_period);
    for (size_t p = 0; periods != NULL && p < plan->period_count; p++) {
        const int64_t day = p == 0 ? WV_EFFECTIVE_ALWAYS : lines.days[p - 1];
        periods[p].from_ms = p == 0 ? INT64_MIN : day * WV_DAY_S * 1000;
        periods[p].packs = entries_on(&lines, day);
        if (periods[p].packs == NULL) {
            periods = NULL;
        }
    }
    if (periods != NULL) {
        struct wv_period *timeless = &periods[plan->period_count];
        timeless->packs =
            plan->period_count == 1 ? periods[0].packs : entries_without_time(plan, periods);
        periods = timeless->packs == NULL ? NULL : periods;
    }
    plan->periods = periods;
    return periods != NULL ? good
                           : wv_report_add(builder->report, (struct wv_finding){0},
                                           "not enough memory for the packs");
}
