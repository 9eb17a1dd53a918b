/* rule.c — the stricter of two rules. */
#include "plan/rule.h"

/* Whether the filters of `part` are all in `whole`, in the same order. */
static bool is_within(const struct wv_rule *part, const struct wv_rule *whole)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < whole->step_count && found < part->step_count; i++) {
        found += whole->steps[i].filter == part->steps[found].filter;
    }
    return found == part->step_count;
}

static bool drops(const struct wv_rule *rule)
{
    for (uint32_t i = 0; i < rule->step_count; i++) {
        if (rule->steps[i].filter->rank == 100) {
            return true;
        }
    }
    return false;
}

static bool only_keeps(const struct wv_rule *rule)
{
    for (uint32_t i = 0; i < rule->step_count; i++) {
        if (rule->steps[i].filter->rank != 0) {
            return false;
        }
    }
    return true;
}

static bool only_searches(const struct wv_rule *rule)
{
    return rule->step_count == 1 && strcmp(rule->steps[0].filter->name, "scrub") == 0;
}

/* Whether the stricter settings of both are those of a. */
static bool is_stricter(const struct wv_step *a, const struct wv_step *b, struct wv_arena *arena)
{
    const struct wv_filter *filter = a->filter;
    uint8_t *merged = wv_arena_array(arena, 1, filter->settings_size, _Alignof(max_align_t));
    if (merged == NULL) {
        return false;
    }
    memcpy(merged, a->settings, filter->settings_size);
    return wv_options_merge(filter->options, filter->option_count, a->settings, b->settings, merged,
                            arena) &&
           memcmp(merged, a->settings, filter->settings_size) == 0;
}

/* The stricter settings of two steps with one filter. False when some option cannot be compared, or
 * the arena is full. */
static bool merge_step(const struct wv_step *a, const struct wv_step *b, struct wv_arena *arena,
                       struct wv_step *out)
{
    const struct wv_filter *filter = a->filter;
    *out = *a;
    if (filter->settings_size == 0 || a->settings == b->settings) {
        return true;
    }
    /* Where one of the two is the stricter in everything, it is taken as it is: prepared already,
     * and one with the others that were taken so. */
    if (is_stricter(a, b, arena)) {
        return true;
    }
    if (is_stricter(b, a, arena)) {
        *out = *b;
        return true;
    }
    uint8_t *merged = wv_arena_array(arena, 1, filter->settings_size, _Alignof(max_align_t));
    if (merged == NULL) {
        return false;
    }
    /* What prepare() computed beside the options belongs to a; options decide, so it is made anew
     * for the merged ones below. */
    memcpy(merged, a->settings, filter->settings_size);
    if (!wv_options_merge(filter->options, filter->option_count, a->settings, b->settings, merged,
                          arena)) {
        return false;
    }
    const struct wv_loading loading = {.arena = arena, .merged = true};
    out->settings = merged;
    return filter->prepare == NULL || filter->prepare(merged, &loading);
}

/* The chain `whole`, whose filters are at least those of `part`, with the stricter settings. */
static bool merge_steps(const struct wv_rule *whole, const struct wv_rule *part,
                        struct wv_arena *arena, struct wv_rule *out)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < whole->step_count; i++) {
        out->steps[i] = whole->steps[i];
        if (next < part->step_count && whole->steps[i].filter == part->steps[next].filter &&
            !merge_step(&whole->steps[i], &part->steps[next++], arena, &out->steps[i])) {
            return false;
        }
    }
    return true;
}

void wv_rule_complete(struct wv_rule *rule)
{
    rule->steady = rule->token == WV_KIND_NONE;
    rule->leaves_empty = rule->token == WV_KIND_NONE;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        rule->steady = rule->steady && rule->steps[i].filter->steady;
        rule->leaves_empty = rule->leaves_empty && rule->steps[i].filter->leaves_empty;
    }
    rule->keeps = rule->steady && rule->step_count == 1 && rule->steps[0].filter->rank == 0;
    rule->drops = drops(rule);
}

/* The search first, because what the chain leaves of a value may not be found any more. */
static bool prepend(const struct wv_step *search, const struct wv_rule *chain, struct wv_rule *out)
{
    if (chain->step_count == WV_STEPS_MAX) {
        return false;
    }
    *out = *chain;
    out->steps[0] = *search;
    memcpy(&out->steps[1], chain->steps, chain->step_count * sizeof *chain->steps);
    out->step_count++;
    return true;
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
    wv_rule_complete(rule);
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

/* The reason that was given for what came out: that of the rule which came out as it was. */
static void take_reason(struct wv_rule *out, const struct wv_rule *a, const struct wv_rule *b)
{
    const struct wv_rule *const rules[] = {out, a, b};
    uint8_t mem[3][1024];
    struct wv_slice text[3];
    for (size_t i = 0; i < WV_COUNT(rules); i++) {
        struct wv_buf buf = wv_buf_of(mem[i], sizeof mem[i]);
        wv_rule_describe(rules[i], &buf);
        text[i] = (struct wv_slice){mem[i], buf.len};
    }
    const struct wv_rule *taken = wv_slice_eq(text[0], text[1])   ? a
                                  : wv_slice_eq(text[0], text[2]) ? b
                                                                  : NULL;
    out->why = taken == NULL ? "the stricter of what several laws ask for" : taken->why;
    out->ref = taken == NULL ? NULL : taken->ref;
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
    bool comparable = true;
    const bool a_whole = is_within(b, a);
    if (a_whole || is_within(a, b)) {
        *out = a_whole ? *a : *b;
        if (!merge_steps(a_whole ? a : b, a_whole ? b : a, arena, out)) {
            wv_rule_drop(out);
        }
    } else if (drops(a) || only_keeps(b)) {
        *out = *a;
    } else if (drops(b) || only_keeps(a)) {
        *out = *b;
    } else if (!(only_searches(a) && prepend(&a->steps[0], b, out)) &&
               !(only_searches(b) && prepend(&b->steps[0], a, out))) {
        wv_rule_drop(out);
        comparable = false;
    }
    merge_tokens(a, b, out);
    if (comparable) {
        take_reason(out, a, b);
    } else {
        out->why = "two laws ask for filters that cannot be compared";
        out->ref = NULL;
    }
    out->reject_on_failure = a->reject_on_failure || b->reject_on_failure;
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
