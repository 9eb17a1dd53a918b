/*
 * cmd_detectors.c — what is found inside text, by built-in detectors and those of a configuration.
 */
#include "app/setup.h"

#include "filters/detectors.h"
#include "filters/patterns.h"

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

/* "customer_no  ~CUSTOMER_NO~  pattern  \bKD-[0-9]{8}\b; luhn; class username" */
static void print_own(const struct wv_patterns *patterns, size_t index)
{
    const struct wv_pattern_source *own = wv_patterns_at(patterns, index);
    char word[32];
    (void)snprintf(word, sizeof word, "~%s~", wv_patterns_label(patterns, index));
    (void)printf("%-*.*s  %-*s  %-*s  %.*s", NAME_WIDTH, WV_SHOW(own->name), WORD_WIDTH, word,
                 NEEDS_WIDTH, "pattern", (int)own->pattern.len, (const char *)own->pattern.ptr);
    if (own->validator != NULL) {
        (void)printf("; %s", own->validator->name);
    }
    if (own->class < WV_CLASS_COUNT) {
        (void)printf("; class %s", wv_class_word((enum wv_class)own->class));
    }
    (void)puts(own->action == WV_PATTERN_REMOVE ? "; removes the value" : "");
}

static void print_table(const struct wv_patterns *patterns)
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
    for (size_t i = 0; i < wv_patterns_count(patterns); i++) {
        print_own(patterns, i);
    }
}

static json_t *own_as_json(const struct wv_patterns *patterns, size_t index)
{
    const struct wv_pattern_source *own = wv_patterns_at(patterns, index);
    const char *class = own->class < WV_CLASS_COUNT ? wv_class_word((enum wv_class)own->class) : "";
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "detector",
                     (const char *)own->name.ptr, "label", wv_patterns_label(patterns, index),
                     "needs", "pattern", "pattern", (const char *)own->pattern.ptr, "literal",
                     (const char *)own->literal.ptr, "literal_nocase", own->literal_nocase,
                     "validator", own->validator == NULL ? "" : own->validator->name, "class",
                     class, "action", own->action == WV_PATTERN_REMOVE ? "remove" : "replace");
}

static enum wv_exit print_json(const struct wv_patterns *patterns)
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
    for (size_t i = 0; i < wv_patterns_count(patterns); i++) {
        (void)json_array_append_new(list, own_as_json(patterns, i));
    }
    const bool good = json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
    json_decref(list);
    (void)putchar('\n');
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}

enum wv_exit wv_cmd_detectors(const struct wv_arguments *arguments)
{
    struct wv_setup setup;
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    const struct wv_patterns *patterns = wv_plan_patterns(setup.plan);
    if (wv_argument_given(arguments, "json")) {
        code = print_json(patterns);
    } else {
        print_table(patterns);
    }
    wv_setup_close(&setup);
    return code;
}
