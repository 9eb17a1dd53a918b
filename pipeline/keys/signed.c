/*
 * signed.c — CMS by libcrypto, which checks the signatures; whose they are is decided here.
 */
#include "keys/signed.h"

#include "keys/subject_name.h"

/* Before cms.h, which declares what reads PEM only then. */
#include <openssl/pem.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct wv_signers {
    STACK_OF(X509) * certificates;
};

/* What one message is checked with. */
struct opening {
    const char *name;
    struct wv_report *report;
    const struct wv_signers *signers;
    int64_t now_ms;
};

static bool fail(const struct opening *opening, const char *text)
{
    ERR_clear_error();
    return wv_report_add(opening->report, (struct wv_finding){.file = opening->name}, "%s", text);
}

static bool is_pem(struct wv_slice text)
{
    return memmem(text.ptr, text.len, "-----BEGIN ", 11) != NULL;
}

static BIO *bio_of(struct wv_slice text)
{
    return text.len > INT32_MAX ? NULL : BIO_new_mem_buf(text.ptr, (int)text.len);
}

/* ---- Certificates ---------------------------------------------------------------------------- */

void wv_signers_free(struct wv_signers *signers)
{
    if (signers != NULL) {
        sk_X509_pop_free(signers->certificates, X509_free);
        free(signers);
    }
}

static bool same_key(const X509 *a, const X509 *b)
{
    const EVP_PKEY *one = X509_get0_pubkey(a);
    const EVP_PKEY *other = X509_get0_pubkey(b);
    return one != NULL && other != NULL && EVP_PKEY_eq(one, other) == 1;
}

size_t wv_signers_count(const struct wv_signers *signers)
{
    const int count = sk_X509_num(signers->certificates);
    size_t different = 0;
    for (int i = 0; i < count; i++) {
        bool known = false;
        for (int k = 0; k < i; k++) {
            known = known || same_key(sk_X509_value(signers->certificates, i),
                                      sk_X509_value(signers->certificates, k));
        }
        different += !known;
    }
    return different;
}

/* Reads on until there is no certificate any more. Other things in the file, such as a chain's
 * comments, are passed over. */
static bool read_certificates(BIO *bio, STACK_OF(X509) * out)
{
    for (;;) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (certificate == NULL) {
            return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        }
        if (sk_X509_num(out) >= WV_SIGNERS_MAX || sk_X509_push(out, certificate) <= 0) {
            X509_free(certificate);
            return false;
        }
    }
}

struct wv_signers *wv_signers_parse(const char *name, struct wv_slice pem, struct wv_report *report)
{
    struct wv_signers *signers = calloc(1, sizeof *signers);
    BIO *bio = bio_of(pem);
    bool good = false;
    if (signers != NULL) {
        signers->certificates = sk_X509_new_null();
    }
    ERR_clear_error();
    if (signers != NULL && signers->certificates != NULL && bio != NULL) {
        good =
            read_certificates(bio, signers->certificates) && sk_X509_num(signers->certificates) > 0;
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!good) {
        wv_signers_free(signers);
        (void)wv_report_add(report, (struct wv_finding){.file = name},
                            "must hold 1 to %d certificates, each between -----BEGIN "
                            "CERTIFICATE----- and -----END CERTIFICATE-----, and nothing broken",
                            WV_SIGNERS_MAX);
        return NULL;
    }
    return signers;
}

/* ---- The message ----------------------------------------------------------------------------- */

/* NULL: it is no CMS. Of DER every byte must belong to it. */
static CMS_ContentInfo *parse(struct wv_slice message)
{
    BIO *bio = bio_of(message);
    CMS_ContentInfo *cms = NULL;
    if (bio == NULL) {
        return NULL;
    }
    if (is_pem(message)) {
        cms = PEM_read_bio_CMS(bio, NULL, NULL, NULL);
    } else {
        cms = d2i_CMS_bio(bio, NULL);
        if (cms != NULL && BIO_pending(bio) > 0) {
            CMS_ContentInfo_free(cms);
            cms = NULL;
        }
    }
    BIO_free(bio);
    return cms;
}

static bool check_kind(const struct opening *opening, CMS_ContentInfo *cms)
{
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
        return fail(opening, "is a CMS message, but nothing that was signed: `openssl cms -sign` "
                             "makes one");
    }
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (CMS_is_detached(cms) != 0 || content == NULL || *content == NULL) {
        return fail(opening, "holds signatures without what was signed: sign with -nodetach");
    }
    if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
        return fail(opening, "was signed as something else than plain data");
    }
    if (ASN1_STRING_length(*content) > WV_SIGNED_CONTENT) {
        return fail(opening, "was signed over more than 16 KiB: an approval is far shorter");
    }
    const int signatures = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms));
    if (signatures <= 0) {
        return fail(opening, "nobody has signed it");
    }
    if (signatures > WV_SIGNATURES_MAX) {
        return wv_report_add(opening->report, (struct wv_finding){.file = opening->name},
                             "has %d signatures; at most %d are looked at", signatures,
                             WV_SIGNATURES_MAX);
    }
    return true;
}

static bool fail_signer(const struct opening *opening, const X509 *certificate, const char *text)
{
    char name[WV_SIGNER_NAME_MAX + 1];
    wv_subject_name(certificate, name, WV_SIGNER_NAME_MAX);
    ERR_clear_error();
    return wv_report_add(opening->report, (struct wv_finding){.file = opening->name},
                         "the signature of %s %s", name, text);
}

static bool is_strong_digest(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    switch (OBJ_obj2nid(object)) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
    case NID_sha3_256:
    case NID_sha3_384:
    case NID_sha3_512:
        return true;
    default:
        return false;
    }
}

static bool check_certificate(const struct opening *opening, X509 *certificate)
{
    time_t now = (time_t)(opening->now_ms / 1000);
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) != -1) {
        return fail_signer(opening, certificate,
                           "does not count: the certificate is not valid yet");
    }
    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) != 1) {
        return fail_signer(opening, certificate, "does not count: the certificate has expired");
    }
    const uint32_t usage = X509_get_key_usage(certificate); /* all bits, where it does not say */
    if ((usage & KU_DIGITAL_SIGNATURE) == 0) {
        return fail_signer(opening, certificate,
                           "does not count: the certificate's key is not for signatures "
                           "(keyUsage lacks digitalSignature)");
    }
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL || EVP_PKEY_get_security_bits(key) < 112) {
        return fail_signer(opening, certificate,
                           "does not count: the key is too weak (RSA needs 2048 bits)");
    }
    return true;
}

/* Whose signature it is; whether it is a good one is asked of the whole message. */
static bool check_signature(const struct opening *opening, CMS_SignerInfo *signature)
{
    X509 *certificate = NULL;
    X509_ALGOR *digest = NULL;
    CMS_SignerInfo_get0_algs(signature, NULL, &certificate, &digest, NULL);
    if (certificate == NULL) {
        return fail(opening, "somebody has signed it whose certificate is not among the approvers");
    }
    if (!is_strong_digest(digest)) {
        return fail_signer(opening, certificate,
                           "does not count: its digest is weak; sign with -md sha256");
    }
    /* Without them, what was signed could be taken for the attributes of another signature. */
    if (CMS_signed_get_attr_count(signature) <= 0) {
        return fail_signer(opening, certificate,
                           "does not count: it has no signed attributes; sign without -noattr");
    }
    return check_certificate(opening, certificate);
}

static bool check_signatures(const struct opening *opening, CMS_ContentInfo *cms)
{
    if (CMS_set1_signers_certs(cms, opening->signers->certificates, CMS_NOINTERN) < 0) {
        return fail(opening, "the signatures cannot be read");
    }
    STACK_OF(CMS_SignerInfo) *signatures = CMS_get0_SignerInfos(cms);
    for (int i = 0; i < sk_CMS_SignerInfo_num(signatures); i++) {
        if (!check_signature(opening, sk_CMS_SignerInfo_value(signatures, i))) {
            return false;
        }
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Each key counts once, however often it has signed and whichever certificates it has. */
static void note_signers(CMS_ContentInfo *cms, struct wv_signed *out)
{
    X509 *noted[WV_SIGNATURES_MAX];
    STACK_OF(CMS_SignerInfo) *signatures = CMS_get0_SignerInfos(cms);
    for (int i = 0; i < sk_CMS_SignerInfo_num(signatures); i++) {
        X509 *certificate = NULL;
        bool known = false;
        CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(signatures, i), NULL, &certificate, NULL,
                                 NULL);
        for (size_t k = 0; k < out->count; k++) {
            known = known || same_key(certificate, noted[k]);
        }
        if (!known) {
            noted[out->count] = certificate;
            wv_subject_name(certificate, out->names[out->count++], WV_SIGNER_NAME_MAX);
        }
    }
    qsort(out->names, out->count, sizeof out->names[0], by_name);
}

static bool take_content(const struct opening *opening, BIO *content, struct wv_signed *out)
{
    char *text = NULL;
    const long len = BIO_get_mem_data(content, &text);
    out->content.ptr = len < 0 ? NULL : malloc((size_t)len + 1);
    if (out->content.ptr == NULL) {
        return fail(opening, "there is no memory left");
    }
    if (len > 0) {
        memcpy(out->content.ptr, text, (size_t)len);
    }
    out->content.len = (size_t)len;
    out->content.ptr[len] = '\0';
    return true;
}

static bool verify(const struct opening *opening, CMS_ContentInfo *cms, struct wv_signed *out)
{
    BIO *content = BIO_new(BIO_s_mem());
    if (content == NULL) {
        return fail(opening, "there is no memory left");
    }
    /* Certificates of the list are trusted by themselves: no store, no chain. */
    const unsigned flags = CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY;
    const bool good =
        CMS_verify(cms, opening->signers->certificates, NULL, NULL, content, flags) == 1
            ? take_content(opening, content, out)
            : fail(opening, "a signature does not fit what was signed: it was changed after it "
                            "was signed, or signed with another key");
    BIO_free(content);
    if (good) {
        note_signers(cms, out);
    }
    return good;
}

bool wv_signed_open(const char *name, struct wv_slice message, const struct wv_signers *signers,
                    int64_t now_ms, struct wv_signed *out, struct wv_report *report)
{
    const struct opening opening = {name, report, signers, now_ms};
    memset(out, 0, sizeof *out);
    ERR_clear_error();
    CMS_ContentInfo *cms = message.len > WV_SIGNED_BYTES ? NULL : parse(message);
    if (cms == NULL) {
        return fail(&opening, "is no CMS message, in PEM or in DER, or is damaged");
    }
    const bool good =
        check_kind(&opening, cms) && check_signatures(&opening, cms) && verify(&opening, cms, out);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return good;
}

void wv_signed_free(struct wv_signed *content)
{
    wv_bytes_free(&content->content);
    memset(content, 0, sizeof *content);
}
