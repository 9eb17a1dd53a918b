/*
 * At stake: the tables that are made before any record comes hold tens of thousands of merged
 * rules, shared wherever they are equal, for every set of packs, version, output and condition. One
 * that is looser than one of the packs it was made of protects some records less than their law
 * says, and no example would show it. So packs are made up, with conditions, overlays and purposes,
 * and every entry is held against each pack that had a say in it.
 */
#include "plan/tables.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>

enum { PACKS = 4, TEXT_MAX = 16384, RULE_TEXT = 1024, RUNS = 12, PAIRS = 1 << 20 };

/* Rules of all kinds, with braces for the rest of the rule. */
static const char *const pool[] = {
    "\"value\":[\"keep\"]",
    "\"value\":[\"drop\"]",
    "\"value\":[\"drop\"],\"token\":\"user\"",
    "\"value\":[\"drop\"],\"token\":{\"kind\":\"user\",\"days\":1}",
    "\"value\":[\"drop\"],\"token\":\"text\"",
    "\"value\":[\"scrub\"]",
    "\"value\":[{\"filter\":\"scrub\",\"emails\":false}]",
    "\"value\":[{\"filter\":\"scrub\",\"addresses\":false}],\"token\":\"user\"",
    "\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,\"v6_keep\":32}],\"token\":\"ip\"",
    "\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":16,\"v6_keep\":48}],\"token\":\"ip\"",
    "\"value\":[{\"filter\":\"mask\",\"first\":3,\"last\":1}]",
    "\"value\":[{\"filter\":\"mask\",\"first\":1,\"last\":3}]",
    "\"value\":[{\"filter\":\"uri_template\",\"words\":\"keep\"},\"scrub\"]",
    "\"value\":[{\"filter\":\"uri_template\",\"words\":\"hide\"}]",
    "\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"page\",\"lang\"]}]",
    "\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"lang\",\"sort\"]}]",
    "\"value\":[{\"filter\":\"headers\",\"allow\":[\"accept\",\"x-shop\"]}]",
    "\"value\":[\"headers\",\"scrub\"]",
    "\"value\":[{\"filter\":\"timestamp\",\"seconds\":60}]",
    "\"value\":[{\"filter\":\"timestamp\",\"seconds\":3600}]",
};

static const char *const conditions[] = {
    "{\"action\":[\"BLOCK\"]}",
    "{\"tenant\":[\"acme\"]}",
    "{\"action\":[\"ALLOW\"],\"host\":[\"a.example\"]}",
};

/* Check writes down every assertion that it passes, which takes longer than all that is tested. */
static void must(bool holds, const char *what)
{
    if (!holds) {
        ck_abort_msg("%s", what);
    }
}

static void put(char *text, const char *more)
{
    const size_t at = strlen(text);
    const int len = snprintf(text + at, TEXT_MAX - at, "%s", more);
    ck_assert(len >= 0 && (size_t)len < TEXT_MAX - at);
}

static const char *any_rule(uint64_t *state)
{
    return pool[random_next(state) % WV_COUNT(pool)];
}

/* A rule, or two of which the first has a condition. */
static void put_cell(char *text, uint64_t *state, size_t *conditions_left)
{
    char rule[RULE_TEXT];
    const bool two = *conditions_left > 0 && random_next(state) % 8 == 0;
    if (!two) {
        snprintf(rule, sizeof rule, "{%s}", any_rule(state));
    } else {
        snprintf(rule, sizeof rule, "[{%s,\"when\":%s},{%s}]", any_rule(state),
                 conditions[random_next(state) % WV_COUNT(conditions)], any_rule(state));
        --*conditions_left;
    }
    put(text, rule);
}

static void make_pack(char *text, size_t number, uint64_t *state)
{
    size_t conditions_left = 2;
    text[0] = '\0';
    char head[128];
    snprintf(head, sizeof head,
             "{\"pack\":\"p%zu\",\"failure\":\"%s\",\"rules\":{\"none\":{\"value\":[\"keep\"]}",
             number, random_next(state) % 4 == 0 ? "reject" : "remove");
    put(text, head);
    for (size_t class = WV_CLASS_NONE + 1; class < WV_CLASS_COUNT; class ++) {
        put(text, ",\"");
        put(text, wv_class_word((enum wv_class) class));
        put(text, "\":");
        put_cell(text, state, &conditions_left);
    }
    put(text, "}}");
}

static const char config[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\"}}],"
    "\"regions\":[{\"from\":\"header\",\"header\":\"r\"},{\"from\":\"header\",\"header\":\"s\"}],"
    "\"outputs\":[{\"name\":\"plain\",\"purpose\":\"security\"},"
    "{\"name\":\"laid\",\"purpose\":\"analytics\",\"overlay\":\"p3\"},"
    "{\"name\":\"others\",\"purpose\":\"third_party\",\"basis\":\"consent\",\"overlay\":\"p0\"}],"
    "\"packs\":{\"acknowledge_unreviewed\":[\"kr\",\"cn\"],"
    "\"files\":[\"p0.json\",\"p1.json\",\"p2.json\",\"p3.json\"]}}";

static void described(const struct wv_rule *rule, char out[RULE_TEXT])
{
    struct wv_buf buf = wv_buf_of((uint8_t *)out, RULE_TEXT - 1);
    wv_rule_describe(rule, &buf);
    ck_assert(!buf.overflowed);
    out[buf.len] = '\0';
}

static const struct wv_rule *rule_under(struct wv_rulings rulings, uint64_t holds)
{
    size_t at = 0;
    while ((rulings.items[at].when & ~holds) != 0) {
        must(++at < rulings.count, "the last rule has a condition");
    }
    return rulings.items[at].rule;
}

/* Equal rules are one, so that most pairs come again and again. */
static struct {
    const struct wv_rule *merged;
    const struct wv_rule *part;
} seen[PAIRS];
static size_t seen_count;

static bool is_seen(const struct wv_rule *merged, const struct wv_rule *part)
{
    uint64_t hash = (uint64_t)(uintptr_t)merged ^ (uint64_t)(uintptr_t)part << 20;
    size_t at = random_next(&hash) % PAIRS;
    while (seen[at].merged != NULL && (seen[at].merged != merged || seen[at].part != part)) {
        at = (at + 1) % PAIRS;
    }
    const bool known = seen[at].merged != NULL;
    seen[at].merged = merged;
    seen[at].part = part;
    seen_count += !known;
    must(seen_count < PAIRS / 2, "more pairs than expected");
    return known;
}

/* Merging it in once more changes nothing: whatever it hides is hidden. */
static void check_absorbed(const struct wv_rule *merged, const struct wv_rule *part)
{
    char own[RULE_TEXT];
    char both[RULE_TEXT];
    if (is_seen(merged, part)) {
        return;
    }
    static struct wv_arena *arena;
    if (seen_count % 256 == 1) {
        wv_arena_free(arena);
        arena = wv_arena_new(16 << 20);
    }
    const struct wv_rule *again = wv_rule_merge(merged, part, arena);
    ck_assert_ptr_nonnull(again);
    described(merged, own);
    described(again, both);
    ck_assert_str_eq(own, both);
    ck_assert(merged->reject_on_failure || !part->reject_on_failure);
    ck_assert(merged->drops || !part->drops);
}

static void check_entry(const struct wv_plan *plan, const struct wv_pack_set *set, size_t output,
                        uint64_t overlay)
{
    const uint64_t all = set->packs | overlay;
    const bool others = plan->config->outputs[output].purpose == WV_PURPOSE_THIRD_PARTY;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings rulings = set->rulings[output][class];
        for (uint64_t holds = 0; holds < UINT64_C(1) << plan->condition_count; holds++) {
            const struct wv_rule *merged = rule_under(rulings, holds);
            must(!(others && class == WV_CLASS_TENANT_REF) || merged->drops, "names the customer");
            for (size_t i = 0; i < plan->pack_count; i++) {
                if ((all >> i & 1) != 0) {
                    check_absorbed(merged, rule_under(plan->packs[i].rulings[class], holds));
                }
            }
            if (rulings.count == 1) {
                break; /* the conditions of other classes */
            }
        }
    }
    for (size_t i = 0; i < plan->pack_count; i++) {
        const struct wv_detectors *part = &plan->packs[i].detectors;
        const struct wv_detectors *joint = set->detectors[output];
        must((all >> i & 1) == 0 ||
                 ((part->on & ~joint->on) == 0 && (part->at_home & ~joint->at_home) == 0),
             "a detector is missing");
    }
}

START_TEST(no_entry_is_looser_than_a_pack)
{
    static char texts[PACKS][TEXT_MAX];
    uint64_t state = (uint64_t)_i + 77;
    struct engine_file files[PACKS];
    char names[PACKS][16];
    for (size_t i = 0; i < PACKS; i++) {
        make_pack(texts[i], i, &state);
        snprintf(names[i], sizeof names[i], "p%zu.json", i);
        files[i] = (struct engine_file){names[i], texts[i]};
    }
    struct engine engine = engine_config(config, files, PACKS);
    const struct wv_plan *plan = engine.plan;
    size_t checked = 0;
    for (size_t at = 0; at <= plan->set_mask; at++) {
        const struct wv_pack_set *set = &plan->sets[at];
        if (set->packs == 0) {
            continue;
        }
        for (size_t output = 0; output < plan->config->output_count; output++) {
            size_t overlay = 0;
            const struct wv_slice name = plan->config->outputs[output].overlay;
            ck_assert(name.len == 0 || wv_plan_pack_find(plan, name, &overlay));
            check_entry(plan, set, output, name.len == 0 ? 0 : UINT64_C(1) << overlay);
        }
        checked++;
    }
    ck_assert_uint_gt(checked, 500);
    ck_assert_uint_gt(seen_count, 1000);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack_merge");
    TCase *all = tcase_create("merge");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, no_entry_is_looser_than_a_pack, 0, RUNS);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
