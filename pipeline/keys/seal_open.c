/* seal_open.c — the private key, content keys that it has opened lately, and boxes. */
#include "keys/seal_open.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/wipe.h"
#include "keys/epoch.h"
#include "keys/seal_parts.h"

/* Before cms.h, as in signed.c. */
#include <openssl/pem.h>

#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    KNOWN = 64,            /* content keys: one for each lane that writes the topic, and more */
    ENVELOPE_CONTENT = 48, /* what the content key takes, encrypted in whole blocks */
    ENVELOPE_TEXT = (WV_SEAL_ENVELOPE + 2) / 3 * 4, /* in base64 */
    BOX_BYTES = WV_SEAL_NONCE + WV_SEAL_CONTENT + WV_SEAL_TAG,
    BOX_TEXT = (BOX_BYTES + 2) / 3 * 4,
};

struct known {
    uint8_t envelope[WV_SHA256_BYTES]; /* its digest */
    uint8_t key[WV_SEAL_KEY_BYTES];
    bool used;
};

/* Locked. */
struct opened {
    struct known known[KNOWN];
    uint8_t content[WV_SEAL_CONTENT];
};

struct wv_seal_opener {
    EVP_PKEY *key;
    char digest[WV_SHA256_HEX];
    EVP_CIPHER_CTX *cipher;
    struct wv_locked pages;
    struct opened *opened;
    size_t next; /* place of the next content key */
};

/* ---- The private key ------------------------------------------------------------------------- */

struct asking {
    struct wv_slice passphrase;
    bool given;
    bool asked;
    bool no_terminal;
};

/* Of libcrypto: puts the passphrase into out. */
static int answer(char *out, int room, int writing, void *user)
{
    struct asking *asking = user;
    asking->asked = true;
    if (asking->given) {
        const size_t len = asking->passphrase.len;
        if (len == 0 || len > (size_t)room) {
            return -1;
        }
        memcpy(out, asking->passphrase.ptr, len);
        return (int)len;
    }
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    asking->no_terminal = terminal < 0;
    if (asking->no_terminal) {
        return -1; /* it would read stdin, where the records are */
    }
    (void)close(terminal);
    return PEM_def_callback(out, room, writing, NULL);
}

static struct wv_slice first_line(struct wv_slice text)
{
    const uint8_t *end = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
    size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
    len -= len > 0 && text.ptr[len - 1] == '\r';
    return wv_slice_sub(text, 0, len);
}

static EVP_PKEY *read_key(struct wv_slice pem, struct asking *asking)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key =
        bio == NULL ? NULL : PEM_read_bio_PrivateKey_ex(bio, NULL, answer, asking, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static const char *what_is_wrong(const struct asking *asking)
{
    if (asking->no_terminal) {
        return "has a passphrase, and there is no terminal to ask for it: name a file with it "
               "(--passphrase-file)";
    }
    return asking->asked ? "does not open with that passphrase"
                         : "must hold a private key in PEM, between -----BEGIN PRIVATE KEY----- "
                           "and -----END PRIVATE KEY-----";
}

static bool load_key(struct wv_seal_opener *opener, const char *path, const char *passphrase,
                     struct wv_report *report)
{
    const struct wv_finding where = {.file = path};
    struct wv_bytes pem;
    struct wv_bytes secret = {0};
    struct asking asking = {.given = passphrase != NULL};
    if (!wv_file_read_secret(path, WV_SEAL_PEM, &pem, report)) {
        return false;
    }
    bool good = passphrase == NULL || wv_file_read_secret(passphrase, 1024, &secret, report);
    if (good) {
        asking.passphrase = first_line(wv_bytes_slice(secret));
        opener->key = read_key(wv_bytes_slice(pem), &asking);
        good = opener->key != NULL || wv_report_add(report, where, "%s", what_is_wrong(&asking));
    }
    wv_bytes_free(&secret);
    wv_bytes_free(&pem);
    const int kind = good ? EVP_PKEY_get_base_id(opener->key) : EVP_PKEY_NONE;
    if (good && kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
        good = wv_report_add(report, where,
                             "is neither an RSA nor an EC key: nothing is sealed "
                             "for others");
    }
    return good && (wv_seal_key_digest(opener->key, opener->digest) ||
                    wv_report_add(report, where, "cannot be used: its public key is missing"));
}

struct wv_seal_opener *wv_seal_opener_new(const char *path, const char *passphrase,
                                          struct wv_report *report)
{
    struct wv_seal_opener *opener = calloc(1, sizeof *opener);
    if (opener == NULL) {
        (void)wv_report_add(report, (struct wv_finding){.file = path}, "there is no memory left");
        return NULL;
    }
    opener->cipher = EVP_CIPHER_CTX_new();
    if (opener->cipher == NULL || !wv_locked_new(sizeof *opener->opened, &opener->pages)) {
        (void)wv_report_add(report, (struct wv_finding){.file = path}, "there is no memory left");
    } else if (load_key(opener, path, passphrase, report)) {
        opener->opened = (struct opened *)(void *)opener->pages.mem;
        return opener;
    }
    wv_seal_opener_free(opener);
    return NULL;
}

void wv_seal_opener_free(struct wv_seal_opener *opener)
{
    if (opener != NULL) {
        EVP_PKEY_free(opener->key); /* wipes it */
        EVP_CIPHER_CTX_free(opener->cipher);
        wv_locked_free(&opener->pages);
        free(opener);
    }
}

const char *wv_seal_opener_key(const struct wv_seal_opener *opener)
{
    return opener->digest;
}

/* ---- The envelope ---------------------------------------------------------------------------- */

/* One recipient, and as much content as a key takes. Of DER every byte must belong to it. */
static CMS_ContentInfo *parse_envelope(struct wv_slice der)
{
    const uint8_t *at = der.ptr;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    if (cms == NULL) {
        return NULL;
    }
    bool good = at == der.ptr + der.len && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_enveloped;
    if (good) {
        ASN1_OCTET_STRING **content = CMS_get0_content(cms);
        good = content != NULL && *content != NULL &&
               ASN1_STRING_length(*content) == ENVELOPE_CONTENT &&
               sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms)) == 1;
    }
    if (!good) {
        CMS_ContentInfo_free(cms);
        return NULL;
    }
    return cms;
}

/* Straight out of the cipher, so that no buffer holds a copy. */
static bool take_key(CMS_ContentInfo *cms, uint8_t key[WV_SEAL_KEY_BYTES])
{
    BIO *chain = CMS_dataInit(cms, NULL);
    uint8_t more;
    size_t len = 0;
    while (chain != NULL && len < WV_SEAL_KEY_BYTES) {
        const int got = BIO_read(chain, key + len, (int)(WV_SEAL_KEY_BYTES - len));
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    const bool good = len == WV_SEAL_KEY_BYTES && BIO_read(chain, &more, 1) <= 0 &&
                      BIO_get_cipher_status(chain) == 1;
    BIO_free_all(chain);
    return good;
}

static bool open_envelope(const struct wv_seal_opener *opener, struct wv_slice der,
                          uint8_t key[WV_SEAL_KEY_BYTES])
{
    CMS_ContentInfo *cms = parse_envelope(der);
    const bool good =
        cms != NULL && CMS_decrypt_set1_pkey(cms, opener->key, NULL) == 1 && take_key(cms, key);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return good;
}

/* The content key of an envelope: mostly one that is known. NULL: it does not open. */
static const uint8_t *content_key(struct wv_seal_opener *opener, struct wv_slice der,
                                  const uint8_t digest[WV_SHA256_BYTES])
{
    for (size_t i = 0; i < KNOWN; i++) {
        const struct known *known = &opener->opened->known[i];
        if (known->used && memcmp(known->envelope, digest, WV_SHA256_BYTES) == 0) {
            return known->key;
        }
    }
    struct known *known = &opener->opened->known[opener->next];
    known->used = false;
    if (!open_envelope(opener, der, known->key)) {
        wv_wipe(known->key, sizeof known->key);
        return NULL;
    }
    memcpy(known->envelope, digest, WV_SHA256_BYTES);
    known->used = true;
    opener->next = (opener->next + 1) % KNOWN;
    return known->key;
}

/* ---- Boxes ----------------------------------------------------------------------------------- */

static bool open_box(struct wv_seal_opener *opener, const uint8_t key[WV_SEAL_KEY_BYTES],
                     const uint8_t aad[WV_SEAL_AAD], struct wv_slice box, struct wv_slice *content)
{
    EVP_CIPHER_CTX *cipher = opener->cipher;
    uint8_t *text = opener->opened->content;
    const struct wv_slice inner = wv_slice_sub(box, WV_SEAL_NONCE, box.len - WV_SEAL_TAG);
    uint8_t tag[WV_SEAL_TAG];
    int len = 0;
    int rest = 0;
    memcpy(tag, box.ptr + box.len - WV_SEAL_TAG, WV_SEAL_TAG);
    const bool good = EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, box.ptr) == 1 &&
                      EVP_DecryptUpdate(cipher, NULL, &len, aad, WV_SEAL_AAD) == 1 &&
                      EVP_DecryptUpdate(cipher, text, &len, inner.ptr, (int)inner.len) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, WV_SEAL_TAG, tag) == 1 &&
                      EVP_DecryptFinal_ex(cipher, text + len, &rest) == 1;
    ERR_clear_error();
    if (!good) {
        wv_wipe(text, inner.len);
        return false;
    }
    *content = (struct wv_slice){text, (size_t)(len + rest)};
    return true;
}

/* Of the one spelling that sealing writes: otherwise two texts would be the same box. */
static bool decode(struct wv_slice text, size_t most, uint8_t *out, size_t *len)
{
    return text.len <= (most + 2) / 3 * 4 && wv_base64_decode_exact(text, out, len) && *len <= most;
}

enum wv_seal_verdict wv_seal_open(struct wv_seal_opener *opener, const struct wv_sealed *sealed,
                                  int64_t today, struct wv_slice *content)
{
    uint8_t der[ENVELOPE_TEXT]; /* decoding asks for as much room as the text has */
    uint8_t box[BOX_TEXT];
    size_t der_len = 0;
    size_t box_len = 0;
    int64_t until;
    *content = (struct wv_slice){0};
    if (sealed->until.len != WV_SEAL_DAY || !wv_day_parse(sealed->until, &until) ||
        !decode(sealed->key, WV_SEAL_ENVELOPE, der, &der_len) ||
        !decode(sealed->box, BOX_BYTES, box, &box_len) || der_len == 0 ||
        box_len <= WV_SEAL_NONCE + WV_SEAL_TAG) {
        return WV_SEAL_BROKEN;
    }
    if (today > until) {
        return WV_SEAL_PAST;
    }
    uint8_t digest[WV_SHA256_BYTES];
    uint8_t aad[WV_SEAL_AAD];
    const struct wv_slice envelope = {der, der_len};
    wv_sha256(envelope, digest);
    wv_seal_aad(sealed->until, digest, aad);
    const uint8_t *key = content_key(opener, envelope, digest);
    if (key == NULL || !open_box(opener, key, aad, (struct wv_slice){box, box_len}, content)) {
        return WV_SEAL_FOREIGN;
    }
    return WV_SEAL_OPENED;
}
