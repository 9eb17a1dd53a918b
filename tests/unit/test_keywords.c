/*
 * test_keywords — the words that may stand in the shape of a text.
 *
 * At stake: every one of them is published where it stands in the text of somebody who wants
 * nothing published, so none may be a word by which a person is told.
 */
#include "filters/keywords.h"

#include <check.h>
#include <ctype.h>

#define WV_KEYWORDS(of_kind, line) {WV_KEYWORD_##of_kind, line},

static const struct {
    enum wv_keyword kind;
    const char *words;
} lines[] = {
#include "filters/keywords.def"
};

/* The word at *at, behind which there is a blank or the end; *at is then where the next one begins.
 */
static bool next_word(struct wv_slice text, size_t *at, struct wv_slice *word)
{
    const size_t from = *at;
    if (from >= text.len) {
        return false;
    }
    size_t to = from;
    while (to < text.len && text.ptr[to] != ' ') {
        to++;
    }
    *word = wv_slice_sub(text, from, to);
    *at = to + 1;
    return true;
}

static bool is_plain(struct wv_slice word)
{
    bool plain = word.len > 1 && word.len <= WV_KEYWORD_MAX && !isdigit(word.ptr[0]);
    for (size_t i = 0; i < word.len; i++) {
        plain = plain && (islower(word.ptr[i]) || isdigit(word.ptr[i]) || word.ptr[i] == '_');
    }
    return plain;
}

static bool comes_before(struct wv_slice a, struct wv_slice b)
{
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order < 0 || (order == 0 && a.len < b.len);
}

START_TEST(keywords_are_sorted_and_plain)
{
    struct wv_slice last = {0};
    enum wv_keyword kind = WV_KEYWORD_NONE;
    wv_keywords_ready();
    for (size_t i = 0; i < WV_COUNT(lines); i++) {
        struct wv_slice word;
        for (size_t at = 0; next_word(wv_slice_of(lines[i].words), &at, &word);) {
            ck_assert_msg(is_plain(word) && wv_keyword_find(word) == lines[i].kind, "%.*s",
                          WV_SHOW(word));
            ck_assert_msg(kind != lines[i].kind || comes_before(last, word),
                          "%.*s is not in its place", WV_SHOW(word));
            last = word;
            kind = lines[i].kind;
        }
    }
}
END_TEST

START_TEST(keywords_are_found_in_any_case_and_whole)
{
    wv_keywords_ready();
    ck_assert(wv_keyword_find(WV_LIT("UnIoN")) == WV_KEYWORD_SQL);
    ck_assert(wv_keyword_find(WV_LIT("unio")) == WV_KEYWORD_NONE);
    ck_assert(wv_keyword_find(WV_LIT("unionx")) == WV_KEYWORD_NONE);
    ck_assert(wv_keyword_find((struct wv_slice){0}) == WV_KEYWORD_NONE);
}
END_TEST

/* Somebody who adds a word of a language may not think of whose name it is. In lower case; those
 * that attacks cannot be read without (case, self, root) are not here. */
START_TEST(no_keyword_is_a_common_name)
{
    static const char names[] =
        "abdullah abe adam ahmed ai akira al alan alex ali alice amber amir amy an ana anderson "
        "andrea andrew angel ann anna anne anton april art ash asha august ben bill bo bob "
        "brand brown bruno bush carl carlos carter chad chan chance charles chase chen chi chip "
        "chris clark claude cole cook cooper cruz daisy dan daniel david davis dawn day dean "
        "del denis diego do don drew du dung ed elena else emil emma eric eva eve faith field "
        "fisher florence forest fox francis frank fred gene george georgia gloria gonzalez "
        "grace grant gray green ha hai han hans harry hassan heather heidi henry hill ho holly "
        "hong hope hui hunter ian ibrahim ida igor ines ioana iris ivan ivy jack jade jake "
        "james jane jasmine jay jean jesus jim jo joe john jones jordan jose joy juan judy jun "
        "june kai karl kate kay ken khan kim king kumar lance lang le lee leo li lily lin linda "
        "line ling link liu lu luca luis luna ma mae mai major mandy marc maria marie mark "
        "martin mary mason max may mehmet mei mercedes mia mike miller min ming mohamed moon "
        "moore morgan muhammad nan nguyen nick nina noah noor norm olive oliver omar otto page "
        "park pat paul pearl pedro penny peter petra phil pierce pierre ping power price prince "
        "queen raj ram ramon randy ray red reed rich rob robin rocky rod rosa rose roy ruby "
        "rusty ryan sage sally sam sandy sara scott short singh sky small smith sofia sol song "
        "sophie stone strong su sue summer sun susan tan tang taylor ted terry thomas tim tom "
        "tony tran tyler van vera victor violet wang ward wei west white will williams win wolf "
        "wong wood wright wu xi xu yan yang yi yong young yu yuki yuri zhang zhao";
    wv_keywords_ready();
    struct wv_slice name;
    for (size_t at = 0; next_word(wv_slice_of(names), &at, &name);) {
        ck_assert_msg(wv_keyword_find(name) == WV_KEYWORD_NONE, "%.*s", WV_SHOW(name));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keywords");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, keywords_are_sorted_and_plain);
    tcase_add_test(tests, keywords_are_found_in_any_case_and_whole);
    tcase_add_test(tests, no_keyword_is_a_common_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
