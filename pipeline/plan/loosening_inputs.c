/*
 * loosening_inputs.c — whose records they are, whose law applies, and how that is found out.
 */
#include "plan/loosening_work.h"

#include "plan/tenants.h"

/* An input and the one of the same topic. */
struct inputs {
    const struct wv_input *was;
    const struct wv_input *is;
    const struct wv_input_plan *was_plan;
    const struct wv_input_plan *is_plan;
};

static void looser_input(struct wv_loosening *work, const struct wv_input *input, const char *text)
{
    wv_looser(work, "input \"%.*s\" %s", WV_SHOW(input->topic), text);
}

static void looser_tenant(struct wv_loosening *work, const struct inputs *inputs,
                          const struct wv_tenant *tenant, const char *text)
{
    wv_looser(work, "input \"%.*s\", tenant \"%.*s\" %s", WV_SHOW(inputs->is->topic),
              WV_SHOW(tenant->name), text);
}

/* ---- What records may be used for ------------------------------------------------------------ */

/* Only a header says it, and records without it may be used for nothing. */
static bool header_decides(const struct wv_input *input)
{
    return input->purposes_header.len > 0 && input->purposes == 0 && input->basis == WV_BASIS_COUNT;
}

static void compare_purposes(struct wv_loosening *work, const struct inputs *inputs)
{
    const uint32_t was = work->before->legal->purposes[inputs->was - work->before->config->inputs];
    const uint32_t is = work->after->legal->purposes[inputs->is - work->after->config->inputs];
    if ((is & ~was) != 0 || (header_decides(inputs->was) && !header_decides(inputs->is))) {
        looser_input(work, inputs->is, "would have records for further purposes");
    }
    if (inputs->was->purposes_header.len > 0 &&
        !wv_slice_eq(inputs->was->purposes_header, inputs->is->purposes_header)) {
        looser_input(work, inputs->is,
                     "would not ask the same header for what its records were "
                     "collected (purposes_header)");
    }
}

/* What a tenant of a table says, where it says anything: its input may ask a header otherwise. */
static bool has_more_purposes(const struct inputs *inputs, const struct wv_tenant *was,
                              const struct wv_tenant *is)
{
    const uint32_t before = was == NULL ? 0 : was->purposes;
    const uint32_t after = is == NULL ? 0 : is->purposes;
    return before == 0 ? after != 0 && header_decides(inputs->was)
                       : after == 0 || (after & ~before) != 0;
}

/* ---- Tenants --------------------------------------------------------------------------------- */

static uint32_t pack_of(const struct wv_plan *plan, const struct wv_tenant_config *config,
                        const struct wv_input_plan *input, const struct wv_tenant *tenant)
{
    return tenant == NULL ? plan->pack_unknown : input->tenant_packs[tenant - config->table];
}

/* A tenant without a region leaves it to the other sources, and to "unknown" where they find none.
 */
static void compare_region(struct wv_loosening *work, const struct inputs *inputs,
                           const struct wv_tenant *was, const struct wv_tenant *is,
                           const struct wv_tenant *shown)
{
    uint32_t was_pack = pack_of(work->before, &inputs->was->tenant, inputs->was_plan, was);
    const uint32_t is_pack = pack_of(work->after, &inputs->is->tenant, inputs->is_plan, is);
    if (is_pack == WV_PACKS_MAX) {
        if (was_pack != WV_PACKS_MAX) {
            wv_looser(work,
                      "input \"%.*s\", tenant \"%.*s\": its records would have no pack of their "
                      "tenant; it was \"%s\"",
                      WV_SHOW(inputs->is->topic), WV_SHOW(shown->name),
                      work->before->packs[was_pack].name);
        }
        return;
    }
    was_pack = was_pack == WV_PACKS_MAX ? work->before->pack_unknown : was_pack;
    const char *was_name = work->before->packs[was_pack].name;
    const char *is_name = work->after->packs[is_pack].name;
    const char *what =
        strcmp(was_name, is_name) == 0 ? NULL : wv_looser_move(work, was_pack, is_pack);
    if (what != NULL) {
        wv_looser(work,
                  "input \"%.*s\", tenant \"%.*s\" would fall under pack \"%s\"; it was \"%s\", "
                  "which hides more (%s)",
                  WV_SHOW(inputs->is->topic), WV_SHOW(shown->name), is_name, was_name, what);
    }
}

static void compare_tenant(struct wv_loosening *work, const struct inputs *inputs,
                           struct wv_slice key)
{
    const struct wv_tenant *was = wv_tenants_find(&inputs->was->tenant, key);
    const struct wv_tenant *is = wv_tenants_find(&inputs->is->tenant, key);
    const struct wv_tenant *shown = is != NULL ? is : was;
    if (shown == NULL) {
        return;
    }
    compare_region(work, inputs, was, is, shown);
    if (was != NULL && was->refused && (is == NULL || !is->refused)) {
        looser_tenant(work, inputs, shown, "would not count as having refused consent");
    }
    if (has_more_purposes(inputs, was, is)) {
        looser_tenant(work, inputs, shown, "would have records for further purposes");
    }
    if (was != NULL && was->never_sensitive && (is == NULL || !is->never_sensitive)) {
        looser_tenant(work, inputs, shown, "would have values published that hold sensitive data");
    }
    if (is == NULL) {
        return;
    }
    if (is->third_party && (was == NULL || !was->third_party)) {
        looser_tenant(work, inputs, is, "would count as having agreed to third parties");
    }
    if (was == NULL && inputs->was->tenant.reject_unknown) {
        looser_tenant(work, inputs, is, "is new: its records were rejected");
    }
    if (was != NULL && !wv_slice_eq(was->name, is->name)) {
        looser_tenant(work, inputs, is, "would have records of another tenant, and their tokens");
    }
    if (!wv_names_within(&is->hosts, was == NULL ? &(struct wv_name_list){0} : &was->hosts)) {
        looser_tenant(work, inputs, is, "would own more hosts, whose names are shown");
    }
}

static bool same_source(const struct wv_tenant_config *was, const struct wv_tenant_config *is)
{
    return was->from == is->from && wv_slice_eq(was->header, is->header);
}

static void compare_tenants(struct wv_loosening *work, const struct inputs *inputs)
{
    const struct wv_tenant_config *was = &inputs->was->tenant;
    const struct wv_tenant_config *is = &inputs->is->tenant;
    if (!same_source(was, is)) {
        looser_input(work, inputs->is, "would find the tenant in another way");
        return;
    }
    if (was->reject_unknown && !is->reject_unknown) {
        looser_input(work, inputs->is, "would not reject records of unknown tenants");
    }
    for (size_t i = 0; i < is->table_count; i++) {
        compare_tenant(work, inputs, is->table[i].key);
    }
    for (size_t i = 0; is->from != WV_TENANT_FIXED && i < was->table_count; i++) {
        const struct wv_tenant *now = wv_tenants_find(is, was->table[i].key);
        if (now == NULL || !wv_slice_eq(now->key, was->table[i].key)) {
            compare_tenant(work, inputs, was->table[i].key);
        }
    }
}

/* ---- Inputs ---------------------------------------------------------------------------------- */

static size_t find_input(const struct wv_config *config, const struct wv_config *other,
                         size_t index)
{
    const struct wv_slice topic = config->inputs[index].topic;
    for (size_t i = 0; i < other->input_count; i++) {
        if (topic.len > 0 ? wv_slice_eq(other->inputs[i].topic, topic) : i == index) {
            return i;
        }
    }
    return other->input_count;
}

static void compare_input(struct wv_loosening *work, const struct inputs *inputs)
{
    if (!wv_slice_eq(inputs->was->format, inputs->is->format)) {
        looser_input(work, inputs->is,
                     "would be read as another format: what a value is may "
                     "change");
    }
    if (inputs->was->undetected != inputs->is->undetected &&
        inputs->is->undetected == WV_UNDETECTED_UNLISTED) {
        looser_input(work, inputs->is, "would publish records in which no format is recognised");
    }
    compare_purposes(work, inputs);
    compare_tenants(work, inputs);
}

static void compare_inputs(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    const struct wv_config *after = work->after->config;
    for (size_t i = 0; i < after->input_count; i++) {
        const size_t old = work->start ? before->input_count : find_input(after, before, i);
        const bool is_old = old < before->input_count;
        const struct wv_input *input = &after->inputs[i];
        if (input->trust_origin && !(is_old && before->inputs[old].trust_origin)) {
            looser_input(work, input,
                         "would trust the header wafveil-origin, whoever has written it");
        }
        if (is_old) {
            const struct inputs inputs = {&before->inputs[old], input, &work->before->inputs[old],
                                          &work->after->inputs[i]};
            compare_input(work, &inputs);
        }
    }
}

/* ---- Regions and consent --------------------------------------------------------------------- */

static bool has_source(const struct wv_config *config, const struct wv_region_source *wanted)
{
    for (size_t i = 0; i < config->region_count; i++) {
        const struct wv_region_source *source = &config->regions[i];
        if (source->from == wanted->from && wv_slice_eq(source->prefix, wanted->prefix) &&
            wv_slice_eq(source->header, wanted->header) &&
            wv_slice_eq(source->database.file, wanted->database.file)) {
            return true;
        }
    }
    return false;
}

/* Also a source more can loosen: a record that had no region had the pack "unknown". */
static void compare_sources(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    const struct wv_config *after = work->after->config;
    bool same = true;
    for (size_t i = 0; i < after->region_count; i++) {
        same = same && has_source(before, &after->regions[i]);
    }
    for (size_t i = 0; i < before->region_count; i++) {
        same = same && has_source(after, &before->regions[i]);
    }
    if (!same) {
        wv_looser(work, "regions would be found in another way");
    }
}

static bool adds_list(const struct wv_enrich *enrich, struct wv_slice name)
{
    for (size_t i = 0; i < enrich->list_count; i++) {
        if (wv_slice_eq(enrich->lists[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* What is told of the networks of clients, beside what packs keep of their addresses. */
static void compare_enrich(struct wv_loosening *work)
{
    const struct wv_enrich *was = &work->before->config->enrich;
    const struct wv_enrich *is = &work->after->config->enrich;
    if (is->country.file.len > 0 && was->country.file.len == 0) {
        wv_looser(work, "enrich would add the country of the client's address");
    }
    if (is->asn.file.len > 0 && was->asn.file.len == 0) {
        wv_looser(work, "enrich would add the operator of the client's network");
    }
    for (size_t i = 0; i < is->list_count; i++) {
        if (!adds_list(was, is->lists[i].name)) {
            wv_looser(work, "enrich would add whether the client is in the list %.*s",
                      WV_SHOW(is->lists[i].name));
        }
    }
}

/* As they are written: configurations that are compared may stand in two folders. */
static bool names_other_keys(const struct wv_config *before, const struct wv_config *after)
{
    const json_t *was =
        json_object_get(json_object_get(wv_document_root(before->document).value, "keys"), "file");
    const json_t *is =
        json_object_get(json_object_get(wv_document_root(after->document).value, "keys"), "file");
    return was != is && (was == NULL || is == NULL || json_equal(was, is) != 1);
}

/* The secrets behind tokens: who can have them, and for how long. */
static void compare_keys(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    const struct wv_config *after = work->after->config;
    const uint32_t kept = before->keys.keep_days;
    const uint32_t keeps = after->keys.keep_days;
    if (names_other_keys(before, after)) {
        wv_looser(work, "keys.file would be another one: who knows its secrets can try out tokens");
    }
    if (after->keys.epoch_days > before->keys.epoch_days) {
        wv_looser(work, "epochs would last %u days instead of %u: tokens join for longer",
                  after->keys.epoch_days, before->keys.epoch_days);
    }
    if (kept > 0 && keeps == 0) {
        wv_looser(work, "secrets of epochs would be kept until somebody destroys them");
    } else if (kept > 0 && keeps > kept) {
        wv_looser(work, "secrets of epochs would be kept for %u days after their end, not %u",
                  keeps, kept);
    }
    if (before->keys.kek.from != WV_KEK_NOWHERE && after->keys.kek.from == WV_KEK_NOWHERE) {
        wv_looser(work, "no key-encryption key would wrap the secrets of the key file");
    }
    if (before->keys.checks.len > 0 && after->keys.checks.len == 0) {
        wv_looser(work, "the key file would not have to agree with check values any more");
    }
}

/* Whether a limit of events lets more pass; 0 is none. */
static bool is_wider(uint32_t was, uint32_t is)
{
    return was != 0 && (is == 0 || is > was);
}

/* Which events have tokens, and which are published at all. */
static void compare_events(struct wv_loosening *work)
{
    static const uint32_t looseness[] = {
        [WV_RANGE_REJECT] = 0, [WV_RANGE_UNTOKENISED] = 1, [WV_RANGE_ARRIVAL] = 2};
    const struct wv_events *was = &work->before->config->events;
    const struct wv_events *is = &work->after->config->events;
    if (is_wider(was->late_days, is->late_days)) {
        wv_looser(work, "events might be older when they arrive (events.late_days)");
    }
    if (is_wider(was->future_s, is->future_s)) {
        wv_looser(work, "events might claim times further ahead (events.future_seconds)");
    }
    if (was->late_days + (uint64_t)was->future_s > 0 &&
        looseness[is->out_of_range] > looseness[was->out_of_range]) {
        wv_looser(work, is->out_of_range == WV_RANGE_ARRIVAL
                            ? "events whose time is not believed would have tokens "
                              "(events.out_of_range)"
                            : "events whose time is not believed would be published "
                              "(events.out_of_range)");
    }
}

void wv_looser_inputs(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    const struct wv_config *after = work->after->config;
    compare_inputs(work);
    if (work->start) {
        return;
    }
    compare_sources(work);
    compare_enrich(work);
    compare_events(work);
    if (before->consent_header.len > 0 &&
        !wv_slice_eq(before->consent_header, after->consent_header)) {
        wv_looser(work, "the header %.*s would not say any more that consent is refused",
                  WV_SHOW(before->consent_header));
    }
    if (after->third_party_header.len > 0 &&
        !wv_slice_eq(before->third_party_header, after->third_party_header)) {
        wv_looser(work, "the header %.*s would say that third parties were agreed to",
                  WV_SHOW(after->third_party_header));
    }
    compare_keys(work);
}
