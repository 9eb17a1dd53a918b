/*
 * audit_report.c — `wafveil audit report`: reads, verifies, sums, and asks the packs whom to name.
 */
#include "app/audit_report.h"

#include "app/audit_read.h"
#include "app/audit_verify.h"
#include "app/setup.h"
#include "plan/builtin.h"
#include "plan/explain.h"
#include "plan/law.h"

struct reporting {
    struct wv_ledgers *ledgers;
    struct wv_audit_sum sum;
};

static void on_line(void *user, struct wv_slice line, const char *place)
{
    struct reporting *reporting = user;
    json_t *record = NULL;
    if (wv_ledgers_add(reporting->ledgers, line, place, &record) == WV_LEDGER_GOOD &&
        record != NULL) {
        wv_audit_sum_add(&reporting->sum, record);
    }
}

static bool read_day(const struct wv_arguments *arguments, const char *name, int32_t otherwise,
                     char out[WV_AUDIT_DAY])
{
    const char *text = wv_argument_text(arguments, name);
    int32_t day = otherwise;
    char formatted[WV_DAY_TEXT];
    if (text != NULL && !wv_law_day_parse(wv_slice_of(text), &day)) {
        return false;
    }
    wv_law_day_format(day, formatted);
    (void)snprintf(out, WV_AUDIT_DAY, "%.10s", formatted);
    return true;
}

/* The twelve months before the present day, unless the command line says others. */
static enum wv_exit read_filter(const struct wv_arguments *arguments,
                                struct wv_audit_filter *filter)
{
    enum { YEAR_DAYS = 365 };
    const int32_t today = (int32_t)wv_setup_today();
    filter->region = wv_argument_text(arguments, "region");
    if (!read_day(arguments, "to", today, filter->until) ||
        !read_day(arguments, "from", today - YEAR_DAYS, filter->from)) {
        return wv_usage_fail(arguments, "--from and --to must be days, as 2026-04-01");
    }
    if (strcmp(filter->from, filter->until) > 0) {
        return wv_usage_fail(arguments, "--from is later than --to");
    }
    return WV_EXIT_OK;
}

/* What the packs say of themselves, those of the configuration where one is named. */
static json_t *read_laws(const struct wv_arguments *arguments, const struct wv_audit_filter *filter,
                         bool *known)
{
    struct wv_report *report = wv_report_new();
    const char *path = wv_argument_text(arguments, "config");
    struct wv_config *config =
        path == NULL ? wv_config_builtin("auto", NULL, report) : wv_config_load(path, report);
    if (config != NULL) {
        wv_config_only_look(config);
    }
    struct wv_plan *plan =
        config == NULL ? NULL : wv_plan_build(config, wv_keyring_throwaway(NULL, report), report);
    json_t *laws = json_array();
    *known = filter->region == NULL;
    for (size_t i = 0; plan != NULL && i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        *known = *known || strcmp(pack.name, filter->region) == 0;
        if (pack.law->authority[0] != '\0') {
            json_t *law =
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "pack", pack.name, "law", pack.law->name,
                          "authority", pack.law->authority, "url", pack.law->authority_url,
                          "representative", pack.law->representative);
            wv_ensure(law != NULL && json_array_append_new(laws, law) == 0);
        }
    }
    if (plan == NULL) {
        wv_report_print(report, stderr);
        json_decref(laws);
        laws = NULL;
    }
    wv_plan_free(plan);
    wv_report_free(report);
    return laws;
}

/* Only of packs under which records were counted, each once. */
static json_t *laws_of(const json_t *laws, const json_t *packs)
{
    json_t *out = json_array();
    json_t *seen = json_object();
    const char *version;
    json_t *ignored;
    json_object_foreach((json_t *)(uintptr_t)packs, version, ignored)
    {
        size_t index;
        json_t *law;
        json_array_foreach(laws, index, law)
        {
            const char *name = json_string_value(json_object_get(law, "pack"));
            const size_t len = strcspn(version, "@");
            if (strlen(name) == len && memcmp(name, version, len) == 0 &&
                json_object_get(seen, name) == NULL) {
                (void)json_object_set_new(seen, name, json_true());
                (void)json_array_append(out, law);
            }
        }
    }
    json_decref(seen);
    return out;
}

/* The chains, and the total of those that count. */
static json_t *add_up(const struct wv_arguments *arguments, const struct reporting *reporting,
                      json_t *total, size_t *left_out)
{
    const bool partial = wv_argument_given(arguments, "partial");
    json_t *chains = json_array();
    *left_out = 0;
    for (size_t i = 0; i < wv_ledgers_count(reporting->ledgers); i++) {
        const struct wv_ledger_state *state = wv_ledgers_at(reporting->ledgers, i);
        const bool good = wv_audit_chain_is_good(state, partial);
        const bool counts = good || wv_argument_given(arguments, "broken");
        json_t *chain = json_pack("{s:s, s:s, s:I, s:s, s:b, s:b}", "chain", state->id, "instance",
                                  state->instance, "records", (json_int_t)state->records, "head",
                                  state->head, "whole", good, "counted", counts);
        wv_ensure(chain != NULL && json_array_append_new(chains, chain) == 0);
        if (counts) {
            wv_audit_sum_total(&reporting->sum, state->id, total);
        }
        *left_out += !counts;
    }
    return chains;
}

static json_t *read_statute(void)
{
    const struct wv_builtin *builtin = wv_builtin_find("law", "categories");
    wv_ensure(builtin != NULL);
    json_error_t error;
    json_t *root = json_loadb((const char *)builtin->bytes, builtin->len, 0, &error);
    wv_ensure(root != NULL);
    json_t *statute = json_incref(json_array_get(json_object_get(root, "statutes"), 0));
    json_decref(root);
    return statute;
}

static bool is_broken(const struct wv_arguments *arguments, const struct reporting *reporting)
{
    const struct wv_ledger_strays *strays = wv_ledgers_strays(reporting->ledgers);
    const bool partial = wv_argument_given(arguments, "partial");
    bool broken = strays->count > 0 || (strays->absent > 0 && !partial);
    for (size_t i = 0; i < wv_ledgers_count(reporting->ledgers); i++) {
        broken = broken || !wv_audit_chain_is_good(wv_ledgers_at(reporting->ledgers, i), partial);
    }
    return broken;
}

static enum wv_exit show(const struct wv_arguments *arguments, const struct reporting *reporting,
                         const json_t *laws)
{
    json_t *total = json_object();
    size_t left_out;
    json_t *chains = add_up(arguments, reporting, total, &left_out);
    json_t *own_laws = laws_of(laws, json_object_get(total, "packs"));
    json_t *statute = read_statute();
    const struct wv_audit_page page = {.filter = &reporting->sum.filter,
                                       .statute = statute,
                                       .total = total,
                                       .laws = own_laws,
                                       .chains = chains,
                                       .left_out = left_out,
                                       .incomplete = reporting->sum.incomplete};
    json_t *shown = wv_audit_page_json(&page);
    const char *format = wv_argument_text(arguments, "format");
    if (format != NULL && strcmp(format, "json") == 0) {
        (void)json_dumpf(shown, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else {
        wv_audit_page_table(shown, stdout);
    }
    json_decref(shown);
    json_decref(statute);
    json_decref(own_laws);
    json_decref(chains);
    json_decref(total);
    if (!is_broken(arguments, reporting)) {
        return WV_EXIT_OK;
    }
    (void)fputs("wafveil: not every chain is whole: `wafveil audit verify` says where\n", stderr);
    return WV_EXIT_CONFIG;
}

enum wv_exit wv_audit_report(const struct wv_arguments *arguments)
{
    struct wv_audit_filter filter;
    struct reporting reporting = {0};
    bool known;
    enum wv_exit code = read_filter(arguments, &filter);
    if (code != WV_EXIT_OK) {
        return code;
    }
    json_t *laws = read_laws(arguments, &filter, &known);
    if (laws == NULL) {
        return WV_EXIT_CONFIG;
    }
    if (!known) {
        json_decref(laws);
        return wv_usage_fail(arguments, "there is no pack \"%s\"", filter.region);
    }
    reporting.ledgers = wv_ledgers_new();
    wv_ensure(reporting.ledgers != NULL && wv_audit_sum_init(&reporting.sum, &filter));
    code = wv_audit_read(arguments, on_line, &reporting);
    if (code == WV_EXIT_OK) {
        wv_ledgers_finish(reporting.ledgers);
        code = show(arguments, &reporting, laws);
    }
    wv_audit_sum_fini(&reporting.sum);
    wv_ledgers_free(reporting.ledgers);
    json_decref(laws);
    return code;
}
