/*
 * changes.c — another configuration for a running service, and the way back.
 */
#include "app/changes_parts.h"

#include "base/log.h"
#include "plan/approval.h"
#include "runtime/restart.h"

#include <stdlib.h>
#include <time.h>

enum { LOGGED_MAX = 20 }; /* findings of one refusal */

/* Who stands for what is hidden less; the log is where people look for it. */
static void log_approval(const struct wv_approval *approval)
{
    for (size_t i = 0; i < approval->signer_count; i++) {
        wv_log(WV_LOG_INFO, "approved",
               WV_FIELDS(wv_log_word("by", approval->signers[i]),
                         wv_log_word("reason", approval->reason),
                         wv_log_number("until_s", approval->expires_ms / 1000)));
    }
}

/* INT64_MAX: none was needed. */
static int64_t until_of(const struct wv_approval *approval)
{
    return approval->signer_count > 0 ? approval->expires_ms : INT64_MAX;
}

struct wv_changes *wv_changes_new(const char *path, struct wv_plan *plan,
                                  struct wv_service *service, const struct wv_clock *clock,
                                  struct wv_report *report)
{
    struct wv_approval approval;
    if (!wv_change_allowed(NULL, plan, wv_clock_wall_ms(clock), &approval, report)) {
        return NULL;
    }
    log_approval(&approval);
    struct wv_changes *changes = calloc(1, sizeof *changes);
    if (changes == NULL) {
        (void)wv_report_add(report, (struct wv_finding){0}, "memory is short");
        return NULL;
    }
    *changes = (struct wv_changes){
        .path = path,
        .service = service,
        .clock = clock,
        .running = wv_plan_hold(plan),
        .numbers = {.since_ms = wv_clock_wall_ms(clock), .approved_until_ms = until_of(&approval)}};
    if (changes->numbers.approved_until_ms == INT64_MAX) {
        changes->unapproved = wv_plan_hold(plan);
    }
    pthread_mutex_init(&changes->one, NULL);
    pthread_mutex_init(&changes->state, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changes->asked, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return changes;
}

void wv_changes_free(struct wv_changes *changes)
{
    if (changes == NULL) {
        return;
    }
    wv_changes_stop(changes);
    wv_plan_free(changes->running);
    wv_plan_free(changes->before);
    wv_plan_free(changes->unapproved);
    wv_farewells_free(changes->farewells);
    pthread_cond_destroy(&changes->asked);
    pthread_mutex_destroy(&changes->one);
    pthread_mutex_destroy(&changes->state);
    free(changes);
}

struct wv_plan *wv_changes_running(struct wv_changes *changes)
{
    pthread_mutex_lock(&changes->state);
    struct wv_plan *plan = wv_plan_hold(changes->running);
    pthread_mutex_unlock(&changes->state);
    return plan;
}

struct wv_changes_numbers wv_changes_numbers(struct wv_changes *changes)
{
    pthread_mutex_lock(&changes->state);
    const struct wv_changes_numbers numbers = changes->numbers;
    pthread_mutex_unlock(&changes->state);
    return numbers;
}

/* ---- Refusals ---------------------------------------------------------------------------------
 */

static const char *text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static json_t *finding_json(const struct wv_finding *finding)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s}", "severity",
                     finding->severity == WV_ERROR ? "error" : "warning", "file",
                     text_or_empty(finding->file), "line", (int)finding->line, "column",
                     (int)finding->column, "pointer", text_or_empty(finding->pointer), "text",
                     finding->text);
}

static json_t *findings_json(const struct wv_report *report)
{
    json_t *all = json_array();
    for (size_t i = 0; all != NULL && i < wv_report_count(report); i++) {
        if (json_array_append_new(all, finding_json(wv_report_at(report, i))) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

/* Of one severity, as long as there is room; how much room is left. */
static size_t log_findings(const struct wv_report *report, enum wv_severity severity, size_t room)
{
    for (size_t i = 0; i < wv_report_count(report) && room > 0; i++) {
        const struct wv_finding *finding = wv_report_at(report, i);
        if (finding->severity != severity) {
            continue;
        }
        room--;
        wv_log(severity == WV_ERROR ? WV_LOG_ERROR : WV_LOG_WARN, "reload_finding",
               WV_FIELDS(wv_log_word("file", text_or_empty(finding->file)),
                         wv_log_number("line", finding->line),
                         wv_log_number("column", finding->column),
                         wv_log_word("at", text_or_empty(finding->pointer)),
                         wv_log_word("what", finding->text)));
    }
    return room;
}

void wv_changes_log_findings(const struct wv_report *report)
{
    (void)log_findings(report, WV_WARNING, log_findings(report, WV_ERROR, LOGGED_MAX));
}

/* Warnings say what is looser, where that is why. */
static void log_refusal(const struct wv_report *report, const char *by)
{
    wv_log(WV_LOG_ERROR, "reload_refused",
           WV_FIELDS(wv_log_word("by", by),
                     wv_log_number("errors", (int64_t)wv_report_errors(report)),
                     wv_log_word("effect", "the service goes on as before")));
    wv_changes_log_findings(report);
}

static json_t *refuse(struct wv_changes *changes, const struct wv_report *report, const char *by)
{
    pthread_mutex_lock(&changes->state);
    changes->numbers.refused++;
    changes->numbers.last_refused = true;
    pthread_mutex_unlock(&changes->state);
    log_refusal(report, by);
    /* Where the audit cannot be written the service is not ready, and says so. */
    (void)wv_service_note(changes->service,
                          (struct wv_notice){.event = "reload_refused",
                                             .by = by,
                                             .count = (int64_t)wv_report_errors(report)});
    return json_pack("{s:s, s:o}", "result", "refused", "findings", findings_json(report));
}

/* ---- Changes ----------------------------------------------------------------------------------
 */

/* A plan, and how long it may run. */
struct turn {
    struct wv_plan *plan;
    int64_t until_ms;
    struct wv_approval approval; /* without signers: none was needed */
};

/* What an approval lets run it lets run no longer in another form, until nothing of it is left:
 * until nothing is looser than in what last ran without one. */
static int64_t until_for(const struct wv_changes *changes, const struct wv_plan *next,
                         const struct wv_approval *approval)
{
    const int64_t running_ms = changes->numbers.approved_until_ms;
    if (approval->signer_count > 0 || running_ms == INT64_MAX) {
        return until_of(approval);
    }
    struct wv_report *ignored = wv_report_new();
    const bool none_left = changes->unapproved != NULL && ignored != NULL &&
                           wv_plan_loosened(changes->unapproved, next, ignored) == 0;
    wv_report_free(ignored);
    return none_left ? INT64_MAX : running_ms;
}

/* The plan of the files as they are now, if the service can go on by it. */
static bool read_next(struct wv_changes *changes, struct turn *next, struct wv_report *report)
{
    next->plan = wv_plan_load_over(changes->running, changes->path, report);
    if (next->plan == NULL) {
        return false;
    }
    if (!wv_restart_check(wv_plan_config(changes->running), wv_plan_config(next->plan), report) ||
        !wv_change_allowed(changes->running, next->plan, wv_clock_wall_ms(changes->clock),
                           &next->approval, report)) {
        wv_plan_free(next->plan);
        return false;
    }
    next->until_ms = until_for(changes, next->plan, &next->approval);
    return true;
}

/* Takes the plan. The one that ran becomes the one before, without its keys. */
static bool go_on_by(struct wv_changes *changes, struct turn next, uint64_t *counter,
                     struct wv_notice notice)
{
    struct wv_farewell *farewell =
        wv_farewell_new(changes, wv_plan_keyring(next.plan), changes->clock);
    if (farewell == NULL || !wv_service_use(changes->service, next.plan, notice)) {
        wv_farewells_free(farewell);
        return false;
    }
    changes->key_file.is_known = false; /* another plan may name another one */
    wv_log_set_level((enum wv_log_level)wv_plan_config(next.plan)->log_level);
    pthread_mutex_lock(&changes->state);
    struct wv_plan *gone = changes->before;
    changes->before = changes->running;
    changes->before_until_ms = changes->numbers.approved_until_ms;
    changes->running = next.plan;
    changes->numbers.approved_until_ms = next.until_ms;
    if (next.until_ms == INT64_MAX) {
        wv_plan_free(changes->unapproved);
        changes->unapproved = wv_plan_hold(next.plan);
    }
    changes->numbers.since_ms = wv_clock_wall_ms(changes->clock);
    changes->numbers.last_refused = false;
    (*counter)++;
    wv_farewell_add(changes, farewell);
    pthread_mutex_unlock(&changes->state);
    wv_plan_free(gone);
    return true;
}

static json_t *loaded_json(const struct wv_changes *changes, const char *result,
                           const struct wv_report *report)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "result", result, "plan",
                     wv_plan_version(changes->running), "before", wv_plan_version(changes->before),
                     "findings", report == NULL ? json_array() : findings_json(report));
}

static void log_change(const struct wv_changes *changes, const char *event, const char *by)
{
    wv_log(WV_LOG_INFO, event,
           WV_FIELDS(wv_log_word("by", by), wv_log_word("plan", wv_plan_version(changes->running)),
                     wv_log_word("before", wv_plan_version(changes->before))));
}

json_t *wv_changes_reload(struct wv_changes *changes, const char *by, bool *done)
{
    *done = false;
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&changes->one);
    struct turn next;
    if (read_next(changes, &next, report)) {
        *done = go_on_by(changes, next, &changes->numbers.loaded,
                         (struct wv_notice){.event = "reloaded", .by = by});
        if (!*done) {
            (void)wv_report_add(report, (struct wv_finding){0},
                                "memory is short, or the audit topic cannot be written");
            wv_plan_free(next.plan);
        }
    }
    if (*done) {
        log_change(changes, "reloaded", by);
        log_approval(&next.approval);
    }
    json_t *answer = *done ? loaded_json(changes, "loaded", report) : refuse(changes, report, by);
    if (!*done) {
        (void)wv_changes_take_keys(changes,
                                   by); /* a policy with mistakes must not keep keys alive */
    }
    pthread_mutex_unlock(&changes->one);
    wv_report_free(report);
    return answer;
}

/* Why there is no way back; NULL: there is one. */
static const char *no_way_back(const struct wv_changes *changes)
{
    if (changes->before == NULL) {
        return "there is no plan before this one";
    }
    if (wv_plan_config(changes->running)->changes.four_eyes &&
        !wv_plan_config(changes->before)->changes.four_eyes) {
        return "the plan before this one lets one person loosen everything";
    }
    return changes->before_until_ms > wv_clock_wall_ms(changes->clock)
               ? NULL
               : "the approval of the plan before this one has expired";
}

/* The keys with which the plan before is to run: the newest of its key file. It has kept none. */
static struct wv_keyring *keys_for(struct wv_changes *changes, const struct wv_plan *before,
                                   struct wv_report *report)
{
    const struct wv_config *next = wv_plan_config(before);
    if (wv_slice_eq(next->keys.file, wv_plan_config(changes->running)->keys.file)) {
        return wv_service_keyring(changes->service);
    }
    return next->keys.file.len == 0 ? wv_keyring_throwaway(NULL, report)
                                    : wv_plan_read_keys(before, report);
}

/* NULL: done. */
static const char *go_back(struct wv_changes *changes, const char *by)
{
    struct wv_report *report = wv_report_new();
    const struct turn next = {.plan = wv_plan_hold(changes->before),
                              .until_ms = changes->before_until_ms};
    const char *why = "the keys of the plan before this one cannot be read; the log says more";
    struct wv_keyring *keyring = report == NULL ? NULL : keys_for(changes, next.plan, report);
    if (keyring != NULL) {
        wv_plan_rekey(next.plan, keyring);
        const bool done = go_on_by(changes, next, &changes->numbers.rolled_back,
                                   (struct wv_notice){.event = "rolled_back", .by = by});
        why = done ? NULL : "memory is short, or the audit topic cannot be written";
    } else if (report != NULL) {
        wv_changes_log_findings(report);
    }
    if (why != NULL) {
        wv_plan_rekey(next.plan, NULL);
        wv_plan_free(next.plan);
    }
    wv_report_free(report);
    return why;
}

json_t *wv_changes_rollback(struct wv_changes *changes, const char *by, bool *done)
{
    pthread_mutex_lock(&changes->one);
    (void)wv_changes_take_keys(changes, by);
    const char *why = no_way_back(changes);
    if (why == NULL) {
        why = go_back(changes, by);
    }
    *done = why == NULL;
    json_t *answer = NULL;
    if (*done) {
        log_change(changes, "rolled_back", by);
        answer = loaded_json(changes, "rolled back", NULL);
        (void)json_object_set_new(answer, "advice",
                                  json_string("the file is as it was: mend it before the next "
                                              "reload or restart"));
    } else {
        answer = json_pack("{s:s, s:s}", "result", "refused", "advice", why);
    }
    pthread_mutex_unlock(&changes->one);
    return answer;
}

void wv_changes_watch(struct wv_changes *changes)
{
    wv_farewells_watch(changes);
    pthread_mutex_lock(&changes->state);
    const int64_t until_ms = changes->numbers.approved_until_ms;
    pthread_mutex_unlock(&changes->state);
    if (wv_clock_wall_ms(changes->clock) < until_ms) {
        return;
    }
    wv_log(WV_LOG_ERROR, "approval_expired",
           WV_FIELDS(wv_log_word("effect", "the service ends: what it hides less than before was "
                                           "approved for a time that is over"),
                     wv_log_word("advice", "have it approved anew, or load the stricter "
                                           "configuration")));
    wv_service_end(changes->service, WV_EXIT_CONFIG);
}
