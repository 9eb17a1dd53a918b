/* seal_certificate.c — for whom something is sealed: one certificate, and whether its key will do.
 */
#include "keys/seal_parts.h"

#include "keys/subject_name.h"

/* Before x509v3.h, as in signed.c. */
#include <openssl/pem.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

struct wv_seal_certificate {
    X509 *x509;
    struct wv_seal_facts facts;
};

X509 *wv_seal_certificate_x509(const struct wv_seal_certificate *certificate)
{
    return certificate->x509;
}

const struct wv_seal_facts *wv_seal_certificate_facts(const struct wv_seal_certificate *certificate)
{
    return &certificate->facts;
}

void wv_seal_certificate_free(struct wv_seal_certificate *certificate)
{
    if (certificate != NULL) {
        X509_free(certificate->x509);
        free(certificate);
    }
}

bool wv_seal_key_digest(EVP_PKEY *key, char out[WV_SHA256_HEX])
{
    uint8_t *der = NULL;
    const int len = i2d_PUBKEY(key, &der);
    uint8_t digest[WV_SHA256_BYTES];
    if (len > 0) {
        wv_sha256((struct wv_slice){der, (size_t)len}, digest);
        wv_sha256_hex(digest, out);
        OPENSSL_free(der);
    }
    return len > 0;
}

static bool certificate_digest(X509 *x509, char out[WV_SHA256_HEX])
{
    uint8_t *der = NULL;
    const int len = i2d_X509(x509, &der);
    uint8_t digest[WV_SHA256_BYTES];
    if (len > 0) {
        wv_sha256((struct wv_slice){der, (size_t)len}, digest);
        wv_sha256_hex(digest, out);
        OPENSSL_free(der);
    }
    return len > 0;
}

/* Seconds since 1970. */
static bool read_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return false;
    }
    *out = (int64_t)timegm(&parts);
    return true;
}

static bool read_facts(struct wv_seal_certificate *certificate)
{
    X509 *x509 = certificate->x509;
    struct wv_seal_facts *facts = &certificate->facts;
    EVP_PKEY *key = X509_get0_pubkey(x509);
    wv_subject_name(x509, facts->subject, WV_SEAL_SUBJECT);
    return key != NULL && wv_seal_key_digest(key, facts->key) &&
           certificate_digest(x509, facts->sha256) &&
           read_time(X509_get0_notBefore(x509), &facts->from_s) &&
           read_time(X509_get0_notAfter(x509), &facts->until_s);
}

/* What is wrong with the key; NULL: nothing. */
static const char *wrong_key(X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    const int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
    const uint32_t usage = X509_get_key_usage(x509); /* all bits, where it does not say */
    if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
        return "its key must be RSA or EC (P-256, P-384, P-521)";
    }
    if (EVP_PKEY_get_security_bits(key) < 112) {
        return "its key is too weak (RSA needs 2048 bits)";
    }
    if (kind == EVP_PKEY_RSA && (usage & KU_KEY_ENCIPHERMENT) == 0) {
        return "its key is not for this (keyUsage lacks keyEncipherment)";
    }
    if (kind == EVP_PKEY_EC && (usage & KU_KEY_AGREEMENT) == 0) {
        return "its key is not for this (keyUsage lacks keyAgreement)";
    }
    return NULL;
}

/* The only certificate of the text. */
static X509 *read_one(struct wv_slice pem)
{
    BIO *bio = pem.len > WV_SEAL_PEM ? NULL : BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *x509 = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509 *second = x509 == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (second != NULL ||
        (x509 != NULL && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)) {
        X509_free(x509);
        x509 = NULL;
    }
    X509_free(second);
    BIO_free(bio);
    return x509;
}

struct wv_seal_certificate *wv_seal_certificate_parse(const char *name, struct wv_slice pem,
                                                      struct wv_report *report)
{
    const struct wv_finding where = {.file = name};
    struct wv_seal_certificate *certificate = calloc(1, sizeof *certificate);
    ERR_clear_error();
    if (certificate == NULL || (certificate->x509 = read_one(pem)) == NULL) {
        (void)wv_report_add(report, where,
                            "must hold one certificate, between -----BEGIN CERTIFICATE----- and "
                            "-----END CERTIFICATE-----, and nothing broken");
    } else {
        const char *wrong = wrong_key(certificate->x509);
        if (wrong == NULL && read_facts(certificate)) {
            ERR_clear_error();
            return certificate;
        }
        (void)wv_report_add(report, where, "nothing can be sealed for this certificate: %s",
                            wrong == NULL ? "it cannot be read whole" : wrong);
    }
    ERR_clear_error();
    wv_seal_certificate_free(certificate);
    return NULL;
}
