/*
 * ip_encrypt.h — the encryption of the filter ip_encrypt, for those who look for an address again.
 */
#ifndef WV_FILTERS_IP_ENCRYPT_H
#define WV_FILTERS_IP_ENCRYPT_H

#include "filters/address.h"
#include "filters/filter.h"

/* Whether it is that filter. */
bool wv_ip_encrypt_is(const struct wv_filter *filter);

/* Encrypts the address in place, as wv_tokens_pfx() does. The IPv4 address inside a NAT64 address
 * is encrypted as itself and put back, so that it stays comparable with the same client seen over
 * IPv4. False: there is no key. */
WV_MUST_USE bool wv_ip_encrypt(struct wv_tokens *tokens, const struct wv_token_key *key,
                               struct wv_address *address);

#endif
