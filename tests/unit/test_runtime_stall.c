/*
 * At stake: a partition that stands still for ever, unseen, because others go on. And the opposite:
 * a process that ends because brokers were away, or because it was halted itself.
 */
#include "base/log.h"
#include "runtime/stall.h"
#include "support/fast_clock.h"
#include "support/running_service.h"

#include <unistd.h>

enum {
    LOOK_MS = 200,
    LOOKS = WV_STALL_LIMIT_MS / LOOK_MS,
    HERE = 1, /* brokers */
    AWAY = 2,
    PATIENCE_MS = 60000,
};

/* ---- The rule ---------------------------------------------------------------------------------
 */

static struct rule {
    struct wv_tracker tracker;
    struct wv_ticket ticket;
    struct wv_stall stall;
    uint64_t now_ns;
    uint64_t progress_ns;
} r;

static void make_tracker(void)
{
    r = (struct rule){.now_ns = 1};
    ck_assert(wv_tracker_init(&r.tracker, 1024));
    wv_tracker_reset(&r.tracker, 1, 7);
    ck_assert(wv_tracker_open(&r.tracker, 7, &r.ticket));
}

static void drop_tracker(void)
{
    wv_tracker_fini(&r.tracker);
}

static bool look(uint32_t later_ms, bool progress)
{
    r.now_ns += UINT64_C(1000000) * later_ms;
    r.progress_ns = progress ? r.now_ns : r.progress_ns;
    return wv_stall_look(&r.stall, &r.tracker, r.now_ns, r.progress_ns);
}

/* How many looks it takes; 0: so many are not enough. */
static int looks_until_stalled(int looks, uint32_t each_ms, bool progress)
{
    for (int i = 1; i <= looks; i++) {
        if (look(each_ms, progress)) {
            return i;
        }
    }
    return 0;
}

START_TEST(one_that_waits_while_others_go_on_is_stalled)
{
    ck_assert_int_eq(looks_until_stalled(2 * LOOKS, LOOK_MS, true), LOOKS + 1);
}
END_TEST

START_TEST(brokers_that_acknowledge_nothing_are_waited_for)
{
    ck_assert_int_eq(looks_until_stalled(3 * LOOKS, LOOK_MS, false), 0);
    ck_assert(look(LOOK_MS, true));
}
END_TEST

START_TEST(whatever_moves_is_not_stalled)
{
    struct wv_ticket next;
    ck_assert_int_eq(looks_until_stalled(LOOKS, LOOK_MS, true), 0);
    ck_assert(wv_tracker_open(&r.tracker, 8, &next));
    ck_assert(wv_tracker_ack(&r.tracker, r.ticket)); /* the next one waits from now on */
    ck_assert_int_eq(looks_until_stalled(LOOKS, LOOK_MS, true), 0);
    ck_assert(wv_tracker_ack(&r.tracker, next)); /* nothing waits */
    ck_assert_int_eq(looks_until_stalled(2 * LOOKS, LOOK_MS, true), 0);
}
END_TEST

START_TEST(a_partition_that_comes_back_begins_anew)
{
    ck_assert_int_eq(looks_until_stalled(LOOKS, LOOK_MS, true), 0);
    wv_tracker_reset(&r.tracker, 2, 7);
    ck_assert(wv_tracker_open(&r.tracker, 7, &r.ticket));
    ck_assert_int_eq(looks_until_stalled(2 * LOOKS, LOOK_MS, true), LOOKS + 1);
}
END_TEST

START_TEST(a_process_that_was_halted_has_not_waited)
{
    ck_assert(!look(LOOK_MS, true));
    ck_assert(!look(2 * WV_STALL_LIMIT_MS, true));
    ck_assert_int_eq(looks_until_stalled(LOOKS / 2, LOOK_MS, true), 0);
}
END_TEST

/* ---- The service ------------------------------------------------------------------------------
 */

static void set_up(void)
{
    static const struct running_topic topics[] = {{"in", 2}, {"out", 2}};
    running_make_folder("stall");
    running_start_brokers(2, topics, WV_COUNT(topics));
    running_write_plain();
    for (int32_t partition = 0; partition < 2; partition++) {
        rd_kafka_mock_partition_set_leader(run.cluster, "in", partition, HERE);
        rd_kafka_mock_partition_set_leader(run.cluster, "out", partition,
                                           partition == 0 ? HERE : AWAY);
    }
    rd_kafka_mock_coordinator_set(run.cluster, "group", "g", HERE);
    run.clock = &fast_clock;
    running_load();
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json"};
    running_end(files, WV_COUNT(files));
}

/* One record waits for a broker that is away, others are taken by the one that is here. */
START_TEST(a_service_with_a_stalled_partition_ends)
{
    const uint64_t end = wv_clock_now_ns(wv_clock_system()) + UINT64_C(1000000) * PATIENCE_MS;
    running_start();
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(run.cluster, AWAY), 0);
    running_feed(1, 1);
    while (!run.has_ended) {
        running_feed(0, 1);
        (void)usleep(20000);
        ck_assert_msg(wv_clock_now_ns(wv_clock_system()) < end, "it stands still");
    }
    ck_assert_int_eq(running_await(), WV_EXIT_OUTPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stall");
    TCase *rule = tcase_create("rule");
    tcase_add_checked_fixture(rule, make_tracker, drop_tracker);
    tcase_add_test(rule, one_that_waits_while_others_go_on_is_stalled);
    tcase_add_test(rule, brokers_that_acknowledge_nothing_are_waited_for);
    tcase_add_test(rule, whatever_moves_is_not_stalled);
    tcase_add_test(rule, a_partition_that_comes_back_begins_anew);
    tcase_add_test(rule, a_process_that_was_halted_has_not_waited);
    suite_add_tcase(suite, rule);
    TCase *service = tcase_create("service");
    tcase_add_checked_fixture(service, set_up, tear_down);
    tcase_set_timeout(service, 2.0 * PATIENCE_MS / 1000);
    tcase_add_test(service, a_service_with_a_stalled_partition_ends);
    suite_add_tcase(suite, service);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
