/*
 * loosening_documents.c — what tells what a value is, what is looked for in texts, and who
 * approves.
 */
#include "plan/loosening_work.h"

/* ---- Detectors of the configuration ---------------------------------------------------------- */

static const struct wv_pattern_source *find_detector(const struct wv_config *config,
                                                     struct wv_slice name)
{
    for (size_t i = 0; i < config->detector_count; i++) {
        if (wv_slice_eq(config->detectors[i].name, name)) {
            return &config->detectors[i];
        }
    }
    return NULL;
}

static bool finds_as_much(const struct wv_pattern_source *was, const struct wv_pattern_source *is)
{
    return wv_slice_eq(was->pattern, is->pattern) && wv_slice_eq(was->literal, is->literal) &&
           (is->literal_nocase || !was->literal_nocase) &&
           (is->validator == NULL || is->validator == was->validator) && is->class == was->class &&
           (is->action == WV_PATTERN_REMOVE || is->action == was->action);
}

static void compare_detectors(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    for (size_t i = 0; i < before->detector_count; i++) {
        const struct wv_pattern_source *was = &before->detectors[i];
        const struct wv_pattern_source *is = find_detector(work->after->config, was->name);
        if (is == NULL) {
            wv_looser(work, "detector \"%.*s\" would not be there any more", WV_SHOW(was->name));
        } else if (!finds_as_much(was, is)) {
            wv_looser(work, "detector \"%.*s\" would look for something else, or do less with it",
                      WV_SHOW(was->name));
        }
    }
}

/* ---- Names of parameters --------------------------------------------------------------------- */

static void compare_parameter(struct wv_loosening *work, struct wv_slice name)
{
    const enum wv_parameter was = wv_parameters_find(work->before->parameters, name);
    const enum wv_parameter is = wv_parameters_find(work->after->parameters, name);
    if (was != is && !wv_parameter_is_replaced(is)) {
        wv_looser(work, "the parameter \"%.*s\" would be %s; it was %s", WV_SHOW(name),
                  wv_parameter_member(is), wv_parameter_member(was));
    }
}

/* Every name that the configuration of one of the plans lists. */
static void compare_parameters(struct wv_loosening *work, const struct wv_config *config)
{
    const json_t *names = json_object_get(wv_document_root(config->document).value, "names");
    const char *group;
    json_t *list;
    json_object_foreach(json_object_get(names, "parameters"), group, list)
    {
        size_t index;
        json_t *name;
        json_array_foreach(list, index, name)
        {
            compare_parameter(work, wv_slice_of(json_string_value(name)));
        }
    }
}

/* ---- Formats --------------------------------------------------------------------------------- */

static bool is_own(const struct wv_config *config, const struct wv_document *document)
{
    for (size_t i = 0; i < config->format_files.count; i++) {
        if (wv_slice_eq(config->format_files.items[i], wv_slice_of(wv_document_name(document)))) {
            return true;
        }
    }
    return false;
}

/* The document that counts: a file of the configuration replaces a built-in one. */
static const json_t *format_document(const struct wv_plan *plan, const char *name)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < plan->document_count; i++) {
        const json_t *root = wv_document_root(plan->documents[i]).value;
        const char *own = json_string_value(json_object_get(root, "format"));
        if (own != NULL && strcmp(own, name) == 0 &&
            (found == NULL || is_own(plan->config, plan->documents[i]))) {
            found = root;
        }
    }
    return found;
}

static const json_t *own_fields(const struct wv_plan *plan, const char *format)
{
    const json_t *root = wv_document_root(plan->config->document).value;
    return json_object_get(json_object_get(json_object_get(root, "formats"), "fields"), format);
}

/* The class of a plain value; false where more than a class is to be known of it. */
static bool class_at(const struct wv_format *format, const char *path, enum wv_class *out)
{
    *out = WV_CLASS_UNLISTED;
    for (size_t i = 0; i < format->listed_count; i++) {
        const struct wv_place *place = format->listed[i];
        if (strcmp(place->path, path) == 0) {
            *out = place->class;
            return place->leaf && !place->paired && place->pairs == NULL && place->inner == NULL &&
                   place->table == NULL && place->prefix_count == 0;
        }
    }
    return true;
}

static void compare_field(struct wv_loosening *work, const struct wv_format *was,
                          const struct wv_format *is, const char *path)
{
    enum wv_class before;
    enum wv_class after;
    const bool was_plain = class_at(was, path, &before);
    const bool plain = class_at(is, path, &after) && was_plain;
    if (!plain) {
        wv_looser(work, "format \"%.64s\": the field %.128s would be read in another way", is->name,
                  path);
    } else if (before != after && wv_looser_class(work, before, after)) {
        wv_looser(work, "format \"%.64s\": the field %.128s would be %s; it was %s", is->name, path,
                  wv_class_word(after), wv_class_word(before));
    }
}

static void compare_fields(struct wv_loosening *work, const struct wv_format *was,
                           const struct wv_format *is)
{
    const json_t *before = own_fields(work->before, is->name);
    const json_t *after = own_fields(work->after, is->name);
    const char *path;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)after, path, value)
    {
        if (json_equal(json_object_get(before, path), value) != 1) {
            compare_field(work, was, is, path);
        }
    }
    json_object_foreach((json_t *)(uintptr_t)before, path, value)
    {
        if (json_object_get(after, path) == NULL) {
            compare_field(work, was, is, path);
        }
    }
}

static const struct wv_format *find_format(const struct wv_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (strcmp(plan->formats[i]->name, name) == 0) {
            return plan->formats[i];
        }
    }
    return NULL;
}

static void compare_formats(struct wv_loosening *work)
{
    for (size_t i = 0; i < work->before->format_count; i++) {
        if (find_format(work->after, work->before->formats[i]->name) == NULL) {
            wv_looser(work, "format \"%.64s\" would be gone: its records may be read as another's",
                      work->before->formats[i]->name);
        }
    }
    for (size_t i = 0; i < work->after->format_count; i++) {
        const struct wv_format *is = work->after->formats[i];
        const struct wv_format *was = find_format(work->before, is->name);
        if (was == NULL) {
            wv_looser(work, "format \"%.64s\" is new: what it lists was unlisted", is->name);
        } else if (json_equal(format_document(work->before, is->name),
                              format_document(work->after, is->name)) != 1) {
            wv_looser(work, "format \"%.64s\" would be another one: what a value is may change",
                      is->name);
        } else {
            compare_fields(work, was, is);
        }
    }
}

/* ---- Approvers ------------------------------------------------------------------------------- */

static void compare_approvers(struct wv_loosening *work)
{
    const struct wv_change_rules *was = &work->before->config->changes;
    const struct wv_change_rules *is = &work->after->config->changes;
    if (!was->four_eyes) {
        return;
    }
    if (!is->four_eyes) {
        wv_looser(work, "changes.four_eyes would be off: one person could loosen everything");
        return;
    }
    if (is->signatures < was->signatures) {
        wv_looser(work, "changes.signatures: %u would have to sign instead of %u", is->signatures,
                  was->signatures);
    }
    if (memcmp(work->before->approvers_digest, work->after->approvers_digest,
               sizeof work->before->approvers_digest) != 0) {
        wv_looser(work, "changes.approvers: others might approve changes");
    }
}

void wv_looser_documents(struct wv_loosening *work)
{
    compare_detectors(work);
    compare_parameters(work, work->before->config);
    compare_parameters(work, work->after->config);
    compare_formats(work);
    compare_approvers(work);
}
