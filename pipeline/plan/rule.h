/*
 * rule.h — what is done with one class, and how two laws agree on it.
 *
 * A rule is a chain of filters that makes what stands in the field, and optionally the kind of a
 * token of the original value that is added to the record. When a record falls under several packs,
 * their rules are merged so that the result hides at least what each of them hides:
 *
 *   - one chain has all filters of the other, in the same order: the longer one, option by option
 *     with the stricter value (json/options.h);
 *   - one chain drops, or the other one only keeps: the stricter of them;
 *   - one chain only searches (scrub): the search, then the other chain;
 *   - any other two chains, or options that cannot be compared: drop, because a filter that takes
 *     away more may still leave what a weaker one would have found;
 *   - a token stays only if both rules make one of the same kind, with the shorter epoch.
 */
#ifndef WV_PLAN_RULE_H
#define WV_PLAN_RULE_H

#include "filters/filter.h"
#include "plan/classes.h"

enum { WV_STEPS_MAX = 6, WV_PACKS_MAX = 64 };

struct wv_step {
    const struct wv_filter *filter;
    uint32_t index; /* of the filter in the registry */
    const void *settings;
};

struct wv_rule {
    struct wv_step steps[WV_STEPS_MAX];
    uint32_t step_count;
    enum wv_kind token;     /* WV_KIND_NONE: no token */
    uint32_t token_days;    /* epoch shorter than the domain's; 0: the domain's */
    bool reject_on_failure; /* the record, instead of the field */
    bool steady;            /* all its filters are, and it makes no token */
    bool leaves_empty;      /* an empty text stays as it is */
    bool keeps;             /* it does nothing but keep */
    bool drops;             /* nothing of the value stays */
    const char *why;        /* of the pack whose rule was taken; NULL: none given */
    const char *ref;        /* where that is written; NULL: not said */
};

/* Rules of one class in order; the first whose conditions all hold is taken. The last has none. */
struct wv_ruling {
    uint64_t when; /* bits of the plan's conditions that must all hold */
    const struct wv_rule *rule;
};
struct wv_rulings {
    const struct wv_ruling *items;
    size_t count;
};

/* NULL when the arena is full. */
WV_MUST_USE const struct wv_rule *wv_rule_merge(const struct wv_rule *a, const struct wv_rule *b,
                                                struct wv_arena *arena);
WV_MUST_USE bool wv_rulings_merge(struct wv_rulings a, struct wv_rulings b, struct wv_arena *arena,
                                  struct wv_rulings *out);

/* Sets what follows from the steps and the token; to be called when they are complete. */
void wv_rule_complete(struct wv_rule *rule);

/* Makes the rule's chain the one filter `drop`. */
void wv_rule_drop(struct wv_rule *rule);

/* For people: "ip_truncate(v4_keep 24, v6_keep 48) + token ip". */
void wv_rule_describe(const struct wv_rule *rule, struct wv_buf *out);

#endif
