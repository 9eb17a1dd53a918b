/*
 * config_keys.h — the section `keys` of the configuration, and the keyring that it leads to.
 */
#ifndef WV_PLAN_CONFIG_KEYS_H
#define WV_PLAN_CONFIG_KEYS_H

#include "keys/kek.h"
#include "plan/config.h"

enum { WV_KEYS_ROWS = 6, WV_KEK_ROWS = 4 };

extern const struct wv_option wv_keys_rows[WV_KEYS_ROWS];
extern const struct wv_option wv_kek_rows[WV_KEK_ROWS];

/* Fills config->keys. The node's value may be NULL. */
WV_MUST_USE bool wv_config_keys(const struct wv_node *node, struct wv_config *config,
                                struct wv_arena *arena, struct wv_report *report);

/* The key-encryption keys of the configuration, which the caller frees. A key that cannot be had is
 * a finding, and false. Commands are run: this can take their timeout. */
struct wv_kek_pair {
    struct wv_kek *current;
    struct wv_kek *previous;
};
WV_MUST_USE bool wv_config_keks(const struct wv_config *config, struct wv_report *report,
                                struct wv_kek_pair *out);
void wv_kek_pair_free(struct wv_kek_pair *pair);

/* To give them to the readers of key files. */
static inline struct wv_keks wv_keks_of(const struct wv_kek_pair *pair)
{
    return (struct wv_keks){pair->current, pair->previous};
}

/* The keyring of the configuration, which must name a key file: unwrapped, and compared with
 * keys.checks. NULL with findings. */
WV_MUST_USE struct wv_keyring *wv_config_keyring(const struct wv_config *config,
                                                 struct wv_report *report);

#endif
