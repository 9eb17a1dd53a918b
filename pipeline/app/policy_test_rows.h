/*
 * policy_test_rows.h — the members of a document of tests, for its reader and for the reference.
 */
#ifndef WV_APP_POLICY_TEST_ROWS_H
#define WV_APP_POLICY_TEST_ROWS_H

#include "app/policy_test.h"

/* How many names of the operator's are compared with a wrong one, and bytes of them shown. */
enum { WV_NAMES_COMPARED = 256, WV_NAMES_SHOWN = 600 };

struct wv_tests_rows {
    json_t *tests;
};

struct wv_test_rows {
    struct wv_slice name;
    struct wv_slice format;
    struct wv_slice topic;
    struct wv_slice tenant;
    struct wv_slice region;
    struct wv_name_list regions;
    struct wv_slice output;
    struct wv_slice time;
    struct wv_slice key;
    json_t *headers;
    json_t *input;
    json_t *expect;
};

extern const struct wv_option wv_tests_options[];
extern const size_t wv_tests_option_count;
extern const struct wv_option wv_test_options[];
extern const size_t wv_test_option_count;
extern const struct wv_option wv_expectation_options[];
extern const size_t wv_expectation_option_count;

/* Everything but the regions, which the plan knows. */
WV_MUST_USE bool wv_expectation_read(const struct wv_node *node, struct wv_arena *arena,
                                     struct wv_report *report, struct wv_expectation *out);

#endif
