/*
 * test_validate — identifiers are told from other numbers as their issuers' rules say.
 *
 * At stake: a valid number that is not recognised leaves as it is; one that is recognised too often
 * takes harmless numbers with it, and the comments of validate.h say how often that is.
 */
#include "filters/validate.h"

#include "filters/compact.h"
#include "support/random.h"
#include "support/vectors.h"

#include <check.h>

enum { TEXT_MAX = 80 };

/* The input as a detector hands it on: without separators. */
static struct wv_slice compact(struct wv_slice input, uint8_t mem[TEXT_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < input.len; i++) {
        if (memchr(" -./()", input.ptr[i], 6) == NULL) {
            ck_assert_uint_lt(len, TEXT_MAX);
            mem[len++] = input.ptr[i];
        }
    }
    return (struct wv_slice){mem, len};
}

START_TEST(known_identifiers)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "identifiers");
    const size_t type = vectors_column(&vectors, "type");
    const size_t input = vectors_column(&vectors, "input");
    const size_t valid = vectors_column(&vectors, "valid");
    for (size_t i = 0; i < vectors.count; i++) {
        const struct vector *row = &vectors.rows[i];
        const struct wv_validator *validator = wv_validator_find(row->fields[type]);
        ck_assert_msg(validator != NULL, "line %zu: no such validator", row->line);
        uint8_t mem[TEXT_MAX];
        const struct wv_slice text = compact(row->fields[input], mem);
        const bool expected = wv_slice_eq(row->fields[valid], WV_LIT("1"));
        ck_assert_msg(validator->is_valid(text) == expected, "line %zu", row->line);
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(every_validator_has_known_identifiers)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "identifiers");
    const size_t type = vectors_column(&vectors, "type");
    const size_t valid = vectors_column(&vectors, "valid");
    size_t counts[WV_VALIDATOR_COUNT][2] = {{0}};
    for (size_t i = 0; i < vectors.count; i++) {
        const struct vector *row = &vectors.rows[i];
        const struct wv_validator *validator = wv_validator_find(row->fields[type]);
        ck_assert_ptr_nonnull(validator);
        counts[validator - wv_validator_at(0)][wv_slice_eq(row->fields[valid], WV_LIT("1"))]++;
    }
    for (size_t i = 0; i < WV_VALIDATOR_COUNT; i++) {
        const char *name = wv_validator_at(i)->name;
        ck_assert_msg(counts[i][1] >= 1 && counts[i][0] >= 3, "%s: too few rows", name);
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(names_are_found)
{
    ck_assert_uint_eq(wv_validator_count(), WV_VALIDATOR_COUNT);
    for (size_t i = 0; i < wv_validator_count(); i++) {
        const struct wv_validator *validator = wv_validator_at(i);
        ck_assert_ptr_eq(wv_validator_find(wv_slice_of(validator->name)), validator);
        ck_assert_uint_le(validator->min_len, validator->max_len);
    }
    ck_assert_ptr_eq(wv_validator_find(WV_LIT("iban")), wv_validator_at(WV_VALIDATOR_IBAN));
    ck_assert_ptr_null(wv_validator_find(WV_LIT("IBAN")));
    ck_assert_ptr_null(wv_validator_find(WV_LIT("iba")));
    ck_assert_ptr_null(wv_validator_find((struct wv_slice){0}));
}
END_TEST

enum { DIGITS = 1, SWAPS = 2 };

/* Texts of a form (# is any digit, @ any letter, the others themselves): which share of them is
 * valid, and which mistakes in the first places of a valid one are caught. */
static const struct form {
    enum wv_validator_index validator;
    const char *form;
    double share;
    unsigned catches;
    size_t places;
} forms[] = {
    {WV_VALIDATOR_LUHN, "################", 0.1, DIGITS, 16},
    {WV_VALIDATOR_LUHN, "###", 0.1, DIGITS, 3},
    {WV_VALIDATOR_CARD, "################", 0.029, DIGITS, 16},
    {WV_VALIDATOR_IBAN, "DE####################", 0.01, DIGITS | SWAPS, 22},
    {WV_VALIDATOR_IBAN, "MU##@@@@###################@@@", 0.01, DIGITS | SWAPS, 30},
    {WV_VALIDATOR_IMEI, "###############", 0.1, DIGITS, 15},
    {WV_VALIDATOR_JP_MY_NUMBER, "############", 0.1, 0, 0},
    {WV_VALIDATOR_KR_RRN, "#############", 0.0365, 0, 0},
    {WV_VALIDATOR_KR_RRN_CHECKSUM, "#############", 0.00365, 0, 0},
    {WV_VALIDATOR_SG_NRIC, "S#######@", 1 / 26., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_SG_NRIC, "G#######@", 1 / 26., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_SG_NRIC, "M#######@", 1 / 26., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_TW_ID, "@1########", 0.1, 0, 0},
    {WV_VALIDATOR_TW_ID, "@9########", 0.1, 0, 0},
    {WV_VALIDATOR_TW_ID, "@C########", 0.1, 0, 0},
    {WV_VALIDATOR_HK_ID, "@#######", 1 / 11., DIGITS | SWAPS, 8},
    {WV_VALIDATOR_HK_ID, "@@#######", 1 / 11., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_MY_MYKAD, "############", 0.0314, 0, 0},
    {WV_VALIDATOR_PH_TIN, "#########", 1 / 11., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_PH_TIN, "############", 1 / 11., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_AU_TFN, "########", 1 / 11., DIGITS | SWAPS, 8},
    {WV_VALIDATOR_AU_TFN, "#########", 1 / 11., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_AU_MEDICARE, "##########", 0.05, DIGITS, 9},
    {WV_VALIDATOR_AU_MEDICARE, "###########", 0.05, DIGITS, 9},
    {WV_VALIDATOR_IN_AADHAAR, "############", 0.08, DIGITS | SWAPS, 12},
    {WV_VALIDATOR_TH_PIN, "#############", 0.08, 0, 0},
    {WV_VALIDATOR_CN_RIC, "######19##########", 0.003, DIGITS | SWAPS, 18},
    {WV_VALIDATOR_CN_RIC, "######20#########X", 0.003, DIGITS | SWAPS, 18},
    {WV_VALIDATOR_CN_RIC, "######17##########", 0, 0, 0},
    {WV_VALIDATOR_IL_ID, "#########", 0.1, DIGITS, 9},
    {WV_VALIDATOR_GB_NHS, "##########", 1 / 11., DIGITS | SWAPS, 10},
    {WV_VALIDATOR_GB_NINO, "@@######@", 0.0849, 0, 0},
    {WV_VALIDATOR_DE_IDNR, "###########", 0.0035, DIGITS, 11},
    {WV_VALIDATOR_FR_NIR, "###############", 0.0055, DIGITS | SWAPS, 15},
    {WV_VALIDATOR_FR_NIR, "#####2B########", 0.0055, DIGITS | SWAPS, 15},
    {WV_VALIDATOR_ES_DNI, "########@", 1 / 26., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_ES_NIE, "Y#######@", 1 / 26., DIGITS | SWAPS, 9},
    {WV_VALIDATOR_IT_CF, "@@@@@@##@##@###@", 0.0108, DIGITS, 16},
    {WV_VALIDATOR_CH_AHV, "756##########", 0.1, DIGITS, 13},
    {WV_VALIDATOR_US_SSN, "#########", 0.8889, 0, 0},
    {WV_VALIDATOR_CA_SIN, "#########", 0.08, DIGITS, 9},
    {WV_VALIDATOR_BR_CPF, "###########", 0.01, 0, 0},
};

static struct wv_slice random_text(uint64_t *state, const char *form, uint8_t mem[TEXT_MAX])
{
    const size_t len = strlen(form);
    for (size_t i = 0; i < len; i++) {
        const uint64_t random = random_next(state) >> 16;
        mem[i] = form[i] == '#'   ? (uint8_t)('0' + random % 10)
                 : form[i] == '@' ? (uint8_t)('A' + random % 26)
                                  : (uint8_t)form[i];
    }
    return (struct wv_slice){mem, len};
}

START_TEST(share_of_random_texts_is_the_promised_one)
{
    enum { TRIES = 200000 };
    const struct form *form = &forms[_i];
    const struct wv_validator *validator = wv_validator_at(form->validator);
    uint64_t state = (uint64_t)_i;
    size_t hits = 0;
    for (size_t i = 0; i < TRIES; i++) {
        uint8_t mem[TEXT_MAX];
        hits += validator->is_valid(random_text(&state, form->form, mem));
    }
    /* Four standard deviations, and what rounding the share has taken. */
    const double expected = TRIES * form->share;
    const double off = (double)hits - expected;
    const double rounded = 0.03 * expected;
    ck_assert_msg(off * off <= 16 * expected + rounded * rounded, "%s: %zu of %d", validator->name,
                  hits, TRIES);
}
END_TEST

START_TEST(every_validator_has_a_promised_share)
{
    bool has[WV_VALIDATOR_COUNT] = {false};
    for (size_t i = 0; i < WV_COUNT(forms); i++) {
        has[forms[i].validator] = true;
    }
    for (size_t i = 0; i < WV_VALIDATOR_COUNT; i++) {
        ck_assert_msg(has[i], "%s", wv_validator_at(i)->name);
    }
}
END_TEST

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static void check_wrong_digits(const struct wv_validator *validator, uint8_t *text, size_t len,
                               size_t places)
{
    for (size_t at = 0; at < places; at++) {
        const uint8_t right = text[at];
        for (uint8_t wrong = '0'; is_digit(right) && wrong <= '9'; wrong++) {
            text[at] = wrong;
            ck_assert_msg(validator->is_valid((struct wv_slice){text, len}) == (wrong == right),
                          "%s: wrong digit at %zu", validator->name, at);
        }
        text[at] = right;
    }
}

static void check_swapped_digits(const struct wv_validator *validator, uint8_t *text, size_t len,
                                 size_t places)
{
    for (size_t at = 0; at + 1 < places; at++) {
        const uint8_t first = text[at];
        const uint8_t second = text[at + 1];
        if (first == second || !is_digit(first) || !is_digit(second)) {
            continue;
        }
        text[at] = second;
        text[at + 1] = first;
        ck_assert_msg(!validator->is_valid((struct wv_slice){text, len}),
                      "%s: changed places at %zu", validator->name, at);
        text[at] = first;
        text[at + 1] = second;
    }
}

START_TEST(mistakes_are_caught)
{
    const struct form *form = &forms[_i];
    const struct wv_validator *validator = wv_validator_at(form->validator);
    uint64_t state = (uint64_t)_i + 1000;
    for (size_t found = 0; form->catches != 0 && found < 200;) {
        uint8_t mem[TEXT_MAX];
        const struct wv_slice text = random_text(&state, form->form, mem);
        if (!validator->is_valid(text)) {
            continue;
        }
        found++;
        if ((form->catches & DIGITS) != 0) {
            check_wrong_digits(validator, mem, text.len, form->places);
        }
        if ((form->catches & SWAPS) != 0) {
            check_swapped_digits(validator, mem, text.len, form->places);
        }
    }
}
END_TEST

START_TEST(no_number_of_one_digit_is_a_card)
{
    for (uint8_t digit = '0'; digit <= '9'; digit++) {
        uint8_t mem[TEXT_MAX];
        memset(mem, digit, sizeof mem);
        for (size_t len = 0; len < sizeof mem; len++) {
            ck_assert(!wv_valid_card((struct wv_slice){mem, len}));
        }
    }
}
END_TEST

/* In memory of its own, so that a sanitizer sees what is read behind it. */
static bool is_valid_alone(const struct wv_validator *validator, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len);
    ck_assert(copy != NULL || len == 0);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    const bool is_valid = validator->is_valid((struct wv_slice){copy, len});
    free(copy);
    return is_valid;
}

START_TEST(any_bytes_of_any_length_are_judged)
{
    const struct wv_validator *validator = wv_validator_at((size_t)_i);
    static uint8_t bytes[100000];
    uint64_t state = (uint64_t)_i;
    ck_assert(!validator->is_valid((struct wv_slice){0}));
    for (size_t filled = 0; filled < 4; filled++) {
        memset(bytes, "19AX"[filled], sizeof bytes);
        ck_assert(!is_valid_alone(validator, bytes, sizeof bytes));
        memcpy(bytes, "DE89370400440532013000", 22);
        ck_assert(!is_valid_alone(validator, bytes, sizeof bytes));
    }
    for (size_t i = 0; i < 20000; i++) {
        const size_t len = random_next(&state) % TEXT_MAX;
        random_fill(&state, bytes, len);
        ck_assert(!is_valid_alone(validator, bytes, len) || len <= 2); /* "42" has a check digit */
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t)('0' + bytes[k] % 10);
        }
        const bool may_be = len >= validator->min_len && len <= validator->max_len;
        ck_assert(!is_valid_alone(validator, bytes, len) || may_be);
    }
    ck_assert(!validator->is_valid(WV_LIT("\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91")));
}
END_TEST

/* One byte that is neither digit nor letter makes every valid identifier invalid. */
START_TEST(foreign_bytes_are_refused)
{
    static const uint8_t foreign[] = {0, '-', ' ', '/', ':', '@', '[', '`', '{', 0x80, 0xb2, 0xff};
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "identifiers");
    for (size_t i = 0; i < vectors.count; i++) {
        uint8_t mem[TEXT_MAX];
        const struct wv_slice text = compact(vectors.rows[i].fields[1], mem);
        const struct wv_validator *validator = wv_validator_find(vectors.rows[i].fields[0]);
        for (size_t at = 0; at < text.len * WV_COUNT(foreign); at++) {
            const uint8_t right = mem[at % text.len];
            mem[at % text.len] = foreign[at / text.len];
            ck_assert_msg(!validator->is_valid(text), "line %zu", vectors.rows[i].line);
            mem[at % text.len] = right;
        }
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(case_makes_no_difference)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "identifiers");
    for (size_t i = 0; i < vectors.count; i++) {
        uint8_t mem[TEXT_MAX];
        const struct wv_slice text = compact(vectors.rows[i].fields[1], mem);
        const struct wv_validator *validator = wv_validator_find(vectors.rows[i].fields[0]);
        const bool is_valid = validator->is_valid(text);
        for (size_t k = 0; k < text.len; k++) {
            mem[k] = wv_compact_is_letter(mem[k]) ? mem[k] ^ 0x20 : mem[k];
            ck_assert_msg(validator->is_valid(text) == is_valid, "line %zu", vectors.rows[i].line);
        }
    }
    vectors_free(&vectors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("validate");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, known_identifiers);
    tcase_add_test(tests, every_validator_has_known_identifiers);
    tcase_add_test(tests, names_are_found);
    tcase_add_loop_test(tests, share_of_random_texts_is_the_promised_one, 0, (int)WV_COUNT(forms));
    tcase_add_test(tests, every_validator_has_a_promised_share);
    tcase_add_loop_test(tests, mistakes_are_caught, 0, (int)WV_COUNT(forms));
    tcase_add_test(tests, no_number_of_one_digit_is_a_card);
    tcase_add_loop_test(tests, any_bytes_of_any_length_are_judged, 0, WV_VALIDATOR_COUNT);
    tcase_add_test(tests, foreign_bytes_are_refused);
    tcase_add_test(tests, case_makes_no_difference);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
