/* geo.c — opens the databases and lists that the configuration names. */
#include "plan/geo.h"

#include "keys/epoch.h"
#include "plan/build.h"

#include <stdio.h>

enum { POINTER_BYTES = 64 };

/* A database of the configuration. */
struct use {
    const struct wv_geo_source *source;
    enum wv_geo_wanted wanted;
    char pointer[POINTER_BYTES]; /* of its file */
};

const struct wv_geo *wv_plan_geo(const struct wv_plan *plan)
{
    return plan->geo;
}

uint64_t wv_geo_age_s(const struct wv_geo_database *database, int64_t now_s)
{
    const uint64_t built = wv_geo_built(database);
    return now_s < 0 || built > (uint64_t)now_s ? 0 : (uint64_t)now_s - built;
}

/* Says of the place where the file is named what was found wrong with it. */
static bool tell(const struct wv_builder *builder, const char *pointer, const char *file,
                 const struct wv_report *found)
{
    const struct wv_config *config = builder->plan->config;
    for (size_t i = 0; i < wv_report_count(found); i++) {
        const struct wv_finding *finding = wv_report_at(found, i);
        char line[32] = "";
        if (finding->line > 0) {
            (void)snprintf(line, sizeof line, "line %u of ", finding->line);
        }
        (void)wv_config_fail_at(config, pointer, builder->report, "%s%s %s", line, file,
                                finding->text);
    }
    return wv_report_count(found) == 0;
}

static void warn_of_age(const struct wv_builder *builder, const struct use *use,
                        const struct wv_geo_database *database)
{
    const struct wv_config *config = builder->plan->config;
    const int64_t built = (int64_t)(wv_geo_built(database) / WV_DAY_S);
    const int64_t age = config->today - built;
    if (age > (int64_t)use->source->max_age_days) {
        wv_config_warn_at(config, use->pointer, builder->report,
                          "was built %lld days ago, and %u are allowed: networks have moved to "
                          "other countries since; load a new one",
                          (long long)age, use->source->max_age_days);
    } else if (age < -1) {
        wv_config_warn_at(config, use->pointer, builder->report,
                          "says that it was built in the future: nobody can tell how old it is");
    }
}

static struct wv_geo_used *find_used(struct wv_geo *geo, const struct use *use)
{
    for (size_t i = 0; i < geo->used_count; i++) {
        struct wv_geo_used *used = &geo->used[i];
        if (used->wanted == use->wanted &&
            wv_slice_eq(wv_slice_of(used->file), use->source->file)) {
            return used;
        }
    }
    return NULL;
}

static bool open_used(struct wv_builder *builder, const struct use *use, struct wv_geo_used *used)
{
    struct wv_report *found = wv_report_new();
    used->file = (const char *)use->source->file.ptr;
    used->wanted = use->wanted;
    used->max_age_days = use->source->max_age_days;
    if (found == NULL) {
        return wv_config_fail_at(builder->plan->config, use->pointer, builder->report,
                                 "cannot be read: memory is short");
    }
    used->database = wv_geo_open(used->file, use->wanted, found);
    const bool good = tell(builder, use->pointer, used->file, found) && used->database != NULL;
    wv_report_free(found);
    return good;
}

/* The database of a use; one file is opened once. NULL with a finding. */
static const struct wv_geo_database *open_use(struct wv_builder *builder, const struct use *use)
{
    struct wv_geo *geo = builder->plan->geo;
    struct wv_geo_used *used = find_used(geo, use);
    if (used == NULL && geo->used_count == WV_GEO_DATABASES_MAX) {
        (void)wv_config_fail_at(builder->plan->config, use->pointer, builder->report,
                                "is one database too many: at most %d are possible",
                                WV_GEO_DATABASES_MAX);
        return NULL;
    }
    if (used == NULL) {
        used = &geo->used[geo->used_count];
        if (!open_used(builder, use, used)) {
            return NULL;
        }
        geo->used_count++;
        geo->digest = geo->digest * 31 + wv_geo_digest(used->database);
        warn_of_age(builder, use, used->database);
    } else if (use->source->max_age_days < used->max_age_days) {
        used->max_age_days = use->source->max_age_days;
        warn_of_age(builder, use, used->database);
    }
    return used->database;
}

static bool open_regions(struct wv_builder *builder)
{
    const struct wv_config *config = builder->plan->config;
    struct wv_geo *geo = builder->plan->geo;
    geo->regions = WV_ARENA_ARRAY(builder->plan->arena, config->region_count + 1,
                                  const struct wv_geo_database *);
    if (geo->regions == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0}, "not enough memory");
    }
    bool good = true;
    for (size_t i = 0; i < config->region_count; i++) {
        if (config->regions[i].from == WV_REGION_DATABASE &&
            config->regions[i].database.file.len > 0) {
            struct use use = {.source = &config->regions[i].database, .wanted = WV_GEO_COUNTRY};
            (void)snprintf(use.pointer, sizeof use.pointer, "/regions/%zu/file", i);
            geo->regions[i] = open_use(builder, &use);
            good = good && geo->regions[i] != NULL;
        }
    }
    return good;
}

static bool open_one(struct wv_builder *builder, const struct wv_geo_source *source,
                     enum wv_geo_wanted wanted, const char *pointer,
                     const struct wv_geo_database **out)
{
    struct use use = {.source = source, .wanted = wanted};
    (void)snprintf(use.pointer, sizeof use.pointer, "%s", pointer);
    if (source->file.len == 0) {
        return true;
    }
    *out = open_use(builder, &use);
    return *out != NULL;
}

/* Reads a list; line by line its mistakes are told where the list is named. */
static bool read_list(struct wv_builder *builder, size_t number)
{
    struct wv_geo *geo = builder->plan->geo;
    const struct wv_config *config = builder->plan->config;
    const char *file = (const char *)config->enrich.lists[number].file.ptr;
    char pointer[POINTER_BYTES];
    struct wv_report *found = wv_report_new();
    (void)snprintf(pointer, sizeof pointer, "/enrich/lists/%zu/file", number);
    if (found == NULL) {
        return wv_config_fail_at(config, pointer, builder->report,
                                 "cannot be read: memory is short");
    }
    const bool loaded =
        wv_networks_load(geo->networks, (unsigned)number, file, &geo->digest, found);
    const bool good = tell(builder, pointer, file, found) && loaded;
    wv_report_free(found);
    if (good && !wv_networks_covers(geo->networks, (unsigned)number, WV_GEO_LIST_LEAST)) {
        wv_config_warn_at(config, pointer, builder->report,
                          "covers fewer than %d addresses: where the pack shows lists, being on it "
                          "comes near to naming one of them",
                          WV_GEO_LIST_LEAST);
    }
    return good;
}

static bool read_lists(struct wv_builder *builder)
{
    struct wv_geo *geo = builder->plan->geo;
    const struct wv_enrich *enrich = &builder->plan->config->enrich;
    const size_t count = enrich->list_count;
    if (count == 0) {
        return true;
    }
    geo->networks = wv_networks_new();
    bool good = geo->networks != NULL;
    for (size_t i = 0; geo->networks != NULL && i < count; i++) {
        good = (enrich->lists[i].file.len == 0 || read_list(builder, i)) && good;
    }
    if (geo->networks == NULL || (good && !wv_networks_sort(geo->networks))) {
        return wv_config_fail_at(builder->plan->config, "/enrich/lists", builder->report,
                                 "cannot be kept: memory is short");
    }
    return good;
}

/* The profile without personal data says nothing of clients, also where it is laid over an output.
 */
static void find_silent(struct wv_plan *plan)
{
    const struct wv_config *config = plan->config;
    _Static_assert(sizeof plan->geo->silent * 8 >= WV_OUTPUTS_MAX, "a bit for each output");
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_slice overlay = config->outputs[i].overlay;
        size_t pack;
        if (overlay.len > 0 && wv_plan_pack_find(plan, overlay, &pack)) {
            for (size_t k = 0; k < plan->pack_count; k++) {
                const bool same = (plan->packs[pack].versions >> k & 1) != 0;
                plan->geo->silent |= (uint64_t)(same && plan->packs[k].refused) << i;
            }
        }
    }
}

static const struct wv_geo_database *first_countries(const struct wv_plan *plan)
{
    const struct wv_geo_database *first = plan->geo->country;
    for (size_t i = 0;
         first == NULL && plan->geo->regions != NULL && i < plan->config->region_count; i++) {
        first = plan->geo->regions[i];
    }
    return first;
}

bool wv_build_geo(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_enrich *enrich = &plan->config->enrich;
    plan->geo = WV_ARENA_NEW(plan->arena, struct wv_geo);
    if (plan->geo == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0}, "not enough memory");
    }
    bool good = open_regions(builder);
    good = open_one(builder, &enrich->country, WV_GEO_COUNTRY, "/enrich/country/file",
                    &plan->geo->country) &&
           good;
    good = open_one(builder, &enrich->asn, WV_GEO_ASN, "/enrich/asn/file", &plan->geo->asn) && good;
    good = read_lists(builder) && good;
    plan->geo->enriches =
        plan->geo->country != NULL || plan->geo->asn != NULL || plan->geo->networks != NULL;
    plan->geo->countries = first_countries(plan);
    plan->geo->looks = plan->geo->used_count > 0 || plan->geo->networks != NULL;
    find_silent(plan);
    return good;
}

void wv_build_free_geo(struct wv_geo *geo)
{
    if (geo == NULL) {
        return;
    }
    for (size_t i = 0; i < geo->used_count; i++) {
        wv_geo_close(geo->used[i].database);
    }
    wv_networks_free(geo->networks);
}
