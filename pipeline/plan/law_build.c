/*
 * law_build.c — puts the law, the recipients and the outputs of a plan together.
 */
#include "plan/build.h"
#include "plan/recipients.h"

#include <stdio.h>

enum { FORESEEN_CHANGES = 64 };

static bool no_memory(const struct wv_builder *builder)
{
    return wv_report_add(builder->report, (struct wv_finding){0},
                         "there is not enough memory for recipients and transfers");
}

static struct wv_law *load_law(struct wv_builder *builder)
{
    struct wv_arena *arena = builder->plan->arena;
    struct wv_law *law = wv_law_new(arena);
    if (law == NULL) {
        (void)no_memory(builder);
        return NULL;
    }
    const struct wv_document *transfers = wv_build_builtin(builder, "law", "transfers");
    const struct wv_document *purposes = wv_build_builtin(builder, "law", "purposes");
    wv_ensure(transfers != NULL && purposes != NULL);
    const struct wv_node transfers_root = wv_document_root(transfers);
    const struct wv_node purposes_root = wv_document_root(purposes);
    bool ok = wv_law_add_transfers(law, &transfers_root, arena, builder->report);
    ok = wv_law_load_purposes(law, &purposes_root, builder->report) && ok;
    const struct wv_name_list *files = &builder->plan->config->transfer_files;
    for (size_t i = 0; i < files->count; i++) {
        const struct wv_document *own = wv_build_file(builder, (const char *)files->items[i].ptr);
        const struct wv_node root = own == NULL ? (struct wv_node){0} : wv_document_root(own);
        ok = own != NULL && wv_law_add_transfers(law, &root, arena, builder->report) && ok;
    }
    return ok ? law : NULL;
}

/* ---- Origins --------------------------------------------------------------------------------- */

/* What a pack extends, as its document says; {0}: nothing. */
static struct wv_slice extended(const struct wv_plan *plan, struct wv_slice pack)
{
    for (size_t i = 0; i < plan->document_count; i++) {
        const struct wv_node root = wv_document_root(plan->documents[i]);
        const char *name = json_string_value(json_object_get(root.value, "pack"));
        const char *base = json_string_value(json_object_get(root.value, "extends"));
        if (name != NULL && base != NULL && wv_slice_eq(wv_slice_of(name), pack)) {
            return wv_slice_of(base);
        }
    }
    return (struct wv_slice){0};
}

/* A pack without rows of its own is under the law of the one that it extends. */
static uint32_t origin_of(const struct wv_plan *plan, const struct wv_law *law, const char *pack)
{
    struct wv_slice name = wv_slice_of(pack);
    uint32_t origin = WV_NO_ORIGIN;
    for (size_t i = 0; i < WV_PACKS_MAX && name.len > 0; i++) {
        if (wv_law_origin(law, name, &origin)) {
            return origin;
        }
        name = extended(plan, name);
    }
    return WV_NO_ORIGIN;
}

/* Whether another wafveil says of records where they come from: it may use other templates. */
static bool is_named(const struct wv_config *config)
{
    bool named = false;
    for (size_t i = 0; i < config->input_count; i++) {
        named = named || config->inputs[i].trust_origin;
    }
    return named;
}

static bool any_pack_can_come(const struct wv_config *config)
{
    bool any = is_named(config);
    for (size_t i = 0; i < config->region_count; i++) {
        any = any || config->regions[i].from == WV_REGION_HEADER;
    }
    return any;
}

static bool reads_countries(const struct wv_config *config)
{
    for (size_t i = 0; i < config->region_count; i++) {
        if (config->regions[i].from != WV_REGION_TENANT &&
            config->regions[i].from != WV_REGION_HEADER) {
            return true;
        }
    }
    return false;
}

/* Under which law records of a pack are, whenever they happened: its own, or "unknown" where it is
 * a template that is not used. One bit for each name. */
static uint64_t regions_of(const struct wv_plan *plan, size_t pack)
{
    uint64_t regions = 0;
    for (size_t p = 0; p <= plan->period_count; p++) {
        regions |= UINT64_C(1) << wv_plan_pack_name(plan, plan->periods[p].packs[pack].first);
    }
    return regions;
}

/* The packs that records can be said to be under, whether they are used or not. One bit for each
 * name. */
static uint64_t find_named(const struct wv_plan *plan)
{
    const struct wv_config *config = plan->config;
    const bool any = any_pack_can_come(config);
    uint64_t named = 0;
    for (size_t i = 0; any && i < plan->pack_count; i++) {
        named |= UINT64_C(1) << wv_plan_pack_name(plan, i);
    }
    for (size_t i = 0; reads_countries(config) && i < plan->country_count; i++) {
        named |= UINT64_C(1) << wv_plan_pack_name(plan, plan->countries[i].pack);
    }
    for (size_t i = 0; i < config->input_count; i++) {
        for (size_t t = 0; t < config->inputs[i].tenant.table_count; t++) {
            size_t pack;
            if (wv_plan_pack_find(plan, config->inputs[i].tenant.table[t].region, &pack)) {
                named |= UINT64_C(1) << wv_plan_pack_name(plan, pack);
            }
        }
    }
    return named;
}

static uint64_t find_regions(const struct wv_plan *plan)
{
    const uint64_t named = find_named(plan);
    uint64_t regions = UINT64_C(1) << wv_plan_pack_name(plan, plan->pack_unknown);
    for (size_t i = 0; i < plan->pack_count; i++) {
        if ((named >> i & 1) != 0) {
            regions |= is_named(plan->config) ? UINT64_C(1) << i : regions_of(plan, i);
        }
    }
    return regions & ~(UINT64_C(1) << wv_plan_pack_name(plan, plan->pack_refused));
}

/* Templates that are not used here, and of which nobody else tells either. */
static uint64_t find_unused(const struct wv_plan *plan)
{
    uint64_t used = 0;
    for (size_t i = 0; i < plan->pack_count; i++) {
        used |= is_named(plan->config) || plan->packs[i].used ? plan->packs[i].versions : 0;
    }
    return ~used;
}

/* ---- Outputs --------------------------------------------------------------------------------- */

static bool no_such_mechanism(const struct wv_builder *builder, const struct wv_law *law,
                              const char *pointer, struct wv_slice word)
{
    const char *names[WV_MECHANISMS_MAX];
    for (size_t i = 0; i < law->mechanism_count; i++) {
        names[i] = (const char *)law->mechanisms[i].name.ptr;
    }
    const char *near = wv_nearest(word, names, law->mechanism_count);
    return wv_config_fail_at(builder->plan->config, pointer, builder->report,
                             "there is no mechanism \"%.*s\"%s%s%s [TRF-4]", WV_SHOW(word),
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? "" : "\"?");
}

/* Finds the mechanisms of safeguards; owner: "/recipients/NAME" or "/instance". */
static bool resolve(const struct wv_builder *builder, const struct wv_law *law, const char *owner,
                    struct wv_safeguard *safeguards, size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        char pointer[160];
        (void)snprintf(pointer, sizeof pointer, "%s/safeguards/%zu/mechanism", owner, i);
        if (!wv_law_mechanism(law, safeguards[i].name, &safeguards[i].mechanism)) {
            ok = no_such_mechanism(builder, law, pointer, safeguards[i].name);
        }
    }
    return ok;
}

static bool resolve_all(const struct wv_builder *builder, const struct wv_law *law)
{
    const struct wv_config *config = builder->plan->config;
    bool ok = resolve(builder, law, "/instance", config->instance_safeguards,
                      config->instance_safeguard_count);
    for (size_t i = 0; i < config->recipient_count; i++) {
        const struct wv_recipient *recipient = &config->recipients[i];
        char pointer[96];
        (void)snprintf(pointer, sizeof pointer, "/recipients/%s",
                       (const char *)recipient->name.ptr);
        ok =
            resolve(builder, law, pointer, recipient->safeguards, recipient->safeguard_count) && ok;
    }
    return ok;
}

static bool find_recipient(const struct wv_builder *builder, size_t index,
                           const struct wv_recipient **out)
{
    const struct wv_config *config = builder->plan->config;
    const struct wv_output *output = &config->outputs[index];
    *out = NULL;
    if (!config->has_recipients) {
        return true;
    }
    *out = wv_recipient_find(config, output->recipient);
    if (*out != NULL) {
        return true;
    }
    char pointer[64];
    (void)snprintf(pointer, sizeof pointer, "/outputs/%zu%s", index,
                   output->recipient.len > 0 ? "/recipient" : "");
    const char **names =
        WV_ARENA_ARRAY(builder->plan->arena, config->recipient_count + 1, const char *);
    for (size_t i = 0; names != NULL && i < config->recipient_count; i++) {
        names[i] = (const char *)config->recipients[i].name.ptr;
    }
    const char *near =
        names == NULL ? NULL : wv_nearest(output->recipient, names, config->recipient_count);
    return wv_config_fail_at(config, pointer, builder->report,
                             "must name one of the section recipients%s%s%s [TRF-1]",
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? "" : "\"?");
}

static void add_hop(struct wv_legal_output *out, struct wv_hop *hops, struct wv_hop hop,
                    struct wv_slice country)
{
    if (country.len > 0 && out->hop_count < WV_HOPS_MAX) {
        hop.country = country;
        hops[out->hop_count++] = hop;
    }
}

/* The day after which the yearly audit of whoever works for the operator is overdue. Before the
 * first audit the check of eligibility counts. */
static int32_t audited_until(const struct wv_recipient *recipient)
{
    const bool audited = recipient->kind == WV_RECIPIENT_PROCESSOR ||
                         recipient->kind == WV_RECIPIENT_SUB_PROCESSOR ||
                         recipient->kind == WV_RECIPIENT_AGENT;
    const int32_t last = recipient->audit_day > recipient->eligible_day ? recipient->audit_day
                                                                        : recipient->eligible_day;
    if (!audited || last == WV_DAY_FIRST) {
        return WV_DAY_NEVER;
    }
    return last + WV_AUDIT_OVERDUE_DAYS;
}

/* What the output may have. Rule ids and actions are in every output. */
static bool read_classes(const struct wv_builder *builder, size_t index, uint64_t *out)
{
    const struct wv_config *config = builder->plan->config;
    const struct wv_name_list *names = &config->outputs[index].classes;
    bool ok = true;
    *out = names->count == 0 ? UINT64_MAX : UINT64_C(1) << WV_CLASS_NONE;
    for (size_t i = 0; i < names->count; i++) {
        enum wv_class class;
        char pointer[64];
        (void)snprintf(pointer, sizeof pointer, "/outputs/%zu/classes/%zu", index, i);
        if (wv_class_find(names->items[i], &class)) {
            *out |= UINT64_C(1) << class;
            continue;
        }
        const char *near = wv_nearest(names->items[i], wv_class_words(), WV_CLASS_COUNT);
        ok = wv_config_fail_at(config, pointer, builder->report,
                               "there is no class \"%.*s\"%s%s%s [TRF-13]",
                               WV_SHOW(names->items[i]), near == NULL ? "" : "; did you mean \"",
                               near == NULL ? "" : near, near == NULL ? "" : "\"?");
    }
    return ok;
}

static bool build_output(struct wv_builder *builder, size_t index, struct wv_legal_output *out)
{
    const struct wv_config *config = builder->plan->config;
    const struct wv_output *output = &config->outputs[index];
    *out = (struct wv_legal_output){.days = {WV_DAY_FIRST, WV_DAY_NEVER},
                                    .audited = {WV_DAY_FIRST, WV_DAY_NEVER}};
    const bool classes = read_classes(builder, index, &out->classes);
    if (!find_recipient(builder, index, &out->recipient) || !classes) {
        return false;
    }
    struct wv_hop *hops = WV_ARENA_ARRAY(builder->plan->arena, WV_HOPS_MAX, struct wv_hop);
    if (hops == NULL) {
        return no_memory(builder);
    }
    const struct wv_recipient *recipient = out->recipient;
    struct wv_hop hop = {.consent = output->basis == WV_BASIS_CONSENT};
    out->hops = hops;
    out->own = recipient == NULL || recipient->kind == WV_RECIPIENT_OWN;
    out->needs_third_party = output->basis == WV_BASIS_CONSENT &&
                             (output->purpose == WV_PURPOSE_THIRD_PARTY ||
                              (recipient != NULL && recipient->kind == WV_RECIPIENT_THIRD_PARTY));
    if (recipient != NULL) {
        hop.safeguards = recipient->safeguards;
        hop.safeguard_count = recipient->safeguard_count;
        hop.uninstructed =
            !out->own && recipient->role == WV_ROLE_OF_PROCESSOR && recipient->instruction.len == 0;
        out->days = recipient->days;
        out->audited.until = audited_until(recipient);
        add_hop(out, hops, hop, recipient->country);
        for (size_t i = 0; i < recipient->sub_processor_count; i++) {
            add_hop(out, hops, hop, recipient->sub_processors[i].country);
        }
    }
    if (recipient == NULL || !wv_slice_eq(output->country, recipient->country)) {
        add_hop(out, hops, hop, output->country);
    }
    return true;
}

/* Every refusal that the plan can come to, so that each has a counter of its own. */
static void foresee(struct wv_plan *plan, struct wv_legal *legal, size_t output, size_t pack)
{
    int32_t day = plan->config->today;
    for (size_t i = 0; i < FORESEEN_CHANGES && day != WV_DAY_NEVER; i++) {
        int32_t next = WV_DAY_NEVER;
        const struct wv_transfer transfer = wv_legal_decide(plan, output, pack, day, &next);
        const struct wv_refusal refusal = {(uint32_t)output, (uint32_t)pack, transfer.reason};
        const bool counted =
            transfer.reason == WV_TRANSFER_DENIED || (legal->unused >> pack & 1) == 0;
        if (!transfer.allowed && counted && legal->refusal_count < WV_REFUSALS_MAX &&
            wv_legal_refusal(plan, &refusal) == WV_REFUSALS_MAX) {
            legal->refusals[legal->refusal_count++] = refusal;
        }
        day = next;
    }
}

static bool is_ever_denied(const struct wv_plan *plan, size_t output, size_t pack)
{
    int32_t day = plan->config->today;
    bool denied = false;
    for (size_t i = 0; !denied && i < FORESEEN_CHANGES && day != WV_DAY_NEVER; i++) {
        int32_t next = WV_DAY_NEVER;
        denied = wv_legal_decide(plan, output, pack, day, &next).reason == WV_TRANSFER_DENIED;
        day = next;
    }
    return denied;
}

/* A template that is not used is a region all the same where something denies its records a way. */
static void add_denied(const struct wv_plan *plan, struct wv_legal *legal)
{
    const uint64_t wanted = find_named(plan) & legal->unused;
    for (size_t i = 0; i < plan->config->output_count * plan->pack_count; i++) {
        const size_t pack = i % plan->pack_count;
        if ((wanted >> pack & 1) != 0 && is_ever_denied(plan, i / plan->pack_count, pack)) {
            legal->regions |= UINT64_C(1) << pack;
        }
    }
}

bool wv_build_legal(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_config *config = plan->config;
    struct wv_legal *legal = WV_ARENA_NEW(plan->arena, struct wv_legal);
    uint32_t *origins = WV_ARENA_ARRAY(plan->arena, WV_PACKS_MAX, uint32_t);
    struct wv_legal_output *outputs =
        WV_ARENA_ARRAY(plan->arena, config->output_count + 1, struct wv_legal_output);
    if (legal == NULL || origins == NULL || outputs == NULL) {
        return no_memory(builder);
    }
    const struct wv_law *law = load_law(builder);
    if (law == NULL) {
        return false;
    }
    for (size_t i = 0; i < plan->pack_count; i++) {
        origins[i] = origin_of(plan, law, plan->packs[i].name);
    }
    bool ok = resolve_all(builder, law);
    for (size_t i = 0; i < config->output_count; i++) {
        ok = build_output(builder, i, &outputs[i]) && ok;
    }
    legal->law = law;
    legal->origins = origins;
    legal->outputs = outputs;
    legal->regions = find_regions(plan);
    legal->unused = find_unused(plan);
    legal->instance = (struct wv_hop){.country = config->instance_country,
                                      .safeguards = config->instance_safeguards,
                                      .safeguard_count = config->instance_safeguard_count};
    plan->legal = legal;
    if (ok) {
        add_denied(plan, legal);
    }
    for (size_t i = 0; ok && i < config->output_count * plan->pack_count; i++) {
        if (wv_legal_is_region(plan, i % plan->pack_count)) {
            foresee(plan, legal, i / plan->pack_count, i % plan->pack_count);
        }
    }
    ok = wv_build_purposes(builder, legal) && ok;
    ok = wv_build_sensitive(builder) && ok;
    return wv_build_legal_checks(builder) && ok;
}
