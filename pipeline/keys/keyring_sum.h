/*
 * keyring_sum.h — what a keyring holds, in numbers and one digest, and what another one lacks.
 *
 * Nothing here is secret: the digest is made of check values (keyring.h).
 */
#ifndef WV_KEYS_KEYRING_SUM_H
#define WV_KEYS_KEYRING_SUM_H

#include "keys/digest.h"
#include "keys/keyring.h"

/* Seconds since the oldest epoch began whose secret is there. 0: none has begun, or a throwaway
 * one. */
int64_t wv_keyring_age(const struct wv_keyring *keyring, int64_t now_s);

enum wv_keyring_part { WV_KEYRING_ALL = 0, WV_KEYRING_CURRENT };

/* SHA-256 over domain, id and check value of every epoch, or of those that contain now_s: machines
 * with the same digest have the same secrets. Derives a key for each epoch (some microseconds).
 * False when memory is short. */
WV_MUST_USE bool wv_keyring_digest(const struct wv_keyring *keyring, enum wv_keyring_part part,
                                   int64_t now_s, uint8_t out[WV_SHA256_BYTES]);

/* How many epochs of one keyring have a secret that the other one has not for that domain and
 * epoch. */
size_t wv_keyring_missing(const struct wv_keyring *from, const struct wv_keyring *in);

#endif
