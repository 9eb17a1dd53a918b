/*
 * changes.h — another configuration for a running service, and the way back.
 *
 * A change reads the whole configuration anew, with every document that it names. If anything is
 * wrong with it, or it needs a restart, it is refused with every reason and the service goes on as
 * before. Otherwise each lane goes on by the new plan from its next batch on. The plan before stays
 * in memory, to go back to. Where four_eyes is on, a plan that hides less needs an approval
 * (plan/approval.h); the service ends when the last day of that has passed.
 *
 * Threads. All functions may be called from any thread; changes wait for each other.
 */
#ifndef WV_APP_CHANGES_H
#define WV_APP_CHANGES_H

#include "runtime/service.h"

#include <jansson.h>

struct wv_changes;

/* What has been counted, for metrics. */
struct wv_changes_numbers {
    uint64_t loaded;
    uint64_t refused;
    uint64_t rolled_back;
    int64_t since_ms; /* when the running plan was taken, since 1970 */
    bool last_refused;
    int64_t approved_until_ms; /* by which approval the plan runs; INT64_MAX: it needs none */
};

/* NULL with findings: the plan needs an approval and has none, or memory is short. Holds the plan;
 * path and service must outlive it. */
WV_MUST_USE struct wv_changes *wv_changes_new(const char *path, struct wv_plan *plan,
                                              struct wv_service *service,
                                              const struct wv_clock *clock,
                                              struct wv_report *report);
void wv_changes_free(struct wv_changes *changes); /* NULL is allowed */

/* Reads the configuration anew and goes on by it, or refuses it. `by` is a word for the log:
 * "signal", "admin". The answer, for people and programs, is the caller's: {"result": "loaded",
 * "plan": …} or {"result": "refused", "findings": […]}; NULL when memory is short. */
json_t *wv_changes_reload(struct wv_changes *changes, const char *by, bool *done);

/* Goes back to the plan before; once more takes the later one again. The file stays as it is. */
json_t *wv_changes_rollback(struct wv_changes *changes, const char *by, bool *done);

/* Ends the service, logged, when the approval by which its plan runs has passed. */
void wv_changes_watch(struct wv_changes *changes);

/* What runs: plan, the one before, lanes, the last change. */
json_t *wv_changes_status(struct wv_changes *changes);

/* The documents of the running plan: packs with their versions, formats, outputs. */
json_t *wv_changes_plan(struct wv_changes *changes);

/* The running plan, held: the caller frees it. */
WV_MUST_USE struct wv_plan *wv_changes_running(struct wv_changes *changes);
struct wv_changes_numbers wv_changes_numbers(struct wv_changes *changes);

#endif
