/*
 * audit_window.h — what was counted in a window, as one audit record or more.
 */
#ifndef WV_RUNTIME_AUDIT_WINDOW_H
#define WV_RUNTIME_AUDIT_WINDOW_H

#include "base/buf.h"
#include "engine/categories.h"

/* Where the records go. */
struct wv_window_sink {
    /* A record "window" with its head. Its room is more than WV_WINDOW_ROOM. */
    struct wv_buf (*begin)(void *context);
    /* Seals it, and keeps or sends it. */
    void (*end)(void *context, struct wv_buf *record);
    void *context;
};

enum { WV_WINDOW_ROOM = 192 * 1024 }; /* a record that has reached this goes on in another */

/* times: ms since 1970, from and until. counts NULL: nothing was counted. */
void wv_window_write(const struct wv_window_sink *sink, const struct wv_plan *plan,
                     const struct wv_categories *counts, const int64_t times[2]);

#endif
