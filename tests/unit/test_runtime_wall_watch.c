/*
 * At stake: a clock that is set back leaves the clients of Kafka waiting for as long, so it must be
 * noticed; and a service that ends for a clock that is right, or goes ahead, ends for nothing.
 */
#include "runtime/wall_watch.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* Clocks that another thread reads while the test moves them, both at once. */
static struct {
    struct wv_clock clock;
    pthread_mutex_t mutex; /* over what follows */
    uint64_t ns;
    int64_t ms;
    int64_t sleep_ms; /* pass when the wall clock has been read the next time */
    unsigned looks;
} moved = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Atomic int64_t back_ms;
static atomic_uint set_backs;

static uint64_t now_ns(const struct wv_clock *clock)
{
    (void)clock;
    pthread_mutex_lock(&moved.mutex);
    const uint64_t ns = moved.ns;
    pthread_mutex_unlock(&moved.mutex);
    return ns;
}

static void pass(int64_t monotonic_ms, int64_t wall_by_ms)
{
    moved.ns += (uint64_t)monotonic_ms * 1000000;
    moved.ms += wall_by_ms;
}

static int64_t wall_ms(const struct wv_clock *clock)
{
    (void)clock;
    pthread_mutex_lock(&moved.mutex);
    const int64_t ms = moved.ms;
    pass(moved.sleep_ms, moved.sleep_ms);
    moved.sleep_ms = 0;
    moved.looks++;
    pthread_mutex_unlock(&moved.mutex);
    return ms;
}

static void on_set_back(void *context, int64_t ms)
{
    ck_assert_ptr_eq(context, &moved);
    atomic_store(&back_ms, ms);
    (void)atomic_fetch_add(&set_backs, 1);
}

static struct wv_wall_watch *start(void)
{
    moved.clock = (struct wv_clock){now_ns, wall_ms};
    moved.ms = 1795305600000;
    const struct wv_wall_setup setup = {&moved.clock, 1, on_set_back, &moved};
    struct wv_wall_watch *watch = wv_wall_watch_start(&setup);
    ck_assert_ptr_nonnull(watch);
    return watch;
}

static unsigned looks(void)
{
    pthread_mutex_lock(&moved.mutex);
    const unsigned count = moved.looks;
    pthread_mutex_unlock(&moved.mutex);
    return count;
}

/* Until it has looked, from the beginning of a look to its end. */
static void let_look(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const unsigned begin = looks();
    while (looks() - begin < 3) {
        (void)nanosleep(&moment, NULL);
    }
}

static void move(int64_t monotonic_ms, int64_t wall_by_ms)
{
    pthread_mutex_lock(&moved.mutex);
    pass(monotonic_ms, wall_by_ms);
    pthread_mutex_unlock(&moved.mutex);
    let_look();
}

START_TEST(a_clock_that_goes_back_is_noticed_once)
{
    struct wv_wall_watch *watch = start();
    let_look();
    move(0, -WV_WALL_BACK_MS);
    ck_assert_uint_eq(atomic_load(&set_backs), 1);
    ck_assert_int_eq(atomic_load(&back_ms), WV_WALL_BACK_MS);
    move(1000, 1000);
    ck_assert_uint_eq(atomic_load(&set_backs), 1);
    move(0, -3600000);
    ck_assert_uint_eq(atomic_load(&set_backs), 2);
    ck_assert_int_eq(atomic_load(&back_ms), 3600000);
    wv_wall_watch_stop(watch);
}
END_TEST

START_TEST(a_clock_that_stands_still_goes_back)
{
    struct wv_wall_watch *watch = start();
    let_look();
    move(2 * WV_WALL_BACK_MS, 0);
    ck_assert_uint_eq(atomic_load(&set_backs), 1);
    wv_wall_watch_stop(watch);
}
END_TEST

START_TEST(other_clocks_are_left_alone)
{
    struct wv_wall_watch *watch = start();
    let_look();
    move(0, 3600000);
    move(0, -WV_WALL_BACK_MS + 1);
    move(60000, 60000);
    move(0, -WV_WALL_BACK_MS + 1);
    ck_assert_uint_eq(atomic_load(&set_backs), 0);
    wv_wall_watch_stop(watch);
}
END_TEST

/* A process that is stopped between its two clocks, for an hour, sees one of them alone go on. */
START_TEST(a_look_that_took_long_does_not_count)
{
    struct wv_wall_watch *watch = start();
    let_look();
    pthread_mutex_lock(&moved.mutex);
    moved.sleep_ms = 3600000;
    pthread_mutex_unlock(&moved.mutex);
    let_look();
    ck_assert_uint_eq(atomic_load(&set_backs), 0);
    move(0, -WV_WALL_BACK_MS);
    ck_assert_uint_eq(atomic_load(&set_backs), 1);
    wv_wall_watch_stop(watch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wall_watch");
    TCase *tests = tcase_create("wall_watch");
    tcase_add_test(tests, a_clock_that_goes_back_is_noticed_once);
    tcase_add_test(tests, a_clock_that_stands_still_goes_back);
    tcase_add_test(tests, other_clocks_are_left_alone);
    tcase_add_test(tests, a_look_that_took_long_does_not_count);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
