/*
 * signing.h — people who sign, made by the test: keys and certificates that nobody else has, and
 * messages as `openssl cms` makes them.
 */
#ifndef WV_TESTS_SIGNING_H
#define WV_TESTS_SIGNING_H

#include "base/file.h"

#include <openssl/pem.h>

#include <openssl/cms.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* 2026-11-22 12:00 UTC: the present of these tests. */
#define SIGNING_NOW_S  INT64_C(1795348800)
#define SIGNING_NOW_MS (SIGNING_NOW_S * 1000)

enum { SIGNING_DAY_S = 86400, SIGNING_PEOPLE = 8 };

struct person {
    EVP_PKEY *key;
    X509 *certificate;
};

/* Zero: valid from a day ago for a month, for whatever, with a new key of P-256. */
struct person_wish {
    const char *name;
    long from_days;    /* of validity, from now */
    long until_days;   /* 0: 30 */
    const char *usage; /* "critical,keyEncipherment" */
    EVP_PKEY *key;     /* somebody else's; taken along */
    unsigned rsa_bits;
    long serial;
};

static inline void person_validity(X509 *certificate, const struct person_wish *wish)
{
    const long from = wish->from_days == 0 ? -1 : wish->from_days;
    const long until = wish->until_days == 0 ? 30 : wish->until_days;
    wv_ensure(ASN1_TIME_set(X509_getm_notBefore(certificate),
                            SIGNING_NOW_S + from * SIGNING_DAY_S) != NULL);
    wv_ensure(ASN1_TIME_set(X509_getm_notAfter(certificate),
                            SIGNING_NOW_S + until * SIGNING_DAY_S) != NULL);
}

static inline struct person person_new(struct person_wish wish)
{
    struct person person = {.key = wish.key, .certificate = X509_new()};
    static long serial = 1000;
    if (wish.key != NULL) {
        wv_ensure(EVP_PKEY_up_ref(wish.key) == 1);
    } else if (wish.rsa_bits != 0) {
        person.key = EVP_RSA_gen(wish.rsa_bits);
    } else {
        person.key = EVP_EC_gen("P-256");
    }
    X509 *certificate = person.certificate;
    wv_ensure(person.key != NULL && certificate != NULL);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), wish.serial != 0 ? wish.serial : serial++);
    person_validity(certificate, &wish);
    X509_NAME *name = X509_get_subject_name(certificate);
    wv_ensure(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                         (const unsigned char *)wish.name, -1, -1, 0) == 1);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, person.key);
    if (wish.usage != NULL) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, wish.usage);
        wv_ensure(extension != NULL);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    wv_ensure(X509_sign(certificate, person.key, EVP_sha256()) > 0);
    return person;
}

static inline void person_free(struct person *person)
{
    EVP_PKEY_free(person->key);
    X509_free(person->certificate);
    *person = (struct person){0};
}

/* Copies what a BIO holds, and frees it. */
static inline struct wv_bytes signing_take(BIO *bio)
{
    char *text = NULL;
    const long len = BIO_get_mem_data(bio, &text);
    struct wv_bytes bytes = {malloc((size_t)len + 1), (size_t)len};
    wv_ensure(bytes.ptr != NULL);
    memcpy(bytes.ptr, text, bytes.len);
    bytes.ptr[len] = '\0';
    BIO_free(bio);
    return bytes;
}

/* The certificates as a file of approvers. */
static inline struct wv_bytes signing_certificates(const struct person *people, size_t count)
{
    BIO *bio = BIO_new(BIO_s_mem());
    for (size_t i = 0; i < count; i++) {
        wv_ensure(PEM_write_bio_X509(bio, people[i].certificate) == 1);
    }
    return signing_take(bio);
}

static inline struct wv_bytes signing_write(CMS_ContentInfo *cms, bool pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    wv_ensure((pem ? PEM_write_bio_CMS(bio, cms) : i2d_CMS_bio(bio, cms)) == 1);
    CMS_ContentInfo_free(cms);
    return signing_take(bio);
}

/* flags of each signature; NULL as digest: SHA-256. */
static inline CMS_ContentInfo *signing_message(const struct person *people, size_t count,
                                               const char *text, unsigned flags,
                                               const EVP_MD *digest)
{
    BIO *content = BIO_new_mem_buf(text, -1);
    const unsigned all = flags | CMS_BINARY | CMS_NOSMIMECAP;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, all | CMS_PARTIAL);
    wv_ensure(cms != NULL);
    for (size_t i = 0; i < count; i++) {
        const bool again = i > 0 && people[i].certificate == people[i - 1].certificate;
        wv_ensure(CMS_add1_signer(cms, people[i].certificate, people[i].key,
                                  digest == NULL ? EVP_sha256() : digest,
                                  again ? all | CMS_NOCERTS : all) != NULL);
    }
    wv_ensure(CMS_final(cms, content, NULL, all) == 1);
    BIO_free(content);
    return cms;
}

static inline struct wv_bytes signing_sign(const struct person *people, size_t count,
                                           const char *text)
{
    return signing_write(signing_message(people, count, text, 0, NULL), true);
}

#endif
