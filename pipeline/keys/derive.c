/* derive.c — HKDF by OpenSSL, and the layout of its info. */
#include "keys/derive.h"

#include "base/buf.h"
#include "base/wipe.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum {
    NAME_MAX_BYTES = 16,
    INFO_MAX = 4 * 2 + 9 + WV_DOMAIN_MAX + WV_EPOCH_ID_MAX + NAME_MAX_BYTES
};

/* OpenSSL's parameters take pointers to what they only read. */
static OSSL_PARAM octets(const char *name, struct wv_slice bytes)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.ptr, bytes.len);
}

static bool run(EVP_KDF_CTX *context, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
    return context != NULL && EVP_KDF_derive(context, out, len, params) == 1;
}

bool wv_hkdf(struct wv_slice secret, struct wv_slice salt, struct wv_slice info, uint8_t *out,
             size_t len)
{
    static char digest[] = "SHA256";
    OSSL_PARAM params[5];
    size_t count = 0;
    params[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    params[count++] = octets(OSSL_KDF_PARAM_KEY, secret);
    if (salt.len > 0) {
        params[count++] = octets(OSSL_KDF_PARAM_SALT, salt);
    }
    if (info.len > 0) {
        params[count++] = octets(OSSL_KDF_PARAM_INFO, info);
    }
    params[count] = OSSL_PARAM_construct_end();

    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    const bool done = run(context, params, out, len);
    if (!done) {
        wv_wipe(out, len);
    }
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    wv_wipe_stack();
    return done;
}

static void put_part(struct wv_buf *buf, struct wv_slice part)
{
    wv_buf_byte(buf, (uint8_t)(part.len >> 8));
    wv_buf_byte(buf, (uint8_t)part.len);
    wv_buf_put(buf, part);
}

bool wv_derive(const uint8_t secret[WV_SECRET_BYTES], const struct wv_use *use, uint8_t *out,
               size_t len)
{
    uint8_t mem[INFO_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    put_part(&buf, WV_LIT("wafveil/1"));
    put_part(&buf, use->domain);
    put_part(&buf, use->epoch);
    put_part(&buf, use->name);
    struct wv_slice info;
    wv_ensure(wv_buf_take(&buf, &info));
    return wv_hkdf((struct wv_slice){secret, WV_SECRET_BYTES}, WV_LIT("wafveil-v1"), info, out,
                   len);
}
