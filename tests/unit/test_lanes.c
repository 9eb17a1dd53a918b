/*
 * lanes: what looks at sixteen bytes at once says the same as what looks at one after the other,
 * for every length and place, and reads no byte that is not the text's (each text has memory of
 * exactly its size, so that the address sanitizer sees one).
 */
#include "base/lanes.h"
#include "filters/hextets.h"
#include "support/random.h"

#include <check.h>
#include <stdlib.h>

enum { LEN_MAX = 80, ROUNDS = 200 };

/* A text of the given length over an alphabet, in memory of its own. */
static uint8_t *random_text(uint64_t *state, size_t len, const char *alphabet)
{
    const size_t letters = strlen(alphabet);
    uint8_t *mem = malloc(len + (len == 0));
    for (size_t i = 0; i < len; i++) {
        mem[i] = (uint8_t)alphabet[random_next(state) % letters];
    }
    return mem;
}

START_TEST(a_byte_is_found_where_it_first_stands)
{
    uint64_t state = 1;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t round = 0; round < ROUNDS; round++) {
            uint8_t *mem = random_text(&state, len, "aaaaaaaaaaaaaaaaaaaabcd");
            const struct wv_slice text = {mem, len};
            const size_t from = random_next(&state) % (len + 1);
            const uint8_t *found = memchr(text.ptr + from, 'b', len - from);
            ck_assert_uint_eq(wv_find_byte(text, from, 'b'),
                              found == NULL ? len : (size_t)(found - text.ptr));
            ck_assert_uint_eq(wv_find_byte(text, from, 0), len);
            size_t at = from;
            while (at < len && mem[at] != 'b' && mem[at] != 'c' && mem[at] != 'd') {
                at++;
            }
            ck_assert_uint_eq(wv_find_either(text, from, 'c', 'b', 'd'), at);
            ck_assert_uint_eq(wv_find_either(text, len + 1, 'a', 'a', 'a'), len);
            free(mem);
        }
    }
}
END_TEST

START_TEST(equal_bytes_are_equal_and_others_are_not)
{
    for (size_t len = 0; len <= LEN_MAX; len++) {
        uint8_t *a = malloc(len + (len == 0));
        uint8_t *b = malloc(len + (len == 0));
        memset(a, 'x', len);
        memset(b, 'x', len);
        ck_assert(wv_bytes_eq(a, b, len));
        for (size_t at = 0; at < len; at++) {
            b[at] ^= (uint8_t)(1U << at % 8);
            ck_assert(!wv_bytes_eq(a, b, len));
            b[at] = 'x';
        }
        free(a);
        free(b);
    }
}
END_TEST

START_TEST(hextets_look_the_same_both_ways)
{
    uint64_t state = 3;
    for (size_t len = 1; len <= WV_HEXTETS_MAX; len++) {
        for (size_t round = 0; round < ROUNDS; round++) {
            uint8_t *mem = random_text(&state, len, "0123456789abcdefABCDEF:::::g@/`G%.");
            const struct wv_slice text = {mem, len};
            struct wv_hextets fast;
            struct wv_hextets plain;
            wv_hextets_look(text, &fast);
            wv_hextets_look_plain(text, &plain);
            ck_assert_uint_eq(fast.colons, plain.colons);
            ck_assert_uint_eq(fast.hexes, plain.hexes);
            for (size_t i = 0; i < len; i++) {
                const size_t at = WV_HEXTETS_BEFORE + i;
                ck_assert((plain.hexes >> i & 1) == 0 || fast.values[at] == plain.values[at]);
            }
            free(mem);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lanes");
    tcase_add_test(tests, a_byte_is_found_where_it_first_stands);
    tcase_add_test(tests, equal_bytes_are_equal_and_others_are_not);
    tcase_add_test(tests, hextets_look_the_same_both_ways);
    tcase_set_timeout(tests, 60);
    Suite *suite = suite_create("lanes");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
