/*
 * arguments.h — the command line, read by the table of its command.
 *
 * Secrets are never arguments: other users of the machine can read them. They stand in files.
 */
#ifndef WV_APP_ARGUMENTS_H
#define WV_APP_ARGUMENTS_H

#include "base/report.h"

struct wv_command;

struct wv_argument {
    const char *name;           /* "config": --config */
    const char *value;          /* "FILE", as help writes it; NULL: it takes none */
    const char *const *choices; /* NULL-terminated; NULL: any text */
    bool required;
    bool hidden; /* its value is somebody's own: no mistake of the command line repeats any word */
    const char *help; /* one sentence without a full stop */
};

enum { WV_ARGUMENTS_MAX = 20 };

struct wv_arguments {
    const struct wv_command *command;
    const char *values[WV_ARGUMENTS_MAX]; /* by row of the command's table; NULL: not given */
    char *const *operands;
    size_t operand_count;
    bool help; /* --help was given: nothing else counts */
};

/* argv[0] is the command's word. On a mistake says so on stderr and returns false. */
WV_MUST_USE bool wv_arguments_read(const struct wv_command *command, int argc, char **argv,
                                   struct wv_arguments *out);

/* The value of an option, "" for a flag that was given; NULL: not given. */
const char *wv_argument_text(const struct wv_arguments *arguments, const char *name);
bool wv_argument_given(const struct wv_arguments *arguments, const char *name);

/* A whole number from min to max, or otherwise where the option is not given; on a mistake says so
 * on stderr and returns false. */
WV_MUST_USE bool wv_argument_number(const struct wv_arguments *arguments, const char *name,
                                    uint32_t min, uint32_t max, uint32_t otherwise, uint32_t *out);

#endif
