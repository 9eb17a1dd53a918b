/*
 * Feeds arbitrary documents to the reader of tests of policies, and runs those that it takes.
 *
 * A document is taken or has findings; what is taken can be run, and each of its tests ends with a
 * result; the report about it is as much XML as its brackets say.
 *
 * Input: the document.
 */
#include "app/policy_plan.h"
#include "app/policy_run.h"

#include <stdlib.h>

enum { ARENA_BYTES = 64 << 20, FEW = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wv_plan *plan;
static struct wv_cover *cover;
static struct wv_policy_runner *runner;

static void start(void)
{
    struct wv_report *report = wv_report_new();
    plan = wv_policy_plan(NULL, report);
    wv_ensure(plan != NULL);
    cover = wv_cover_new(plan);
    runner = wv_policy_runner_new(plan, cover);
    wv_ensure(cover != NULL && runner != NULL);
    wv_report_free(report);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

static void check_junit(const struct wv_policy_suite *suite)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    wv_ensure(out != NULL);
    wv_policy_junit(suite, 1, out);
    wv_ensure(fclose(out) == 0 && strlen(text) == len);
    wv_ensure(count_of(text, "<testcase ") == suite->tests.count);
    wv_ensure(count_of(text, "<failure ") == suite->failed);
    wv_ensure(count_of(text, "<") == count_of(text, ">"));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (plan == NULL) {
        start();
    }
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(ARENA_BYTES);
    struct wv_document *document = wv_document_parse("fuzz", (struct wv_slice){data, size}, report);
    wv_ensure(arena != NULL);
    if (document != NULL) {
        struct wv_policy_suite suite = {.name = "fuzz", .document = document};
        const bool good = wv_policy_tests_read(document, plan, arena, report, &suite.tests);
        wv_ensure(good == (wv_report_errors(report) == 0));
        if (good && suite.tests.count <= FEW) {
            wv_ensure(wv_policy_run(runner, &suite));
            wv_ensure(suite.failed <= suite.tests.count);
            check_junit(&suite);
        }
        wv_policy_suite_fini(&suite);
    }
    wv_document_free(document);
    wv_arena_free(arena);
    wv_report_free(report);
    return 0;
}
