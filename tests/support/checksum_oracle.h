/*
 * checksum_oracle.h — check digits, counted slowly and in another way than the program does.
 *
 * For tests and fuzzers only. Texts are digits, or where it says so digits and letters, at most
 * ORACLE_MAX of them.
 */
#ifndef WV_TESTS_CHECKSUM_ORACLE_H
#define WV_TESTS_CHECKSUM_ORACLE_H

#include "base/slice.h"

enum { ORACLE_MAX = 64 };

static inline unsigned oracle_digit(struct wv_slice text, size_t at)
{
    wv_ensure(at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9');
    return (unsigned)text.ptr[at] - '0';
}

/* From the right, every second digit through a table. */
static inline bool oracle_luhn(struct wv_slice digits)
{
    static const unsigned doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    unsigned sum = 0;
    bool is_second = false;
    for (size_t at = digits.len; at > 0; at--) {
        const unsigned digit = oracle_digit(digits, at - 1);
        sum += is_second ? doubled[digit] : digit;
        is_second = !is_second;
    }
    return sum % 10 == 0;
}

/* With the whole table of the group, and the permutation applied again and again. */
static inline bool oracle_verhoeff(struct wv_slice digits)
{
    static const unsigned product[10][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
        {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
        {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
        {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
    };
    static const unsigned permutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    unsigned check = 0;
    for (size_t from_right = 0; from_right < digits.len; from_right++) {
        unsigned digit = oracle_digit(digits, digits.len - 1 - from_right);
        for (size_t i = 0; i < from_right; i++) {
            digit = permutation[digit];
        }
        check = product[check][digit];
    }
    return check == 0;
}

/* As ISO 7064 words it: "the remainder, or 10 where it would be 0", by taking away. */
static inline bool oracle_mod11_10(struct wv_slice digits)
{
    unsigned product = 10;
    for (size_t i = 0; i + 1 < digits.len; i++) {
        unsigned sum = product + oracle_digit(digits, i);
        sum = sum > 10 ? sum - 10 : sum;
        product = 2 * sum > 11 ? 2 * sum - 11 : 2 * sum;
    }
    const unsigned sum = product + oracle_digit(digits, digits.len - 1);
    return sum == 1 || sum == 11;
}

/* The values times powers of two. */
static inline bool oracle_mod11_2(struct wv_slice text)
{
    unsigned sum = 0;
    unsigned power = 1;
    for (size_t at = text.len; at > 0; at--) {
        const bool is_ten = at == text.len && wv_lower(text.ptr[at - 1]) == 'x';
        sum += power * (is_ten ? 10 : oracle_digit(text, at - 1));
        power = power * 2 % 11;
    }
    return sum % 11 == 1;
}

/* Digits at odd places from the left once, the others three times; for 13 of them. */
static inline bool oracle_ean13(struct wv_slice digits)
{
    unsigned once = 0;
    unsigned thrice = 0;
    for (size_t i = 0; i < digits.len; i += 2) {
        once += oracle_digit(digits, i);
        thrice += i + 1 < digits.len ? oracle_digit(digits, i + 1) : 0;
    }
    return (once + 3 * thrice) % 10 == 0;
}

/* The remainder by 97 of the number that the text writes, letters being two digits. The number is
 * made whole first, in limbs of 32 bits, and then divided. */
static inline unsigned oracle_mod97(struct wv_slice text)
{
    enum { LIMBS = ORACLE_MAX * 7 / 32 + 2 }; /* a letter takes less than seven bits */
    uint32_t limbs[LIMBS] = {0};
    wv_ensure(text.len <= ORACLE_MAX);
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = wv_lower(text.ptr[i]);
        const bool is_digit = byte >= '0' && byte <= '9';
        uint64_t carry = is_digit ? (uint64_t)byte - '0' : (uint64_t)byte - 'a' + 10;
        for (size_t limb = 0; limb < LIMBS; limb++) {
            carry += (uint64_t)limbs[limb] * (is_digit ? 10 : 100);
            limbs[limb] = (uint32_t)carry;
            carry >>= 32;
        }
        wv_ensure(carry == 0);
    }
    uint64_t rest = 0;
    for (size_t limb = LIMBS; limb > 0; limb--) {
        rest = (rest << 32 | limbs[limb - 1]) % 97;
    }
    return (unsigned)rest;
}

#endif
