/*
 * token.h — the pseudonym of a value, and the keys behind it.
 *
 *     token = epoch id "." base32(first 16 bytes of HMAC-SHA-256(K, canonical value))
 *     K     = HKDF-SHA-256(secret of the epoch, salt "wafveil-v1",
 *                          info: "wafveil/1", domain, epoch id, kind, each after its 16-bit length)
 *
 * HMAC: RFC 2104; HKDF: RFC 5869; base32: RFC 4648, lower case, without padding. The canonical
 * value begins with a type byte: 0x04 and 4 bytes of an IPv4 address, 0x06 and 16 bytes of an IPv6
 * address, 0x53 and the bytes of anything else.
 *
 * A wv_tokens belongs to one worker thread: it holds derived keys and a cache of tokens, both wiped
 * when it is freed. Making a token allocates nothing, except when a key is derived for the first
 * time (once per domain, epoch and kind).
 */
#ifndef WV_KEYS_TOKEN_H
#define WV_KEYS_TOKEN_H

#include "keys/keyring.h"

enum wv_kind {
    WV_KIND_NONE = 0,
    WV_KIND_IP,
    WV_KIND_EMAIL,
    WV_KIND_USER,
    WV_KIND_DEVICE,
    WV_KIND_SESSION,
    WV_KIND_PHONE,
    WV_KIND_AGENT,
    WV_KIND_TEXT,
    WV_KIND_COUNT,
};

/* "ip", "email", …; NULL for WV_KIND_NONE. */
const char *wv_kind_name(enum wv_kind kind);
enum wv_kind wv_kind_find(struct wv_slice name); /* WV_KIND_NONE: no such kind */

enum { WV_TOKEN_CODE = 26, WV_TOKEN_MAX = WV_EPOCH_ID_MAX + 1 + WV_TOKEN_CODE };

struct wv_token {
    uint8_t text[WV_TOKEN_MAX];
    uint8_t len;
    uint8_t code_at; /* where the 26 characters after the point begin */
};

static inline struct wv_slice wv_token_slice(const struct wv_token *token)
{
    return (struct wv_slice){token->text, token->len};
}

struct wv_tokens;

/* Holds the keyring: as long as derived keys are left, so is their keyring. cache_slots: a power of
 * two, or 0 for no cache (to measure, and for tests). */
WV_MUST_USE struct wv_tokens *wv_tokens_new(struct wv_keyring *keyring, size_t cache_slots);
void wv_tokens_free(struct wv_tokens *tokens);

/* Of locked memory, which one with so many slots asks for. */
size_t wv_tokens_locked_bytes(size_t cache_slots);

/* What a token is made under. */
struct wv_token_key {
    struct wv_slice domain;
    int64_t time_s; /* of the event */
    uint32_t days;  /* length of an epoch shorter than the domain's; 0: the domain's own */
    enum wv_kind kind;
};

/* False when the keyring has no epoch for the domain and time, or memory is short: there is no
 * token then. */
WV_MUST_USE bool wv_tokens_make(struct wv_tokens *tokens, const struct wv_token_key *key,
                                struct wv_slice canonical, struct wv_token *out);

/* A hint that a token of the value is about to be asked for, under the key that was asked for last:
 * its place in the cache is fetched meanwhile. Changes no answer. */
void wv_tokens_expect(struct wv_tokens *tokens, enum wv_kind kind, struct wv_slice canonical);

/* Prefix-preserving encryption of an address in place (ipcrypt-pfx, draft-denis-ipcrypt), under a
 * key derived with the kind "ip-pfx". family: 4 (4 bytes) or 6 (16 bytes). False, with
 * an address of zeros, where wv_tokens_make() is false. */
WV_MUST_USE bool wv_tokens_pfx(struct wv_tokens *tokens, const struct wv_token_key *key, int family,
                               uint8_t *address);

/* A number that stands for the value among all others of the domain and epoch, evenly spread over
 * 64 bits: the first bytes of its HMAC under a key derived with the kind "sample", most significant
 * first. It tells nothing of the value's tokens, and nobody without the key can tell it. False
 * where wv_tokens_make() is. */
WV_MUST_USE bool wv_tokens_number(struct wv_tokens *tokens, const struct wv_token_key *key,
                                  struct wv_slice canonical, uint64_t *out);

struct wv_token_stats {
    uint64_t hits;
    uint64_t misses;
    uint64_t without_key;
};
struct wv_token_stats wv_tokens_stats(const struct wv_tokens *tokens);

/* Writes 0x53 and the value into out (cap value.len + 1). An e-mail's domain goes to lower case. */
struct wv_slice wv_canonical_text(enum wv_kind kind, struct wv_slice value, uint8_t *out);

#endif
