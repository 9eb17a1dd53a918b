/*
 * Spellings: an escape that is read wrongly hides an address from every rule; text that is written
 * wrongly ends the value it stands in and becomes something else.
 */
#include "text/spelling.h"

#include "json/utf8.h"
#include "tests/support/random.h"

#include <check.h>

#define FFFD "\xef\xbf\xbd"

static const struct {
    enum wv_spelling spelling;
    const char *raw;
    const char *text;
} known[] = {
    {WV_SPELLING_PLAIN, "a\\x41\"\"\\\\", "a\\x41\"\"\\\\"},
    {WV_SPELLING_CELL, "a\\x41\"\"\\\\", "a\\x41\"\"\\\\"},
    {WV_SPELLING_BARE, "olga\\x40example.com\\x20", "olga@example.com "},
    {WV_SPELLING_LOG_QUOTED, "", ""},
    {WV_SPELLING_LOG_QUOTED, "\\\"\\\\\\b\\f\\n\\r\\t\\v", "\"\\\b\f\n\r\t\v"},
    {WV_SPELLING_LOG_QUOTED, "\\x22\\x5C\\x5c\\x7F", "\"\\\\\x7f"},
    {WV_SPELLING_LOG_QUOTED, "\\xC3\\xA9\\xE2\\x82\\xAC\\xF0\\x9F\\x98\\x80x",
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x"},
    {WV_SPELLING_LOG_QUOTED, "\\xFF192.0.2.7", FFFD "192.0.2.7"},
    {WV_SPELLING_LOG_QUOTED, "\\xC3\\x41\\xC3", FFFD "A" FFFD},
    {WV_SPELLING_LOG_QUOTED, "\\xC3\xc3\xa9", FFFD "\xc3\xa9"},
    {WV_SPELLING_LOG_QUOTED, "\\xE2\\x82", FFFD FFFD},
    {WV_SPELLING_LOG_QUOTED, "\\xED\\xA0\\x80", FFFD FFFD FFFD},
    {WV_SPELLING_LOG_QUOTED, "\\\\x41\\\\\\x41", "\\x41\\A"},
    {WV_SPELLING_LOG_QUOTED, "\\x4\\xg1\\q\\'\\|\\", "\\x4\\xg1\\q\\'\\|\\"},
    {WV_SPELLING_QUOTED, "\\\"q\\\"\\\\\\n\\x41\\", "\"q\"\\\\n\\x41\\"},
    {WV_SPELLING_CSV, "a\"\"b\"\"\"\"\\\"", "a\"b\"\"\\\""},
    {WV_SPELLING_CEF_HEADER, "a\\|b\\\\\\n\\=|", "a|b\\\\n\\=|"},
    {WV_SPELLING_CEF_VALUE, "id\\=1\\\\\\r\\n\\|=\\", "id=1\\\r\n\\|=\\"},
    {WV_SPELLING_CEF_VALUE, "\\\\n\\\\\\n", "\\n\\\n"},
};

START_TEST(reads)
{
    uint8_t out[64];
    uint32_t map[65];
    const struct wv_slice raw = wv_slice_of(known[_i].raw);
    const size_t len = wv_spelling_read(known[_i].spelling, raw, out, map);
    ck_assert(wv_slice_eq((struct wv_slice){out, len}, wv_slice_of(known[_i].text)));
    ck_assert_uint_eq(map[len], raw.len);
    ck_assert_uint_eq(len == 0 ? 0 : map[0], 0);
    for (size_t i = 1; i <= len; i++) {
        ck_assert_uint_le(map[i - 1], map[i]);
    }
    ck_assert_uint_eq(wv_spelling_read(known[_i].spelling, raw, out, NULL), len);
}
END_TEST

/* Every byte of a unit begins where the unit does, so that half an escape is never kept. */
START_TEST(maps_whole_units)
{
    uint8_t out[32];
    uint32_t map[33];
    const struct wv_slice raw = WV_LIT("a\\x22\\xC3\\xA9\\q\\");
    ck_assert_uint_eq(wv_spelling_read(WV_SPELLING_LOG_QUOTED, raw, out, map), 7);
    static const uint32_t want[] = {0, 1, 5, 5, 13, 13, 15, 16};
    ck_assert_mem_eq(map, want, sizeof want);
}
END_TEST

START_TEST(zero_byte)
{
    uint8_t out[8];
    ck_assert_uint_eq(wv_spelling_read(WV_SPELLING_LOG_QUOTED, WV_LIT("\\x00\\\0x"), out, NULL), 4);
    ck_assert_mem_eq(out, "\0\\\0x", 4);
}
END_TEST

static const struct {
    enum wv_spelling spelling;
    const char *text;
    const char *raw;
} written[] = {
    {WV_SPELLING_BARE, "~EMAIL.ak2vq7zt~", "~EMAIL.ak2vq7zt~"},
    {WV_SPELLING_BARE, "2001:db8::/32", "2001:db8::/32"},
    {WV_SPELLING_BARE, "a b=\"c\",;\\", "a\\x20b\\x3D\\x22c\\x22\\x2C\\x3B\\\\"},
    {WV_SPELLING_BARE, "\x01\x7f[]", "\\x01\\x7F\\x5B\\x5D"},
    {WV_SPELLING_LOG_QUOTED, "a \"b\"\\\n", "a \\x22b\\x22\\\\\\x0A"},
    {WV_SPELLING_QUOTED, "a \"b\"\\", "a \\\"b\\\"\\\\"},
    {WV_SPELLING_CSV, "a,\"b\"", "a,\"\"b\"\""},
    {WV_SPELLING_CELL, "a,b;c|d\te f\"g\n\x7f", "a_b_c_d_e_f_g__"},
    {WV_SPELLING_CEF_HEADER, "a|b\\c=d", "a\\|b\\\\c=d"},
    {WV_SPELLING_CEF_VALUE, "a|b\\c=d\r\n", "a|b\\\\c\\=d\\r\\n"},
};

START_TEST(writes)
{
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_spelling_write(written[_i].spelling)(&buf, wv_slice_of(written[_i].text));
    struct wv_slice raw;
    ck_assert(wv_buf_take(&buf, &raw));
    ck_assert(wv_slice_eq(raw, wv_slice_of(written[_i].raw)));
}
END_TEST

START_TEST(a_write_that_does_not_fit_is_seen)
{
    const enum wv_spelling spelling = (enum wv_spelling)_i;
    if (spelling == WV_SPELLING_PLAIN) {
        return;
    }
    uint8_t mem[8];
    struct wv_buf buf = wv_buf_of(mem, 2);
    wv_spelling_write(spelling)(&buf, WV_LIT("\"|="));
    struct wv_slice raw;
    ck_assert(!wv_buf_take(&buf, &raw));
}
END_TEST

/* A text of any characters that means something to some spelling. */
static size_t random_text(uint64_t *state, uint8_t *text, size_t cap)
{
    static const char *const pieces[] = {"\\",
                                         "\"",
                                         "\"\"",
                                         "|",
                                         "=",
                                         "x41",
                                         "n",
                                         "\n",
                                         "\r",
                                         " ",
                                         ",",
                                         "a",
                                         "\x01",
                                         "\x7f",
                                         "\xc3\xa9",
                                         "\xef\xbf\xbd",
                                         "\xf0\x9f\x98\x80"};
    size_t len = 0;
    for (size_t count = random_next(state) % 16; count > 0; count--) {
        const struct wv_slice piece = wv_slice_of(pieces[random_next(state) % WV_COUNT(pieces)]);
        if (piece.len <= cap - len) {
            memcpy(text + len, piece.ptr, piece.len);
            len += piece.len;
        }
    }
    return len;
}

/* In pieces, too: what is written of one does not depend on the other. */
START_TEST(write_and_read_are_inverse)
{
    const enum wv_spelling spelling = (enum wv_spelling)_i;
    wv_spelling_writer *write = wv_spelling_write(spelling);
    if (spelling == WV_SPELLING_CELL || spelling == WV_SPELLING_PLAIN) {
        ck_assert((write == NULL) == (spelling == WV_SPELLING_PLAIN));
        return;
    }
    uint64_t state = 20261122;
    for (int round = 0; round < 20000; round++) {
        uint8_t text[64];
        uint8_t mem[4 * sizeof text];
        uint8_t back[4 * sizeof text];
        const size_t len = random_text(&state, text, sizeof text);
        const size_t cut = len == 0 ? 0 : random_next(&state) % len;
        struct wv_buf buf = wv_buf_of(mem, sizeof mem);
        write(&buf, (struct wv_slice){text, cut});
        write(&buf, (struct wv_slice){text + cut, len - cut});
        struct wv_slice raw;
        ck_assert(wv_buf_take(&buf, &raw));
        ck_assert_uint_eq(wv_spelling_read(spelling, raw, back, NULL), len);
        ck_assert(wv_slice_eq((struct wv_slice){back, len}, (struct wv_slice){text, len}));
    }
}
END_TEST

START_TEST(text_is_valid_if_raw_is)
{
    uint64_t state = 7;
    for (int round = 0; round < 20000; round++) {
        uint8_t raw[64];
        uint8_t out[64];
        uint32_t map[65];
        size_t len = 0;
        for (size_t i = random_next(&state) % 12; i > 0; i--) {
            static const char *const pieces[] = {"\\xC3", "\\xA9", "\\xf0\\x9f", "\\x98\\x80",
                                                 "\\",    "x",     "\xc3\xa9",   "\\x41"};
            const struct wv_slice piece =
                wv_slice_of(pieces[random_next(&state) % WV_COUNT(pieces)]);
            if (piece.len <= sizeof raw - len) {
                memcpy(raw + len, piece.ptr, piece.len);
                len += piece.len;
            }
        }
        const size_t count =
            wv_spelling_read((enum wv_spelling)_i, (struct wv_slice){raw, len}, out, map);
        ck_assert_uint_le(count, len);
        ck_assert(wv_utf8_valid((struct wv_slice){out, count}));
    }
}
END_TEST

START_TEST(nothing)
{
    static const char *const words[WV_SPELLING_COUNT] = {
        [WV_SPELLING_JSON] = "null", [WV_SPELLING_BARE] = "-",      [WV_SPELLING_LOG_QUOTED] = "-",
        [WV_SPELLING_CELL] = "-",    [WV_SPELLING_BRACKETED] = "-", [WV_SPELLING_PERCENT] = "-",
    };
    ck_assert(wv_slice_eq(wv_spelling_nothing((enum wv_spelling)_i), wv_slice_of(words[_i])));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_spelling");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, reads, 0, (int)WV_COUNT(known));
    tcase_add_test(tests, maps_whole_units);
    tcase_add_test(tests, zero_byte);
    tcase_add_loop_test(tests, writes, 0, (int)WV_COUNT(written));
    tcase_add_loop_test(tests, a_write_that_does_not_fit_is_seen, WV_SPELLING_PLAIN,
                        WV_SPELLING_COUNT);
    tcase_add_loop_test(tests, write_and_read_are_inverse, WV_SPELLING_PLAIN, WV_SPELLING_COUNT);
    tcase_add_loop_test(tests, text_is_valid_if_raw_is, WV_SPELLING_PLAIN, WV_SPELLING_COUNT);
    tcase_add_loop_test(tests, nothing, 0, WV_SPELLING_COUNT);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
