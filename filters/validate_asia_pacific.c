/*
 * validate_asia_pacific.c — numbers of persons in Asia and the Pacific.
 */
#include "filters/validate.h"

#include "filters/checksum.h"

bool wv_valid_jp_my_number(struct wv_slice text)
{
    static const uint8_t weights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    if (!wv_compact_has_form(text, "999999999999") || wv_compact_is_zeros(text)) {
        return false;
    }
    const unsigned rest = wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 11;
    return wv_compact_value(text.ptr[11]) == (rest <= 1 ? 0 : 11 - rest);
}

/* By the seventh digit of a Korean number, which also says the sex; foreigners have 5 to 8. */
static const uint16_t korean_centuries[10] = {1800, 1900, 1900, 2000, 2000,
                                              1900, 1900, 2000, 2000, 1800};

bool wv_valid_kr_rrn(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "9999999999999")) {
        return false;
    }
    const uint32_t century = korean_centuries[wv_compact_number(text, 6, 1)];
    return wv_compact_is_date(century + wv_compact_number(text, 0, 2),
                              wv_compact_number(text, 2, 2), wv_compact_number(text, 4, 2));
}

bool wv_valid_kr_rrn_checksum(struct wv_slice text)
{
    static const uint8_t weights[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    if (!wv_valid_kr_rrn(text)) {
        return false;
    }
    const bool is_foreigner = text.ptr[6] >= '5' && text.ptr[6] <= '8';
    const unsigned rest = wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 11;
    return wv_compact_value(text.ptr[12]) == ((is_foreigner ? 13 : 11) - rest) % 10;
}

/* A series of numbers in Singapore, by its first letter. */
static const struct series {
    char letter;
    uint8_t offset; /* added to the sum */
    char checks[12];
} series[] = {
    {'S', 0, "JZIHGFEDCBA"}, {'T', 4, "JZIHGFEDCBA"}, {'F', 0, "XWUTRQPNMLK"},
    {'G', 4, "XWUTRQPNMLK"}, {'M', 3, "XWUTRQPNJLK"},
};

bool wv_valid_sg_nric(struct wv_slice text)
{
    static const uint8_t weights[] = {2, 7, 6, 5, 4, 3, 2};
    if (!wv_compact_has_form(text, "A9999999A")) {
        return false;
    }
    const unsigned sum = wv_checksum_weighted(wv_slice_sub(text, 1, 8), weights, WV_COUNT(weights));
    for (size_t i = 0; i < WV_COUNT(series); i++) {
        if (series[i].letter == wv_compact_upper(text.ptr[0])) {
            const char check = series[i].checks[(sum + series[i].offset) % 11];
            return check == wv_compact_upper(text.ptr[8]);
        }
    }
    return false;
}

/* The letters of Taiwan's counties in the order of their numbers, the first of which is 10. */
static unsigned taiwan_county(uint8_t letter)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    const char *at = strchr(letters, wv_compact_upper(letter));
    wv_ensure(at != NULL);
    return 10 + (unsigned)(at - letters);
}

bool wv_valid_tw_id(struct wv_slice text)
{
    static const uint8_t weights[] = {7, 6, 5, 4, 3, 2, 1, 1};
    if (!wv_compact_has_form(text, "AX99999999") ||
        !wv_compact_is_one_of(text.ptr[1], "1289ABCD")) {
        return false;
    }
    const unsigned county = taiwan_county(text.ptr[0]);
    /* A to D count as the last digit of their numbers as counties. */
    const unsigned second = wv_compact_value(text.ptr[1]) % 10;
    const unsigned sum =
        wv_checksum_weighted(wv_slice_sub(text, 2, 10), weights, WV_COUNT(weights));
    return (county / 10 + county % 10 * 9 + second * 8 + sum) % 10 == 0;
}

bool wv_valid_hk_id(struct wv_slice text)
{
    static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    enum { BLANK = 36 }; /* value of the first place where there is one letter */
    if (!wv_compact_has_form(text, "A999999X") && !wv_compact_has_form(text, "AA999999X")) {
        return false;
    }
    const unsigned sum = text.len == 9
                             ? wv_checksum_weighted(text, weights, 9)
                             : BLANK * weights[0] + wv_checksum_weighted(text, weights + 1, 8);
    return wv_compact_value(text.ptr[text.len - 1]) <= 10 && sum % 11 == 0;
}

/* Places of birth on a MyKad: states and, from 60, countries and regions; of the National
 * Registration Department. */
static bool is_malaysian_place(uint32_t code)
{
    static const uint8_t ranges[][2] = {{1, 16},  {21, 59}, {60, 68}, {71, 72},
                                        {74, 79}, {82, 93}, {98, 99}};
    for (size_t i = 0; i < WV_COUNT(ranges); i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

bool wv_valid_my_mykad(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "999999999999")) {
        return false;
    }
    return wv_compact_is_date(2000 + wv_compact_number(text, 0, 2), wv_compact_number(text, 2, 2),
                              wv_compact_number(text, 4, 2)) &&
           is_malaysian_place(wv_compact_number(text, 6, 2));
}

bool wv_valid_ph_tin(struct wv_slice text)
{
    static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    if (!wv_compact_is_digits(text) || (text.len != 9 && text.len != 12 && text.len != 14) ||
        wv_compact_is_zeros(text)) {
        return false;
    }
    return wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 11 ==
           wv_compact_value(text.ptr[8]);
}

bool wv_valid_au_tfn(struct wv_slice text)
{
    /* The old ones lack the last digit but one; the check digit keeps its weight. */
    static const uint8_t of_nine[] = {10, 7, 8, 4, 6, 3, 5, 2, 1};
    static const uint8_t of_eight[] = {10, 7, 8, 4, 6, 3, 5, 1};
    if (!wv_compact_is_digits(text) || (text.len != 8 && text.len != 9) ||
        wv_compact_is_zeros(text)) {
        return false;
    }
    return wv_checksum_weighted(text, text.len == 9 ? of_nine : of_eight, text.len) % 11 == 0;
}

bool wv_valid_au_medicare(struct wv_slice text)
{
    static const uint8_t weights[] = {1, 3, 7, 9, 1, 3, 7, 9};
    if (!wv_compact_is_digits(text) || (text.len != 10 && text.len != 11) || text.ptr[0] < '2' ||
        text.ptr[0] > '6') {
        return false;
    }
    return wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 10 ==
           wv_compact_value(text.ptr[8]);
}

static bool is_palindrome(struct wv_slice text)
{
    for (size_t i = 0; i < text.len / 2; i++) {
        if (text.ptr[i] != text.ptr[text.len - 1 - i]) {
            return false;
        }
    }
    return true;
}

bool wv_valid_in_aadhaar(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "999999999999") || text.ptr[0] < '2') {
        return false;
    }
    return wv_checksum_verhoeff(text) && !is_palindrome(text);
}

bool wv_valid_th_pin(struct wv_slice text)
{
    static const uint8_t weights[] = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    if (!wv_compact_has_form(text, "9999999999999") || text.ptr[0] < '1' || text.ptr[0] > '8') {
        return false;
    }
    const unsigned rest = wv_checksum_weighted(text, weights, WV_COUNT(weights)) % 11;
    return wv_compact_value(text.ptr[12]) == (11 - rest) % 10;
}

bool wv_valid_cn_ric(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "99999999999999999X") || text.ptr[0] == '0') {
        return false;
    }
    const uint32_t year = wv_compact_number(text, 6, 4);
    return year >= 1800 && year <= 2099 && wv_checksum_mod11_2(text) &&
           wv_compact_is_date(year, wv_compact_number(text, 10, 2), wv_compact_number(text, 12, 2));
}

bool wv_valid_il_id(struct wv_slice text)
{
    return text.len == 9 && !wv_compact_is_zeros(text) && wv_checksum_luhn(text);
}
