/*
 * signed.h — a document that known people have signed: CMS SignedData (RFC 5652), PEM or DER.
 *
 * Whose signature counts stands in one list of certificates; no other certificate is looked at, be
 * it in the message or in the system's store, and no chain is built. Every signature of the message
 * must be good and by somebody of the list. A signature by MD5, SHA-1 or SHA-224, or with a key of
 * less than 112 bits of strength (RSA below 2048), is none.
 *
 * Memory. What is handed out is the caller's, until the matching free.
 */
#ifndef WV_KEYS_SIGNED_H
#define WV_KEYS_SIGNED_H

#include "base/file.h"

enum {
    WV_SIGNERS_MAX = 64,
    WV_SIGNERS_BYTES = 512 * 1024, /* of the file of certificates */
    WV_SIGNATURES_MAX = 16,
    WV_SIGNER_NAME_MAX = 160,      /* bytes of a subject's name; a longer one is cut */
    WV_SIGNED_BYTES = 256 * 1024,  /* of the message: certificates may come along */
    WV_SIGNED_CONTENT = 16 * 1024, /* of the document that was signed */
};

struct wv_signers;

/* Reads the certificates of a PEM text; name stands in findings. NULL with a finding when there is
 * none, one that cannot be read, or more than WV_SIGNERS_MAX. */
WV_MUST_USE struct wv_signers *wv_signers_parse(const char *name, struct wv_slice pem,
                                                struct wv_report *report);
void wv_signers_free(struct wv_signers *signers); /* NULL is allowed */

/* How many different keys the certificates hold: so many people can sign. */
size_t wv_signers_count(const struct wv_signers *signers);

struct wv_signed {
    struct wv_bytes content;
    size_t count;                                          /* different keys that have signed */
    char names[WV_SIGNATURES_MAX][WV_SIGNER_NAME_MAX + 1]; /* subjects, RFC 2253, UTF-8; sorted */
};

/* Opens the message and checks every signature; the certificates must be valid at the time (ms
 * since 1970) and, where they say what their keys are for, be for signatures. False with a finding:
 * *out is {0} then. */
WV_MUST_USE bool wv_signed_open(const char *name, struct wv_slice message,
                                const struct wv_signers *signers, int64_t now_ms,
                                struct wv_signed *out, struct wv_report *report);
void wv_signed_free(struct wv_signed *content);

#endif
