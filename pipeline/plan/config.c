/*
 * config.c — the configuration file, as a document with its sections and as one that is built in.
 */
#include "plan/config.h"

#include "plan/config_checks.h"
#include "plan/config_sections.h"

#include <stdarg.h>
#include <stdlib.h>

enum { CONFIG_MEMORY = 256 * 1024 * 1024 };

/* The public struct, and what has to be given back with it. */
struct loaded {
    struct wv_config config;
    struct wv_arena *arena;
    struct wv_document *document;
};

static bool no_memory(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "there is no memory left for the configuration");
}

/* A file that says only how records are protected (detectors, packs, formats, names) is a whole
 * configuration for every command that reads no topic: any format in, one output. */
static bool add_ends(struct wv_config *config, const struct wv_node *root, struct wv_report *report)
{
    static const char *const of_a_service[] = {"kafka", "inputs", "outputs", "rejects"};
    static const char *const of_protection[] = {"detectors", "packs", "formats", "names"};
    bool whole = !json_is_object(root->value);
    bool protects = false;
    for (size_t i = 0; i < WV_COUNT(of_a_service); i++) {
        whole = whole || json_object_get(root->value, of_a_service[i]) != NULL;
    }
    for (size_t i = 0; i < WV_COUNT(of_protection); i++) {
        protects = protects || json_object_get(root->value, of_protection[i]) != NULL;
    }
    if (whole || !protects) {
        return true;
    }
    json_t *ends = json_pack("{s:[{s:s, s:{s:s, s:s}}], s:[{s:s, s:s}]}", "inputs", "format",
                             "auto", "tenant", "from", "fixed", "name", "default", "outputs",
                             "name", "default", "purpose", "security");
    const bool added = ends != NULL && json_object_update(root->value, ends) == 0;
    json_decref(ends);
    config->bare = true;
    wv_node_warn(root, report, "has no inputs and no outputs: `run` needs both");
    return added || no_memory(root, report);
}

/* Takes the document, also when it fails. NULL: memory is short. */
static struct wv_config *read_document(struct wv_document *document, const char *path, bool *good,
                                       struct wv_report *report)
{
    *good = false;
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    struct wv_arena *arena = wv_arena_new(CONFIG_MEMORY);
    const struct wv_node root = wv_document_root(document);
    if (loaded == NULL || arena == NULL) {
        (void)no_memory(&root, report);
        wv_arena_free(arena);
        wv_document_free(document);
        free(loaded);
        return NULL;
    }
    *loaded = (struct loaded){.arena = arena, .document = document};
    loaded->config.document = document;
    if (path != NULL) {
        loaded->config.path = (const char *)wv_arena_copy(arena, wv_slice_of(path)).ptr;
    }
    *good = (path == NULL || add_ends(&loaded->config, &root, report)) &&
            wv_config_read_sections(&loaded->config, arena, &root, report);
    return &loaded->config;
}

static struct wv_config *good_or_nothing(struct wv_config *config, bool good)
{
    if (!good) {
        wv_config_free(config);
    }
    return good ? config : NULL;
}

struct wv_config *wv_config_read(const char *path, bool *good, struct wv_report *report)
{
    struct wv_document *document = wv_document_load(path, report);
    *good = false;
    return document == NULL ? NULL : read_document(document, path, good, report);
}

struct wv_config *wv_config_load(const char *path, struct wv_report *report)
{
    bool good;
    struct wv_config *config = wv_config_read(path, &good, report);
    return good_or_nothing(config, good);
}

void wv_config_unpacked(struct wv_config *config)
{
    struct wv_output *outputs = (struct wv_output *)(uintptr_t)config->outputs;
    for (size_t i = 0; i < config->output_count; i++) {
        outputs[i].compress = 0;
    }
}

struct wv_config *wv_config_parse(const char *name, struct wv_slice text, struct wv_report *report)
{
    struct wv_document *document = wv_document_parse(name, text, report);
    bool good = false;
    struct wv_config *config =
        document == NULL ? NULL : read_document(document, NULL, &good, report);
    return good_or_nothing(config, good);
}

struct wv_config *wv_config_builtin(const char *format, const char *region,
                                    struct wv_report *report)
{
    json_t *tenant =
        json_pack("{s:s, s:s, s:s*}", "from", "fixed", "name", "default", "region", region);
    json_t *root = json_pack("{s:[{s:s, s:o}], s:[{s:s, s:s}]}", "inputs", "format", format,
                             "tenant", tenant, "outputs", "name", "default", "purpose", "security");
    if (root != NULL && region != NULL) {
        (void)json_object_set_new(root, "regions", json_pack("[{s:s}]", "from", "tenant"));
    }
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        (void)wv_report_add(report, (struct wv_finding){.severity = WV_ERROR},
                            "there is no memory left, or --format or --region is not valid UTF-8");
        return NULL;
    }
    struct wv_config *config = wv_config_parse("built-in configuration", wv_slice_of(text), report);
    free(text);
    return config;
}

void wv_config_on_day(struct wv_config *config, int32_t day)
{
    config->today = day;
}

void wv_config_only_look(struct wv_config *config)
{
    config->only_look = true;
}

void wv_config_free(struct wv_config *config)
{
    if (config == NULL) {
        return;
    }
    /* config is the first member of what read_document() made. */
    struct loaded *loaded = (struct loaded *)config;
    wv_arena_free(loaded->arena);
    wv_document_free(loaded->document);
    free(loaded);
}

bool wv_config_fail_at(const struct wv_config *config, const char *pointer,
                       struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)wv_document_fail_at(config->document, pointer, report, format, args);
    va_end(args);
    return false;
}

void wv_config_warn_at(const struct wv_config *config, const char *pointer,
                       struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wv_document_warn_at(config->document, pointer, report, format, args);
    va_end(args);
}
