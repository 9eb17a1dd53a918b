/*
 * memo.h — remembers what a rule made of a value.
 *
 * A few hundred agents, paths, hosts and header values make up most of a site's log, and the answer
 * of a steady rule (plan/rule.h) is the same each time. So a worker keeps answers by rule, tenant,
 * name and the value's raw spelling, all compared in full: nobody can craft a value that gets the
 * answer of another. A value in which anything parses as an address is never kept, because then the
 * answer would depend on the record's needles.
 *
 * The memo holds values out of records; it is wiped when its worker ends.
 */
#ifndef WV_ENGINE_MEMO_H
#define WV_ENGINE_MEMO_H

#include "engine/tally.h"
#include "plan/rule.h"

enum { WV_MEMO_RAW_MAX = 192, WV_MEMO_NAME_MAX = 32 };

struct wv_memo;

/* NULL when memory is short. */
WV_MUST_USE struct wv_memo *wv_memo_new(void);
void wv_memo_free(struct wv_memo *memo);

struct wv_memo_key {
    const struct wv_rule *rule;
    const void *tenant;
    const void *format;    /* its literals are left alone */
    const void *detectors; /* that look at it */
    uint8_t spelling;      /* how the answer is written … */
    uint8_t placeholders;  /* … and what is hidden in it; enum wv_placeholders */
    struct wv_slice name;
    struct wv_slice raw;
};

struct wv_memo_answer {
    enum wv_action action;   /* KEPT, REPLACED or REMOVED */
    uint8_t ran;             /* how many steps of the rule were run */
    uint16_t steps;          /* what each of them did, two bits a step, for the counters */
    struct wv_slice spelled; /* REPLACED: the new value as it stands in the record, with quotes */
};

/* False: not remembered. The answer is valid until the next wv_memo_put(). */
WV_MUST_USE bool wv_memo_find(const struct wv_memo *memo, const struct wv_memo_key *key,
                              uint64_t *hash, struct wv_memo_answer *answer);

/* hash: what wv_memo_find() gave for the key. What is too long is not kept. */
void wv_memo_put(struct wv_memo *memo, const struct wv_memo_key *key, uint64_t hash,
                 const struct wv_memo_answer *answer);

#endif
