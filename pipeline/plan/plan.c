/* plan.c — puts documents, rules and keys together. */
#include "plan/config_keys.h"
#include "plan/build.h"
#include "plan/fingerprint.h"
#include "plan/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ARENA_MAX = 256 * 1024 * 1024 };

/* Reads a built-in document and keeps it; NULL with a finding. */
static const struct wv_document *keep_document(struct wv_builder *builder,
                                               struct wv_document *document)
{
    struct wv_plan *plan = builder->plan;
    if (document == NULL) {
        return NULL;
    }
    if (plan->document_count == WV_DOCUMENTS_MAX) {
        wv_document_free(document);
        wv_report_add(builder->report, (struct wv_finding){0}, "more than %d documents",
                      WV_DOCUMENTS_MAX);
        return NULL;
    }
    plan->documents[plan->document_count++] = document;
    return document;
}

const struct wv_document *wv_build_builtin(struct wv_builder *builder, const char *kind,
                                           const char *name)
{
    const struct wv_builtin *builtin = wv_builtin_find(kind, name);
    if (builtin == NULL) {
        return NULL;
    }
    const struct wv_slice text = {builtin->bytes, builtin->len};
    return keep_document(builder, wv_document_parse(name, text, builder->report));
}

const struct wv_document *wv_build_file(struct wv_builder *builder, const char *path)
{
    return keep_document(builder, wv_document_load(path, builder->report));
}

uint64_t wv_build_digest(const struct wv_document *document, uint64_t seed)
{
    json_t *copy = json_deep_copy(wv_document_root(document).value);
    wv_without_kafka(copy); /* a short public digest must give nothing away */
    char *text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(copy);
    if (text == NULL) {
        return seed;
    }
    const uint64_t digest = XXH3_64bits_withSeed(text, strlen(text), seed);
    free(text);
    return digest;
}

void wv_build_hex(uint64_t digest, char out[9])
{
    static const char hex[] = "0123456789abcdef";
    for (unsigned i = 0; i < 8; i++) {
        out[i] = hex[digest >> (60 - 4 * i) & 15];
    }
    out[8] = '\0';
}

static void warn_unreviewed(struct wv_builder *builder, size_t index,
                            const struct wv_tenant *tenant, const char *pack)
{
    const struct wv_node root = wv_document_root(builder->plan->config->document);
    const struct wv_node inputs = wv_node_member(&root, "inputs");
    const struct wv_node input = wv_node_element(&inputs, index);
    const struct wv_node node = wv_node_member(&input, "tenant");
    wv_node_warn(&node, builder->report,
                 "tenant \"%.*s\" gets the pack unknown, because its region is " WV_UNREVIEWED_HELP,
                 WV_SHOW(tenant->name), pack);
}

static bool build_input(struct wv_builder *builder, size_t index, struct wv_input_plan *out)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_input *input = &plan->config->inputs[index];
    char pointer[64];
    bool good = true;
    good = wv_build_input_format(builder, index, &out->format);
    uint32_t *packs = WV_ARENA_ARRAY(plan->arena, input->tenant.table_count + 1, uint32_t);
    if (packs == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0}, "not enough memory");
    }
    for (size_t i = 0; i < input->tenant.table_count; i++) {
        const struct wv_tenant *tenant = &input->tenant.table[i];
        size_t pack = WV_PACKS_MAX;
        if (tenant->region.len > 0 && !wv_plan_pack_find(plan, tenant->region, &pack)) {
            snprintf(pointer, sizeof pointer, "/inputs/%zu/tenant", index);
            good = wv_config_fail_at(plan->config, pointer, builder->report,
                                     "tenant \"%.*s\" is in region \"%.*s\", for which there is "
                                     "no pack",
                                     WV_SHOW(tenant->name), WV_SHOW(tenant->region));
        }
        packs[i] = (uint32_t)pack;
        if (pack != WV_PACKS_MAX && plan->config->path != NULL &&
            plan->periods[plan->period_count].packs[pack].unreviewed) {
            warn_unreviewed(builder, index, tenant, plan->packs[pack].name);
        }
    }
    out->tenant_packs = packs;
    return good;
}

static bool build_inputs(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    struct wv_input_plan *inputs =
        WV_ARENA_ARRAY(plan->arena, plan->config->input_count + 1, struct wv_input_plan);
    plan->inputs = inputs;
    bool good = inputs != NULL;
    for (size_t i = 0; inputs != NULL && i < plan->config->input_count; i++) {
        good = build_input(builder, i, &inputs[i]) && good;
    }
    return good;
}

static bool build_parameters(struct wv_builder *builder)
{
    const struct wv_document *document = wv_build_builtin(builder, "names", "parameters");
    wv_ensure(document != NULL);
    struct wv_plan *plan = builder->plan;
    const struct wv_node root = wv_document_root(document);
    struct wv_parameters *parameters = wv_parameters_load(&root, plan->arena, builder->report);
    plan->parameters = parameters;
    if (parameters == NULL || plan->config->document == NULL) {
        return parameters != NULL;
    }
    const struct wv_node config = wv_document_root(plan->config->document);
    const struct wv_node names = wv_node_member(&config, "names");
    const struct wv_node own = wv_node_member(&names, "parameters");
    return own.value == NULL || wv_parameters_add(parameters, &own, builder->report);
}

/* Compiles and tries the detectors of the configuration. */
static bool build_patterns(struct wv_builder *builder)
{
    const struct wv_config *config = builder->plan->config;
    if (config->detector_count == 0) {
        return true;
    }
    const struct wv_node root = wv_document_root(config->document);
    const struct wv_node section = wv_node_member(&root, "detectors");
    builder->plan->patterns = wv_patterns_new();
    if (builder->plan->patterns == NULL) {
        return wv_node_fail(&section, builder->report, "not enough memory");
    }
    bool good = true;
    for (size_t i = 0; i < config->detector_count; i++) {
        const struct wv_pattern_source *source = &config->detectors[i];
        const struct wv_node node = wv_node_member(&section, (const char *)source->name.ptr);
        good = wv_patterns_add(builder->plan->patterns, source, &node, builder->report) && good;
    }
    return good;
}

struct wv_keyring *wv_plan_read_keys(const struct wv_plan *plan, struct wv_report *report)
{
    if (plan->config->keys.file.len == 0) {
        wv_report_add(report, (struct wv_finding){0}, "the configuration names no key file");
        return NULL;
    }
    return wv_config_keyring(plan->config, report);
}

static bool build_keyring(struct wv_builder *builder, struct wv_keyring *keyring)
{
    struct wv_plan *plan = builder->plan;
    if (keyring == NULL) {
        keyring = plan->config->keys.file.len > 0 ? wv_plan_read_keys(plan, builder->report)
                                                  : wv_keyring_throwaway(NULL, builder->report);
    }
    plan->keyring = keyring;
    return keyring != NULL;
}

void wv_plan_rekey(struct wv_plan *plan, struct wv_keyring *keyring)
{
    wv_keyring_free(plan->keyring);
    plan->keyring = keyring;
}

static void build_version(struct wv_plan *plan)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < plan->document_count; i++) {
        digest = wv_build_digest(plan->documents[i], digest);
    }
    if (plan->config->document != NULL) {
        digest = wv_build_digest(plan->config->document, digest);
    }
    /* Tables of tenants are read with the configuration, and not kept. */
    for (size_t i = 0; i < plan->config->input_count; i++) {
        const struct wv_tenant_config *tenants = &plan->config->inputs[i].tenant;
        if (tenants->from != WV_TENANT_FIXED) {
            digest =
                XXH3_64bits_withSeed(tenants->table_digest, sizeof tenants->table_digest, digest);
        }
    }
    for (size_t i = 0; i < plan->config->output_count; i++) {
        if (plan->seals[i] != NULL) {
            const char *certificate = wv_seal_certificate_facts(plan->seals[i])->sha256;
            digest = XXH3_64bits_withSeed(certificate, strlen(certificate), digest);
        }
    }
    if (plan->reject_seal != NULL) {
        const char *certificate = wv_seal_certificate_facts(plan->reject_seal)->sha256;
        digest = XXH3_64bits_withSeed(certificate, strlen(certificate), digest);
    }
    if (plan->geo->digest != 0) {
        digest = XXH3_64bits_withSeed(&plan->geo->digest, sizeof plan->geo->digest, digest);
    }
    wv_build_hex(digest, plan->version);
}

static struct wv_plan *new_plan(struct wv_config *config)
{
    struct wv_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        wv_config_free(config);
        return NULL;
    }
    plan->config = config;
    plan->arena = wv_arena_new(ARENA_MAX);
    plan->documents = calloc(WV_DOCUMENTS_MAX, sizeof(struct wv_document *));
    if (plan->arena == NULL || plan->documents == NULL) {
        wv_plan_free(plan);
        return NULL;
    }
    return plan;
}

struct wv_plan *wv_plan_build(struct wv_config *config, struct wv_keyring *keyring,
                              struct wv_report *report)
{
    struct wv_builder builder = {.plan = new_plan(config), .report = report};
    if (builder.plan == NULL) {
        wv_keyring_free(keyring);
        wv_report_add(report, (struct wv_finding){0}, "not enough memory for the plan");
        return NULL;
    }
    /* Each part reports all that is wrong with it; a later one that needs an earlier waits. */
    bool good = build_keyring(&builder, keyring);
    good = build_parameters(&builder) && good;
    good = build_patterns(&builder) && good;
    const bool formats = wv_build_formats(&builder);
    const bool packs = wv_build_packs(&builder);
    good = wv_build_geo(&builder) && good;
    good = formats && packs && build_inputs(&builder) && good;
    good = packs && wv_build_legal(&builder) && good;
    good = packs && builder.plan->legal != NULL && wv_build_sets(&builder) && good;
    good = wv_build_approvers(&builder) && good;
    good = builder.plan->legal != NULL && wv_build_seals(&builder) && good;
    if (good && !wv_fingerprint(builder.plan, builder.plan->fingerprint)) {
        good = wv_report_add(report, (struct wv_finding){0}, "not enough memory for the plan");
    }
    if (!good) {
        wv_plan_free(builder.plan);
        return NULL;
    }
    build_version(builder.plan);
    return builder.plan;
}

void wv_plan_check_documents(struct wv_config *config, struct wv_keyring *keyring,
                             struct wv_report *report)
{
    struct wv_builder builder = {.plan = new_plan(config), .report = report};
    if (builder.plan == NULL) {
        wv_keyring_free(keyring);
        return;
    }
    (void)build_keyring(&builder, keyring);
    (void)build_parameters(&builder);
    (void)build_patterns(&builder);
    (void)wv_build_formats(&builder);
    const bool packs = wv_build_packs(&builder);
    (void)wv_build_geo(&builder);
    if (packs && wv_build_legal(&builder)) {
        (void)wv_build_seals(&builder);
    }
    (void)wv_build_approvers(&builder);
    wv_plan_free(builder.plan);
}

struct wv_plan *wv_plan_load(const char *config_path, struct wv_report *report)
{
    struct wv_config *config = wv_config_load(config_path, report);
    return config == NULL ? NULL : wv_plan_build(config, NULL, report);
}

struct wv_plan *wv_plan_load_over(struct wv_plan *running, const char *config_path,
                                  struct wv_report *report)
{
    struct wv_config *config = wv_config_load(config_path, report);
    if (config == NULL) {
        return NULL;
    }
    const bool throwaway = wv_keyring_is_throwaway(running->keyring) && config->keys.file.len == 0;
    return wv_plan_build(config, throwaway ? wv_keyring_hold(running->keyring) : NULL, report);
}

struct wv_plan *wv_plan_hold(struct wv_plan *plan)
{
    atomic_fetch_add(&plan->holders, 1);
    return plan;
}

void wv_plan_free(struct wv_plan *plan)
{
    if (plan == NULL || atomic_fetch_sub(&plan->holders, 1) > 0) {
        return;
    }
    wv_keyring_free(plan->keyring);
    wv_patterns_free(plan->patterns);
    wv_signers_free(plan->approvers);
    for (size_t i = 0; plan->seals != NULL && i < plan->config->output_count; i++) {
        wv_seal_certificate_free(plan->seals[i]);
    }
    wv_seal_certificate_free(plan->reject_seal);
    wv_build_free_geo(plan->geo);
    for (size_t i = 0; i < plan->document_count; i++) {
        wv_document_free(plan->documents[i]);
    }
    free(plan->documents);
    wv_arena_free(plan->arena);
    wv_config_free(plan->config);
    free(plan);
}

const struct wv_config *wv_plan_config(const struct wv_plan *plan)
{
    return plan->config;
}

struct wv_keyring *wv_plan_keyring(const struct wv_plan *plan)
{
    return plan->keyring;
}

const struct wv_patterns *wv_plan_patterns(const struct wv_plan *plan)
{
    return plan->patterns;
}

const char *wv_plan_version(const struct wv_plan *plan)
{
    return plan->version;
}

const char *wv_plan_fingerprint(const struct wv_plan *plan)
{
    return plan->fingerprint;
}

bool wv_plan_output(const struct wv_plan *plan, struct wv_slice name, size_t *index)
{
    for (size_t i = 0; i < plan->config->output_count; i++) {
        if (wv_slice_eq(plan->config->outputs[i].name, name)) {
            *index = i;
            return true;
        }
    }
    return false;
}
