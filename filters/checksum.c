/*
 * checksum.c — Luhn, Verhoeff, ISO 7064, EAN and weighted sums.
 */
#include "filters/checksum.h"

static bool can_have_checksum(struct wv_slice digits)
{
    return digits.len <= WV_CHECKSUM_MAX && wv_compact_is_digits(digits);
}

bool wv_checksum_luhn(struct wv_slice digits)
{
    if (!can_have_checksum(digits)) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const unsigned value = wv_compact_value(digits.ptr[i]);
        const bool is_doubled = (digits.len - i) % 2 == 0;
        sum += is_doubled ? value * 2 / 10 + value * 2 % 10 : value;
    }
    return sum % 10 == 0;
}

/* The product in the group of a pentagon's symmetries: 0 … 4 turn it, 5 … 9 turn it over. */
static unsigned pentagon_product(unsigned a, unsigned b)
{
    const unsigned turn = a < 5 ? (a + b) % 5 : (a + 5 - b % 5) % 5;
    return (a < 5) == (b < 5) ? turn : turn + 5;
}

bool wv_checksum_verhoeff(struct wv_slice digits)
{
    /* Row n: Verhoeff's permutation n times; the eighth would be the first again. */
    static const uint8_t permuted[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
    };
    if (!can_have_checksum(digits)) {
        return false;
    }
    unsigned product = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const unsigned value = wv_compact_value(digits.ptr[digits.len - 1 - i]);
        product = pentagon_product(product, permuted[i % 8][value]);
    }
    return product == 0;
}

bool wv_checksum_mod11_10(struct wv_slice digits)
{
    if (!can_have_checksum(digits)) {
        return false;
    }
    unsigned product = 10;
    for (size_t i = 0; i + 1 < digits.len; i++) {
        const unsigned sum = (product + wv_compact_value(digits.ptr[i])) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + wv_compact_value(digits.ptr[digits.len - 1])) % 10 == 1;
}

bool wv_checksum_mod11_2(struct wv_slice text)
{
    if (text.len == 0 || !can_have_checksum(wv_slice_sub(text, 0, text.len - 1))) {
        return false;
    }
    unsigned rest = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        rest = (rest + wv_compact_value(text.ptr[i])) * 2 % 11;
    }
    const uint8_t last = text.ptr[text.len - 1];
    if (wv_lower(last) == 'x') {
        return (rest + 10) % 11 == 1;
    }
    return wv_compact_is_digit(last) && (rest + wv_compact_value(last)) % 11 == 1;
}

bool wv_checksum_ean(struct wv_slice digits)
{
    if (!can_have_checksum(digits)) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        sum += wv_compact_value(digits.ptr[i]) * ((digits.len - i) % 2 == 0 ? 3 : 1);
    }
    return sum % 10 == 0;
}

unsigned wv_checksum_mod97(unsigned rest, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned value = wv_compact_value(text.ptr[i]);
        rest = (rest * (value < 10 ? 10 : 100) + value) % 97;
    }
    return rest;
}

unsigned wv_checksum_weighted(struct wv_slice text, const uint8_t *weights, size_t count)
{
    wv_ensure(count <= text.len);
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += wv_compact_value(text.ptr[i]) * weights[i];
    }
    return sum;
}
