/*
 * derive.h — keys of one use from the secret of an epoch (HKDF-SHA-256, RFC 5869).
 */
#ifndef WV_KEYS_DERIVE_H
#define WV_KEYS_DERIVE_H

#include "keys/keyring.h"

/* Fills out. False when memory is short; out is zeroed then. */
WV_MUST_USE bool wv_hkdf(struct wv_slice secret, struct wv_slice salt, struct wv_slice info,
                         uint8_t *out, size_t len);

/* What a derived key is for. Each part goes into the key after its length, so that no two uses can
 * be written alike. */
struct wv_use {
    struct wv_slice domain; /* at most WV_DOMAIN_MAX bytes */
    struct wv_slice epoch;  /* id */
    struct wv_slice name;   /* "ip", "email", … (token.h); "ip-pfx"; "sample"; "check" */
};

/* The key of token.h. False when memory is short; out is zeroed then. */
WV_MUST_USE bool wv_derive(const uint8_t secret[WV_SECRET_BYTES], const struct wv_use *use,
                           uint8_t *out, size_t len);

#endif
