/*
 * tracker: an offset that is committed too early is a record that nobody ever sees; one that is
 * committed too late only comes twice. Every order of acknowledgements must give the same position
 * as a model that looks at all messages.
 */
#include "runtime/tracker.h"

#include <check.h>
#include <stdlib.h>

enum { MAX = 64, ROUNDS = 20000, GENERATION = 7 };

static struct wv_tracker tracker;

static void set_up(void)
{
    ck_assert(wv_tracker_init(&tracker, MAX));
    wv_tracker_reset(&tracker, GENERATION, 100);
}

static void tear_down(void)
{
    wv_tracker_fini(&tracker);
}

static struct wv_ticket open_at(int64_t offset)
{
    struct wv_ticket ticket;
    ck_assert(wv_tracker_open(&tracker, offset, &ticket));
    return ticket;
}

START_TEST(starts_where_it_was_told)
{
    ck_assert_int_eq(wv_tracker_position(&tracker), 100);
    ck_assert_uint_eq(wv_tracker_in_flight(&tracker), 0);
    ck_assert_uint_eq(wv_tracker_room(&tracker), MAX);
}
END_TEST

START_TEST(moves_only_over_the_contiguous_prefix)
{
    const struct wv_ticket first = open_at(100);
    const struct wv_ticket second = open_at(101);
    const struct wv_ticket third = open_at(102);
    ck_assert(wv_tracker_ack(&tracker, third));
    ck_assert(wv_tracker_ack(&tracker, second));
    ck_assert_int_eq(wv_tracker_position(&tracker), 100);
    ck_assert_uint_eq(wv_tracker_in_flight(&tracker), 3);
    ck_assert(wv_tracker_ack(&tracker, first));
    ck_assert_int_eq(wv_tracker_position(&tracker), 103);
    ck_assert_uint_eq(wv_tracker_in_flight(&tracker), 0);
}
END_TEST

START_TEST(waits_for_every_output)
{
    const struct wv_ticket ticket = open_at(100);
    for (int i = 0; i < 3; i++) {
        wv_tracker_expect(&tracker, ticket);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert(wv_tracker_ack(&tracker, ticket));
        ck_assert_int_eq(wv_tracker_position(&tracker), 100);
    }
    ck_assert(wv_tracker_ack(&tracker, ticket));
    ck_assert_int_eq(wv_tracker_position(&tracker), 101);
}
END_TEST

/* Compaction and control records leave holes in the offsets. */
START_TEST(goes_over_gaps)
{
    const struct wv_ticket first = open_at(110);
    const struct wv_ticket second = open_at(5000);
    ck_assert(wv_tracker_ack(&tracker, first));
    ck_assert_int_eq(wv_tracker_position(&tracker), 111);
    ck_assert_int_eq(wv_tracker_offset(&tracker, second), 5000);
    ck_assert_int_eq(wv_tracker_oldest(&tracker), 5000);
    ck_assert(wv_tracker_ack(&tracker, second));
    ck_assert_int_eq(wv_tracker_position(&tracker), 5001);
}
END_TEST

/* A partition that was given away and came back must not be moved by what was sent before. */
START_TEST(ignores_an_older_generation)
{
    const struct wv_ticket old = open_at(100);
    wv_tracker_reset(&tracker, GENERATION + 1, 100);
    const struct wv_ticket now = open_at(100);
    ck_assert_uint_eq(old.sequence, now.sequence);
    ck_assert(!wv_tracker_knows(&tracker, old));
    ck_assert(!wv_tracker_ack(&tracker, old));
    ck_assert_int_eq(wv_tracker_position(&tracker), 100);
    ck_assert_uint_eq(wv_tracker_in_flight(&tracker), 1);
    ck_assert(wv_tracker_ack(&tracker, now));
    ck_assert_int_eq(wv_tracker_position(&tracker), 101);
}
END_TEST

START_TEST(is_full_at_its_limit)
{
    struct wv_ticket tickets[MAX];
    for (int i = 0; i < MAX; i++) {
        tickets[i] = open_at(100 + i);
    }
    struct wv_ticket none;
    ck_assert(!wv_tracker_open(&tracker, 100 + MAX, &none));
    ck_assert_uint_eq(wv_tracker_room(&tracker), 0);
    ck_assert(wv_tracker_ack(&tracker, tickets[1]));
    ck_assert(!wv_tracker_open(&tracker, 100 + MAX, &none)); /* the oldest still holds the ring */
    ck_assert(wv_tracker_ack(&tracker, tickets[0]));
    ck_assert_uint_eq(wv_tracker_room(&tracker), 2);
    ck_assert(wv_tracker_open(&tracker, 100 + MAX, &none));
}
END_TEST

/* The ring grows while messages are open in it, at any place. */
START_TEST(grows_and_keeps_what_is_open)
{
    enum { LARGE = 1 << 14 };
    static struct wv_ticket tickets[LARGE];
    struct wv_tracker large;
    ck_assert(wv_tracker_init(&large, LARGE));
    wv_tracker_reset(&large, 1, 0);
    for (int i = 0; i < 700; i++) {
        ck_assert(wv_tracker_open(&large, i, &tickets[0]));
        ck_assert(wv_tracker_ack(&large, tickets[0]));
    }
    for (int i = 0; i < LARGE; i++) {
        ck_assert(wv_tracker_open(&large, 700 + i, &tickets[i]));
    }
    for (int i = LARGE - 1; i > 0; i--) {
        ck_assert_int_eq(wv_tracker_offset(&large, tickets[i]), 700 + i);
        ck_assert(wv_tracker_ack(&large, tickets[i]));
        ck_assert_int_eq(wv_tracker_position(&large), 700);
    }
    ck_assert(wv_tracker_ack(&large, tickets[0]));
    ck_assert_int_eq(wv_tracker_position(&large), 700 + LARGE);
    wv_tracker_fini(&large);
}
END_TEST

/* What the model knows of a message: whether it is open, and its offset. */
static struct {
    struct wv_ticket ticket;
    int64_t offset;
    unsigned open;
} model[ROUNDS];

static int64_t model_position(size_t count)
{
    int64_t position = 100;
    for (size_t i = 0; i < count && model[i].open == 0; i++) {
        position = model[i].offset + 1;
    }
    return position;
}

START_TEST(agrees_with_a_model)
{
    srand((unsigned)_i + 1);
    size_t count = 0;
    size_t oldest = 0;
    int64_t offset = 100;
    for (int round = 0; round < ROUNDS; round++) {
        if (rand() % 2 == 0 && wv_tracker_room(&tracker) > 0) {
            offset += 1 + (rand() % 10 == 0 ? rand() % 50 : 0);
            model[count].ticket = open_at(offset);
            model[count].offset = offset;
            model[count].open = 1 + (unsigned)(rand() % 3);
            for (unsigned k = 1; k < model[count].open; k++) {
                wv_tracker_expect(&tracker, model[count].ticket);
            }
            count++;
        } else if (count > oldest) {
            const size_t at = oldest + (size_t)rand() % (count - oldest);
            if (model[at].open > 0) {
                ck_assert(wv_tracker_ack(&tracker, model[at].ticket));
                model[at].open--;
            }
        }
        while (oldest < count && model[oldest].open == 0) {
            oldest++;
        }
        ck_assert_uint_eq(wv_tracker_in_flight(&tracker), count - oldest);
        if (round % 97 == 0) {
            ck_assert_int_eq(wv_tracker_position(&tracker), model_position(count));
        }
    }
    ck_assert_int_eq(wv_tracker_position(&tracker), model_position(count));
}
END_TEST

/* What a transaction commits: behind all that was read, done or not, whatever gaps there are. */
START_TEST(the_end_is_behind_all_that_is_open)
{
    ck_assert_int_eq(wv_tracker_end(&tracker), 100);
    const struct wv_ticket first = open_at(100);
    ck_assert_int_eq(wv_tracker_end(&tracker), 101);
    const struct wv_ticket second = open_at(107);
    ck_assert_int_eq(wv_tracker_end(&tracker), 108);
    ck_assert(wv_tracker_ack(&tracker, second));
    ck_assert_int_eq(wv_tracker_end(&tracker), 108);
    ck_assert(wv_tracker_ack(&tracker, first));
    ck_assert_int_eq(wv_tracker_end(&tracker), 108);
    ck_assert_int_eq(wv_tracker_position(&tracker), 108);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tracker");
    TCase *tests = tcase_create("tracker");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, starts_where_it_was_told);
    tcase_add_test(tests, the_end_is_behind_all_that_is_open);
    tcase_add_test(tests, moves_only_over_the_contiguous_prefix);
    tcase_add_test(tests, waits_for_every_output);
    tcase_add_test(tests, goes_over_gaps);
    tcase_add_test(tests, ignores_an_older_generation);
    tcase_add_test(tests, is_full_at_its_limit);
    tcase_add_test(tests, grows_and_keeps_what_is_open);
    tcase_add_loop_test(tests, agrees_with_a_model, 0, 8);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
