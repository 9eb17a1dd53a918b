/*
 * check_changes.c — whether a configuration may take the place of another one.
 */
#include "app/check_changes.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "plan/approval.h"

#include <stdio.h>

enum { DAY_S = 86400, WARN_APPROVAL_DAYS = 14 };

/* What came of the question whether the configuration may take effect. */
struct checked_change {
    bool asked; /* four_eyes is on */
    bool allowed;
    struct wv_approval approval;
};

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

static void check_expiry(const struct wv_plan *plan, const struct wv_approval *approval,
                         int64_t now_ms, struct wv_report *report)
{
    const int64_t days = (approval->expires_ms - now_ms) / (DAY_S * INT64_C(1000));
    if (approval->signer_count > 0 && days < WARN_APPROVAL_DAYS) {
        wv_config_warn_at(wv_plan_config(plan), "/changes/approval", report,
                          "expires in %lld day%s: then the service ends, and does not start again "
                          "with what it approves [SEC-7]",
                          (long long)days, days == 1 ? "" : "s");
    }
}

/* Whether the plan needs an approval, and has it. `against` NULL: the built-in packs. */
static void ask(const struct wv_plan *plan, const char *against, const int32_t *day,
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

static void show(const struct checked_change *change, const char *against)
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

void wv_check_changes(const struct wv_plan *plan, const char *against, const int32_t *day,
                      struct wv_report *report)
{
    struct checked_change change = {0};
    ask(plan, against, day, &change, report);
    show(&change, against);
}
