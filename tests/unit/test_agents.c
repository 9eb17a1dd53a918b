/*
 * test_agents — the table of user agents is sound, and only its words ever leave.
 *
 * At stake: a word that is written wrong in agents.def is never found, and its agents become
 * "other"; a name with a strange character could break the syntax of a record's reader.
 */
#include "filters/agents.h"

#include <check.h>

static uint32_t hash_of(const char *word)
{
    uint32_t hash = WV_AGENT_HASH_EMPTY;
    for (; *word != '\0'; word++) {
        hash = wv_agent_hash(hash, wv_lower((uint8_t)*word));
    }
    return hash;
}

START_TEST(every_word_is_found_as_itself)
{
    wv_agents_ready();
    for (size_t i = 0; i < wv_agent_count(); i++) {
        const struct wv_agent_word *word = wv_agent_at(i);
        ck_assert_msg(wv_agent_find(wv_slice_of(word->token), hash_of(word->token)) == word,
                      "%s is there twice", word->token);
    }
}
END_TEST

START_TEST(other_words_and_cases)
{
    wv_agents_ready();
    ck_assert_ptr_null(wv_agent_find(WV_LIT("chrom"), hash_of("chrom")));
    ck_assert_ptr_null(wv_agent_find((struct wv_slice){0}, WV_AGENT_HASH_EMPTY));
    const struct wv_agent_word *chrome = wv_agent_find(WV_LIT("CHROME"), hash_of("chrome"));
    ck_assert_ptr_nonnull(chrome);
    ck_assert_str_eq(chrome->name, "Chrome");
}
END_TEST

/* As the pass over a user agent cuts it: letters, digits, hyphen, underscore; a digit does not
 * follow a hyphen. */
static bool is_one_word(const char *token)
{
    for (const char *c = token; *c != '\0'; c++) {
        const bool letter = (*c >= 'a' && *c <= 'z') || *c == '_';
        const bool digit = *c >= '0' && *c <= '9';
        const bool hyphen = *c == '-' && !(c[1] >= '0' && c[1] <= '9');
        if (!letter && !digit && !hyphen) {
            return false;
        }
    }
    return *token != '\0';
}

static bool is_plain_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        const char lower = (char)wv_lower((uint8_t)*c);
        if (!(lower >= 'a' && lower <= 'z') && !(*c >= '0' && *c <= '9') &&
            strchr(" .-!_", *c) == NULL) {
            return false;
        }
    }
    return *name != '\0';
}

START_TEST(words_and_names_are_well_formed)
{
    for (size_t i = 0; i < wv_agent_count(); i++) {
        const struct wv_agent_word *word = wv_agent_at(i);
        ck_assert_msg(is_one_word(word->token), "%s can never be found", word->token);
        const bool named = word->kind != WV_AGENT_DEVICE && word->kind != WV_AGENT_SAYS;
        ck_assert_msg(named == (word->name != NULL), "%s: name", word->token);
        ck_assert_msg(word->name == NULL || is_plain_name(word->name), "%s: name", word->token);
        ck_assert_msg(word->mobile == NULL || is_plain_name(word->mobile), "%s: name", word->token);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, every_word_is_found_as_itself);
    tcase_add_test(tests, other_words_and_cases);
    tcase_add_test(tests, words_and_names_are_well_formed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
