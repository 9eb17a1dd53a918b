/*
 * text.h — the text of a JSON string, and back (RFC 8259, section 7).
 */
#ifndef WV_JSON_TEXT_H
#define WV_JSON_TEXT_H

#include "base/buf.h"

/* Whether every escape of a raw string (without its quotes) is one of the grammar's. */
bool wv_text_escapes_valid(struct wv_slice raw);

/* Takes the escapes away. out has room for raw.len bytes and map for raw.len + 1 numbers (map may
 * be NULL): text byte i was spelled by raw bytes [map[i], map[i + 1]), where the bytes of one
 * escape all begin at the escape, and the first byte of the next one ends it. A surrogate without
 * its partner becomes U+FFFD. Returns the length of the text; SIZE_MAX for an invalid escape. */
size_t wv_text_unescape(struct wv_slice raw, uint8_t *out, uint32_t *map);

/* Writes text with the escapes that JSON demands. */
void wv_text_escape(struct wv_buf *buf, struct wv_slice text);

#endif
