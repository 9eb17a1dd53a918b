/*
 * seal_cms.h — whole records for the holder of a private key, as plain CMS.
 *
 * Each message is an AuthEnvelopedData (RFC 5083) by itself, AES-256-GCM, which `openssl cms
 * -decrypt` opens since OpenSSL 3.0:
 *
 *     openssl cms -decrypt -binary -inform DER -in box.der -inkey reject.key -recip reject.pem
 *
 * The work with the public key is done once for a content key. That serves one sealer for at most
 * WV_SEAL_BOXES messages or WV_SEAL_NS, each with a nonce of its own (a counter), so that a flood
 * of records costs little more than their encryption. As with seal.h nothing proves who sealed.
 *
 * Memory. The content key stands only in the memory of libcrypto, which wipes it; no copy is made
 * of what is sealed.
 * Threads. A sealer belongs to one thread.
 */
#ifndef WV_KEYS_SEAL_CMS_H
#define WV_KEYS_SEAL_CMS_H

#include "keys/seal.h"

enum {
    /* Longest DER around the content: the envelope and the headers of its parts. */
    WV_CMS_OVERHEAD = WV_SEAL_ENVELOPE + 128,
    WV_CMS_CONTENT = 1 << 30, /* bytes that are sealed at once, at most */
};

struct wv_cms_sealer;

/* For a certificate, which must outlive it. NULL when memory is short. */
WV_MUST_USE struct wv_cms_sealer *wv_cms_sealer_new(const struct wv_seal_certificate *certificate);
void wv_cms_sealer_free(struct wv_cms_sealer *sealer); /* NULL is allowed */

/* Seals the parts, one after the other as one content, and appends the DER to the buffer. now_ns:
 * the clock of durations. False: it does not fit, or libcrypto failed; nothing has been appended
 * that anybody may read. */
WV_MUST_USE bool wv_cms_seal(struct wv_cms_sealer *sealer, const struct wv_slice *parts,
                             size_t count, uint64_t now_ns, struct wv_buf *out);

/* How many content keys it has made: for tests. */
uint64_t wv_cms_sealer_keys(const struct wv_cms_sealer *sealer);

#endif
