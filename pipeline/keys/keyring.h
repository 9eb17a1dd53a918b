/*
 * keyring.h — the secrets from which tokens are made, by domain and epoch.
 *
 * A domain ("acme/eu/soc") is the set of records within which equal values give equal tokens. An
 * epoch is the period in which one secret of a domain is in use; its id says when it starts and how
 * long it lasts: "20261116-7d". Secrets are 32 random bytes, one per domain and epoch, and derived
 * from nothing: destroying one destroys every link made with it.
 *
 * A keyring never changes once it is built and may be shared by threads. Secrets live in locked
 * memory, are wiped when the last holder frees the keyring, and are never printed.
 */
#ifndef WV_KEYS_KEYRING_H
#define WV_KEYS_KEYRING_H

#include "base/report.h"

enum {
    WV_SECRET_BYTES = 32,
    WV_EPOCH_ID_MAX = 15, /* "20261116-365d", "throwaway" */
    WV_DOMAIN_MAX = 255,
    WV_EPOCH_DAYS_MAX = 366,
};

struct wv_epoch {
    char id[WV_EPOCH_ID_MAX + 1];
    int64_t from_s;        /* seconds since 1970, included */
    int64_t until_s;       /* excluded */
    uint32_t days;         /* 0: without end */
    const uint8_t *secret; /* WV_SECRET_BYTES, in locked memory */
};

struct wv_keyring;

/* One random secret without end, the same for every domain ("throwaway"), never written anywhere.
 * seed != NULL makes it reproducible: for tests and the demo only. */
WV_MUST_USE struct wv_keyring *wv_keyring_throwaway(const uint8_t seed[WV_SECRET_BYTES],
                                                    struct wv_report *report);

/* One secret, as a key file lists it. */
struct wv_key_entry {
    struct wv_slice domain;
    struct wv_slice epoch; /* id */
    const uint8_t *secret; /* WV_SECRET_BYTES; copied */
};

/* A keyring of these entries, in any order. Epochs of one domain must not overlap. */
WV_MUST_USE struct wv_keyring *wv_keyring_from(const struct wv_key_entry *entries, size_t count,
                                               struct wv_report *report);

/* One more holder: each of them frees it, in any thread, and the last one wipes the secrets. */
struct wv_keyring *wv_keyring_hold(struct wv_keyring *keyring);
void wv_keyring_free(struct wv_keyring *keyring); /* NULL is allowed */
bool wv_keyring_is_throwaway(const struct wv_keyring *keyring);

/* Outlives the keyring and says when its last holder is gone and its secrets are wiped: how
 * somebody who must not hold it can wait for that. Each one is freed; any thread may ask. */
struct wv_key_witness;
struct wv_key_witness *wv_keyring_witness(struct wv_keyring *keyring);
bool wv_key_witness_is_wiped(const struct wv_key_witness *witness);
void wv_key_witness_free(struct wv_key_witness *witness); /* NULL is allowed */

/* False when the system refused to keep the secrets out of swap: worth a warning. */
bool wv_keyring_is_locked(const struct wv_keyring *keyring);
size_t wv_keyring_locked_bytes(const struct wv_keyring *keyring); /* that it asked for */

/* 1 to WV_DOMAIN_MAX bytes without control characters. */
bool wv_domain_is_valid(struct wv_slice domain);

/* The epoch of the domain that covers the time; NULL when there is none. */
const struct wv_epoch *wv_keyring_find(const struct wv_keyring *keyring, struct wv_slice domain,
                                       int64_t time_s);

/* The epochs of the domain in order of time; NULL when the domain has none. */
const struct wv_epoch *wv_keyring_epochs(const struct wv_keyring *keyring, struct wv_slice domain,
                                         size_t *count);

/* Seconds from now_s until the last epoch of that domain which is next to run out ends without a
 * successor: how long tokens can still be made. 0: it already has, or has not begun. INT64_MAX:
 * never. */
int64_t wv_keyring_runway(const struct wv_keyring *keyring, int64_t now_s);

/* The same for one domain; 0 also where the keyring does not know it. */
int64_t wv_keyring_domain_runway(const struct wv_keyring *keyring, struct wv_slice domain,
                                 int64_t now_s);

enum wv_epoch_state { WV_EPOCH_PAST = 0, WV_EPOCH_CURRENT, WV_EPOCH_FUTURE };
enum { WV_CHECK_VALUE = 8 };

/* One epoch, for people. Nothing in it is secret. */
struct wv_key_info {
    struct wv_slice domain; /* empty: every domain (throwaway) */
    const struct wv_epoch *epoch;
    enum wv_epoch_state state;
    int64_t age_s; /* since it began; negative: it has not */

    /* First 4 bytes of a key derived for the use "check", in hexadecimal: two machines with the
     * same value have the same secret. */
    char check[WV_CHECK_VALUE + 1];
};

size_t wv_keyring_count(const struct wv_keyring *keyring);
size_t wv_keyring_domains(const struct wv_keyring *keyring);

/* index < wv_keyring_count(), by domain and time. *domain is empty for a throwaway keyring. */
const struct wv_epoch *wv_keyring_at(const struct wv_keyring *keyring, size_t index,
                                     struct wv_slice *domain);

/* index < wv_keyring_count(), by domain and time. False when memory is short. */
WV_MUST_USE bool wv_keyring_info(const struct wv_keyring *keyring, size_t index, int64_t now_s,
                                 struct wv_key_info *out);

/* The id of the n-day epoch that contains the time: epochs are counted from Monday 1970-01-05.
 * days: 1 to WV_EPOCH_DAYS_MAX. Times that no id can name get the nearest one that can. */
void wv_epoch_id(int64_t time_s, uint32_t days, char id[WV_EPOCH_ID_MAX + 1]);

#endif
