/*
 * cmd_help.c — the manual, printed from the tables.
 */
#include "app/reference.h"
#include "app/setup.h"

enum wv_exit wv_cmd_help(const struct wv_arguments *arguments)
{
    if (wv_argument_given(arguments, "reference")) {
        return wv_reference_print(stdout) ? WV_EXIT_OK : WV_EXIT_INTERNAL;
    }
    if (arguments->operand_count == 0) {
        wv_commands_usage(stdout);
        return WV_EXIT_OK;
    }
    const char *word = arguments->operands[0];
    const struct wv_command *command = wv_command_find(word);
    if (command == NULL) {
        const struct wv_command *near = wv_command_nearest(word);
        return wv_usage_fail(arguments,
                             near == NULL ? "there is no command \"%s\"%s%s"
                                          : "there is no command \"%s\"; did you mean "
                                            "\"%s\"%s",
                             word, near == NULL ? "" : near->word, near == NULL ? "" : "?");
    }
    wv_command_usage(command, stdout);
    return WV_EXIT_OK;
}
