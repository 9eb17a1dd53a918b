/*
 * view: what is decoded, and which bytes of the original spell it.
 * At stake: a map that is off by one byte replaces the wrong bytes and leaves the right ones.
 */
#include "filters/anchors.h"
#include "filters/view.h"

#include <check.h>
#include <stdio.h>

static uint8_t mem[1 << 20];

static struct wv_scratch scratch_of(size_t cap)
{
    return (struct wv_scratch){.mem = mem, .cap = cap};
}

static const struct row {
    unsigned codings;
    const char *text;
    const char *want;   /* NULL: there is nothing to decode */
    const char *deeper; /* after a second time; NULL: nothing is left */
} rows[] = {
    {WV_CODING_TEXT, "", NULL, NULL},
    {WV_CODING_TEXT, "plain text, 100% & more \\ +", NULL, NULL},
    {WV_CODING_PERCENT, "%41b%63", "Abc", NULL},
    {WV_CODING_PERCENT, "%2541", "%41", "A"},
    {WV_CODING_PERCENT, "%4%41%", "%4A%", "J%"},
    {WV_CODING_PERCENT, "%u0041%U0041", "AA", NULL},
    {WV_CODING_PERCENT, "%uff20", "@", NULL},
    {WV_CODING_PERCENT, "%u6c34", "\u6c34", NULL},
    {WV_CODING_PERCENT, "%ud83d%ude00 %uD83D%41 %ude00",
     "\U0001f600 \xff"
     "A \xff",
     NULL},
    {WV_CODING_PERCENT, "%ud83d\\ude00", "\xff\\ude00", NULL},
    {WV_CODING_PERCENT, "a+b", NULL, NULL},
    {WV_CODING_PERCENT | WV_CODING_PLUS, "a+%2B", "a +", "a  "},
    {WV_CODING_ENTITIES, "a&#64;b&#x40;c&commat;d", "a@b@c@d", NULL},
    {WV_CODING_ENTITIES, "&#64&#x40 &amp;amp;", "@@ &amp;", "@@ &"},
    {WV_CODING_ENTITIES, "&#; &#x; &nothing; &", NULL, NULL},
    {WV_CODING_ENTITIES, "&#0;", NULL, NULL},
    {WV_CODING_ENTITIES, "&#4294967361;&#x100000041;", "\xff\xff", NULL},
    {WV_CODING_ENTITIES, "&#246;&#x6c34;&#x1f600;", "\u00f6\u6c34\U0001f600", NULL},
    {WV_CODING_ENTITIES, "&#xd83d;&#xde00;&#x110000;", "\xff\xff\xff", NULL},
    {WV_CODING_ENTITIES, "&#150&#x80;&#159;", "\u2013\u20ac\u0178", NULL}, /* windows-1252 */
    {WV_CODING_ENTITIES, "&ouml;&Ouml;&eth;&yuml;", "\u00f6\u00d6\u00f0\u00ff", NULL},
    {WV_CODING_ENTITIES, "&lpar;&nbsp;&NonBreakingSpace;&mdash;&Tab;", "(  -\t", NULL},
    {WV_CODING_ENTITIES, "&ouml &OUML; &; &nbsp &NonBreakingSpaces;", NULL, NULL},
    {WV_CODING_ENTITIES, "&amp;ouml;", "&ouml;", "\u00f6"},
    {WV_CODING_ESCAPES, "\\u0040\\x40\\\\\\u0040", "@@@", NULL},
    {WV_CODING_ESCAPES, "\\\"a\\/b\\\\'", "\"a/b'", NULL},
    {WV_CODING_ESCAPES, "\\\\ \\n \\u12 \\xg0 \\", NULL, NULL},
    {WV_CODING_TEXT, "a\\nb\\t\\\\r\\f\\b c:\\new", "a\nb\t\r\f\b c:\new", NULL},
    {WV_CODING_ESCAPES, "\\u00f6\\u6c34\\xc3\\xb6\\xff", "\u00f6\u6c34\u00f6\xff", NULL},
    {WV_CODING_ESCAPES, "\\ud83d\\ude00\\\\ud83d\\\\ude00", "\U0001f600\U0001f600", NULL},
    {WV_CODING_ESCAPES, "\\ud83d\\u0041\\ude00\\ud83d\\ud83d\\ude00",
     "\xff"
     "A\xff\xff\U0001f600",
     NULL},
    {WV_CODING_ESCAPES, "\\ud83d\\\\", "\xff\\\\", NULL},
    {WV_CODING_ESCAPES, "\\u{41}\\u{f6}\\u{6C34}\\u{1F600}\\u{0000041}",
     "A\u00f6\u6c34\U0001f600"
     "A",
     NULL},
    {WV_CODING_ESCAPES, "\\u{110000}\\u{d83d}", "\xff\xff", NULL},
    {WV_CODING_ESCAPES, "\\u{} \\u{41 \\u{g} \\u{000000041} \\u{", NULL, NULL},
    {WV_CODING_ESCAPES, "\\303\\266\\\\303\\\\266", "\u00f6\u00f6", NULL},
    {WV_CODING_ESCAPES, "\\346\\260\\264\\360\\237\\230\\200", "\u6c34\U0001f600", NULL},
    {WV_CODING_ESCAPES, "\\303 \\266 \\303\\303 \\303\\26 \\300\\200 \\355\\240\\275 \\377", NULL,
     NULL},
    {WV_CODING_ESCAPES, "\\\\203.0.113.5 \\101\\102", NULL, NULL}, /* a host, and back references */
    {WV_CODING_TEXT, "\\xef\\xbc\\xa0", "\xef\xbc\xa0", "@"},
    {WV_CODING_TEXT, "\\357\\274\\240", "\xef\xbc\xa0", "@"},
    {WV_CODING_TEXT, "\\uff20%uff20&#xff20;", "@@@", NULL},
    {WV_CODING_TEXT, "\\uff9f\\uff00", "\uff9f\uff00", NULL},
    {WV_CODING_WIDE, "\xef\xbc\xa0\xef\xbd\x81\xef\xbd\x9e", "@a~", NULL},
    {WV_CODING_WIDE, "\xef\xbc\x80 \xef\xbd\x9f \xef\xbf\xbd \xef\xbc", NULL, NULL},
    {WV_CODING_TEXT, "%26%2364%3B", "&#64;", "@"},
};

/* The stretch of the original rises at every byte, but for those that an escaped character has
 * behind its first, and is never shorter than what it spells. */
static void check_map(struct wv_slice text, const struct wv_view *view)
{
    ck_assert_uint_eq(view->map[0], 0);
    ck_assert_uint_eq(view->map[view->len], text.len);
    ck_assert_uint_le(view->len, text.len);
    size_t first = 0;
    for (size_t i = 0; i < view->len; i++) {
        first = view->map[i] < view->map[i + 1] ? i : first;
        ck_assert(i == first || (view->map[i] == view->map[first + 1] && view->bytes[i] >= 0x80));
        ck_assert_uint_ge(view->map[i + 1] - view->map[first], i + 1 - first);
        ck_assert_uint_eq(wv_view_start(view, i), view->map[first]);
        for (uint32_t at = view->map[i]; at < view->map[i + 1]; at++) {
            ck_assert_uint_eq(wv_view_index(view, at), i);
        }
    }
    ck_assert_uint_eq(wv_view_index(view, (uint32_t)text.len), view->len);
    ck_assert_uint_eq(wv_view_start(view, view->len), text.len);
}

START_TEST(decodes)
{
    const struct row *row = &rows[_i];
    const struct wv_slice text = wv_slice_of(row->text);
    struct wv_scratch scratch = scratch_of(sizeof mem);
    struct wv_view view;
    const enum wv_view_verdict verdict = wv_view_open(text, row->codings, &scratch, &view);
    ck_assert_int_eq(verdict, row->want == NULL ? WV_VIEW_SAME : WV_VIEW_DECODED);
    ck_assert_int_eq(wv_view_is_coded(text, row->codings), row->want != NULL);
    if (row->want == NULL) {
        ck_assert_uint_eq(scratch.used, 0);
        return;
    }
    ck_assert(wv_slice_eq(wv_view_slice(&view), wv_slice_of(row->want)));
    check_map(text, &view);
    ck_assert_int_eq(wv_view_deepen(&view, row->codings), row->deeper != NULL);
    if (row->deeper != NULL) {
        ck_assert(wv_slice_eq(wv_view_slice(&view), wv_slice_of(row->deeper)));
        check_map(text, &view);
    }
}
END_TEST

/* Each byte of the view stands where its escape stood, through two depths. */
START_TEST(map_leads_to_the_spelling)
{
    const struct wv_slice text = WV_LIT("ab%2540&#64;\\u0063d");
    struct wv_scratch scratch = scratch_of(sizeof mem);
    struct wv_view view;
    ck_assert_int_eq(wv_view_open(text, WV_CODING_TEXT, &scratch, &view), WV_VIEW_DECODED);
    ck_assert(wv_view_deepen(&view, WV_CODING_TEXT));
    ck_assert(wv_slice_eq(wv_view_slice(&view), WV_LIT("ab@@cd")));
    static const uint32_t want[] = {0, 1, 2, 7, 12, 18, 19};
    ck_assert_mem_eq(view.map, want, sizeof want);
}
END_TEST

/* An escaped character is one: what begins or ends inside of it has all of it. */
START_TEST(map_does_not_part_a_character)
{
    const struct wv_slice text = WV_LIT("a\\u6c34%25C3%B6&#x1f600;");
    struct wv_scratch scratch = scratch_of(sizeof mem);
    struct wv_view view;
    ck_assert_int_eq(wv_view_open(text, WV_CODING_TEXT, &scratch, &view), WV_VIEW_DECODED);
    ck_assert(wv_view_deepen(&view, WV_CODING_TEXT));
    ck_assert(wv_slice_eq(wv_view_slice(&view), WV_LIT("a\u6c34\u00f6\U0001f600")));
    static const uint32_t want[] = {0, 1, 7, 7, 7, 12, 15, 24, 24, 24, 24};
    static const uint32_t starts[] = {0, 1, 1, 1, 7, 12, 15, 15, 15, 15, 24};
    ck_assert_mem_eq(view.map, want, sizeof want);
    for (size_t i = 0; i < WV_COUNT(starts); i++) {
        ck_assert_uint_eq(wv_view_start(&view, i), starts[i]);
    }
}
END_TEST

static const struct entity {
    const char *name;
    uint16_t character;
} entities[] = {
#define WV_ENTITY(name_, character_) {name_, character_},
#include "filters/entities.def"
#undef WV_ENTITY
};

/* All of the table are found, in the order in which they are searched for, and none is longer than
 * it is looked at. */
START_TEST(every_entity_is_read)
{
    for (size_t i = 0; i < WV_COUNT(entities); i++) {
        const uint16_t character = entities[i].character;
        const char want[] = {(char)(character < 0x80 ? character : 0xc0 | character >> 6),
                             (char)(character < 0x80 ? 0 : 0x80 | (character & 0x3f)), 0};
        char text[64];
        snprintf(text, sizeof text, "&%s;", entities[i].name);
        struct wv_scratch scratch = scratch_of(sizeof mem);
        struct wv_view view;
        ck_assert_msg(wv_view_open(wv_slice_of(text), WV_CODING_ENTITIES, &scratch, &view) ==
                              WV_VIEW_DECODED &&
                          wv_slice_eq(wv_view_slice(&view), wv_slice_of(want)),
                      "%s", text);
        check_map(wv_slice_of(text), &view);
        ck_assert(i == 0 || strcmp(entities[i - 1].name, entities[i].name) < 0);
    }
}
END_TEST

/* Of every character, each escape as short as it can be. */
START_TEST(no_view_is_longer_than_its_text)
{
    static const char *const shortest[] = {"\\u{%x}", "&#%u", "&#x%x"};
    for (unsigned character = 1; character <= 0x110000; character++) {
        for (size_t i = 0; i < WV_COUNT(shortest); i++) {
            char text[32];
            struct wv_scratch scratch = scratch_of(sizeof mem);
            struct wv_view view;
            const int len = snprintf(text, sizeof text, shortest[i], character);
            const struct wv_slice all = {(const uint8_t *)text, (size_t)len};
            if (wv_view_open(all, WV_CODING_TEXT, &scratch, &view) != WV_VIEW_DECODED ||
                view.len > 4 || view.len >= all.len) {
                ck_abort_msg("%s", text);
            }
        }
    }
}
END_TEST

START_TEST(no_room_is_said)
{
    const struct wv_slice text = WV_LIT("0123456789%41");
    for (size_t cap = 0; cap < 13 + 3 + 14 * 4; cap++) {
        struct wv_scratch scratch = scratch_of(cap);
        struct wv_view view;
        ck_assert_int_eq(wv_view_open(text, WV_CODING_TEXT, &scratch, &view), WV_VIEW_NO_ROOM);
    }
}
END_TEST

static bool leaves_agree(struct wv_slice text)
{
    const struct wv_block_marks marks = wv_marks_of(text);
    const struct wv_block_marks plain_marks = wv_marks_plain(text);
    const struct wv_groups groups = wv_groups_of(text);
    const struct wv_groups plain_groups = wv_groups_plain(text);
    return memcmp(&marks, &plain_marks, sizeof marks) == 0 &&
           memcmp(&groups, &plain_groups, sizeof groups) == 0 &&
           wv_is_plain_word(text) == (text.len <= WV_WORD_MAX && wv_anchor_is_plain(text)) &&
           wv_anchor_lead(text, false) == wv_anchor_lead_plain(text, 0, false) &&
           wv_anchor_lead(text, true) == wv_anchor_lead_plain(text, 0, true) &&
           wv_alnum_end(text, 0) == wv_alnum_end_plain(text, 0);
}

/* The vectorised leaves must answer like the plain ones, for every byte at every place of a block,
 * whatever is the length. */
START_TEST(anchors_agree)
{
    const size_t at = (size_t)_i;
    uint8_t block[WV_ANCHOR_BLOCK];
    memset(block, 'x', sizeof block);
    for (unsigned byte = 0; byte < 256; byte++) {
        block[at] = (uint8_t)byte;
        bool agree = true;
        for (size_t len = at % 4; len <= WV_ANCHOR_BLOCK; len += len < 20 ? 1 : 4) {
            agree = agree && leaves_agree((struct wv_slice){block, len});
        }
        ck_assert_msg(agree, "byte %u at %zu", byte, at);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, decodes, 0, (int)WV_COUNT(rows));
    tcase_add_test(tests, map_leads_to_the_spelling);
    tcase_add_test(tests, map_does_not_part_a_character);
    tcase_add_test(tests, every_entity_is_read);
    tcase_add_test(tests, no_view_is_longer_than_its_text);
    tcase_add_test(tests, no_room_is_said);
    tcase_add_loop_test(tests, anchors_agree, 0, WV_ANCHOR_BLOCK);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
