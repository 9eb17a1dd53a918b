/*
 * audit_report.h — categories of personal data collected and disclosed, for the notice that a law
 * asks for.
 */
#ifndef WV_APP_AUDIT_REPORT_H
#define WV_APP_AUDIT_REPORT_H

#include "app/audit_sum.h"
#include "app/commands.h"

/* `wafveil audit report` */
enum wv_exit wv_audit_report(const struct wv_arguments *arguments);

/* What is shown. */
struct wv_audit_page {
    const struct wv_audit_filter *filter;
    const json_t *statute; /* of schemas/law/categories.json */
    const json_t *total;   /* as struct wv_audit_sum says */
    const json_t *laws;    /* [{"pack","law","authority","url","representative"}] */
    const json_t *chains;  /* [{"chain","records","head","status"}] */
    size_t left_out;       /* chains that broke and do not count */
    bool incomplete;
};

/* The report as a document, which both forms show; the caller owns it. */
json_t *wv_audit_page_json(const struct wv_audit_page *page);
void wv_audit_page_table(const json_t *page, FILE *stream);

#endif
