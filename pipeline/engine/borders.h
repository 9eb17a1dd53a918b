/*
 * borders.h — where a record of a message ends, without reading it.
 */
#ifndef WV_ENGINE_BORDERS_H
#define WV_ENGINE_BORDERS_H

#include "base/slice.h"

/* White space of JSON. */
static inline bool wv_is_blank_byte(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The first byte that is not blank; 0: there is none. */
uint8_t wv_first_byte(struct wv_slice text);

/* The offset of the first newline; text.len: there is none. */
size_t wv_line_end(struct wv_slice text);

/* The length of the object or array that text begins with, over any number of lines; 0: its
 * brackets do not match, are too many, or a string holds a newline. *looked: how far that took. */
size_t wv_value_length(struct wv_slice text, size_t *looked);

/* Whether the mark of CEF stands near the line's beginning. */
bool wv_has_cef_mark(struct wv_slice line);

/* Newlines between the strings of JSON become blanks, because a record is a line. */
void wv_flatten(uint8_t *text, size_t len);

#endif
