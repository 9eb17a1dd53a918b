/* seal_cms.c — one envelope for many messages, each written around it as DER. */
#include "keys/seal_cms.h"

#include "keys/seal_parts.h"

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
    DER_SEQUENCE = 0x30,
    DER_CONTENT = 0x80,  /* [0] of a primitive */
    DER_EXPLICIT = 0xa0, /* [0] of something constructed */
};

/* libcrypto does not let a content key out of a CMS, but the cipher that it has keyed: that one
 * goes on sealing, with other nonces, for as long as the key may be used. */
struct wv_cms_sealer {
    const struct wv_seal_certificate *certificate;
    CMS_ContentInfo *cms; /* owns what the chain writes to */
    BIO *chain;           /* owns the cipher */
    EVP_CIPHER_CTX *cipher;
    uint32_t messages; /* of this content key */
    uint64_t born_ns;
    uint64_t keys;
    size_t recipients_len;
    uint8_t recipients[WV_SEAL_ENVELOPE]; /* RecipientInfos: the content key for the recipient */
};

struct wv_cms_sealer *wv_cms_sealer_new(const struct wv_seal_certificate *certificate)
{
    struct wv_cms_sealer *sealer = calloc(1, sizeof *sealer);
    if (sealer != NULL) {
        sealer->certificate = certificate;
    }
    return sealer;
}

static void forget_key(struct wv_cms_sealer *sealer)
{
    BIO_free_all(sealer->chain); /* wipes the key schedule */
    CMS_ContentInfo_free(sealer->cms);
    sealer->chain = NULL;
    sealer->cms = NULL;
    sealer->cipher = NULL;
    sealer->messages = 0;
}

void wv_cms_sealer_free(struct wv_cms_sealer *sealer)
{
    if (sealer != NULL) {
        forget_key(sealer);
        free(sealer);
    }
}

uint64_t wv_cms_sealer_keys(const struct wv_cms_sealer *sealer)
{
    return sealer->keys;
}

/* ---- The envelope ---------------------------------------------------------------------------- */

struct der {
    const uint8_t *at;
    size_t left;
};

/* Goes behind the next element's header (into it), or behind the whole of it. */
static bool step(struct der *der, int tag, bool into)
{
    const unsigned char *at = der->at;
    long length;
    int found;
    int class;
    const int kind = ASN1_get_object(&at, &length, &found, &class, (long)der->left);
    if ((kind & 0x80) != 0 || found != tag) {
        return false;
    }
    const size_t header = (size_t)(at - der->at);
    der->at = at + (into ? 0 : length);
    der->left = into ? (size_t)length : der->left - header - (size_t)length;
    return true;
}

/* What of an envelope says for whom it is: the only part that messages share. */
static bool take_recipients(struct wv_cms_sealer *sealer, const uint8_t *bytes, size_t len)
{
    struct der der = {bytes, len};
    bool good = step(&der, V_ASN1_SEQUENCE, true) && step(&der, V_ASN1_OBJECT, false) &&
                step(&der, 0, true) && step(&der, V_ASN1_SEQUENCE, true) &&
                step(&der, V_ASN1_INTEGER, false);
    const uint8_t *begin = der.at;
    good = good && step(&der, V_ASN1_SET, false);
    sealer->recipients_len = good ? (size_t)(der.at - begin) : 0;
    if (!good || sealer->recipients_len > sizeof sealer->recipients) {
        return false;
    }
    memcpy(sealer->recipients, begin, sealer->recipients_len);
    return true;
}

/* An empty message by libcrypto. Nobody gets it to see: its envelope and its cipher are wanted. */
static bool renew(struct wv_cms_sealer *sealer, uint64_t now_ns)
{
    forget_key(sealer);
    sealer->born_ns = now_ns;
    sealer->cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_PARTIAL | CMS_BINARY);
    CMS_RecipientInfo *recipient =
        sealer->cms == NULL
            ? NULL
            : CMS_add1_recipient_cert(sealer->cms, wv_seal_certificate_x509(sealer->certificate),
                                      CMS_KEY_PARAM);
    if (recipient == NULL || !wv_seal_choose_algorithms(recipient)) {
        return false;
    }
    sealer->chain = CMS_dataInit(sealer->cms, NULL);
    BIO *cipher = sealer->chain == NULL ? NULL : BIO_find_type(sealer->chain, BIO_TYPE_CIPHER);
    EVP_CIPHER_CTX *context = NULL;
    if (cipher == NULL || BIO_get_cipher_ctx(cipher, &context) != 1 || context == NULL ||
        BIO_flush(sealer->chain) != 1 || CMS_dataFinal(sealer->cms, sealer->chain) != 1) {
        return false;
    }
    uint8_t *der = NULL;
    const int len = i2d_CMS_ContentInfo(sealer->cms, &der);
    const bool taken = len > 0 && take_recipients(sealer, der, (size_t)len);
    OPENSSL_free(der);
    sealer->cipher = taken ? context : NULL;
    sealer->keys += taken;
    return taken;
}

static bool has_key(struct wv_cms_sealer *sealer, uint64_t now_ns)
{
    if (sealer->cipher != NULL && sealer->messages < WV_SEAL_BOXES && now_ns >= sealer->born_ns &&
        now_ns - sealer->born_ns < WV_SEAL_NS) {
        return true;
    }
    const bool good = renew(sealer, now_ns);
    if (!good) {
        forget_key(sealer);
    }
    ERR_clear_error();
    return good;
}

/* ---- A message ------------------------------------------------------------------------------- */

static size_t length_of_length(size_t len)
{
    size_t bytes = 1;
    for (size_t left = len; len >= 0x80 && left > 0; left >>= 8) {
        bytes++;
    }
    return bytes;
}

static size_t element(size_t len)
{
    return 1 + length_of_length(len) + len;
}

static void put_header(struct wv_buf *out, uint8_t tag, size_t len)
{
    const size_t bytes = length_of_length(len) - 1;
    wv_buf_byte(out, tag);
    wv_buf_byte(out, bytes == 0 ? (uint8_t)len : (uint8_t)(0x80 | bytes));
    for (size_t i = bytes; i > 0; i--) {
        wv_buf_byte(out, (uint8_t)(len >> 8 * (i - 1)));
    }
}

static const uint8_t oid_auth_enveloped[] = {0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                             0x0d, 0x01, 0x09, 0x10, 0x01, 0x17};
static const uint8_t version_0[] = {0x02, 0x01, 0x00};
static const uint8_t oid_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                   0xf7, 0x0d, 0x01, 0x07, 0x01};
/* AlgorithmIdentifier of aes256-GCM up to the nonce, and behind it the length of the tag. */
static const uint8_t algorithm[] = {0x30, 0x1e, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                    0x03, 0x04, 0x01, 0x2e, 0x30, 0x11, 0x04, 0x0c};
static const uint8_t tag_length[] = {0x02, 0x01, WV_SEAL_TAG};

#define PUT(out, bytes) wv_buf_put((out), (struct wv_slice){(bytes), sizeof(bytes)})

/* Everything in front of the ciphertext. */
static void put_front(const struct wv_cms_sealer *sealer, const uint8_t nonce[WV_SEAL_NONCE],
                      size_t content, struct wv_buf *out)
{
    const size_t sealed =
        sizeof oid_data + sizeof algorithm + WV_SEAL_NONCE + sizeof tag_length + element(content);
    const size_t body =
        sizeof version_0 + sealer->recipients_len + element(sealed) + element(WV_SEAL_TAG);
    put_header(out, DER_SEQUENCE, sizeof oid_auth_enveloped + element(element(body)));
    PUT(out, oid_auth_enveloped);
    put_header(out, DER_EXPLICIT, element(body));
    put_header(out, DER_SEQUENCE, body);
    PUT(out, version_0);
    wv_buf_put(out, (struct wv_slice){sealer->recipients, sealer->recipients_len});
    put_header(out, DER_SEQUENCE, sealed);
    PUT(out, oid_data);
    PUT(out, algorithm);
    wv_buf_put(out, (struct wv_slice){nonce, WV_SEAL_NONCE});
    PUT(out, tag_length);
    put_header(out, DER_CONTENT, content);
}

/* A counter. libcrypto has taken a nonce at random for the empty message, whose bytes nobody sees.
 */
static void next_nonce(struct wv_cms_sealer *sealer, uint8_t out[WV_SEAL_NONCE])
{
    wv_ensure(sealer->messages < WV_SEAL_BOXES);
    const uint32_t number = sealer->messages++;
    memset(out, 0, WV_SEAL_NONCE);
    for (unsigned i = 0; i < 4; i++) {
        out[WV_SEAL_NONCE - 1 - i] = (uint8_t)(number >> 8 * i);
    }
}

static bool encrypt(EVP_CIPHER_CTX *cipher, const uint8_t nonce[WV_SEAL_NONCE],
                    const struct wv_slice *parts, size_t count, uint8_t *to)
{
    int len = 0;
    bool good = EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, nonce) == 1;
    for (size_t i = 0; good && i < count; i++) {
        if (parts[i].len > 0) {
            good = EVP_EncryptUpdate(cipher, to, &len, parts[i].ptr, (int)parts[i].len) == 1 &&
                   (size_t)len == parts[i].len;
            to += parts[i].len;
        }
    }
    return good && EVP_EncryptFinal_ex(cipher, to, &len) == 1 && len == 0;
}

bool wv_cms_seal(struct wv_cms_sealer *sealer, const struct wv_slice *parts, size_t count,
                 uint64_t now_ns, struct wv_buf *out)
{
    size_t content = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > WV_CMS_CONTENT || content + parts[i].len > WV_CMS_CONTENT) {
            return false;
        }
        content += parts[i].len;
    }
    if (!has_key(sealer, now_ns)) {
        return false;
    }
    uint8_t nonce[WV_SEAL_NONCE];
    next_nonce(sealer, nonce);
    const size_t begin = out->len;
    put_front(sealer, nonce, content, out);
    uint8_t *text = wv_buf_reserve(out, content);
    put_header(out, V_ASN1_OCTET_STRING, WV_SEAL_TAG);
    uint8_t *tag = wv_buf_reserve(out, WV_SEAL_TAG);
    if (text == NULL || tag == NULL) {
        return false;
    }
    if (encrypt(sealer->cipher, nonce, parts, count, text) &&
        EVP_CIPHER_CTX_ctrl(sealer->cipher, EVP_CTRL_AEAD_GET_TAG, WV_SEAL_TAG, tag) == 1) {
        return true;
    }
    wv_buf_rewind(out, begin);
    forget_key(sealer); /* it may be in any state */
    ERR_clear_error();
    return false;
}
