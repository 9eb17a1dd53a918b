/*
 * key_checks.h — check values of secrets, as instances show them to each other.
 *
 *     {"acme/eu/soc": {"20261116-7d": "5c7d9a01", "20261123-7d": "0b11e2f4"}}
 *
 * A check value is the first 4 bytes of a key derived from the secret for this one use
 * (wv_key_info): who sees it learns nothing of the secret, and two instances with the same value
 * have, but for one case in 2^32, the same secret.
 */
#ifndef WV_KEYS_KEY_CHECKS_H
#define WV_KEYS_KEY_CHECKS_H

#include "json/document.h"
#include "keys/keyring.h"

struct wv_key_agreement {
    size_t same;
    size_t only_here;  /* in the keyring */
    size_t only_there; /* in the document */
};

/* Compares what both know. A difference is an error at its place in the document: with another
 * secret, or another epoch at the same time, the same value gets another token, and nobody would
 * notice. */
WV_MUST_USE bool wv_key_checks_agree(const struct wv_document *document,
                                     const struct wv_keyring *keyring, struct wv_report *report,
                                     struct wv_key_agreement *agreement);

/* The check values of the keyring as such a document; NULL when memory is short. */
WV_MUST_USE json_t *wv_key_checks_of(const struct wv_keyring *keyring);

#endif
