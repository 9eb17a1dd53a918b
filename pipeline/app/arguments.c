/*
 * arguments.c — getopt_long() by table, with explanations.
 */
#include "app/arguments.h"

#include "app/commands.h"

#include <getopt.h>
#include <stdlib.h>

/* Values that getopt_long() returns: rows of the table, then --help. */
enum { FIRST_ROW = 256 };

static const struct wv_argument *row_at(const struct wv_command *command, size_t index)
{
    return &command->arguments[index];
}

static bool wrong(const struct wv_command *command)
{
    (void)fprintf(stderr, "wafveil: `wafveil help %s` lists the options\n", command->word);
    return false;
}

/* Whether a word of the command line could be a value that must not be repeated. */
static bool hides(const struct wv_command *command)
{
    bool hidden = false;
    for (size_t i = 0; i < command->argument_count; i++) {
        hidden = hidden || row_at(command, i)->hidden;
    }
    return hidden;
}

static bool fail_unknown(const struct wv_command *command, const char *argument)
{
    const char *names[WV_ARGUMENTS_MAX + 1] = {"help"};
    for (size_t i = 0; i < command->argument_count; i++) {
        names[i + 1] = row_at(command, i)->name;
    }
    const char *word = argument + strspn(argument, "-");
    const struct wv_slice name = {(const uint8_t *)word, strcspn(word, "=")};
    const char *near = wv_nearest(name, names, command->argument_count + 1);
    if (hides(command)) {
        (void)fprintf(stderr, "wafveil: %s does not have one of these options", command->word);
    } else {
        (void)fprintf(stderr, "wafveil: %s has no option \"%.*s\"", command->word,
                      (int)strcspn(argument, "="), argument);
    }
    (void)fprintf(stderr, near == NULL ? "\n" : "; did you mean \"--%s\"?\n",
                  near == NULL ? "" : near);
    return wrong(command);
}

static bool check_choice(const struct wv_command *command, const struct wv_argument *row,
                         const char *value)
{
    if (row->choices == NULL) {
        return true;
    }
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], value) == 0) {
            return true;
        }
    }
    (void)fprintf(stderr, "wafveil: --%s must be one of:", row->name);
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        (void)fprintf(stderr, "%s%s", i == 0 ? " " : ", ", row->choices[i]);
    }
    (void)fputc('\n', stderr);
    return wrong(command);
}

static bool take(const struct wv_command *command, size_t index, const char *value,
                 struct wv_arguments *out)
{
    const struct wv_argument *row = row_at(command, index);
    if (out->values[index] != NULL) {
        (void)fprintf(stderr, "wafveil: --%s is given twice\n", row->name);
        return wrong(command);
    }
    if (row->value != NULL && value[0] == '\0') {
        (void)fprintf(stderr, "wafveil: --%s needs a value: %s\n", row->name, row->value);
        return wrong(command);
    }
    out->values[index] = row->value == NULL ? "" : value;
    return check_choice(command, row, value == NULL ? "" : value);
}

static bool check_complete(const struct wv_arguments *arguments)
{
    const struct wv_command *command = arguments->command;
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct wv_argument *row = row_at(command, i);
        if (row->required && arguments->values[i] == NULL) {
            (void)fprintf(stderr, "wafveil: %s needs --%s %s\n", command->word, row->name,
                          row->value);
            return wrong(command);
        }
    }
    if (command->operands[0] == '\0' && arguments->operand_count > 0 && hides(command)) {
        (void)fprintf(stderr, "wafveil: %s takes options only, and one word is none\n",
                      command->word);
        return wrong(command);
    }
    if (command->operands[0] == '\0' && arguments->operand_count > 0) {
        (void)fprintf(stderr, "wafveil: %s takes options only, and \"%s\" is none\n", command->word,
                      arguments->operands[0]);
        return wrong(command);
    }
    return true;
}

static void fill_long_options(const struct wv_command *command,
                              struct option options[WV_ARGUMENTS_MAX + 2])
{
    wv_ensure(command->argument_count <= WV_ARGUMENTS_MAX);
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct wv_argument *row = row_at(command, i);
        options[i] =
            (struct option){row->name, row->value == NULL ? no_argument : required_argument, NULL,
                            FIRST_ROW + (int)i};
    }
    options[command->argument_count] = (struct option){"help", no_argument, NULL, 'h'};
    options[command->argument_count + 1] = (struct option){0};
}

bool wv_arguments_read(const struct wv_command *command, int argc, char **argv,
                       struct wv_arguments *out)
{
    *out = (struct wv_arguments){.command = command};
    struct option options[WV_ARGUMENTS_MAX + 2];
    fill_long_options(command, options);
    opterr = 0;
    optind = 1;
    for (;;) {
        const char *argument = optind < argc ? argv[optind] : "";
        const int got = getopt_long(argc, argv, ":h", options, NULL);
        if (got == -1) {
            break;
        }
        if (got == 'h') {
            out->help = true;
            return true;
        }
        if (got >= FIRST_ROW) {
            if (!take(command, (size_t)(got - FIRST_ROW), optarg, out)) {
                return false;
            }
            continue;
        }
        if (optopt >= FIRST_ROW) {
            const struct wv_argument *row = row_at(command, (size_t)(optopt - FIRST_ROW));
            (void)fprintf(stderr, "wafveil: --%s %s%s\n", row->name,
                          got == ':' ? "needs a value: " : "takes no value",
                          got == ':' ? row->value : "");
            return wrong(command);
        }
        /* getopt_long() may have moved operands behind options: the culprit is the one before. */
        return fail_unknown(command, argument[0] == '-' ? argument : argv[optind - 1]);
    }
    out->operands = argv + optind;
    out->operand_count = (size_t)(argc - optind);
    return check_complete(out);
}

const char *wv_argument_text(const struct wv_arguments *arguments, const char *name)
{
    const struct wv_command *command = arguments->command;
    for (size_t i = 0; i < command->argument_count; i++) {
        if (strcmp(row_at(command, i)->name, name) == 0) {
            return arguments->values[i];
        }
    }
    const bool the_commands_table_has_the_option = false;
    wv_ensure(the_commands_table_has_the_option);
    return NULL;
}

bool wv_argument_given(const struct wv_arguments *arguments, const char *name)
{
    return wv_argument_text(arguments, name) != NULL;
}

bool wv_argument_number(const struct wv_arguments *arguments, const char *name, uint32_t min,
                        uint32_t max, uint32_t otherwise, uint32_t *out)
{
    const char *text = wv_argument_text(arguments, name);
    *out = otherwise;
    if (text == NULL) {
        return true;
    }
    const size_t digits = strspn(text, "0123456789");
    const unsigned long number = digits > 9 ? UINT32_MAX : strtoul(text, NULL, 10);
    if (digits == 0 || text[digits] != '\0' || number < min || number > max) {
        (void)fprintf(stderr, "wafveil: --%s must be a whole number from %u to %u\n", name, min,
                      max);
        return wrong(arguments->command);
    }
    *out = (uint32_t)number;
    return true;
}
