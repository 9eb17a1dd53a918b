/*
 * spot.h — where in a document's text the value stands that a JSON pointer names.
 *
 * Jansson keeps no positions, so the text is walked once more when somebody has to be told. The
 * text must be JSON (Jansson has read it); whatever it is, the walk stays inside it.
 */
#ifndef WV_JSON_SPOT_H
#define WV_JSON_SPOT_H

#include "base/report.h"

/* Byte offsets. */
struct wv_spot {
    size_t name; /* of the member's name; the value's, where it has none */
    size_t value;
};

/* The place of what the pointer names, or of the last thing on the way there that exists. */
struct wv_spot wv_spot_find(struct wv_slice text, const char *pointer);

/* Fills line and column of the offset. */
void wv_spot_place(struct wv_slice text, size_t at, struct wv_finding *where);

/* From a string's opening quote to behind its closing one. */
size_t wv_json_skip_string(struct wv_slice text, size_t at);

#endif
