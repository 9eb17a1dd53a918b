/*
 * pfx.h — encryption of addresses that keeps common prefixes (ipcrypt-pfx, draft-denis-ipcrypt).
 *
 * Two addresses with the same first n bits give two addresses with the same first n bits, in the
 * same family. Whoever has the key can undo it, and whoever can send traffic from addresses of his
 * choice learns how their prefixes are written: the result stays personal data.
 */
#ifndef WV_KEYS_PFX_H
#define WV_KEYS_PFX_H

#include "base/slice.h"

enum { WV_PFX_KEY_BYTES = 32 };

struct wv_pfx;

/* NULL when memory is short, or when both halves of the key are equal: they would cancel out and
 * leave every address as it is. */
WV_MUST_USE struct wv_pfx *wv_pfx_new(const uint8_t key[WV_PFX_KEY_BYTES]);
void wv_pfx_free(struct wv_pfx *pfx);

/* family: 4 (4 bytes) or 6 (16 bytes; an IPv4 address in it, ::ffff:0:0/96, is encrypted as IPv4).
 * False when the cipher failed; the address is all zeros then. */
WV_MUST_USE bool wv_pfx_encrypt(struct wv_pfx *pfx, int family, uint8_t *address);

#endif
