/*
 * backlog: what could not be sent goes in the order in which it was first sent, or records of one
 * partition overtake each other; and it holds copies, because the originals are gone by then.
 */
#include "runtime/backlog.h"

#include <check.h>
#include <stddef.h>
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

/* Those of a transaction share memory: each keeps its own bytes until it goes, in whatever order
 * they go, and nothing is left behind (a sanitizer tells). */
START_TEST(what_shares_room_keeps_its_bytes)
{
    enum { MANY = 5000, LONGEST = 40000 };
    static struct wv_held *all[MANY];
    static uint8_t text[LONGEST];
    struct wv_held_room room = {0};
    size_t alone = 0;
    for (size_t i = 0; i < MANY; i++) {
        const size_t len = i % 100 == 7 ? LONGEST : i % 1500;
        memset(text, (int)(i % 251), len);
        const struct wv_parcel parcel = {.shipment = &shipments[0], .value = {text, len}};
        all[i] = wv_held_new(&room, &parcel, WV_HELD_WAITING);
        ck_assert_ptr_nonnull(all[i]);
        ck_assert_uint_eq((uintptr_t)all[i] % _Alignof(max_align_t), 0);
        alone += all[i]->chunk == NULL;
        if (i % 3 == 0) { /* goes before those that come later */
            wv_held_free(all[i]);
            all[i] = NULL;
        }
    }
    ck_assert_uint_eq(alone, MANY / 100);
    wv_held_room_close(&room); /* what is in it stays */
    for (size_t i = 0; i < MANY; i++) {
        struct wv_held *held = all[i * 7 % MANY]; /* 7 is prime to MANY */
        const size_t number = i * 7 % MANY;
        if (held == NULL) {
            continue;
        }
        ck_assert_uint_eq(held->parcel.value.len, number % 100 == 7 ? LONGEST : number % 1500);
        for (size_t k = 0; k < held->parcel.value.len; k++) {
            ck_assert(held->parcel.value.ptr[k] == number % 251);
        }
        wv_held_free(held);
    }
}
END_TEST

START_TEST(room_that_is_empty_is_used_again)
{
    struct wv_held_room room = {0};
    const struct wv_parcel parcel = {.shipment = &shipments[0], .value = WV_LIT("a value")};
    struct wv_held *first = wv_held_new(&room, &parcel, WV_HELD_WAITING);
    wv_held_free(first);
    struct wv_held *second = wv_held_new(&room, &parcel, WV_HELD_WAITING);
    ck_assert_ptr_eq(first, second);
    wv_held_room_close(&room);
    ck_assert(wv_slice_eq(second->parcel.value, WV_LIT("a value")));
    wv_held_free(second);
    wv_held_room_close(&room); /* twice is allowed */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backlog");
    TCase *tests = tcase_create("backlog");
    tcase_add_loop_test(tests, comes_out_in_order, 0, 5);
    tcase_add_test(tests, what_fails_again_stays_first);
    tcase_add_test(tests, what_shares_room_keeps_its_bytes);
    tcase_add_test(tests, room_that_is_empty_is_used_again);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
