/*
 * main.c — finds the command in the table and runs it.
 */
#include "app/commands.h"
#include "app/hardening.h"

#include <signal.h>

/* What was printed has reached its reader, or the command has failed. */
static int finish(enum wv_exit code)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fputs("wafveil: cannot write to stdout\n", stderr);
        return (int)(code == WV_EXIT_OK ? WV_EXIT_OUTPUT : code);
    }
    return (int)code;
}

int main(int argc, char **argv)
{
    /* A reader that has gone is an error of a write, not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        wv_commands_usage(stderr);
        return WV_EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        wv_commands_usage(stdout);
        return finish(WV_EXIT_OK);
    }
    if (strcmp(word, "--version") == 0) {
        (void)puts("wafveil " WV_VERSION);
        return finish(WV_EXIT_OK);
    }
    const struct wv_command *command = wv_command_find(word);
    if (command == NULL) {
        return (int)wv_command_unknown(word);
    }
    struct wv_arguments arguments;
    if (!wv_arguments_read(command, argc - 1, argv + 1, &arguments)) {
        return WV_EXIT_USAGE;
    }
    if (arguments.help) {
        wv_command_usage(command, stdout);
        return finish(WV_EXIT_OK);
    }
    if (command->run == NULL) {
        (void)fprintf(stderr, "wafveil: %s needs Kafka, and this wafveil was built without it\n",
                      command->word);
        return WV_EXIT_USAGE;
    }
    wv_harden(); /* nearly every command reads records or keys */
    /* Whoever started us may ignore it, and how the commands end that we start would be lost. */
    (void)signal(SIGCHLD, SIG_DFL);
    return finish(command->run(&arguments));
}
