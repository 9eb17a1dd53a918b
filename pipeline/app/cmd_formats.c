/*
 * cmd_formats.c — which records are understood.
 */
#include "app/setup.h"

#include "plan/explain.h"

#include <jansson.h>

enum { NAME_WIDTH = 24, SYNTAX_WIDTH = 9 };

static void print_kind(const struct wv_plan *plan, bool envelopes)
{
    (void)printf("%-*s  %-*s  fields  classes  what it is\n", NAME_WIDTH,
                 envelopes ? "envelope" : "format", SYNTAX_WIDTH, "syntax");
    for (size_t i = 0; i < wv_plan_formats(plan); i++) {
        const struct wv_format_info format = wv_plan_format(plan, i);
        if (format.envelope != envelopes) {
            continue;
        }
        (void)printf("%-*s  %-*s  %6zu  %7zu  %s\n", NAME_WIDTH, format.name, SYNTAX_WIDTH,
                     format.syntax, format.fields, format.classes, format.title);
        (void)printf("%-*s  %s%s\n", NAME_WIDTH, "",
                     format.known_by[0] == '\0' ? "not found by auto" : "known by ",
                     format.known_by);
    }
}

static enum wv_exit print_json(const struct wv_plan *plan)
{
    json_t *formats = json_array();
    for (size_t i = 0; i < wv_plan_formats(plan); i++) {
        const struct wv_format_info format = wv_plan_format(plan, i);
        (void)json_array_append_new(
            formats,
            json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "format", format.name, "title",
                      format.title, "docs", format.docs, "syntax", format.syntax, "envelope",
                      format.envelope ? 1 : 0, "fields", (json_int_t)format.fields, "classes",
                      (json_int_t)format.classes, "known_by", format.known_by));
    }
    const bool good = json_dumpf(formats, stdout, JSON_INDENT(2)) == 0;
    json_decref(formats);
    (void)putchar('\n');
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}

enum wv_exit wv_cmd_formats(const struct wv_arguments *arguments)
{
    struct wv_setup setup;
    enum wv_exit exit = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &setup);
    if (exit != WV_EXIT_OK) {
        return exit;
    }
    if (wv_argument_given(arguments, "json")) {
        exit = print_json(setup.plan);
    } else {
        print_kind(setup.plan, false);
        (void)putchar('\n');
        print_kind(setup.plan, true);
    }
    wv_setup_close(&setup);
    return exit;
}
