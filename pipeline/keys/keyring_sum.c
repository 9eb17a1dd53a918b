/*
 * keyring_sum.c — what a keyring holds, in numbers and one digest, and what another one lacks.
 */
#include "keys/keyring_sum.h"

#include "base/wipe.h"

#include <openssl/evp.h>

int64_t wv_keyring_age(const struct wv_keyring *keyring, int64_t now_s)
{
    int64_t oldest = 0;
    for (size_t i = 0; i < wv_keyring_count(keyring) && !wv_keyring_is_throwaway(keyring); i++) {
        struct wv_slice domain;
        const int64_t age = now_s - wv_keyring_at(keyring, i, &domain)->from_s;
        oldest = age > oldest ? age : oldest;
    }
    return oldest;
}

/* Names have no control characters, and the others have one length each: nothing is written alike.
 */
static bool add(EVP_MD_CTX *context, const struct wv_key_info *info)
{
    return EVP_DigestUpdate(context, info->domain.ptr, info->domain.len) == 1 &&
           EVP_DigestUpdate(context, "\n", 1) == 1 &&
           EVP_DigestUpdate(context, info->epoch->id, strlen(info->epoch->id)) == 1 &&
           EVP_DigestUpdate(context, "\n", 1) == 1 &&
           EVP_DigestUpdate(context, info->check, WV_CHECK_VALUE) == 1;
}

bool wv_keyring_digest(const struct wv_keyring *keyring, enum wv_keyring_part part, int64_t now_s,
                       uint8_t out[WV_SHA256_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < wv_keyring_count(keyring); i++) {
        struct wv_slice domain;
        const struct wv_epoch *epoch = wv_keyring_at(keyring, i, &domain);
        if (part == WV_KEYRING_CURRENT && (now_s < epoch->from_s || now_s >= epoch->until_s)) {
            continue;
        }
        struct wv_key_info info;
        good = wv_keyring_info(keyring, i, now_s, &info) && add(context, &info);
    }
    good = good && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static bool has(const struct wv_keyring *keyring, struct wv_slice domain,
                const struct wv_epoch *epoch)
{
    const struct wv_epoch *found = wv_keyring_find(keyring, domain, epoch->from_s);
    return found != NULL && strcmp(found->id, epoch->id) == 0 &&
           wv_same_secret(found->secret, epoch->secret, WV_SECRET_BYTES);
}

size_t wv_keyring_missing(const struct wv_keyring *from, const struct wv_keyring *in)
{
    size_t missing = 0;
    for (size_t i = 0; from != in && i < wv_keyring_count(from); i++) {
        struct wv_slice domain;
        const struct wv_epoch *epoch = wv_keyring_at(from, i, &domain);
        missing += !has(in, domain, epoch);
    }
    return missing;
}
