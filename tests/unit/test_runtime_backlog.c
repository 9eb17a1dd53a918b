/*
 * backlog: what could not be sent goes in the order in which it was first sent, or records of one
 * partition overtake each other; and it holds copies, because the originals are gone by then.
 */
#include "runtime/backlog.h"

#include <check.h>
#include <stdlib.h>

enum { COUNT = 40 };

static struct wv_shipment shipments[COUNT];
static struct wv_backlog backlog;

static void hold(size_t index)
{
    char text[8];
    (void)snprintf(text, sizeof text, "%zu", index);
    shipments[index].order = index;
    const struct wv_parcel parcel = {.shipment = &shipments[index],
                                     .key = index % 2 == 0 ? (struct wv_slice){0} : WV_LIT("k"),
                                     .value = wv_slice_of(text)};
    ck_assert(wv_backlog_hold(&backlog, &parcel, WV_HELD_REFUSED));
    memset(text, 'x', sizeof text);
}

static void take(size_t index)
{
    char text[8];
    (void)snprintf(text, sizeof text, "%zu", index);
    struct wv_held *held = wv_backlog_take(&backlog);
    ck_assert_ptr_nonnull(held);
    ck_assert_ptr_eq(held->parcel.shipment, &shipments[index]);
    ck_assert(wv_slice_eq(held->parcel.value, wv_slice_of(text)));
    ck_assert_int_eq(held->parcel.key.ptr == NULL, index % 2 == 0);
    wv_held_free(held);
}

START_TEST(comes_out_in_order)
{
    /* Every step is prime to COUNT, so each order holds all of them. */
    static const size_t steps[] = {1, 3, 7, 39, 11};
    for (size_t i = 0; i < COUNT; i++) {
        hold(i * steps[_i] % COUNT);
    }
    ck_assert_uint_eq(backlog.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        take(i);
    }
    ck_assert_ptr_null(wv_backlog_take(&backlog));
    ck_assert_uint_eq(backlog.count, 0);
    hold(5); /* after it was empty */
    take(5);
}
END_TEST

/* A message that fails again goes back to the front, before those that wait behind it. */
START_TEST(what_fails_again_stays_first)
{
    hold(3);
    hold(4);
    hold(5);
    take(3);
    hold(3);
    hold(6);
    take(3);
    take(4);
    hold(4);
    take(4);
    take(5);
    take(6);
    ck_assert_ptr_null(backlog.last);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backlog");
    TCase *tests = tcase_create("backlog");
    tcase_add_loop_test(tests, comes_out_in_order, 0, 5);
    tcase_add_test(tests, what_fails_again_stays_first);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
