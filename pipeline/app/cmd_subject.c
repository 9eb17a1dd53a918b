/*
 * cmd_subject.c — the tokens of one person, for requests of access and erasure; recorded before
 * they are shown.
 */
#include "app/acts.h"
#include "app/setup.h"
#include "app/subject_show.h"
#include "app/subject_value.h"
#include "json/utf8.h"
#include "keys/epoch.h"
#include "plan/config.h"

#include <errno.h>
#include <stdlib.h>

enum { WORDS_MAX = 1000 }; /* bytes of --reason and --requester */

/* ---- The command line -------------------------------------------------------------------------
 */

static enum wv_exit read_span(const struct wv_arguments *arguments,
                              struct wv_subject_request *request)
{
    if (!wv_day_parse(wv_slice_of(wv_argument_text(arguments, "from")), &request->from_day) ||
        !wv_day_parse(wv_slice_of(wv_argument_text(arguments, "to")), &request->to_day)) {
        return wv_usage_fail(arguments, "--from and --to must be days, as 2026-11-16");
    }
    if (request->from_day > request->to_day) {
        return wv_usage_fail(arguments, "--from is later than --to");
    }
    if (request->to_day - request->from_day >= WV_SUBJECT_DAYS_MAX) {
        return wv_usage_fail(arguments, "from --from to --to there are more than %d days",
                             WV_SUBJECT_DAYS_MAX);
    }
    return WV_EXIT_OK;
}

/* Who asks and why goes into the record, and must not carry the value there. */
static enum wv_exit check_words(const struct wv_arguments *arguments, const char *name,
                                const struct wv_subject_value *value)
{
    const struct wv_slice text = wv_slice_of(wv_argument_text(arguments, name));
    bool plain = text.len <= WORDS_MAX && wv_utf8_valid(text);
    bool blank = true;
    for (size_t i = 0; i < text.len; i++) {
        plain = plain && text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
        blank = blank && text.ptr[i] == ' ';
    }
    if (!plain || blank) {
        return wv_usage_fail(arguments, "--%s takes one line of text of at most %d bytes", name,
                             WORDS_MAX);
    }
    if (wv_subject_is_in(value, text)) {
        return wv_usage_fail(arguments,
                             "--%s holds the value itself, which must not be in the record: name "
                             "the case by its number",
                             name);
    }
    return WV_EXIT_OK;
}

static enum wv_exit choose_tenant(const struct wv_arguments *arguments,
                                  const struct wv_config *config, struct wv_slice *out)
{
    const char *name = wv_argument_text(arguments, "tenant");
    const char **names = NULL;
    size_t count = 0;
    bool known = false;
    *out = name == NULL ? (struct wv_slice){0} : wv_slice_of(name);
    if (name == NULL || strcmp(name, "unknown") == 0) {
        return WV_EXIT_OK;
    }
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        const char **more = realloc(names, (count + tenants->table_count + 1) * sizeof *names);
        wv_ensure(more != NULL);
        names = more;
        for (size_t t = 0; t < tenants->table_count; t++) {
            names[count++] = (const char *)tenants->table[t].name.ptr;
            known = known || wv_slice_eq(tenants->table[t].name, *out);
        }
    }
    enum wv_exit code = WV_EXIT_OK;
    if (!known) {
        const char *near = wv_nearest(*out, names, count);
        code = wv_usage_fail(arguments, "--tenant: there is no such tenant%s%s%s",
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? "" : "\"?");
    }
    free(names);
    return code;
}

static enum wv_exit choose_output(const struct wv_arguments *arguments, const struct wv_plan *plan,
                                  uint32_t *out)
{
    const char *name = wv_argument_text(arguments, "output");
    const struct wv_config *config = wv_plan_config(plan);
    const char *names[WV_OUTPUTS_MAX];
    size_t index;
    *out = WV_SUBJECT_ALL;
    if (name == NULL) {
        return WV_EXIT_OK;
    }
    if (wv_plan_output(plan, wv_slice_of(name), &index)) {
        *out = (uint32_t)index;
        return WV_EXIT_OK;
    }
    for (size_t i = 0; i < config->output_count; i++) {
        names[i] = (const char *)config->outputs[i].name.ptr;
    }
    const char *near = wv_nearest(wv_slice_of(name), names, config->output_count);
    return wv_usage_fail(arguments, "--output: there is no such output%s%s%s",
                         near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                         near == NULL ? "" : "\"?");
}

/* ---- The work ---------------------------------------------------------------------------------
 */

/* The rules and the keys. What has ended by today is no hindrance: nothing is sent. */
static struct wv_plan *load_plan(const struct wv_arguments *arguments, struct wv_report *report)
{
    struct wv_config *config = wv_config_load(wv_argument_text(arguments, "config"), report);
    if (config == NULL) {
        return NULL;
    }
    if (config->keys.file.len == 0) {
        (void)wv_config_fail_at(config, "", report,
                                "names no key file, so no token can be made again: its tokens were "
                                "made with keys that are thrown away");
        wv_config_free(config);
        return NULL;
    }
    wv_config_only_look(config);
    return wv_plan_build(config, NULL, report);
}

static char *audit_path(const struct wv_arguments *arguments, const struct wv_config *config)
{
    const char *given = wv_argument_text(arguments, "audit");
    const size_t size = config->keys.file.len + sizeof ".audit.jsonl";
    char *path = given != NULL ? strdup(given) : malloc(size);
    wv_ensure(path != NULL);
    if (given == NULL) {
        (void)snprintf(path, size, "%s.audit.jsonl", (const char *)config->keys.file.ptr);
    }
    return path;
}

static enum wv_exit show(const struct wv_arguments *arguments, struct wv_subject_page *page)
{
    char warnings[WV_SUBJECT_WARNINGS_MAX][WV_SUBJECT_WARNING];
    const char *texts[WV_SUBJECT_WARNINGS_MAX];
    bool good = true;
    page->warning_count = wv_subject_warnings(page->plan, &page->request->value, warnings);
    for (size_t i = 0; i < page->warning_count; i++) {
        texts[i] = warnings[i];
    }
    page->warnings = texts;
    if (wv_argument_given(arguments, "json")) {
        good = wv_subject_print_json(page, stdout);
    } else {
        wv_subject_print(page, stdout);
    }
    if (!good || fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "wafveil: stdout: %s\n", strerror(errno));
        return WV_EXIT_OUTPUT;
    }
    return WV_EXIT_OK;
}

/* The file is given back before anything is shown: whoever reads it may take his time. */
static enum wv_exit record_and_show(const struct wv_arguments *arguments,
                                    struct wv_subject_page *page, struct wv_report *report)
{
    char chain[WV_LEDGER_ID + 1];
    char *path = audit_path(arguments, wv_plan_config(page->plan));
    struct wv_acts *acts = wv_acts_open(path, report);
    bool recorded = false;
    if (acts != NULL) {
        memcpy(chain, wv_acts_chain(acts)->id, sizeof chain);
        page->audit = path;
        page->chain = chain;
        page->seq = wv_acts_chain(acts)->seq;
        json_t *members = wv_subject_act(page->plan, page->request, page->found,
                                         wv_argument_text(arguments, "reason"),
                                         wv_argument_text(arguments, "requester"));
        recorded = wv_acts_write(acts, "subject", members, report);
    }
    wv_acts_close(acts);
    const enum wv_exit code = recorded ? show(arguments, page) : WV_EXIT_CONFIG;
    free(path);
    return code;
}

static enum wv_exit look(const struct wv_arguments *arguments, struct wv_subject_request *request,
                         struct wv_report *report)
{
    struct wv_plan *plan = load_plan(arguments, report);
    if (plan == NULL) {
        return WV_EXIT_CONFIG;
    }
    struct wv_subject_found found = {0};
    enum wv_exit code = choose_tenant(arguments, wv_plan_config(plan), &request->tenant);
    code = code == WV_EXIT_OK ? choose_output(arguments, plan, &request->output) : code;
    if (code == WV_EXIT_OK) {
        struct wv_subject_page page = {.plan = plan, .request = request, .found = &found};
        code = wv_subject_find(plan, request, &found, report)
                   ? record_and_show(arguments, &page, report)
                   : WV_EXIT_CONFIG;
    }
    wv_subject_free(&found);
    wv_plan_free(plan);
    return code;
}

enum wv_exit wv_cmd_subject(const struct wv_arguments *arguments)
{
    struct wv_subject_request request = {0};
    struct wv_locked memory = {0};
    struct wv_report *report = wv_report_new();
    wv_ensure(report != NULL);
    enum wv_exit code = read_span(arguments, &request);
    code = code == WV_EXIT_OK ? wv_subject_read(arguments, &request.value, &memory) : code;
    code = code == WV_EXIT_OK ? check_words(arguments, "reason", &request.value) : code;
    code = code == WV_EXIT_OK ? check_words(arguments, "requester", &request.value) : code;
    code = code == WV_EXIT_OK ? look(arguments, &request, report) : code;
    if (wv_report_errors(report) > 0) {
        wv_report_print(report, stderr);
    }
    wv_locked_free(&memory);
    wv_report_free(report);
    return code;
}
