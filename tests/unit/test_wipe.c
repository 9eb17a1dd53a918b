/*
 * At stake: what a record held, left in memory that is given back; and, where only a little of a
 * buffer was used, the time and memory of wiping all of it.
 */
#include "base/wipe.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 5000, SECRET = 0xa5 };

static size_t page;
static uint8_t *mem;

static void set_up(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    mem = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(mem, MAP_FAILED);
    ck_assert_int_eq(madvise(mem, PAGES * page, MADV_NOHUGEPAGE), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(munmap(mem, PAGES * page), 0);
}

static size_t pages_in_memory(void)
{
    static unsigned char here[PAGES];
    size_t count = 0;
    ck_assert_int_eq(mincore(mem, PAGES * page, here), 0);
    for (size_t i = 0; i < PAGES; i++) {
        count += here[i] & 1;
    }
    return count;
}

/* Every byte of the range is zero, and every other one that was written is as it was. */
static void check_wiped(size_t first, size_t end, size_t written)
{
    for (size_t i = 0; i < written; i++) {
        ck_assert_msg(mem[i] == (i >= first && i < end ? 0 : SECRET), "byte %zu is %d", i, mem[i]);
    }
}

/* Ranges in bytes, from a page's beginning on: of less than a page, of some, of parts of pages. */
static const struct {
    size_t first;
    size_t len;
} ranges[] = {{0, 0},       {0, 1},         {5, 4091},      {5, 4092},     {0, 4096},
              {1, 8191},    {4095, 2},      {4095, 4098},   {4096, 65536}, {77, 300000},
              {8191, 8194}, {12288, 40959}, {4095, 200000}, {1, 1 << 19}};

START_TEST(exactly_the_range_is_wiped)
{
    const size_t written = 1 << 20;
    const size_t first = ranges[_i].first;
    memset(mem, SECRET, written);
    wv_wipe_large(mem + first, ranges[_i].len);
    check_wiped(first, first + ranges[_i].len, written);
}
END_TEST

/* Every third page is in use, and a run. */
START_TEST(what_was_never_touched_stays_so)
{
    for (size_t i = 0; i < PAGES; i += 3) {
        mem[i * page + i % page] = SECRET;
    }
    memset(mem + 4050 * page, SECRET, 100 * page);
    const size_t before = pages_in_memory();
    ck_assert_uint_lt(before, PAGES / 2);
    wv_wipe_large(mem + 1, PAGES * page - 2);
    ck_assert_uint_le(pages_in_memory(), before + 1); /* the last one is wiped in part */
    for (size_t i = 0; i < PAGES * page; i++) {
        ck_assert_msg(mem[i] == (i == 0 ? SECRET : 0), "byte %zu is %d", i, mem[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wipe");
    TCase *tests = tcase_create("wipe");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, exactly_the_range_is_wiped, 0, (int)WV_COUNT(ranges));
    tcase_add_test(tests, what_was_never_touched_stays_so);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
