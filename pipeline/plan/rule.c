/* rule.c — the stricter of two rules. */
#include "plan/rule.h"

static bool same_filters(const struct wv_rule *a, const struct wv_rule *b)
{
    if (a->step_count != b->step_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->step_count; i++) {
        if (a->steps[i].filter != b->steps[i].filter) {
            return false;
        }
    }
    return true;
}

static uint32_t rank_of(const struct wv_rule *rule)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const uint32_t one = rule->steps[i].filter->rank;
        rank = one > rank ? one : rank;
    }
    return rank;
}

/* False when some option of some step cannot be compared, or the arena is full. */
static bool merge_steps(const struct wv_rule *a, const struct wv_rule *b, struct wv_arena *arena,
                        struct wv_rule *out)
{
    out->step_count = a->step_count;
    for (uint32_t i = 0; i < a->step_count; i++) {
        const struct wv_filter *filter = a->steps[i].filter;
        out->steps[i] = a->steps[i];
        if (filter->settings_size == 0 || a->steps[i].settings == b->steps[i].settings) {
            continue;
        }
        uint8_t *merged =
            wv_arena_array(arena, 1, filter->settings_size, _Alignof(max_align_t));
        if (merged == NULL) {
            return false;
        }
        /* What prepare() computed beside the options belongs to a; options decide, so it is made
         * anew for the merged ones below. */
        memcpy(merged, a->steps[i].settings, filter->settings_size);
        if (!wv_options_merge(filter->options, filter->option_count, a->steps[i].settings,
                              b->steps[i].settings, merged, arena)) {
            return false;
        }
        const struct wv_loading loading = {.arena = arena, .merged = true};
        if (filter->prepare != NULL && !filter->prepare(merged, &loading)) {
            return false;
        }
        out->steps[i].settings = merged;
    }
    return true;
}

void wv_rule_complete(struct wv_rule *rule)
{
    rule->steady = rule->token == WV_KIND_NONE;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        rule->steady = rule->steady && rule->steps[i].filter->steady;
    }
}

void wv_rule_drop(struct wv_rule *rule)
{
    const struct wv_filter *drop = wv_filter_find(WV_LIT("drop"));
    wv_ensure(drop != NULL);
    rule->step_count = 1;
    rule->steps[0] = (struct wv_step){.filter = drop};
    while (wv_filter_at(rule->steps[0].index) != drop) {
        rule->steps[0].index++;
    }
}

static void merge_tokens(const struct wv_rule *a, const struct wv_rule *b, struct wv_rule *out)
{
    if (a->token != b->token) {
        out->token = WV_KIND_NONE;
        out->token_days = 0;
        return;
    }
    out->token = a->token;
    const uint32_t shorter = a->token_days < b->token_days ? a->token_days : b->token_days;
    const uint32_t longer = a->token_days < b->token_days ? b->token_days : a->token_days;
    out->token_days = shorter == 0 ? longer : shorter;
}

const struct wv_rule *wv_rule_merge(const struct wv_rule *a, const struct wv_rule *b,
                                    struct wv_arena *arena)
{
    if (a == b) {
        return a;
    }
    struct wv_rule *out = WV_ARENA_NEW(arena, struct wv_rule);
    if (out == NULL) {
        return NULL;
    }
    const uint32_t rank_a = rank_of(a);
    const uint32_t rank_b = rank_of(b);
    if (same_filters(a, b)) {
        *out = *a;
        if (!merge_steps(a, b, arena, out)) {
            wv_rule_drop(out);
        }
    } else {
        *out = rank_a >= rank_b ? *a : *b;
        if (rank_a == rank_b) {
            wv_rule_drop(out);
            out->why = "two laws ask for filters that cannot be compared";
        }
    }
    merge_tokens(a, b, out);
    out->reject_on_failure = a->reject_on_failure || b->reject_on_failure;
    out->packs = a->packs | b->packs;
    wv_rule_complete(out);
    return out;
}

bool wv_rulings_merge(struct wv_rulings a, struct wv_rulings b, struct wv_arena *arena,
                      struct wv_rulings *out)
{
    struct wv_ruling *items = WV_ARENA_ARRAY(arena, a.count * b.count, struct wv_ruling);
    if (items == NULL) {
        return false;
    }
    /* The first of a that holds, and within it the first of b: the order of the two loops. */
    size_t count = 0;
    for (size_t i = 0; i < a.count; i++) {
        for (size_t j = 0; j < b.count; j++) {
            items[count].when = a.items[i].when | b.items[j].when;
            items[count].rule = wv_rule_merge(a.items[i].rule, b.items[j].rule, arena);
            if (items[count++].rule == NULL) {
                return false;
            }
        }
    }
    *out = (struct wv_rulings){items, count};
    return true;
}

static void describe_option(const struct wv_option *option, const void *settings,
                            struct wv_buf *out)
{
    const uint8_t *member = (const uint8_t *)settings + option->member;
    uint32_t number;
    struct wv_name_list names;
    wv_buf_put(out, wv_slice_of(option->name));
    wv_buf_byte(out, ' ');
    switch (option->kind) {
    case WV_OPTION_UINT:
        memcpy(&number, member, sizeof number);
        wv_buf_uint(out, number);
        break;
    case WV_OPTION_BOOL:
        wv_buf_put(out, *(const bool *)(const void *)member ? WV_LIT("true") : WV_LIT("false"));
        break;
    case WV_OPTION_CHOICE:
        memcpy(&number, member, sizeof number);
        wv_buf_put(out, wv_slice_of(option->choices[number]));
        break;
    case WV_OPTION_NAMES:
        memcpy(&names, member, sizeof names);
        wv_buf_uint(out, names.count);
        break;
    case WV_OPTION_TEXT:
    case WV_OPTION_ANY:
        wv_buf_put(out, WV_LIT("set"));
        break;
    }
}

void wv_rule_describe(const struct wv_rule *rule, struct wv_buf *out)
{
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct wv_step *step = &rule->steps[i];
        wv_buf_put(out, i == 0 ? (struct wv_slice){0} : WV_LIT(", "));
        wv_buf_put(out, wv_slice_of(step->filter->name));
        for (size_t o = 0; o < step->filter->option_count; o++) {
            wv_buf_put(out, o == 0 ? WV_LIT("(") : WV_LIT(", "));
            describe_option(&step->filter->options[o], step->settings, out);
        }
        wv_buf_put(out, step->filter->option_count == 0 ? (struct wv_slice){0} : WV_LIT(")"));
    }
    if (rule->token != WV_KIND_NONE) {
        wv_buf_put(out, WV_LIT(" + token "));
        wv_buf_put(out, wv_slice_of(wv_kind_name(rule->token)));
        if (rule->token_days != 0) {
            wv_buf_put(out, WV_LIT(" for "));
            wv_buf_uint(out, rule->token_days);
            wv_buf_put(out, rule->token_days == 1 ? WV_LIT(" day") : WV_LIT(" days"));
        }
    }
}
