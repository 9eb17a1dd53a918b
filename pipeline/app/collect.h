/*
 * collect.h — carries the service's numbers to the page that Prometheus reads.
 */
#ifndef WV_APP_COLLECT_H
#define WV_APP_COLLECT_H

#include "app/changes.h"
#include "ops/http.h"
#include "ops/metrics.h"

struct wv_collect {
    struct wv_service *service;
    struct wv_changes *changes;
    const struct wv_clock *clock;
    int64_t started_ms;               /* since 1970 */
    struct wv_http_refusals refusals; /* of the admin listener */
};

/* Hands all numbers to the writer. Does not wait for the data: lanes publish theirs between two
 * batches. */
void wv_collect_all(struct wv_metrics_writer *writer, const struct wv_collect *collect);

#endif
