/*
 * policy_run.h — tests of policies at work: documents, one worker for all of them, results.
 */
#ifndef WV_APP_POLICY_RUN_H
#define WV_APP_POLICY_RUN_H

#include "app/policy_cover.h"
#include "app/policy_test.h"

#include <stdio.h>

/* What became of one test. */
struct wv_policy_result {
    const char *name;
    char *differences; /* lines for people; NULL: it passed */
};

struct wv_policy_suite {
    const char *name; /* file, or "built-in eu" */
    const struct wv_document *document;
    struct wv_policy_tests tests;
    struct wv_policy_result *results; /* of each test, once it has run */
    size_t failed;
};

struct wv_policy_runner;

/* NULL when memory is short. cover: NULL, or what counts rules; both must outlive the runner. */
WV_MUST_USE struct wv_policy_runner *wv_policy_runner_new(const struct wv_plan *plan,
                                                          struct wv_cover *cover);
void wv_policy_runner_free(struct wv_policy_runner *runner);

/* Fills the results of a suite. False: memory is short. */
WV_MUST_USE bool wv_policy_run(struct wv_policy_runner *runner, struct wv_policy_suite *suite);
void wv_policy_suite_fini(struct wv_policy_suite *suite);

/* JUnit XML, as junit-10.xsd of Jenkins' xUnit plugin has it: a testsuite for each document, a
 * testcase for each test. It says no times, so that equal runs give equal files. */
void wv_policy_junit(const struct wv_policy_suite *suites, size_t count, FILE *out);

#endif
