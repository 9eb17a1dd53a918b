/*
 * kek.h — the key-encryption key (KEK) that wraps the secrets of a key file.
 *
 * A secret lies in the file as base64 of 60 bytes: 12 of a random nonce, 32 encrypted, 16 of the
 * tag, by AES-256-GCM (NIST SP 800-38D) under the KEK itself. What is authenticated with it is
 * "wafveil/1", domain and epoch, each after its 16-bit length, so that no secret can be put in
 * another one's place. Nonces are random: one KEK is for fewer than 2^32 secrets.
 *
 * The KEK comes from a file, from a systemd credential, or from what a command prints: 32 bytes as
 * they are and nothing else; or 64 hexadecimal digits, or base64 with 44 characters, either of them
 * with white space behind it or not. It is kept in locked memory, and no finding holds any of it.
 */
#ifndef WV_KEYS_KEK_H
#define WV_KEYS_KEK_H

#include "json/document.h"
#include "keys/keyring.h"

enum {
    WV_KEK_BYTES = 32,
    WV_KEK_ID = 8, /* hexadecimal digits */
    WV_WRAPPED_BYTES = 12 + WV_SECRET_BYTES + 16,
    WV_KEK_COMMAND_MAX = 64, /* words of a command */
};

struct wv_kek;

/* NULL when memory is short. The bytes are copied. */
WV_MUST_USE struct wv_kek *wv_kek_new(const uint8_t bytes[WV_KEK_BYTES]);
void wv_kek_free(struct wv_kek *kek); /* wipes; NULL is allowed */

/* First 4 bytes, in hexadecimal, of HKDF-SHA-256 of the KEK for this one use: which key it is, and
 * nothing of it. */
const char *wv_kek_id(const struct wv_kek *kek);

/* Writes the wrapped secret. False when there is no randomness or no memory. */
WV_MUST_USE bool wv_kek_wrap(const struct wv_kek *kek, struct wv_slice domain,
                             struct wv_slice epoch, const uint8_t secret[WV_SECRET_BYTES],
                             uint8_t out[WV_WRAPPED_BYTES]);

/* False, and zeros in out, when it was wrapped by another key, for another domain or epoch, or
 * changed. */
WV_MUST_USE bool wv_kek_unwrap(const struct wv_kek *kek, struct wv_slice domain,
                               struct wv_slice epoch, const uint8_t wrapped[WV_WRAPPED_BYTES],
                               uint8_t out[WV_SECRET_BYTES]);

enum wv_kek_from { WV_KEK_NOWHERE = 0, WV_KEK_FILE, WV_KEK_CREDENTIAL, WV_KEK_COMMAND };

/* Where a KEK is found. All strings are NUL-terminated and the caller's. */
struct wv_kek_source {
    uint32_t from;       /* enum wv_kek_from */
    const char *name;    /* path of the file, or the credential's name */
    const char **words;  /* of the command, then NULL; the first is the program, as a path or to be
                            found on PATH. No shell reads them. */
    uint32_t timeout_ms; /* of the command, which is killed then with all that it started */
};

/* NULL, with a finding at the node that names it, when it cannot be had. A file must be as secret
 * as a key file; a credential lies in $CREDENTIALS_DIRECTORY, which systemd sets. A command gets
 * this process's environment, nothing on its standard input and our standard error; only what it
 * prints counts, and only when it ends with 0. */
WV_MUST_USE struct wv_kek *wv_kek_fetch(const struct wv_kek_source *source,
                                        const struct wv_node *node, struct wv_report *report);

/* The keys that may have wrapped a file. */
struct wv_keks {
    const struct wv_kek *current;  /* wraps what is written; NULL: secrets lie as they are */
    const struct wv_kek *previous; /* NULL: none */
};

#endif
