/*
 * intern.h — rules that say the same are one while the sets of packs are made.
 *
 * Tens of thousands of sets of packs have a few dozen different rules. Kept once, they take little
 * memory, each pair is merged once, and what a worker remembers of a rule (engine/memo.h) holds
 * under every set that has it.
 */
#ifndef WV_PLAN_INTERN_H
#define WV_PLAN_INTERN_H

#include "plan/rule.h"

struct wv_intern;

/* NULL when the arena is full. What it hands out lives as long as the arena. */
WV_MUST_USE struct wv_intern *wv_intern_new(struct wv_arena *arena);

/* The one list of rules that says what this one does. False when the arena is full. */
WV_MUST_USE bool wv_intern_rulings(struct wv_intern *intern, struct wv_rulings rulings,
                                   struct wv_rulings *out);

/* The merged rules of two lists that wv_intern_rulings() gave. False when the arena is full. */
WV_MUST_USE bool wv_intern_merge(struct wv_intern *intern, struct wv_rulings a, struct wv_rulings b,
                                 struct wv_rulings *out);

/* The one table that holds these WV_CLASS_COUNT lists. NULL when the arena is full. */
WV_MUST_USE const struct wv_rulings *wv_intern_table(struct wv_intern *intern,
                                                     const struct wv_rulings *table);

#endif
