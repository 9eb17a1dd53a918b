/*
 * digest.h — SHA-256 of a whole text, for fingerprints that somebody signs.
 */
#ifndef WV_KEYS_DIGEST_H
#define WV_KEYS_DIGEST_H

#include "base/slice.h"

enum { WV_SHA256_BYTES = 32, WV_SHA256_HEX = 65 };

void wv_sha256(struct wv_slice text, uint8_t out[WV_SHA256_BYTES]);

/* In lower-case hexadecimal digits, with a NUL behind them. */
void wv_sha256_hex(const uint8_t digest[WV_SHA256_BYTES], char out[WV_SHA256_HEX]);

#endif
