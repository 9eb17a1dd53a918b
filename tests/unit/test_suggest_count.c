/*
 * suggest_count: counts of names that attackers choose, in a fixed amount of memory.
 * At stake: names without end fill the memory, or push out the one that the operator must see.
 */
#include "app/suggest_count.h"

#include <check.h>
#include <stdio.h>

enum { CAP = 16 };

static struct wv_count *count_one(struct wv_counts *counts, const char *name, uint64_t record,
                                  const char *value)
{
    const struct wv_count_key key = {.text = wv_slice_of(name)};
    struct wv_count *count = wv_counts_add(counts, &key);
    if (count != NULL) {
        wv_count_value(counts, count, record, wv_slice_of(value));
    }
    return count;
}

static struct wv_count *find(const struct wv_counts *counts, const char *name)
{
    const struct wv_count_key key = {.text = wv_slice_of(name)};
    return wv_counts_find(counts, &key);
}

START_TEST(counts_records_and_values)
{
    struct wv_counts counts;
    ck_assert(wv_counts_init(&counts, CAP, 1));
    ck_assert_ptr_null(find(&counts, "a"));
    count_one(&counts, "a", 1, "x");
    count_one(&counts, "a", 1, "x");
    count_one(&counts, "b", 1, "x");
    struct wv_count *count = count_one(&counts, "a", 2, "y-that-is-long-and-of-one-piece");
    ck_assert_ptr_eq(find(&counts, "a"), count);
    ck_assert_uint_eq(count->records, 2);
    ck_assert_uint_eq(count->values, 3);
    ck_assert_uint_eq(count->longs, 1);
    ck_assert_uint_eq(wv_count_distinct(count), 2);
    ck_assert_uint_eq(find(&counts, "b")->records, 1);
    wv_counts_fini(&counts);
}
END_TEST

/* The same text is another count in another format, place or class. */
START_TEST(keys_differ_by_each_part)
{
    static const char *const paths[] = {"one", "two"};
    const struct wv_count_key keys[] = {
        {.text = {0}},
        {.text = WV_LIT("a")},
        {.format = paths[0], .text = WV_LIT("a")},
        {.format = paths[0], .path = paths[0], .text = WV_LIT("a")},
        {.format = paths[0], .path = paths[1], .text = WV_LIT("a")},
        {.format = paths[0], .path = paths[1], .class = WV_CLASS_EMAIL, .text = WV_LIT("a")},
    };
    struct wv_counts counts;
    ck_assert(wv_counts_init(&counts, CAP, 1));
    for (size_t turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < WV_COUNT(keys); i++) {
            ck_assert_ptr_nonnull(wv_counts_add(&counts, &keys[i]));
        }
    }
    ck_assert_uint_eq(counts.used, WV_COUNT(keys));
    wv_counts_fini(&counts);
}
END_TEST

/* A name in more than one of CAP records survives any others. */
START_TEST(what_is_frequent_stays)
{
    struct wv_counts counts;
    ck_assert(wv_counts_init(&counts, CAP, 3));
    uint64_t record = 0;
    for (size_t i = 0; i < 20000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "n%zu", i);
        count_one(&counts, name, record, "x");
        if (i % (CAP - 4) == 0) {
            count_one(&counts, "real", record, name);
        }
        record++;
        ck_assert_uint_le(counts.used, CAP);
    }
    const struct wv_count *count = find(&counts, "real");
    ck_assert_ptr_nonnull(count);
    ck_assert_uint_gt(count->values, 1000);
    uint64_t values = counts.others;
    for (size_t i = 0; i < counts.used; i++) {
        values += counts.items[i].values;
    }
    ck_assert_uint_ge(values, 20000); /* nothing is forgotten without being counted */
    wv_counts_fini(&counts);
}
END_TEST

/* All have come twice: a newcomer finds no room, and is one of the others. */
START_TEST(what_has_no_room_is_counted)
{
    struct wv_counts counts;
    ck_assert(wv_counts_init(&counts, CAP, 3));
    for (size_t i = 0; i < 2 * CAP; i++) {
        const char name[] = {(char)('a' + i % CAP), '\0'};
        ck_assert_ptr_nonnull(count_one(&counts, name, i, "x"));
    }
    ck_assert_ptr_null(count_one(&counts, "new", 99, "x"));
    ck_assert_uint_eq(counts.others, 1);
    ck_assert_ptr_nonnull(count_one(&counts, "newer", 100, "x"));
    ck_assert_uint_eq(counts.used, 1);
    ck_assert_uint_eq(counts.others, 1 + 2 * CAP);
    wv_counts_fini(&counts);
}
END_TEST

START_TEST(labels)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"};
    struct wv_count count = {0};
    ck_assert_ptr_null(wv_count_label_most(&count));
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        wv_count_label(&count, names[i]);
    }
    wv_count_label(&count, names[3]);
    ck_assert_str_eq(wv_count_label_most(&count), "D");
    ck_assert_uint_eq(count.labels[3].values, 2);
}
END_TEST

START_TEST(ids_are_long_and_of_one_piece)
{
    static const struct {
        const char *value;
        uint64_t longs;
    } rows[] = {
        {"0123456789abcdef", 1},
        {"0123456789abcde", 0},
        {"hello wonderful world", 0},
        {"a+b+c+d+e+f+g+h+i", 0},
        {"{\"a\":1,\"b\":12345}", 0},
        {"MTIzNDU2Nzg5MDEyMzQ1Ng==", 1},
        {"", 0},
        {"1' OR '1'='1' --aaaaaa", 0},
    };
    struct wv_counts counts;
    ck_assert(wv_counts_init(&counts, CAP, 3));
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        const char name[] = {(char)('a' + i), '\0'};
        ck_assert_uint_eq(count_one(&counts, name, i, rows[i].value)->longs, rows[i].longs);
    }
    wv_counts_fini(&counts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suggest_count");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, counts_records_and_values);
    tcase_add_test(tcase, keys_differ_by_each_part);
    tcase_add_test(tcase, what_is_frequent_stays);
    tcase_add_test(tcase, what_has_no_room_is_counted);
    tcase_add_test(tcase, labels);
    tcase_add_test(tcase, ids_are_long_and_of_one_piece);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
