/*
 * cmd_detectors.c — what is found inside text.
 */
#include "app/setup.h"

#include "filters/detectors.h"

#include <jansson.h>

enum { NAME_WIDTH = 14, WORD_WIDTH = 12, NEEDS_WIDTH = 12 };

/* "shape", "words", "region: eu". */
static const char *needs(const struct wv_detector *detector, char *out, size_t size)
{
    if (detector->evidence == WV_EVIDENCE_REGION) {
        (void)snprintf(out, size, "region: %s", detector->regions);
        return out;
    }
    return wv_evidence_word(detector->evidence);
}

static void print_table(void)
{
    (void)printf("%-*s  %-*s  %-*s  what it finds\n", NAME_WIDTH, "detector", WORD_WIDTH,
                 "placeholder", NEEDS_WIDTH, "needs");
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        const struct wv_detector *detector = wv_detector_at(i);
        char word[32];
        char text[64];
        (void)snprintf(word, sizeof word, "~%s~", detector->word);
        (void)printf("%-*s  %-*s  %-*s  %s\n", NAME_WIDTH, detector->name, WORD_WIDTH, word,
                     NEEDS_WIDTH, needs(detector, text, sizeof text), detector->summary);
    }
}

static enum wv_exit print_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        const struct wv_detector *detector = wv_detector_at(i);
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "detector", detector->name,
                      "label", detector->label, "placeholder", detector->word, "needs",
                      wv_evidence_word(detector->evidence), "regions", detector->regions, "words",
                      detector->words, "class", detector->class, "finds", detector->summary));
    }
    const bool good = json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
    json_decref(list);
    (void)putchar('\n');
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}

enum wv_exit wv_cmd_detectors(const struct wv_arguments *arguments)
{
    if (wv_argument_given(arguments, "json")) {
        return print_json();
    }
    print_table();
    return WV_EXIT_OK;
}
