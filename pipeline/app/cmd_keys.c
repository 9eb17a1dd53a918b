/*
 * cmd_keys.c — makes and lists epoch secrets for the domains of a configuration. Never shows one.
 */
#include "app/setup.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "keys/keyfile.h"
#include "plan/explain.h"

#include <stdlib.h>

enum { AHEAD = 2, AHEAD_MAX = 52, DATE_MAX = 16, DOMAIN_MEMORY = 256 * 1024 * 1024 };

/* A growing list of domains. */
struct domains {
    struct wv_arena *arena;
    struct wv_slice *items;
    size_t count;
    size_t cap;
    bool failed;
};

struct key_work {
    const struct wv_arguments *arguments;
    struct wv_plan *plan;
    const char *path; /* of the key file */
    struct wv_report *report;
    int64_t now_s;
};

static void format_day(int64_t time_s, char text[DATE_MAX])
{
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_format((struct wv_epoch_span){wv_epoch_day(time_s), 1}, id);
    (void)snprintf(text, DATE_MAX, "%.4s-%.2s-%.2s", id, id + 4, id + 6);
}

/* ---- Domains ----------------------------------------------------------------------------------
 */

static void add_domain(struct domains *domains, struct wv_slice domain)
{
    if (domains->count == domains->cap) {
        const size_t cap = domains->cap == 0 ? 64 : domains->cap * 2;
        struct wv_slice *items = realloc(domains->items, cap * sizeof(*items));
        if (items == NULL) {
            domains->failed = true;
            return;
        }
        domains->items = items;
        domains->cap = cap;
    }
    const struct wv_slice copy = wv_arena_copy(domains->arena, domain);
    domains->failed = domains->failed || copy.ptr == NULL;
    domains->items[domains->count++] = copy;
}

/* The domain as the engine makes it for a record (engine/write.c). One that does not fit has no
 * tokens there either. */
static void expand(struct domains *domains, const struct wv_output *output, struct wv_slice tenant,
                   struct wv_slice region)
{
    const struct {
        struct wv_slice word;
        struct wv_slice value;
    } words[] = {{WV_LIT("{tenant}"), tenant},
                 {WV_LIT("{region}"), region},
                 {WV_LIT("{output}"), output->name}};
    const struct wv_slice pattern =
        output->domain.len > 0 ? output->domain : WV_LIT("{tenant}/{region}/{output}");
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
    struct wv_slice domain;
    if (wv_buf_take(&buf, &domain)) {
        add_domain(domains, domain);
    }
}

static void add_tenant(struct domains *domains, const struct wv_plan *plan, struct wv_slice tenant,
                       struct wv_slice only_region)
{
    const struct wv_config *config = wv_plan_config(plan);
    for (size_t pack = 0; pack < wv_plan_packs(plan); pack++) {
        const struct wv_slice region = wv_slice_of(wv_plan_pack(plan, pack).name);
        /* refused is what a person said, not where: no domain is named after it. */
        if (wv_slice_eq(region, WV_LIT("refused")) || !wv_plan_pack_used(plan, pack) ||
            (only_region.len > 0 && !wv_slice_eq(region, only_region))) {
            continue;
        }
        for (size_t i = 0; i < config->output_count; i++) {
            expand(domains, &config->outputs[i], tenant, region);
        }
    }
}

static int by_bytes(const void *left, const void *right)
{
    const struct wv_slice *a = left;
    const struct wv_slice *b = right;
    const int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void sort_once(struct domains *domains)
{
    size_t kept = 0;
    if (domains->count > 0 && !domains->failed) {
        qsort(domains->items, domains->count, sizeof(domains->items[0]), by_bytes);
    }
    for (size_t i = 0; i < domains->count && !domains->failed; i++) {
        if (kept == 0 || !wv_slice_eq(domains->items[kept - 1], domains->items[i])) {
            domains->items[kept++] = domains->items[i];
        }
    }
    domains->count = kept;
}

/* Every domain that a record can have: tenants, and "unknown" where a table may not know one. */
static void collect(struct domains *domains, const struct wv_plan *plan)
{
    const struct wv_config *config = wv_plan_config(plan);
    const bool tenant_decides = config->regions[0].from == WV_REGION_TENANT;
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; t < tenants->table_count; t++) {
            add_tenant(domains, plan, tenants->table[t].name,
                       tenant_decides ? tenants->table[t].region : (struct wv_slice){0});
        }
        if (tenants->from != WV_TENANT_FIXED && !tenants->reject_unknown) {
            add_tenant(domains, plan, WV_LIT("unknown"), (struct wv_slice){0});
        }
    }
    sort_once(domains);
}

/* ---- init -------------------------------------------------------------------------------------
 */

/* "2026-11-16" as seconds since 1970. */
static bool read_day(const char *text, int64_t *out)
{
    char id[WV_EPOCH_ID_MAX + 1];
    struct wv_epoch_span span;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    (void)snprintf(id, sizeof(id), "%.4s%.2s%.2s-1d", text, text + 5, text + 8);
    if (!wv_epoch_parse(wv_slice_of(id), &span)) {
        return false;
    }
    *out = span.first * WV_DAY_S;
    return true;
}

static enum wv_exit read_span(const struct key_work *work, struct wv_keyfile_need *need)
{
    uint32_t ahead;
    const char *from = wv_argument_text(work->arguments, "from");
    if (!wv_argument_number(work->arguments, "ahead", 0, AHEAD_MAX, AHEAD, &ahead)) {
        return WV_EXIT_USAGE;
    }
    const struct wv_epoch_span present =
        wv_epoch_span_of(wv_epoch_day(work->now_s), need->epoch_days);
    need->from_s = work->now_s;
    need->until_s = (present.first + (int64_t)need->epoch_days * (1 + (int64_t)ahead)) * WV_DAY_S;
    if (from != NULL && (!read_day(from, &need->from_s) || need->from_s > work->now_s)) {
        return wv_usage_fail(work->arguments, "--from must be a day that is not in the future, as "
                                              "2026-11-16");
    }
    return WV_EXIT_OK;
}

static enum wv_exit init(const struct key_work *work, struct domains *domains)
{
    struct wv_keyfile_need need = {.epoch_days = wv_plan_config(work->plan)->epoch_days};
    const enum wv_exit code = read_span(work, &need);
    if (code != WV_EXIT_OK) {
        return code;
    }
    collect(domains, work->plan);
    if (domains->failed) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    need.domains = domains->items;
    need.domain_count = domains->count;
    size_t created = 0;
    if (!wv_keyfile_ensure(work->path, &need, work->report, &created)) {
        return WV_EXIT_CONFIG;
    }
    char first[DATE_MAX];
    char last[DATE_MAX];
    format_day(need.from_s, first);
    format_day(need.until_s - 1, last);
    if (wv_argument_given(work->arguments, "json")) {
        (void)printf("{\"created\":%zu,\"domains\":%zu,\"from\":\"%s\",\"until\":\"%s\"}\n",
                     created, domains->count, first, last);
        return WV_EXIT_OK;
    }
    (void)printf("%s: %zu epochs created; %zu domains have keys for events from %s to %s\n",
                 work->path, created, domains->count, first, last);
    (void)puts("The file is readable by its owner only (mode 0600). Whoever has it can link tokens "
               "to people: keep it off backups that live longer than the epochs.");
    return WV_EXIT_OK;
}

/* ---- list -------------------------------------------------------------------------------------
 */

/* Until when the domain has keys without a gap; false where it has none now. */
static bool covered_until(const struct wv_keyring *keyring, struct wv_slice domain, int64_t now_s,
                          char text[DATE_MAX])
{
    int64_t until_s = now_s;
    const struct wv_epoch *epoch = wv_keyring_find(keyring, domain, until_s);
    if (epoch == NULL) {
        return false;
    }
    while (epoch != NULL) {
        until_s = epoch->until_s;
        epoch = wv_keyring_find(keyring, domain, until_s);
    }
    format_day(until_s - 1, text);
    return true;
}

static void print_domain(const struct key_work *work, const struct wv_keyring *keyring,
                         const char *name, const json_t *domain)
{
    const struct wv_epoch *now = wv_keyring_find(keyring, wv_slice_of(name), work->now_s);
    char last[DATE_MAX];
    if (covered_until(keyring, wv_slice_of(name), work->now_s, last)) {
        (void)printf("%s  until %s\n", name, last);
    } else {
        (void)printf("%s  no key for today\n", name);
    }
    size_t i;
    json_t *epoch;
    json_array_foreach(json_object_get(domain, "epochs"), i, epoch)
    {
        const char *id = json_string_value(json_object_get(epoch, "id"));
        (void)printf("  %s%s\n", id, now != NULL && strcmp(id, now->id) == 0 ? "  now" : "");
    }
}

static json_t *domain_json(const struct key_work *work, const struct wv_keyring *keyring,
                           const char *name, const json_t *domain)
{
    const struct wv_epoch *now = wv_keyring_find(keyring, wv_slice_of(name), work->now_s);
    json_t *ids = json_array();
    size_t i;
    json_t *epoch;
    json_array_foreach(json_object_get(domain, "epochs"), i, epoch)
    {
        (void)json_array_append(ids, json_object_get(epoch, "id"));
    }
    char last[DATE_MAX];
    const bool covered = covered_until(keyring, wv_slice_of(name), work->now_s, last);
    return json_pack("{s:s, s:s?, s:s?, s:o}", "domain", name, "now", now == NULL ? NULL : now->id,
                     "until", covered ? last : NULL, "epochs", ids);
}

static enum wv_exit print_list(const struct key_work *work, const struct wv_keyring *keyring,
                               json_t *domains)
{
    const bool json = wv_argument_given(work->arguments, "json");
    json_t *list = json_array();
    const char *name;
    json_t *domain;
    if (!json) {
        (void)printf("%s\n", work->path);
    }
    json_object_foreach(domains, name, domain)
    {
        if (json) {
            (void)json_array_append_new(list, domain_json(work, keyring, name, domain));
        } else {
            print_domain(work, keyring, name, domain);
        }
    }
    json_t *root = json_pack("{s:s, s:o}", "file", work->path, "domains", list);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (json && text != NULL) {
        (void)puts(text);
    }
    free(text);
    return text == NULL ? WV_EXIT_INTERNAL : WV_EXIT_OK;
}

static enum wv_exit list(const struct key_work *work)
{
    struct wv_document *document = wv_keyfile_open(work->path, work->report);
    if (document == NULL) {
        return WV_EXIT_CONFIG;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, work->report);
    enum wv_exit code = WV_EXIT_CONFIG;
    if (keyring != NULL) {
        const struct wv_node root = wv_document_root(document);
        code = print_list(work, keyring, wv_node_member(&root, "domains").value);
    }
    wv_keyring_free(keyring);
    wv_keyfile_close(document);
    return code;
}

/* ---- Both -------------------------------------------------------------------------------------
 */

/* Packs are needed for the regions, keys are not. */
static struct wv_plan *load_plan(const struct wv_arguments *arguments, struct wv_report *report)
{
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    struct wv_config *config = wv_config_load(wv_argument_text(arguments, "config"), report);
    if (config != NULL && config->keys_file.len == 0) {
        (void)wv_config_fail_at(
            config, "", report,
            "names no key file: add \"keys\": {\"file\": \"/etc/wafveil/keys\"}");
    }
    if (config == NULL || keyring == NULL || wv_report_errors(report) > 0) {
        wv_config_free(config);
        wv_keyring_free(keyring);
        return NULL;
    }
    return wv_plan_build(config, keyring, report);
}

static enum wv_exit work_keys(const struct wv_arguments *arguments, struct wv_report *report,
                              bool is_init)
{
    struct wv_plan *plan = load_plan(arguments, report);
    if (plan == NULL) {
        return WV_EXIT_CONFIG;
    }
    const struct key_work work = {
        .arguments = arguments,
        .plan = plan,
        .path = (const char *)wv_plan_config(plan)->keys_file.ptr,
        .report = report,
        .now_s = wv_clock_wall_ms(wv_clock_system()) / 1000,
    };
    struct domains domains = {.arena = wv_arena_new(DOMAIN_MEMORY)};
    enum wv_exit code = WV_EXIT_INTERNAL;
    if (domains.arena != NULL) {
        code = is_init ? init(&work, &domains) : list(&work);
    }
    free(domains.items);
    wv_arena_free(domains.arena);
    wv_plan_free(plan);
    return code;
}

enum wv_exit wv_cmd_keys(const struct wv_arguments *arguments)
{
    const char *verb = arguments->operand_count == 1 ? arguments->operands[0] : "";
    const bool is_init = strcmp(verb, "init") == 0;
    if (!is_init && strcmp(verb, "list") != 0) {
        return wv_usage_fail(arguments, "keys: say init or list");
    }
    if (!is_init &&
        (wv_argument_given(arguments, "from") || wv_argument_given(arguments, "ahead"))) {
        return wv_usage_fail(arguments, "--from and --ahead belong to `keys init`");
    }
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const enum wv_exit code = work_keys(arguments, report, is_init);
    if (wv_report_errors(report) > 0) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return code;
}
