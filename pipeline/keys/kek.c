/* kek.c — wraps secrets, and unwraps them. */
#include "keys/kek.h"

#include "base/buf.h"
#include "base/wipe.h"
#include "keys/derive.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum {
    NONCE = 12,
    TAG = 16,
    NAMED_MAX = 3 * 2 + 9 + WV_DOMAIN_MAX + WV_EPOCH_ID_MAX,
};

struct wv_kek {
    struct wv_locked memory; /* WV_KEK_BYTES */
    char id[WV_KEK_ID + 1];
};

static bool put_id(struct wv_kek *kek)
{
    uint8_t bytes[WV_KEK_ID / 2];
    const bool done = wv_hkdf((struct wv_slice){kek->memory.mem, WV_KEK_BYTES},
                              WV_LIT("wafveil-v1"), WV_LIT("kek check"), bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        kek->id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        kek->id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return done;
}

struct wv_kek *wv_kek_new(const uint8_t bytes[WV_KEK_BYTES])
{
    struct wv_kek *kek = calloc(1, sizeof *kek);
    if (kek == NULL || !wv_locked_new(WV_KEK_BYTES, &kek->memory)) {
        free(kek);
        return NULL;
    }
    memcpy(kek->memory.mem, bytes, WV_KEK_BYTES);
    if (!put_id(kek)) {
        wv_kek_free(kek);
        return NULL;
    }
    return kek;
}

void wv_kek_free(struct wv_kek *kek)
{
    if (kek != NULL) {
        wv_locked_free(&kek->memory);
        free(kek);
    }
}

const char *wv_kek_id(const struct wv_kek *kek)
{
    return kek->id;
}

static void put_part(struct wv_buf *buf, struct wv_slice part)
{
    wv_buf_byte(buf, (uint8_t)(part.len >> 8));
    wv_buf_byte(buf, (uint8_t)part.len);
    wv_buf_put(buf, part);
}

/* What the secret belongs to, in one spelling. */
static bool name_place(struct wv_slice domain, struct wv_slice epoch, uint8_t mem[NAMED_MAX],
                       struct wv_slice *out)
{
    struct wv_buf buf = wv_buf_of(mem, NAMED_MAX);
    put_part(&buf, WV_LIT("wafveil/1"));
    put_part(&buf, domain);
    put_part(&buf, epoch);
    return wv_buf_take(&buf, out);
}

static EVP_CIPHER_CTX *begin(const struct wv_kek *kek, const uint8_t nonce[NONCE],
                             struct wv_slice place, bool encrypt)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int count;
    if (context == NULL ||
        EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), kek->memory.mem, nonce, encrypt, NULL) !=
            1 ||
        EVP_CipherUpdate(context, NULL, &count, place.ptr, (int)place.len) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

bool wv_kek_wrap(const struct wv_kek *kek, struct wv_slice domain, struct wv_slice epoch,
                 const uint8_t secret[WV_SECRET_BYTES], uint8_t out[WV_WRAPPED_BYTES])
{
    uint8_t mem[NAMED_MAX];
    struct wv_slice place;
    if (!name_place(domain, epoch, mem, &place) || RAND_bytes(out, NONCE) != 1) {
        return false;
    }
    EVP_CIPHER_CTX *context = begin(kek, out, place, true);
    int count = 0;
    const bool done =
        context != NULL &&
        EVP_CipherUpdate(context, out + NONCE, &count, secret, WV_SECRET_BYTES) == 1 &&
        count == WV_SECRET_BYTES &&
        EVP_CipherFinal_ex(context, out + NONCE + WV_SECRET_BYTES, &count) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, out + NONCE + WV_SECRET_BYTES) ==
            1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

bool wv_kek_unwrap(const struct wv_kek *kek, struct wv_slice domain, struct wv_slice epoch,
                   const uint8_t wrapped[WV_WRAPPED_BYTES], uint8_t out[WV_SECRET_BYTES])
{
    uint8_t mem[NAMED_MAX];
    uint8_t tag[TAG];
    struct wv_slice place;
    memcpy(tag, wrapped + NONCE + WV_SECRET_BYTES, TAG);
    EVP_CIPHER_CTX *context =
        name_place(domain, epoch, mem, &place) ? begin(kek, wrapped, place, false) : NULL;
    int count = 0;
    const bool done =
        context != NULL && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
        EVP_CipherUpdate(context, out, &count, wrapped + NONCE, WV_SECRET_BYTES) == 1 &&
        count == WV_SECRET_BYTES &&
        EVP_CipherFinal_ex(context, out + WV_SECRET_BYTES - TAG, &count) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        wv_wipe(out, WV_SECRET_BYTES);
    }
    return done;
}
