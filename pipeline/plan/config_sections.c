/*
 * config_sections.c — the sections of the configuration, one after the other.
 */
#include "plan/config_sections.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "plan/config_checks.h"
#include "plan/config_detectors.h"
#include "plan/config_enrich.h"
#include "plan/config_keys.h"
#include "plan/config_paths.h"
#include "plan/config_properties.h"
#include "plan/config_tables.h"
#include "plan/recipients.h"
#include "plan/routing.h"
#include "plan/sealing.h"
#include "plan/tenants.h"

#include <stdlib.h>

enum {
    CONFIG_ENTRIES_MAX = WV_OUTPUTS_MAX, /* inputs, outputs, region sources */
    POINTER_MAX = 64,                    /* "/outputs/63" */
};

struct loading {
    struct wv_config *config;
    struct wv_arena *arena;
    struct wv_report *report;
};

static bool no_memory(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "there is no memory left for the configuration");
}

static bool bind(const struct loading *loading, const struct wv_node *node, enum wv_config_at at,
                 void *target)
{
    const struct wv_config_section *section = &wv_config_tables[at];
    return wv_options_bind(node, section->options, section->count, target, loading->arena,
                           loading->report);
}

/* A path of the configuration: absolute, or relative to the file's folder. */
static bool resolve(const struct loading *loading, const struct wv_node *node,
                    struct wv_slice *path)
{
    return wv_config_resolve(loading->config->path, node, path, loading->arena, loading->report);
}

static bool resolve_all(const struct loading *loading, const struct wv_node *node,
                        struct wv_name_list *paths)
{
    struct wv_slice *items = WV_ARENA_ARRAY(loading->arena, paths->count, struct wv_slice);
    if (items == NULL) {
        return no_memory(node, loading->report);
    }
    size_t count = 0;
    for (size_t i = 0; i < paths->count; i++) {
        const struct wv_node path = wv_node_element(node, i);
        items[count] = paths->items[i];
        count += resolve(loading, &path, &items[count]) &&
                 wv_config_readable(&path, items[count], loading->report);
    }
    const bool ok = count == paths->count;
    *paths = (struct wv_name_list){items, count};
    return ok;
}

/* How many elements an array has; 0 where there is none. */
static bool count_elements(const struct wv_node *array, size_t *count, struct wv_report *report)
{
    *count = 0;
    if (array->value == NULL) {
        return true;
    }
    if (!json_is_array(array->value)) {
        return wv_node_fail(array, report, "must be an array: [ {…}, … ]");
    }
    const size_t found = json_array_size(array->value);
    if (found > CONFIG_ENTRIES_MAX) {
        return wv_node_fail(array, report, "has %zu entries; at most %d are possible", found,
                            CONFIG_ENTRIES_MAX);
    }
    *count = found;
    return true;
}

/* A fixed tenant is a table with one entry, so that readers need not tell the two apart. */
static bool fix_tenant(const struct loading *loading, const struct wv_node *node,
                       struct wv_tenant_section *section)
{
    struct wv_tenant *tenant = WV_ARENA_NEW(loading->arena, struct wv_tenant);
    if (tenant == NULL) {
        return no_memory(node, loading->report);
    }
    const struct wv_node hosts = wv_node_member(node, "hosts");
    *tenant = (struct wv_tenant){.key = section->config.name,
                                 .name = section->config.name,
                                 .region = section->region,
                                 .never_sensitive = section->never_sensitive,
                                 .hosts = section->hosts};
    section->config.table = tenant;
    section->config.table_count = 1;
    return wv_tenants_hosts(&hosts, &tenant->hosts, loading->arena, loading->report);
}

static bool read_tenant(const struct loading *loading, const struct wv_node *input,
                        struct wv_tenant_config *out)
{
    const struct wv_node node = wv_node_member(input, "tenant");
    if (node.value == NULL) {
        return true; /* the input's row says that it is missing */
    }
    struct wv_tenant_section section = {0};
    if (!bind(loading, &node, WV_AT_TENANT, &section) ||
        !wv_config_check_tenant(&node, &section, loading->report)) {
        return false;
    }
    section.config.reject_unknown = section.unknown != 0;
    bool ok;
    if (section.config.from == WV_TENANT_FIXED) {
        ok = fix_tenant(loading, &node, &section);
    } else {
        const struct wv_node table = wv_node_member(&node, "table");
        ok = resolve(loading, &table, &section.table) &&
             wv_config_readable(&table, section.table, loading->report) &&
             wv_tenants_load((const char *)section.table.ptr, &section.config, loading->arena,
                             loading->report);
    }
    *out = section.config;
    return ok;
}

static bool read_inputs(const struct loading *loading, const struct wv_node *root)
{
    const struct wv_node array = wv_node_member(root, "inputs");
    size_t count = 0;
    bool ok = count_elements(&array, &count, loading->report);
    struct wv_input *inputs = WV_ARENA_ARRAY(loading->arena, count, struct wv_input);
    if (inputs == NULL) {
        return no_memory(&array, loading->report);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_node node = wv_node_element(&array, i);
        struct wv_input_section section = {0};
        char pointer[POINTER_MAX];
        (void)snprintf(pointer, sizeof(pointer), "/inputs/%zu", i);
        ok = bind(loading, &node, WV_AT_INPUT, &section) && ok;
        ok = wv_input_purposes_read(&node, &section, loading->report) && ok;
        ok = read_tenant(loading, &node, &section.input.tenant) && ok;
        ok = wv_config_properties(&node, pointer, loading->config->path, loading->arena,
                                  loading->report, &section.input.kafka) &&
             ok;
        inputs[i] = section.input;
    }
    loading->config->inputs = inputs;
    loading->config->input_count = count;
    return ok;
}

static bool read_outputs(const struct loading *loading, const struct wv_node *root)
{
    const struct wv_node array = wv_node_member(root, "outputs");
    size_t count = 0;
    bool ok = count_elements(&array, &count, loading->report);
    struct wv_output *outputs = WV_ARENA_ARRAY(loading->arena, count, struct wv_output);
    struct wv_conditions *conditions = WV_ARENA_NEW(loading->arena, struct wv_conditions);
    if (outputs == NULL || conditions == NULL) {
        return no_memory(&array, loading->report);
    }
    loading->config->conditions = conditions;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node node = wv_node_element(&array, i);
        struct wv_output_section section = {0};
        char pointer[POINTER_MAX];
        (void)snprintf(pointer, sizeof(pointer), "/outputs/%zu", i);
        ok = bind(loading, &node, WV_AT_OUTPUT, &section) &&
             wv_config_check_output(&node, &section.output, loading->report) && ok;
        ok = wv_routing_read(&node, &section.output, conditions, loading->arena, loading->report) &&
             ok;
        wv_routing_check(&node, loading->config, loading->report);
        ok = wv_seal_read(&node, loading->config->path, &section.output, conditions, loading->arena,
                          loading->report) &&
             ok;
        ok = wv_config_properties(&node, pointer, loading->config->path, loading->arena,
                                  loading->report, &section.output.kafka) &&
             ok;
        outputs[i] = section.output;
    }
    loading->config->outputs = outputs;
    loading->config->output_count = count;
    return ok;
}

static bool read_regions(const struct loading *loading, const struct wv_node *root)
{
    static const struct wv_region_source defaults[] = {
        {.from = WV_REGION_TENANT},
        {.from = WV_REGION_LABEL,
         .prefix = {(const uint8_t *)"awswaf:clientip:geo:", sizeof("awswaf:clientip:geo:") - 1}},
        {.from = WV_REGION_COUNTRY},
    };
    const struct wv_node array = wv_node_member(root, "regions");
    if (array.value == NULL) {
        loading->config->regions = defaults;
        loading->config->region_count = WV_COUNT(defaults);
        return true;
    }
    size_t count = 0;
    bool ok = count_elements(&array, &count, loading->report);
    struct wv_region_source *sources =
        WV_ARENA_ARRAY(loading->arena, count, struct wv_region_source);
    if (sources == NULL) {
        return no_memory(&array, loading->report);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_node node = wv_node_element(&array, i);
        ok = bind(loading, &node, WV_AT_REGION, &sources[i]) &&
             wv_config_check_region(&node, &sources[i], loading->report) && ok;
        if (sources[i].from == WV_REGION_DATABASE && sources[i].database.file.len > 0) {
            ok = wv_config_geo_file(&node, &sources[i].database, loading->config, loading->arena,
                                    loading->report) &&
                 ok;
        }
    }
    if (ok && count == 0) {
        ok = wv_node_fail(&array, loading->report,
                          "is empty: leave it out for the default, or name a source of regions");
    }
    loading->config->regions = sources;
    loading->config->region_count = count;
    return ok;
}

static bool read_events(const struct loading *loading, const struct wv_node *root)
{
    struct wv_events *events = &loading->config->events;
    const struct wv_node node = wv_node_member(root, "events");
    const struct wv_node what = wv_node_member(&node, "out_of_range");
    const bool ok = bind(loading, &node, WV_AT_EVENTS, events);
    if (ok && what.value != NULL && events->late_days == 0 && events->future_s == 0) {
        return wv_node_key_fail(&what, loading->report,
                                "has no meaning without \"late_days\" or \"future_seconds\": no "
                                "event is out of range");
    }
    return ok;
}

static bool read_documents(const struct loading *loading, const struct wv_node *root)
{
    const struct wv_node packs_node = wv_node_member(root, "packs");
    const struct wv_node formats_node = wv_node_member(root, "formats");
    struct wv_packs_section packs = {0};
    const struct wv_node names_node = wv_node_member(root, "names");
    struct wv_formats_section formats = {0};
    struct wv_names_section names = {0};
    bool ok = bind(loading, &packs_node, WV_AT_PACKS, &packs);
    ok = bind(loading, &formats_node, WV_AT_FORMATS, &formats) && ok;
    ok = bind(loading, &names_node, WV_AT_NAMES, &names) && ok;
    const struct wv_node countries = wv_node_member(&packs_node, "countries");
    ok = wv_config_check_countries(&countries, loading->report) && ok;
    const struct wv_node pack_files = wv_node_member(&packs_node, "files");
    const struct wv_node format_files = wv_node_member(&formats_node, "files");
    ok = resolve_all(loading, &pack_files, &packs.files) && ok;
    ok = resolve_all(loading, &format_files, &formats.files) && ok;
    loading->config->pack_files = packs.files;
    loading->config->acknowledged = packs.acknowledged;
    loading->config->countries = packs.countries;
    loading->config->format_files = formats.files;
    return ok;
}

static bool read_admin(const struct loading *loading, const struct wv_node *root)
{
    struct wv_admin_http *admin = &loading->config->admin;
    const struct wv_node node = wv_node_member(root, "admin");
    const struct wv_node listen = wv_node_member(&node, "listen");
    const struct wv_node file = wv_node_member(&node, "token_file");
    bool ok = bind(loading, &node, WV_AT_ADMIN, admin) &&
              wv_config_check_listen(&listen, admin->listen, loading->report);
    if (ok && admin->listen.len > 0 && admin->token_file.len == 0) {
        ok = wv_node_fail(&node, loading->report,
                          "needs \"token_file\": nobody without the token in it may change what is "
                          "protected; `openssl rand -hex 32` makes one");
    }
    return resolve(loading, &file, &admin->token_file) && ok;
}

static bool read_audit(const struct loading *loading, const struct wv_node *root)
{
    struct wv_config *config = loading->config;
    const struct wv_node node = wv_node_member(root, "audit");
    struct wv_audit_section section = {0};
    if (node.value == NULL) {
        return true;
    }
    bool ok = bind(loading, &node, WV_AT_AUDIT_TOPIC, &section);
    ok = wv_config_properties(&node, "/audit", config->path, loading->arena, loading->report,
                              &config->audit_kafka) &&
         ok;
    config->audit_topic = section.topic;
    config->audit_window_s = section.window_s;
    return ok;
}

static bool read_service(const struct loading *loading, const struct wv_node *root)
{
    struct wv_config *config = loading->config;
    const struct wv_node rejects_node = wv_node_member(root, "rejects");
    const struct wv_node delivery_node = wv_node_member(root, "delivery");
    const struct wv_node http_node = wv_node_member(root, "http");
    const struct wv_node listen = wv_node_member(&http_node, "listen");
    const struct wv_node log_node = wv_node_member(root, "log");
    struct wv_rejects_section rejects = {0};
    struct wv_delivery_section delivery = {0};
    struct wv_log_section log = {0};
    bool ok = bind(loading, &rejects_node, WV_AT_REJECTS, &rejects);
    ok = wv_config_properties(&rejects_node, "/rejects", config->path, loading->arena,
                              loading->report, &config->rejects_kafka) &&
         ok;
    ok = bind(loading, &delivery_node, WV_AT_DELIVERY, &delivery) && ok;
    ok = bind(loading, &log_node, WV_AT_LOG, &log) && ok;
    ok = bind(loading, &http_node, WV_AT_HTTP, &config->http) &&
         wv_config_check_listen(&listen, config->http.listen, loading->report) && ok;
    config->rejects_topic = rejects.topic;
    ok = wv_reject_seal_read(&rejects_node, config, loading->arena, loading->report) && ok;
    config->delivery = delivery.delivery;
    config->delivery.mode = (enum wv_delivery_mode)delivery.mode;
    config->log_level = log.level;
    return ok;
}

static bool read_law(const struct loading *loading, const struct wv_node *root)
{
    const struct wv_node instance = wv_node_member(root, "instance");
    const struct wv_node recipients = wv_node_member(root, "recipients");
    const struct wv_node law = wv_node_member(root, "law");
    const struct wv_node transfers = wv_node_member(&law, "transfers");
    struct wv_law_section section = {0};
    bool ok = wv_instance_read(&instance, loading->config, loading->arena, loading->report);
    ok = wv_recipients_read(&recipients, loading->config, loading->arena, loading->report) && ok;
    ok = bind(loading, &law, WV_AT_LAW, &section) && ok;
    ok = resolve_all(loading, &transfers, &section.transfers) && ok;
    loading->config->transfer_files = section.transfers;
    loading->config->today = (int32_t)wv_epoch_day(wv_clock_wall_ms(wv_clock_system()) / 1000);
    return ok;
}

static bool read_changes(const struct loading *loading, const struct wv_node *root)
{
    struct wv_change_rules *changes = &loading->config->changes;
    const struct wv_node node = wv_node_member(root, "changes");
    const struct wv_node approval = wv_node_member(&node, "approval");
    const struct wv_node approvers = wv_node_member(&node, "approvers");
    bool ok = bind(loading, &node, WV_AT_CHANGES, changes);
    if (ok && changes->four_eyes && changes->approvers.len == 0) {
        ok = wv_node_fail(&node, loading->report,
                          "four_eyes needs \"approvers\": a file with the certificates of those "
                          "who may approve [SEC-7]");
    }
    /* The approval may still have to be signed: it is looked for when it is needed. */
    ok = resolve(loading, &approval, &changes->approval) && ok;
    return resolve(loading, &approvers, &changes->approvers) &&
           (changes->approvers.len == 0 ||
            wv_config_readable(&approvers, changes->approvers, loading->report)) &&
           ok;
}

bool wv_config_read_sections(struct wv_config *config, struct wv_arena *arena,
                             const struct wv_node *root, struct wv_report *report)
{
    const struct loading its = {config, arena, report};
    const struct loading *loading = &its;
    struct wv_root_section section = {0};
    struct wv_consent_section consent = {0};
    const struct wv_node consent_node = wv_node_member(root, "consent");
    const struct wv_node limits_node = wv_node_member(root, "limits");
    const struct wv_node enrich = wv_node_member(root, "enrich");
    bool ok = bind(loading, root, WV_AT_ROOT, &section);
    if (!json_is_object(root->value)) {
        return false;
    }
    ok = wv_config_properties(root, "", config->path, loading->arena, loading->report,
                              &config->kafka) &&
         ok;
    ok = read_inputs(loading, root) && ok;
    ok = read_regions(loading, root) && ok;
    ok = wv_config_enrich(&enrich, config, loading->arena, loading->report) && ok;
    const struct wv_node keys = wv_node_member(root, "keys");
    ok = wv_config_keys(&keys, config, loading->arena, loading->report) && ok;
    ok = read_outputs(loading, root) && ok;
    ok = read_documents(loading, root) && ok;
    ok = wv_config_detectors(root, loading->arena, loading->report, config) && ok;
    ok = read_law(loading, root) && ok;
    ok = read_changes(loading, root) && ok;
    ok = bind(loading, &consent_node, WV_AT_CONSENT, &consent) && ok;
    config->consent_header = consent.header;
    config->third_party_header = consent.third_party;
    ok = read_events(loading, root) && ok;
    ok = bind(loading, &limits_node, WV_AT_LIMITS, &config->limits) && ok;
    ok = read_service(loading, root) && ok;
    ok = read_admin(loading, root) && ok;
    ok = read_audit(loading, root) && ok;
    return wv_config_check_together(config, root, report) && ok;
}
