/*
 * keyfile_save.h — what all that write a key file share. Private to keyfile_*.c.
 */
#ifndef WV_KEYS_KEYFILE_SAVE_H
#define WV_KEYS_KEYFILE_SAVE_H

#include "keys/keyfile.h"

/* Waits for `<path>.lock`; close() gives it back. -1 with a finding. */
WV_MUST_USE int wv_keyfile_lock(const char *path, struct wv_report *report);

/* Writes the document in the place of the file, which is overwritten with zeros afterwards. */
WV_MUST_USE bool wv_keyfile_save(const char *path, const json_t *root, struct wv_report *report);

/* Overwrites all strings in it. */
void wv_keyfile_wipe(json_t *value);

/* The member that holds the secret, "secret" or "wrapped", as text; NULL when memory or randomness
 * is short. kek NULL: as it is. */
WV_MUST_USE json_t *wv_keyfile_spell(const struct wv_kek *kek, struct wv_slice domain,
                                     struct wv_slice epoch, const uint8_t secret[WV_SECRET_BYTES]);

#endif
