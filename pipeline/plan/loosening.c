/* loosening.c — sets two plans side by side, and has each part of them compared. */
#include "plan/loosening_work.h"

#include <stdarg.h>
#include <stdlib.h>

enum { MEMORY = 256 * 1024 * 1024, TEXT_MAX = 900 };

void wv_looser(struct wv_loosening *work, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    if (work->found++ >= WV_LOOSER_SHOWN) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct wv_finding where = {.severity = WV_WARNING, .file = work->after->config->path};
    (void)wv_report_add(work->report, where, "looser: %s", text);
}

/* ---- Times ----------------------------------------------------------------------------------- */

static void add_time(struct wv_loosening *work, int64_t ms)
{
    for (size_t i = 0; i < work->time_count; i++) {
        if (work->times[i].ms == ms) {
            return;
        }
    }
    work->times[work->time_count++] = (struct wv_looser_time){ms, wv_plan_period(work->before, ms),
                                                              wv_plan_period(work->after, ms)};
}

static void find_times(struct wv_loosening *work)
{
    const struct wv_plan *plans[] = {work->before, work->after};
    add_time(work, 0);
    for (size_t i = 0; i < WV_COUNT(plans); i++) {
        for (size_t p = 0; p < plans[i]->period_count; p++) {
            if (plans[i]->periods[p].from_ms > 0) {
                add_time(work, plans[i]->periods[p].from_ms);
            }
        }
    }
    add_time(work, -1);
}

/* ---- Names of packs -------------------------------------------------------------------------- */

/* What a pack of the plan extends, beside earlier versions of itself; {0}: nothing. */
static struct wv_slice extended(const struct wv_plan *plan, struct wv_slice pack)
{
    for (size_t i = 0; i < plan->document_count; i++) {
        const json_t *root = wv_document_root(plan->documents[i]).value;
        const struct wv_slice name = wv_slice_of(json_string_value(json_object_get(root, "pack")));
        const struct wv_slice base =
            wv_slice_of(json_string_value(json_object_get(root, "extends")));
        if (base.len > 0 && wv_slice_eq(name, pack) && !wv_slice_eq(base, pack)) {
            return base;
        }
    }
    return (struct wv_slice){0};
}

static uint32_t counterpart(const struct wv_plan *plan, const struct wv_plan *other,
                            const char *name)
{
    struct wv_slice word = wv_slice_of(name);
    size_t pack;
    for (size_t i = 0; i < WV_PACKS_MAX && word.len > 0; i++) {
        if (wv_plan_pack_find(plan, word, &pack)) {
            return (uint32_t)pack;
        }
        word = extended(other, word);
    }
    return plan->pack_unknown;
}

static void add_name(struct wv_loosening *work, const char *word)
{
    for (size_t i = 0; i < work->name_count; i++) {
        if (strcmp(work->names[i].word, word) == 0) {
            return;
        }
    }
    size_t after;
    const bool is_there = wv_plan_pack_find(work->after, wv_slice_of(word), &after);
    work->names[work->name_count++] =
        (struct wv_looser_name){word, counterpart(work->before, work->after, word),
                                is_there ? (uint32_t)after : work->after->pack_unknown};
}

static void find_names(struct wv_loosening *work)
{
    for (size_t i = 0; i < work->after->pack_count; i++) {
        add_name(work, work->after->packs[i].name);
    }
    for (size_t i = 0; i < work->before->pack_count; i++) {
        add_name(work, work->before->packs[i].name);
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* The built-in plan has one output, which only has the packs. */
static void find_outputs(struct wv_loosening *work)
{
    const struct wv_config *after = work->after->config;
    for (size_t i = 0; i < after->output_count; i++) {
        work->outputs[i] = 0;
        if (!work->start &&
            !wv_plan_output(work->before, after->outputs[i].name, &work->outputs[i])) {
            work->outputs[i] = WV_LOOSER_NEW;
        }
    }
}

static bool prepare(struct wv_loosening *work)
{
    work->arena = wv_arena_new(MEMORY);
    if (work->arena == NULL) {
        return false;
    }
    work->outputs = WV_ARENA_ARRAY(work->arena, work->after->config->output_count + 1, size_t);
    work->memo = WV_ARENA_ARRAY(work->arena, WV_LOOSER_MEMO, struct wv_looser_known);
    return work->outputs != NULL && work->memo != NULL;
}

static struct wv_plan *builtin_plan(struct wv_report *report)
{
    struct wv_config *config = wv_config_builtin("auto", NULL, report);
    return config == NULL ? NULL
                          : wv_plan_build(config, wv_keyring_throwaway(NULL, report), report);
}

static void tell_the_rest(const struct wv_loosening *work)
{
    const struct wv_finding where = {.severity = WV_WARNING, .file = work->after->config->path};
    if (work->found > WV_LOOSER_SHOWN) {
        (void)wv_report_add(work->report, where, "looser: and %zu more",
                            work->found - WV_LOOSER_SHOWN);
    }
}

size_t wv_plan_loosened(const struct wv_plan *before, const struct wv_plan *after,
                        struct wv_report *report)
{
    struct wv_plan *builtin = before == NULL ? builtin_plan(report) : NULL;
    struct wv_loosening *work = calloc(1, sizeof *work);
    size_t found = 1; /* what cannot be compared is looser */
    if ((before != NULL || builtin != NULL) && work != NULL) {
        work->before = before == NULL ? builtin : before;
        work->after = after;
        work->start = before == NULL;
        work->report = report;
    }
    if (work == NULL || work->before == NULL || !prepare(work)) {
        const struct wv_finding where = {.severity = WV_WARNING, .file = after->config->path};
        (void)wv_report_add(report, where, "looser: there is no memory left to compare it");
    } else {
        wv_looser_conditions(work);
        find_times(work);
        find_names(work);
        find_outputs(work);
        wv_looser_packs(work);
        wv_looser_outputs(work);
        wv_looser_inputs(work);
        wv_looser_documents(work);
        tell_the_rest(work);
        found = work->found;
    }
    if (work != NULL) {
        wv_arena_free(work->arena);
    }
    free(work);
    wv_plan_free(builtin);
    return found;
}
