/*
 * test_validate_iban — bank accounts of all countries, and of no others.
 *
 * At stake: a row of the table that is wrong lets every account of a country out. The rows of the
 * registry stand a second time beside the tests, and numbers are made from these.
 */
#include "filters/compact.h"
#include "filters/validate.h"
#include "support/checksum_oracle.h"
#include "support/random.h"
#include "support/vectors.h"

#include <check.h>

enum { TEXT_MAX = 80 };

/* Random account number after the registry's words: "4!n2!a16!c". */
static size_t random_account(uint64_t *state, struct wv_slice structure, uint8_t *out)
{
    static const char kinds[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = 0;
    size_t run = 0;
    for (size_t i = 0; i < structure.len; i++) {
        const uint8_t c = structure.ptr[i];
        run = wv_compact_is_digit(c) ? run * 10 + (size_t)(c - '0') : run;
        const size_t from = c == 'a' ? 10 : 0;
        const size_t count = c == 'n' ? 10 : 36 - from;
        for (; (c == 'n' || c == 'a' || c == 'c') && run > 0; run--) {
            out[len++] = (uint8_t)kinds[from + random_next(state) % count];
        }
    }
    return len;
}

/* Writes the check digits, 98 less what the number with 00 leaves. */
static void complete_iban(uint8_t *text, size_t len)
{
    uint8_t turned[TEXT_MAX];
    memcpy(turned, text + 4, len - 4);
    memcpy(turned + len - 4, text, 2);
    memcpy(turned + len - 2, "00", 2);
    const unsigned check = 98 - oracle_mod97((struct wv_slice){turned, len});
    text[2] = (uint8_t)('0' + check / 10);
    text[3] = (uint8_t)('0' + check % 10);
}

START_TEST(every_country_has_its_iban)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "iban_structure");
    const size_t structure = vectors_column(&vectors, "structure");
    const size_t length = vectors_column(&vectors, "length");
    uint64_t state = 97;
    ck_assert_uint_eq(vectors.count, 89);
    for (size_t i = 0; i < vectors.count * 50; i++) {
        const struct vector *row = &vectors.rows[i / 50];
        uint8_t text[TEXT_MAX];
        memcpy(text, row->fields[0].ptr, 2);
        const size_t len = 4 + random_account(&state, row->fields[structure], text + 4);
        const struct wv_slice written = row->fields[length];
        ck_assert_uint_eq(len, wv_compact_number(written, 0, written.len));
        complete_iban(text, len);
        const struct wv_slice iban = {text, len};
        ck_assert_msg(wv_valid_iban(iban), "line %zu", row->line);
        text[len] = '0';
        complete_iban(text, len + 1);
        ck_assert(!wv_valid_iban((struct wv_slice){text, len + 1}));
        complete_iban(text, len - 1);
        ck_assert(!wv_valid_iban((struct wv_slice){text, len - 1}));
        complete_iban(text, len);
    }
    vectors_free(&vectors);
}
END_TEST

static bool has_country(const struct vectors *vectors, const uint8_t *code)
{
    for (size_t i = 0; i < vectors->count; i++) {
        if (memcmp(vectors->rows[i].fields[0].ptr, code, 2) == 0) {
            return true;
        }
    }
    return false;
}

/* Each place takes what its structure says there: a right check digit does not help another kind.
 */
START_TEST(structure_of_an_iban_is_kept)
{
    static const struct {
        const char *text;
        const char *kinds; /* of each place: n digit, a letter, c either */
    } known[] = {{"GB00WEST12345698765432", "aannaaaannnnnnnnnnnnnn"},
                 {"FR0020041010050500013M02606", "aannnnnnnnnnnncccccccccccnn"},
                 {"MU00BOMM0101101030300200000MUR", "aannaaaannnnnnnnnnnnnnnnnnnaaa"}};
    for (size_t i = 0; i < WV_COUNT(known); i++) {
        const size_t len = strlen(known[i].kinds);
        for (size_t at = 4; at < len; at++) {
            for (size_t letter = 0; letter < 2; letter++) {
                uint8_t text[TEXT_MAX];
                memcpy(text, known[i].text, len);
                text[at] = letter == 1 ? 'Q' : '7';
                complete_iban(text, len);
                const bool allowed = known[i].kinds[at] != (letter == 1 ? 'n' : 'a');
                ck_assert_int_eq(wv_valid_iban((struct wv_slice){text, len}), allowed);
            }
        }
    }
}
END_TEST

START_TEST(no_other_country_has_an_iban)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "iban_structure");
    uint64_t state = 98;
    for (size_t pair = 0; pair < 26 * 26; pair++) {
        const uint8_t code[2] = {(uint8_t)('A' + pair / 26), (uint8_t)('A' + pair % 26)};
        bool is_found = false;
        for (size_t i = 0; i < vectors.count; i++) {
            uint8_t text[TEXT_MAX];
            memcpy(text, code, 2);
            const size_t len = 4 + random_account(&state, vectors.rows[i].fields[2], text + 4);
            complete_iban(text, len);
            is_found = is_found || wv_valid_iban((struct wv_slice){text, len});
        }
        ck_assert_int_eq(is_found, has_country(&vectors, code));
    }
    vectors_free(&vectors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("validate_iban");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, every_country_has_its_iban);
    tcase_add_test(tests, structure_of_an_iban_is_kept);
    tcase_add_test(tests, no_other_country_has_an_iban);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
