/*
 * example.c — libwafveil without Kafka: protects the records on standard input, one a line.
 *
 *     cc example.c -Iwafveil/pipeline -Iwafveil libwafveil.a
 *         -ljansson -lxxhash -lpsl -lpcre2-8 -lmaxminddb -lz -lzstd -lcrypto
 */
#include "engine/transform.h"

#include <stdlib.h>

int main(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_builtin("aws-waf", "eu", report);
    /* Without a keyring in the configuration the key is random and forgotten when we end. */
    struct wv_plan *plan = config == NULL ? NULL : wv_plan_build(config, NULL, report);
    struct wv_worker *worker = plan == NULL ? NULL : wv_worker_new(plan);
    if (worker == NULL) {
        wv_report_print(report, stderr);
        return EXIT_FAILURE;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) > 0) {
        const struct wv_record record = {.value = {(uint8_t *)line, (size_t)len}, .time_ms = -1};
        const struct wv_results results = wv_transform(worker, &record);
        for (size_t i = 0; i < results.count; i++) {
            const struct wv_result *result = &results.items[i];
            if (result->outcome == WV_PUBLISH || result->outcome == WV_STUB) {
                fwrite(result->value.ptr, 1, result->value.len, stdout);
                putchar('\n');
            } else {
                fprintf(stderr, "rejected: %s\n", wv_reason_word(result->reason));
            }
        }
    }
    free(line);
    wv_worker_free(worker);
    wv_plan_free(plan);
    wv_report_free(report);
    return EXIT_SUCCESS;
}
