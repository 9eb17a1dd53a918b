/*
 * findings.h — a report as the text that an operator would see, to be compared whole.
 */
#ifndef WV_TESTS_FINDINGS_H
#define WV_TESTS_FINDINGS_H

#include "base/report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* malloc'd. */
static inline char *findings_text(const struct wv_report *report)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    wv_report_print(report, stream);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* Compares and forgets: *report is freed. */
static inline void findings_are(struct wv_report *report, const char *wanted)
{
    char *text = findings_text(report);
    ck_assert_str_eq(text, wanted);
    free(text);
    wv_report_free(report);
}

/* There are so many errors, and this stands among what is said of the text; *report is freed. */
static inline void findings_hold(struct wv_report *report, const char *of, const char *said,
                                 size_t errors)
{
    char *text = findings_text(report);
    ck_assert_msg(strstr(text, said) != NULL, "%s\nsays\n%s\nnot\n%s", of, text, said);
    ck_assert_msg(wv_report_errors(report) == errors, "%s\nsays\n%s", of, text);
    free(text);
    wv_report_free(report);
}

#endif
