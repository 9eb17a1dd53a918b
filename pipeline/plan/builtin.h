/*
 * builtin.h — the formats, packs and name tables that are part of the program.
 */
#ifndef WV_PLAN_BUILTIN_H
#define WV_PLAN_BUILTIN_H

#include <stddef.h>

struct wv_builtin {
    const char *kind; /* "format", "policy", "names" or "law"; NULL ends the table */
    const char *name; /* "aws-waf" */
    const unsigned char *bytes;
    size_t len;
};

extern const struct wv_builtin wv_builtin_documents[];

/* NULL: there is none. */
const struct wv_builtin *wv_builtin_find(const char *kind, const char *name);

#endif
