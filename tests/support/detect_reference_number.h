/*
 * detect_reference_number.h — groups of digits that stand side by side, and what they may be.
 */
#ifndef WV_TESTS_DETECT_REFERENCE_NUMBER_H
#define WV_TESTS_DETECT_REFERENCE_NUMBER_H

#include "support/detect_reference_parts.h"

enum { GROUPS_MAX = 8, DIGITS_MAX = 19, SPELLING_MAX = DIGITS_MAX + GROUPS_MAX };

struct group {
    size_t from;
    size_t to;
    char join;  /* what stands before it: - . / ( or a blank; 0: it begins a run */
    size_t run; /* the group that begins its run */
};

struct numbers {
    const struct reference *reference;
    size_t count;
    struct group groups[REFERENCE_TEXT_MAX];
};

/* Groups [first, last], spelled with the digits and what stands between them. */
struct number {
    const struct numbers *all;
    size_t first;
    size_t last;
    size_t count;
    uint8_t digits[DIGITS_MAX];
    size_t len;
    char spelling[SPELLING_MAX];
};

/* Bits of what the number is by its form or as a card. */
uint64_t reference_kinds(const struct number *number);

static inline const struct group *first_of(const struct number *number)
{
    return &number->all->groups[number->first];
}

static inline const struct group *last_of(const struct number *number)
{
    return &number->all->groups[number->last];
}

/* The sign that stands between all groups; 0: they differ, or there is only one group. */
static inline char sign_of(const struct number *number)
{
    char sign = number->first < number->last ? first_of(number)[1].join : 0;
    for (size_t i = number->first + 1; i <= number->last; i++) {
        sign = number->all->groups[i].join == sign ? sign : 0;
    }
    return sign;
}

static inline enum reference_evidence evidence_for(const struct number *number, size_t kind,
                                                   enum wv_evidence needed)
{
    const struct numbers *all = number->all;
    const size_t context = all->groups[first_of(number)->run].from;
    return reference_evidence(all->reference, kind, needed, context, first_of(number)->from,
                              last_of(number)->to);
}

/* Two digits, as a number. */
static inline unsigned pair_of(const uint8_t *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static inline bool is_day(const uint8_t *day, const uint8_t *month, const uint8_t *century)
{
    return pair_of(day) >= 1 && pair_of(day) <= 31 && pair_of(month) >= 1 && pair_of(month) <= 12 &&
           (pair_of(century) == 19 || pair_of(century) == 20);
}

#endif
