/*
 * At stake: a plan is what the operator's documents mean. A pack that is not the one its author
 * wrote, a region without a pack, a condition in the wrong order: each would protect records by
 * other rules than somebody signed. So mistakes stop the plan, with a place, and what a plan says
 * of itself is what it does.
 */
#include "plan/explain.h"
#include "plan/tables.h"
#include "support/engine.h"

#include <check.h>

/* region, then members of the output, then further sections. */
#define CONFIG(region, output, more)                                                               \
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"" region      \
    "\"}}],\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"" output "}]" more "}"
#define PACKS      ",\"packs\":{\"files\":[\"p.json\"]}"
#define TWO        ",\"packs\":{\"files\":[\"p.json\",\"q.json\"]}"
#define PLAIN      CONFIG("eu", "", PACKS)
#define EU(rules)  "{\"pack\":\"p\",\"extends\":\"eu\",\"rules\":{" rules "}}"
#define LAW(law)   "{\"pack\":\"p\",\"extends\":\"eu\",\"law\":" law ",\"rules\":{}}"
#define SAID(more) LAW("{\"name\":\"x\"," more "}")
#define RULE(rule) EU("\"query\":" rule)

/* ---- Mistakes --------------------------------------------------------------------------------
 */

/* A configuration, up to two packs, and a part of what is said. */
static const struct mistake {
    const char *config;
    const char *p;
    const char *q;
    const char *said;
} mistakes[] = {
    {CONFIG("mars", "", PACKS), EU(""), NULL,
     "tenant \"acme\" is in region \"mars\", for which there is no pack"},
    {CONFIG("eu", ",\"overlay\":\"mars\"", PACKS), EU(""), NULL, "must be the name of a pack"},
    {CONFIG("eu", "", ",\"packs\":{\"files\":[\"p.json\"],\"countries\":{\"CH\":\"mars\"}}"),
     EU(""), NULL, "must be the name of a pack"},
    {CONFIG("eu", "", ",\"packs\":{\"files\":[\"nowhere.json\"]}"), EU(""), NULL, "nowhere.json"},
    {PLAIN, "{\"pack\":\"p\",\"extends\":\"mars\",\"rules\":{}}", NULL,
     "there is no such pack, or packs extend each other in a circle"},
    {PLAIN, "{\"pack\":\"p\",\"extends\":\"p\",\"rules\":{}}", NULL, "in a circle"},
    {CONFIG("eu", "", TWO), "{\"pack\":\"p\",\"extends\":\"q\",\"rules\":{}}",
     "{\"pack\":\"q\",\"extends\":\"p\",\"rules\":{}}", "in a circle"},
    {CONFIG("eu", "", TWO), EU(""), EU("\"query\":{\"value\":[\"keep\"]}"),
     "another pack is called"},
    {PLAIN, "{\"pack\":\"p\",\"rules\":{\"none\":{\"value\":[\"keep\"]}}}", NULL,
     "has no rule for class \"client_ip\""},
    {PLAIN, "{\"rules\":{}}", NULL, "\"pack\" is required"},
    {PLAIN, EU("\"qurey\":{\"value\":[\"keep\"]}"), NULL,
     "no such class: \"qurey\"; did you mean \"query\"?"},
    {PLAIN, EU("\"none\":{\"value\":[\"scrub\"]}"), NULL, "must be [\"keep\"] without a token"},
    {PLAIN, EU("\"none\":{\"value\":[\"keep\"],\"token\":\"text\"}"), NULL, "without a token"},
    {PLAIN, RULE("{}"), NULL, "\"value\" is required"},
    {PLAIN, RULE("{\"value\":[]}"), NULL, "must be an array of 1 to 6 filters"},
    {PLAIN, RULE("{\"value\":\"keep\"}"), NULL, "must be an array of 1 to 6 filters"},
    {PLAIN,
     RULE("{\"value\":[\"scrub\",\"scrub\",\"scrub\",\"scrub\",\"scrub\",\"scrub\",\"scrub\"]}"),
     NULL, "must be an array of 1 to 6 filters"},
    {PLAIN, RULE("{\"value\":[\"scrubb\"]}"), NULL,
     "no such filter: \"scrubb\"; did you mean \"scrub\"?"},
    {PLAIN, RULE("{\"value\":[{\"words\":\"keep\"}]}"), NULL, "\"filter\" is required"},
    {PLAIN, RULE("{\"value\":[{\"filter\":\"mask\",\"frist\":1}]}"), NULL,
     "unknown member \"frist\"; did you mean \"first\"?"},
    {PLAIN, RULE("{\"value\":[{\"filter\":\"mask\",\"first\":99}]}"), NULL, "p.json:1:"},
    {PLAIN, RULE("{\"value\":[\"drop\"],\"token\":\"person\"}"), NULL, "must be one of: ip, email"},
    {PLAIN, RULE("{\"value\":[\"drop\"],\"token\":{\"kind\":\"ip\",\"days\":1000}}"), NULL,
     "p.json:1:"},
    {PLAIN, RULE("[]"), NULL, "must hold at least one rule"},
    {PLAIN, RULE("[{\"value\":[\"drop\"],\"when\":{\"action\":[\"BLOCK\"]}}]"), NULL,
     "the last rule of a class has no \"when\""},
    {PLAIN, RULE("[{\"value\":[\"keep\"]},{\"value\":[\"drop\"]}]"), NULL,
     "only the last rule of a class has no \"when\""},
    {PLAIN, RULE("[{\"value\":[\"keep\"],\"when\":{}},{\"value\":[\"drop\"]}]"), NULL,
     "names no condition"},
    {PLAIN,
     RULE("[{\"value\":[\"keep\"],\"when\":{\"acton\":[\"BLOCK\"]}},{\"value\":[\"drop\"]}]"), NULL,
     "unknown member \"acton\"; did you mean \"action\"?"},
    {PLAIN, LAW("\"GDPR\""), NULL, "must be an object: {\"name\": \"…\"}"},
    {PLAIN, LAW("{}"), NULL, "\"name\" is required"},
    {PLAIN, SAID("\"acces_days\":30"), NULL, "did you mean \"access_days\"?"},
    {PLAIN, SAID("\"access_days\":-1"), NULL, "must be a whole number from 0"},
    {PLAIN, SAID("\"breach_hours\":0"), NULL, "must be a whole number from 1"},
    {PLAIN, SAID("\"breach_hours\":\"72\""), NULL, "must be a whole number from 1"},
    {PLAIN, SAID("\"log_days\":{\"usual\":[30]}"), NULL, "must be two numbers of days"},
    {PLAIN, SAID("\"log_days\":{\"usual\":[30,7]}"), NULL, "ends before it begins"},
    {PLAIN, SAID("\"log_days\":{\"usual\":[30,4294967297]}"), NULL, "must be a whole number"},
    {PLAIN, SAID("\"result\":\"anonymous\""), NULL, "must be one of: personal while"},
    {PLAIN, SAID("\"sources\":{}"), NULL, "must be an array of at most"},
    {PLAIN, SAID("\"sources\":[{\"title\":\"t\"}]"), NULL, "needs \"url\" or \"ref\""},
    {PLAIN, SAID("\"sources\":[{\"title\":\"t\",\"url\":\"http://x\"}]"), NULL,
     "must begin with https://"},
    {PLAIN, SAID("\"authority\":{\"name\":\"t\",\"url\":\"javascript:1\"}"), NULL,
     "must begin with https://"},
    {PLAIN, "{\"pack\":\"p\",\"extends\":\"eu\",\"effective\":\"2026-02-30\",\"rules\":{}}", NULL,
     "must be a day"},
    {PLAIN, "{\"pack\":\"p\",\"extends\":\"eu\",\"effective\":20260101,\"rules\":{}}", NULL,
     "must be a day"},
    {PLAIN, "{\"pack\":\"p\",\"extends\":\"eu\",\"review\":\"yes\",\"rules\":{}}", NULL,
     "must be one of: reviewed, unreviewed"},
};

START_TEST(mistakes_are_said)
{
    const struct mistake *mistake = &mistakes[_i];
    const struct engine_file files[] = {{"p.json", mistake->p}, {"q.json", mistake->q}};
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(mistake->config, files, mistake->q == NULL ? 1 : 2, report);
    char *text = findings_text(report);
    ck_assert_msg(plan == NULL, "accepted: %s", mistake->p);
    ck_assert_uint_gt(wv_report_errors(report), 0);
    ck_assert_msg(strstr(text, mistake->said) != NULL, "%s\nsays\n%s", mistake->p, text);
    free(text);
    wv_report_free(report);
}
END_TEST

/* ---- Versions --------------------------------------------------------------------------------
 */

static void version_of(const char *config, const char *pack, char plan_version[9],
                       char pack_version[64])
{
    const struct engine_file file = {"p.json", pack};
    struct engine engine = engine_config(config, &file, 1);
    snprintf(plan_version, 9, "%s", wv_plan_version(engine.plan));
    size_t index;
    ck_assert(wv_plan_pack_find(engine.plan, WV_LIT("p"), &index));
    snprintf(pack_version, 64, "%s", wv_plan_pack(engine.plan, index).version);
    engine_fini(&engine);
}

START_TEST(versions_follow_documents)
{
    static const char first[] = EU("\"query\":{\"value\":[\"drop\"]}");
    static const char blanks[] = EU(" \"query\" : {\"value\":[\"drop\"]}");
    static const char other[] = EU("\"query\":{\"value\":[\"keep\"]}");
    static const char password[] = CONFIG("eu", "", PACKS ",\"kafka\":{\"sasl.password\":\"one\"}");
    static const char new_password[] =
        CONFIG("eu", "", PACKS ",\"kafka\":{\"sasl.password\":\"two\"}");
    char plans[5][9];
    char packs[5][64];
    version_of(PLAIN, first, plans[0], packs[0]);
    version_of(PLAIN, blanks, plans[1], packs[1]);
    version_of(PLAIN, other, plans[2], packs[2]);
    version_of(password, first, plans[3], packs[3]);
    version_of(new_password, first, plans[4], packs[4]);
    ck_assert_str_eq(plans[0], plans[1]);
    ck_assert_str_eq(packs[0], packs[1]);
    ck_assert_str_ne(plans[0], plans[2]);
    ck_assert_str_ne(packs[0], packs[2]);
    /* A short digest would let anybody try passwords. */
    ck_assert_str_eq(plans[3], plans[4]);
    ck_assert_str_eq(packs[0], packs[3]);
    ck_assert_uint_eq(strlen(plans[0]), 8);
    ck_assert_uint_eq(strlen(packs[0]), strlen("p@") + 8);
}
END_TEST

START_TEST(a_base_counts_for_the_version)
{
    static const char config[] = CONFIG("eu", "", TWO);
    static const char q[] = "{\"pack\":\"q\",\"extends\":\"p\",\"rules\":{}}";
    static const char *const bases[] = {EU("\"query\":{\"value\":[\"drop\"]}"),
                                        EU("\"query\":{\"value\":[\"keep\"]}")};
    char versions[2][64];
    for (size_t i = 0; i < 2; i++) {
        /* The one that extends stands first: order of files must not matter. */
        const struct engine_file files[] = {{"p.json", q}, {"q.json", bases[i]}};
        struct engine engine = engine_config(config, files, 2);
        size_t index;
        ck_assert(wv_plan_pack_find(engine.plan, WV_LIT("q"), &index));
        snprintf(versions[i], sizeof versions[i], "%s", wv_plan_pack(engine.plan, index).version);
        engine_fini(&engine);
    }
    ck_assert_str_ne(versions[0], versions[1]);
}
END_TEST

/* ---- Tables ----------------------------------------------------------------------------------
 */

START_TEST(countries_have_packs)
{
    static const struct {
        const char *code;
        const char *pack;
    } cases[] = {
        {"DE", "eu"},       {"de", "eu"},
        {"GB", "uk"},       {"US", "us"},
        {"US-CA", "us-ca"}, {"JP", "jp"},
        {"ZZ", "unknown"},  {"", "unknown"},
        {"DEU", "unknown"}, {"-", "unknown"},
        {"CH", "p"},        {"FR", "us"},
        {"DE ", "unknown"}, {"US-CA-AND-MORE-THAN-THAT", "unknown"},
        {"KR", "kr"},       {"IN", "in"},
        {"IS", "eu"},       {"NO", "eu"},
        {"LI", "eu"},
    };
    const struct engine_file file = {"p.json", EU("")};
    struct engine engine = engine_config(
        CONFIG("eu", "",
               ",\"packs\":{\"files\":[\"p.json\"],\"countries\":{\"CH\":\"p\",\"FR\":\"us\"}}"),
        &file, 1);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const uint32_t pack = wv_plan_country(engine.plan, wv_slice_of(cases[i].code));
        ck_assert_str_eq(wv_plan_pack(engine.plan, pack).name, cases[i].pack);
    }
    engine_fini(&engine);
}
END_TEST

/* Every set of packs that the region sources can make has its rules, each as strict as its packs.
 */
START_TEST(all_sets_are_made)
{
    struct engine engine = engine_builtin(NULL);
    const struct wv_plan *plan = engine.plan;
    const size_t count = plan->pack_count;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < count; b++) {
            for (size_t c = 0; c < count; c++) {
                uint64_t packs = UINT64_C(1) << a | UINT64_C(1) << b | UINT64_C(1) << c;
                if (!plan->packs[a].used || !plan->packs[b].used || !plan->packs[c].used) {
                    continue;
                }
                const struct wv_pack_set *set = wv_plan_set(plan, packs, 0);
                ck_assert_uint_eq(set->packs, packs);
                const bool refused = (packs >> plan->pack_refused & 1) != 0;
                ck_assert(set->refused == refused);
                for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
                    const struct wv_rule *rule = set->rulings[0][class].items[0].rule;
                    /* Tokens only where all laws make the same. */
                    const struct wv_rule *one = plan->packs[a].rulings[class].items[0].rule;
                    ck_assert(rule->token == WV_KIND_NONE || rule->token == one->token);
                    ck_assert(!one->drops || rule->drops);
                }
            }
        }
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(a_plan_explains_itself)
{
    const struct engine_file file = {
        "p.json", RULE("[{\"when\":{\"action\":[\"BLOCK\",\"COUNT\"],\"host\":[\"a.example\"]},"
                       "\"value\":[\"keep\"]},{\"value\":[\"drop\"]}]")};
    struct engine engine = engine_config(PLAIN, &file, 1);
    const struct wv_plan *plan = engine.plan;
    size_t index;
    ck_assert(wv_plan_output(plan, WV_LIT("soc"), &index) && index == 0);
    ck_assert(!wv_plan_output(plan, WV_LIT("so"), &index));
    ck_assert(!wv_plan_pack_find(plan, WV_LIT("mars"), &index));
    ck_assert(wv_plan_pack_find(plan, WV_LIT("p"), &index));
    const struct wv_rulings rulings =
        wv_plan_rulings(plan, UINT64_C(1) << index, -1, 0, WV_CLASS_QUERY);
    ck_assert_uint_eq(rulings.count, 2);
    uint8_t memory[128];
    struct wv_buf when = wv_buf_of(memory, sizeof memory);
    struct wv_slice text;
    wv_plan_describe_when(plan, rulings.items[0].when, &when);
    ck_assert(wv_buf_take(&when, &text));
    ck_assert(wv_slice_eq(text, WV_LIT("action is BLOCK or COUNT and host is a.example")));
    ck_assert_uint_eq(rulings.items[1].when, 0);

    bool seen = false;
    size_t format = 0;
    while (strcmp(wv_plan_format(plan, format).name, "aws-waf") != 0) {
        format++;
    }
    ck_assert_str_eq(wv_plan_format(plan, format).known_by, "webaclId");
    ck_assert_str_eq(wv_plan_format(plan, format).syntax, "json");
    ck_assert_uint_gt(wv_plan_format(plan, format).classes, 10);
    for (size_t i = 0; i < wv_plan_fields(plan, format); i++) {
        const struct wv_field_info field = wv_plan_field(plan, format, i);
        ck_assert_ptr_nonnull(field.path);
        ck_assert_ptr_nonnull(field.class);
        seen = seen || (strcmp(field.path, "httpRequest.clientIp") == 0 &&
                        strcmp(field.class, "client_ip") == 0);
    }
    ck_assert(seen);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *plans = tcase_create("plans");
    tcase_set_timeout(plans, 60);
    tcase_add_loop_test(plans, mistakes_are_said, 0, (int)WV_COUNT(mistakes));
    tcase_add_test(plans, versions_follow_documents);
    tcase_add_test(plans, a_base_counts_for_the_version);
    tcase_add_test(plans, countries_have_packs);
    tcase_add_test(plans, all_sets_are_made);
    tcase_add_test(plans, a_plan_explains_itself);
    suite_add_tcase(suite, plans);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
