/*
 * validate_america.c — numbers of persons in America.
 */
#include "filters/validate.h"

#include "filters/checksum.h"

/* Printed on a wallet's sample card, on a pamphlet, and in an advertisement; all were withdrawn. */
static bool is_sample_ssn(uint32_t number)
{
    return number == 78051120 || number == 219099999 || number == 457555462;
}

bool wv_valid_us_ssn(struct wv_slice text)
{
    if (!wv_compact_has_form(text, "999999999")) {
        return false;
    }
    const uint32_t area = wv_compact_number(text, 0, 3);
    return area != 0 && area != 666 && area < 900 && wv_compact_number(text, 3, 2) != 0 &&
           wv_compact_number(text, 5, 4) != 0 && !is_sample_ssn(wv_compact_number(text, 0, 9));
}

bool wv_valid_ca_sin(struct wv_slice text)
{
    return text.len == 9 && text.ptr[0] != '0' && text.ptr[0] != '8' && wv_checksum_luhn(text);
}

/* Whether the digit behind the first count ones is that of their weighted sum; ten is written as 0.
 */
static bool has_cpf_check(struct wv_slice text, const uint8_t *weights, size_t count)
{
    const unsigned sum = wv_checksum_weighted(text, weights, count);
    return sum * 10 % 11 % 10 == wv_compact_value(text.ptr[count]);
}

bool wv_valid_br_cpf(struct wv_slice text)
{
    static const uint8_t weights[] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    if (!wv_compact_has_form(text, "99999999999") || wv_compact_is_repeated(text)) {
        return false;
    }
    return has_cpf_check(text, weights + 1, 9) && has_cpf_check(text, weights, 10);
}
