/*
 * compact.c — forms, numbers and dates of identifiers.
 */
#include "filters/compact.h"

bool wv_compact_is_one_of(uint8_t byte, const char *list)
{
    const char upper = wv_compact_upper(byte);
    return upper != '\0' && strchr(list, upper) != NULL;
}

static bool has_kind(uint8_t byte, char kind)
{
    switch (kind) {
    case '9':
        return wv_compact_is_digit(byte);
    case 'A':
        return wv_compact_is_letter(byte);
    default:
        wv_ensure(kind == 'X');
        return wv_compact_value(byte) != WV_COMPACT_NO_VALUE;
    }
}

bool wv_compact_has_form(struct wv_slice text, const char *form)
{
    if (text.len != strlen(form)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!has_kind(text.ptr[i], form[i])) {
            return false;
        }
    }
    return true;
}

bool wv_compact_is_digits(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!wv_compact_is_digit(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

bool wv_compact_is_repeated(struct wv_slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] != text.ptr[0]) {
            return false;
        }
    }
    return text.len > 0;
}

bool wv_compact_is_zeros(struct wv_slice text)
{
    return wv_compact_is_repeated(text) && text.ptr[0] == '0';
}

uint32_t wv_compact_number(struct wv_slice text, size_t from, size_t count)
{
    wv_ensure(count <= 9);
    wv_ensure(from <= text.len && count <= text.len - from);
    uint32_t number = 0;
    for (size_t i = from; i < from + count; i++) {
        number = number * 10 + (text.ptr[i] - (uint32_t)'0');
    }
    return number;
}

static bool is_leap_year(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool wv_compact_is_date(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > WV_COUNT(days) || day < 1) {
        return false;
    }
    return day <= days[month - 1] + (uint32_t)(month == 2 && is_leap_year(year));
}
