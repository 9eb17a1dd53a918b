/*
 * sealing.h — somebody for whom originals are sealed: a key and a certificate, made by the test and
 * valid around the present, so that no test breaks on some later day.
 */
#ifndef WV_TESTS_SEALING_H
#define WV_TESTS_SEALING_H

#include "base/file.h"

#include <openssl/pem.h>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Zero: P-256, valid from a day ago for a year. */
struct recipient_wish {
    const char *name;
    const char *curve;
    unsigned rsa_bits; /* 0: a curve */
    long from_days;    /* 0: -1 */
    long until_days;   /* 0: 365 */
    const char *usage; /* "critical,keyAgreement" */
};

struct recipient {
    EVP_PKEY *key;
    X509 *x509;
    char certificate[16384]; /* PEM */
    char key_pem[16384];
};

static inline void recipient_pem(BIO *bio, char *out, size_t room)
{
    char *text = NULL;
    const long len = BIO_get_mem_data(bio, &text);
    wv_ensure(len > 0 && (size_t)len < room);
    memcpy(out, text, (size_t)len);
    out[len] = '\0';
    BIO_free(bio);
}

static inline struct recipient *recipient_new(struct recipient_wish wish)
{
    struct recipient *recipient = calloc(1, sizeof *recipient);
    wv_ensure(recipient != NULL);
    recipient->key = wish.rsa_bits != 0 ? EVP_RSA_gen(wish.rsa_bits)
                                        : EVP_EC_gen(wish.curve == NULL ? "P-256" : wish.curve);
    X509 *x509 = recipient->x509 = X509_new();
    wv_ensure(recipient->key != NULL && x509 != NULL);
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 7);
    const long day = 86400;
    X509_gmtime_adj(X509_getm_notBefore(x509), day * (wish.from_days == 0 ? -1 : wish.from_days));
    X509_gmtime_adj(X509_getm_notAfter(x509), day * (wish.until_days == 0 ? 365 : wish.until_days));
    X509_NAME *name = X509_get_subject_name(x509);
    const char *word = wish.name == NULL ? "SOC on call" : wish.name;
    wv_ensure(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)word, -1,
                                         -1, 0) == 1);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, recipient->key);
    if (wish.usage != NULL) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, wish.usage);
        wv_ensure(extension != NULL);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }
    wv_ensure(X509_sign(x509, recipient->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    wv_ensure(PEM_write_bio_X509(bio, x509) == 1);
    recipient_pem(bio, recipient->certificate, sizeof recipient->certificate);
    bio = BIO_new(BIO_s_mem());
    wv_ensure(PEM_write_bio_PrivateKey(bio, recipient->key, NULL, NULL, 0, NULL, NULL) == 1);
    recipient_pem(bio, recipient->key_pem, sizeof recipient->key_pem);
    return recipient;
}

static inline void recipient_free(struct recipient *recipient)
{
    EVP_PKEY_free(recipient->key);
    X509_free(recipient->x509);
    free(recipient);
}

/* A file that nobody else can read, in a folder that mkdtemp() has made. */
static inline void sealing_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    wv_ensure(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    wv_ensure(chmod(path, 0600) == 0);
}

#endif
