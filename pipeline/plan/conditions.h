/*
 * conditions.h — what a rule's `when` and an output's routing may ask of a record: its action, rule
 * id, labels, host and tenant, and nothing personal.
 *
 *     { "action": ["BLOCK"], "host": ["shop.example.com"] }
 *
 * All that are named must hold; each holds when the record has one of its words, letter by letter.
 * What a record does not say, or says twice, is none of them.
 */
#ifndef WV_PLAN_CONDITIONS_H
#define WV_PLAN_CONDITIONS_H

#include "json/options.h"

enum { WV_CONDITIONS_MAX = 64 /* bits */, WV_CONDITION_ROWS = 5 };

enum wv_condition_on { WV_ON_ACTION = 0, WV_ON_RULE, WV_ON_LABEL, WV_ON_HOST, WV_ON_TENANT };

struct wv_condition {
    enum wv_condition_on on;
    struct wv_name_list any_of;
};

/* Each once, so that one look at a record answers for all who ask the same. */
struct wv_conditions {
    struct wv_condition items[WV_CONDITIONS_MAX];
    size_t count;
};

/* The members of such an object, for the reference. */
extern const struct wv_option wv_condition_rows[WV_CONDITION_ROWS];

/* Adds the conditions of an object to all, and sets *when to their bits: at least one. False with a
 * finding, also when there is no place left for them. The words live in the arena. */
WV_MUST_USE bool wv_conditions_read(const struct wv_node *node, struct wv_conditions *all,
                                    struct wv_arena *arena, struct wv_report *report,
                                    uint64_t *when);

#endif
