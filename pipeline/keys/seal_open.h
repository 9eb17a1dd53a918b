/*
 * seal_open.h — opens the boxes of seal.h with the private key.
 *
 * What is opened may come from anybody: sizes are bounded, every box costs one operation with the
 * private key at most, and what was changed by a byte does not open. That a box is not opened after
 * its day is a promise of this code, and no property of the box.
 */
#ifndef WV_KEYS_SEAL_OPEN_H
#define WV_KEYS_SEAL_OPEN_H

#include "keys/seal.h"

struct wv_seal_opener;

/* Reads the private key (PEM): a file of this user or root, for nobody else, and no link. A key
 * with a passphrase asks for it on the terminal; passphrase: a file, with the same checks, whose
 * first line it is; NULL: none. NULL with a finding. */
WV_MUST_USE struct wv_seal_opener *wv_seal_opener_new(const char *path, const char *passphrase,
                                                      struct wv_report *report);
void wv_seal_opener_free(struct wv_seal_opener *opener); /* wipes it; NULL is allowed */

/* As wv_seal_facts.key of the certificates of this key. */
const char *wv_seal_opener_key(const struct wv_seal_opener *opener);

/* Members of a sealed object, as text. */
struct wv_sealed {
    struct wv_slice until;
    struct wv_slice key;
    struct wv_slice box;
};

enum wv_seal_verdict {
    WV_SEAL_BROKEN = 0, /* nothing that wv_seal() writes */
    WV_SEAL_FOREIGN,    /* sealed for another key, or changed */
    WV_SEAL_PAST,       /* its day has passed */
    WV_SEAL_OPENED,
};

/* today: in days since 1970. OPENED: *content is what was sealed, with its blanks, in locked pages
 * until the next call. */
WV_MUST_USE enum wv_seal_verdict wv_seal_open(struct wv_seal_opener *opener,
                                              const struct wv_sealed *sealed, int64_t today,
                                              struct wv_slice *content);

#endif
