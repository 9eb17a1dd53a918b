/* packs.c — loads the packs of a plan, bases before those that extend them. */
#include "plan/build.h"

#include "keys/epoch.h"

#include <stdio.h>
#include <stdlib.h>

/* A pack document that waits for its base. */
struct waiting {
    const struct wv_document *document;
    struct wv_slice name;
    struct wv_slice extends;
    struct wv_slice edition;
    int64_t effective;
    size_t pack; /* in the plan, once it is loaded */
    bool builtin;
    bool done;   /* loaded, or not to be loaded */
    bool failed; /* what is wrong has been said */
};

static const struct wv_name_table *names_by_word(void *user, const struct wv_node *node,
                                                 struct wv_slice word)
{
    struct wv_builder *builder = user;
    for (size_t i = 0; i < builder->name_count; i++) {
        if (wv_slice_eq(builder->names[i].word, word)) {
            return builder->names[i].table;
        }
    }
    const struct wv_slice copy = wv_arena_copy(builder->plan->arena, word);
    const struct wv_document *document =
        copy.ptr == NULL ? NULL : wv_build_builtin(builder, "names", (const char *)copy.ptr);
    if (document == NULL || builder->name_count == WV_NAME_TABLES_MAX) {
        wv_node_fail(node, builder->report, "no such table of names: \"%.*s\"", WV_SHOW(word));
        return NULL;
    }
    const struct wv_node root = wv_document_root(document);
    const struct wv_name_table *table = wv_names_load(&root, builder->plan->arena, builder->report);
    if (table != NULL) {
        builder->names[builder->name_count].word = copy;
        builder->names[builder->name_count++].table = table;
    }
    return table;
}

const struct wv_format *wv_build_format(struct wv_builder *builder,
                                        const struct wv_document *document)
{
    if (document == NULL) {
        return NULL;
    }
    const struct wv_node root = wv_document_root(document);
    const struct wv_node config = builder->plan->config->document == NULL
                                      ? (struct wv_node){0}
                                      : wv_document_root(builder->plan->config->document);
    const struct wv_node formats = wv_node_member(&config, "formats");
    const struct wv_node fields = wv_node_member(&formats, "fields");
    const char *name = json_string_value(json_object_get(root.value, "format"));
    const struct wv_node own = wv_node_member(&fields, name == NULL ? "" : name);
    return wv_format_load(&root, &own, names_by_word, builder, builder->plan->arena,
                          builder->report);
}

bool wv_plan_pack_find(const struct wv_plan *plan, struct wv_slice name, size_t *index)
{
    for (size_t i = 0; i < plan->pack_count; i++) {
        if (wv_slice_eq(name, wv_slice_of(plan->packs[i].name))) {
            *index = i;
            return true;
        }
    }
    return false;
}

/* "eu@3f9a2c11": the digest covers the pack and what it extends. */
static bool set_version(struct wv_builder *builder, struct wv_pack *pack,
                        const struct wv_document *document, const struct wv_pack *base)
{
    char hex[9];
    char text[64];
    const uint64_t seed = base == NULL ? 0 : strtoull(strrchr(base->version, '@') + 1, NULL, 16);
    wv_build_hex(wv_build_digest(document, seed), hex);
    snprintf(text, sizeof text, "%s@%s", pack->name, hex);
    pack->version = (const char *)wv_arena_copy(builder->plan->arena, wv_slice_of(text)).ptr;
    return pack->version != NULL;
}

/* Nothing is stricter than these two, so there is nothing that could take their place. */
static bool check_review(struct wv_builder *builder, const struct wv_pack *pack,
                         const struct wv_node *root)
{
    const bool needed = strcmp(pack->name, "unknown") == 0 || strcmp(pack->name, "refused") == 0;
    if (!needed || !pack->unreviewed) {
        return true;
    }
    const struct wv_node review = wv_node_member(root, "review");
    return wv_node_fail(&review, builder->report, "the pack \"%s\" must be reviewed", pack->name);
}

static bool load_pack(struct wv_builder *builder, struct wv_pack *packs, struct waiting *waiting,
                      const struct wv_pack *base)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_node root = wv_document_root(waiting->document);
    const struct wv_pack_loading loading = {
        .conditions = &builder->conditions,
        .base = base,
        .arena = plan->arena,
        .report = builder->report,
    };
    struct wv_pack *pack = &packs[plan->pack_count];
    waiting->done = true;
    waiting->failed = !wv_pack_load(&root, &loading, pack) ||
                      !set_version(builder, pack, waiting->document, base) ||
                      !check_review(builder, pack, &root);
    if (waiting->failed) {
        return false;
    }
    waiting->pack = plan->pack_count++;
    return true;
}

static bool is_line(const struct waiting *waiting, struct wv_slice name)
{
    return name.len > 0 && wv_slice_eq(waiting->name, name);
}

/* The document that the one at `index` extends: of its own name the version before it, of another
 * name the version that holds on the day on which it begins, or the first one. `count`: none. */
static size_t base_of(const struct waiting *waiting, size_t count, size_t index)
{
    const struct waiting *one = &waiting[index];
    const bool own = is_line(one, one->extends);
    size_t first = count;
    size_t latest = count;
    for (size_t i = 0; i < count; i++) {
        if (i == index || !is_line(&waiting[i], one->extends) ||
            (own && waiting[i].effective >= one->effective)) {
            continue;
        }
        if (first == count || waiting[i].effective < waiting[first].effective) {
            first = i;
        }
        if (waiting[i].effective <= one->effective &&
            (latest == count || waiting[i].effective > waiting[latest].effective)) {
            latest = i;
        }
    }
    return latest == count ? first : latest;
}

/* Loads what can be loaded; *progress tells whether anything was. */
static bool load_round(struct wv_builder *builder, struct wv_pack *packs, struct waiting *waiting,
                       size_t count, bool *progress)
{
    bool good = true;
    *progress = false;
    for (size_t i = 0; i < count; i++) {
        const size_t base = waiting[i].extends.len > 0 ? base_of(waiting, count, i) : count;
        const bool extends = waiting[i].extends.len > 0;
        if (waiting[i].done || (extends && (base == count || !waiting[base].done))) {
            continue;
        }
        *progress = true;
        if (extends && waiting[base].failed) {
            waiting[i].done = true;
            waiting[i].failed = true;
            continue;
        }
        good =
            load_pack(builder, packs, &waiting[i], extends ? &packs[waiting[base].pack] : NULL) &&
            good;
    }
    return good;
}

/* Two versions of one pack. A built-in one is never replaced: whoever answers for it must be able
 * to see that it was in force, and until when. */
static bool check_versions(struct wv_builder *builder, const struct waiting *later,
                           const struct waiting *earlier)
{
    const struct wv_node root = wv_document_root(later->document);
    const struct wv_node name = wv_node_member(&root, "pack");
    const struct wv_node version = wv_node_member(&root, "version");
    const struct wv_node extends = wv_node_member(&root, "extends");
    char day[WV_DAY_TEXT];
    wv_day_format(earlier->effective, day);
    if (earlier->builtin && later->effective <= earlier->effective) {
        return wv_node_fail(&name, builder->report,
                            "the pack \"%.*s\" is built in, and holds from %s on: a later version "
                            "needs a later day (\"effective\"), another pack another name",
                            WV_SHOW(later->name), day);
    }
    if (later->effective == earlier->effective) {
        return wv_node_fail(&name, builder->report,
                            "another pack is called \"%.*s\" and begins on the same day",
                            WV_SHOW(later->name));
    }
    if (wv_slice_eq(later->edition, earlier->edition)) {
        return wv_node_fail(version.value == NULL ? &name : &version, builder->report,
                            "another version of \"%.*s\" is called \"%.*s\", too",
                            WV_SHOW(later->name), WV_SHOW(later->edition));
    }
    if (later->extends.len > 0 && !is_line(later, later->extends)) {
        return wv_node_fail(&extends, builder->report,
                            "a later version of \"%.*s\" extends \"%.*s\", or has a rule for every "
                            "class",
                            WV_SHOW(later->name), WV_SHOW(later->name));
    }
    return true;
}

static bool check_lines(struct wv_builder *builder, struct waiting *waiting, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count && !waiting[i].builtin && !waiting[i].failed; k++) {
            const bool before = waiting[k].builtin || waiting[k].effective < waiting[i].effective ||
                                (waiting[k].effective == waiting[i].effective && k < i);
            if (k == i || !before || !is_line(&waiting[k], waiting[i].name)) {
                continue;
            }
            if (!check_versions(builder, &waiting[i], &waiting[k])) {
                waiting[i].failed = true;
                waiting[i].done = true;
                good = false;
            }
        }
    }
    return good;
}

/* What the order of loading depends on; where it is wrong, loading says so. */
static struct waiting waiting_of(const struct wv_document *document, bool builtin)
{
    const json_t *root = wv_document_root(document).value;
    const char *edition = json_string_value(json_object_get(root, "version"));
    const char *day = json_string_value(json_object_get(root, "effective"));
    struct waiting waiting = {
        .document = document,
        .name = wv_slice_of(json_string_value(json_object_get(root, "pack"))),
        .extends = wv_slice_of(json_string_value(json_object_get(root, "extends"))),
        .edition = wv_slice_of(edition == NULL ? "1" : edition),
        .builtin = builtin,
    };
    if (day == NULL || !wv_day_parse(wv_slice_of(day), &waiting.effective)) {
        waiting.effective = WV_EFFECTIVE_ALWAYS;
    }
    return waiting;
}

static bool gather(struct wv_builder *builder, struct waiting *waiting, size_t *count)
{
    const struct wv_name_list *files = &builder->plan->config->pack_files;
    bool good = true;
    for (size_t i = 0; i < files->count && *count < WV_PACKS_MAX; i++) {
        const struct wv_document *document =
            wv_build_file(builder, (const char *)files->items[i].ptr);
        good = document != NULL && good;
        if (document != NULL) {
            waiting[(*count)++] = waiting_of(document, false);
        }
    }
    for (const struct wv_builtin *one = wv_builtin_documents; one->kind != NULL; one++) {
        if (strcmp(one->kind, "policy") != 0) {
            continue;
        }
        if (*count == WV_PACKS_MAX) {
            return wv_report_add(builder->report, (struct wv_finding){0},
                                 "at most %d packs at once", WV_PACKS_MAX);
        }
        const struct wv_document *document = wv_build_builtin(builder, one->kind, one->name);
        good = document != NULL && good;
        if (document != NULL) {
            waiting[(*count)++] = waiting_of(document, true);
        }
    }
    return good;
}

static bool load_packs(struct wv_builder *builder, struct wv_pack *packs)
{
    struct waiting waiting[WV_PACKS_MAX];
    size_t count = 0;
    bool good = gather(builder, waiting, &count);
    good = check_lines(builder, waiting, count) && good;
    bool progress = true;
    while (progress) {
        good = load_round(builder, packs, waiting, count, &progress) && good;
    }
    for (size_t i = 0; i < count; i++) {
        if (!waiting[i].done) {
            const struct wv_node root = wv_document_root(waiting[i].document);
            const struct wv_node extends = wv_node_member(&root, "extends");
            good = wv_node_fail(&extends, builder->report,
                                "there is no such pack, or packs extend each other in a circle");
        }
    }
    return good;
}

static int by_code(const void *a, const void *b)
{
    const struct wv_country *one = a;
    const struct wv_country *two = b;
    const size_t shorter = one->code.len < two->code.len ? one->code.len : two->code.len;
    const int order = memcmp(one->code.ptr, two->code.ptr, shorter);
    return order != 0 ? order : (one->code.len > two->code.len) - (one->code.len < two->code.len);
}

static bool put_country(struct wv_builder *builder, struct wv_country *countries, const char *code,
                        size_t pack)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_slice copy = wv_arena_copy(plan->arena, wv_slice_of(code));
    if (copy.ptr == NULL) {
        return false;
    }
    for (size_t i = 0; i < plan->country_count; i++) {
        if (wv_slice_eq(countries[i].code, copy)) {
            countries[i].pack = (uint32_t)pack;
            return true;
        }
    }
    countries[plan->country_count++] = (struct wv_country){copy, (uint32_t)pack};
    return true;
}

enum { COUNTRIES_MAX = 8192 };

static bool builtin_countries(struct wv_builder *builder, struct wv_country *countries)
{
    const struct wv_document *document = wv_build_builtin(builder, "names", "countries");
    wv_ensure(document != NULL);
    const char *region;
    json_t *codes;
    bool good = true;
    json_object_foreach(wv_document_root(document).value, region, codes)
    {
        size_t pack;
        size_t i;
        json_t *code;
        if (!wv_plan_pack_find(builder->plan, wv_slice_of(region), &pack)) {
            continue;
        }
        json_array_foreach(codes, i, code)
        {
            good = put_country(builder, countries, json_string_value(code), pack) && good;
        }
    }
    return good;
}

static void warn_country(struct wv_builder *builder, const char *code, const char *pack)
{
    const struct wv_node root = wv_document_root(builder->plan->config->document);
    const struct wv_node packs = wv_node_member(&root, "packs");
    const struct wv_node countries = wv_node_member(&packs, "countries");
    const struct wv_node country = wv_node_member(&countries, code);
    wv_node_warn(&country, builder->report,
                 "leads to the pack unknown, because this is " WV_UNREVIEWED_HELP, pack);
}

/* What the configuration says of countries comes over the built-in table. */
static bool own_countries(struct wv_builder *builder, struct wv_country *countries)
{
    const struct wv_config *config = builder->plan->config;
    const char *code;
    json_t *value;
    bool good = true;
    json_object_foreach(config->countries, code, value)
    {
        const char *region = json_string_value(value);
        char pointer[64];
        size_t pack;
        snprintf(pointer, sizeof pointer, "/packs/countries/%.16s", code);
        if (region == NULL) {
            good = false; /* config.c has said so */
        } else if (!wv_plan_pack_find(builder->plan, wv_slice_of(region), &pack)) {
            good = wv_config_fail_at(config, pointer, builder->report,
                                     "must be the name of a pack; `wafveil explain` lists them");
        } else if (builder->plan->country_count == COUNTRIES_MAX ||
                   !put_country(builder, countries, code, pack)) {
            good = wv_config_fail_at(config, pointer, builder->report, "too many countries");
        } else if (builder->plan->periods[builder->plan->period_count].packs[pack].unreviewed) {
            warn_country(builder, code, builder->plan->packs[pack].name);
        }
    }
    return good;
}

bool wv_build_packs(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    size_t unknown = 0;
    size_t refused = 0;
    struct wv_pack *packs = WV_ARENA_ARRAY(plan->arena, WV_PACKS_MAX, struct wv_pack);
    plan->packs = packs;
    if (packs == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0}, "not enough memory");
    }
    if (!load_packs(builder, packs)) {
        return false;
    }
    wv_ensure(wv_plan_pack_find(plan, WV_LIT("unknown"), &unknown));
    wv_ensure(wv_plan_pack_find(plan, WV_LIT("refused"), &refused));
    plan->pack_unknown = (uint32_t)unknown;
    plan->pack_refused = (uint32_t)refused;
    struct wv_country *countries = WV_ARENA_ARRAY(plan->arena, COUNTRIES_MAX, struct wv_country);
    if (!wv_build_in_force(builder, packs) || countries == NULL ||
        !builtin_countries(builder, countries) || !own_countries(builder, countries)) {
        return false;
    }
    qsort(countries, plan->country_count, sizeof *countries, by_code);
    plan->countries = countries;
    struct wv_condition *conditions =
        WV_ARENA_ARRAY(plan->arena, builder->conditions.count + 1, struct wv_condition);
    if (conditions == NULL) {
        return false;
    }
    memcpy(conditions, builder->conditions.items, builder->conditions.count * sizeof *conditions);
    plan->conditions = conditions;
    plan->condition_count = builder->conditions.count;
    return true;
}

uint32_t wv_plan_country(const struct wv_plan *plan, struct wv_slice code)
{
    uint8_t upper[16];
    if (code.len == 0 || code.len > sizeof upper) {
        return plan->pack_unknown;
    }
    for (size_t i = 0; i < code.len; i++) {
        const uint8_t byte = code.ptr[i];
        upper[i] = byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 0x20) : byte;
    }
    const struct wv_country wanted = {.code = {upper, code.len}};
    const struct wv_country *found =
        plan->country_count == 0
            ? NULL
            : bsearch(&wanted, plan->countries, plan->country_count, sizeof wanted, by_code);
    return found == NULL ? plan->pack_unknown : found->pack;
}
