/* metrics.c — samples are collected per metric, so that each metric is one block of the page. */
#include "ops/metrics.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE_MAX = 256 };

enum type { COUNTER, GAUGE, HISTOGRAM };

static const struct {
    const char *name;
    enum type type;
    const char *labels[WV_METRIC_LABELS];
    const char *help;
} metrics[] = {
#define WV_METRIC(symbol, name, type, first, second, help) {name, type, {first, second}, help},
#define WV_METRIC_3(symbol, name, type, first, second, third, help)                                \
    {name, type, {first, second, third}, help},
#include "ops/metrics.def"
#undef WV_METRIC
};

/* Cold, and as long as the number of partitions makes it: the only buffer here that grows. */
struct text {
    char *mem;
    size_t len;
    size_t cap;
};

struct wv_metrics_writer {
    struct text samples[WV_METRIC_COUNT];
    bool failed;
};

const char *wv_metric_name(enum wv_metric metric)
{
    return metrics[metric].name;
}

const char *wv_metric_type(enum wv_metric metric)
{
    static const char *const words[] = {"counter", "gauge", "histogram"};
    return words[metrics[metric].type];
}

const char *wv_metric_help(enum wv_metric metric)
{
    return metrics[metric].help;
}

const char *wv_metric_label(enum wv_metric metric, size_t index)
{
    wv_ensure(index < WV_METRIC_LABELS);
    return metrics[metric].labels[index];
}

struct wv_metrics_writer *wv_metrics_new(void)
{
    return calloc(1, sizeof(struct wv_metrics_writer));
}

void wv_metrics_free(struct wv_metrics_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    for (size_t i = 0; i < WV_METRIC_COUNT; i++) {
        free(writer->samples[i].mem);
    }
    free(writer);
}

static bool append(struct text *text, const char *bytes, size_t count)
{
    if (count > text->cap - text->len) {
        const size_t wanted = (text->cap + count) * 2;
        char *mem = realloc(text->mem, wanted);
        if (mem == NULL) {
            return false;
        }
        text->mem = mem;
        text->cap = wanted;
    }
    memcpy(text->mem + text->len, bytes, count);
    text->len += count;
    return true;
}

static void put(struct wv_metrics_writer *writer, enum wv_metric metric, const char *text)
{
    if (!append(&writer->samples[metric], text, strlen(text))) {
        writer->failed = true;
    }
}

static void put_format(struct wv_metrics_writer *writer, enum wv_metric metric, const char *format,
                       ...) WV_PRINTF(3, 4);

/* For numbers and names from the table; what is longer than a piece is a mistake of ours. */
static void put_format(struct wv_metrics_writer *writer, enum wv_metric metric, const char *format,
                       ...)
{
    char piece[PIECE_MAX];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    wv_ensure(len >= 0 && (size_t)len < sizeof piece);
    put(writer, metric, piece);
}

static void put_label_value(struct wv_metrics_writer *writer, enum wv_metric metric,
                            const char *value)
{
    char letter[2] = {0};
    for (; *value != '\0'; value++) {
        letter[0] = *value;
        switch (*value) {
        case '\\':
            put(writer, metric, "\\\\");
            break;
        case '"':
            put(writer, metric, "\\\"");
            break;
        case '\n':
            put(writer, metric, "\\n");
            break;
        default:
            put(writer, metric, letter);
        }
    }
}

/* name{label="value",…} and a blank. */
static void put_series(struct wv_metrics_writer *writer, enum wv_metric metric,
                       struct wv_labels labels, const char *third)
{
    const char *const values[WV_METRIC_LABELS] = {labels.first, labels.second, third};
    put(writer, metric, metrics[metric].name);
    for (size_t i = 0; i < WV_METRIC_LABELS; i++) {
        const char *name = metrics[metric].labels[i];
        wv_ensure((name == NULL) == (values[i] == NULL));
        if (name == NULL) {
            continue;
        }
        put_format(writer, metric, "%s%s=\"", i == 0 ? "{" : ",", name);
        put_label_value(writer, metric, values[i]);
        put(writer, metric, "\"");
    }
    put(writer, metric, labels.first == NULL ? " " : "} ");
}

void wv_metrics_count(struct wv_metrics_writer *writer, enum wv_metric metric,
                      struct wv_labels labels, uint64_t value)
{
    wv_ensure(metrics[metric].type == COUNTER);
    put_series(writer, metric, labels, NULL);
    put_format(writer, metric, "%llu\n", (unsigned long long)value);
}

void wv_metrics_count_3(struct wv_metrics_writer *writer, enum wv_metric metric,
                        struct wv_labels labels, const char *third, uint64_t value)
{
    wv_ensure(metrics[metric].type == COUNTER);
    put_series(writer, metric, labels, third);
    put_format(writer, metric, "%llu\n", (unsigned long long)value);
}

void wv_metrics_value(struct wv_metrics_writer *writer, enum wv_metric metric,
                      struct wv_labels labels, double value)
{
    wv_ensure(metrics[metric].type == GAUGE);
    put_series(writer, metric, labels, NULL);
    if (isnan(value)) {
        put(writer, metric, "NaN\n");
    } else if (isinf(value)) {
        put(writer, metric, value > 0 ? "+Inf\n" : "-Inf\n");
    } else {
        put_format(writer, metric, "%.15g\n", value);
    }
}

void wv_metrics_histogram(struct wv_metrics_writer *writer, enum wv_metric metric,
                          const uint64_t *buckets, size_t bounds, uint64_t sum_ns)
{
    wv_ensure(metrics[metric].type == HISTOGRAM);
    wv_ensure(bounds <= WV_HISTOGRAM_BOUNDS_MAX);
    const char *name = metrics[metric].name;
    unsigned long long total = 0;
    for (size_t i = 0; i < bounds; i++) {
        const unsigned long long bound_us = 1ull << i;
        total += buckets[i];
        put_format(writer, metric, "%s_bucket{le=\"%llu.%06llu\"} %llu\n", name, bound_us / 1000000,
                   bound_us % 1000000, total);
    }
    total += buckets[bounds];
    put_format(writer, metric, "%s_bucket{le=\"+Inf\"} %llu\n", name, total);
    put_format(writer, metric, "%s_sum %llu.%09llu\n", name,
               (unsigned long long)(sum_ns / 1000000000u),
               (unsigned long long)(sum_ns % 1000000000u));
    put_format(writer, metric, "%s_count %llu\n", name, total);
}

bool wv_metrics_page(const struct wv_metrics_writer *writer, struct wv_slice *out)
{
    *out = (struct wv_slice){0};
    struct text page = {0};
    bool whole = !writer->failed;
    for (size_t i = 0; i < WV_METRIC_COUNT && whole; i++) {
        const struct text *samples = &writer->samples[i];
        if (samples->len == 0) {
            continue;
        }
        char head[2 * PIECE_MAX];
        const int len =
            snprintf(head, sizeof head, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name,
                     metrics[i].help, metrics[i].name, wv_metric_type((enum wv_metric)i));
        wv_ensure(len > 0 && (size_t)len < sizeof head);
        whole = append(&page, head, (size_t)len) && append(&page, samples->mem, samples->len);
    }
    if (!whole) {
        free(page.mem);
        return false;
    }
    *out = (struct wv_slice){(uint8_t *)page.mem, page.len};
    return true;
}
