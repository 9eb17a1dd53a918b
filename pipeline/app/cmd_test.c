/*
 * cmd_test.c — unit tests of policies.
 */
#include "app/policy_files.h"
#include "app/policy_plan.h"
#include "app/setup.h"
#include "app/show.h"
#include "app/policy_compare.h"

#include <errno.h>
#include <stdlib.h>

enum { TESTS_MEMORY = 256 << 20, NAME_SHOWN = 400 };

struct testing {
    struct wv_report *report;
    struct wv_plan *plan;
    struct wv_arena *arena;
    struct wv_policy_documents documents;
    struct wv_cover *cover;
    struct wv_policy_runner *runner;
};

static enum wv_exit no_memory(void)
{
    (void)fputs("wafveil: there is no memory left\n", stderr);
    return WV_EXIT_INTERNAL;
}

static void print_suite(const struct wv_policy_suite *suite)
{
    for (size_t i = 0; i < suite->tests.count; i++) {
        const struct wv_policy_result *result = &suite->results[i];
        if (result->differences != NULL) {
            (void)fputs("FAILED ", stdout);
            wv_put_shown(wv_slice_of(suite->name), NAME_SHOWN, stdout);
            (void)fputs(": ", stdout);
            wv_put_shown(wv_slice_of(result->name), NAME_SHOWN, stdout);
            (void)printf("\n%s\n", result->differences);
        }
    }
}

static enum wv_exit print_all(const struct testing *testing)
{
    size_t tests = 0;
    size_t failed = 0;
    for (size_t i = 0; i < testing->documents.count; i++) {
        const struct wv_policy_suite *suite = &testing->documents.suites[i];
        print_suite(suite);
        tests += suite->tests.count;
        failed += suite->failed;
    }
    (void)printf("%zu test%s in %zu document%s: %zu passed, %zu failed\n", tests,
                 tests == 1 ? "" : "s", testing->documents.count,
                 testing->documents.count == 1 ? "" : "s", tests - failed, failed);
    if (testing->cover != NULL) {
        wv_cover_print(testing->cover, stdout);
    }
    return failed == 0 ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

static enum wv_exit write_junit(const struct testing *testing, const char *path)
{
    if (path == NULL) {
        return WV_EXIT_OK;
    }
    FILE *out = fopen(path, "we");
    bool good = out != NULL;
    if (good) {
        wv_policy_junit(testing->documents.suites, testing->documents.count, out);
        good = ferror(out) == 0;
        good = fclose(out) == 0 && good;
    }
    if (!good) {
        (void)fprintf(stderr, "wafveil: cannot write %s: %s\n", path, strerror(errno));
    }
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}

/* Every mistake of every document is told before any test runs. */
static enum wv_exit read_all(struct testing *testing, const struct wv_arguments *arguments)
{
    testing->plan = wv_policy_plan(wv_argument_text(arguments, "config"), testing->report);
    if (testing->plan == NULL) {
        return WV_EXIT_USAGE;
    }
    wv_report_free(testing->report); /* of warnings, which are for `check` */
    testing->report = wv_report_new();
    if (testing->report == NULL) {
        return no_memory();
    }
    bool good = wv_policy_documents_find(arguments, &testing->documents, testing->report);
    for (size_t i = 0; i < testing->documents.count; i++) {
        struct wv_policy_suite *suite = &testing->documents.suites[i];
        good = wv_policy_tests_read(suite->document, testing->plan, testing->arena, testing->report,
                                    &suite->tests) &&
               good;
    }
    return good ? WV_EXIT_OK : WV_EXIT_USAGE;
}

static enum wv_exit run_all(struct testing *testing, const struct wv_arguments *arguments)
{
    const bool covers = wv_argument_given(arguments, "coverage");
    testing->cover = covers ? wv_cover_new(testing->plan) : NULL;
    testing->runner = wv_policy_runner_new(testing->plan, testing->cover);
    if (testing->runner == NULL || (covers && testing->cover == NULL)) {
        return no_memory();
    }
    for (size_t i = 0; i < testing->documents.count; i++) {
        if (!wv_policy_run(testing->runner, &testing->documents.suites[i])) {
            return no_memory();
        }
    }
    const enum wv_exit code = print_all(testing);
    const enum wv_exit written = write_junit(testing, wv_argument_text(arguments, "junit"));
    return written != WV_EXIT_OK ? written : code;
}

static void finish(struct testing *testing)
{
    wv_policy_runner_free(testing->runner);
    wv_cover_free(testing->cover);
    wv_policy_documents_fini(&testing->documents);
    wv_arena_free(testing->arena);
    wv_plan_free(testing->plan);
    wv_report_free(testing->report);
}

enum wv_exit wv_cmd_test(const struct wv_arguments *arguments)
{
    struct testing testing = {.report = wv_report_new(), .arena = wv_arena_new(TESTS_MEMORY)};
    enum wv_exit code = WV_EXIT_OK;
    if (testing.report == NULL || testing.arena == NULL) {
        code = no_memory();
    } else {
        code = read_all(&testing, arguments);
        if (testing.report != NULL && wv_report_errors(testing.report) > 0) {
            wv_report_print(testing.report, stderr);
        }
        code = code != WV_EXIT_OK ? code : run_all(&testing, arguments);
    }
    finish(&testing);
    return code;
}
