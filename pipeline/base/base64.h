/*
 * base64.h — RFC 4648, section 4, and what is written instead of it (section 5, no padding).
 */
#ifndef WV_BASE_BASE64_H
#define WV_BASE_BASE64_H

#include "base/buf.h"

/* Decodes text, of either alphabet, with or without padding, into out, which has room for text.len
 * bytes. False when a byte belongs to neither, or the length is none that encoding makes. */
WV_MUST_USE bool wv_base64_decode(struct wv_slice text, uint8_t *out, size_t *len);

/* The same of the one spelling that wv_base64_encode() has for the bytes: where one value must not
 * have two texts. */
WV_MUST_USE bool wv_base64_decode_exact(struct wv_slice text, uint8_t *out, size_t *len);

/* Writes bytes in the alphabet of section 4, with padding. */
void wv_base64_encode(struct wv_buf *buf, struct wv_slice bytes);

#endif
