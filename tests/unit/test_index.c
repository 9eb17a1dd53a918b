/*
 * The index of quotes: the portable and the AVX2 version must agree on every input, because the
 * rest of the engine believes whichever of them ran. A quote that one of them missed would shift
 * every string after it.
 */
#include "json/index.h"

#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 8192 };

struct built {
    bool fits;
    size_t count;
    uint32_t quotes[ROOM + 64];
    uint64_t escapes[ROOM / 64 + 3];
    size_t len;
    bool non_ascii;
    bool control;
};

typedef bool build_fn(struct wv_index *index, struct wv_slice text);

static void build(build_fn *fn, struct wv_slice text, size_t quote_max, struct built *out)
{
    memset(out, 0, sizeof *out);
    struct wv_index index = {
        .quotes = out->quotes, .quote_max = quote_max, .escapes = out->escapes};
    out->fits = fn(&index, text);
    out->count = index.quote_count;
    out->len = index.len;
    out->non_ascii = index.non_ascii;
    out->control = index.control;
}

static void must_agree(struct wv_slice text)
{
    static struct built scalar;
    static struct built avx2;
    build(wv_index_build_scalar, text, ROOM, &scalar);
    build(wv_index_build_avx2, text, ROOM, &avx2);
    ck_assert(scalar.fits && avx2.fits);
    ck_assert_uint_eq(scalar.count, avx2.count);
    ck_assert_mem_eq(scalar.quotes, avx2.quotes, scalar.count * sizeof scalar.quotes[0]);
    for (size_t i = 0; i < scalar.count; i++) {
        const struct wv_index a = {.escapes = scalar.escapes};
        const struct wv_index b = {.escapes = avx2.escapes};
        ck_assert_int_eq(wv_index_escaped(&a, i), wv_index_escaped(&b, i));
    }
    ck_assert_uint_eq(scalar.len, avx2.len);
    ck_assert_int_eq(scalar.non_ascii, avx2.non_ascii);
    ck_assert_int_eq(scalar.control, avx2.control);
}

static const struct {
    const char *text;
    size_t quotes;
    bool control;
} cases[] = {
    {"", 0, false},
    {"{}", 0, false},
    {"{\"a\":\"b\"}", 4, false},
    {"{\"a\\\"b\":1}", 2, false},
    {"{\"a\\\\\":1}", 2, false},
    {"{\"a\\\\\\\"\":1}", 2, false},
    {"{\"a\tb\":1}", 2, true},
    {"{\t\"a\":1}", 2, false},
    {"\"unclosed", 1, false},
    {"{\"a\":1}\n{\"b\":\"c\"}", 2, false},
    {"\n{\"b\":\"c\"}", 0, false},
    {"{\"a\n\":\"b\"}", 1, false},
};

START_TEST(known_answers)
{
    static struct built built;
    const struct wv_slice text = wv_slice_of(cases[_i].text);
    build(wv_index_build_scalar, text, ROOM, &built);
    ck_assert_uint_eq(built.count, cases[_i].quotes);
    ck_assert_int_eq(built.control, cases[_i].control);
    must_agree(text);
}
END_TEST

/* Text made of the bytes that matter, of every length around the block of 64. */
START_TEST(both_agree_on_random_text)
{
    static const char alphabet[] = "\"\"\\\\\\ab{}:,\x01\n\xc3\xa9";
    uint8_t text[400];
    srand(20261122);
    for (int round = 0; round < 20000; round++) {
        const size_t len = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t)alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        }
        must_agree((struct wv_slice){text, len});
    }
}
END_TEST

START_TEST(reads_nothing_past_the_end)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    ck_assert_int_eq(mprotect(memory + page, page, PROT_NONE), 0);
    for (size_t len = 0; len < 200; len++) {
        memset(memory + page - len, '"', len);
        must_agree((struct wv_slice){memory + page - len, len});
    }
    munmap(memory, 2 * page);
}
END_TEST

START_TEST(too_many_quotes_are_refused)
{
    static struct built built;
    uint8_t text[300];
    memset(text, '"', sizeof text);
    build(wv_index_build_scalar, (struct wv_slice){text, sizeof text}, 100, &built);
    ck_assert(!built.fits);
    build(wv_index_build_avx2, (struct wv_slice){text, sizeof text}, 100, &built);
    ck_assert(!built.fits);
}
END_TEST

/* At every distance from the quotes and from the borders of blocks, and in no other string. */
START_TEST(strings_with_escapes_are_told)
{
    static struct built built;
    uint8_t text[200];
    for (size_t open = 0; open + 4 < sizeof text; open += 3) {
        for (size_t close = open + 3; close < sizeof text; close += 5) {
            for (size_t at = open + 1; at + 1 < close; at++) {
                memset(text, 'a', sizeof text);
                text[open] = text[close] = '"';
                text[at] = '\\';
                build(wv_index_build_avx2, (struct wv_slice){text, sizeof text}, ROOM, &built);
                const struct wv_index index = {.escapes = built.escapes};
                ck_assert_uint_eq(built.count, 2);
                ck_assert(!wv_index_escaped(&index, 0));
                ck_assert(wv_index_escaped(&index, 1));
            }
        }
    }
}
END_TEST

/* A record is a line: what stands behind the newline is not looked at. */
START_TEST(ends_at_the_first_newline)
{
    static struct built built;
    uint8_t text[200];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, '"', sizeof text);
        memset(text + at, 0xc3, sizeof text - at);
        text[at] = '\n';
        build(wv_index_build_avx2, (struct wv_slice){text, sizeof text}, ROOM, &built);
        ck_assert_uint_eq(built.len, at);
        ck_assert_uint_eq(built.count, at);
        ck_assert(!built.non_ascii);
        must_agree((struct wv_slice){text, sizeof text});
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("index");
    TCase *tests = tcase_create("index");
    tcase_add_loop_test(tests, known_answers, 0, (int)WV_COUNT(cases));
    tcase_add_test(tests, both_agree_on_random_text);
    tcase_add_test(tests, reads_nothing_past_the_end);
    tcase_add_test(tests, too_many_quotes_are_refused);
    tcase_add_test(tests, strings_with_escapes_are_told);
    tcase_add_test(tests, ends_at_the_first_newline);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
