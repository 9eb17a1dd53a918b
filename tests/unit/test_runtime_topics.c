/*
 * At stake: brokers that are down, slow, or know nothing of such questions must cost one time limit
 * and end in "not known", with what to do: never in silence that looks like a good answer.
 * (What brokers do answer is held against a real one in tests/kafka.)
 */
#include "runtime/topics.h"
#include "runtime/topics_ask.h"

#include "base/log.h"
#include "support/findings.h"

#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

static const char text[] =
    "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\"},\"inputs\":[{\"topic\":\"raw\","
    "\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{"
    "\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"o\",\"topic\":\"out\",\"purpose\":"
    "\"security\"}],\"rejects\":{\"topic\":\"bad\",\"kafka\":{\"client.id\":\"other\"}}}";

static struct wv_config *config_for(const char *brokers)
{
    char path[] = "/tmp/wafveil-topics-XXXXXX";
    struct wv_report *report = wv_report_new();
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_gt(dprintf(file, text, brokers), 0);
    ck_assert_int_eq(close(file), 0);
    struct wv_config *config = wv_config_load(path, report);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_nonnull(config);
    wv_report_free(report);
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    return config;
}

static void nothing_is_known(const struct wv_topics_asked *asked, const char *why)
{
    ck_assert_uint_eq(asked->count, 3);
    ck_assert_uint_eq(wv_topics_unknown(asked), 9);
    for (size_t i = 0; i < asked->count; i++) {
        const struct wv_topic *topic = &asked->topics[i];
        const struct wv_answer *answers[] = {&topic->keeping.answer, &topic->readers.answer,
                                             &topic->groups.answer};
        for (size_t k = 0; k < WV_COUNT(answers); k++) {
            ck_assert(!answers[k]->known);
            ck_assert_msg(strstr(answers[k]->trouble, why) != NULL, "%zu.%zu: %s", i, k,
                          answers[k]->trouble);
        }
        ck_assert(!topic->readers.anyone);
    }
}

START_TEST(brokers_that_are_down_are_not_known)
{
    struct wv_config *config = config_for("127.0.0.1:1");
    struct wv_topics_asked asked;
    const uint64_t begin = wv_clock_now_ns(wv_clock_system());
    ck_assert(wv_topics_ask(config, 400, &asked));
    const uint64_t took_ms = (wv_clock_now_ns(wv_clock_system()) - begin) / 1000000;
    nothing_is_known(&asked, "check bootstrap.servers, and that the brokers are up");
    /* Two clients, one limit each, whatever the number of topics and questions. */
    ck_assert_uint_lt(took_ms, 4000);
    ck_assert_str_eq(asked.topics[0].brokers, "127.0.0.1:1");
    wv_topics_forget(&asked);
    wv_topics_forget(&asked);
    wv_config_free(config);
}
END_TEST

/* librdkafka's mock brokers say who they are, and answer no question of administration. */
START_TEST(brokers_that_do_not_answer_are_not_known)
{
    char ignored[256];
    rd_kafka_t *owner =
        rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), ignored, sizeof ignored);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(owner, 1);
    struct wv_config *config = config_for(rd_kafka_mock_cluster_bootstraps(cluster));
    struct wv_topics_asked asked;
    const uint64_t begin = wv_clock_now_ns(wv_clock_system());
    ck_assert(wv_topics_ask(config, 400, &asked));
    const uint64_t took_ms = (wv_clock_now_ns(wv_clock_system()) - begin) / 1000000;
    nothing_is_known(&asked, "the brokers were reached and did not answer in time");
    ck_assert_uint_lt(took_ms, 4000);
    wv_topics_forget(&asked);
    wv_config_free(config);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(owner);
}
END_TEST

/* Names in a broker's answer are somebody's text: they are shown on a terminal and in JSON. */
START_TEST(names_are_made_harmless)
{
    static const struct {
        const char *text;
        const char *kept;
    } cases[] = {
        {"User:soc", "User:soc"},
        {"User:\xe6\x97\xa5\xe6\x9c\xac", "User:\xe6\x97\xa5\xe6\x9c\xac"},
        {"a\x1b[2Jb\nc\x7f", "a?[2Jb?c?"},
        {"a\xc2\x9b"
         "2Jb",
         "a??2Jb"},
        {"a\xc2\xa0"
         "b",
         "a\xc2\xa0"
         "b"},
        {"a\xff\xe6\x97", "a???"},
        {"", ""},
        {NULL, ""},
    };
    struct wv_arena *arena = wv_arena_new(1 << 16);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        ck_assert_str_eq(wv_ask_keep(arena, cases[i].text), cases[i].kept);
    }
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_uint_eq(strlen(wv_ask_keep(arena, longest)), 512);
    wv_arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime_topics");
    TCase *tests = tcase_create("runtime_topics");
    tcase_add_test(tests, brokers_that_are_down_are_not_known);
    tcase_add_test(tests, brokers_that_do_not_answer_are_not_known);
    tcase_add_test(tests, names_are_made_harmless);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
