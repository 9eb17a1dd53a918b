/*
 * service.h — `wafveil run`: from the first look at the brokers to the last commit.
 *
 * Offsets advance only over messages all of whose outputs have been acknowledged, or together with
 * them in one transaction, so whatever ends the process, the next one never skips, and at the most
 * repeats.
 *
 * Threads. wv_service_run() is the main thread's; the others may be called from any thread between
 *          wv_service_new() and wv_service_free(), except the hooks.
 */
#ifndef WV_RUNTIME_SERVICE_H
#define WV_RUNTIME_SERVICE_H

#include "base/buf.h"
#include "base/clock.h"
#include "plan/plan.h"
#include "runtime/numbers.h"
#include "runtime/retention.h"
#include "runtime/stop.h"

struct wv_service;

/* From now on SIGTERM and SIGINT ask for an end in order, SIGHUP for a reload. wv_service_run()
 * does it, too; who has much to do before it calls this first, so that whoever stops the process
 * while it begins is not answered by its death. */
void wv_service_catch_signals(void);

/* NULL, logged or with findings, when the configuration does not make a service. Holds the plan. */
WV_MUST_USE struct wv_service *wv_service_new(struct wv_plan *plan, const struct wv_clock *clock,
                                              struct wv_report *report);
void wv_service_free(struct wv_service *service);

/* Called by wv_service_run() in its thread: after a SIGHUP, and about twenty times a second. Before
 * it runs. */
struct wv_service_hooks {
    void (*hangup)(void *user);
    void (*turn)(void *user);
    void *user;
};
void wv_service_hook(struct wv_service *service, struct wv_service_hooks hooks);

/* What an administrator did, or was done for him, for the audit: written by the service's thread
 * soon after. */
struct wv_notice {
    const char *event; /* a constant: "reload_refused" */
    const char *by;    /* a constant: "signal" */
    int64_t count;
    const char *counted; /* what there were so many of, a constant; NULL: "errors" */
};

/* False: the audit cannot be written, and too much waits. Without an audit nothing happens. */
bool wv_service_note(struct wv_service *service, struct wv_notice notice);

/* Goes on by another plan, whose inputs, outputs and settings of the service are the same
 * (runtime/restart.h): each lane from its next batch on, without a pause. Holds the plan; takes the
 * keyring from the one before, whoever else holds that: only the plan at work has keys. False when
 * memory is short, or the audit cannot be told: all goes on as before then. */
WV_MUST_USE bool wv_service_use(struct wv_service *service, struct wv_plan *plan,
                                struct wv_notice notice);

/* Goes on by the same plan with other keys, in the same way. Holds the keyring. */
WV_MUST_USE bool wv_service_rekey(struct wv_service *service, struct wv_keyring *keyring,
                                  struct wv_notice notice);

/* The keyring that lanes work by, or soon will; held: the caller frees it. */
WV_MUST_USE struct wv_keyring *wv_service_keyring(struct wv_service *service);

/* How many lanes it has, or will have once it runs. */
size_t wv_service_lanes(const struct wv_service *service);

/* How many lanes work by the plan and the keys that were given last, and how many there are. */
void wv_service_turns(struct wv_service *service, size_t *done, size_t *lanes);

/* Runs until SIGTERM or SIGINT, or until something cannot go on. */
enum wv_exit wv_service_run(struct wv_service *service);

/* Ends wv_service_run() as SIGTERM does. */
void wv_service_ask_stop(struct wv_service *service);

/* The same for something that cannot go on; the process ends with this code. */
void wv_service_end(struct wv_service *service, enum wv_exit code);

/* False: a thread hangs, and the process should be restarted. Says nothing of the brokers. */
bool wv_service_is_live(struct wv_service *service);

/* Whether records are read and published; writes the reason where not. */
bool wv_service_is_ready(struct wv_service *service, struct wv_buf *reason);

/* Everything that has been counted; false when memory is short. */
WV_MUST_USE bool wv_service_snapshot(struct wv_service *service, struct wv_snapshot *snapshot);

/* How long the topics of its outputs are kept; false: nobody has been asked yet. */
WV_MUST_USE bool wv_service_retention(struct wv_service *service,
                                      struct wv_retention_numbers *numbers);
void wv_snapshot_free(struct wv_snapshot *snapshot);

#endif
