/*
 * keyfile.h — the file in which the secrets of a keyring live.
 *
 *     {"version": 1,
 *      "domains": {"acme/eu/soc": {
 *          "epoch_days": 7,
 *          "epochs": [{"id": "20261116-7d", "secret": "<base64 of 32 bytes>"}]}}}
 *
 * Reading refuses what it does not know, a secret of the wrong length, epochs that overlap, and a
 * file or folder that others could change. Writing only ever adds epochs; to destroy the link of an
 * epoch, its entry is deleted from the file.
 *
 * No finding holds a secret. The text of the file and every secret in it are wiped after reading;
 * what Jansson's own lexer frees while it parses is out of reach.
 */
#ifndef WV_KEYS_KEYFILE_H
#define WV_KEYS_KEYFILE_H

#include "json/document.h"
#include "keys/keyring.h"

/* Reads the text of a key file; name stands in findings. NULL with findings. */
WV_MUST_USE struct wv_keyring *wv_keyfile_parse(const char *name, struct wv_slice text,
                                                struct wv_report *report);

/* The same in two steps, for those who also need the document. */
WV_MUST_USE struct wv_keyring *wv_keyfile_read(const struct wv_document *document,
                                               struct wv_report *report);

/* Reads the file, with the checks of wv_keyring_load(). NULL with findings. */
WV_MUST_USE struct wv_document *wv_keyfile_open(const char *path, struct wv_report *report);

/* Wipes every string of the document and frees it; NULL is allowed. */
void wv_keyfile_close(struct wv_document *document);

/* What a key file is to hold. */
struct wv_keyfile_need {
    const struct wv_slice *domains;
    size_t domain_count;
    uint32_t epoch_days; /* of new epochs: 1 to WV_EPOCH_DAYS_MAX */
    int64_t from_s;      /* every moment from here on … */
    int64_t until_s;     /* … and before this one is to have an epoch */
};

/* Makes the file if there is none, and adds the epochs that are missing; existing ones stay as they
 * are. New epochs are counted from Monday 1970-01-05; where one would overlap an existing epoch, it
 * is shortened. Says in *created how many were added: 0 leaves the file untouched.
 *
 * Safe to run twice, and twice at once: it holds a lock on `<path>.lock`, which stays behind empty,
 * and replaces the file in one step. */
WV_MUST_USE bool wv_keyfile_ensure(const char *path, const struct wv_keyfile_need *need,
                                   struct wv_report *report, size_t *created);

#endif
