/*
 * policy_files.h — which documents of tests are run.
 */
#ifndef WV_APP_POLICY_FILES_H
#define WV_APP_POLICY_FILES_H

#include "app/commands.h"
#include "app/policy_run.h"

/* Owned suites, their documents and the names of files; {0} is empty. */
struct wv_policy_documents {
    struct wv_policy_suite *suites;
    size_t count;
    size_t cap;
};

/* The documents that the command line names: files, and in folders every *.test.json; where it
 * names none, those beside the configuration, or the built-in packs' own. Mistakes are findings;
 * false. */
WV_MUST_USE bool wv_policy_documents_find(const struct wv_arguments *arguments,
                                          struct wv_policy_documents *documents,
                                          struct wv_report *report);
void wv_policy_documents_fini(struct wv_policy_documents *documents);

#endif
