/*
 * At stake: an audit record that counts what somebody else will count, too. Records of a
 * transaction that is aborted because their partition is another process's by now are forgotten,
 * and what was written of them must be forgotten with them, whatever has come meanwhile. And
 * positions that are never committed because a transaction could not be begun.
 */
#include "engine/transform.h"
#include "runtime/dispatch_parts.h"
#include "runtime/routes.h"
#include "support/running_service.h"

enum { PATIENCE_MS = 60000 };

static struct fixture {
    struct wv_routes routes;
    struct wv_stop stop;
    struct wv_slot slot;
    struct wv_dispatch *dispatch;
} f;

static void set_up(void)
{
    static const struct running_topic topics[] = {{"in", 1}, {"out", 1}, {"audit", 1}};
    char text[1024];
    running_make_folder("exact");
    running_start_brokers(1, topics, WV_COUNT(topics));
    (void)snprintf(text, sizeof text,
                   "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\"},"
                   "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":"
                   "\"fixed\",\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":"
                   "\"tenant\"}],\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":"
                   "\"security\"}],\"audit\":{\"topic\":\"audit\"},\"instance\":\"waf-1\","
                   "\"http\":{\"listen\":\"\"},\"delivery\":{\"mode\":\"exactly_once\"}}",
                   rd_kafka_mock_cluster_bootstraps(run.cluster));
    running_write("wafveil.json", text);
    running_load();
    wv_stop_init(&f.stop);
    ck_assert(wv_routes_init(&f.routes, wv_plan_config(run.plan)));
    for (size_t i = 0; i < f.routes.destination_count; i++) {
        f.routes.destinations[i].partitions = 1;
    }
    const struct wv_dispatch_setup setup = {.plan = run.plan,
                                            .routes = &f.routes,
                                            .stop = &f.stop,
                                            .clock = wv_clock_system(),
                                            .producers = 1,
                                            .transactional_id = "wafveil-g-waf-1-0"};
    f.dispatch = wv_dispatch_new(&setup);
    ck_assert_ptr_nonnull(f.dispatch);
    ck_assert(wv_tracker_init(&f.slot.tracker, 1024));
    memcpy(f.slot.topic, "in", sizeof "in");
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json"};
    wv_dispatch_free(f.dispatch);
    wv_tracker_fini(&f.slot.tracker);
    wv_routes_fini(&f.routes);
    running_end(files, WV_COUNT(files));
    f = (struct fixture){0};
}

static void own(uint32_t generation)
{
    wv_tracker_reset(&f.slot.tracker, generation, 0);
}

/* None of its outputs, or one. */
static void read_message(int64_t offset, size_t outputs)
{
    const struct wv_result result = {
        .outcome = WV_PUBLISH, .value = WV_LIT("{}"), .time_ms = -1, .tenant = WV_LIT("acme")};
    struct wv_consignment consignment = {
        .slot = &f.slot, .offset = offset, .results = {.items = &result, .count = outputs}};
    ck_assert(wv_tracker_open(&f.slot.tracker, offset, &consignment.ticket));
    wv_dispatch_message(f.dispatch, &consignment);
}

static void await(bool (*come)(void))
{
    const uint64_t end = wv_clock_now_ns(wv_clock_system()) + UINT64_C(1000000) * PATIENCE_MS;
    while (!come()) {
        wv_dispatch_hurry(f.dispatch, 5);
        ck_assert(!wv_stop_asked(&f.stop) && wv_clock_now_ns(wv_clock_system()) < end);
    }
}

static bool is_claimed(void)
{
    return wv_dispatch_numbers(f.dispatch)->blocked_ns == 0;
}

static bool is_forgotten(void)
{
    return wv_dispatch_outcome(f.dispatch) == WV_EXACT_FORGOTTEN;
}

static bool is_committed(void)
{
    return wv_dispatch_outcome(f.dispatch) == WV_EXACT_COMMITTED;
}

static bool is_renewed(void)
{
    return wv_dispatch_numbers(f.dispatch)->renewed > 0;
}

static bool is_due(void)
{
    return wv_dispatch_is_due(f.dispatch, true);
}

/* As a lane does it: the record may have to wait for room. */
static void close_transaction(void)
{
    await(is_due);
    wv_dispatch_audit(f.dispatch, WV_LIT("chain"), WV_LIT("{\"event\":\"window\"}"));
    await(is_due);
    wv_dispatch_close(f.dispatch, (struct wv_offers){0});
}

static uint64_t delivered(uint32_t destination)
{
    return wv_dispatch_destinations(f.dispatch)[destination].delivered;
}

/* The row: how many outputs a message has. One without any leaves nothing but its count. */
START_TEST(counts_go_with_what_they_count)
{
    const size_t outputs = (size_t)_i;
    await(is_claimed);
    own(1);
    read_message(0, outputs);
    close_transaction();
    own(2); /* taken away and given back, before the brokers have answered */
    wv_dispatch_void_audit(f.dispatch);
    wv_dispatch_drop_stale(f.dispatch);
    read_message(0, outputs);
    await(is_forgotten);
    close_transaction();
    await(is_committed);
    ck_assert_uint_eq(delivered(0), outputs);
    ck_assert_uint_eq(delivered(wv_routes_audit(&f.routes)), 1);
}
END_TEST

START_TEST(counts_of_what_is_committed_stay)
{
    await(is_claimed);
    own(1);
    read_message(0, 1);
    close_transaction();
    await(is_committed);
    own(2);
    wv_dispatch_void_audit(f.dispatch);
    wv_dispatch_drop_stale(f.dispatch);
    ck_assert_uint_eq(delivered(0), 1);
    ck_assert_uint_eq(delivered(wv_routes_audit(&f.routes)), 1);
    read_message(1, 1);
    close_transaction();
    await(is_committed);
    ck_assert_uint_eq(delivered(0), 2);
    ck_assert_uint_eq(delivered(wv_routes_audit(&f.routes)), 2);
}
END_TEST

/* Of a group that nobody is in. */
static struct wv_offers one_offer(void)
{
    struct wv_offer *items = calloc(1, sizeof *items);
    ck_assert_ptr_nonnull(items);
    items->offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(items->offsets, "in", 0)->offset = 1;
    return (struct wv_offers){items, 1};
}

/* Positions of messages that are left out, and a producer that begins no transaction: here it has
 * begun one. */
START_TEST(positions_alone_wait_for_another_producer)
{
    await(is_claimed);
    own(1);
    read_message(0, 0);
    ck_assert_ptr_null(rd_kafka_begin_transaction(wv_outlet_producer(f.dispatch->outlet)));
    wv_dispatch_close(f.dispatch, one_offer());
    await(is_renewed);
    await(is_due);
    wv_dispatch_close(f.dispatch, one_offer());
    ck_assert(!is_due());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exact");
    TCase *tests = tcase_create("transactions");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 2.0 * PATIENCE_MS / 1000);
    tcase_add_loop_test(tests, counts_go_with_what_they_count, 0, 2);
    tcase_add_test(tests, counts_of_what_is_committed_stay);
    tcase_add_test(tests, positions_alone_wait_for_another_producer);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
