/*
 * law_sensitive.c — whether packs look for what some tenants never want published.
 *
 * Such a tenant rests on detectors: a pack that turns one of them off, or lets texts through
 * unsearched, cannot be meant for its records.
 */
#include "plan/build.h"

static const struct wv_tenant *find_tenant(const struct wv_config *config)
{
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; t < tenants->table_count; t++) {
            if (tenants->table[t].never_sensitive) {
                return &tenants->table[t];
            }
        }
    }
    return NULL;
}

static bool fail(const struct wv_builder *builder, const struct wv_tenant *tenant,
                 const struct wv_pack *pack, const char *what, const char *name)
{
    return wv_config_fail_at(builder->plan->config, "/packs", builder->report,
                             "the pack %s %s %s, but nothing sensitive of tenant \"%.*s\" may be "
                             "published [CAT-14]",
                             pack->name, what, name, WV_SHOW(tenant->name));
}

static bool check_pack(const struct wv_builder *builder, const struct wv_tenant *tenant,
                       const struct wv_pack *pack)
{
    bool ok = true;
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        if (wv_detector_is_sensitive(kind) && (pack->detectors.on >> kind & 1) == 0) {
            ok = fail(builder, tenant, pack, "turns off the detector", wv_detector_at(kind)->name);
        }
    }
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings *rulings = &pack->rulings[class];
        for (size_t i = 0; wv_class_is_searched((enum wv_class) class) && i < rulings->count; i++) {
            if (rulings->items[i].rule->keeps) {
                ok = fail(builder, tenant, pack, "publishes, unsearched,",
                          wv_class_word((enum wv_class) class));
                break;
            }
        }
    }
    return ok;
}

bool wv_build_sensitive(struct wv_builder *builder)
{
    const struct wv_plan *plan = builder->plan;
    const struct wv_tenant *tenant = find_tenant(plan->config);
    bool ok = true;
    for (size_t i = 0; tenant != NULL && i < plan->pack_count; i++) {
        if (wv_legal_is_region(plan, wv_plan_pack_name(plan, i))) {
            ok = check_pack(builder, tenant, &plan->packs[i]) && ok;
        }
    }
    return ok;
}
