/*
 * service_parts.h — the inside of the service, as its files share it: its run (service.c), another
 * plan (service_change.c), and what others see of it (service_look.c).
 */
#ifndef WV_RUNTIME_SERVICE_PARTS_H
#define WV_RUNTIME_SERVICE_PARTS_H

#include "runtime/intake.h"
#include "runtime/retention.h"
#include "runtime/service.h"
#include "runtime/windows.h"

#include <pthread.h>

/* What waits to be written to the audit. */
enum { WV_NOTICES_MAX = 64 };

struct wv_waiting_notice {
    struct wv_notice notice;
    struct wv_plan *plan; /* held: that lanes go on by; NULL: as before */
};

enum wv_phase { WV_PHASE_PREFLIGHT = 0, WV_PHASE_RUNNING, WV_PHASE_STOPPING };

struct wv_service {
    struct wv_plan *first;          /* held: routes and config are its */
    const struct wv_config *config; /* what does not change while it runs */
    const struct wv_clock *clock;
    struct wv_routes routes;
    struct wv_stop stop;
    struct wv_service_hooks hooks;
    uint32_t generation;
    _Atomic uint64_t lost;
    _Atomic uint64_t beat_ns;
    _Atomic int phase; /* enum wv_phase */
    struct wv_windows windows;
    _Atomic bool audit_trouble; /* its topic cannot be written */

    pthread_mutex_t mutex; /* over what follows: others look at it */
    struct wv_waiting_notice notices[WV_NOTICES_MAX];
    size_t notice_count;
    struct wv_retention_watch *retention; /* NULL: not begun yet */
    struct wv_plan *plan; /* held: what lanes work by, or soon will; the only one with keys */
    uint64_t turn;        /* number of the last change of it or of its keys */
    struct wv_lane **lanes;
    size_t lane_count;
    struct wv_intake **intakes;
    size_t intake_count;
    struct wv_intake_numbers gone; /* of intakes that are no more */
};

/* Writes to the audit what others asked to be written; the main thread's. */
void wv_service_write_notices(struct wv_service *service);

#endif
