/*
 * metrics.h — the page that Prometheus reads.
 *
 * Nothing is counted here. Somebody who has the numbers hands them to a writer, in any order, when
 * the page is asked for; the page shows them in the order of metrics.def, each metric with its
 * help. Labels are words of ours or of the operator's documents, never of a record.
 *
 * A writer belongs to one thread. Memory that runs short makes the page fail as a whole.
 */
#ifndef WV_OPS_METRICS_H
#define WV_OPS_METRICS_H

#include "base/slice.h"

enum wv_metric {
#define WV_METRIC(symbol, name, type, first, second, help) WV_METRIC_##symbol,
#include "ops/metrics.def"
#undef WV_METRIC
    WV_METRIC_COUNT,
};
enum { WV_METRIC_LABELS = 3 };

const char *wv_metric_name(enum wv_metric metric);
const char *wv_metric_type(enum wv_metric metric); /* "counter", "gauge", "histogram" */
const char *wv_metric_help(enum wv_metric metric);
const char *wv_metric_label(enum wv_metric metric, size_t index); /* below 3; NULL: none */

struct wv_metrics_writer;

/* NULL when memory is short. */
WV_MUST_USE struct wv_metrics_writer *wv_metrics_new(void);
void wv_metrics_free(struct wv_metrics_writer *writer);

/* The values of the metric's labels; NULL where it has none, and only there. */
struct wv_labels {
    const char *first;
    const char *second;
};

/* One sample of a counter, exact. */
void wv_metrics_count(struct wv_metrics_writer *writer, enum wv_metric metric,
                      struct wv_labels labels, uint64_t value);

/* The same of a counter with three labels. */
void wv_metrics_count_3(struct wv_metrics_writer *writer, enum wv_metric metric,
                        struct wv_labels labels, const char *third, uint64_t value);

/* One sample of a gauge; infinity is written "+Inf". */
void wv_metrics_value(struct wv_metrics_writer *writer, enum wv_metric metric,
                      struct wv_labels labels, double value);

/* A histogram of durations whose bounds are 1, 2, 4 … 2^(bounds-1) microseconds. buckets holds
 * bounds + 1 numbers of durations up to a bound but above the one before; the last has no bound. */
enum { WV_HISTOGRAM_BOUNDS_MAX = 32 };
void wv_metrics_histogram(struct wv_metrics_writer *writer, enum wv_metric metric,
                          const uint64_t *buckets, size_t bounds, uint64_t sum_ns);

/* The page, in Prometheus' text format 0.0.4: malloc'd, the caller frees out->ptr. False when
 * memory was short at any time. */
WV_MUST_USE bool wv_metrics_page(const struct wv_metrics_writer *writer, struct wv_slice *out);

#endif
