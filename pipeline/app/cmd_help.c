/*
 * cmd_help.c — the manual, printed from the tables.
 */
#include "app/reference.h"
#include "app/commands.h"

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
        return wv_command_unknown(word);
    }
    wv_command_usage(command, stdout);
    return WV_EXIT_OK;
}
