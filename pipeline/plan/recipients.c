/*
 * recipients.c — reads the registry of recipients.
 */
#include "plan/recipients.h"

#include "plan/law.h"
#include "plan/recipients_tables.h"
#include "plan/tenants.h"

enum { RECIPIENTS_MAX = 1000, LIST_MAX = 64 };

struct reading {
    struct wv_arena *arena;
    struct wv_report *report;
};

static bool no_memory(const struct wv_node *node, const struct reading *reading)
{
    return wv_node_fail(node, reading->report, "there is no memory left for the recipients");
}

/* A day where "name" stands; otherwise *day stays as it is. */
static bool read_day(const struct reading *reading, const struct wv_node *owner, const char *name,
                     int32_t *day)
{
    struct wv_days period;
    const bool ok = wv_days_read(owner, name, NULL, &period, reading->report);
    if (ok && wv_node_member(owner, name).value != NULL) {
        *day = period.from;
    }
    return ok;
}

static bool read_list(const struct reading *reading, const struct wv_node *node, size_t *count)
{
    *count = 0;
    if (node->value == NULL) {
        return true;
    }
    if (!json_is_array(node->value) || json_array_size(node->value) > LIST_MAX) {
        return wv_node_fail(node, reading->report, "must be an array of at most %d objects",
                            LIST_MAX);
    }
    *count = json_array_size(node->value);
    return true;
}

static bool read_safeguards(const struct reading *reading, const struct wv_node *node,
                            struct wv_safeguard **out, size_t *count)
{
    if (!read_list(reading, node, count)) {
        return false;
    }
    struct wv_safeguard *safeguards =
        WV_ARENA_ARRAY(reading->arena, *count + 1, struct wv_safeguard);
    *out = safeguards;
    if (safeguards == NULL) {
        return no_memory(node, reading);
    }
    bool ok = true;
    for (size_t i = 0; i < *count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_safeguard_section section = {0};
        ok = wv_options_bind(&element, wv_safeguard_rows, WV_SAFEGUARD_ROWS, &section,
                             reading->arena, reading->report) &&
             wv_days_read(&element, "from", "until", &safeguards[i].days, reading->report) && ok;
        safeguards[i].name = section.mechanism;
        safeguards[i].document = section.document;
        safeguards[i].mechanism = UINT32_MAX;
    }
    return ok;
}

static bool read_sub_processors(const struct reading *reading, const struct wv_node *node,
                                struct wv_recipient *recipient)
{
    size_t count;
    if (!read_list(reading, node, &count)) {
        return false;
    }
    struct wv_sub_processor *subs =
        WV_ARENA_ARRAY(reading->arena, count + 1, struct wv_sub_processor);
    if (subs == NULL) {
        return no_memory(node, reading);
    }
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        const struct wv_node country = wv_node_member(&element, "country");
        ok = wv_options_bind(&element, wv_sub_processor_rows, WV_SUB_PROCESSOR_ROWS, &subs[i],
                             reading->arena, reading->report) &&
             wv_country_check(&country, subs[i].country, reading->report) && ok;
    }
    recipient->sub_processors = subs;
    recipient->sub_processor_count = count;
    return ok;
}

static bool read_eligibility(const struct reading *reading, const struct wv_node *node,
                             struct wv_recipient *recipient)
{
    struct wv_eligibility_section section = {0};
    if (node->value == NULL) {
        return true;
    }
    const bool ok = wv_options_bind(node, wv_eligibility_rows, WV_ELIGIBILITY_ROWS, &section,
                                    reading->arena, reading->report) &&
                    read_day(reading, node, "date", &recipient->eligible_day);
    recipient->eligible = section.result == 1;
    recipient->checklist = section.checklist;
    recipient->approver = section.approver;
    return ok;
}

static bool read_audit(const struct reading *reading, const struct wv_node *node,
                       struct wv_recipient *recipient)
{
    struct wv_audit_section section = {0};
    if (node->value == NULL) {
        return true;
    }
    const bool ok = wv_options_bind(node, wv_audit_rows, WV_AUDIT_ROWS, &section, reading->arena,
                                    reading->report) &&
                    read_day(reading, node, "date", &recipient->audit_day);
    recipient->audit_type = section.type;
    return ok;
}

static bool works_for_us(uint32_t kind)
{
    return kind == WV_RECIPIENT_PROCESSOR || kind == WV_RECIPIENT_SUB_PROCESSOR ||
           kind == WV_RECIPIENT_AGENT;
}

static bool read_parts(const struct reading *reading, const struct wv_node *node,
                       struct wv_recipient *recipient)
{
    const struct wv_node country = wv_node_member(node, "country");
    const struct wv_node eligibility = wv_node_member(node, "eligibility");
    const struct wv_node safeguards = wv_node_member(node, "safeguards");
    const struct wv_node audit = wv_node_member(node, "audit");
    const struct wv_node subs = wv_node_member(node, "sub_processors");
    bool ok = wv_country_check(&country, recipient->country, reading->report);
    ok = read_eligibility(reading, &eligibility, recipient) && ok;
    ok = read_safeguards(reading, &safeguards, &recipient->safeguards,
                         &recipient->safeguard_count) &&
         ok;
    ok = read_audit(reading, &audit, recipient) && ok;
    ok = read_sub_processors(reading, &subs, recipient) && ok;
    ok = read_day(reading, node, "training", &recipient->training_day) && ok;
    int32_t ends = WV_DAY_NEVER;
    ok = read_day(reading, node, "contract_ends", &ends) && ok;
    ok = wv_days_read(node, "valid_from", "valid_until", &recipient->days, reading->report) && ok;
    recipient->days.until = ends < recipient->days.until ? ends : recipient->days.until;
    return ok;
}

static bool read_recipient(const struct reading *reading, const struct wv_node *node,
                           struct wv_recipient *out)
{
    struct wv_recipient_section section = {0};
    if (!wv_tenants_is_word(wv_slice_of(node->key))) {
        return wv_node_key_fail(node, reading->report,
                                "must be 1 to 64 letters, digits, '.', '_' or '-'");
    }
    if (!wv_options_bind(node, wv_recipient_rows, WV_RECIPIENT_ROWS, &section, reading->arena,
                         reading->report)) {
        return false;
    }
    *out = section.recipient;
    out->name = wv_arena_copy(reading->arena, wv_slice_of(node->key));
    out->eligible_day = out->audit_day = out->training_day = WV_DAY_FIRST;
    if (wv_node_member(node, "role").value == NULL) {
        out->role = works_for_us(out->kind) ? WV_ROLE_OF_PROCESSOR : WV_ROLE_OF_CONTROLLER;
    }
    const bool said = wv_node_member(node, "tls").value != NULL;
    out->tls = said ? section.tls : out->kind != WV_RECIPIENT_OWN;
    return out->name.len > 0 ? read_parts(reading, node, out) : no_memory(node, reading);
}

bool wv_recipients_read(const struct wv_node *node, struct wv_config *config,
                        struct wv_arena *arena, struct wv_report *report)
{
    const struct reading reading = {arena, report};
    config->has_recipients = node->value != NULL;
    if (node->value == NULL) {
        return true;
    }
    if (!json_is_object(node->value) || json_object_size(node->value) > RECIPIENTS_MAX) {
        return wv_node_fail(node, report, "must be an object of at most %d recipients by name",
                            RECIPIENTS_MAX);
    }
    struct wv_recipient *recipients =
        WV_ARENA_ARRAY(arena, json_object_size(node->value) + 1, struct wv_recipient);
    if (recipients == NULL) {
        return no_memory(node, &reading);
    }
    const char *key;
    json_t *value;
    size_t count = 0;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        const bool good = read_recipient(&reading, &member, &recipients[count]);
        count += good;
        ok = good && ok;
    }
    config->recipients = recipients;
    config->recipient_count = count;
    return ok;
}

bool wv_instance_read(const struct wv_node *node, struct wv_config *config, struct wv_arena *arena,
                      struct wv_report *report)
{
    const struct reading reading = {arena, report};
    struct wv_instance_section section = {0};
    if (node->value == NULL) {
        return true;
    }
    if (json_is_string(node->value)) {
        struct wv_slice name = wv_slice_of(json_string_value(node->value));
        config->instance = wv_arena_copy(arena, name);
        return name.len <= WV_INSTANCE_NAME_BYTES ||
               wv_node_fail(node, report, "must be at most %d bytes long", WV_INSTANCE_NAME_BYTES);
    }
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report,
                            "must be a name, or an object as {\"name\": \"a\", \"country\": "
                            "\"JP\"}");
    }
    const struct wv_node country = wv_node_member(node, "country");
    const struct wv_node safeguards = wv_node_member(node, "safeguards");
    bool ok = wv_options_bind(node, wv_instance_rows, WV_INSTANCE_ROWS, &section, arena, report);
    ok =
        (country.value == NULL || !ok || wv_country_check(&country, section.country, report)) && ok;
    config->instance = section.name;
    config->instance_country = section.country;
    return read_safeguards(&reading, &safeguards, &config->instance_safeguards,
                           &config->instance_safeguard_count) &&
           ok;
}

const struct wv_recipient *wv_recipient_find(const struct wv_config *config, struct wv_slice name)
{
    for (size_t i = 0; i < config->recipient_count; i++) {
        if (wv_slice_eq(config->recipients[i].name, name)) {
            return &config->recipients[i];
        }
    }
    return NULL;
}
