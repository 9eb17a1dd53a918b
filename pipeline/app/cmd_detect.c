/*
 * cmd_detect.c — which detectors hit where in lines of text. Never shows a value.
 */
#include "app/records.h"
#include "app/setup.h"

#include "engine/inspect.h"

#include <errno.h>
#include <unistd.h>

enum { LINE_MAX = 1024 * 1024 };

static void print_sightings(const struct wv_sighting *sightings, size_t count)
{
    if (count == SIZE_MAX || count == 0) {
        (void)puts(count == 0 ? "-" : "!");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s%s@%u-%u", i == 0 ? "" : ",", sightings[i].label, sightings[i].from,
                     sightings[i].to);
    }
    (void)putchar('\n');
}

static enum wv_exit detect(struct wv_inspector *inspector)
{
    struct wv_records records;
    wv_records_init(&records, STDIN_FILENO, LINE_MAX);
    records.blank = true;
    enum wv_exit code = WV_EXIT_OK;
    for (;;) {
        struct wv_slice line;
        const enum wv_records_next next = wv_records_next(&records, &line);
        if (next == WV_RECORDS_END) {
            break;
        }
        if (next == WV_RECORDS_FAILED) {
            (void)fprintf(stderr, "wafveil: cannot read stdin: %s\n", strerror(errno));
            code = WV_EXIT_OUTPUT;
            break;
        }
        const struct wv_sighting *sightings = NULL;
        const size_t count =
            next == WV_RECORDS_TOO_LONG ? SIZE_MAX : wv_inspect(inspector, line, &sightings);
        print_sightings(sightings, count);
    }
    wv_records_fini(&records);
    if (fflush(stdout) != 0) {
        (void)fprintf(stderr, "wafveil: cannot write to stdout: %s\n", strerror(errno));
        return WV_EXIT_OUTPUT;
    }
    return code;
}

enum wv_exit wv_cmd_detect(const struct wv_arguments *arguments)
{
    struct wv_setup setup;
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    uint64_t packs;
    code =
        wv_setup_regions(&setup, wv_argument_text(arguments, "region"), wv_setup_today(), &packs);
    struct wv_inspector *inspector =
        code != WV_EXIT_OK
            ? NULL
            : wv_inspector_new(setup.plan, packs, wv_argument_given(arguments, "names"));
    if (code == WV_EXIT_OK) {
        code = inspector == NULL ? WV_EXIT_INTERNAL : detect(inspector);
    }
    wv_inspector_free(inspector);
    wv_setup_close(&setup);
    return code;
}
