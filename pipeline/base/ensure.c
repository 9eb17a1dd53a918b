/* ensure.c — the one way in which the program gives up on itself. */
#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

void wv_ensure_failed(const char *claim, const char *file, int line)
{
    fprintf(stderr, "wafveil: internal error at %s:%d: %s\n", file, line, claim);
    abort();
}
