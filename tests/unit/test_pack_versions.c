/*
 * At stake: a law changes on a day, and records of the day before may be processed the day after.
 * Each must be protected as the law of its own time says; the version that was in force must stay
 * readable in what was published; and nobody may get a looser rule by leaving out the time, by a
 * version that takes a built-in pack's place unseen, or by two versions of one day.
 */
#include "plan/tables.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>

#define UNDER_P(more)                                                                              \
    INPUT("{\"name\":\"acme\",\"region\":\"p\"}")                                                  \
    UNDER(TENANT, SOC(more))                                                                       \
    ",\"packs\":{"                                                                                 \
    "\"files\":["
#define FILES(files) files "]}}"
#define RULES(query) ",\"rules\":{\"query\":{\"value\":[\"" query "\"],\"why\":\"" query "\"}}}"
#define P(version, day, query)                                                                     \
    "{\"pack\":\"p\",\"version\":\"" version "\",\"effective\":\"" day                             \
    "\",\"extends\":\"p\"" RULES(query)
#define FIRST_P(day, query)                                                                        \
    "{\"pack\":\"p\",\"effective\":\"" day "\",\"extends\":\"eu\"" RULES(query)

/* 2026-01-01, 2027-01-01 and 2028-01-01 00:00 UTC, in seconds. */
#define NEW_YEAR_26 INT64_C(1767225600)
#define NEW_YEAR_27 INT64_C(1798761600)
#define NEW_YEAR_28 INT64_C(1830297600)

static const struct wv_result *at_time(struct engine *engine, int64_t time_ms)
{
    static char text[256];
    snprintf(text, sizeof text, "{\"timestamp\":%lld,\"httpRequest\":{\"args\":\"a=b\"}}",
             (long long)time_ms);
    return &engine_text(engine, text).items[0];
}

static bool shows_query(const struct wv_result *result)
{
    return holds(result->value, "a=b");
}

START_TEST(the_version_of_the_time_applies)
{
    const struct engine_file files[] = {{"two.json", P("2", "2027-01-01", "keep")},
                                        {"one.json", FIRST_P("2026-01-01", "drop")},
                                        {"three.json", P("3", "2028-01-01", "drop")}};
    struct engine engine =
        engine_config(UNDER_P("") FILES("\"two.json\",\"one.json\",\"three.json\""), files, 3);
    ck_assert(!shows_query(at_time(&engine, 0)));
    ck_assert(!shows_query(at_time(&engine, NEW_YEAR_26 * 1000 - 1)));
    ck_assert(!shows_query(at_time(&engine, NEW_YEAR_27 * 1000 - 1)));
    ck_assert(shows_query(at_time(&engine, NEW_YEAR_27 * 1000)));
    ck_assert(shows_query(at_time(&engine, NEW_YEAR_28 * 1000 - 1)));
    ck_assert(!shows_query(at_time(&engine, NEW_YEAR_28 * 1000)));
    ck_assert(!shows_query(at_time(&engine, INT64_C(253402300799999))));
    /* Kafka's time counts where the record has none of its own. */
    const struct wv_record kafka = {.value = WV_LIT("{\"httpRequest\":{\"args\":\"a=b\"}}"),
                                    .time_ms = NEW_YEAR_27 * 1000};
    ck_assert(shows_query(&wv_transform(engine.worker, &kafka).items[0]));
    engine_fini(&engine);
}
END_TEST

/* A time that nobody believes chooses no rules: whoever makes one up would choose the loosest. */
START_TEST(a_time_that_is_not_believed_chooses_no_version)
{
    static const struct {
        const char *events;
        bool shows;
    } cases[] = {{"", true},
                 {",\"events\":{\"late_days\":365}", false},
                 {",\"events\":{\"late_days\":365,\"out_of_range\":\"arrival\"}", false},
                 {",\"events\":{\"late_days\":366}", true}};
    const struct engine_file files[] = {{"one.json", FIRST_P("2026-01-01", "keep")},
                                        {"two.json", P("2", "2027-01-01", "drop")}};
    char text[256];
    snprintf(text, sizeof text, "{\"timestamp\":%lld,\"httpRequest\":{\"args\":\"a=b\"}}",
             (long long)NEW_YEAR_26 * 1000);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        snprintf(config, sizeof config, UNDER_P("") "\"one.json\",\"two.json\"]}%s}",
                 cases[i].events);
        struct engine engine = engine_config(config, files, 2);
        const struct wv_record record = {.value = wv_slice_of(text),
                                         .time_ms = (NEW_YEAR_27 + 86400) * 1000};
        const struct wv_result *result = &wv_transform(engine.worker, &record).items[0];
        ck_assert(shows_query(result) == cases[i].shows);
        engine_fini(&engine);
    }
}
END_TEST

/* The strictest of all versions, and the annotation names them. */
START_TEST(without_a_time_all_versions_apply)
{
    const struct engine_file files[] = {{"one.json", FIRST_P("2026-01-01", "drop")},
                                        {"two.json", P("2", "2027-01-01", "keep")}};
    struct engine engine = engine_config(
        UNDER_P(",\"annotate\":\"both\"") FILES("\"one.json\",\"two.json\""), files, 2);
    const struct wv_result *result =
        &engine_text(&engine, "{\"httpRequest\":{\"args\":\"a=b\"}}").items[0];
    ck_assert(!shows_query(result));
    const uint8_t *first = memmem(result->value.ptr, result->value.len, "\"pack\":\"p@", 10);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(memmem(first, 32, "+p@", 3));
    ck_assert(header_is(result, "wafveil-origin", "p"));
    ck_assert(!shows_query(at_time(&engine, -5)));
    engine_fini(&engine);
}
END_TEST

/* The strict first version is not worn down: a version extends the one before it. */
START_TEST(a_version_extends_the_one_before)
{
    const struct engine_file files[] = {
        {"one.json", FIRST_P("2026-01-01", "drop")},
        {"two.json",
         "{\"pack\":\"p\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":\"p\","
         "\"rules\":{\"uri_path\":{\"value\":[\"drop\"]}}}"},
        {"q.json", "{\"pack\":\"q\",\"effective\":\"2027-06-01\",\"extends\":\"p\",\"rules\":{}}"},
        {"r.json", "{\"pack\":\"r\",\"effective\":\"2026-06-01\",\"extends\":\"p\",\"rules\":{}}"},
    };
    struct engine engine = engine_config(
        UNDER_P("") FILES("\"q.json\",\"two.json\",\"one.json\",\"r.json\""), files, 4);
    const struct wv_plan *plan = engine.plan;
    static const struct {
        const char *pack;
        bool drops_path;
    } cases[] = {{"q", true}, {"r", false}};
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        size_t pack;
        ck_assert(wv_plan_pack_find(plan, wv_slice_of(cases[i].pack), &pack));
        const struct wv_rulings *rulings = plan->packs[pack].rulings;
        ck_assert(rulings[WV_CLASS_QUERY].items[0].rule->drops);
        ck_assert(rulings[WV_CLASS_URI_PATH].items[0].rule->drops == cases[i].drops_path);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(a_built_in_pack_may_have_a_later_version)
{
    const struct engine_file file = {
        "uk.json",
        "{\"pack\":\"uk\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":\"uk\"" RULES(
            "drop")};
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"uk\"}")
                          UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"uk.json\"]}}",
                      &file, 1);
    ck_assert(shows_query(at_time(&engine, NEW_YEAR_27 * 1000 - 1)));
    ck_assert(!shows_query(at_time(&engine, NEW_YEAR_27 * 1000)));
    engine_fini(&engine);
}
END_TEST

/* Unknown tenants and refused consent have versions, too. */
START_TEST(the_strictest_packs_have_versions)
{
    const struct engine_file files[] = {
        {"unknown.json", "{\"pack\":\"unknown\",\"version\":\"2\",\"effective\":\"2027-01-01\","
                         "\"extends\":\"unknown\",\"rules\":{\"geo\":{\"value\":[\"drop\"]}}}"},
        {"refused.json", "{\"pack\":\"refused\",\"version\":\"2\",\"effective\":\"2028-01-01\","
                         "\"extends\":\"refused\",\"rules\":{\"host\":{\"value\":[\"drop\"]}}}"},
    };
    struct engine engine = engine_config(
        INPUT("{\"name\":\"acme\",\"hosts\":[\"a.example\"]}")
            UNDER(TENANT, SOC(",\"basis\":\"consent\"")) ",\"consent\":{\"header\":\"c\"},"
                                                         "\"packs\":{\"files\":[\"unknown.json\","
                                                         "\"refused.json\"]}}",
        files, 2);
    const struct wv_header refused = {WV_LIT("c"), WV_LIT("refused")};
    static const struct {
        int64_t time_s;
        bool geo;
        bool host;
    } cases[] = {
        {NEW_YEAR_27 - 1, true, true}, {NEW_YEAR_27, false, true}, {NEW_YEAR_28, false, false}};
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_record record = {
            .value = WV_LIT("{\"httpRequest\":{\"country\":\"DE\",\"host\":\"a.example\"}}"),
            .time_ms = cases[i].time_s * 1000,
            .headers = &refused,
            .header_count = 1,
        };
        const struct wv_result *result = &wv_transform(engine.worker, &record).items[0];
        ck_assert(holds(result->value, "DE") == cases[i].geo);
        ck_assert(holds(result->value, "a.example") == cases[i].host);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(an_overlay_has_versions)
{
    const struct engine_file files[] = {{"one.json", FIRST_P("2026-01-01", "keep")},
                                        {"two.json", P("2", "2027-01-01", "drop")}};
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   SOC(",\"overlay\":\"p\"")) ",\"packs\":{\"files\":[\"one.json\",\"two.json\"]}}",
        files, 2);
    ck_assert(shows_query(at_time(&engine, NEW_YEAR_27 * 1000 - 1)));
    ck_assert(!shows_query(at_time(&engine, NEW_YEAR_27 * 1000)));
    ck_assert(shows_query(at_time(&engine, NEW_YEAR_26 * 1000)));
    ck_assert(!shows_query(&engine_text(&engine, "{\"httpRequest\":{\"args\":\"a=b\"}}").items[0]));
    engine_fini(&engine);
}
END_TEST

/* A later version that somebody has reviewed ends the time of the template. */
START_TEST(a_reviewed_version_needs_no_acknowledgement)
{
    const struct engine_file file = {
        "kr.json",
        "{\"pack\":\"kr\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":\"kr\","
        "\"review\":\"reviewed\",\"rules\":{}}"};
    struct engine engine =
        engine_config(INPUT("{\"name\":\"acme\",\"region\":\"kr\"}")
                          UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"kr.json\"]}}",
                      &file, 1);
    ck_assert(holds(at_time(&engine, NEW_YEAR_27 * 1000 - 1)->value, "\"pack\":\"unknown@"));
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->unreviewed_region, 1);
    ck_assert(holds(at_time(&engine, NEW_YEAR_27 * 1000)->value, "\"pack\":\"kr@"));
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->unreviewed_region, 1);
    engine_fini(&engine);
}
END_TEST

/* Each pack of a record, each version of it, and the overlay say what they would have done. */
START_TEST(everybody_has_a_word)
{
    const struct engine_file files[] = {{"one.json", FIRST_P("2026-01-01", "keep")},
                                        {"two.json", P("2", "2027-01-01", "drop")}};
    struct engine engine = engine_config(
        INPUT("{\"name\":\"acme\",\"region\":\"uk\"}")
            UNDER(TENANT "," TENANT,
                  "{\"name\":\"o\",\"purpose\":\"third_party\",\"basis\":\"consent\",\"overlay\":"
                  "\"p\"}") ",\"packs\":{\"files\":[\"one.json\",\"two.json\"]}}",
        files, 2);
    const struct wv_plan *plan = engine.plan;
    struct wv_voice voices[WV_VOICES_MAX];
    size_t uk;
    size_t jp;
    ck_assert(wv_plan_pack_find(plan, WV_LIT("uk"), &uk) &&
              wv_plan_pack_find(plan, WV_LIT("jp"), &jp));
    struct wv_why_question question = {UINT64_C(1) << uk | UINT64_C(1) << jp, NEW_YEAR_27 * 1000, 0,
                                       WV_CLASS_QUERY};
    struct wv_rulings rulings =
        wv_plan_rulings(plan, question.packs, question.time_ms, 0, question.class);
    ck_assert_uint_eq(wv_plan_voices(plan, &question, &rulings.items[0], voices), 3);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(voices[i].say == WV_SAY_LESS && !voices[i].overlay);
        ck_assert(voices[i].pack == jp || (voices[i].pack == uk && voices[i].stands_in != uk));
    }
    ck_assert(voices[2].say == WV_SAY_TAKEN && voices[2].overlay);
    ck_assert_str_eq(plan->packs[voices[2].pack].edition, "2");

    question.time_ms = NEW_YEAR_26 * 1000; /* the overlay's first version keeps */
    rulings = wv_plan_rulings(plan, question.packs, question.time_ms, 0, question.class);
    ck_assert_uint_eq(wv_plan_voices(plan, &question, &rulings.items[0], voices), 3);
    ck_assert(voices[0].say == WV_SAY_TAKEN && voices[1].say == WV_SAY_TAKEN);
    ck_assert(voices[2].say == WV_SAY_LESS);

    question.class = WV_CLASS_TENANT_REF; /* dropped by the purpose */
    rulings = wv_plan_rulings(plan, question.packs, question.time_ms, 0, question.class);
    ck_assert_uint_eq(wv_plan_voices(plan, &question, &rulings.items[0], voices), 3);
    ck_assert(rulings.items[0].rule->drops);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(voices[i].say == WV_SAY_LESS);
    }

    question.class = WV_CLASS_USERNAME; /* without a time: both versions of the overlay */
    question.time_ms = -1;
    rulings = wv_plan_rulings(plan, question.packs, question.time_ms, 0, question.class);
    ck_assert_uint_eq(wv_plan_voices(plan, &question, &rulings.items[0], voices), 4);
    engine_fini(&engine);
}
END_TEST

/* ---- Mistakes --------------------------------------------------------------------------------
 */

#define EU(members) "{\"pack\":\"eu\"," members ",\"rules\":{}}"

static const struct mistake {
    const char *one;
    const char *two;
    const char *said;
} mistakes[] = {
    {EU("\"extends\":\"us\""), NULL, "is built in, and holds from 2018-05-25 on"},
    {EU("\"version\":\"2\",\"extends\":\"eu\",\"effective\":\"2018-05-25\""), NULL, "is built in"},
    {EU("\"version\":\"2\",\"extends\":\"eu\",\"effective\":\"2017-05-25\""), NULL, "is built in"},
    {EU("\"extends\":\"eu\",\"effective\":\"2027-01-01\""), NULL,
     "another version of \"eu\" is called \"1\", too"},
    {EU("\"version\":\"2\",\"extends\":\"us\",\"effective\":\"2027-01-01\""), NULL,
     "a later version of \"eu\" extends \"eu\", or has a rule for every class"},
    {EU("\"version\":\"2\",\"effective\":\"2027-01-01\""), NULL, "has no rule for class"},
    {FIRST_P("2026-01-01", "drop"), FIRST_P("2026-01-01", "keep"),
     "another pack is called \"p\" and begins on the same day"},
    {FIRST_P("2026-01-01", "drop"), P("1", "2027-01-01", "keep"), "is called \"1\", too"},
    {FIRST_P("2027-01-01", "drop"), P("2", "2026-01-01", "keep"), "a later version of \"p\""},
    {P("1", "2026-01-01", "drop"), NULL, "there is no such pack"},
    {"{\"pack\":\"refused\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":\"refused\","
     "\"review\":\"unreviewed\",\"rules\":{}}",
     NULL, "the pack \"refused\" must be reviewed"},
};

START_TEST(mistakes_are_said)
{
    const struct mistake *mistake = &mistakes[_i];
    const struct engine_file files[] = {{"one.json", mistake->one}, {"two.json", mistake->two}};
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan =
        mistake->two == NULL
            ? engine_plan(ACME UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"one.json\"]}}",
                          files, 1, report)
            : engine_plan(
                  ACME UNDER(TENANT, SOC("")) ",\"packs\":{\"files\":[\"one.json\",\"two.json\"]}}",
                  files, 2, report);
    char *text = findings_text(report);
    ck_assert(plan == NULL);
    ck_assert_msg(strstr(text, mistake->said) != NULL, "%s\nsays\n%s", mistake->one, text);
    free(text);
    wv_report_free(report);
}
END_TEST

/* ---- Any packs, at any time ------------------------------------------------------------------
 */

enum { LINES = 3, VERSIONS = 4, DAYS = 40, DRAWN = 300 };

/* Packs a, b and c with up to four versions each, over 40 days from 2027-01-01 on. */
struct world {
    uint64_t state;
    int day[LINES][VERSIONS]; /* of each version, rising */
    bool drops[LINES][VERSIONS];
    size_t versions[LINES];
    char names[LINES * VERSIONS][48];
    char texts[LINES * VERSIONS][512];
    struct engine_file files[LINES * VERSIONS];
    size_t count;
};

static void add_version(struct world *world, size_t line, size_t version)
{
    const int day = world->day[line][version];
    char *text = world->texts[world->count];
    snprintf(world->names[world->count], sizeof world->names[0], "%zu-%zu.json", line, version);
    snprintf(text, sizeof world->texts[0],
             "{\"pack\":\"%c\",\"version\":\"%zu\",\"effective\":\"2027-%02d-%02d\",\"extends\":\"%"
             "c%s\","
             "\"rules\":{\"query\":{\"value\":[\"%s\"]}}}",
             'a' + (int)line, version + 1, day / 31 + 1, day % 31 + 1,
             version == 0 ? 'e' : 'a' + (int)line, version == 0 ? "u" : "",
             world->drops[line][version] ? "drop" : "keep");
    world->files[world->count] = (struct engine_file){world->names[world->count], text};
    world->count++;
}

static void make_world(struct world *world)
{
    world->count = 0;
    for (size_t line = 0; line < LINES; line++) {
        int day = (int)(random_next(&world->state) % 10);
        world->versions[line] = 1 + random_next(&world->state) % VERSIONS;
        for (size_t i = 0; i < world->versions[line]; i++) {
            world->day[line][i] = day;
            world->drops[line][i] = random_next(&world->state) % 2 == 0;
            add_version(world, line, i);
            day += 1 + (int)(random_next(&world->state) % 8);
        }
    }
}

/* Whether the version of that day drops; without a day, whether any does. */
static bool drops_on(const struct world *world, size_t line, int day)
{
    size_t found = 0;
    bool any = false;
    for (size_t i = 0; i < world->versions[line]; i++) {
        found = world->day[line][i] <= day ? i : found;
        any = any || world->drops[line][i];
    }
    return day < 0 ? any : world->drops[line][found];
}

START_TEST(every_time_has_its_rules)
{
    struct world world = {.state = (uint64_t)_i};
    char config[1024];
    make_world(&world);
    snprintf(config, sizeof config,
             "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\"}}],\"regions\":["
             "{\"from\":\"header\",\"header\":\"r\"},{\"from\":\"header\",\"header\":\"s\"}],"
             "\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\",\"overlay\":\"c\"}],"
             "\"packs\":{\"files\":[");
    for (size_t i = 0; i < world.count; i++) {
        const size_t at = strlen(config);
        snprintf(config + at, sizeof config - at, "%s\"%s\"", i == 0 ? "" : ",", world.names[i]);
    }
    snprintf(config + strlen(config), sizeof config - strlen(config), "]}}");
    struct engine engine = engine_config(config, world.files, world.count);
    for (size_t i = 0; i < DRAWN; i++) {
        const int day = (int)(random_next(&world.state) % (DAYS + 1)) - 1;
        const size_t first = random_next(&world.state) % 2;
        const size_t second = random_next(&world.state) % 2;
        const uint8_t names[] = {(uint8_t)('a' + first), (uint8_t)('a' + second)};
        const struct wv_header headers[] = {{WV_LIT("r"), {&names[0], 1}},
                                            {WV_LIT("s"), {&names[1], 1}}};
        const int64_t of_day = (int64_t)(random_next(&world.state) % 86400000);
        const struct wv_record record = {
            .value = WV_LIT("{\"httpRequest\":{\"args\":\"a=b\"}}"),
            .headers = headers,
            .header_count = 2,
            .time_ms = day < 0 ? -1 : (NEW_YEAR_27 + day * 86400) * 1000 + of_day,
        };
        const bool drops = drops_on(&world, first, day) || drops_on(&world, second, day) ||
                           drops_on(&world, 2, day);
        const struct wv_result *result = &wv_transform(engine.worker, &record).items[0];
        ck_assert_msg(shows_query(result) == !drops, "world %d, day %d, %c and %c", _i, day,
                      names[0], names[1]);
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack_versions");
    TCase *all = tcase_create("versions");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, the_version_of_the_time_applies);
    tcase_add_test(all, a_time_that_is_not_believed_chooses_no_version);
    tcase_add_test(all, without_a_time_all_versions_apply);
    tcase_add_test(all, a_version_extends_the_one_before);
    tcase_add_test(all, a_built_in_pack_may_have_a_later_version);
    tcase_add_test(all, the_strictest_packs_have_versions);
    tcase_add_test(all, an_overlay_has_versions);
    tcase_add_test(all, a_reviewed_version_needs_no_acknowledgement);
    tcase_add_test(all, everybody_has_a_word);
    tcase_add_loop_test(all, mistakes_are_said, 0, (int)WV_COUNT(mistakes));
    tcase_add_loop_test(all, every_time_has_its_rules, 0, 40);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
