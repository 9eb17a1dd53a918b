/*
 * Escapes and UTF-8. A filter sees what an escape means, not how it is spelled: an escape that is
 * read wrongly hides an address from every rule.
 */
#include "json/text.h"
#include "json/utf8.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *raw;
    const char *text; /* NULL: an invalid escape */
    size_t len;
} escapes[] = {
    {"plain", "plain", 5},
    {"", "", 0},
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8},
    {"\\u0041", "A", 1},
    {"\\u00e9", "\xc3\xa9", 2},
    {"\\u20AC", "\xe2\x82\xac", 3},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80", 4},
    {"a\\u0000b", "a\0b", 3},
    {"\\ud83d", "\xef\xbf\xbd", 3},
    {"\\ude00x", "\xef\xbf\xbdx", 4},
    {"\\ud83d\\u0041",
     "\xef\xbf\xbd"
     "A",
     4},
    {"\\x41", NULL, 0},
    {"\\u12", NULL, 0},
    {"\\u12g4", NULL, 0},
    {"end\\", NULL, 0},
};

START_TEST(unescapes)
{
    uint8_t out[64];
    uint32_t map[65];
    const struct wv_slice raw = wv_slice_of(escapes[_i].raw);
    const size_t len = wv_text_unescape(raw, out, map);
    ck_assert_int_eq(wv_text_escapes_valid(raw), escapes[_i].text != NULL);
    if (escapes[_i].text == NULL) {
        ck_assert_uint_eq(len, SIZE_MAX);
        return;
    }
    ck_assert_uint_eq(len, escapes[_i].len);
    ck_assert_mem_eq(out, escapes[_i].text, len);
    ck_assert_uint_eq(map[len], raw.len);
    for (size_t i = 1; i <= len; i++) {
        ck_assert_uint_le(map[i - 1], map[i]);
    }
}
END_TEST

START_TEST(escape_and_unescape_are_inverse)
{
    uint8_t text[64];
    uint8_t memory[64 * 6];
    uint8_t back[64 * 6];
    srand(20261122);
    for (int round = 0; round < 50000; round++) {
        const size_t len = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t)(rand() % 128);
        }
        struct wv_buf buf = wv_buf_of(memory, sizeof memory);
        wv_text_escape(&buf, (struct wv_slice){text, len});
        struct wv_slice raw;
        ck_assert(wv_buf_take(&buf, &raw));
        ck_assert_uint_eq(wv_text_unescape(raw, back, NULL), len);
        ck_assert_mem_eq(back, text, len);
    }
}
END_TEST

static const struct {
    const char *bytes;
    bool valid;
    const char *repaired;
} sequences[] = {
    {"{\"a\":\"b\"}", true, "{\"a\":\"b\"}"},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", true, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"\xff\"", false, "\"\xef\xbf\xbd\""},
    {"\"\xc3\"", false, "\"\xef\xbf\xbd\""},
    {"\"\xc0\xaf\"", false, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\"\xe2\x82\"", false, "\"\xef\xbf\xbd\""},
    {"\"\xed\xa0\x80\"", false, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\"\xf4\x90\x80\x80\"", false, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\"\xf0\x9f\x98\"", false, "\"\xef\xbf\xbd\""},
};

START_TEST(utf8)
{
    uint8_t memory[64];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    const struct wv_slice bytes = wv_slice_of(sequences[_i].bytes);
    ck_assert_int_eq(wv_utf8_valid(bytes), sequences[_i].valid);
    wv_utf8_repair(bytes, true, &buf);
    struct wv_slice repaired;
    ck_assert(wv_buf_take(&buf, &repaired));
    ck_assert(wv_slice_eq(repaired, wv_slice_of(sequences[_i].repaired)));
    ck_assert(wv_utf8_valid(repaired));
}
END_TEST

/* Control bytes are replaced inside strings only; a newline between members stays. */
START_TEST(control_bytes)
{
    uint8_t memory[64];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    wv_utf8_repair(WV_LIT("{\n\"a\x01\\\"\x02\":1\n}"), true, &buf);
    struct wv_slice repaired;
    ck_assert(wv_buf_take(&buf, &repaired));
    ck_assert(wv_slice_eq(repaired, WV_LIT("{\n\"a\xef\xbf\xbd\\\"\xef\xbf\xbd\":1\n}")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_text");
    TCase *tests = tcase_create("json_text");
    tcase_add_loop_test(tests, unescapes, 0, (int)WV_COUNT(escapes));
    tcase_add_test(tests, escape_and_unescape_are_inverse);
    tcase_add_loop_test(tests, utf8, 0, (int)WV_COUNT(sequences));
    tcase_add_test(tests, control_bytes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
