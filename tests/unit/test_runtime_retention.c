/*
 * At stake: whoever declares how long records are kept relies on being told when they are not. What
 * is not known must be counted as that, brokers that do not answer must hold up nothing, least of
 * all the end of the service, and where nobody declares anything nobody is asked.
 * (What brokers do answer is held against a real one in tests/kafka.)
 */
#include "runtime/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "support/engine.h"

#include <check.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sched.h>

static const struct wv_retention_times quick = {
    .every_ms = 3600000, .retry_ms = 1, .look_ms = 1, .wait_ms = 300};

static char log_path[] = "/tmp/wafveil-retention-log-XXXXXX";

static struct wv_plan *plan_for(const char *brokers, const char *members)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\"},\"inputs\":[{\"topic\":"
             "\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"
             "\"outputs\":[{\"name\":\"o\",\"topic\":\"out\",\"purpose\":\"security\"%s}],"
             "\"rejects\":{\"topic\":\"bad\"}}",
             brokers, members);
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine_plan(text, NULL, 0, report);
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    return plan;
}

static struct wv_plan *running(void *context)
{
    return wv_plan_hold(context);
}

static struct wv_retention_numbers numbers_of(struct wv_retention_watch *watch)
{
    struct wv_retention_numbers numbers;
    wv_retention_watch_numbers(watch, &numbers);
    return numbers;
}

/* How often the word stands in the log. */
static size_t logged(const char *word)
{
    char text[65536] = "";
    const int file = open(log_path, O_RDONLY);
    ck_assert_int_ge(file, 0);
    ck_assert_int_ge((int)read(file, text, sizeof text - 1), 0);
    close(file);
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

static void begin_log(void)
{
    const int file = mkstemp(log_path);
    ck_assert_int_ge(file, 0);
    wv_log_init((struct wv_log_config){.level = WV_LOG_INFO, .style = WV_LOG_JSON, .file = file});
}

static uint64_t now_ms(void)
{
    return wv_clock_now_ns(wv_clock_system()) / 1000000;
}

static void await_failures(struct wv_retention_watch *watch, uint64_t count)
{
    const uint64_t until = now_ms() + 30000;
    while (numbers_of(watch).failed < count) {
        ck_assert_uint_lt(now_ms(), until);
        sched_yield();
    }
}

/* librdkafka's mock brokers say who they are, and answer no question of administration. */
START_TEST(silence_is_counted_and_said_once)
{
    char ignored[256];
    rd_kafka_t *owner =
        rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), ignored, sizeof ignored);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(owner, 1);
    struct wv_plan *plan =
        plan_for(rd_kafka_mock_cluster_bootstraps(cluster), ",\"retention_days\":30");
    begin_log();
    const struct wv_retention_setup setup = {running, plan, quick};
    struct wv_retention_watch *watch = wv_retention_watch_start(&setup);
    ck_assert_ptr_nonnull(watch);
    await_failures(watch, 3);
    const uint64_t begin = now_ms();
    const struct wv_retention_numbers numbers = numbers_of(watch);
    wv_retention_watch_stop(watch);
    ck_assert_uint_lt(now_ms() - begin, 3000);
    ck_assert_uint_eq(numbers.answered, 0);
    ck_assert(!numbers.outputs[0].known);
    ck_assert_uint_eq(logged("\"retention_unknown\""), 1);
    ck_assert_uint_eq(logged("/outputs/0/topic"), 1);
    ck_assert_uint_eq(logged("/inputs/0/topic"), 0);
    unlink(log_path);
    wv_plan_free(plan);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(owner);
}
END_TEST

START_TEST(nobody_is_asked_where_nothing_is_declared)
{
    struct wv_plan *plan = plan_for("127.0.0.1:1", "");
    begin_log();
    const struct wv_retention_setup setup = {running, plan, quick};
    struct wv_retention_watch *watch = wv_retention_watch_start(&setup);
    ck_assert_ptr_nonnull(watch);
    for (const uint64_t until = now_ms() + 200; now_ms() < until;) {
        sched_yield();
    }
    ck_assert_uint_eq(numbers_of(watch).failed, 0);
    wv_retention_watch_stop(watch);
    wv_retention_watch_stop(NULL);
    ck_assert_uint_eq(logged("retention"), 0);
    unlink(log_path);
    wv_plan_free(plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime_retention");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, silence_is_counted_and_said_once);
    tcase_add_test(tests, nobody_is_asked_where_nothing_is_declared);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
