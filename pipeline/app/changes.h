/*
 * changes.h — another configuration for a running service, and the way back.
 *
 * A change reads the whole configuration anew, with every document that it names. If anything is
 * wrong with it, or it needs a restart, it is refused with every reason and the service goes on as
 * before. Otherwise each lane goes on by the new plan from its next batch on. The plan before stays
 * in memory, to go back to, but not its keys: keys never go back. Where four_eyes is on, a plan
 * that hides less needs an approval (plan/approval.h); the service ends when the last day of that
 * has passed.
 *
 * Keys. When the key file has changed, its keys are taken without the rest of the configuration,
 * and nobody has to approve them. What cannot be read changes nothing. When the last lane has let
 * go of a keyring and its secrets are wiped, that is logged and audited (`keys_forgotten`).
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
    struct {
        uint64_t loaded; /* without the rest of the configuration */
        uint64_t refused;
        bool last_refused;
        uint64_t forgotten; /* epochs whose secrets were taken away and are wiped */
        uint64_t held;      /* keyrings of before whose secrets are not wiped yet */
    } keys;
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

/* Takes the keys of the key file if it has changed since it was read, or could not be read then. */
enum wv_keys_taken { WV_KEYS_REFUSED = 0, WV_KEYS_SAME, WV_KEYS_TAKEN };
enum wv_keys_taken wv_changes_reload_keys(struct wv_changes *changes, const char *by);

/* Starts a thread that looks at the key file every look_ms, and reloads when it is asked to:
 * reading can take as long as a command that fetches keys, and the service's thread must not wait
 * for it. False when there can be no thread. wv_changes_free() ends it. */
WV_MUST_USE bool wv_changes_start(struct wv_changes *changes, uint32_t look_ms);

/* Has the thread reload, as after a SIGHUP; does not wait. */
void wv_changes_ask_reload(struct wv_changes *changes);

/* Ends the service, logged, when the approval by which its plan runs has passed; says which keys
 * have been forgotten. */
void wv_changes_watch(struct wv_changes *changes);

/* What runs: plan, the one before, lanes, the last change. */
json_t *wv_changes_status(struct wv_changes *changes);

/* The documents of the running plan: packs with their versions, formats, outputs. */
json_t *wv_changes_plan(struct wv_changes *changes);

/* What is known of keys: how many, how old, a digest of their check values; NULL: memory is short.
 */
json_t *wv_changes_keys_json(struct wv_changes *changes);

/* The running plan, held: the caller frees it. Its keys are the service's (runtime/service.h). */
WV_MUST_USE struct wv_plan *wv_changes_running(struct wv_changes *changes);
struct wv_changes_numbers wv_changes_numbers(struct wv_changes *changes);

#endif
