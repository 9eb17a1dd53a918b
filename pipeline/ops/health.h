/*
 * health.h — /livez, /readyz and /metrics.
 *
 * The answers hold numbers and words of the operator's documents, nothing of a record, so there is
 * no password.
 *
 * Threads. The callbacks run in the thread of the server. They must be quick and must not wait for
 *          the data.
 */
#ifndef WV_OPS_HEALTH_H
#define WV_OPS_HEALTH_H

#include "ops/http.h"
#include "ops/metrics.h"

/* Hands all numbers to the writer. */
typedef void wv_metrics_collect(struct wv_metrics_writer *writer, void *user);

struct wv_health {
    wv_metrics_collect *collect;

    /* False: the process should be restarted. */
    bool (*live)(void *user);

    /* False, with words that say why in reason: send no work and do not go on with a roll-out. */
    bool (*ready)(void *user, struct wv_buf *reason);
    void *user;
};

/* As wv_http_start(); health must outlive the server. */
WV_MUST_USE struct wv_http_server *wv_health_start(struct wv_slice listen, struct wv_health *health,
                                                   struct wv_report *report);

#endif
