/* seal_parts.h — what sealing and opening share. Private to keys/seal*.c. */
#ifndef WV_KEYS_SEAL_PARTS_H
#define WV_KEYS_SEAL_PARTS_H

#include "keys/seal.h"

#include <openssl/x509.h>

#define WV_SEAL_LABEL "wafveil-seal-1"

enum { WV_SEAL_AAD = sizeof WV_SEAL_LABEL - 1 + WV_SEAL_DAY + WV_SHA256_BYTES };

/* until has WV_SEAL_DAY characters. */
static inline void wv_seal_aad(struct wv_slice until, const uint8_t envelope[WV_SHA256_BYTES],
                               uint8_t out[WV_SEAL_AAD])
{
    wv_ensure(until.len == WV_SEAL_DAY);
    memcpy(out, WV_SEAL_LABEL, sizeof WV_SEAL_LABEL - 1);
    memcpy(out + sizeof WV_SEAL_LABEL - 1, until.ptr, WV_SEAL_DAY);
    memcpy(out + sizeof WV_SEAL_LABEL - 1 + WV_SEAL_DAY, envelope, WV_SHA256_BYTES);
}

/* Instead of what CMS takes by itself: PKCS #1 v1.5, which answers attackers' questions, and key
 * derivation by SHA-1. */
struct CMS_RecipientInfo_st;
WV_MUST_USE bool wv_seal_choose_algorithms(struct CMS_RecipientInfo_st *recipient);

X509 *wv_seal_certificate_x509(const struct wv_seal_certificate *certificate);

/* SHA-256 of a public key as certificates hold it, in hexadecimal digits. False: memory is short.
 */
WV_MUST_USE bool wv_seal_key_digest(EVP_PKEY *key, char out[WV_SHA256_HEX]);

#endif
