/*
 * fuzz_validate — no bytes mislead a validator, and a valid identifier has the check digits that a
 * second implementation asks for.
 *
 * Input: the text, in the compact spelling or not. Every validator judges all of it, and again with
 * other last bytes.
 */
#include "filters/checksum.h"
#include "filters/validate.h"
#include "tests/support/checksum_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_made_of_digits(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_any(struct wv_slice text, const char *list)
{
    return text.len > 0 && text.ptr[0] != 0 && strchr(list, text.ptr[0]) != NULL;
}

static bool is_all_zero(struct wv_slice digits)
{
    size_t zeros = 0;
    for (size_t i = 0; i < digits.len; i++) {
        zeros += digits.ptr[i] == '0';
    }
    return zeros == digits.len;
}

/* Those of which the rule is little more than the checksum: exactly these are valid. */
static void check_sums(struct wv_slice text)
{
    const bool is_luhn = text.len <= ORACLE_MAX && is_made_of_digits(text) && oracle_luhn(text);
    wv_ensure(wv_valid_luhn(text) == (is_luhn && text.len >= 2));
    wv_ensure(wv_valid_imei(text) == (is_luhn && text.len == 15 && !is_all_zero(text)));
    wv_ensure(wv_valid_il_id(text) == (is_luhn && text.len == 9 && !is_all_zero(text)));
    wv_ensure(wv_valid_ca_sin(text) == (is_luhn && text.len == 9 && is_any(text, "12345679")));
    wv_ensure(!wv_valid_card(text) || is_luhn);
    wv_ensure(wv_valid_ch_ahv(text) == (text.len == 13 && is_made_of_digits(text) &&
                                        memcmp(text.ptr, "756", 3) == 0 && oracle_ean13(text)));
    if (text.len == 12 && is_made_of_digits(text)) {
        bool is_palindrome = true;
        for (size_t i = 0; i < 6; i++) {
            is_palindrome = is_palindrome && text.ptr[i] == text.ptr[11 - i];
        }
        wv_ensure(wv_valid_in_aadhaar(text) ==
                  (oracle_verhoeff(text) && !is_palindrome && is_any(text, "23456789")));
    }
    wv_ensure(!wv_valid_de_idnr(text) || oracle_mod11_10(text));
    wv_ensure(!wv_valid_cn_ric(text) || oracle_mod11_2(text));
    wv_ensure(!wv_valid_kr_rrn_checksum(text) || wv_valid_kr_rrn(text));
}

/* Sums by 97: of a valid IBAN turned round, and of a valid NIR with the department as a number. */
static void check_by_97(struct wv_slice text)
{
    uint8_t turned[ORACLE_MAX];
    if (wv_valid_iban(text)) {
        memcpy(turned, text.ptr + 4, text.len - 4);
        memcpy(turned + text.len - 4, text.ptr, 4);
        wv_ensure(oracle_mod97((struct wv_slice){turned, text.len}) == 1);
    }
    if (wv_valid_fr_nir(text)) {
        memcpy(turned, text.ptr, 13);
        const bool is_corsican = wv_compact_is_letter(turned[6]);
        if (is_corsican) {
            memcpy(turned + 5, wv_lower(turned[6]) == 'a' ? "19" : "18", 2);
        }
        const unsigned key = oracle_digit(text, 13) * 10 + oracle_digit(text, 14);
        wv_ensure((oracle_mod97((struct wv_slice){turned, 13}) + key) % 97 == 0);
    }
}

/* What is right of every one: lengths, bytes, and no difference between cases. */
static void check_rules(const struct wv_validator *validator, struct wv_slice text)
{
    const bool is_valid = validator->is_valid(text);
    wv_ensure(!is_valid || (text.len >= validator->min_len && text.len <= validator->max_len));
    if (text.len > ORACLE_MAX) {
        return;
    }
    uint8_t lower[ORACLE_MAX];
    uint8_t upper[ORACLE_MAX];
    for (size_t i = 0; i < text.len; i++) {
        lower[i] = wv_lower(text.ptr[i]);
        const bool is_letter = lower[i] >= 'a' && lower[i] <= 'z';
        const bool is_digit = lower[i] >= '0' && lower[i] <= '9';
        upper[i] = is_letter ? (uint8_t)(lower[i] - 'a' + 'A') : lower[i];
        wv_ensure(!is_valid || is_letter || is_digit);
    }
    wv_ensure(validator->is_valid((struct wv_slice){lower, text.len}) == is_valid);
    wv_ensure(validator->is_valid((struct wv_slice){upper, text.len}) == is_valid);
}

static void check_text(struct wv_slice text)
{
    for (size_t i = 0; i < wv_validator_count(); i++) {
        check_rules(wv_validator_at(i), text);
    }
    check_sums(text);
    check_by_97(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char lasts[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    const struct wv_slice text = {data, size};
    check_text(text);
    if (size == 0 || size > ORACLE_MAX) {
        return 0;
    }
    /* A mutation seldom meets the check digit: every last digit and letter is tried. */
    uint8_t copy[ORACLE_MAX];
    memcpy(copy, data, size);
    for (const char *last = lasts; *last != '\0'; last++) {
        copy[size - 1] = (uint8_t)*last;
        check_text((struct wv_slice){copy, size});
    }
    return 0;
}
