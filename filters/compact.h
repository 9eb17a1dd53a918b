/*
 * compact.h — reads identifiers in their compact spelling: ASCII digits and letters, nothing
 * between.
 *
 * Every function takes any bytes: what is neither a digit nor a letter has no value and no form.
 */
#ifndef WV_FILTERS_COMPACT_H
#define WV_FILTERS_COMPACT_H

#include "base/slice.h"

enum { WV_COMPACT_NO_VALUE = 255 };

/* 0 … 9 for a digit, 10 … 35 for a letter in either case, otherwise WV_COMPACT_NO_VALUE. */
static inline unsigned wv_compact_value(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    if (byte >= '0' && byte <= '9') {
        return (unsigned)byte - '0';
    }
    return lower >= 'a' && lower <= 'z' ? (unsigned)lower - 'a' + 10 : WV_COMPACT_NO_VALUE;
}

static inline bool wv_compact_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool wv_compact_is_letter(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'z';
}

/* The letter in upper case; other bytes as they are. */
static inline char wv_compact_upper(uint8_t byte)
{
    return (char)(wv_compact_is_letter(byte) ? byte & ~0x20 : byte);
}

/* Whether the byte, in either case, stands in a list of digits and upper-case letters. */
bool wv_compact_is_one_of(uint8_t byte, const char *list);

/* Whether the whole text has the form: in it 9 is a digit, A a letter, X one of both. */
bool wv_compact_has_form(struct wv_slice text, const char *form);

/* Whether the text is made of digits alone, at least one. */
bool wv_compact_is_digits(struct wv_slice text);

/* Nobody's number: what a program writes where it knows none. */
bool wv_compact_is_zeros(struct wv_slice text);

/* Whether all bytes are the same. */
bool wv_compact_is_repeated(struct wv_slice text);

/* The number that the count digits from there on write; they must be digits, at most nine. */
uint32_t wv_compact_number(struct wv_slice text, size_t from, size_t count);

/* Whether there is such a day in the calendar; of a year that is known by two digits only, 2000 +
 * these: every fourth one is a leap year then, as it is in one of the two centuries. */
bool wv_compact_is_date(uint32_t year, uint32_t month, uint32_t day);

#endif
