/* seal.c — content keys, their envelopes, and boxes. */
#include "keys/seal_parts.h"

#include "base/base64.h"
#include "base/wipe.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>

enum { ENVELOPE_TEXT = (WV_SEAL_ENVELOPE + 2) / 3 * 4 };

/* Locked: what is secret while a box is made. */
struct secret {
    uint8_t key[WV_SEAL_KEY_BYTES];
    uint8_t content[WV_SEAL_CONTENT];
};

struct wv_sealer {
    const struct wv_seal_certificate *certificate;
    EVP_CIPHER_CTX *cipher; /* with the content key in it */
    struct wv_locked pages;
    struct secret *secret;
    struct wv_buf content;
    bool keyed;                      /* there is a content key, and an envelope of it */
    uint32_t boxes;                  /* that it has made */
    uint64_t born_ns;                /* when it was made */
    uint64_t keys;                   /* how many there were */
    uint8_t digest[WV_SHA256_BYTES]; /* of the envelope */
    size_t envelope_len;
    uint8_t envelope[ENVELOPE_TEXT]; /* base64 */
    uint8_t box[WV_SEAL_NONCE + WV_SEAL_CONTENT + WV_SEAL_TAG];
    uint8_t json[WV_SEAL_BYTES];
};

struct wv_sealer *wv_sealer_new(const struct wv_seal_certificate *certificate)
{
    struct wv_sealer *sealer = calloc(1, sizeof *sealer);
    if (sealer == NULL) {
        return NULL;
    }
    sealer->certificate = certificate;
    sealer->cipher = EVP_CIPHER_CTX_new();
    if (sealer->cipher == NULL || !wv_locked_new(sizeof *sealer->secret, &sealer->pages)) {
        wv_sealer_free(sealer);
        return NULL;
    }
    sealer->secret = (struct secret *)(void *)sealer->pages.mem;
    return sealer;
}

void wv_sealer_free(struct wv_sealer *sealer)
{
    if (sealer != NULL) {
        EVP_CIPHER_CTX_free(sealer->cipher); /* wipes its key schedule */
        wv_locked_free(&sealer->pages);
        free(sealer);
    }
}

struct wv_buf *wv_sealer_content(struct wv_sealer *sealer)
{
    sealer->content = wv_buf_of(sealer->secret->content, sizeof sealer->secret->content);
    return &sealer->content;
}

bool wv_sealer_is_locked(const struct wv_sealer *sealer)
{
    return sealer->pages.locked;
}

uint64_t wv_sealer_keys(const struct wv_sealer *sealer)
{
    return sealer->keys;
}

/* ---- The envelope ---------------------------------------------------------------------------- */

bool wv_seal_choose_algorithms(CMS_RecipientInfo *recipient)
{
    EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
    if (context == NULL) {
        return false;
    }
    if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS) {
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
    }
    return CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_AGREE &&
           EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
}

/* Straight into the cipher: CMS_final() would leave copies of the key in buffers of its own. */
static bool put_key(CMS_ContentInfo *cms, const uint8_t key[WV_SEAL_KEY_BYTES])
{
    BIO *chain = CMS_dataInit(cms, NULL);
    const bool done = chain != NULL &&
                      BIO_write(chain, key, WV_SEAL_KEY_BYTES) == WV_SEAL_KEY_BYTES &&
                      BIO_flush(chain) == 1 && CMS_dataFinal(cms, chain) == 1;
    BIO_free_all(chain);
    return done;
}

/* The content key for the holder of the private key; *der is for OPENSSL_free(). 0: it failed. */
static size_t make_envelope(const struct wv_seal_certificate *certificate,
                            const uint8_t key[WV_SEAL_KEY_BYTES], uint8_t **der)
{
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_cbc(), CMS_PARTIAL | CMS_BINARY);
    CMS_RecipientInfo *recipient =
        cms == NULL
            ? NULL
            : CMS_add1_recipient_cert(cms, wv_seal_certificate_x509(certificate), CMS_KEY_PARAM);
    int len = 0;
    if (recipient != NULL && wv_seal_choose_algorithms(recipient) && put_key(cms, key)) {
        len = i2d_CMS_ContentInfo(cms, der);
    }
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return len < 0 ? 0 : (size_t)len;
}

/* A new content key; what was before it is forgotten also where that fails. */
static bool renew(struct wv_sealer *sealer, uint64_t now_ns)
{
    uint8_t *der = NULL;
    uint8_t *key = sealer->secret->key;
    sealer->keyed = false;
    sealer->boxes = 0;
    sealer->born_ns = now_ns;
    const size_t len = RAND_priv_bytes(key, WV_SEAL_KEY_BYTES) == 1
                           ? make_envelope(sealer->certificate, key, &der)
                           : 0;
    if (len > 0 && len <= WV_SEAL_ENVELOPE) {
        struct wv_buf text = wv_buf_of(sealer->envelope, sizeof sealer->envelope);
        wv_base64_encode(&text, (struct wv_slice){der, len});
        wv_sha256((struct wv_slice){der, len}, sealer->digest);
        sealer->envelope_len = text.len;
        sealer->keyed = !text.overflowed &&
                        EVP_EncryptInit_ex(sealer->cipher, EVP_aes_256_gcm(), NULL, key, NULL) == 1;
        sealer->keys += sealer->keyed;
    }
    wv_wipe(key, WV_SEAL_KEY_BYTES);
    OPENSSL_free(der);
    return sealer->keyed;
}

/* ---- Boxes ----------------------------------------------------------------------------------- */

static bool has_key(struct wv_sealer *sealer, uint64_t now_ns)
{
    const bool good = sealer->keyed && sealer->boxes < WV_SEAL_BOXES && now_ns >= sealer->born_ns &&
                      now_ns - sealer->born_ns < WV_SEAL_NS;
    return good || renew(sealer, now_ns);
}

static void next_nonce(struct wv_sealer *sealer, uint8_t out[WV_SEAL_NONCE])
{
    wv_ensure(sealer->boxes < WV_SEAL_BOXES);
    const uint32_t number = sealer->boxes++;
    memset(out, 0, WV_SEAL_NONCE);
    for (unsigned i = 0; i < 4; i++) {
        out[WV_SEAL_NONCE - 1 - i] = (uint8_t)(number >> 8 * i);
    }
}

/* Length of the box; 0: it failed, and the key is not used again. */
static size_t fill_box(struct wv_sealer *sealer, struct wv_slice until, struct wv_slice content)
{
    uint8_t aad[WV_SEAL_AAD];
    uint8_t *text = sealer->box + WV_SEAL_NONCE;
    int len = 0;
    int rest = 0;
    wv_seal_aad(until, sealer->digest, aad);
    next_nonce(sealer, sealer->box);
    if (EVP_EncryptInit_ex(sealer->cipher, NULL, NULL, NULL, sealer->box) != 1 ||
        EVP_EncryptUpdate(sealer->cipher, NULL, &len, aad, sizeof aad) != 1 ||
        EVP_EncryptUpdate(sealer->cipher, text, &len, content.ptr, (int)content.len) != 1 ||
        (size_t)len != content.len || EVP_EncryptFinal_ex(sealer->cipher, text + len, &rest) != 1 ||
        rest != 0 ||
        EVP_CIPHER_CTX_ctrl(sealer->cipher, EVP_CTRL_AEAD_GET_TAG, WV_SEAL_TAG, text + len) != 1) {
        sealer->keyed = false;
        ERR_clear_error();
        return 0;
    }
    return WV_SEAL_NONCE + content.len + WV_SEAL_TAG;
}

/* Blanks up to the next step. False: it does not fit. */
static bool pad(struct wv_buf *content, struct wv_slice *out)
{
    const size_t over = content->len % WV_SEAL_STEP;
    uint8_t *blanks = wv_buf_reserve(content, over == 0 ? 0 : WV_SEAL_STEP - over);
    if (blanks != NULL && over != 0) {
        memset(blanks, ' ', WV_SEAL_STEP - over);
    }
    return wv_buf_take(content, out) && out->len > 0;
}

bool wv_seal(struct wv_sealer *sealer, struct wv_slice until, uint64_t now_ns, struct wv_slice *out)
{
    struct wv_slice content = {0};
    size_t len = 0;
    *out = (struct wv_slice){0};
    if (pad(&sealer->content, &content) && has_key(sealer, now_ns)) {
        len = fill_box(sealer, until, content);
    }
    wv_wipe(sealer->secret->content, sealer->content.len);
    wv_buf_reset(&sealer->content);
    if (len == 0) {
        return false;
    }
    struct wv_buf json = wv_buf_of(sealer->json, sizeof sealer->json);
    wv_buf_put(&json, WV_LIT("{\"until\":\""));
    wv_buf_put(&json, until);
    wv_buf_put(&json, WV_LIT("\",\"key\":\""));
    wv_buf_put(&json, (struct wv_slice){sealer->envelope, sealer->envelope_len});
    wv_buf_put(&json, WV_LIT("\",\"box\":\""));
    wv_base64_encode(&json, (struct wv_slice){sealer->box, len});
    wv_buf_put(&json, WV_LIT("\"}"));
    return wv_buf_take(&json, out);
}
