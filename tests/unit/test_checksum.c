/*
 * test_checksum — check digits and dates are counted right.
 *
 * At stake: every identifier is recognised by one of these. Slow implementations, written another
 * way, are the second opinion.
 */
#include "filters/checksum.h"
#include "support/checksum_oracle.h"
#include "support/random.h"

#include <check.h>

enum { TEXT_MAX = 80 };

START_TEST(checksums_agree_with_the_oracles)
{
    uint64_t state = 1;
    for (size_t i = 0; i < 20000; i++) {
        uint8_t mem[TEXT_MAX];
        const size_t len = 2 + random_next(&state) % (WV_CHECKSUM_MAX - 1);
        for (size_t k = 0; k < len; k++) {
            mem[k] = (uint8_t)('0' + (random_next(&state) >> 8) % 10);
        }
        struct wv_slice text = {mem, len};
        ck_assert_int_eq(wv_checksum_luhn(text), oracle_luhn(text));
        ck_assert_int_eq(wv_checksum_verhoeff(text), oracle_verhoeff(text));
        ck_assert_int_eq(wv_checksum_mod11_10(text), oracle_mod11_10(text));
        const struct wv_slice ean = wv_slice_sub(text, 0, len < 13 ? len : 13);
        ck_assert(ean.len < 13 || wv_checksum_ean(ean) == oracle_ean13(ean));
        ck_assert_uint_eq(wv_checksum_mod97(0, text), oracle_mod97(text));
        mem[len - 1] = i % 11 == 0 ? 'X' : mem[len - 1];
        ck_assert_int_eq(wv_checksum_mod11_2(text), oracle_mod11_2(text));
        mem[random_next(&state) % len] = (uint8_t)('a' + i % 26);
        ck_assert_uint_eq(wv_checksum_mod97(0, text), oracle_mod97(text));
    }
}
END_TEST

START_TEST(other_bytes_have_no_checksum)
{
    const struct wv_slice others[] = {WV_LIT(""), WV_LIT("18 "), WV_LIT("1a"), WV_LIT("1\xb2")};
    for (size_t i = 0; i < WV_COUNT(others); i++) {
        ck_assert(!wv_checksum_luhn(others[i]));
        ck_assert(!wv_checksum_verhoeff(others[i]));
        ck_assert(!wv_checksum_mod11_10(others[i]));
        ck_assert(!wv_checksum_mod11_2(others[i]));
        ck_assert(!wv_checksum_ean(others[i]));
    }
    ck_assert(!wv_checksum_mod11_2(WV_LIT("X"))); /* nothing to check */
    ck_assert(!wv_checksum_mod11_2(WV_LIT("X0")));
}
END_TEST

/* Of how many last digits behind zeros the checksum is right. */
static size_t count_right(bool (*is_right)(struct wv_slice digits), size_t len)
{
    uint8_t digits[WV_CHECKSUM_MAX + 1];
    ck_assert_uint_le(len, sizeof digits);
    memset(digits, '0', sizeof digits);
    size_t right = 0;
    for (uint8_t last = '0'; last <= '9'; last++) {
        digits[len - 1] = last;
        right += is_right((struct wv_slice){digits, len});
    }
    return right;
}

START_TEST(longer_texts_have_no_checksum)
{
    static bool (*const checksums[])(struct wv_slice digits) = {
        wv_checksum_luhn, wv_checksum_verhoeff, wv_checksum_mod11_10, wv_checksum_ean};
    for (size_t i = 0; i < WV_COUNT(checksums); i++) {
        ck_assert_uint_eq(count_right(checksums[i], WV_CHECKSUM_MAX), 1);
        ck_assert_uint_eq(count_right(checksums[i], WV_CHECKSUM_MAX + 1), 0);
    }
}
END_TEST

/* Examples of the standards and of those who made the rules. */
START_TEST(published_examples)
{
    ck_assert(wv_checksum_luhn(WV_LIT("79927398713")));
    ck_assert(wv_checksum_verhoeff(WV_LIT("2363")));
    ck_assert(wv_checksum_mod11_10(WV_LIT("07945")));            /* ISO 7064: 0794 and 5 */
    ck_assert(wv_checksum_mod11_2(WV_LIT("07940")));             /* ISO 7064: 0794 and 0 */
    ck_assert(wv_checksum_mod11_2(WV_LIT("079X")));              /* ISO 7064: 079 and X */
    ck_assert(wv_checksum_ean(WV_LIT("4006381333931")));         /* GS1 */
    ck_assert_uint_eq(wv_checksum_mod97(0, WV_LIT("79444")), 1); /* ISO 7064: 794 and 44 */
}
END_TEST

START_TEST(calendar_is_right)
{
    static const uint32_t lengths[2][13] = {{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
                                            {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}};
    size_t days = 0;
    for (uint32_t year = 1600; year < 2000; year++) {
        for (uint32_t month = 0; month <= 13; month++) {
            for (uint32_t day = 0; day <= 32; day++) {
                const bool is_date = wv_compact_is_date(year, month, day);
                ck_assert(!is_date || (month <= 12 && day >= 1 && day <= lengths[1][month]));
                days += is_date;
            }
        }
    }
    ck_assert_uint_eq(days, 146097); /* of four centuries */
    ck_assert(!wv_compact_is_date(2000, 99, 1) && !wv_compact_is_date(2000, 1, 99));
    ck_assert(wv_compact_is_date(2000, 2, 29) && !wv_compact_is_date(1900, 2, 29));
    ck_assert(wv_compact_is_date(2024, 2, 29) && !wv_compact_is_date(2023, 2, 29));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checksum");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, checksums_agree_with_the_oracles);
    tcase_add_test(tests, other_bytes_have_no_checksum);
    tcase_add_test(tests, longer_texts_have_no_checksum);
    tcase_add_test(tests, published_examples);
    tcase_add_test(tests, calendar_is_right);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
