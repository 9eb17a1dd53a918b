/*
 * reference.c — one function a chapter. docs/reference.md is its output.
 */
#include "app/reference.h"

#include "app/commands.h"
#include "engine/tally.h"
#include "filters/detectors.h"
#include "filters/filter.h"
#include "filters/validate.h"
#include "ops/metrics.h"
#include "plan/explain.h"

#include <ctype.h>

/* A bar would end it. */
void wv_reference_cell(const char *text, FILE *stream)
{
    for (; *text != '\0'; text++) {
        (void)fputs(*text == '|' ? "\\|" : (const char[]){*text, '\0'}, stream);
    }
}

/* Help texts begin in lower case and have no full stop, to stand in lists. */
static void print_sentence(const char *text, FILE *stream)
{
    (void)fprintf(stream, "%c%s.\n", toupper((unsigned char)text[0]), text + 1);
}

/* What stands indented at the terminal is shown as it is: four blanks make that in Markdown. */
static void print_details(const char *text, FILE *stream)
{
    for (const char *at = text; *at != '\0'; at++) {
        const bool begins = at == text || at[-1] == '\n';
        (void)fputs(begins && strncmp(at, "  ", 2) == 0 ? "  " : "", stream);
        (void)fputc(*at, stream);
    }
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

static void print_command(const struct wv_command *command, FILE *stream)
{
    (void)fprintf(stream, "\n### wafveil %s\n\n", command->word);
    print_sentence(command->summary, stream);
    if (command->operands[0] != '\0') {
        (void)fprintf(stream, "\nOperands: `%s`\n", command->operands);
    }
    (void)fputs("\n| option | meaning |\n|---|---|\n", stream);
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct wv_argument *row = &command->arguments[i];
        (void)fprintf(stream, "| `--%s%s", row->name, row->value == NULL ? "" : " ");
        wv_reference_cell(row->value == NULL ? "" : row->value, stream);
        (void)fputs(row->required ? "` (needed) | " : "` | ", stream);
        wv_reference_cell(row->help, stream);
        (void)fputs(" |\n", stream);
    }
    if (command->details[0] != '\0') {
        (void)fputc('\n', stream);
        print_details(command->details, stream);
    }
}

static void print_commands(FILE *stream)
{
    (void)fputs("\n## Commands\n\n| command | what it does |\n|---|---|\n", stream);
    for (size_t i = 0; wv_command_at(i) != NULL; i++) {
        (void)fprintf(stream, "| `%s` | %s |\n", wv_command_at(i)->word, wv_command_at(i)->summary);
    }
    for (size_t i = 0; wv_command_at(i) != NULL; i++) {
        print_command(wv_command_at(i), stream);
    }
    (void)fputs("\n### Exit codes\n\n| code | meaning |\n|---|---|\n", stream);
    for (int code = 0; code <= UINT8_MAX; code++) {
        if (wv_exit_text(code) != NULL) {
            (void)fprintf(stream, "| %d | %s |\n", code, wv_exit_text(code));
        }
    }
}

/* ---- Option tables ----------------------------------------------------------------------------
 */

static void print_values(const struct wv_option *row, FILE *stream)
{
    switch (row->kind) {
    case WV_OPTION_UINT:
        (void)fprintf(stream, "%u to %u%s%s", row->min, row->max, row->unit == NULL ? "" : " ",
                      row->unit == NULL ? "" : row->unit);
        break;
    case WV_OPTION_BOOL:
        (void)fputs("true, false", stream);
        break;
    case WV_OPTION_CHOICE:
        for (size_t i = 0; row->choices[i] != NULL; i++) {
            (void)fprintf(stream, "%s`%s`", i == 0 ? "" : ", ", row->choices[i]);
        }
        break;
    case WV_OPTION_TEXT:
        (void)fputs("text", stream);
        break;
    case WV_OPTION_NAMES:
        (void)fputs("list of texts", stream);
        break;
    case WV_OPTION_ANY:
        (void)fputs("a section", stream);
        break;
    }
}

static void print_default(const struct wv_option *row, FILE *stream)
{
    if (row->required) {
        (void)fputs("needed", stream);
        return;
    }
    switch (row->kind) {
    case WV_OPTION_UINT:
        (void)fprintf(stream, "%u", row->fallback);
        break;
    case WV_OPTION_BOOL:
        (void)fputs(row->fallback != 0 ? "true" : "false", stream);
        break;
    case WV_OPTION_CHOICE:
        (void)fprintf(stream, "`%s`", row->choices[row->fallback]);
        break;
    case WV_OPTION_TEXT:
        if (row->fallback_text != NULL) {
            (void)fprintf(stream, "`%s`", row->fallback_text);
        }
        break;
    case WV_OPTION_NAMES:
    case WV_OPTION_ANY:
        break;
    }
}

static void print_options(const struct wv_option *options, size_t count, FILE *stream)
{
    (void)fputs("\n| member | values | default | meaning |\n|---|---|---|---|\n", stream);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(stream, "| `%s` | ", options[i].name);
        print_values(&options[i], stream);
        (void)fputs(" | ", stream);
        print_default(&options[i], stream);
        (void)fputs(" | ", stream);
        wv_reference_cell(options[i].help, stream);
        (void)fputs(" |\n", stream);
    }
}

static void print_configuration(FILE *stream)
{
    (void)fputs(
        "\n## Configuration\n\nOne JSON file. Sections are named by their JSON pointer; `[]` "
        "stands for every element of an array. Relative paths are taken from the folder of "
        "the file.\n",
        stream);
    size_t count;
    const struct wv_config_section *sections = wv_config_sections(&count);
    for (size_t i = 0; i < count; i++) {
        const char *pointer = sections[i].pointer;
        (void)fprintf(stream, "\n### `%s`\n\n", pointer[0] == '\0' ? "/" : pointer);
        print_sentence(sections[i].help, stream);
        print_options(sections[i].options, sections[i].count, stream);
    }
}

static void print_filters(FILE *stream)
{
    (void)fputs(
        "\n## Filters\n\nWhat can be done to a value. The rank says how much a filter takes away. "
        "When two laws name different chains for one class, `drop` wins over everything and "
        "everything over `keep`; where one chain holds the other, the longer is taken, option by "
        "option the stricter value; `scrub` is put in front of any other; and what cannot be "
        "compared is dropped.\n",
        stream);
    for (size_t i = 0; i < wv_filter_count(); i++) {
        const struct wv_filter *filter = wv_filter_at(i);
        (void)fprintf(stream, "\n### `%s`\n\n%s. Rank %u.\n", filter->name, filter->summary,
                      filter->rank);
        if (filter->option_count > 0) {
            print_options(filter->options, filter->option_count, stream);
        }
    }
}

static void print_detectors(FILE *stream)
{
    (void)fputs(
        "\n## Detectors\n\nWhat is found inside text, by `scrub` and by every filter that keeps "
        "text. **shape**: what looks so and passes its checks is found. **region**: so in records "
        "under a pack of that name, or one that extends it; elsewhere only behind words that say "
        "what it is. **words**: only behind such words: the words of the table, or a listed name "
        "of a parameter. A pack's member `detectors` can say otherwise, with the names of the "
        "first column. Where a record falls under several packs, what one of them finds is "
        "found.\n\n| detector | label | placeholder | needs | words | what it finds "
        "|\n|---|---|---|---|---|---|\n",
        stream);
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        const struct wv_detector *detector = wv_detector_at(i);
        (void)fprintf(stream, "| `%s` | `%s` | `~%s~` | %s%s%s | ", detector->name, detector->label,
                      detector->word, wv_evidence_word(detector->evidence),
                      detector->regions[0] == '\0' ? "" : ": ", detector->regions);
        for (const char *at = detector->words; *at != '\0'; at++) {
            (void)fputs(*at == '|' ? ", " : (const char[]){*at, '\0'}, stream);
        }
        (void)fprintf(stream, " | %s |\n", detector->summary);
    }
}

static void print_validators(FILE *stream)
{
    (void)fputs(
        "\n## Validators\n\nWhat is checked of an identifier, without what stands between "
        "its digits and letters.\n\n| validator | length | what it checks |\n|---|---|---|\n",
        stream);
    for (size_t i = 0; i < wv_validator_count(); i++) {
        const struct wv_validator *validator = wv_validator_at(i);
        (void)fprintf(stream, "| `%s` | %zu to %zu | %s |\n", validator->name,
                      (size_t)validator->min_len, (size_t)validator->max_len, validator->what);
    }
}

/* ---- Words ------------------------------------------------------------------------------------
 */

static void print_classes(FILE *stream)
{
    (void)fputs(
        "\n## Classes\n\nWhat a value is. Formats say which class a field has, packs say what "
        "is done with a class.\n\n| class | meaning |\n|---|---|\n",
        stream);
    for (int class = 0; class < WV_CLASS_COUNT; class ++) {
        (void)fprintf(stream, "| `%s` | %s |\n", wv_class_word((enum wv_class) class),
                      wv_class_help((enum wv_class) class));
    }
}

static void print_reasons(FILE *stream)
{
    (void)fputs("\n## Reasons of rejects\n\n| reason | meaning |\n|---|---|\n", stream);
    for (int reason = 1; reason < WV_REASON_COUNT; reason++) {
        (void)fprintf(stream, "| `%s` | %s |\n", wv_reason_word((enum wv_reason)reason),
                      wv_reason_text((enum wv_reason)reason));
    }
}

static void print_suppressions(FILE *stream)
{
    (void)fputs("\n## Reasons for which an output does not get a record\n\nThey stand in "
                "`wafveil_suppressed_total`; such a record is not lost, and its offset is "
                "committed.\n\n| reason | meaning |\n|---|---|\n",
                stream);
    for (int why = 1; why < WV_SUPPRESSION_COUNT; why++) {
        (void)fprintf(stream, "| `%s` | %s |\n", wv_suppression_word((enum wv_suppression)why),
                      wv_suppression_text((enum wv_suppression)why));
    }
}

static void print_metrics(FILE *stream)
{
    (void)fputs("\n## Metrics\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n",
                stream);
    for (int i = 0; i < WV_METRIC_COUNT; i++) {
        const enum wv_metric metric = (enum wv_metric)i;
        (void)fprintf(stream, "| `%s` | %s | ", wv_metric_name(metric), wv_metric_type(metric));
        for (size_t l = 0; l < WV_METRIC_LABELS && wv_metric_label(metric, l) != NULL; l++) {
            (void)fprintf(stream, "%s%s", l == 0 ? "" : ", ", wv_metric_label(metric, l));
        }
        (void)fputs(" | ", stream);
        wv_reference_cell(wv_metric_help(metric), stream);
        (void)fputs(" |\n", stream);
    }
}

static void print_formats(const struct wv_plan *plan, bool envelopes, FILE *stream)
{
    (void)fprintf(stream,
                  "\n## Built-in %s\n\n| %s | what it is | syntax | fields | known by |\n"
                  "|---|---|---|---|---|\n",
                  envelopes ? "envelopes" : "formats", envelopes ? "envelope" : "format");
    for (size_t i = 0; i < wv_plan_formats(plan); i++) {
        const struct wv_format_info format = wv_plan_format(plan, i);
        if (format.envelope != envelopes) {
            continue;
        }
        (void)fprintf(stream, "| `%s` | ", format.name);
        if (format.docs[0] != '\0') {
            (void)fprintf(stream, "[%s](%s)", format.title, format.docs);
        } else {
            wv_reference_cell(format.title, stream);
        }
        (void)fprintf(stream, " | %s | %zu | ", format.syntax, format.fields);
        wv_reference_cell(format.known_by, stream);
        (void)fputs(" |\n", stream);
    }
}

static void print_documents(const struct wv_plan *plan, FILE *stream)
{
    print_formats(plan, false, stream);
    print_formats(plan, true, stream);
    wv_reference_packs(plan, stream);
}

static bool print_all(struct wv_report *report, FILE *stream)
{
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    struct wv_config *config = wv_config_builtin("aws-waf", NULL, report);
    if (keyring == NULL || config == NULL) {
        wv_keyring_free(keyring);
        wv_config_free(config);
        return false;
    }
    struct wv_plan *plan = wv_plan_build(config, keyring, report);
    if (plan == NULL) {
        return false;
    }
    (void)fputs("# Reference\n\nPrinted by `wafveil help --reference` from the tables that the "
                "program works by; do not edit.\n",
                stream);
    print_commands(stream);
    print_configuration(stream);
    print_classes(stream);
    print_filters(stream);
    print_detectors(stream);
    print_validators(stream);
    print_documents(plan, stream);
    print_reasons(stream);
    print_suppressions(stream);
    print_metrics(stream);
    wv_plan_free(plan);
    return true;
}

bool wv_reference_print(FILE *stream)
{
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return false;
    }
    const bool ok = print_all(report, stream);
    wv_report_print(report, stderr);
    wv_report_free(report);
    return ok;
}
