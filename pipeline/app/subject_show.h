/*
 * subject_show.h — what was found for a request, for people, programs and the file of acts.
 */
#ifndef WV_APP_SUBJECT_SHOW_H
#define WV_APP_SUBJECT_SHOW_H

#include "app/subject.h"
#include "json/document.h"

/* What is shown; none of it holds the value. */
struct wv_subject_page {
    const struct wv_plan *plan;
    const struct wv_subject_request *request;
    const struct wv_subject_found *found;
    const char *const *warnings;
    size_t warning_count;
    const char *audit; /* file, chain and seq of the record that was written */
    const char *chain;
    uint64_t seq;
};

void wv_subject_print(const struct wv_subject_page *page, FILE *stream);
bool wv_subject_print_json(const struct wv_subject_page *page, FILE *stream);

/* Members of the record of the request (acts.h): who asked, why, for what, and how much there was;
 * NULL: memory is short. */
WV_MUST_USE json_t *wv_subject_act(const struct wv_plan *plan,
                                   const struct wv_subject_request *request,
                                   const struct wv_subject_found *found, const char *reason,
                                   const char *requester);

#endif
