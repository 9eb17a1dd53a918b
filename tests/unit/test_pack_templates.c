/*
 * At stake: templates are rules that nobody who knows the law has gone through. They must not be
 * used before somebody says so in the configuration, that must be seen, and they must be no looser
 * than the reviewed pack that they were made after.
 */
#include "plan/tables.h"
#include "support/engine.h"

#include <check.h>

#define REGION(region, more)                                                                       \
    INPUT("{\"name\":\"acme\",\"region\":\"" region "\"}") UNDER(TENANT, SOC("")) more "}"
#define ACKNOWLEDGED(names) ",\"packs\":{\"acknowledge_unreviewed\":[" names "]}"

/* Every template, and the reviewed pack that it must be as strict as. */
static const struct {
    const char *name;
    const char *band;
} templates[] = {
    {"kr", "eu"}, {"sg", "us"}, {"hk", "us"}, {"tw", "us"}, {"my", "us"},
    {"ph", "us"}, {"au", "us"}, {"br", "eu"}, {"in", "eu"}, {"th", "eu"},
    {"cn", "eu"}, {"il", "eu"}, {"ch", "eu"},
};

static void described(struct wv_rule rule, char out[512])
{
    rule.token = WV_KIND_NONE;
    struct wv_buf buf = wv_buf_of((uint8_t *)out, 511);
    wv_rule_describe(&rule, &buf);
    ck_assert(!buf.overflowed);
    out[buf.len] = '\0';
}

/* Merging in what is looser changes nothing. A token is as much as a kept value at most. */
static void check_rule(const struct wv_rule *rule, const struct wv_rule *band, const char *name,
                       const char *class)
{
    struct wv_arena *arena = wv_arena_new(1 << 20);
    const struct wv_rule *merged = wv_rule_merge(rule, band, arena);
    char own[512];
    char both[512];
    ck_assert_ptr_nonnull(merged);
    described(*rule, own);
    described(*merged, both);
    ck_assert_msg(strcmp(own, both) == 0, "%s, %s: %s is looser than the band: %s", name, class,
                  own, both);
    ck_assert_msg(rule->token == WV_KIND_NONE || rule->token == band->token || band->keeps,
                  "%s, %s: a token that the band does not make", name, class);
    ck_assert(rule->token == WV_KIND_NONE || rule->token_days == band->token_days || band->keeps);
    wv_arena_free(arena);
}

START_TEST(a_template_is_as_strict_as_its_band)
{
    struct engine engine = engine_builtin(NULL);
    size_t own;
    size_t band;
    ck_assert(wv_plan_pack_find(engine.plan, wv_slice_of(templates[_i].name), &own));
    ck_assert(wv_plan_pack_find(engine.plan, wv_slice_of(templates[_i].band), &band));
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings rulings = engine.plan->packs[own].rulings[class];
        ck_assert_uint_eq(rulings.count, 1);
        ck_assert_ptr_nonnull(rulings.items[0].rule->why);
        check_rule(rulings.items[0].rule, engine.plan->packs[band].rulings[class].items[0].rule,
                   templates[_i].name, wv_class_word((enum wv_class) class));
    }
    const struct wv_pack_law *law = engine.plan->packs[own].law;
    ck_assert(law->name[0] != '\0' && law->summary_en[0] != '\0' && law->summary_ja[0] != '\0');
    ck_assert(law->authority_url[0] != '\0' && law->result[0] != '\0');
    ck_assert(law->access_days > 0 && law->erasure_days > 0 && law->source_count > 0);
    ck_assert(law->log_minimum == 0 || law->log_ref[0] != '\0');
    engine_fini(&engine);
}
END_TEST

START_TEST(all_templates_are_looked_at)
{
    struct engine engine = engine_builtin(NULL);
    size_t unreviewed = 0;
    for (size_t i = 0; i < engine.plan->pack_count; i++) {
        unreviewed += engine.plan->packs[i].unreviewed;
        ck_assert(engine.plan->packs[i].used == !engine.plan->packs[i].unreviewed);
    }
    ck_assert_uint_eq(unreviewed, WV_COUNT(templates));
    engine_fini(&engine);
}
END_TEST

static bool is_under(const struct wv_result *result, const char *pack)
{
    char member[64];
    snprintf(member, sizeof member, "\"pack\":\"%s@", pack);
    return holds(result->value, member);
}

/* Whatever says the region: the tenant, a country, a label. */
START_TEST(a_template_is_used_only_where_it_is_acknowledged)
{
    static const struct {
        const char *config;
        const char *record;
        const char *pack;
        uint64_t counted;
    } cases[] = {
        {REGION("kr", ""), "{}", "unknown", 1},
        {REGION("kr", ACKNOWLEDGED("\"kr\"")), "{}", "kr", 0},
        {REGION("kr", ACKNOWLEDGED("\"ch\",\"br\"")), "{}", "unknown", 1},
        {REGION("eu", ""), "{}", "eu", 0},
        {INPUT("{\"name\":\"acme\"}") UNDER("{\"from\":\"country\"}", SOC("")) "}",
         "{\"httpRequest\":{\"country\":\"KR\"}}", "unknown", 1},
        {INPUT("{\"name\":\"acme\"}") UNDER("{\"from\":\"country\"}", SOC(""))
             ACKNOWLEDGED("\"kr\"") "}",
         "{\"httpRequest\":{\"country\":\"KR\"}}", "kr", 0},
        {INPUT("{\"name\":\"acme\"}")
             UNDER("{\"from\":\"label\",\"prefix\":\"awswaf:clientip:geo:\"}", SOC("")) "}",
         "{\"labels\":[{\"name\":\"awswaf:clientip:geo:country:CN\"}]}", "unknown", 1},
    };
    struct engine engine = engine_config(cases[_i].config, NULL, 0);
    const struct wv_result *result = &engine_text(&engine, cases[_i].record).items[0];
    ck_assert_msg(is_under(result, cases[_i].pack), "%.*s", (int)result->value.len,
                  (const char *)result->value.ptr);
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->unreviewed_region, cases[_i].counted);
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->unknown_region, 0);
    engine_fini(&engine);
}
END_TEST

START_TEST(what_is_not_acknowledged_is_said)
{
    static const struct {
        const char *config;
        bool good;
        const char *said;
    } cases[] = {
        {REGION("kr", ""), true, "tenant \"acme\" gets the pack unknown, because its region is"},
        {REGION("kr", ""), true, "{\"acknowledge_unreviewed\": [\"kr\"]}"},
        {REGION("eu", ",\"packs\":{\"countries\":{\"ZZ\":\"cn\"}}"), true,
         "leads to the pack unknown, because this is a template"},
        {REGION("eu", ACKNOWLEDGED("\"kx\"")), false,
         "there is no pack \"kx\"; did you mean \"kr\""},
        {REGION("eu", ACKNOWLEDGED("\"jp\"")), true,
         "is reviewed: there is nothing to acknowledge"},
        {INPUT("{\"name\":\"acme\",\"region\":\"eu\"}")
             UNDER(TENANT, SOC(",\"overlay\":\"cn\"")) "}",
         false, "is a template that nobody has reviewed"},
    };
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(cases[_i].config, NULL, 0, report);
    char *text = findings_text(report);
    ck_assert((plan != NULL) == cases[_i].good);
    ck_assert_msg(strstr(text, cases[_i].said) != NULL, "%s\nsays\n%s", cases[_i].config, text);
    free(text);
    wv_report_free(report);
    wv_plan_free(plan);
}
END_TEST

/* What stands in the field, or "". */
static void value_behind(const struct wv_result *result, const char *before, char out[256])
{
    const uint8_t *at = memmem(result->value.ptr, result->value.len, before, strlen(before));
    const uint8_t *end = result->value.ptr + result->value.len;
    size_t len = 0;
    for (at = at == NULL ? end : at + strlen(before); at < end && *at != '"' && len < 255; at++) {
        out[len++] = (char)*at;
    }
    out[len] = '\0';
}

/* A hop or a host can be the client, so no pack may show more of one than of the client. */
START_TEST(nothing_shows_more_of_an_address_than_the_client_s_field)
{
    static const char *const shown[] = {"198.51.100.77", "198.51.100", "198.51",
                                        "2001:db8:1:2",  "2001:db8:1", "2001:db8"};
    static const char *const clients[] = {"198.51.100.77", "2001:db8:1:2:3:4:5:6"};
    struct engine names = engine_builtin(NULL);
    for (size_t i = 0; i < names.plan->pack_count; i++) {
        const char *pack = names.plan->packs[i].name;
        char config[512];
        snprintf(
            config, sizeof config,
            INPUT("{\"name\":\"acme\",\"region\":\"%s\"}") UNDER(TENANT, SOC(BARE)) "%s%s%s}", pack,
            names.plan->packs[i].unreviewed ? ",\"packs\":{\"acknowledge_unreviewed\":[\"" : "",
            names.plan->packs[i].unreviewed ? pack : "",
            names.plan->packs[i].unreviewed ? "\"]}" : "");
        struct engine engine = engine_config(config, NULL, 0);
        for (size_t c = 0; c < WV_COUNT(clients); c++) {
            char text[512];
            char own[256];
            char hops[256];
            char host[256];
            snprintf(text, sizeof text, "{\"httpRequest\":{\"clientIp\":\"%s\"}}", clients[c]);
            value_behind(&engine_text(&engine, text).items[0], "\"clientIp\":\"", own);
            snprintf(
                text, sizeof text,
                "{\"httpRequest\":{\"clientIp\":\"192.0.2.1\",\"host\":\"%s%s%s\",\"headers\":[{"
                "\"name\":\"X-Forwarded-For\",\"value\":\"%s\"}]}}",
                c == 1 ? "[" : "", clients[c], c == 1 ? "]" : "", clients[c]);
            const struct wv_result *result = &engine_text(&engine, text).items[0];
            value_behind(result, "\"value\":\"", hops);
            value_behind(result, "\"host\":\"", host);
            for (size_t k = 0; k < WV_COUNT(shown); k++) {
                const bool allowed = strstr(own, shown[k]) != NULL;
                ck_assert_msg(
                    allowed || (strstr(hops, shown[k]) == NULL && strstr(host, shown[k]) == NULL),
                    "%s: client %s, hops %s, host %s", pack, own, hops, host);
            }
        }
        engine_fini(&engine);
    }
    engine_fini(&names);
}
END_TEST

/* All of them at once, under all sources of regions there are: the plan must still fit, and every
 * pair must be there. */
START_TEST(all_templates_fit_together)
{
    char names[256] = "";
    char config[1024];
    for (size_t i = 0; i < WV_COUNT(templates); i++) {
        const size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s\"%s\"", i == 0 ? "" : ",", templates[i].name);
    }
    snprintf(config, sizeof config,
             "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\"}}],\"outputs\":["
             "{\"name\":\"a\",\"purpose\":\"security\"},"
             "{\"name\":\"b\",\"purpose\":\"third_party\",\"basis\":\"consent\"}],"
             "\"packs\":{\"acknowledge_unreviewed\":[%s]}}",
             names);
    struct engine engine = engine_config(config, NULL, 0);
    for (size_t a = 0; a < engine.plan->pack_count; a++) {
        for (size_t b = 0; b < engine.plan->pack_count; b++) {
            const uint64_t packs = UINT64_C(1) << a | UINT64_C(1) << b;
            ck_assert_ptr_nonnull(wv_plan_find_set(engine.plan, packs, 0));
        }
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack_templates");
    TCase *all = tcase_create("templates");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, a_template_is_as_strict_as_its_band, 0, (int)WV_COUNT(templates));
    tcase_add_test(all, all_templates_are_looked_at);
    tcase_add_loop_test(all, a_template_is_used_only_where_it_is_acknowledged, 0, 7);
    tcase_add_loop_test(all, what_is_not_acknowledged_is_said, 0, 6);
    tcase_add_test(all, nothing_shows_more_of_an_address_than_the_client_s_field);
    tcase_add_test(all, all_templates_fit_together);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
