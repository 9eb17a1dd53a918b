/* intern.c — chained hash tables of rules, lists, tables and merged pairs, all in one arena. */
#include "plan/intern.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BUCKETS = 4096 };

struct known_rule {
    struct known_rule *next;
    const struct wv_rule *rule;
};

struct known_list {
    struct known_list *next;
    struct wv_rulings list;
};

struct known_pair {
    struct known_pair *next;
    const struct wv_ruling *a;
    const struct wv_ruling *b;
    struct wv_rulings merged;
};

struct known_table {
    struct known_table *next;
    struct wv_rulings lists[WV_CLASS_COUNT];
};

struct wv_intern {
    struct wv_arena *arena;
    struct known_rule *rules[BUCKETS];
    struct known_list *lists[BUCKETS];
    struct known_pair *pairs[BUCKETS];
    struct known_table *tables[BUCKETS];
};

struct wv_intern *wv_intern_new(struct wv_arena *arena)
{
    struct wv_intern *intern = WV_ARENA_NEW(arena, struct wv_intern);
    if (intern != NULL) {
        intern->arena = arena;
    }
    return intern;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Settings are compared as they lie in memory: equal ones that lie elsewhere cost a place more, and
 * unequal ones are never taken for equal. */
static bool same_step(const struct wv_step *a, const struct wv_step *b)
{
    return a->filter == b->filter &&
           (a->settings == b->settings || a->filter->settings_size == 0 ||
            (a->settings != NULL && b->settings != NULL &&
             memcmp(a->settings, b->settings, a->filter->settings_size) == 0));
}

static bool same_rule(const struct wv_rule *a, const struct wv_rule *b)
{
    bool same = a->step_count == b->step_count && a->token == b->token &&
                a->token_days == b->token_days && a->reject_on_failure == b->reject_on_failure &&
                same_text(a->why, b->why) && same_text(a->ref, b->ref);
    for (uint32_t i = 0; same && i < a->step_count; i++) {
        same = same_step(&a->steps[i], &b->steps[i]);
    }
    return same;
}

static size_t bucket_of_rule(const struct wv_rule *rule)
{
    uint64_t hash = (uint64_t)rule->token << 32 | rule->token_days;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        hash = XXH3_64bits_withSeed(&rule->steps[i].index, sizeof rule->steps[i].index, hash);
    }
    if (rule->why != NULL) {
        hash = XXH3_64bits_withSeed(rule->why, strlen(rule->why), hash);
    }
    return hash % BUCKETS;
}

static const struct wv_rule *intern_rule(struct wv_intern *intern, const struct wv_rule *rule)
{
    struct known_rule **place = &intern->rules[bucket_of_rule(rule)];
    for (const struct known_rule *known = *place; known != NULL; known = known->next) {
        if (same_rule(known->rule, rule)) {
            return known->rule;
        }
    }
    struct known_rule *fresh = WV_ARENA_NEW(intern->arena, struct known_rule);
    if (fresh == NULL) {
        return NULL;
    }
    *fresh = (struct known_rule){*place, rule};
    *place = fresh;
    return rule;
}

static bool same_list(struct wv_rulings a, struct wv_rulings b)
{
    bool same = a.count == b.count;
    for (size_t i = 0; same && i < a.count; i++) {
        same = a.items[i].when == b.items[i].when && a.items[i].rule == b.items[i].rule;
    }
    return same;
}

bool wv_intern_rulings(struct wv_intern *intern, struct wv_rulings rulings, struct wv_rulings *out)
{
    struct wv_ruling *items = WV_ARENA_ARRAY(intern->arena, rulings.count, struct wv_ruling);
    uint64_t hash = rulings.count;
    for (size_t i = 0; items != NULL && i < rulings.count; i++) {
        items[i].when = rulings.items[i].when;
        items[i].rule = intern_rule(intern, rulings.items[i].rule);
        if (items[i].rule == NULL) {
            return false;
        }
        hash = XXH3_64bits_withSeed(&items[i], sizeof items[i], hash);
    }
    if (items == NULL) {
        return false;
    }
    struct known_list **place = &intern->lists[hash % BUCKETS];
    for (const struct known_list *known = *place; known != NULL; known = known->next) {
        if (same_list(known->list, (struct wv_rulings){items, rulings.count})) {
            *out = known->list;
            return true;
        }
    }
    struct known_list *fresh = WV_ARENA_NEW(intern->arena, struct known_list);
    if (fresh == NULL) {
        return false;
    }
    *fresh = (struct known_list){*place, {items, rulings.count}};
    *place = fresh;
    *out = fresh->list;
    return true;
}

bool wv_intern_merge(struct wv_intern *intern, struct wv_rulings a, struct wv_rulings b,
                     struct wv_rulings *out)
{
    if (a.items == b.items) {
        *out = a;
        return true;
    }
    const struct wv_ruling *const key[] = {a.items, b.items};
    struct known_pair **place = &intern->pairs[XXH3_64bits(key, sizeof key) % BUCKETS];
    for (const struct known_pair *known = *place; known != NULL; known = known->next) {
        if (known->a == a.items && known->b == b.items) {
            *out = known->merged;
            return true;
        }
    }
    struct known_pair *fresh = WV_ARENA_NEW(intern->arena, struct known_pair);
    struct wv_rulings merged;
    if (fresh == NULL || !wv_rulings_merge(a, b, intern->arena, &merged) ||
        !wv_intern_rulings(intern, merged, out)) {
        return false;
    }
    *fresh = (struct known_pair){*place, a.items, b.items, *out};
    *place = fresh;
    return true;
}

const struct wv_rulings *wv_intern_table(struct wv_intern *intern, const struct wv_rulings *table)
{
    uint64_t hash = 0;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        hash = XXH3_64bits_withSeed(&table[class].items, sizeof table[class].items, hash);
    }
    struct known_table **place = &intern->tables[hash % BUCKETS];
    for (const struct known_table *known = *place; known != NULL; known = known->next) {
        bool same = true;
        for (size_t class = 0; same && class < WV_CLASS_COUNT; class ++) {
            same = known->lists[class].items == table[class].items;
        }
        if (same) {
            return known->lists;
        }
    }
    struct known_table *fresh = WV_ARENA_NEW(intern->arena, struct known_table);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->next = *place;
    memcpy(fresh->lists, table, sizeof fresh->lists);
    *place = fresh;
    return fresh->lists;
}
