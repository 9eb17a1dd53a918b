/* conditions.c — from an object to a set of conditions. */
#include "plan/conditions.h"

struct when_words {
    struct wv_name_list lists[WV_CONDITION_ROWS];
};

const struct wv_option wv_condition_rows[WV_CONDITION_ROWS] = {
    {.name = "action",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct when_words, lists) + WV_ON_ACTION * sizeof(struct wv_name_list),
     .help = "the firewall's action is one of these"},
    {.name = "rule",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct when_words, lists) + WV_ON_RULE * sizeof(struct wv_name_list),
     .help = "the terminating rule is one of these"},
    {.name = "label",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct when_words, lists) + WV_ON_LABEL * sizeof(struct wv_name_list),
     .help = "the record has one of these labels"},
    {.name = "host",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct when_words, lists) + WV_ON_HOST * sizeof(struct wv_name_list),
     .help = "the request was for one of these hosts"},
    {.name = "tenant",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct when_words, lists) + WV_ON_TENANT * sizeof(struct wv_name_list),
     .help = "the tenant is one of these"},
};

static bool is_same(const struct wv_name_list *a, const struct wv_name_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = wv_slice_eq(a->items[i], b->items[i]);
    }
    return same;
}

/* The index of the condition among all; WV_CONDITIONS_MAX: there is no place for another. */
static size_t find_or_add(struct wv_conditions *all, const struct wv_condition *wanted)
{
    size_t at = 0;
    while (at < all->count &&
           (all->items[at].on != wanted->on || !is_same(&all->items[at].any_of, &wanted->any_of))) {
        at++;
    }
    if (at == all->count && at < WV_CONDITIONS_MAX) {
        all->items[all->count++] = *wanted;
    }
    return at;
}

bool wv_conditions_read(const struct wv_node *node, struct wv_conditions *all,
                        struct wv_arena *arena, struct wv_report *report, uint64_t *when)
{
    struct when_words words;
    *when = 0;
    if (!wv_options_bind(node, wv_condition_rows, WV_CONDITION_ROWS, &words, arena, report)) {
        return false;
    }
    for (size_t on = 0; on < WV_COUNT(words.lists); on++) {
        const struct wv_condition wanted = {(enum wv_condition_on)on, words.lists[on]};
        if (wanted.any_of.count == 0) {
            continue;
        }
        const size_t at = find_or_add(all, &wanted);
        if (at == WV_CONDITIONS_MAX) {
            return wv_node_fail(node, report, "at most %d conditions in all", WV_CONDITIONS_MAX);
        }
        *when |= UINT64_C(1) << at;
    }
    return *when != 0 || wv_node_fail(node, report, "names no condition");
}
