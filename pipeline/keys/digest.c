/* digest.c — SHA-256 by libcrypto. */
#include "keys/digest.h"

#include <openssl/evp.h>

void wv_sha256(struct wv_slice text, uint8_t out[WV_SHA256_BYTES])
{
    const int done = EVP_Digest(text.ptr, text.len, out, NULL, EVP_sha256(), NULL);
    wv_ensure(done == 1);
}

void wv_sha256_hex(const uint8_t digest[WV_SHA256_BYTES], char out[WV_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < WV_SHA256_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[WV_SHA256_HEX - 1] = '\0';
}
