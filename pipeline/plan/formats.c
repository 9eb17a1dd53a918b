/* formats.c — all formats of a plan, and by what their records are told apart. */
#include "plan/build.h"

#include <stdio.h>

static const struct wv_format *format_named(const struct wv_plan *plan, struct wv_slice name)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (wv_slice_eq(name, wv_slice_of(plan->formats[i]->name))) {
            return plan->formats[i];
        }
    }
    return NULL;
}

/* What is needed while the formats are being read. */
struct gathering {
    struct wv_builder *builder;
    struct wv_format_tests *tests;
    const struct wv_format **formats;
    struct wv_candidate *candidates;
    const struct wv_format **texts;
};

/* A record can turn out to be of a format that says by what it is known. */
static bool add_candidate(struct gathering *gathering, const struct wv_format *format,
                          const struct wv_document *document)
{
    struct wv_format_detector *detector = &gathering->builder->plan->detector;
    if (format->detect.count == 0) {
        return true;
    }
    if (format->syntax != NULL) {
        gathering->texts[detector->text_count++] = format;
        return true;
    }
    struct wv_candidate *candidate = &gathering->candidates[detector->candidate_count++];
    const struct wv_node root = wv_document_root(document);
    candidate->format = format;
    return wv_format_tests_add(gathering->tests, &root, &candidate->detect);
}

static bool add_file(struct gathering *gathering, const char *path)
{
    struct wv_builder *builder = gathering->builder;
    struct wv_plan *plan = builder->plan;
    const struct wv_document *document = wv_build_file(builder, path);
    const struct wv_format *format = wv_build_format(builder, document);
    if (format == NULL) {
        return false;
    }
    const struct wv_node root = wv_document_root(document);
    const struct wv_node name = wv_node_member(&root, "format");
    if (strcmp(format->name, "auto") == 0) {
        return wv_node_fail(&name, builder->report, "no format can be called \"auto\"");
    }
    if (format_named(plan, wv_slice_of(format->name)) != NULL) {
        return wv_node_fail(&name, builder->report,
                            "another file has a format of that name already");
    }
    gathering->formats[plan->format_count++] = format;
    return add_candidate(gathering, format, document);
}

/* A built-in format, unless a file of the user's has taken its name. */
static bool add_builtin(struct gathering *gathering, const struct wv_builtin *one)
{
    struct wv_builder *builder = gathering->builder;
    struct wv_plan *plan = builder->plan;
    if (format_named(plan, wv_slice_of(one->name)) != NULL) {
        return true;
    }
    const struct wv_document *document = wv_build_builtin(builder, one->kind, one->name);
    const struct wv_format *format = wv_build_format(builder, document);
    if (format == NULL) {
        return false;
    }
    gathering->formats[plan->format_count++] = format;
    return add_candidate(gathering, format, document);
}

/* Of JSON, a format of a vendor's own is tried first, then what can hold its records, then what can
 * wrap anything: it shows in members which of them it is. A line shows its envelope at its
 * beginning, which other readers would take for a part of their own. */
static unsigned turn_of(const struct wv_format *format)
{
    return format->envelope ? 2 : format->holds ? 1 : 0;
}

static void sort_candidates(struct gathering *gathering)
{
    struct wv_candidate *items = gathering->candidates;
    for (size_t i = 1; i < gathering->builder->plan->detector.candidate_count; i++) {
        const struct wv_candidate moved = items[i];
        size_t at = i;
        for (; at > 0 && turn_of(items[at - 1].format) > turn_of(moved.format); at--) {
            items[at] = items[at - 1];
        }
        items[at] = moved;
    }
}

/* Of lines, what shows at its beginning what it is comes first. */
static unsigned line_turn_of(const struct wv_format *format)
{
    return format->envelope ? 0 : format->syntax == &wv_syntax_cef ? 1 : 2;
}

static void sort_texts(struct gathering *gathering)
{
    const struct wv_format **items = gathering->texts;
    for (size_t i = 1; i < gathering->builder->plan->detector.text_count; i++) {
        const struct wv_format *moved = items[i];
        size_t at = i;
        for (; at > 0 && line_turn_of(items[at - 1]) > line_turn_of(moved); at--) {
            items[at] = items[at - 1];
        }
        items[at] = moved;
    }
}

static bool begin(struct gathering *gathering)
{
    struct wv_plan *plan = gathering->builder->plan;
    size_t most = plan->config->format_files.count;
    for (const struct wv_builtin *one = wv_builtin_documents; one->kind != NULL; one++) {
        most += strcmp(one->kind, "format") == 0;
    }
    gathering->tests = wv_format_tests_new(plan->arena, gathering->builder->report);
    gathering->formats = WV_ARENA_ARRAY(plan->arena, most, const struct wv_format *);
    gathering->candidates = WV_ARENA_ARRAY(plan->arena, most, struct wv_candidate);
    gathering->texts = WV_ARENA_ARRAY(plan->arena, most, const struct wv_format *);
    plan->formats = gathering->formats;
    plan->detector.candidates = gathering->candidates;
    plan->detector.texts = gathering->texts;
    return gathering->tests != NULL && gathering->formats != NULL &&
           gathering->candidates != NULL && gathering->texts != NULL;
}

static const char *nearest_format(const struct wv_plan *plan, struct wv_slice name)
{
    const char *names[WV_DOCUMENTS_MAX];
    for (size_t i = 0; i < plan->format_count; i++) {
        names[i] = plan->formats[i]->name;
    }
    return wv_nearest(name, names, plan->format_count);
}

/* Fields of a format that there is not. */
static bool check_own_fields(const struct wv_builder *builder)
{
    const struct wv_plan *plan = builder->plan;
    if (plan->config->document == NULL) {
        return true;
    }
    const struct wv_node config = wv_document_root(plan->config->document);
    const struct wv_node formats = wv_node_member(&config, "formats");
    const struct wv_node fields = wv_node_member(&formats, "fields");
    if (fields.value != NULL && !json_is_object(fields.value)) {
        return wv_node_fail(&fields, builder->report,
                            "must be an object: format to an object of paths and classes");
    }
    bool good = true;
    const char *name;
    json_t *value;
    json_object_foreach(fields.value, name, value)
    {
        const struct wv_node own = wv_node_member(&fields, name);
        if (format_named(plan, wv_slice_of(name)) == NULL) {
            const char *near = nearest_format(plan, wv_slice_of(name));
            good = wv_node_key_fail(
                &own, builder->report, "no such format; `wafveil formats` lists them%s%s%s",
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        }
    }
    return good;
}

bool wv_build_formats(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_name_list *files = &plan->config->format_files;
    struct gathering gathering = {.builder = builder};
    if (!begin(&gathering)) {
        return wv_report_add(builder->report, (struct wv_finding){0}, "not enough memory");
    }
    bool good = true;
    for (size_t i = 0; i < files->count; i++) {
        good = add_file(&gathering, (const char *)files->items[i].ptr) && good;
    }
    for (const struct wv_builtin *one = wv_builtin_documents; good && one->kind != NULL; one++) {
        good = strcmp(one->kind, "format") != 0 || add_builtin(&gathering, one);
    }
    good = good && check_own_fields(builder);
    sort_candidates(&gathering);
    sort_texts(&gathering);
    plan->detector.format = wv_format_tests_end(gathering.tests, &plan->detector.keys);
    return good && plan->detector.format != NULL;
}

bool wv_build_input_format(struct wv_builder *builder, size_t index, const struct wv_format **out)
{
    const struct wv_plan *plan = builder->plan;
    const struct wv_slice name = plan->config->inputs[index].format;
    char pointer[64];
    *out = format_named(plan, name);
    if (*out != NULL || wv_slice_eq(name, WV_LIT("auto"))) {
        return true;
    }
    const char *near = nearest_format(plan, name);
    snprintf(pointer, sizeof pointer, "/inputs/%zu/format", index);
    return wv_config_fail_at(plan->config, pointer, builder->report,
                             "no such format; `wafveil formats` lists them%s%s%s",
                             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
