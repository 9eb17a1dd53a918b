/*
 * seal.h — originals that only a recipient can read: boxes for the holder of a private key.
 *
 * A box is AES-256-GCM under a content key. The content key is random, serves one sealer for at
 * most WV_SEAL_BOXES boxes or WV_SEAL_NS, and stands beside every box as a CMS EnvelopedData for
 * the recipient's certificate (RSA with OAEP and SHA-256, or ECDH), made once for all of them:
 *
 *     {"until":"2026-12-23","key":"<base64 of the DER>","box":"<base64>"}
 *     box     = nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)
 *     nonce   = which box of the content key it is, from 0, most significant byte first
 *     content = what was sealed, with blanks behind it up to a multiple of WV_SEAL_STEP
 *     AAD     = "wafveil-seal-1" ‖ until ‖ SHA-256 of the DER
 *
 * So a box does not open with another day or another envelope than its own. Nothing here proves who
 * sealed it: whoever has the certificate can make boxes.
 *
 * Memory. The content key before it is expanded, and what is to be sealed, stand in locked pages
 * and are wiped after use; the expanded key is in the memory of libcrypto, which wipes it.
 * Threads. A certificate never changes and may be shared. A sealer belongs to one thread.
 */
#ifndef WV_KEYS_SEAL_H
#define WV_KEYS_SEAL_H

#include "base/buf.h"
#include "base/report.h"
#include "keys/digest.h"

#define WV_SEAL_NS UINT64_C(600000000000) /* longest use of a content key: 10 minutes */

enum {
    WV_SEAL_BOXES = 4096, /* of one content key */
    WV_SEAL_STEP = 64,    /* bytes to which content is padded, so that its length tells less */
    WV_SEAL_CONTENT = 4096,
    WV_SEAL_KEY_BYTES = 32,
    WV_SEAL_NONCE = 12,
    WV_SEAL_TAG = 16,
    WV_SEAL_ENVELOPE = 3072, /* of the DER: that of a key of 16384 bits fits */
    WV_SEAL_DAY = 10,        /* characters of `until` */
    WV_SEAL_BYTES = 10240,   /* longest JSON that wv_seal() writes */
    WV_SEAL_SUBJECT = 160,   /* bytes of a subject's name; a longer one is cut */
    WV_SEAL_PEM = 64 * 1024, /* of the file of a certificate or private key */
};

/* What people are told of a certificate. */
struct wv_seal_facts {
    char subject[WV_SEAL_SUBJECT + 1]; /* RFC 2253, UTF-8 */
    char sha256[WV_SHA256_HEX];        /* of the certificate */
    char key[WV_SHA256_HEX];           /* SHA-256 of its public key (SubjectPublicKeyInfo): what
                                          certificates of the same key pair have in common */
    int64_t from_s;                    /* of validity, since 1970; both belong to it */
    int64_t until_s;
};

struct wv_seal_certificate;

/* Reads the one certificate of a PEM text; name stands in findings. NULL with a finding: there is
 * none, or several, or its key is weak (less than 112 bits), of another kind than RSA or EC, or not
 * for this (keyUsage). Whether it is valid today is the caller's to look at. */
WV_MUST_USE struct wv_seal_certificate *
wv_seal_certificate_parse(const char *name, struct wv_slice pem, struct wv_report *report);
void wv_seal_certificate_free(struct wv_seal_certificate *certificate); /* NULL is allowed */

const struct wv_seal_facts *
wv_seal_certificate_facts(const struct wv_seal_certificate *certificate);

struct wv_sealer;

/* Of a certificate, which must outlive it. NULL when memory is short. */
WV_MUST_USE struct wv_sealer *wv_sealer_new(const struct wv_seal_certificate *certificate);
void wv_sealer_free(struct wv_sealer *sealer); /* wipes it; NULL is allowed */

/* Empty room for what is to be sealed: WV_SEAL_CONTENT bytes in locked pages. */
struct wv_buf *wv_sealer_content(struct wv_sealer *sealer);

/* Seals what was written there, and wipes it in any case. *out is the JSON above, and lives until
 * the next call. until: a day of WV_SEAL_DAY characters; now_ns: the clock of durations. False:
 * there is no box, because the content did not fit or libcrypto failed.
 *
 * Takes no memory, but for every first box of a content key: CMS allocates, and does the work with
 * the public key (0.1 to 1 ms). */
WV_MUST_USE bool wv_seal(struct wv_sealer *sealer, struct wv_slice until, uint64_t now_ns,
                         struct wv_slice *out);

/* Whether its pages are kept out of swap; it works all the same where they are not. */
bool wv_sealer_is_locked(const struct wv_sealer *sealer);

/* How many content keys it has made: for tests. */
uint64_t wv_sealer_keys(const struct wv_sealer *sealer);

#endif
