/*
 * view: what is decoded, and which bytes of the original spell it.
 * At stake: a map that is off by one byte replaces the wrong bytes and leaves the right ones.
 */
#include "filters/anchors.h"
#include "filters/view.h"

#include <check.h>

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
    {WV_CODING_PERCENT, "%u6c34", "\xff", NULL},
    {WV_CODING_PERCENT, "a+b", NULL, NULL},
    {WV_CODING_PERCENT | WV_CODING_PLUS, "a+%2B", "a +", "a  "},
    {WV_CODING_ENTITIES, "a&#64;b&#x40;c&commat;d", "a@b@c@d", NULL},
    {WV_CODING_ENTITIES, "&#64&#x40 &amp;amp;", "@@ &amp;", "@@ &"},
    {WV_CODING_ENTITIES, "&#; &#x; &nothing; &", NULL, NULL},
    {WV_CODING_ENTITIES, "&#0;", NULL, NULL},
    {WV_CODING_ENTITIES, "&#4294967361;&#x100000041;", "\xff\xff", NULL},
    {WV_CODING_ESCAPES, "\\u0040\\x40\\\\\\u0040", "@@@", NULL},
    {WV_CODING_ESCAPES, "\\\"a\\/b\\\\'", "\"a/b'", NULL},
    {WV_CODING_ESCAPES, "\\\\ \\n \\u12 \\xg0", NULL, NULL},
    {WV_CODING_WIDE, "\xef\xbc\xa0\xef\xbd\x81\xef\xbd\x9e", "@a~", NULL},
    {WV_CODING_WIDE, "\xef\xbc\x80 \xef\xbd\x9f \xef\xbf\xbd \xef\xbc", NULL, NULL},
    {WV_CODING_TEXT, "%26%2364%3B", "&#64;", "@"},
};

static void check_map(struct wv_slice text, const struct wv_view *view)
{
    ck_assert_uint_eq(view->map[0], 0);
    ck_assert_uint_eq(view->map[view->len], text.len);
    for (size_t i = 0; i < view->len; i++) {
        ck_assert_uint_lt(view->map[i], view->map[i + 1]);
        for (uint32_t at = view->map[i]; at < view->map[i + 1]; at++) {
            ck_assert_uint_eq(wv_view_index(view, at), i);
        }
    }
    ck_assert_uint_eq(wv_view_index(view, (uint32_t)text.len), view->len);
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
           wv_anchor_lead(text, true) == wv_anchor_lead_plain(text, 0, true);
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
    tcase_add_test(tests, no_room_is_said);
    tcase_add_loop_test(tests, anchors_agree, 0, WV_ANCHOR_BLOCK);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
