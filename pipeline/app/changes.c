/*
 * changes.c — another configuration for a running service, and the way back.
 */
#include "app/changes.h"

#include "base/log.h"
#include "plan/approval.h"
#include "plan/explain.h"
#include "runtime/restart.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { LOGGED_MAX = 20 }; /* findings of one refusal */

struct wv_changes {
    const char *path;
    struct wv_service *service;
    const struct wv_clock *clock;
    pthread_mutex_t one;   /* change at a time */
    pthread_mutex_t state; /* over what follows; never held for long */
    struct wv_plan *running;
    struct wv_plan *before;     /* NULL: there was none */
    struct wv_plan *unapproved; /* the last plan that ran without an approval; NULL: none has */
    int64_t before_until_ms;
    struct wv_changes_numbers numbers;
};

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
    return changes;
}

void wv_changes_free(struct wv_changes *changes)
{
    if (changes == NULL) {
        return;
    }
    wv_plan_free(changes->running);
    wv_plan_free(changes->before);
    wv_plan_free(changes->unapproved);
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

/* Warnings say what is looser, where that is why. */
static void log_refusal(const struct wv_report *report, const char *by)
{
    wv_log(WV_LOG_ERROR, "reload_refused",
           WV_FIELDS(wv_log_word("by", by),
                     wv_log_number("errors", (int64_t)wv_report_errors(report)),
                     wv_log_word("effect", "the service goes on as before")));
    (void)log_findings(report, WV_WARNING, log_findings(report, WV_ERROR, LOGGED_MAX));
}

static json_t *refuse(struct wv_changes *changes, const struct wv_report *report, const char *by)
{
    pthread_mutex_lock(&changes->state);
    changes->numbers.refused++;
    changes->numbers.last_refused = true;
    pthread_mutex_unlock(&changes->state);
    log_refusal(report, by);
    /* Where the audit cannot be written the service is not ready, and says so. */
    (void)wv_service_note(changes->service, (struct wv_notice){"reload_refused", by,
                                                               (int64_t)wv_report_errors(report)});
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

/* Takes the plan. The one that ran becomes the one before. */
static bool go_on_by(struct wv_changes *changes, struct turn next, uint64_t *counter,
                     struct wv_notice notice)
{
    if (!wv_service_use(changes->service, next.plan, notice)) {
        return false;
    }
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
                         (struct wv_notice){"reloaded", by, 0});
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

json_t *wv_changes_rollback(struct wv_changes *changes, const char *by, bool *done)
{
    pthread_mutex_lock(&changes->one);
    const char *why = no_way_back(changes);
    *done = false;
    if (why == NULL) {
        const struct turn next = {.plan = wv_plan_hold(changes->before),
                                  .until_ms = changes->before_until_ms};
        *done = go_on_by(changes, next, &changes->numbers.rolled_back,
                         (struct wv_notice){"rolled_back", by, 0});
        if (!*done) {
            why = "memory is short, or the audit topic cannot be written";
            wv_plan_free(next.plan);
        }
    }
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

/* ---- Looking ----------------------------------------------------------------------------------
 */

static json_t *time_json(int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    char text[sizeof "2026-11-22T10:00:00Z"];
    const bool good = gmtime_r(&seconds, &utc) != NULL &&
                      strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0;
    return json_string(good ? text : "");
}

json_t *wv_changes_status(struct wv_changes *changes)
{
    uint8_t words[256];
    struct wv_buf buf = wv_buf_of(words, sizeof words);
    struct wv_slice reason;
    size_t done;
    size_t lanes;
    const bool ready = wv_service_is_ready(changes->service, &buf);
    const bool known = wv_buf_take(&buf, &reason);
    wv_service_turns(changes->service, &done, &lanes);
    pthread_mutex_lock(&changes->state);
    const struct wv_changes_numbers *numbers = &changes->numbers;
    const int64_t until_ms = numbers->approved_until_ms;
    json_t *status = json_pack(
        "{s:s, s:b, s:s%, s:s, s:s, s:o, s:o, s:s?, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:b}}",
        "version", WV_VERSION, "ready", ready, "reason", known ? (const char *)reason.ptr : "",
        known ? reason.len : (size_t)0, "config", changes->path, "plan",
        wv_plan_version(changes->running), "since", time_json(numbers->since_ms), "approved_until",
        until_ms == INT64_MAX ? json_null() : time_json(until_ms), "before",
        changes->before == NULL ? NULL : wv_plan_version(changes->before), "lanes", "on_plan",
        (json_int_t)done, "all", (json_int_t)lanes, "changes", "loaded",
        (json_int_t)numbers->loaded, "refused", (json_int_t)numbers->refused, "rolled_back",
        (json_int_t)numbers->rolled_back, "last_refused", numbers->last_refused);
    pthread_mutex_unlock(&changes->state);
    return status;
}

static json_t *packs_json(const struct wv_plan *plan)
{
    json_t *packs = json_array();
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        (void)json_array_append_new(packs, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", pack.name,
                                                     "version", pack.version, "edition",
                                                     pack.edition, "title", pack.title, "used",
                                                     wv_plan_pack_used(plan, i)));
    }
    return packs;
}

static json_t *outputs_json(const struct wv_config *config)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        (void)json_array_append_new(
            outputs,
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", (const char *)output->name.ptr, "topic",
                      (const char *)output->topic.ptr, "purpose", wv_purpose_words[output->purpose],
                      "basis", wv_basis_words[output->basis], "recipient",
                      text_or_empty((const char *)output->recipient.ptr)));
    }
    return outputs;
}

json_t *wv_changes_plan(struct wv_changes *changes)
{
    struct wv_plan *plan = wv_changes_running(changes);
    json_t *answer = json_pack("{s:s, s:o, s:o}", "version", wv_plan_version(plan), "packs",
                               packs_json(plan), "outputs", outputs_json(wv_plan_config(plan)));
    wv_plan_free(plan);
    return answer;
}
