/*
 * search: what crosses pieces of joined text, the quick look, room, and the raw spelling of a
 * record. (Known answers of the search itself are in tests/vectors/scrub.tsv.) At stake: an e-mail
 * cut into "alice", "@", "example.com" must not pass piece by piece.
 */
#include "base/base64.h"
#include "filters/detect.h"
#include "filters/needle.h"
#include "support/filter_fixture.h"

#include <check.h>

static struct fixture fixture;

static void set_up(void)
{
    fixture_init(&fixture);
    struct wv_needle *needle = &fixture.needles.items[fixture.needles.count++];
    ck_assert_int_eq(wv_address_parse(WV_LIT("192.0.2.7"), &needle->address), WV_ADDRESS_VALID);
}

static void tear_down(void)
{
    fixture_fini(&fixture);
}

static const struct joined {
    const char *pieces; /* parted by bars */
    unsigned what;
    bool crosses;
} joined[] = {
    {"alice|@|example.com", WV_SEARCH_ALL, true},
    {"alice%4|0example.com", WV_SEARCH_ALL, true},
    {"alice@example.com| or 1", WV_SEARCH_ALL, false},
    {"1' or |'1|'='1", WV_SEARCH_ALL, false},
    {"union| select| 1", WV_SEARCH_ALL, false},
    {"password|=|hunter2", WV_SEARCH_ALL, true},
    {"password|=|hunter2", WV_SEARCH_NEEDLES, false},
    {"192.0|.2.7", WV_SEARCH_NEEDLES, true},
    {"x192.0|.2.7y", WV_SEARCH_NEEDLES, true},
    {"1|92.0.2.7|5", WV_SEARCH_NEEDLES, true},
    {"192%2e0|%2e2.7", WV_SEARCH_NEEDLES, true},
    {"2001:db8|::1", WV_SEARCH_ALL, true},
    {"192.0.2.1| |x", WV_SEARCH_ALL, false},
    {"Bearer| |abc123", WV_SEARCH_ALL, true},
    {"eyJhbGciOi|JIUzI1NiJ9.e30.x", WV_SEARCH_ALL, true},
    {"http://|user|:pw@|host", WV_SEARCH_ALL, true},
    {"alice|=|'or|1", WV_SEARCH_ALL, false},
    {"a%25252540|b.example", WV_SEARCH_ALL, true}, /* too deep to tell */
};

START_TEST(pieces_are_searched_together)
{
    const struct joined *row = &joined[_i];
    char text[128];
    uint32_t borders[8];
    size_t count = 0;
    size_t len = 0;
    for (const char *at = row->pieces; *at != '\0'; at++) {
        if (*at == '|') {
            borders[count++] = (uint32_t)len;
        } else {
            text[len++] = *at;
        }
    }
    const struct wv_slice all = {(const uint8_t *)text, len};
    ck_assert_int_eq(wv_search_crosses(row->what, all, borders, count, &fixture.context),
                     row->crosses);
    ck_assert_uint_eq(fixture.scratch.used, 0);
    ck_assert(!wv_search_crosses(row->what, all, borders, 0, &fixture.context));
}
END_TEST

/* False must be certain: wherever an address stands, and however much is around it. */
START_TEST(quick_look_misses_no_address)
{
    static const char *const addresses[] = {"192.0.2.7",   "2001:db8::1",   "::1",
                                            "192%2e0.2.7", "192&#46;0.2.7", "192\\u002e0.2.7"};
    uint8_t text[100];
    for (size_t k = 0; k < WV_COUNT(addresses); k++) {
        const size_t len = strlen(addresses[k]);
        for (size_t size = len; size < sizeof text; size++) {
            for (size_t at = 0; at + len <= size; at++) {
                memset(text, ' ', sizeof text);
                memcpy(text + at, addresses[k], len);
                ck_assert(wv_search_may_hold_address((struct wv_slice){text, size}));
            }
        }
    }
}
END_TEST

START_TEST(quick_look_passes_ordinary_words)
{
    static const char *const words[] = {
        "",
        "GET",
        "BLOCK",
        "AWS#AWSManagedRulesSQLiRuleSet",
        "/index.html",
        "HTTP/1.1",
        "a:b",
        "10.15.7",
        "2026-11-22T10 a very long value without any address in it"};
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        ck_assert_msg(!wv_search_may_hold_address(wv_slice_of(words[i])), "%s", words[i]);
    }
}
END_TEST

/* Whatever stands around it, an overlong value is refused, never shortened. */
START_TEST(no_room_is_a_failure)
{
    const struct wv_slice text = WV_LIT("x=1&mail=a%40example.com");
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    fixture.scratch.cap = 64;
    ck_assert_int_eq(wv_search(WV_SEARCH_ALL, text, &fixture.context, &out), WV_FAILED);
    ck_assert_uint_eq(buf.len, 0);
    fixture.scratch.cap = FIXTURE_SCRATCH;
    ck_assert_int_eq(wv_search(WV_SEARCH_ALL, text, &fixture.context, &out), WV_REPLACED);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("x=1&mail=~EMAIL~")));
}
END_TEST

/* Kept bytes come in the record's own spelling: here each letter is spelled by two bytes. */
START_TEST(kept_bytes_keep_their_spelling)
{
    const struct wv_slice text = WV_LIT("a,b@example.com,c");
    uint8_t raw[64];
    uint32_t map[32];
    for (size_t i = 0; i < text.len; i++) {
        raw[2 * i] = '^';
        raw[2 * i + 1] = text.ptr[i];
        map[i] = (uint32_t)(2 * i);
    }
    map[text.len] = (uint32_t)(2 * text.len);
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = {.buf = &buf, .text = text, .raw = {raw, 2 * text.len}, .map = map};
    ck_assert_int_eq(wv_search_piece(WV_SEARCH_ALL, 2, text.len, &fixture.context, &out),
                     WV_REPLACED);
    ck_assert_int_eq(wv_search_piece(WV_SEARCH_ALL, 0, 2, &fixture.context, &out), WV_HARMLESS);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert(wv_slice_eq(got, WV_LIT("~EMAIL~^,^c^a^,")));
}
END_TEST

/* ---- A needle in every place ------------------------------------------------------------------
 */

/* Every byte as it is, or percent-encoded once or twice, or as an entity. */
static size_t spell(const uint8_t *text, size_t len, unsigned how, char *out)
{
    static const char *const forms[] = {"%c", "%%%02x", "%%25%02X", "&#%u;", "\\u%04x"};
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        /* Only what makes it an address is hidden: so much is enough to hide it from a fast look.
         */
        const bool hidden = text[i] == '.' || text[i] == ':';
        count += (size_t)snprintf(out + count, 16, forms[hidden ? how : 0], text[i]);
    }
    return count;
}

static enum wv_verdict search(unsigned what, struct wv_slice text)
{
    static uint8_t mem[4096];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    return wv_search(what, text, &fixture.context, &out);
}

/* The fast looks work in blocks; wherever a needle stands to their borders, and however it is
 * spelled, it must be found. What engine/memo.h relies on goes with it: text in which ANY_ADDRESS
 * finds nothing holds no needle. */
START_TEST(a_needle_is_found_in_every_place)
{
    static const char *const needles[] = {"203.0.113.9", "2001:db8::1",  "2400:4050:aa8b::8fd",
                                          "dead::beef",  "120.0.0.0",    "2001:db8:1:2:3:4:5:6",
                                          "fe80::a:b",   "64:ff9b::909", "8.8.8.8"};
    const struct wv_slice needle = wv_slice_of(needles[_i]);
    fixture.needles.count = 1;
    ck_assert_int_eq(wv_address_parse(needle, &fixture.needles.items[0].address), WV_ADDRESS_VALID);
    for (size_t before = 0; before < 200; before++) {
        for (unsigned how = 0; how < 5; how++) {
            char text[512];
            memset(text, 'x', before);
            if (before > 0) {
                text[before - 1] = ' ';
            }
            size_t len = before + spell(needle.ptr, needle.len, how, text + before);
            memcpy(text + len, " tail", 5);
            len += before % 2 == 0 ? 5 : 0;
            const struct wv_slice all = {(const uint8_t *)text, len};
            ck_assert(wv_search_may_hold_address(all));
            ck_assert_int_eq(search(WV_SEARCH_NEEDLES, all), WV_REPLACED);
            ck_assert_int_ne(search(WV_SEARCH_ADDRESSES | WV_SEARCH_ANY_ADDRESS, all), WV_HARMLESS);
        }
    }
}
END_TEST

/* A needle that begins or ends inside of a character, because somebody has cut the value. */
static const struct cut {
    const char *needle;
    const char *text;
    const char *want;
} cuts[] = {
    {"kimura7\xc3", "a kimura7\u00e9 b", "a ~USER~ b"},
    {"kimura7\xc3", "a kimura7%C3%A9 b", "a ~USER~ b"},
    {"kimura7\xc3", "a kimura7\\xc3\\xa9 b", "a ~USER~ b"},
    {"kimura7\xc3", "a kimura7\\u00e9 b", "a ~USER~ b"},
    {"kimura7\xc3", "a kimura7&eacute; b", "a ~USER~ b"},
    {"kimura7\xc3", "a kimura7\xc3 b", "a ~USER~ b"},
    {"\xa9kimura7", "a \u00e9kimura7 b", "a ~USER~ b"},
    {"\xa9kimura7", "a %25C3%25A9kimura7 b", "a ~USER~ b"},
    {"\xa9kimura7", "a \\303\\251kimura7 b", "a ~USER~ b"},
    {"\x98\x80kimura7", "a \\ud83d\\ude00kimura7\u00e9 b", "a ~USER~\u00e9 b"},
    {"\x98\x80kimura7\xe6", "\U0001f600kimura7\u6c34kimura7%E6", "~USER~kimura7%E6"},
};

START_TEST(no_character_is_cut)
{
    const struct cut *row = &cuts[_i];
    uint8_t mem[128];
    const struct wv_slice text = wv_slice_of(row->text);
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    ck_assert_uint_eq(wv_needles_add(&fixture.needles, WV_NEEDLE_LOGIN, WV_HIT_PARAMETER,
                                     WV_PARAMETER_DIRECT_ID, wv_slice_of(row->needle),
                                     &fixture.scratch),
                      0);
    ck_assert_int_eq(wv_search(WV_SEARCH_TEXTS, text, &fixture.context, &out), WV_REPLACED);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    ck_assert_msg(wv_slice_eq(got, wv_slice_of(row->want)), "%.*s", (int)got.len, got.ptr);
}
END_TEST

static bool is_found(struct wv_slice text)
{
    uint8_t mem[512];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    return wv_search(WV_SEARCH_TEXTS, text, &fixture.context, &out) != WV_HARMLESS;
}

/* The vectorised way to the next needle must answer like the plain one, and where a quick look
 * finds none no search may: wherever a needle stands, whole or cut off, and however long the text
 * is. */
START_TEST(needles_are_met_at_every_place)
{
    static const char *const needles[] = {"Kimura7", "k.m@example.com", "4711-0815-99"};
    enum { LONGEST = 56 };
    const struct wv_slice needle = wv_slice_of(needles[_i]);
    for (size_t i = 0; i <= (size_t)_i; i++) {
        (void)wv_needles_add(&fixture.needles, WV_NEEDLE_LOGIN, WV_HIT_PARAMETER, 0,
                             wv_slice_of(needles[i]), &fixture.scratch);
    }
    for (size_t len = 0; len <= LONGEST; len++) {
        for (size_t at = 0; at < len; at++) {
            uint8_t mem[LONGEST];
            memset(mem, '-', sizeof mem);
            memcpy(mem + at, needle.ptr, needle.len < len - at ? needle.len : len - at);
            const struct wv_slice text = {mem, len};
            for (size_t from = 0; from <= len; from++) {
                ck_assert_uint_eq(wv_needles_next(&fixture.needles, text, from),
                                  wv_needles_next_plain(&fixture.needles, text, from));
            }
            ck_assert(!is_found(text) || wv_needles_may_be_in(&fixture.needles, text));
            ck_assert(is_found(text) || len < at + needle.len);
        }
    }
}
END_TEST

/* The quick look must not hide a known text from the search that decodes base64. */
START_TEST(needles_are_met_in_base64)
{
    enum { WIDEST = 40 };
    (void)wv_needles_add(&fixture.needles, WV_NEEDLE_LOGIN, WV_HIT_PARAMETER, 0,
                         WV_LIT("anna.smithson"), &fixture.scratch);
    for (size_t before = 0; before <= WIDEST; before++) {
        for (size_t glued = 0; glued < 2; glued++) {
            char plain[128];
            uint8_t text[256];
            struct wv_buf buf = wv_buf_of(text, sizeof text);
            wv_buf_put(&buf, glued == 0 ? WV_LIT("x=") : WV_LIT("/img/"));
            memset(plain, '.', before);
            memcpy(plain + before, " anna.smithson ok", 17);
            wv_base64_encode(&buf, (struct wv_slice){(const uint8_t *)plain, before + 17});
            const struct wv_slice all = {text, buf.len};
            ck_assert(wv_needles_may_be_in(&fixture.needles, all));
            ck_assert_int_eq(search(WV_SEARCH_ALL, all), WV_REPLACED);
        }
    }
    ck_assert(!wv_needles_may_be_in(&fixture.needles,
                                    WV_LIT("/images/large-thumbnails/of_the_old_harbour/1")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, pieces_are_searched_together, 0, (int)WV_COUNT(joined));
    tcase_add_test(tests, quick_look_misses_no_address);
    tcase_add_test(tests, quick_look_passes_ordinary_words);
    tcase_add_test(tests, no_room_is_a_failure);
    tcase_add_test(tests, kept_bytes_keep_their_spelling);
    tcase_add_loop_test(tests, a_needle_is_found_in_every_place, 0, 9);
    tcase_add_loop_test(tests, no_character_is_cut, 0, (int)WV_COUNT(cuts));
    tcase_add_loop_test(tests, needles_are_met_at_every_place, 0, 3);
    tcase_add_test(tests, needles_are_met_in_base64);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
