/*
 * policy_test.h — documents that hold tests of policies, read and checked against a plan.
 *
 *     {"tests": [{"name": "…", "format": "aws-waf", "region": "eu", "input": {…}, "expect": {…}}]}
 *
 * Everything that a test names (formats, topics, tenants, regions, outputs, reasons, matchers) is
 * looked up while it is read, so that a mistake is told at its place before any test runs.
 *
 * Memory: strings and arrays live in the arena; JSON values belong to the document, which must
 *         outlive the tests, as the plan must.
 * Limits: those of documents (json/document.h), and WV_POLICY_TESTS_MAX tests a document.
 */
#ifndef WV_APP_POLICY_TEST_H
#define WV_APP_POLICY_TEST_H

#include "engine/transform.h"
#include "json/options.h"

enum { WV_POLICY_TESTS_MAX = 10000 };

/* What must come out. */
struct wv_expectation {
    uint32_t verdict;       /* enum wv_outcome */
    struct wv_slice reason; /* empty: any */
    json_t *record;         /* NULL: not compared */
    json_t *pointers;       /* JSON pointer → value; NULL: none */
    struct wv_name_list absent;
    struct wv_slice region;      /* with regions: all that the record must fall under */
    struct wv_name_list regions; /* both empty: not compared */
    struct wv_name_list must_contain;
    struct wv_name_list must_not_contain;
    json_t *withheld; /* true or false; NULL: not compared */
};

struct wv_policy_test {
    struct wv_slice name;
    uint32_t input;
    uint32_t output;
    struct wv_slice message;
    struct wv_slice key; /* ptr NULL: none */
    const struct wv_header *headers;
    size_t header_count;
    int64_t time_ms; /* -1: not said */
    struct wv_supposed supposed;
    struct wv_expectation expect;
};

struct wv_policy_tests {
    const struct wv_policy_test *items;
    size_t count;
};

/* False with findings. */
WV_MUST_USE bool wv_policy_tests_read(const struct wv_document *document,
                                      const struct wv_plan *plan, struct wv_arena *arena,
                                      struct wv_report *report, struct wv_policy_tests *out);

/* What an object of one member whose name begins with $ stands for, where a value is expected. */
enum wv_expects {
    WV_EXPECTS_NONE = 0, /* it is a value */
    WV_EXPECTS_ANY,      /* {"$any": true} */
    WV_EXPECTS_ABSENT,   /* {"$absent": true} */
    WV_EXPECTS_TOKEN,    /* {"$token": "ip"} */
    WV_EXPECTS_LIKE,     /* {"$like": "192.0.2.*"} */
    WV_EXPECTS_UNKNOWN,
};

/* *argument is the member's value, NULL for NONE. */
enum wv_expects wv_expects_of(const json_t *value, const json_t **argument);

#endif
