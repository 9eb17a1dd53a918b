/*
 * cmd_approve.c — what a new configuration loosens, and the document by which somebody agrees.
 */
#include "app/commands.h"
#include "app/setup.h"

#include "base/clock.h"
#include "plan/approval.h"

#include <stdlib.h>

/* No key is needed to compare two plans. */
static struct wv_plan *load(const char *path, bool only_look, struct wv_report *report)
{
    struct wv_config *config = wv_config_load(path, report);
    if (config == NULL) {
        return NULL;
    }
    if (only_look) {
        wv_config_only_look(config);
    }
    return wv_plan_build(config, wv_keyring_throwaway(NULL, report), report);
}

/* Of the two configurations only mistakes are of interest here; `check` tells the rest. */
static void show_errors(const struct wv_report *report)
{
    if (wv_report_errors(report) > 0) {
        wv_report_print(report, stderr);
    }
}

static void show_looser(const struct wv_plan *before, const struct wv_plan *after,
                        const char *against, struct wv_report *report)
{
    const size_t looser = wv_plan_loosened(before, after, report);
    wv_report_print(report, stderr);
    if (looser == 0) {
        (void)fprintf(stderr, "wafveil: nothing is looser than %s: no approval is needed\n",
                      against == NULL ? "the built-in packs" : against);
    }
    if (!wv_plan_config(after)->changes.four_eyes &&
        (before == NULL || !wv_plan_config(before)->changes.four_eyes)) {
        (void)fputs("wafveil: changes.four_eyes is off: nobody will ask for the approval\n",
                    stderr);
    }
}

static enum wv_exit print_document(const struct wv_arguments *arguments, const struct wv_plan *plan,
                                   struct wv_report *report)
{
    char *document = wv_approval_document(
        plan, wv_argument_text(arguments, "reason"), wv_argument_text(arguments, "expires"),
        wv_argument_text(arguments, "requested-by"), wv_clock_wall_ms(wv_clock_system()), report);
    if (document == NULL) {
        wv_report_print(report, stderr);
        return WV_EXIT_USAGE;
    }
    (void)fputs(document, stdout);
    free(document);
    return WV_EXIT_OK;
}

enum wv_exit wv_cmd_approve(const struct wv_arguments *arguments)
{
    const char *against = wv_argument_text(arguments, "against");
    struct wv_report *reports[] = {wv_report_new(), wv_report_new(), wv_report_new()};
    enum wv_exit code = WV_EXIT_INTERNAL;
    if (reports[0] == NULL || reports[1] == NULL || reports[2] == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
    } else {
        struct wv_plan *after = load(wv_argument_text(arguments, "config"), false, reports[0]);
        struct wv_plan *before = against == NULL ? NULL : load(against, true, reports[0]);
        code = WV_EXIT_CONFIG;
        show_errors(reports[0]);
        if (after != NULL && (against == NULL || before != NULL)) {
            code = print_document(arguments, after, reports[1]);
            if (code == WV_EXIT_OK) {
                show_looser(before, after, against, reports[2]);
            }
        }
        wv_plan_free(before);
        wv_plan_free(after);
    }
    for (size_t i = 0; i < WV_COUNT(reports); i++) {
        wv_report_free(reports[i]);
    }
    return code;
}
