/*
 * keys_work.h — what the verbs of `wafveil keys` share.
 */
#ifndef WV_APP_KEYS_WORK_H
#define WV_APP_KEYS_WORK_H

#include "app/acts.h"
#include "app/domains.h"
#include "app/setup.h"
#include "keys/keyfile.h"

/* One call of the command. */
struct wv_keys_work {
    const struct wv_arguments *arguments;
    struct wv_plan *plan;
    const struct wv_keys_config *config;
    const char *path;  /* of the key file */
    const char *audit; /* of the file in which it is recorded */
    const struct wv_keks *keks;
    const struct wv_domain_uses *uses; /* every domain of the configuration */
    struct wv_report *report;
    int64_t now_s;
};

/* Until when, exclusive, the domain has keys without a gap; false where it has none now. */
WV_MUST_USE bool wv_keys_covered(const struct wv_keyring *keyring, struct wv_slice domain,
                                 int64_t now_s, int64_t *until_s);

/* Destroys, and records it before and after. reason and requester stand in the records. */
WV_MUST_USE bool wv_keys_destroy_recorded(const struct wv_keys_work *work,
                                          const struct wv_key_choice *choice, const char *code,
                                          const char *reason, const char *requester,
                                          struct wv_doomed *out);

enum wv_exit wv_keys_list(const struct wv_keys_work *work);
enum wv_exit wv_keys_verify(const struct wv_keys_work *work);
enum wv_exit wv_keys_destroy(const struct wv_keys_work *work);

#endif
