/*
 * show.h — values of records on a terminal.
 *
 * Attackers choose what stands in a record, so bytes that could drive a terminal are written as
 * \xNN. Only for the person who gave the records, or for records that are made up.
 */
#ifndef WV_APP_SHOW_H
#define WV_APP_SHOW_H

#include "base/slice.h"

struct wv_colors {
    const char *dim;
    const char *red;
    const char *green;
    const char *bold;
    const char *off;
};

/* when: "auto", "always" or "never", or NULL for auto: on a terminal, unless NO_COLOR is set. */
const struct wv_colors *wv_colors_choose(const char *when);

/* Bytes of the character at value.ptr[at] that may be shown; 0: one byte that must be escaped. */
size_t wv_show_length(struct wv_slice value, size_t at);

enum { WV_SHOW_ESCAPED = 4 }; /* columns of \xNN */

/* Writes at most `most` bytes of a value to stdout, and … where that is not all; SIZE_MAX: all. */
void wv_show(struct wv_slice value, size_t most);

#endif
