/*
 * settle.c — what holds for the whole record: whose it is, which laws cover it, when it happened.
 *
 * Runs after find and before write, so the order of members never matters.
 */
#include "engine/work.h"

#include "plan/tenants.h"

static const struct wv_field *role_field(const struct wv_worker *worker, enum wv_role role)
{
    const uint32_t index = worker->roles[role];
    return index == WV_NOWHERE || worker->ambiguous[role] ? NULL : &worker->fields[index];
}

struct wv_slice wv_role_text(struct wv_worker *worker, enum wv_role role)
{
    const struct wv_field *field = role_field(worker, role);
    return field == NULL ? (struct wv_slice){0} : wv_field_text(worker, field);
}

/* Lower case, without port; living as long as the record. */
static struct wv_slice clean_host(struct wv_worker *worker, struct wv_slice text)
{
    uint8_t *lower = wv_scratch_take(&worker->kept, text.len);
    size_t count = 0;
    if (lower == NULL || text.len == 0 || text.ptr[0] == '[') {
        return (struct wv_slice){0};
    }
    while (count < text.len && text.ptr[count] != ':') {
        lower[count] = wv_lower(text.ptr[count]);
        count++;
    }
    while (count > 0 && lower[count - 1] == '.') {
        count--;
    }
    return (struct wv_slice){lower, count};
}

/* The host member, or the first header that holds one. */
static void settle_host(struct wv_worker *worker)
{
    struct wv_slice text = wv_role_text(worker, WV_ROLE_HOST);
    for (uint32_t i = 0; text.len == 0 && i < worker->field_count; i++) {
        const struct wv_field *field = &worker->fields[i];
        if (field->class == WV_CLASS_HOST && wv_field_is_text(field)) {
            text = wv_field_text(worker, field);
        }
    }
    worker->settled.host = clean_host(worker, text);
}

/* What the headers of that name say; {0}: nothing, or not all of them the same. */
static struct wv_slice kafka_header(const struct wv_record *record, struct wv_slice name)
{
    struct wv_slice value = {0};
    bool said = false;
    for (size_t i = 0; name.len > 0 && i < record->header_count; i++) {
        if (!wv_slice_eq(record->headers[i].name, name)) {
            continue;
        }
        if (said && !wv_slice_eq(record->headers[i].value, value)) {
            return (struct wv_slice){0};
        }
        value = record->headers[i].value;
        said = true;
    }
    return value;
}

static void name_tenant(struct wv_worker *worker, const struct wv_tenant *tenant)
{
    worker->settled.tenant = tenant;
    worker->settled.tenant_name = tenant == NULL ? WV_LIT("unknown") : tenant->name;
}

static void settle_tenant(struct wv_worker *worker)
{
    const struct wv_tenant_config *config =
        &worker->plan->config->inputs[worker->record->input].tenant;
    struct wv_slice key = {0};
    if (wv_unlikely(worker->supposed != NULL && worker->supposed->has_tenant)) {
        name_tenant(worker, worker->supposed->tenant);
        return;
    }
    switch ((enum wv_tenant_from)config->from) {
    case WV_TENANT_FIXED:
        break;
    case WV_TENANT_TOPIC:
        key = worker->record->topic;
        break;
    case WV_TENANT_HEADER:
        key = kafka_header(worker->record, config->header);
        break;
    case WV_TENANT_WEBACL:
        key = wv_role_text(worker, WV_ROLE_WEBACL);
        break;
    case WV_TENANT_RESOURCE:
        key = wv_role_text(worker, WV_ROLE_RESOURCE);
        break;
    case WV_TENANT_HOST:
        key = worker->settled.host;
        break;
    }
    name_tenant(worker, wv_tenants_find(config, key));
}

/* Where a record names more regions than there are rules merged for, it falls under "unknown" in
 * place of the last of them, and under the law of all of them. */
static void add_pack(struct wv_worker *worker, uint32_t pack)
{
    struct wv_settled *settled = &worker->settled;
    const struct wv_in_force *unknown = &settled->period->packs[worker->plan->pack_unknown];
    const struct wv_in_force *entry = &settled->period->packs[pack];
    settled->origins |= entry->packs;
    settled->templates |= (uint64_t)entry->unreviewed << pack;
    if ((entry->packs & ~settled->packs) != 0 && entry->packs != unknown->packs) {
        const bool fits = settled->regions + 1 < worker->plan->most_packs;
        settled->regions += fits;
        entry = fits ? entry : unknown;
    }
    if (settled->packs == 0) {
        settled->first_pack = entry->first;
    }
    settled->packs |= entry->packs;
    settled->origins |= entry->packs;
}

static void add_country(struct wv_worker *worker)
{
    if (worker->ambiguous[WV_ROLE_COUNTRY]) {
        add_pack(worker, worker->plan->pack_unknown);
        return;
    }
    const struct wv_slice code = wv_role_text(worker, WV_ROLE_COUNTRY);
    if (code.len > 0 && !wv_slice_eq(code, WV_LIT("-"))) {
        add_pack(worker, wv_plan_country(worker->plan, code));
    }
}

/* What a geo label says after its prefix: "country:DE", "region:US-CA". */
static void add_labels(struct wv_worker *worker, struct wv_slice prefix)
{
    uint32_t country = WV_PACKS_MAX;
    uint32_t part = WV_PACKS_MAX;
    const uint32_t unknown = worker->plan->pack_unknown;
    for (uint32_t i = 0; i < worker->label_count; i++) {
        const struct wv_slice label = wv_field_text(worker, &worker->fields[worker->labels[i]]);
        if (!wv_slice_starts(label, prefix)) {
            continue;
        }
        const struct wv_slice tail = wv_slice_sub(label, prefix.len, label.len);
        if (wv_slice_starts(tail, WV_LIT("country:"))) {
            const uint32_t pack = wv_plan_country(worker->plan, wv_slice_sub(tail, 8, tail.len));
            country = country == WV_PACKS_MAX || country == pack ? pack : unknown;
        } else if (wv_slice_starts(tail, WV_LIT("region:"))) {
            const uint32_t pack = wv_plan_country(worker->plan, wv_slice_sub(tail, 7, tail.len));
            part = pack == unknown ? part : (part == WV_PACKS_MAX || part == pack ? pack : unknown);
        }
    }
    country = worker->more_labels ? unknown : country;
    if (part != WV_PACKS_MAX) {
        add_pack(worker, part);
    }
    if (country != WV_PACKS_MAX) {
        add_pack(worker, country);
    }
}

/* All headers of that name: whoever adds one must not hide what another says. */
static void add_header(struct wv_worker *worker, struct wv_slice name)
{
    const struct wv_record *record = worker->record;
    for (size_t i = 0; i < record->header_count; i++) {
        const struct wv_slice value = record->headers[i].value;
        size_t pack;
        if (value.len == 0 || !wv_slice_eq(record->headers[i].name, name)) {
            continue;
        }
        if (wv_plan_pack_find(worker->plan, value, &pack)) {
            add_pack(worker, (uint32_t)pack);
        } else {
            add_pack(worker, wv_plan_country(worker->plan, value));
        }
    }
}

static void add_located(struct wv_worker *worker, size_t source)
{
    uint32_t pack;
    if (wv_client_region(worker, source, &pack)) {
        add_pack(worker, pack);
    }
}

/* The packs of every source of regions that knows one. */
static void find_regions(struct wv_worker *worker)
{
    const struct wv_config *config = worker->plan->config;
    const struct wv_input_plan *input = &worker->plan->inputs[worker->record->input];
    const struct wv_settled *settled = &worker->settled;
    for (size_t i = 0; i < config->region_count; i++) {
        const struct wv_region_source *source = &config->regions[i];
        switch ((enum wv_region_from)source->from) {
        case WV_REGION_TENANT:
            if (settled->tenant != NULL) {
                const struct wv_tenant *table = config->inputs[worker->record->input].tenant.table;
                const uint32_t pack = input->tenant_packs[settled->tenant - table];
                if (pack != WV_PACKS_MAX) {
                    add_pack(worker, pack);
                }
            }
            break;
        case WV_REGION_LABEL:
            add_labels(worker, source->prefix);
            break;
        case WV_REGION_COUNTRY:
            add_country(worker);
            break;
        case WV_REGION_HEADER:
            add_header(worker, source->header);
            break;
        case WV_REGION_DATABASE:
            add_located(worker, i);
            break;
        }
    }
}

static void settle_regions(struct wv_worker *worker)
{
    const struct wv_supposed *supposed = worker->supposed;
    struct wv_settled *settled = &worker->settled;
    settled->packs = 0;
    settled->origins = 0;
    settled->regions = 0;
    settled->templates = 0;
    if (wv_likely(supposed == NULL || supposed->region_count == 0)) {
        find_regions(worker);
    } else {
        for (size_t i = 0; i < supposed->region_count; i++) {
            add_pack(worker, supposed->regions[i]);
        }
    }
    worker->tally.unknown_region += settled->packs == 0;
    worker->tally.unreviewed_region += settled->templates != 0;
    worker->tally.unknown_tenant += settled->tenant == NULL;
    if (settled->packs == 0 || settled->tenant == NULL) {
        add_pack(worker, worker->plan->pack_unknown);
    }
}

/* "eu,jp": what another wafveil has found. Regions that this one does not know are nobody's. */
static uint64_t named_origins(const struct wv_worker *worker, struct wv_slice names)
{
    uint64_t origins = 0;
    if (names.len > WV_ORIGINS_BYTES_MAX) {
        return UINT64_C(1) << worker->plan->pack_unknown;
    }
    while (names.len > 0) {
        const uint8_t *comma = memchr(names.ptr, ',', names.len);
        const size_t end = comma == NULL ? names.len : (size_t)(comma - names.ptr);
        size_t pack = worker->plan->pack_unknown;
        if (end > 0) {
            (void)wv_plan_pack_find(worker->plan, wv_slice_sub(names, 0, end), &pack);
            origins |= UINT64_C(1) << pack;
        }
        names = wv_slice_sub(names, comma == NULL ? end : end + 1, names.len);
    }
    return origins;
}

static void settle_origins(struct wv_worker *worker)
{
    const struct wv_record *record = worker->record;
    uint64_t origins = 0;
    if (!worker->plan->config->inputs[record->input].trust_origin) {
        return;
    }
    for (size_t i = 0; i < record->header_count; i++) {
        if (wv_slice_eq(record->headers[i].name, WV_LIT("wafveil-origin"))) {
            origins |= named_origins(worker, record->headers[i].value);
        }
    }
    /* Every record has some: whoever says none has not said it. */
    worker->settled.origins |= origins != 0 ? origins : UINT64_C(1) << worker->plan->pack_unknown;
}

static bool any_of(const struct wv_name_list *list, struct wv_slice text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (wv_slice_eq(list->items[i], text)) {
            return true;
        }
    }
    return false;
}

static bool any_label(struct wv_worker *worker, const struct wv_name_list *list)
{
    for (uint32_t i = 0; i < worker->label_count; i++) {
        if (any_of(list, wv_field_text(worker, &worker->fields[worker->labels[i]]))) {
            return true;
        }
    }
    return false;
}

static bool holds(struct wv_worker *worker, const struct wv_condition *condition)
{
    switch (condition->on) {
    case WV_ON_ACTION:
        return any_of(&condition->any_of, wv_role_text(worker, WV_ROLE_ACTION));
    case WV_ON_RULE:
        return any_of(&condition->any_of, wv_role_text(worker, WV_ROLE_RULE));
    case WV_ON_LABEL:
        return any_label(worker, &condition->any_of);
    case WV_ON_HOST:
        return any_of(&condition->any_of, worker->settled.host);
    case WV_ON_TENANT:
        return any_of(&condition->any_of, worker->settled.tenant_name);
    }
    return false;
}

static uint64_t settle_conditions(struct wv_worker *worker, const struct wv_condition *conditions,
                                  size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (holds(worker, &conditions[i])) {
            bits |= UINT64_C(1) << i;
        }
    }
    return bits;
}

void wv_settle(struct wv_worker *worker)
{
    wv_settle_needles(worker); /* first, so that what is known of them is fetched meanwhile */
    wv_settle_addresses(worker);
    wv_settle_time(worker);
    settle_host(worker);
    settle_tenant(worker);
    settle_regions(worker);
    settle_origins(worker);
    wv_settle_agreed(worker);
    const struct wv_plan *plan = worker->plan;
    const struct wv_conditions *routing = plan->config->conditions;
    worker->settled.conditions = settle_conditions(worker, plan->conditions, plan->condition_count);
    worker->settled.routing = settle_conditions(worker, routing->items, routing->count);
    wv_settle_client(worker);
}
