/*
 * log.h — one line per event, for machines; friendlier where a person looks at a terminal.
 *
 *     {"ts":"2026-11-22T10:00:00.123Z","level":"info","event":"started","lanes":4}
 *
 * An event is a fixed word of the program; its fields are words of ours or of the operator's
 * documents, and numbers. No byte of a record, key or password is ever a field.
 *
 * Threads. A line is one write(2), so that lines of threads never mix. The log is set up once,
 *          before there are threads; afterwards only the level may change.
 * Limits.  WV_LOG_LINE bytes a line and WV_LOG_WORD bytes a word. A longer word is cut and ends in
 *          "..."; fields that find no room are left out and the line says "cut":true.
 */
#ifndef WV_BASE_LOG_H
#define WV_BASE_LOG_H

#include "base/clock.h"
#include "base/slice.h"

enum { WV_LOG_LINE = 4096, WV_LOG_WORD = 512, WV_LOG_PAUSE_MS = 10000 };

enum wv_log_level { WV_LOG_ERROR = 0, WV_LOG_WARN, WV_LOG_INFO, WV_LOG_DEBUG };

enum wv_log_style {
    WV_LOG_AUTO = 0, /* plain on a terminal, JSON otherwise */
    WV_LOG_JSON,
    WV_LOG_PLAIN,
};

struct wv_log_config {
    enum wv_log_level level; /* the least important one that is written */
    enum wv_log_style style;
    int file;                     /* where to; stderr is 2 */
    const struct wv_clock *clock; /* NULL: the machine's */
};

/* Until this is called, the log is {WV_LOG_INFO, WV_LOG_AUTO, 2, NULL}. */
void wv_log_init(struct wv_log_config config);
void wv_log_set_level(enum wv_log_level level);
bool wv_log_enabled(enum wv_log_level level);

/* "error", "warn", "info", "debug", then NULL: the index is the level. For option tables. */
extern const char *const wv_log_levels[];

struct wv_log_field {
    const char *name; /* NULL: the end of a list */
    struct wv_slice word;
    int64_t number;
    bool is_number;
};

static inline struct wv_log_field wv_log_word(const char *name, const char *word)
{
    return (struct wv_log_field){.name = name, .word = wv_slice_of(word)};
}

static inline struct wv_log_field wv_log_slice(const char *name, struct wv_slice word)
{
    return (struct wv_log_field){.name = name, .word = word};
}

static inline struct wv_log_field wv_log_number(const char *name, int64_t number)
{
    return (struct wv_log_field){.name = name, .number = number, .is_number = true};
}

/* WV_FIELDS(wv_log_word("topic", topic), wv_log_number("partition", 3)) */
#define WV_FIELDS(...) ((const struct wv_log_field[]){__VA_ARGS__, {.name = NULL}})

/* fields ends with a NULL name; NULL: the event has none. Never fails: what cannot be written to
 * the log cannot be told anywhere else. */
void wv_log(enum wv_log_level level, const char *event, const struct wv_log_field *fields);

/* For what may be true a thousand times a second and is told once in WV_LOG_PAUSE_MS. */
struct wv_log_pause {
    _Atomic uint64_t over_ns; /* by the clock; 0 at first */
};

/* Whether it is time for a line; then the next pause begins. Of several threads one is told so. */
bool wv_log_is_due(struct wv_log_pause *pause, const struct wv_clock *clock);

#endif
