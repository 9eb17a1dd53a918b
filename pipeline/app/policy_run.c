/*
 * policy_run.c — one record after the other through the engine, each under what its test supposes.
 */
#include "app/policy_run.h"

#include "app/policy_compare.h"
#include "base/clock.h"

#include <stdlib.h>

struct wv_policy_runner {
    const struct wv_plan *plan;
    struct wv_worker *worker;
    struct wv_cover *cover;
    struct wv_clock_fake clock;
    int64_t today_ms;
    struct wv_supposed supposed;    /* by the test that runs */
    uint32_t kinds[WV_CLASS_COUNT]; /* of tokens that its rules make, by bits */
};

static void look(void *user, const struct wv_trace *trace)
{
    struct wv_policy_runner *runner = user;
    if (trace->output != runner->supposed.output) {
        return;
    }
    if (trace->rule != NULL) {
        runner->kinds[trace->class] |= 1U << trace->rule->token;
    }
    if (runner->cover != NULL) {
        wv_cover_mark(runner->cover, &runner->supposed, trace);
    }
}

struct wv_policy_runner *wv_policy_runner_new(const struct wv_plan *plan, struct wv_cover *cover)
{
    struct wv_policy_runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL) {
        return NULL;
    }
    runner->plan = plan;
    runner->cover = cover;
    runner->worker = wv_worker_new(plan);
    if (runner->worker == NULL) {
        free(runner);
        return NULL;
    }
    runner->today_ms = wv_clock_wall_ms(wv_clock_system());
    wv_clock_fake_init(&runner->clock, runner->today_ms);
    wv_worker_clock(runner->worker, &runner->clock.clock);
    wv_worker_suppose(runner->worker, &runner->supposed);
    wv_worker_trace(runner->worker, look, runner);
    return runner;
}

void wv_policy_runner_free(struct wv_policy_runner *runner)
{
    if (runner != NULL) {
        wv_worker_free(runner->worker);
        free(runner);
    }
}

static struct wv_record record_of(const struct wv_policy_runner *runner,
                                  const struct wv_policy_test *test)
{
    return (struct wv_record){
        .input = test->input,
        .topic = wv_plan_config(runner->plan)->inputs[test->input].topic,
        .value = test->message,
        .key = test->key,
        .headers = test->headers,
        .header_count = test->header_count,
        .time_ms = test->time_ms,
    };
}

/* What the record became in the output; NULL: there is more than one record. A message that is
 * rejected before its records are told apart is rejected in every output. A record that must not
 * exist downstream leaves no result at all. */
static const struct wv_result *result_in(const struct wv_results *results, uint32_t output)
{
    static const struct wv_result suppressed = {.outcome = WV_SUPPRESS};
    const struct wv_result *found = &suppressed;
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct wv_result *result = &results->items[i];
        if (result->output == output || result->output == UINT32_MAX) {
            found = result;
            count++;
        }
    }
    return count > 1 || results->records > 1 ? NULL : found;
}

static size_t run_test(struct wv_policy_runner *runner, const struct wv_policy_test *test,
                       FILE *out)
{
    const struct wv_record record = record_of(runner, test);
    runner->supposed = test->supposed;
    memset(runner->kinds, 0, sizeof runner->kinds);
    runner->clock.ms = test->time_ms < 0 ? runner->today_ms : test->time_ms;
    const struct wv_results results = wv_transform(runner->worker, &record);
    const struct wv_result *result = result_in(&results, test->output);
    if (result == NULL) {
        (void)fprintf(out, "  input\n    expected one record\n    got      %zu\n", results.records);
        return 1;
    }
    const struct wv_obtained obtained = {runner->plan, &runner->supposed, result, runner->kinds};
    return wv_policy_compare(&test->expect, &obtained, out);
}

bool wv_policy_run(struct wv_policy_runner *runner, struct wv_policy_suite *suite)
{
    suite->results = calloc(suite->tests.count + 1, sizeof *suite->results);
    for (size_t i = 0; suite->results != NULL && i < suite->tests.count; i++) {
        const struct wv_policy_test *test = &suite->tests.items[i];
        struct wv_policy_result *result = &suite->results[i];
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        if (out == NULL) {
            return false;
        }
        const size_t differences = run_test(runner, test, out);
        if (fclose(out) != 0) {
            free(text);
            return false;
        }
        result->name = (const char *)test->name.ptr;
        if (differences > 0) {
            result->differences = text;
            suite->failed++;
        } else {
            free(text);
        }
    }
    return suite->results != NULL;
}

void wv_policy_suite_fini(struct wv_policy_suite *suite)
{
    for (size_t i = 0; suite->results != NULL && i < suite->tests.count; i++) {
        free(suite->results[i].differences);
    }
    free(suite->results);
    suite->results = NULL;
}
