/*
 * arena: the ceiling is what turns a hostile document into an error message, and zeroed, aligned
 * memory is what every builder relies on.
 */
#include "base/arena.h"

#include <check.h>
#include <stdlib.h>

struct odd {
    char letter;
    uint64_t number;
};

START_TEST(memory_is_zeroed_and_aligned)
{
    struct wv_arena *arena = wv_arena_new(1 << 20);
    for (size_t i = 0; i < 5000; i++) {
        uint8_t *byte = WV_ARENA_ARRAY(arena, 1 + i % 7, uint8_t);
        ck_assert_ptr_nonnull(byte);
        for (size_t j = 0; j < 1 + i % 7; j++) {
            ck_assert_uint_eq(byte[j], 0);
        }
        memset(byte, 0xff, 1 + i % 7);
        struct odd *odd = WV_ARENA_NEW(arena, struct odd);
        ck_assert_ptr_nonnull(odd);
        ck_assert_uint_eq((uintptr_t)odd % _Alignof(struct odd), 0);
        ck_assert_uint_eq(odd->number, 0);
        memset(odd, 0xff, sizeof *odd);
    }
    wv_arena_free(arena);
}
END_TEST

static const struct request {
    size_t max;
    size_t count;
    size_t size;
    bool granted;
} requests[] = {
    {1 << 20, 1, 1 << 20, true},
    {1 << 20, 1, (1 << 20) + 1, false},
    {1 << 20, SIZE_MAX, 2, false},         /* the product overflows */
    {1 << 20, SIZE_MAX / 2 + 1, 2, false}, /* to exactly 0 */
    {1 << 20, 1, SIZE_MAX, false},
    {1 << 20, 0, 8, true},
    {100, 1, 50, false}, /* a ceiling below the smallest block holds nothing */
    {0, 1, 1, false},
};

START_TEST(the_ceiling_holds)
{
    const struct request *request = &requests[_i];
    struct wv_arena *arena = wv_arena_new(request->max);
    void *mem = wv_arena_array(arena, request->count, request->size, 1);
    ck_assert_int_eq(mem != NULL, request->granted);
    wv_arena_free(arena);
}
END_TEST

START_TEST(the_ceiling_holds_over_many)
{
    struct wv_arena *arena = wv_arena_new(256 * 1024);
    size_t total = 0;
    while (wv_arena_array(arena, 1, 1000, 1) != NULL) {
        total += 1000;
        ck_assert_uint_le(total, 256 * 1024);
    }
    ck_assert_uint_ge(total, 240 * 1024);
    wv_arena_free(arena);
    wv_arena_free(NULL);
}
END_TEST

START_TEST(copies_end_with_a_nul)
{
    struct wv_arena *arena = wv_arena_new(1 << 20);
    const struct wv_slice copy = wv_arena_copy(arena, WV_LIT("abc"));
    ck_assert_uint_eq(copy.len, 3);
    ck_assert_str_eq((const char *)copy.ptr, "abc");
    const struct wv_slice empty = wv_arena_copy(arena, (struct wv_slice){0});
    ck_assert_ptr_nonnull(empty.ptr);
    ck_assert_uint_eq(empty.len, 0);
    ck_assert_str_eq((const char *)empty.ptr, "");
    wv_arena_free(arena);

    struct wv_arena *full = wv_arena_new(0);
    ck_assert_ptr_null(wv_arena_copy(full, WV_LIT("abc")).ptr);
    wv_arena_free(full);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("arena");
    tcase_add_test(tests, memory_is_zeroed_and_aligned);
    tcase_add_loop_test(tests, the_ceiling_holds, 0, (int)WV_COUNT(requests));
    tcase_add_test(tests, the_ceiling_holds_over_many);
    tcase_add_test(tests, copies_end_with_a_nul);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
