/*
 * service.h — `wafveil run`: from the first look at the brokers to the last commit.
 *
 * Delivery is at least once: offsets advance only over messages all of whose outputs have been
 * acknowledged, so whatever ends the process, the next one repeats and never skips.
 *
 * Threads. wv_service_run() is the main thread's; the others may be called from any thread between
 *          wv_service_new() and wv_service_free().
 */
#ifndef WV_RUNTIME_SERVICE_H
#define WV_RUNTIME_SERVICE_H

#include "base/buf.h"
#include "base/clock.h"
#include "plan/plan.h"
#include "runtime/numbers.h"
#include "runtime/stop.h"

struct wv_service;

/* NULL, logged or with findings, when the configuration does not make a service. The plan must
 * outlive it. */
WV_MUST_USE struct wv_service *
wv_service_new(const struct wv_plan *plan, const struct wv_clock *clock, struct wv_report *report);
void wv_service_free(struct wv_service *service);

/* Runs until SIGTERM or SIGINT, or until something cannot go on. */
enum wv_exit wv_service_run(struct wv_service *service);

/* Ends wv_service_run() as SIGTERM does. */
void wv_service_ask_stop(struct wv_service *service);

/* False: a thread hangs, and the process should be restarted. Says nothing of the brokers. */
bool wv_service_is_live(struct wv_service *service);

/* Whether records are read and published; writes the reason where not. */
bool wv_service_is_ready(struct wv_service *service, struct wv_buf *reason);

/* Everything that has been counted; false when memory is short. */
WV_MUST_USE bool wv_service_snapshot(struct wv_service *service, struct wv_snapshot *snapshot);
void wv_snapshot_free(struct wv_snapshot *snapshot);

#endif
