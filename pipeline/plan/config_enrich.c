/*
 * config_enrich.c — what is added to records of their clients, as the configuration says it.
 */
#include "plan/config_enrich.h"

#include "plan/config_paths.h"
#include "plan/networks.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 32, AGE_DAYS_MAX = 3650 };

struct enrich_section {
    json_t *block;
};

const struct wv_option wv_enrich_rows[WV_ENRICH_ROWS] = {
    {.name = "country",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct enrich_section, block),
     .help = "database of countries; {}: that of the section regions"},
    {.name = "asn",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct enrich_section, block),
     .help = "database of network operators"},
    {.name = "lists",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct enrich_section, block),
     .help = "lists of networks, at most 32: [ {\"name\": \"tor\", \"file\": \"tor.txt\"} ]"},
};

const struct wv_option wv_enrich_database_rows[WV_DATABASE_ROWS] = {
    {.name = "file",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_geo_source, file),
     .max = PATH_BYTES,
     .help = "MaxMind DB (.mmdb)"},
    {.name = "max_age_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct wv_geo_source, max_age_days),
     .min = 1,
     .max = AGE_DAYS_MAX,
     .fallback = WV_GEO_AGE_DAYS,
     .unit = "days",
     .help = "an older one is used, with a warning"},
};

const struct wv_option wv_enrich_list_rows[WV_LIST_ROWS] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_list_source, name),
     .max = NAME_BYTES,
     .required = true,
     .help = "word that stands in records: 1 to 32 of a-z, 0-9, '_' and '-'"},
    {.name = "file",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_list_source, file),
     .max = PATH_BYTES,
     .required = true,
     .help = "one address or network a line; \"#\" begins a comment"},
};

struct reading {
    struct wv_config *config;
    struct wv_arena *arena;
    struct wv_report *report;
};

/* A file that is not there is forgotten once it is told: nobody tries to open it. */
static bool find_file(const struct wv_node *node, struct wv_slice *path,
                      const struct wv_config *config, struct wv_arena *arena,
                      struct wv_report *report)
{
    const bool good = wv_config_resolve(config->path, node, path, arena, report) &&
                      wv_config_readable(node, *path, report);
    *path = good ? *path : (struct wv_slice){0};
    return good;
}

bool wv_config_geo_file(const struct wv_node *node, struct wv_geo_source *source,
                        const struct wv_config *config, struct wv_arena *arena,
                        struct wv_report *report)
{
    const struct wv_node file = wv_node_member(node, "file");
    return find_file(&file, &source->file, config, arena, report);
}

/* The database of the first source of regions that has one; with its age, unless the node says
 * another. */
static bool borrow(const struct wv_config *config, const struct wv_node *node,
                   struct wv_geo_source *source)
{
    for (size_t i = 0; i < config->region_count; i++) {
        if (config->regions[i].from == WV_REGION_DATABASE) {
            const uint32_t own = source->max_age_days;
            *source = config->regions[i].database;
            if (wv_node_member(node, "max_age_days").value != NULL) {
                source->max_age_days = own;
            }
            return true;
        }
    }
    return false;
}

static bool read_database(const struct reading *reading, const struct wv_node *node, bool countries,
                          struct wv_geo_source *out)
{
    if (node->value == NULL) {
        return true;
    }
    if (!wv_options_bind(node, wv_enrich_database_rows, WV_DATABASE_ROWS, out, reading->arena,
                         reading->report)) {
        return false;
    }
    if (out->file.len > 0) {
        return wv_config_geo_file(node, out, reading->config, reading->arena, reading->report);
    }
    if (countries && borrow(reading->config, node, out)) {
        return true;
    }
    return wv_node_fail(node, reading->report,
                        countries ? "needs \"file\": no source of the section regions is a database"
                                  : "needs \"file\": the path of a database of network operators");
}

static bool is_list_name(struct wv_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (!letter && byte != '_' && byte != '-') {
            return false;
        }
    }
    return name.len > 0;
}

static bool read_list(const struct reading *reading, const struct wv_node *node,
                      struct wv_list_source *out)
{
    bool ok = wv_options_bind(node, wv_enrich_list_rows, WV_LIST_ROWS, out, reading->arena,
                              reading->report);
    const struct wv_node name = wv_node_member(node, "name");
    const struct wv_node file = wv_node_member(node, "file");
    if (name.value != NULL && json_is_string(name.value) && !is_list_name(out->name)) {
        ok = wv_node_fail(&name, reading->report, "must be 1 to 32 of a-z, 0-9, '_' and '-'");
    }
    if (out->file.len == 0) {
        return ok && wv_node_fail(&file, reading->report, "must be the path of a list of networks");
    }
    return find_file(&file, &out->file, reading->config, reading->arena, reading->report) && ok;
}

static bool read_lists(const struct reading *reading, const struct wv_node *node)
{
    struct wv_enrich *enrich = &reading->config->enrich;
    if (node->value == NULL) {
        return true;
    }
    const size_t count = json_array_size(node->value);
    if (!json_is_array(node->value) || count > WV_NETWORK_LISTS_MAX) {
        return wv_node_fail(node, reading->report,
                            "must be an array of at most %d lists: [ {\"name\": \"tor\", "
                            "\"file\": \"tor.txt\"} ]",
                            WV_NETWORK_LISTS_MAX);
    }
    struct wv_list_source *lists = WV_ARENA_ARRAY(reading->arena, count + 1, struct wv_list_source);
    if (lists == NULL) {
        return wv_node_fail(node, reading->report, "there is no memory left for the lists");
    }
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        ok = read_list(reading, &element, &lists[i]) && ok;
        for (size_t k = 0; k < i; k++) {
            if (lists[i].name.len > 0 && wv_slice_eq(lists[i].name, lists[k].name)) {
                ok = wv_node_fail(&element, reading->report, "has the name of an earlier list");
            }
        }
    }
    enrich->lists = lists;
    enrich->list_count = count;
    return ok;
}

bool wv_config_enrich(const struct wv_node *node, struct wv_config *config, struct wv_arena *arena,
                      struct wv_report *report)
{
    const struct reading reading = {config, arena, report};
    struct enrich_section section = {0};
    const struct wv_node country = wv_node_member(node, "country");
    const struct wv_node asn = wv_node_member(node, "asn");
    const struct wv_node lists = wv_node_member(node, "lists");
    bool ok = wv_options_bind(node, wv_enrich_rows, WV_ENRICH_ROWS, &section, arena, report);
    ok = read_database(&reading, &country, true, &config->enrich.country) && ok;
    ok = read_database(&reading, &asn, false, &config->enrich.asn) && ok;
    return read_lists(&reading, &lists) && ok;
}
