/*
 * audit_sum.h — what the windows of audit records counted, added up.
 *
 * Records are added under their chain, and only the chains that somebody vouches for go into the
 * total. Whatever a record holds: a class is a word of the program or "?", other words are cut to
 * WV_LEDGER_TEXT printable characters, numbers that are none count nothing, and of different sums
 * WV_AUDIT_SUMS_MAX are kept; what finds no room makes the sum incomplete, and it says so.
 */
#ifndef WV_APP_AUDIT_SUM_H
#define WV_APP_AUDIT_SUM_H

#include "keys/ledger.h"

enum { WV_AUDIT_SUMS_MAX = 200000, WV_AUDIT_DAY = 11 };

/* Which windows and groups count. */
struct wv_audit_filter {
    char from[WV_AUDIT_DAY]; /* "2026-11-22": windows that begin on this day or later */
    char until[WV_AUDIT_DAY];
    const char *region; /* name of a pack; NULL: all */
};

/* Texts are keys; numbers are records.
 *
 *     {"windows": n, "records": n, "unread": n, "elsewhere": n, "withheld": n,
 *      "collected": {"client_ip": n},   "sources": {"client_ip": {"waf.raw (aws-waf)": n}},
 *      "disclosed": {"client_ip": {"own, security": n}},
 *      "recipients": {"own, security": {"own-soc (DE)": n}}, "packs": {"eu@3f9a2c11": n}}
 *
 * elsewhere: records of groups without a place of their own, which count in every region. */
struct wv_audit_sum {
    struct wv_audit_filter filter;
    json_t *chains; /* by id */
    size_t sums;
    bool incomplete;
};

/* False: memory is short. */
WV_MUST_USE bool wv_audit_sum_init(struct wv_audit_sum *sum, const struct wv_audit_filter *filter);
void wv_audit_sum_fini(struct wv_audit_sum *sum);

/* A record that was verified; one that is no window, or of other days, adds nothing. */
void wv_audit_sum_add(struct wv_audit_sum *sum, const json_t *record);

/* Adds the sums of one chain to the total. */
void wv_audit_sum_total(const struct wv_audit_sum *sum, const char *chain, json_t *total);

/* A number of a sum; 0: there is none. */
uint64_t wv_audit_sum_of(const json_t *sums, const char *name);

#endif
