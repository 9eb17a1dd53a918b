/*
 * At stake: a detector that looks only at promising places can miss what stands in another, and one
 * that looks at blocks can miss what lies across two. It is held against one that looks everywhere,
 * in texts that are made of identifiers, of pieces of them and of what people write around them.
 *
 *     DETECT_SEED=7 DETECT_TEXTS=5000000 test_detect_reference     others, and more of them
 */
#include "filters/search.h"
#include "support/detect_compare.h"
#include "support/detect_texts.h"
#include "support/filter_fixture.h"
#include "support/random.h"
#include "support/vectors.h"

#include <check.h>

enum { TEXTS = 200000, TEXT_MAX = 600, PLACES = 4, BESIDE = 131, WRONG_MAX = 20 };

static struct fixture fixture;

static struct vectors vectors;

static void set_up(void)
{
    fixture_init(&fixture);
    vectors = vectors_load(WV_TEST_VECTORS, "detect");
}

static void tear_down(void)
{
    vectors_free(&vectors);
    fixture_fini(&fixture);
}

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *value = getenv(name);
    return value == NULL ? usual : strtoull(value, NULL, 10);
}

/* Whether both agree on one text, wherever it stands. */
static bool agrees(struct comparison *comparison, uint64_t *state, uint8_t *text, size_t len,
                   struct reference_hits *expected)
{
    const struct wv_slice all = {text, len};
    reference_detect(&comparison->detectors, comparison->parameters, all, expected);
    for (size_t i = 0; i < PLACES; i++) {
        comparison->before = i == 0 ? 0 : random_next(state) % BESIDE;
        comparison->after = i == 0 ? 0 : random_next(state) % BESIDE;
        if (!compare_agrees(comparison, all, expected)) {
            compare_explain(comparison, text, &len);
            return false;
        }
    }
    return true;
}

/* Texts without any identifier would prove nothing. */
static void check_kinds(uint64_t kinds)
{
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        const struct wv_detector *detector = wv_detector_at(kind);
        ck_assert_msg(detector->family != WV_SEARCH_IDENTIFIERS || (kinds >> kind & 1) != 0,
                      "no text had a %s", detector->label);
    }
}

START_TEST(the_detector_agrees_with_the_reference)
{
    static struct reference_hits expected;
    uint64_t state = setting("DETECT_SEED", 1);
    uint64_t kinds = 0;
    uint64_t wrong = 0;
    const uint64_t count = setting("DETECT_TEXTS", TEXTS);
    for (uint64_t i = 0; i < count && wrong < WRONG_MAX; i++) {
        uint8_t text[TEXT_MAX];
        const size_t len = text_random(&state, text, sizeof text);
        const unsigned regions = i % 2 == 0 ? ~0U : (unsigned)random_next(&state);
        struct comparison comparison = {.detectors = compare_detectors(regions),
                                        .parameters = fixture.context.parameters};
        wrong += !agrees(&comparison, &state, text, len, &expected);
        for (size_t k = 0; k < expected.count; k++) {
            kinds |= expected.items[k].optional ? 0 : expected.items[k].kinds;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    check_kinds(kinds);
}
END_TEST

/* Whatever somebody thought of once, in all regions and in none; in escapes, too, as it stands. */
START_TEST(they_agree_on_known_texts)
{
    static struct reference_hits expected;
    uint64_t state = 1;
    size_t wrong = 0;
    for (size_t i = 0; i < 2 * vectors.count; i++) {
        const struct wv_slice text = vectors.rows[i / 2].fields[1];
        uint8_t copy[COMPARE_TEXT_MAX];
        ck_assert_uint_le(text.len, sizeof copy);
        memcpy(copy, text.ptr, text.len);
        struct comparison comparison = {.detectors = compare_detectors(i % 2 == 0 ? ~0U : 0),
                                        .parameters = fixture.context.parameters};
        wrong += !agrees(&comparison, &state, copy, text.len, &expected);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detect_reference");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 600);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, they_agree_on_known_texts);
    tcase_add_test(tests, the_detector_agrees_with_the_reference);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
