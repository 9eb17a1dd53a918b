/*
 * suggest.h — what a sample of records holds that formats and policy do not cover: counts, names of
 * members and parameters that are fit to be shown, and what to do; never a value.
 *
 *     look    counts every value of a record                    (suggest_look.c, suggest_names.c)
 *     shown   whether a name may be shown                       (suggest_shown.c)
 *     class   what a field or parameter probably is             (suggest_class.c)
 *     report  the findings as a table or as JSON, with the overlay to paste (suggest_report.c,
 *             suggest_json.c)
 */
#ifndef WV_APP_SUGGEST_H
#define WV_APP_SUGGEST_H

#include "app/setup.h"
#include "app/suggest_count.h"
#include "engine/inspect.h"
#include "engine/watch.h"
#include "filters/parameters.h"
#include "plan/explain.h"

#include <jansson.h>

/* Memory is bounded by these, whatever the sample is: some eight MiB for all three. */
enum {
    WV_SUGGEST_FIELDS = 2048, /* members that no format lists */
    WV_SUGGEST_KEPT = 1024,   /* fields that the policy keeps */
    WV_SUGGEST_NAMES = 4096,  /* of parameters, cookies, members inside values */
    WV_SUGGEST_ROWS = 500,    /* that are reported of each */
};

struct wv_suggest {
    const struct wv_plan *plan;
    struct wv_inspector *values;
    struct wv_inspector *names;
    uint64_t packs; /* whose detectors `values` uses */
    uint32_t min;   /* a name in fewer records is not shown */
    uint64_t records;
    uint64_t rejected;
    uint64_t suppressed;
    struct wv_counts fields;
    struct wv_counts kept;
    struct wv_counts parameters;
    uint64_t hidden; /* parameters whose name is not shown: values */
};

/* False when memory is short; wv_suggest_fini() is to be called in either case. */
WV_MUST_USE bool wv_suggest_init(struct wv_suggest *suggest, const struct wv_plan *plan,
                                 uint32_t min);
void wv_suggest_fini(struct wv_suggest *suggest);

/* A wv_watch_fn; user is a struct wv_suggest. */
void wv_suggest_look(void *user, const struct wv_sight *sight);

/* Where a name with a value stands: bits. */
enum wv_suggest_in { WV_IN_QUERY = 1, WV_IN_COOKIE = 2, WV_IN_JSON = 4 };

/* A name and its value inside of a value. */
void wv_suggest_parameter(struct wv_suggest *suggest, uint64_t record, enum wv_suggest_in in,
                          struct wv_slice name, struct wv_slice value);

/* Finds the names and values inside of a value. */
void wv_suggest_names(struct wv_suggest *suggest, const struct wv_sight *sight);

/* Whether a name of a record may be shown: plain characters, at most WV_COUNT_TEXT_MAX of them,
 * nothing that a detector or the templates of paths find, no long number. */
bool wv_suggest_shows(struct wv_suggest *suggest, struct wv_slice name);

enum wv_suggest_sure { WV_GUESS = 0, WV_LIKELY, WV_SURE };
const char *wv_suggest_sure_word(enum wv_suggest_sure sure);

struct wv_suggestion {
    const char *word; /* class of a field, or class of parameters; NULL: nothing is to be done */
    enum wv_suggest_sure sure;
};
struct wv_suggestion wv_suggest_field(const struct wv_suggest *suggest,
                                      const struct wv_count *count);
struct wv_suggestion wv_suggest_kept(const struct wv_suggest *suggest,
                                     const struct wv_count *count);
struct wv_suggestion wv_suggest_name(const struct wv_suggest *suggest,
                                     const struct wv_count *count);

/* One line of the report. */
struct wv_suggest_row {
    const struct wv_count *count;
    struct wv_suggestion suggestion;
};
struct wv_suggest_rows {
    struct wv_suggest_row *items; /* the most frequent first */
    size_t count;
    uint64_t more;   /* rows that do not fit */
    uint64_t names;  /* that are not shown */
    uint64_t values; /* of them */
};
struct wv_suggest_findings {
    struct wv_suggest_rows fields;
    struct wv_suggest_rows kept;
    struct wv_suggest_rows parameters;
};

/* False when memory is short; wv_suggest_findings_fini() is to be called in either case. */
WV_MUST_USE bool wv_suggest_find(const struct wv_suggest *suggest,
                                 struct wv_suggest_findings *findings);
void wv_suggest_findings_fini(struct wv_suggest_findings *findings);

enum { WV_SUGGEST_PATH_MAX = 512 };

/* The path of a row as formats write it. */
void wv_suggest_path(const struct wv_count *count, char out[WV_SUGGEST_PATH_MAX]);

/* What the configuration needs for the findings; {} for nothing. NULL when memory is short. */
json_t *wv_suggest_overlay(const struct wv_suggest_findings *findings);

enum wv_exit wv_suggest_print(const struct wv_suggest *suggest,
                              const struct wv_suggest_findings *findings);
enum wv_exit wv_suggest_print_json(const struct wv_suggest *suggest,
                                   const struct wv_suggest_findings *findings);

#endif
