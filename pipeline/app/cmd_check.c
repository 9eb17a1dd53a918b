/*
 * cmd_check.c — every error and warning of a configuration and of the documents it names.
 */
#include "app/commands.h"
#include "app/legal.h"
#include "app/setup.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "plan/approval.h"
#ifdef WV_KAFKA
#include "runtime/properties.h"
#endif

#include <errno.h>
#include <unistd.h>

enum { DAY_S = 86400, WARN_DAYS = 7, WARN_APPROVAL_DAYS = 14 };

/* What came of the question whether the configuration may take effect. */
struct checked_change {
    bool asked; /* four_eyes is on */
    bool allowed;
    struct wv_approval approval;
};

/* A service whose keys run out goes on without tokens: say it while there is time. */
static void check_runway(const struct wv_plan *plan, struct wv_report *report)
{
    const struct wv_keyring *keyring = wv_plan_keyring(plan);
    if (wv_keyring_is_throwaway(keyring)) {
        return;
    }
    const struct wv_config *config = wv_plan_config(plan);
    const int64_t now_s = wv_clock_wall_ms(wv_clock_system()) / 1000;
    const int64_t runway_s = wv_keyring_runway(keyring, now_s);
    const struct wv_finding where = {.severity = WV_WARNING,
                                     .file = (const char *)config->keys_file.ptr};
    if (runway_s == 0) {
        (void)wv_report_add(report, where,
                            "a domain has no key for today: no tokens are made there; run `wafveil "
                            "keys init --config %s`",
                            config->path);
    } else if (runway_s < (int64_t)WARN_DAYS * DAY_S) {
        (void)wv_report_add(report, where,
                            "keys run out in %lld hours; run `wafveil keys init --config %s`",
                            (long long)(runway_s / 3600), config->path);
    }
}

/* A configuration without a kafka section is one for `filter` and `try`; config.c warns of what the
 * service would miss, and where it found mistakes of its own they come first. */
static void check_kafka(const struct wv_config *config, bool good, struct wv_report *report)
{
#ifdef WV_KAFKA
    (void)wv_properties_check(config, report);
    if (good && config->kafka.count > 0) {
        (void)wv_properties_require(config, report);
    }
#else
    (void)config;
    (void)good;
    (void)report;
#endif
}

/* A key file that is not there yet is no reason to say nothing of the rest: a throwaway key stands
 * in for it. */
static struct wv_keyring *stand_in(const struct wv_config *config, struct wv_report *report)
{
    const char *path = (const char *)config->keys_file.ptr;
    if (config->keys_file.len == 0 || access(path, F_OK) == 0 || errno != ENOENT) {
        return NULL;
    }
    (void)wv_config_fail_at(config, "/keys/file", report,
                            "%s does not exist: `wafveil keys init --config %s` makes it", path,
                            config->path);
    return wv_keyring_throwaway(NULL, report);
}

/* The plan; NULL: there are errors. */
static struct wv_plan *check_all(const char *path, const int32_t *day, bool legal,
                                 struct wv_report *report)
{
    bool good;
    struct wv_config *config = wv_config_read(path, &good, report);
    if (config == NULL) {
        return NULL;
    }
    if (day != NULL) {
        wv_config_on_day(config, *day);
    }
    if (legal) {
        wv_config_only_look(config);
    }
    check_kafka(config, good, report);
    if (!good) {
        wv_plan_check_documents(config, stand_in(config, report), report);
        return NULL;
    }
    struct wv_plan *plan = wv_plan_build(config, stand_in(config, report), report);
    if (plan != NULL) {
        check_runway(plan, report);
    }
    return plan;
}

/* The plan of the configuration that runs, for looking at only. */
static struct wv_plan *other_plan(const char *path, struct wv_report *report)
{
    struct wv_config *config = wv_config_load(path, report);
    if (config == NULL) {
        return NULL;
    }
    wv_config_only_look(config);
    return wv_plan_build(config, wv_keyring_throwaway(NULL, report), report);
}

/* An approval that runs out lets the service go on, and keeps it from starting again. */
static void check_expiry(const struct wv_plan *plan, const struct wv_approval *approval,
                         int64_t now_ms, struct wv_report *report)
{
    const int64_t days = (approval->expires_ms - now_ms) / (DAY_S * INT64_C(1000));
    if (approval->signer_count > 0 && days < WARN_APPROVAL_DAYS) {
        wv_config_warn_at(wv_plan_config(plan), "/changes/approval", report,
                          "expires in %lld day%s: after that the service does not start with what "
                          "it approves [SEC-7]",
                          (long long)days, days == 1 ? "" : "s");
    }
}

/* Whether the plan needs an approval, and has it. `against` NULL: the built-in packs. */
static void check_changes(const struct wv_plan *plan, const char *against, const int32_t *day,
                          struct checked_change *change, struct wv_report *report)
{
    const int64_t now_ms =
        day == NULL ? wv_clock_wall_ms(wv_clock_system()) : (int64_t)*day * DAY_S * 1000;
    struct wv_plan *before = NULL;
    if (against != NULL) {
        struct wv_report *beside = wv_report_new();
        before = beside == NULL ? NULL : other_plan(against, beside);
        if (before == NULL) {
            (void)wv_report_add(report, (struct wv_finding){.file = against},
                                "is wrong, so that nothing can be held against it: `wafveil check "
                                "--config %s` says what",
                                against);
            wv_report_free(beside);
            return;
        }
        wv_report_free(beside);
    }
    change->asked = wv_plan_config(plan)->changes.four_eyes ||
                    (before != NULL && wv_plan_config(before)->changes.four_eyes);
    if (change->asked) {
        change->allowed = wv_change_allowed(before, plan, now_ms, &change->approval, report);
        check_expiry(plan, &change->approval, now_ms, report);
    } else if (before != NULL) {
        (void)wv_plan_loosened(before, plan, report);
    }
    wv_plan_free(before);
}

static void show_change(const struct checked_change *change, const char *against)
{
    const struct wv_approval *approval = &change->approval;
    char day[WV_DAY_TEXT];
    if (!change->asked || !change->allowed) {
        return; /* the findings say it */
    }
    if (approval->signer_count == 0) {
        (void)printf("no approval is needed: nothing is looser than %s\n",
                     against == NULL ? "the built-in packs" : against);
        return;
    }
    wv_day_format(approval->expires_ms / (DAY_S * INT64_C(1000)) - 1, day);
    (void)printf("approved until %s by ", day);
    for (size_t i = 0; i < approval->signer_count; i++) {
        (void)printf("%s%s", i == 0 ? "" : " and ", approval->signers[i]);
    }
    (void)printf(": %s\n", approval->reason);
}

static enum wv_exit show_legal(const struct wv_arguments *arguments, const struct wv_plan *plan,
                               const struct wv_report *report)
{
    if (plan == NULL) {
        wv_report_print(report, stderr);
        return WV_EXIT_CONFIG;
    }
    const struct wv_legal_page page = {plan, report, wv_plan_config(plan)->today};
    const char *format = wv_argument_text(arguments, "format");
    bool good = true;
    if (format != NULL && strcmp(format, "html") == 0) {
        wv_legal_html(&page, stdout);
    } else if (format != NULL && strcmp(format, "json") == 0) {
        good = wv_legal_json(&page, stdout);
    } else {
        wv_legal_table(&page, stdout);
    }
    return good ? WV_EXIT_OK : WV_EXIT_INTERNAL;
}

static enum wv_exit show_findings(const struct wv_report *report)
{
    const size_t errors = wv_report_errors(report);
    const size_t warnings = wv_report_warnings(report);
    wv_report_print(report, stdout);
    (void)printf("%zu error%s, %zu warning%s\n", errors, errors == 1 ? "" : "s", warnings,
                 warnings == 1 ? "" : "s");
    return errors == 0 ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

enum wv_exit wv_cmd_check(const struct wv_arguments *arguments)
{
    const char *day_text = wv_argument_text(arguments, "day");
    const bool legal = wv_argument_given(arguments, "legal");
    const char *against = wv_argument_text(arguments, "against");
    int32_t day = 0;
    if (day_text != NULL && !wv_law_day_parse(wv_slice_of(day_text), &day)) {
        return wv_usage_fail(arguments, "--day must be a day, as 2026-04-01");
    }
    if (!legal && wv_argument_text(arguments, "format") != NULL) {
        return wv_usage_fail(arguments, "--format goes with --legal");
    }
    if (legal && against != NULL) {
        return wv_usage_fail(arguments, "--against does not go with --legal");
    }
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const int32_t *on_day = day_text == NULL ? NULL : &day;
    struct checked_change change = {0};
    struct wv_plan *plan = check_all(wv_argument_text(arguments, "config"), on_day, legal, report);
    if (plan != NULL && !legal) {
        check_changes(plan, against, on_day, &change, report);
        show_change(&change, against);
    }
    const enum wv_exit code = legal ? show_legal(arguments, plan, report) : show_findings(report);
    wv_plan_free(plan);
    wv_report_free(report);
    return code;
}
