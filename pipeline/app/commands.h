/*
 * commands.h — the commands of the program, in one table.
 *
 * A command ends with an enum wv_exit: the service's own codes and those of all other commands are
 * one list.
 */
#ifndef WV_APP_COMMANDS_H
#define WV_APP_COMMANDS_H

#include "app/arguments.h"
#include "runtime/stop.h"

struct wv_command {
    const char *word;
    enum wv_exit (*run)(const struct wv_arguments *arguments); /* NULL: built without Kafka */
    const struct wv_argument *arguments;
    size_t argument_count;
    const char *operands; /* "FILE…" for help; "": none are taken */
    const char *summary;
    const char *details; /* paragraphs for `wafveil help WORD`; "": none */
};

const struct wv_command *wv_command_find(const char *word); /* NULL: no such command */
const struct wv_command *wv_command_at(size_t index);       /* NULL: past the end */

/* Says on stderr that there is no such command, and which was probably meant. */
enum wv_exit wv_command_unknown(const char *word);

void wv_commands_usage(FILE *stream);
void wv_command_usage(const struct wv_command *command, FILE *stream);

/* What an exit code means, for the reference; NULL: there is no such code. */
const char *wv_exit_text(int code);

#define WV_COMMAND(word, needs_kafka, operands, summary)                                           \
    enum wv_exit wv_cmd_##word(const struct wv_arguments *arguments);
#include "app/commands.def"
#undef WV_COMMAND

#endif
