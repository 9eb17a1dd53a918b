/*
 * validate_europe.c — numbers of persons in Europe.
 */
#include "filters/validate.h"

#include "filters/checksum.h"

bool wv_valid_gb_nhs(struct wv_slice text)
{
    /* A number whose check digit would be ten is not given out: no last digit makes it right. */
    static const uint8_t weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    if (!wv_compact_has_form(text, "9999999999") || wv_compact_is_zeros(text)) {
        return false;
    }
    return wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 11 == 0;
}

bool wv_valid_gb_nino(struct wv_slice text)
{
    static const char unused[][3] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    if (!wv_compact_has_form(text, "AA999999A") || !wv_compact_is_one_of(text.ptr[8], "ABCD") ||
        wv_compact_is_one_of(text.ptr[0], "DFIQUV") ||
        wv_compact_is_one_of(text.ptr[1], "DFIOQUV")) {
        return false;
    }
    for (size_t i = 0; i < WV_COUNT(unused); i++) {
        if (wv_slice_eq_nocase(wv_slice_sub(text, 0, 2), wv_slice_of(unused[i]))) {
            return false;
        }
    }
    return true;
}

/* Whether one digit occurs twice or three times, yet not three times in a row, and every other at
 * most once. */
static bool repeats_as_german(struct wv_slice digits)
{
    unsigned counts[10] = {0};
    unsigned repeated = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const unsigned count = ++counts[wv_compact_value(digits.ptr[i])];
        repeated += count == 2;
        if (count > 3 || (i >= 2 && wv_compact_is_repeated(wv_slice_sub(digits, i - 2, i + 1)))) {
            return false;
        }
    }
    return repeated == 1;
}

bool wv_valid_de_idnr(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "99999999999") || text.ptr[0] == '0') {
        return false;
    }
    return repeats_as_german(wv_slice_sub(text, 0, 10)) && wv_checksum_mod11_10(text);
}

/* Months from 20 stand where a record of birth is not complete. */
static bool is_french_month(uint32_t month)
{
    return (month >= 1 && month <= 12) || month >= 20;
}

bool wv_valid_fr_nir(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "999999X99999999") ||
        !wv_compact_is_one_of(text.ptr[0], "123478") ||
        !is_french_month(wv_compact_number(text, 3, 2))) {
        return false;
    }
    struct wv_slice department = wv_slice_sub(text, 5, 7);
    if (wv_slice_eq_nocase(department, WV_LIT("2A"))) {
        department = WV_LIT("19");
    } else if (wv_slice_eq_nocase(department, WV_LIT("2B"))) {
        department = WV_LIT("18");
    } else if (!wv_compact_is_digits(department)) {
        return false;
    }
    unsigned rest = wv_checksum_mod97(0, wv_slice_sub(text, 0, 5));
    rest = wv_checksum_mod97(rest, department);
    rest = wv_checksum_mod97(rest, wv_slice_sub(text, 7, 13));
    return wv_compact_number(text, 13, 2) == 97 - rest;
}

static bool is_spanish_letter(uint32_t number, uint8_t letter)
{
    static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    return letters[number % 23] == wv_compact_upper(letter);
}

bool wv_valid_es_dni(struct wv_slice text)
{
    return wv_compact_has_form(text, "99999999A") &&
           is_spanish_letter(wv_compact_number(text, 0, 8), text.ptr[8]);
}

bool wv_valid_es_nie(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "A9999999A") || !wv_compact_is_one_of(text.ptr[0], "XYZ")) {
        return false;
    }
    const uint32_t first = (uint32_t)(wv_compact_upper(text.ptr[0]) - 'X'); /* X is 0 */
    return is_spanish_letter(first * 10000000 + wv_compact_number(text, 1, 7), text.ptr[8]);
}

/* The codice fiscale with digits in the place of the letters that tell namesakes apart (omocodia);
 * false where its form is another one. */
static bool read_italian(struct wv_slice text, char digits[16])
{
    static const char omocodia[] = "LMNPQRSTUV"; /* L is 0 */
    static const char form[] = "AAAAAA99A99A999A";
    for (size_t i = 0; i < 16; i++) {
        digits[i] = wv_compact_upper(text.ptr[i]);
        if (form[i] == 'A' || wv_compact_is_digit(text.ptr[i])) {
            continue;
        }
        const char *at = strchr(omocodia, digits[i]);
        if (at == NULL) {
            return false;
        }
        digits[i] = (char)('0' + (at - omocodia));
    }
    return true;
}

/* The sum goes over what is written, also over letters in the place of digits. */
static bool has_italian_check(struct wv_slice text)
{
    static const uint8_t at_odd_places[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                            20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++) {
        const unsigned value = wv_compact_value(text.ptr[i]);
        const unsigned letter = value < 10 ? value : value - 10; /* 0 counts as A */
        sum += i % 2 == 0 ? at_odd_places[letter] : letter;
    }
    return (unsigned)(wv_compact_upper(text.ptr[15]) - 'A') == sum % 26;
}

bool wv_valid_it_cf(struct wv_slice text)
{
    static const char months[] = "ABCDEHLMPRST";
    char read[16];
    if (!wv_compact_has_form(text, "AAAAAAXXAXXAXXXA") || !read_italian(text, read)) {
        return false;
    }
    const struct wv_slice digits = {(const uint8_t *)read, sizeof read};
    const char *month = strchr(months, read[8]);
    if (month == NULL) {
        return false;
    }
    const uint32_t day = wv_compact_number(digits, 9, 2);
    return wv_compact_is_date(2000 + wv_compact_number(digits, 6, 2),
                              (uint32_t)(month - months) + 1,
                              day > 40 ? day - 40 : day) && /* 40 more for women */
           has_italian_check(text);
}

bool wv_valid_ch_ahv(struct wv_slice text)
{
    return text.len == 13 && wv_slice_starts(text, WV_LIT("756")) && wv_checksum_ean(text);
}
