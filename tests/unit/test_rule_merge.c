/*
 * At stake: a record under two laws must be protected as each of them demands. A merge that loosens
 * is silent: every pack alone still does the right thing. So the merged rule is not only compared
 * with what it should be; it is run beside the two that it was made of, over values that hold all
 * kinds of personal data, and nothing may come out of it that one of them takes away.
 */
#include "plan/rule.h"
#include "support/filter_fixture.h"
#include "support/random.h"

#include <check.h>

enum { MEMORY = 64 * 1024, POOL = 64 };

static struct fixture fixture;

static void set_up(void)
{
    fixture_init(&fixture);
    fixture_keys(&fixture);
}

static void tear_down(void)
{
    fixture_fini(&fixture);
}

/* A rule as a pack writes it. */
static const struct wv_rule *rule_of(const char *text)
{
    struct wv_rule *rule = WV_ARENA_NEW(fixture.arena, struct wv_rule);
    const struct wv_node node = fixture_document(&fixture, wv_slice_of(text));
    ck_assert_msg(node.value != NULL, "%s", text);
    const struct wv_node chain = wv_node_member(&node, "value");
    rule->step_count = (uint32_t)json_array_size(chain.value);
    ck_assert_uint_ge(rule->step_count, 1);
    for (uint32_t i = 0; i < rule->step_count; i++) {
        json_t *step = json_array_get(chain.value, i);
        const char *name = json_string_value(json_object_get(step, "filter"));
        struct wv_step *out = &rule->steps[i];
        out->filter = wv_filter_find(wv_slice_of(name));
        ck_assert_msg(out->filter != NULL, "%s", name);
        while (wv_filter_at(out->index) != out->filter) {
            out->index++;
        }
        json_t *copy = json_copy(step);
        json_object_del(copy, "filter");
        char *settings = json_dumps(copy, 0);
        out->settings = fixture_settings(&fixture, out->filter, wv_slice_of(settings));
        ck_assert_msg(out->settings != NULL, "%s", text);
        free(settings);
        json_decref(copy);
    }
    const char *token = json_string_value(json_object_get(node.value, "token"));
    rule->token = token == NULL ? WV_KIND_NONE : wv_kind_find(wv_slice_of(token));
    rule->token_days = (uint32_t)json_integer_value(json_object_get(node.value, "days"));
    rule->reject_on_failure = json_is_true(json_object_get(node.value, "reject"));
    return rule;
}

/* ---- Known answers ---------------------------------------------------------------------------
 */

#define F(name)          "{\"filter\":\"" name "\"}"
#define V(steps)         "{\"value\":[" steps "]}"
#define TRUNCATE(v4, v6) "{\"filter\":\"ip_truncate\",\"v4_keep\":" #v4 ",\"v6_keep\":" #v6 "}"

#define SCRUB                                                                                      \
    "scrub(addresses true, emails true, credentials true, parameters true, identifiers true, "     \
    "ioc_keep false)"

static const struct answer {
    const char *a;
    const char *b;
    const char *merged;
} answers[] = {
    {V(F("keep")), V(F("keep")), "keep"},
    {V(F("keep")), V(F("drop")), "drop"},
    {V(F("keep")), V(F("scrub")),
     "scrub(addresses true, emails true, credentials true, parameters true, identifiers true, "
     "ioc_keep false)"},
    {V(TRUNCATE(24, 32)), V(TRUNCATE(16, 48)),
     "ip_truncate(v4_keep 16, v6_keep 32, networks false)"},
    {V(TRUNCATE(24, 32)), V(F("ip_encrypt")), "drop"},
    {V(TRUNCATE(24, 32)), V(F("keep")), "ip_truncate(v4_keep 24, v6_keep 32, networks false)"},
    {V("{\"filter\":\"scrub\",\"emails\":false}"), V("{\"filter\":\"scrub\",\"addresses\":false}"),
     "scrub(addresses true, emails true, credentials true, parameters true, identifiers true, "
     "ioc_keep false)"},
    {V(F("scrub")), V("{\"filter\":\"mask\",\"first\":16}"), SCRUB ", mask(first 16, last 0)"},
    {V("{\"filter\":\"mask\",\"first\":3,\"last\":2}"),
     V("{\"filter\":\"mask\",\"first\":1,\"last\":4}"), "mask(first 1, last 2)"},
    {V("{\"filter\":\"uri_template\",\"words\":\"keep\"}," F("scrub")),
     V("{\"filter\":\"uri_template\",\"words\":\"hide\"}"),
     "uri_template(words hide, segments_max 32), scrub(addresses true, emails true, credentials "
     "true, "
     "parameters true, identifiers true, ioc_keep false)"},
    {V(F("scrub")), V("{\"filter\":\"query\",\"values\":\"count\"}"),
     SCRUB ", query(values count, allow 0)"},
    {V(F("scrub")), V(F("uri_template")), SCRUB ", uri_template(words keep, segments_max 32)"},
    {V(F("scrub")), V(TRUNCATE(24, 32)),
     SCRUB ", ip_truncate(v4_keep 24, v6_keep 32, networks false)"},
    {V(F("query")), V(F("mask")), "drop"},
    {V(F("headers") "," F("scrub")), V("{\"filter\":\"headers\",\"allow\":[]}"),
     "headers(allow 0), scrub(addresses true, emails true, credentials true, parameters true, "
     "identifiers true, ioc_keep false)"},
    {V("{\"filter\":\"headers\",\"allow\":[\"accept\",\"te\"]}"),
     V("{\"filter\":\"headers\",\"allow\":[\"te\",\"x-shop\"]}"), "headers(allow 1)"},
    {V("{\"filter\":\"headers\",\"allow\":[\"x-shop\"]}"), V(F("headers")), "headers(allow 0)"},
    {V(F("scrub") "," F("drop")), V(F("mask")),
     "scrub(addresses true, emails true, credentials true, "
     "parameters true, identifiers true, ioc_keep false), drop"},
    {"{\"value\":[" F("drop") "],\"token\":\"ip\"}", "{\"value\":[" F("drop") "],\"token\":\"ip\"}",
     "drop + token ip"},
    {"{\"value\":[" F("drop") "],\"token\":\"ip\"}", "{\"value\":[" F("drop") "]}", "drop"},
    {"{\"value\":[" F("drop") "],\"token\":\"ip\"}",
     "{\"value\":[" F("keep") "],\"token\":\"text\"}", "drop"},
    {"{\"value\":[" F("drop") "],\"token\":\"session\",\"days\":7}",
     "{\"value\":[" F("drop") "],\"token\":\"session\",\"days\":1}",
     "drop + token session for 1 day"},
    {"{\"value\":[" F("drop") "],\"token\":\"session\"}",
     "{\"value\":[" F("drop") "],\"token\":\"session\",\"days\":7}",
     "drop + token session for 7 days"},
};

static void described(const struct wv_rule *rule, char *out, size_t cap)
{
    struct wv_buf buf = wv_buf_of((uint8_t *)out, cap - 1);
    wv_rule_describe(rule, &buf);
    ck_assert(!buf.overflowed);
    out[buf.len] = '\0';
}

START_TEST(answers_are_known)
{
    const struct answer *answer = &answers[_i];
    const struct wv_rule *a = rule_of(answer->a);
    const struct wv_rule *b = rule_of(answer->b);
    char text[512];
    for (int swapped = 0; swapped < 2; swapped++) {
        const struct wv_rule *merged =
            wv_rule_merge(swapped == 0 ? a : b, swapped == 0 ? b : a, fixture.arena);
        ck_assert_ptr_nonnull(merged);
        described(merged, text, sizeof text);
        ck_assert_str_eq(text, answer->merged);
    }
    ck_assert_ptr_eq(wv_rule_merge(a, a, fixture.arena), a);
}
END_TEST

START_TEST(a_record_is_rejected_where_one_law_says_so)
{
    struct wv_rule a = *rule_of(V(F("keep")));
    struct wv_rule b = *rule_of("{\"value\":[" F("scrub") "],\"reject\":true}");
    const struct wv_rule *merged = wv_rule_merge(&a, &b, fixture.arena);
    ck_assert(merged->reject_on_failure);
}
END_TEST

/* ---- Nothing is loosened ---------------------------------------------------------------------
 */

static const char *const pool[] = {
    V(F("keep")),
    V(F("drop")),
    V(F("scrub")),
    V("{\"filter\":\"scrub\",\"addresses\":false,\"parameters\":false}"),
    V("{\"filter\":\"scrub\",\"emails\":false,\"credentials\":false}"),
    V(F("mask")),
    V("{\"filter\":\"mask\",\"first\":16}"),
    V("{\"filter\":\"mask\",\"last\":16}"),
    V(TRUNCATE(24, 48)),
    V(TRUNCATE(8, 64)),
    V("{\"filter\":\"ip_truncate\",\"networks\":true}"),
    V(F("ip_encrypt")),
    V("{\"filter\":\"forwarded_for\",\"hops\":\"truncate\"}"),
    V("{\"filter\":\"forwarded_for\",\"hops\":\"count\"}"),
    V("{\"filter\":\"user_agent\",\"version\":true}"),
    V("{\"filter\":\"user_agent\",\"version\":false}"),
    V("{\"filter\":\"host\",\"foreign\":\"registrable\"}"),
    V("{\"filter\":\"host\",\"foreign\":\"drop\"}"),
    V("{\"filter\":\"referer\",\"mode\":\"origin\"}"),
    V("{\"filter\":\"referer\",\"mode\":\"same_site\"}"),
    V("{\"filter\":\"uri_template\",\"words\":\"keep\"}"),
    V("{\"filter\":\"uri_template\",\"words\":\"keep\"}," F("scrub")),
    V("{\"filter\":\"uri_template\",\"words\":\"hide\"}"),
    V("{\"filter\":\"query\",\"values\":\"scrub\"}"),
    V("{\"filter\":\"query\",\"values\":\"count\"}"),
    V("{\"filter\":\"cookie\",\"mode\":\"names\"}"),
    V("{\"filter\":\"cookie\",\"mode\":\"count\"}"),
    V(F("headers")),
    V(F("headers") "," F("scrub")),
    V("{\"filter\":\"headers\",\"allow\":[]}"),
    V("{\"filter\":\"headers\",\"allow\":[\"x-shop\",\"accept\"]}"),
    V(F("auth_scheme")),
    V("{\"filter\":\"timestamp\",\"seconds\":60}"),
    V("{\"filter\":\"timestamp\",\"seconds\":3600}"),
    V(F("country")),
    V("{\"filter\":\"fingerprint\",\"parts\":\"ab\"}"),
    V("{\"filter\":\"fingerprint\",\"parts\":\"a\"}"),
    V(F("scrub") ",{\"filter\":\"mask\",\"first\":16}"),
};

static const char *const names[] = {"", "accept", "x-shop"};

static const char *const values[] = {
    "192.0.2.77",
    "2001:db8:77:88::99",
    "192.0.2.77, 198.51.100.42",
    "bob@example.org and a longer rest of the text",
    "call https://alice:secret@www.example.net/inbox/bob@example.org?user=carol&ip=192.0.2.77",
    "/account/bob@example.org/orders/4711/private",
    "user=carol&email=bob@example.org&ip=192.0.2.77&q=hello",
    "sid=5e55104711; email=bob@example.org; theme=dark",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJncmFjZSJ9.c2ln",
    "mail.customer17.example.com",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "t13d1516h2_8daaf6152771_b186095e22b6",
    "1763805671334",
    "DE-BE",
    "curl/8.11.0",
};

/* What a rule may take away: whichever of these is in the value. */
static const char *const atoms[] = {
    "192.0.2.77",
    "192.0.2",
    "198.51.100.42",
    "198.51.100",
    "2001:db8:77:88::99",
    "2001:db8:77",
    "bob@example.org",
    "bob",
    "example.org",
    "alice",
    "secret",
    "inbox",
    "carol",
    "account",
    "orders",
    "4711",
    "private",
    "hello",
    "5e55104711",
    "sid",
    "theme",
    "dark",
    "eyJhbGciOiJIUzI1NiJ9",
    "Bearer",
    "c2ln",
    "mail.customer17",
    "customer17",
    "example.com",
    "Mozilla",
    "Firefox",
    "144",
    "Linux",
    "t13d1516h2",
    "8daaf6152771",
    "b186095e22b6",
    "1763805671334",
    "17638056",
    "DE-BE",
    "curl",
    "8.11.0",
    "longer rest of the text",
};

/* The verdict of a whole chain, and its text. WV_HARMLESS: the text is the value. */
static enum wv_verdict run_rule(const struct wv_rule *rule, struct wv_slice value, uint8_t *memory,
                                struct wv_slice *text)
{
    static uint8_t turns[2][MEMORY];
    *text = value;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct wv_step *step = &rule->steps[i];
        const struct fixture_run run =
            fixture_apply(&fixture, step->filter, step->settings, *text, turns[i % 2], MEMORY);
        if (run.verdict == WV_FAILED || run.verdict == WV_REMOVED) {
            *text = (struct wv_slice){0};
            return WV_REMOVED;
        }
        ck_assert(run.verdict == WV_HARMLESS || run.whole);
        *text = run.verdict == WV_REPLACED ? run.bytes : *text;
    }
    if (text->len > 0) {
        memcpy(memory, text->ptr, text->len);
        text->ptr = memory;
    }
    return WV_REPLACED;
}

static bool has(struct wv_slice text, const char *atom)
{
    return text.len > 0 && memmem(text.ptr, text.len, atom, strlen(atom)) != NULL;
}

static void check_value(size_t i, size_t k, const struct wv_rule *const rules[3], const char *value)
{
    static uint8_t memory[3][MEMORY];
    struct wv_slice texts[3];
    bool removed[3];
    for (size_t r = 0; r < 3; r++) {
        removed[r] = run_rule(rules[r], wv_slice_of(value), memory[r], &texts[r]) == WV_REMOVED;
    }
    ck_assert_msg(removed[2] || !(removed[0] || removed[1]), "%s + %s keeps \"%s\"", pool[i],
                  pool[k], value);
    for (size_t at = 0; at < WV_COUNT(atoms); at++) {
        const bool may = has(texts[0], atoms[at]) && has(texts[1], atoms[at]);
        ck_assert_msg(may || !has(texts[2], atoms[at]), "%s + %s leaves \"%s\" of \"%s\"", pool[i],
                      pool[k], atoms[at], value);
    }
}

START_TEST(no_merge_loosens)
{
    const struct wv_rule *rules[POOL];
    size_t merged = 0;
    for (size_t i = 0; i < WV_COUNT(pool); i++) {
        rules[i] = rule_of(pool[i]);
    }
    fixture.name = wv_slice_of(names[_i]);
    for (size_t i = 0; i < WV_COUNT(pool); i++) {
        for (size_t k = 0; k < WV_COUNT(pool); k++) {
            const struct wv_rule *const three[] = {
                rules[i], rules[k], wv_rule_merge(rules[i], rules[k], fixture.arena)};
            ck_assert_ptr_nonnull(three[2]);
            merged += three[2]->steps[0].filter->rank != 100;
            for (size_t v = 0; v < WV_COUNT(values); v++) {
                check_value(i, k, three, values[v]);
            }
        }
    }
    ck_assert_uint_gt(merged, 100); /* it is no merge that only drops */
}
END_TEST

/* Whatever several of the rules, merged one after the other, leave of a value, each of them leaves.
 */
START_TEST(no_merge_of_many_loosens)
{
    enum { MANY = 5, ROUNDS = 400 };
    static uint8_t memory[2][MEMORY];
    const struct wv_rule *all[POOL];
    uint64_t state = (uint64_t)_i;
    for (size_t i = 0; i < WV_COUNT(pool); i++) {
        all[i] = rule_of(pool[i]);
    }
    fixture.name = wv_slice_of(names[_i % (int)WV_COUNT(names)]);
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct wv_rule *rules[MANY];
        const size_t count = 2 + random_next(&state) % (MANY - 1);
        const struct wv_rule *merged = NULL;
        for (size_t i = 0; i < count; i++) {
            rules[i] = all[random_next(&state) % WV_COUNT(pool)];
            merged = i == 0 ? rules[i] : wv_rule_merge(merged, rules[i], fixture.arena);
            ck_assert_ptr_nonnull(merged);
        }
        const struct wv_slice value = wv_slice_of(values[random_next(&state) % WV_COUNT(values)]);
        struct wv_slice left;
        struct wv_slice own;
        const bool removed = run_rule(merged, value, memory[0], &left) == WV_REMOVED;
        for (size_t i = 0; i < count; i++) {
            ck_assert(removed || run_rule(rules[i], value, memory[1], &own) != WV_REMOVED);
            for (size_t at = 0; !removed && at < WV_COUNT(atoms); at++) {
                ck_assert_msg(has(own, atoms[at]) || !has(left, atoms[at]),
                              "round %zu leaves \"%s\"", round, atoms[at]);
            }
        }
    }
}
END_TEST

/* The rules of three laws do not depend on the order in which they meet. */
START_TEST(order_does_not_loosen)
{
    const struct wv_rule *rules[POOL];
    for (size_t i = 0; i < WV_COUNT(pool); i++) {
        rules[i] = rule_of(pool[i]);
    }
    for (size_t i = 0; i < WV_COUNT(pool); i++) {
        for (size_t k = 0; k < WV_COUNT(pool); k++) {
            const struct wv_rule *one = wv_rule_merge(rules[i], rules[k], fixture.arena);
            const struct wv_rule *other = wv_rule_merge(rules[k], rules[i], fixture.arena);
            char first[512];
            char second[512];
            described(one, first, sizeof first);
            described(other, second, sizeof second);
            ck_assert_str_eq(first, second);
        }
    }
}
END_TEST

START_TEST(conditions_are_all_tried)
{
    /* a: rule 0 where condition 0 holds, else 1. b: rule 2 where condition 1 holds, else 3. */
    const struct wv_rule *rules[] = {rule_of(V(F("keep"))), rule_of(V(TRUNCATE(24, 48))),
                                     rule_of(V(TRUNCATE(16, 56))), rule_of(V(F("drop")))};
    const struct wv_ruling a[] = {{1, rules[0]}, {0, rules[1]}};
    const struct wv_ruling b[] = {{2, rules[2]}, {0, rules[3]}};
    struct wv_rulings merged;
    ck_assert(wv_rulings_merge((struct wv_rulings){a, 2}, (struct wv_rulings){b, 2}, fixture.arena,
                               &merged));
    static const char *const wanted[] = {
        "drop",                                                /* none holds */
        "drop",                                                /* 0 */
        "ip_truncate(v4_keep 16, v6_keep 48, networks false)", /* 1 */
        "ip_truncate(v4_keep 16, v6_keep 56, networks false)", /* 0 and 1 */
    };
    for (uint64_t holds = 0; holds < 4; holds++) {
        size_t at = 0;
        while ((merged.items[at].when & ~holds) != 0) {
            at++;
            ck_assert_uint_lt(at, merged.count);
        }
        char text[512];
        described(merged.items[at].rule, text, sizeof text);
        ck_assert_str_eq(text, wanted[holds]);
    }
    ck_assert_uint_eq(merged.items[merged.count - 1].when, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_merge");
    TCase *merge = tcase_create("merge");
    tcase_add_checked_fixture(merge, set_up, tear_down);
    tcase_set_timeout(merge, 60);
    tcase_add_loop_test(merge, answers_are_known, 0, (int)WV_COUNT(answers));
    tcase_add_test(merge, a_record_is_rejected_where_one_law_says_so);
    tcase_add_loop_test(merge, no_merge_loosens, 0, (int)WV_COUNT(names));
    tcase_add_loop_test(merge, no_merge_of_many_loosens, 0, 12);
    tcase_add_test(merge, order_does_not_loosen);
    tcase_add_test(merge, conditions_are_all_tried);
    suite_add_tcase(suite, merge);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
