/*
 * At stake: raw records that stay longer than the law of their region lets them, are gone before it
 * lets them, or lie open to everybody, and nobody is told. So every judgement is held on both sides
 * of its bound, in words, and what is not known is judged as nothing.
 */
#include "plan/retention.h"
#include "support/engine.h"

#include <check.h>

#define DAYS(n) ((int64_t)(n)*86400000)

static struct wv_plan *plan_of(const char *config, struct wv_report *report)
{
    char path[] = "/tmp/wafveil-topics-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, config, strlen(config)), (int)strlen(config));
    ck_assert_int_eq(close(file), 0);
    struct wv_config *loaded = wv_config_load(path, report);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_nonnull(loaded);
    struct wv_plan *plan = wv_plan_build(loaded, engine_keyring(report), report);
    ck_assert_ptr_nonnull(plan);
    return plan;
}

/* Of a region, "unknown" always being another one: 30 days are usual there. */
#define OF(region) OF_KEPT(region, "")
#define OF_KEPT(region, members)                                                                   \
    "{\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\","        \
    "\"region\":\"" region "\"}}],\"regions\":[{\"from\":\"tenant\"}],"                            \
    "\"packs\":{\"acknowledge_unreviewed\":[\"br\",\"th\"]},"                                      \
    "\"outputs\":[{\"name\":\"o\",\"topic\":\"out\",\"purpose\":\"security\"" members "}],"        \
    "\"rejects\":{\"topic\":\"bad\"}}"

/* ---- How long ---------------------------------------------------------------------------------
 */

#define USUAL(span, names)                                                                         \
    "keeps raw records " span ", longer than the days that are usual: " names                      \
    "; set retention.ms, and cleanup.policy to delete [RET-4]"
#define MINIMUM(span, names)                                                                       \
    "keeps raw records " span ", shorter than the days for which they must be kept: " names        \
    "; keep them here, or elsewhere [RET-3]"
#define LAG                                                                                        \
    "is compacted, and nothing says by when: an older record of a key can stay for any time; set " \
    "max.compaction.lag.ms [RET-4]"
#define ENDLESS                                                                                    \
    "keeps its records without an end: one with a token is personal data while its key lives; "    \
    "set retention.ms, and cleanup.policy to delete [RET-1]"
#define NOBODY(span)                                                                               \
    "keeps its records " span ", and nobody has said how long they may be: set retention_days "    \
    "[RET-1]"
#define WITH_TOKENS(span, names)                                                                   \
    "keeps records with tokens " span                                                              \
    ", longer than the days for which logs are usually kept: " names " [RET-4]"
#define LONGER(span, declared, ms)                                                                 \
    "keeps its records " span ", and " declared " are declared: set retention.ms to at most " ms   \
    " [RET-1]"
#define SEGMENT(span, declared, ms)                                                                \
    "can keep a record " span ", and " declared                                                    \
    " are declared: a segment is deleted when its newest record is old enough, and takes records " \
    "for segment.ms; retention.ms and segment.ms together must be at most " ms " [RET-1]"
#define NO_END(what, declared, ms)                                                                 \
    "keeps " what " without an end, and " declared                                                 \
    " are declared: set retention.ms to at most " ms ", and cleanup.policy to delete [RET-1]"
#define MONTH OF_KEPT("eu", ",\"retention_days\":30")
#define BY_SIZE                                                                                    \
    "retention.bytes can delete raw records before the days for which they must be kept [RET-3]"

static const struct kept {
    const char *config;
    enum wv_content content;
    struct wv_keeping keeping; /* answer.known is set by the test */
    const char *said;          /* all of it, a line each */
} kepts[] = {
    {OF("eu"), WV_CONTENT_RAW, {.ms = DAYS(7), .bytes = -1, .deletes = true, .lag_ms = -1}, ""},
    {OF("eu"), WV_CONTENT_RAW, {.ms = DAYS(30), .bytes = -1, .deletes = true, .lag_ms = -1}, ""},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(30) + 1, .bytes = -1, .deletes = true, .lag_ms = -1},
     USUAL("2592000001 ms", "unknown (30)") "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(365), .bytes = -1, .deletes = true, .lag_ms = -1},
     USUAL("365 days", "unknown (30)") "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(366), .bytes = -1, .deletes = true, .lag_ms = -1},
     USUAL("366 days", "eu (365), unknown (30)") "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = -1, .bytes = 1 << 30, .deletes = true, .lag_ms = -1},
     USUAL("without an end", "eu (365), unknown (30)") "\n"},
    /* Compacted topics keep the last record of each key, whatever retention.ms says. */
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(7), .bytes = -1, .compacts = true, .lag_ms = DAYS(1)},
     USUAL("without an end", "eu (365), unknown (30)") "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(7), .bytes = -1, .compacts = true, .lag_ms = -1},
     USUAL("without an end", "eu (365), unknown (30)") "\n" LAG "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(7), .bytes = -1, .deletes = true, .compacts = true, .lag_ms = -1},
     LAG "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(7), .bytes = -1, .deletes = true, .compacts = true, .lag_ms = DAYS(3)},
     ""},
    /* Laws that want logs to be there. */
    {OF("th"),
     WV_CONTENT_RAW,
     {.ms = DAYS(90), .bytes = -1, .deletes = true, .lag_ms = -1},
     USUAL("90 days", "unknown (30)") "\n"},
    {OF("th"),
     WV_CONTENT_RAW,
     {.ms = DAYS(90) - 3600000, .bytes = -1, .deletes = true, .lag_ms = -1},
     USUAL("2159 hours", "unknown (30)") "\n" MINIMUM("2159 hours", "th (90)") "\n"},
    {OF("br"),
     WV_CONTENT_RAW,
     {.ms = DAYS(1), .bytes = -1, .deletes = true, .lag_ms = -1},
     MINIMUM("1 day", "br (180)") "\n"},
    {OF("br"),
     WV_CONTENT_RAW,
     {.ms = DAYS(180), .bytes = 1 << 30, .deletes = true, .lag_ms = -1},
     USUAL("180 days", "unknown (30)") "\n" BY_SIZE "\n"},
    {OF("eu"),
     WV_CONTENT_RAW,
     {.ms = DAYS(7), .bytes = 1 << 30, .deletes = true, .lag_ms = -1},
     ""},
    /* A template that is not used is nobody's law. */
    {OF("cn"), WV_CONTENT_RAW, {.ms = DAYS(7), .bytes = -1, .deletes = true, .lag_ms = -1}, ""},
    /* What is protected may stay, but not for ever; reports of rejects hold nothing. */
    {OF("eu"),
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(365), .bytes = -1, .deletes = true, .lag_ms = -1},
     NOBODY("365 days") "\n"},
    {OF("eu"),
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(366), .bytes = -1, .deletes = true, .lag_ms = -1},
     NOBODY("366 days") "\n" WITH_TOKENS("366 days", "eu (365)") "\n"},
    /* "unknown" makes no tokens, and where it may not go, nothing does. */
    {OF("cn"),
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(4000), .bytes = -1, .deletes = true, .lag_ms = -1},
     NOBODY("4000 days") "\n"},
    /* What is declared, on both sides. */
    {MONTH, WV_CONTENT_PROTECTED, {.ms = DAYS(30), .bytes = -1, .deletes = true, .lag_ms = -1}, ""},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(30) + 1, .bytes = -1, .deletes = true, .lag_ms = -1},
     LONGER("2592000001 ms", "30 days", "2592000000") "\n"},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(90), .bytes = 1 << 30, .deletes = true, .compacts = true, .segment_ms = DAYS(7)},
     LONGER("90 days", "30 days", "2592000000") "\n"},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(23), .bytes = -1, .deletes = true, .segment_ms = DAYS(7)},
     ""},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(24), .bytes = -1, .deletes = true, .segment_ms = DAYS(7)},
     SEGMENT("31 days", "30 days", "2592000000") "\n"},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(24), .bytes = -1, .deletes = true, .segment_ms = -1},
     SEGMENT("without an end", "30 days", "2592000000") "\n"},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = -1, .bytes = -1, .deletes = true, .segment_ms = DAYS(7)},
     NO_END("its records", "30 days", "2592000000") "\n"},
    {MONTH,
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(1), .bytes = -1, .compacts = true, .lag_ms = DAYS(1), .segment_ms = DAYS(1)},
     NO_END("the last record of each key", "30 days", "2592000000") "\n"},
    {OF("eu"),
     WV_CONTENT_PROTECTED,
     {.ms = -1, .bytes = -1, .deletes = true, .lag_ms = -1},
     ENDLESS "\n"},
    {OF("eu"),
     WV_CONTENT_PROTECTED,
     {.ms = DAYS(1), .bytes = -1, .compacts = true, .lag_ms = -1},
     ENDLESS "\n"},
    {OF("eu"), WV_CONTENT_REJECTS, {.ms = -1, .bytes = -1, .deletes = true, .lag_ms = -1}, ""},
};

/* What has been added since there were `first` findings, in the order in which it was found. */
static char *said_since(const struct wv_report *report, size_t first, const char *pointer)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    for (size_t i = first; i < wv_report_count(report); i++) {
        const struct wv_finding *finding = wv_report_at(report, i);
        ck_assert_int_eq(finding->severity, WV_WARNING);
        ck_assert_str_eq(finding->pointer, pointer);
        (void)fprintf(stream, "%s\n", finding->text);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static void judged_as(const char *config, const struct wv_topic *topic, const char *said)
{
    static const char *const pointers[] = {"/inputs/0/topic", "/outputs/0/topic", "/rejects/topic"};
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_of(config, report);
    const size_t before = wv_report_count(report);
    wv_topics_judge(plan, topic, 1, report);
    char *text = said_since(report, before, pointers[topic->content]);
    ck_assert_str_eq(text, said);
    free(text);
    wv_plan_free(plan);
    wv_report_free(report);
}

START_TEST(keeping_is_judged_by_the_laws_of_the_plan)
{
    const struct kept *kept = &kepts[_i];
    struct wv_topic topic = {.content = kept->content, .keeping = kept->keeping};
    judged_as(kept->config, &topic, ""); /* nobody has answered */
    topic.keeping.answer.known = true;
    judged_as(kept->config, &topic, kept->said);
}
END_TEST

/* ---- Who ---------------------------------------------------------------------------------------
 */

#define OPEN                                                                                       \
    "the brokers have no authorizer: anyone who reaches them can read raw records [CTR-10]\n"
#define EVERYBODY "an ACL lets everybody (User:*) read raw records: name who must [CTR-10]\n"

START_TEST(readers_are_judged)
{
    static const struct wv_topic_reader some = {"User:soc", "*", "raw", false, false};
    static const struct wv_topic_reader all[] = {{"User:soc", "*", "raw", false, false},
                                                 {"User:*", "*", "*", false, false}};
    static const struct wv_topic_reader none = {"User:*", "*", "raw", false, true};
    static const struct {
        enum wv_content content;
        struct wv_topic_readers readers;
        const char *said;
    } cases[] = {
        {WV_CONTENT_RAW, {.answer.known = true, .anyone = true}, OPEN},
        {WV_CONTENT_RAW, {.anyone = true}, ""},
        {WV_CONTENT_RAW, {.answer.known = true, .items = &some, .count = 1}, ""},
        {WV_CONTENT_RAW, {.answer.known = true, .items = all, .count = 2}, EVERYBODY},
        {WV_CONTENT_RAW, {.items = all, .count = 2}, ""},
        {WV_CONTENT_RAW, {.answer.known = true, .items = &none, .count = 1}, ""},
        {WV_CONTENT_PROTECTED, {.answer.known = true, .anyone = true}, ""},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_topic topic = {.content = cases[i].content, .readers = cases[i].readers};
        judged_as(OF("eu"), &topic, cases[i].said);
    }
}
END_TEST

/* ---- Which, and in words -----------------------------------------------------------------------
 */

START_TEST(every_topic_is_asked_for)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_of(OF("eu"), report);
    struct wv_arena *arena = wv_arena_new(1 << 16);
    size_t count;
    const struct wv_topic *topics = wv_topics_of(wv_plan_config(plan), arena, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(topics[0].name, "raw");
    ck_assert_int_eq(topics[0].content, WV_CONTENT_RAW);
    ck_assert_str_eq(topics[1].name, "out");
    ck_assert_int_eq(topics[1].content, WV_CONTENT_PROTECTED);
    ck_assert_str_eq(topics[2].name, "bad");
    ck_assert_int_eq(topics[2].content, WV_CONTENT_REJECTS);
    ck_assert(!topics[0].keeping.answer.known && !topics[0].readers.answer.known &&
              !topics[0].groups.answer.known);
    struct wv_arena *small = wv_arena_new(16);
    ck_assert_ptr_null(wv_topics_of(wv_plan_config(plan), small, &count));
    wv_arena_free(small);
    wv_arena_free(arena);
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

START_TEST(spans_are_written_as_people_do)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {-1, "without an end"},
        {0, "0 ms"},
        {1, "1 ms"},
        {3599999, "3599999 ms"},
        {3600000, "1 hour"},
        {7200000, "2 hours"},
        {DAYS(1), "1 day"},
        {DAYS(1) + 3600000, "25 hours"},
        {DAYS(7), "7 days"},
        {INT64_MAX / 2, "4611686018427387903 ms"},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char text[WV_SPAN_TEXT];
        wv_span_format(cases[i].ms, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(a_list_stays_one_line)
{
    struct wv_listing names = {0};
    ck_assert_str_eq(names.text, "");
    wv_listing_add(&names, "eu");
    ck_assert_str_eq(names.text, "eu");
    wv_listing_add_text(&names, "%s (%d)", "jp", 30);
    ck_assert_str_eq(names.text, "eu, jp (30)");
    for (size_t i = 2; i < WV_LISTING_NAMES; i++) {
        wv_listing_add(&names, "x");
    }
    ck_assert_ptr_null(strstr(names.text, "more"));
    wv_listing_add(&names, "y");
    ck_assert_ptr_nonnull(strstr(names.text, ", x and 1 more"));
    wv_listing_add(&names, "z");
    ck_assert_ptr_nonnull(strstr(names.text, ", x and 2 more"));
    ck_assert_ptr_null(strstr(names.text, "y"));
}
END_TEST

START_TEST(long_names_do_not_overflow_a_list)
{
    char name[2 * WV_LISTING_BYTES];
    for (size_t length = 1; length < sizeof name; length += 7) {
        struct wv_listing names = {0};
        memset(name, 'n', sizeof name);
        name[length] = '\0';
        for (size_t i = 0; i < 3 * WV_LISTING_NAMES; i++) {
            wv_listing_add(&names, name);
        }
        ck_assert_uint_eq(names.names + names.more, 3 * (size_t)WV_LISTING_NAMES);
        ck_assert_uint_lt(strlen(names.text), sizeof names.text);
        ck_assert_ptr_nonnull(strstr(names.text, names.names == 0 ? "36" : " more"));
    }
}
END_TEST

/* `check` says it without a broker. */
START_TEST(what_is_declared_is_held_against_the_law)
{
    static const struct {
        const char *config;
        const char *said;
    } cases[] = {
        {OF("eu"), ""},
        {MONTH, ""},
        {OF_KEPT("eu", ",\"retention_days\":365"), ""},
        {OF_KEPT("eu", ",\"retention_days\":366"),
         "is longer than the days for which logs are usually kept: eu (365); its records have "
         "tokens [RET-4]\n"},
        {OF_KEPT("eu", ",\"retention_days\":36500,\"overlay\":\"refused\""), ""},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_report *report = wv_report_new();
        struct wv_plan *plan = plan_of(cases[i].config, report);
        const size_t before = wv_report_count(report);
        wv_retention_check(plan, report);
        char *text = said_since(report, before, "/outputs/0/retention_days");
        ck_assert_str_eq(text, cases[i].said);
        free(text);
        wv_plan_free(plan);
        wv_report_free(report);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topics");
    TCase *tests = tcase_create("topics");
    tcase_add_loop_test(tests, keeping_is_judged_by_the_laws_of_the_plan, 0, (int)WV_COUNT(kepts));
    tcase_add_test(tests, what_is_declared_is_held_against_the_law);
    tcase_add_test(tests, readers_are_judged);
    tcase_add_test(tests, every_topic_is_asked_for);
    tcase_add_test(tests, spans_are_written_as_people_do);
    tcase_add_test(tests, a_list_stays_one_line);
    tcase_add_test(tests, long_names_do_not_overflow_a_list);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
