/*
 * keyfile.h — the file in which the secrets of a keyring live.
 *
 *     {"version": 1,
 *      "kek": "3f9a2c11",
 *      "domains": {"acme/eu/soc": {
 *          "epoch_days": 7,
 *          "epochs": [{"id": "20261123-7d", "wrapped": "<base64 of 60 bytes>"}],
 *          "destroyed": [{"id": "20261116-7d", "check": "5c7d9a01", "on": "2026-11-25"}]}}}
 *
 * "kek" is the id of the key-encryption key that wraps the secrets (kek.h). Without it they lie as
 * they are: "secret", base64 of 32 bytes. A destroyed epoch keeps its place, so that nobody makes
 * another secret for it; a domain with the member "ended" gets no epochs any more.
 *
 * Reading refuses what it does not know, a secret of the wrong length or wrapped for another place,
 * epochs that overlap, destroyed ones that came back, and a file or folder that others could
 * change.
 *
 * No finding holds a secret. The text of the file and every secret in it are wiped after reading;
 * so is what Jansson frees while it parses (json/document.h), and what is left on the stack.
 */
#ifndef WV_KEYS_KEYFILE_H
#define WV_KEYS_KEYFILE_H

#include "keys/kek.h"

/* Reads the text of a key file; name stands in findings. keks NULL: there are none. NULL with
 * findings. */
WV_MUST_USE struct wv_keyring *wv_keyfile_parse(const char *name, struct wv_slice text,
                                                const struct wv_keks *keks,
                                                struct wv_report *report);

/* Reads a key file. It must be a regular file (no link), owned by this user or root, and readable
 * by nobody else (0600 or 0400). NULL with findings. */
WV_MUST_USE struct wv_keyring *wv_keyfile_load(const char *path, const struct wv_keks *keks,
                                               struct wv_report *report);

/* The same in two steps, for those who also need the document. */
WV_MUST_USE struct wv_document *wv_keyfile_open(const char *path, struct wv_report *report);
WV_MUST_USE struct wv_keyring *wv_keyfile_read(const struct wv_document *document,
                                               const struct wv_keks *keks,
                                               struct wv_report *report);

/* Reads secrets that lie as they are also where a key-encryption key should wrap them. */
WV_MUST_USE struct wv_keyring *wv_keyfile_read_any(const struct wv_document *document,
                                                   const struct wv_keks *keks,
                                                   struct wv_report *report);

/* The key that wraps the secrets of the document; NULL: none does, or it is not there. */
const struct wv_kek *wv_keyfile_kek(const struct wv_document *document, const struct wv_keks *keks);

/* Wipes every string of the document and frees it; NULL is allowed. */
void wv_keyfile_close(struct wv_document *document);

/* ---- Writing ----------------------------------------------------------------------------------
 *
 * All that write hold a lock on `<path>.lock`, which stays behind empty, and replace the file in
 * one step: they are safe to run twice, and twice at once. Where nothing is to change the file is
 * not touched. The file before is overwritten with zeros, as far as a program can.
 */

/* What a key file is to hold. */
struct wv_keyfile_need {
    const struct wv_slice *domains;
    size_t domain_count;
    uint32_t epoch_days; /* of new epochs: 1 to WV_EPOCH_DAYS_MAX */
    int64_t from_s;      /* every moment from here on … */
    int64_t until_s;     /* … and before this one is to have an epoch */
    bool must_exist;     /* the file: a missing one is not made anew */
};

/* Makes the file if there is none, and adds the epochs that are missing; existing ones stay as they
 * are, destroyed ones and ended domains stay without. New epochs are counted from Monday
 * 1970-01-05; where one would overlap another, it is shortened. Says in *created how many were
 * added. */
WV_MUST_USE bool wv_keyfile_ensure(const char *path, const struct wv_keks *keks,
                                   const struct wv_keyfile_need *need, struct wv_report *report,
                                   size_t *created);

/* Wraps all secrets by keks->current. Says in *count how many were wrapped: 0 when they already
 * are. */
WV_MUST_USE bool wv_keyfile_rewrap(const char *path, const struct wv_keks *keks,
                                   struct wv_report *report, size_t *count);

/* Which secrets are to be destroyed. */
struct wv_key_choice {
    const struct wv_slice *domains; /* NULL: all of the file */
    size_t domain_count;
    struct wv_slice epoch; /* its id; empty: all epochs, and the domains end with them … */
    bool only_ended;       /* … or those that had ended by then, and the domains go on */
    int64_t ended_by_s;
};

struct wv_key_doom {
    char domain[WV_DOMAIN_MAX + 1];
    char epoch[WV_EPOCH_ID_MAX + 1];
    char check[WV_CHECK_VALUE + 1];
};

enum { WV_KEY_CODE = 8 };

/* What a choice comes to. The code stands for exactly these secrets: whoever has read the list can
 * say it to have them destroyed, and nothing else. */
struct wv_doomed {
    struct wv_key_doom *items; /* by domain and time */
    size_t count;
    char code[WV_KEY_CODE + 1];
};
void wv_doomed_free(struct wv_doomed *doomed);

/* False with findings. */
WV_MUST_USE bool wv_keyfile_choose(const char *path, const struct wv_keks *keks,
                                   const struct wv_key_choice *choice, struct wv_report *report,
                                   struct wv_doomed *out);

/* Destroys them, if what the choice comes to still has the code (NULL: whatever it comes to), and
 * notes the day ("2026-11-25") with each. Nobody can make their tokens any more. Copies of the
 * file elsewhere still hold them, as long as the key-encryption key of that time exists. */
WV_MUST_USE bool wv_keyfile_destroy(const char *path, const struct wv_keks *keks,
                                    const struct wv_key_choice *choice, const char *code,
                                    const char *day, struct wv_report *report,
                                    struct wv_doomed *out);

#endif
