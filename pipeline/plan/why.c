/* why.c — what each pack had to say in a merged rule, and whose word it became. */
#include "plan/tables.h"

enum { CHAIN_MAX = 1024 };

/* What stands in the field, without the token, and both. */
struct spelled {
    uint8_t chain[CHAIN_MAX];
    size_t chain_len;
    uint8_t whole[CHAIN_MAX];
    size_t whole_len;
};

static void spell(const struct wv_rule *rule, struct spelled *out)
{
    struct wv_rule bare = *rule;
    bare.token = WV_KIND_NONE;
    struct wv_buf chain = wv_buf_of(out->chain, sizeof out->chain);
    struct wv_buf whole = wv_buf_of(out->whole, sizeof out->whole);
    wv_rule_describe(&bare, &chain);
    wv_rule_describe(rule, &whole);
    out->chain_len = chain.len;
    out->whole_len = whole.len;
}

static bool same_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static enum wv_say say_of(const struct wv_rule *own, const struct wv_rule *merged)
{
    struct spelled one;
    struct spelled other;
    spell(own, &one);
    spell(merged, &other);
    if (same_bytes(one.whole, one.whole_len, other.whole, other.whole_len)) {
        return WV_SAY_TAKEN;
    }
    return same_bytes(one.chain, one.chain_len, other.chain, other.chain_len) ? WV_SAY_NO_TOKEN
                                                                              : WV_SAY_LESS;
}

/* The first rule that holds where exactly the conditions of the merged one do. */
static const struct wv_rule *rule_under(struct wv_rulings rulings, uint64_t when)
{
    size_t at = 0;
    while (at + 1 < rulings.count && (rulings.items[at].when & ~when) != 0) {
        at++;
    }
    return rulings.items[at].rule;
}

/* The pack in whose document the rule stands: a pack takes what it does not say itself from the one
 * that it extends, which was loaded before. */
static size_t stands_in(const struct wv_plan *plan, size_t pack, enum wv_class class)
{
    size_t at = 0;
    while (plan->packs[at].rulings[class].items != plan->packs[pack].rulings[class].items) {
        at++;
    }
    return at;
}

/* The versions of the output's overlay at that time. */
static uint64_t overlaid(const struct wv_plan *plan, int64_t time_ms, size_t output)
{
    const struct wv_slice name = plan->config->outputs[output].overlay;
    size_t pack;
    if (name.len == 0 || !wv_plan_pack_find(plan, name, &pack)) {
        return 0;
    }
    return wv_plan_period(plan, time_ms)->packs[pack].packs;
}

size_t wv_plan_voices(const struct wv_plan *plan, const struct wv_why_question *question,
                      const struct wv_ruling *ruling, struct wv_voice voices[WV_VOICES_MAX])
{
    const uint64_t overlay = overlaid(plan, question->time_ms, question->output);
    size_t count = 0;
    for (size_t i = 0; i < 2 * plan->pack_count; i++) {
        const size_t pack = i % plan->pack_count;
        const bool over = i >= plan->pack_count;
        if (((over ? overlay : question->packs) >> pack & 1) == 0) {
            continue;
        }
        const struct wv_rule *rule =
            rule_under(plan->packs[pack].rulings[question->class], ruling->when);
        voices[count++] = (struct wv_voice){
            .pack = pack,
            .stands_in = stands_in(plan, pack, question->class),
            .overlay = over,
            .rule = rule,
            .say = say_of(rule, ruling->rule),
        };
    }
    return count;
}
