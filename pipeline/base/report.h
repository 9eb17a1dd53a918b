/*
 * report.h — everything that is wrong with the operator's documents, told at once.
 *
 * Cold code (configuration, formats, packs, key files, command lines) takes a report and adds a
 * finding for each mistake; it goes on where it can, so that one run of `wafveil check` shows all
 * of them. A finding names the file, the line and column, the JSON pointer, what was expected and
 * the nearest known name. It never holds a value of a record, a key, or a password.
 *
 * A function that takes a report returns false (or NULL) if and only if it added an error.
 */
#ifndef WV_BASE_REPORT_H
#define WV_BASE_REPORT_H

#include "base/slice.h"

#include <stdio.h>

enum wv_severity { WV_ERROR = 0, WV_WARNING };

struct wv_finding {
    enum wv_severity severity;
    const char *file;    /* NULL: no document is to blame */
    unsigned line;       /* from 1; 0: unknown */
    unsigned column;     /* from 1, in bytes; 0: unknown */
    const char *pointer; /* RFC 6901; NULL: the document as a whole */
    const char *text;
};

struct wv_report;

/* NULL when memory is short. */
WV_MUST_USE struct wv_report *wv_report_new(void);
void wv_report_free(struct wv_report *report);

/* Copies all strings of the finding except text, which is made from format. Always returns false,
 * so that a failing function ends with `return wv_report_add(...)`. Findings past
 * WV_REPORT_MAX are counted but not kept. */
enum { WV_REPORT_MAX = 200 };
bool wv_report_add(struct wv_report *report, struct wv_finding where, const char *format, ...)
    WV_PRINTF(3, 4);

size_t wv_report_count(const struct wv_report *report);
const struct wv_finding *wv_report_at(const struct wv_report *report, size_t index);
size_t wv_report_errors(const struct wv_report *report);
size_t wv_report_warnings(const struct wv_report *report);

/* One line a finding, `file:line:column: error: text (at /pointer)`, in order of file and place. */
void wv_report_print(const struct wv_report *report, FILE *stream);

/* Of `count` names (a NULL is skipped), the one that `word` was probably meant to be; NULL if none
 * is near. Near: an edit distance of at most a third of the word's length, at least one. */
const char *wv_nearest(struct wv_slice word, const char *const *names, size_t count);

/* What a noun ends with where there are so many: "" or "s". */
static inline const char *wv_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

#endif
