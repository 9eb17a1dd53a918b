/*
 * legal.h — which region's records go to which output, for people and for programs.
 *
 * Shows the operator's own documents and words of the law tables, never a value of a record.
 */
#ifndef WV_APP_LEGAL_H
#define WV_APP_LEGAL_H

#include "plan/explain.h"
#include "plan/legal.h"
#include "plan/topics.h"

#include <stdio.h>

struct wv_legal_page {
    const struct wv_plan *plan;
    const struct wv_report *report; /* its findings that name a requirement are shown */
    int32_t day;
    const struct wv_topic *topics; /* NULL: no broker has been asked */
    size_t topic_count;
};

/* One cell of the matrix. */
struct wv_legal_cell {
    struct wv_transfer transfer;
    char until[WV_DAY_TEXT]; /* "": without an end that is known, or refused */
    char from[WV_DAY_TEXT];  /* refused: first day on which it is allowed; "": none is known */
};
struct wv_legal_cell wv_legal_cell(const struct wv_legal_page *page, size_t output, size_t pack);

/* What a requirement's id stands for in a finding: "[TRF-4]" or NULL. */
const char *wv_legal_requirement(const struct wv_finding *finding);

/* Who reads an output, as far as the configuration says it; "own organisation" where it does not.
 */
const char *wv_legal_reader(const struct wv_legal_page *page, size_t output);

void wv_legal_table(const struct wv_legal_page *page, FILE *stream);
WV_MUST_USE bool wv_legal_json(const struct wv_legal_page *page, FILE *stream); /* memory */
void wv_legal_html(const struct wv_legal_page *page, FILE *stream);

#endif
