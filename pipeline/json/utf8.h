/*
 * utf8.h — valid UTF-8 (RFC 3629), and what is done with records that are not.
 */
#ifndef WV_JSON_UTF8_H
#define WV_JSON_UTF8_H

#include "base/buf.h"

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
bool wv_utf8_valid(struct wv_slice text);

/* Length of the valid sequence that text begins with, 0 if it begins with none. */
size_t wv_utf8_sequence(struct wv_slice text);

/* Copies a record and writes U+FFFD for each maximal part of an invalid sequence (the practice that
 * Unicode 15, section 3.9 recommends), and, of JSON, for each control byte inside a string, which
 * it forbids. Strings are told by their unescaped quotes. */
void wv_utf8_repair(struct wv_slice record, bool json, struct wv_buf *out);

#endif
