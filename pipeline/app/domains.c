/*
 * domains.c — tenants, regions and outputs of a configuration, put into domains.
 */
#include "app/domains.h"

#include "base/buf.h"
#include "plan/explain.h"

#include <stdlib.h>

enum { DOMAIN_MEMORY = 256 * 1024 * 1024 };

static void add(struct wv_domain_uses *uses, const struct wv_domain_use *use)
{
    if (uses->count == uses->cap) {
        const size_t cap = uses->cap == 0 ? 64 : uses->cap * 2;
        struct wv_domain_use *items = realloc(uses->items, cap * sizeof(*items));
        if (items == NULL) {
            uses->failed = true;
            return;
        }
        uses->items = items;
        uses->cap = cap;
    }
    uses->items[uses->count] = *use;
    uses->items[uses->count].domain = wv_arena_copy(uses->arena, use->domain);
    uses->failed = uses->failed || uses->items[uses->count].domain.ptr == NULL;
    uses->count++;
}

static struct wv_slice pattern_of(const struct wv_output *output)
{
    return output->domain.len > 0 ? output->domain : WV_LIT("{tenant}/{region}/{output}");
}

/* The domain as the engine makes it for a record (engine/writer.c). One that does not fit has no
 * tokens there either. */
static void expand(struct wv_domain_uses *uses, const struct wv_output *output,
                   struct wv_domain_use *use)
{
    const struct {
        struct wv_slice word;
        struct wv_slice value;
    } words[] = {{WV_LIT("{tenant}"), use->tenant},
                 {WV_LIT("{region}"), use->region},
                 {WV_LIT("{output}"), output->name}};
    const struct wv_slice pattern = pattern_of(output);
    uint8_t bytes[WV_DOMAIN_MAX];
    struct wv_buf buf = wv_buf_of(bytes, sizeof(bytes));
    for (size_t at = 0; at < pattern.len;) {
        const struct wv_slice rest = wv_slice_sub(pattern, at, pattern.len);
        size_t step = 0;
        for (size_t i = 0; i < WV_COUNT(words) && step == 0; i++) {
            if (wv_slice_starts(rest, words[i].word)) {
                wv_buf_put(&buf, words[i].value);
                step = words[i].word.len;
            }
        }
        if (step == 0) {
            wv_buf_byte(&buf, pattern.ptr[at]);
            step = 1;
        }
        at += step;
    }
    if (wv_buf_take(&buf, &use->domain)) {
        add(uses, use);
    }
}

static void add_region(struct wv_domain_uses *uses, const struct wv_plan *plan,
                       struct wv_domain_use use, struct wv_slice region)
{
    const struct wv_config *config = wv_plan_config(plan);
    use.region = region;
    for (uint32_t i = 0; i < config->output_count; i++) {
        use.output = i;
        expand(uses, &config->outputs[i], &use);
    }
}

/* Whether records of a region can fall under "unknown" in its place: some version of its pack is a
 * template that is not used (plan/in_force.c). */
static bool falls_back(const struct wv_plan *plan, struct wv_slice region)
{
    bool falls = false;
    for (size_t pack = 0; pack < wv_plan_packs(plan); pack++) {
        falls = falls || (wv_slice_eq(region, wv_slice_of(wv_plan_pack(plan, pack).name)) &&
                          !wv_plan_pack_used(plan, pack));
    }
    return falls;
}

static void add_tenant(struct wv_domain_uses *uses, const struct wv_plan *plan,
                       const struct wv_domain_use *use, struct wv_slice only_region)
{
    const bool unknown = only_region.len > 0 && falls_back(plan, only_region);
    for (size_t pack = 0; pack < wv_plan_packs(plan); pack++) {
        const struct wv_slice region = wv_slice_of(wv_plan_pack(plan, pack).name);
        /* refused is what a person said, not where: no domain is named after it. */
        if (wv_slice_eq(region, WV_LIT("refused")) || !wv_plan_pack_used(plan, pack)) {
            continue;
        }
        if (only_region.len == 0 || wv_slice_eq(region, only_region) ||
            (unknown && wv_slice_eq(region, WV_LIT("unknown")))) {
            add_region(uses, plan, *use, region);
        }
    }
}

static int by_domain(const void *left, const void *right)
{
    const struct wv_domain_use *one = left;
    const struct wv_domain_use *two = right;
    const struct wv_slice a = one->domain;
    const struct wv_slice b = two->domain;
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    const int by_len = (a.len > b.len) - (a.len < b.len);
    const int by_output = (one->output > two->output) - (one->output < two->output);
    return order != 0 ? order : by_len != 0 ? by_len : by_output;
}

static bool same(const struct wv_domain_use *a, const struct wv_domain_use *b)
{
    return by_domain(a, b) == 0 && wv_slice_eq(a->tenant, b->tenant) &&
           wv_slice_eq(a->region, b->region) && a->unknown_tenant == b->unknown_tenant;
}

static void sort_once(struct wv_domain_uses *uses)
{
    size_t kept = 0;
    if (uses->count > 0 && !uses->failed) {
        qsort(uses->items, uses->count, sizeof(uses->items[0]), by_domain);
    }
    for (size_t i = 0; i < uses->count && !uses->failed; i++) {
        if (kept == 0 || !same(&uses->items[kept - 1], &uses->items[i])) {
            uses->items[kept++] = uses->items[i];
        }
    }
    uses->count = kept;
}

/* Tenants, and "unknown" where a table may not know one. */
bool wv_domain_uses_collect(const struct wv_plan *plan, struct wv_domain_uses *out)
{
    const struct wv_config *config = wv_plan_config(plan);
    const bool tenant_decides = config->regions[0].from == WV_REGION_TENANT;
    *out = (struct wv_domain_uses){.arena = wv_arena_new(DOMAIN_MEMORY)};
    out->failed = out->arena == NULL;
    for (size_t i = 0; !out->failed && i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; t < tenants->table_count && !out->failed; t++) {
            const struct wv_domain_use use = {.tenant = tenants->table[t].name};
            add_tenant(out, plan, &use,
                       tenant_decides ? tenants->table[t].region : (struct wv_slice){0});
        }
        if (tenants->from != WV_TENANT_FIXED && !tenants->reject_unknown) {
            const struct wv_domain_use use = {.tenant = WV_LIT("unknown"), .unknown_tenant = true};
            add_tenant(out, plan, &use, (struct wv_slice){0});
        }
    }
    sort_once(out);
    return !out->failed;
}

static bool names_tenant(const struct wv_output *output)
{
    const struct wv_slice pattern = pattern_of(output);
    bool found = false;
    for (size_t at = 0; at < pattern.len && !found; at++) {
        found = wv_slice_starts(wv_slice_sub(pattern, at, pattern.len), WV_LIT("{tenant}"));
    }
    return found;
}

bool wv_domain_uses_of(const struct wv_plan *plan, struct wv_slice tenant,
                       struct wv_domain_uses *out)
{
    const struct wv_config *config = wv_plan_config(plan);
    *out = (struct wv_domain_uses){.arena = wv_arena_new(DOMAIN_MEMORY)};
    out->failed = out->arena == NULL;
    for (size_t pack = 0; pack < wv_plan_packs(plan) && !out->failed; pack++) {
        struct wv_domain_use use = {.tenant = tenant,
                                    .region = wv_slice_of(wv_plan_pack(plan, pack).name)};
        for (uint32_t i = 0; i < config->output_count && !out->failed; i++) {
            use.output = i;
            if (names_tenant(&config->outputs[i])) {
                expand(out, &config->outputs[i], &use);
            }
        }
    }
    sort_once(out);
    return !out->failed;
}

void wv_domain_uses_free(struct wv_domain_uses *uses)
{
    free(uses->items);
    wv_arena_free(uses->arena);
    *uses = (struct wv_domain_uses){0};
}

int64_t wv_domains_runway(const struct wv_plan *plan, const struct wv_keyring *keyring,
                          int64_t now_s)
{
    struct wv_domain_uses uses;
    int64_t shortest = INT64_MAX;
    if (wv_keyring_is_throwaway(keyring)) {
        return INT64_MAX;
    }
    if (!wv_domain_uses_collect(plan, &uses)) {
        wv_domain_uses_free(&uses);
        return wv_keyring_runway(keyring, now_s); /* of those that it knows, at least */
    }
    for (size_t i = 0; i < uses.count; i++) {
        const int64_t seconds = wv_keyring_domain_runway(keyring, uses.items[i].domain, now_s);
        shortest = seconds < shortest ? seconds : shortest;
    }
    wv_domain_uses_free(&uses);
    return shortest;
}

struct wv_slice *wv_domain_names(const struct wv_domain_uses *uses, size_t *count)
{
    struct wv_slice *names = malloc((uses->count + 1) * sizeof(*names));
    *count = 0;
    for (size_t i = 0; names != NULL && i < uses->count; i++) {
        if (*count == 0 || !wv_slice_eq(names[*count - 1], uses->items[i].domain)) {
            names[(*count)++] = uses->items[i].domain;
        }
    }
    return names;
}
