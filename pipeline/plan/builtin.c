/* builtin.c — looks an embedded document up. */
#include "plan/builtin.h"

#include <string.h>

const struct wv_builtin *wv_builtin_find(const char *kind, const char *name)
{
    for (const struct wv_builtin *one = wv_builtin_documents; one->kind != NULL; one++) {
        if (strcmp(one->kind, kind) == 0 && strcmp(one->name, name) == 0) {
            return one;
        }
    }
    return NULL;
}
