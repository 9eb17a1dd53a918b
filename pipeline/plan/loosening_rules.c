/*
 * loosening_rules.c — whether rules of one plan hide at least what those of another one hide.
 *
 * Conditions have a number in each plan, so they are compared by what they say. A record meets the
 * first rule of a list whose conditions hold; two rules of two lists are compared if one record can
 * meet both. Whether it can is answered "yes" wherever that cannot be excluded.
 */
#include "plan/loosening_work.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---- Conditions ------------------------------------------------------------------------------ */

bool wv_looser_implies(const struct wv_condition *a, const struct wv_condition *b)
{
    return a->on == b->on && wv_names_within(&a->any_of, &b->any_of);
}

static void number(struct wv_looser_conditions *all, const struct wv_plan *plan, uint8_t *numbers)
{
    for (size_t i = 0; i < plan->condition_count; i++) {
        const struct wv_condition *own = &plan->conditions[i];
        size_t at = 0;
        while (at < all->count && !(wv_looser_implies(own, all->items[at]) &&
                                    wv_looser_implies(all->items[at], own))) {
            at++;
        }
        if (at == all->count) {
            all->items[all->count++] = own;
        }
        numbers[i] = (uint8_t)at;
    }
}

void wv_looser_conditions(struct wv_loosening *work)
{
    struct wv_looser_conditions *all = &work->conditions;
    number(all, work->before, all->before);
    number(all, work->after, all->after);
    for (size_t i = 0; i < all->count; i++) {
        for (size_t k = 0; k < all->count; k++) {
            if (wv_looser_implies(all->items[i], all->items[k])) {
                all->implied[i].bits[k / 64] |= UINT64_C(1) << k % 64;
            }
        }
    }
}

/* The conditions that hold wherever these do. */
static struct wv_looser_mask mask_of(const struct wv_looser_conditions *all, const uint8_t *numbers,
                                     uint64_t when)
{
    struct wv_looser_mask mask = {{0, 0}};
    for (size_t i = 0; i < WV_CONDITIONS_MAX; i++) {
        if ((when >> i & 1) != 0) {
            mask.bits[0] |= all->implied[numbers[i]].bits[0];
            mask.bits[1] |= all->implied[numbers[i]].bits[1];
        }
    }
    return mask;
}

static bool holds(const uint8_t *numbers, uint64_t when, const struct wv_looser_mask *mask)
{
    for (size_t i = 0; i < WV_CONDITIONS_MAX; i++) {
        if ((when >> i & 1) != 0 && (mask->bits[numbers[i] / 64] >> numbers[i] % 64 & 1) == 0) {
            return false;
        }
    }
    return true;
}

/* Whether an earlier rule of the list is met in any case by a record for which `mask` holds. */
static bool is_hidden(const uint8_t *numbers, struct wv_rulings rulings, size_t index,
                      const struct wv_looser_mask *mask)
{
    for (size_t i = 0; i < index; i++) {
        if (holds(numbers, rulings.items[i].when, mask)) {
            return true;
        }
    }
    return false;
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static bool same_option(const struct wv_option *option, const void *a, const void *b)
{
    const void *left = (const uint8_t *)a + option->member;
    const void *right = (const uint8_t *)b + option->member;
    switch (option->kind) {
    case WV_OPTION_UINT:
    case WV_OPTION_CHOICE:
        return *(const uint32_t *)left == *(const uint32_t *)right;
    case WV_OPTION_BOOL:
        return *(const bool *)left == *(const bool *)right;
    case WV_OPTION_TEXT:
        return wv_slice_eq(*(const struct wv_slice *)left, *(const struct wv_slice *)right);
    case WV_OPTION_NAMES:
        return wv_same_names(left, right);
    case WV_OPTION_ANY:
        return json_equal(*(json_t *const *)left, *(json_t *const *)right) == 1;
    }
    return false;
}

static bool same_step(const struct wv_step *a, const struct wv_step *b)
{
    bool same = a->filter == b->filter;
    for (size_t i = 0; same && a->settings != b->settings && i < a->filter->option_count; i++) {
        same = same_option(&a->filter->options[i], a->settings, b->settings);
    }
    return same;
}

static bool same_chain(const struct wv_rule *a, const struct wv_rule *b)
{
    bool same = a->step_count == b->step_count;
    for (uint32_t i = 0; same && i < a->step_count; i++) {
        same = same_step(&a->steps[i], &b->steps[i]);
    }
    return same;
}

/* Merging what was into what is changes nothing. Nothing is stricter than to drop, whatever else
 * the chain holds. */
static bool as_strict(struct wv_loosening *work, const struct wv_rule *before,
                      const struct wv_rule *after)
{
    const struct wv_rule *merged = wv_rule_merge(before, after, work->arena);
    if (merged == NULL) {
        return false;
    }
    return (after->drops || same_chain(merged, after)) && merged->token == after->token &&
           merged->token_days == after->token_days &&
           merged->reject_on_failure == after->reject_on_failure;
}

static bool compare(struct wv_loosening *work, struct wv_rulings before, struct wv_rulings after,
                    struct wv_looser_pair *pair)
{
    const struct wv_looser_conditions *all = &work->conditions;
    for (size_t i = 0; i < before.count; i++) {
        const struct wv_looser_mask was = mask_of(all, all->before, before.items[i].when);
        for (size_t k = 0; k < after.count; k++) {
            struct wv_looser_mask both = mask_of(all, all->after, after.items[k].when);
            both.bits[0] |= was.bits[0];
            both.bits[1] |= was.bits[1];
            if ((work->dropped_only && !before.items[i].rule->drops) ||
                is_hidden(all->before, before, i, &both) ||
                is_hidden(all->after, after, k, &both) ||
                as_strict(work, before.items[i].rule, after.items[k].rule)) {
                continue;
            }
            *pair = (struct wv_looser_pair){&before.items[i], &after.items[k]};
            return true;
        }
    }
    return false;
}

/* Sets of packs have few different lists of rules (intern.h): each pair is compared once. */
static struct wv_looser_known *remembered(struct wv_loosening *work, struct wv_rulings before,
                                          struct wv_rulings after)
{
    const void *const key[] = {before.items, after.items};
    size_t at = (size_t)XXH3_64bits(key, sizeof key) % WV_LOOSER_MEMO;
    while (work->memo[at].before != NULL &&
           (work->memo[at].before != before.items || work->memo[at].after != after.items ||
            work->memo[at].dropped_only != work->dropped_only)) {
        at = (at + 1) % WV_LOOSER_MEMO;
    }
    return &work->memo[at];
}

bool wv_looser_rules(struct wv_loosening *work, struct wv_rulings before, struct wv_rulings after,
                     struct wv_looser_pair *pair)
{
    struct wv_looser_known *known = remembered(work, before, after);
    if (known->before == NULL) {
        struct wv_looser_known fresh = {
            .before = before.items, .after = after.items, .dropped_only = work->dropped_only};
        fresh.looser = compare(work, before, after, &fresh.pair);
        if (work->memo_count > WV_LOOSER_MEMO / 2) {
            *pair = fresh.pair; /* no room to remember it */
            return fresh.looser;
        }
        *known = fresh;
        work->memo_count++;
    }
    *pair = known->pair;
    return known->looser;
}

void wv_looser_describe(const struct wv_plan *plan, const struct wv_ruling *ruling,
                        struct wv_buf *out)
{
    wv_rule_describe(ruling->rule, out);
    if (ruling->rule->reject_on_failure) {
        wv_buf_put(out, WV_LIT(" or reject the record"));
    }
    if (ruling->when != 0) {
        wv_buf_put(out, WV_LIT(", where "));
        wv_plan_describe_when(plan, ruling->when, out);
    }
}
