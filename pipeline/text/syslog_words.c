/* syslog_words.c — numbers, times, names and data in the headers of syslog. */
#include "text/syslog_words.h"

enum {
    PRIORITY_MAX = 191,
    PRIORITY_DIGITS = 3,
    FRACTION_DIGITS = 9,
    NAME_MAX_BYTES = 64, /* of a program */
};

uint32_t wv_syslog_digits(struct wv_slice text, uint32_t at, uint32_t min, uint32_t max)
{
    const uint32_t from = at;
    while (at < text.len && at - from < max && wv_syslog_is_digit(text.ptr[at])) {
        at++;
    }
    return at - from >= min ? at : WV_NOWHERE;
}

uint32_t wv_syslog_shape(struct wv_slice text, uint32_t at, struct wv_slice shape)
{
    if (text.len - at < shape.len) {
        return WV_NOWHERE;
    }
    for (size_t i = 0; i < shape.len; i++) {
        const uint8_t byte = text.ptr[at + i];
        if (shape.ptr[i] == '0' ? !wv_syslog_is_digit(byte) : byte != shape.ptr[i]) {
            return WV_NOWHERE;
        }
    }
    return at + (uint32_t)shape.len;
}

/* ".123", if it stands there. */
static uint32_t skip_fraction(struct wv_slice text, uint32_t at)
{
    const uint32_t end = wv_syslog_is_at(text, at, '.')
                             ? wv_syslog_digits(text, at + 1, 1, FRACTION_DIGITS)
                             : WV_NOWHERE;
    return end == WV_NOWHERE ? at : end;
}

uint32_t wv_syslog_iso_time(struct wv_slice text, uint32_t at)
{
    const uint32_t second = wv_syslog_shape(text, at, WV_LIT("0000-00-00T00:00:00"));
    if (second == WV_NOWHERE) {
        return WV_NOWHERE;
    }
    const uint32_t end = skip_fraction(text, second);
    if (wv_syslog_is_at(text, end, 'Z')) {
        return end + 1;
    }
    if (!wv_syslog_is_at(text, end, '+') && !wv_syslog_is_at(text, end, '-')) {
        return end;
    }
    const uint32_t zone = wv_syslog_shape(text, end + 1, WV_LIT("00:00"));
    return zone != WV_NOWHERE ? zone : wv_syslog_shape(text, end + 1, WV_LIT("0000"));
}

static bool is_month(struct wv_slice text, uint32_t at)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (size_t i = 0; text.len - at >= 3 && months[i] != '\0'; i += 3) {
        if (wv_bytes_eq(text.ptr + at, (const uint8_t *)months + i, 3)) {
            return true;
        }
    }
    return false;
}

/* Nov 22 10:00:00, also with a year before the hour and with a fraction. */
static uint32_t old_time_end(struct wv_slice text, uint32_t at)
{
    if (!is_month(text, at) || !wv_syslog_is_at(text, at + 3, ' ')) {
        return WV_NOWHERE;
    }
    const uint32_t day = at + 4 + wv_syslog_is_at(text, at + 4, ' ');
    uint32_t hour = wv_syslog_digits(text, day, 1, 2);
    if (hour == WV_NOWHERE || !wv_syslog_is_at(text, hour, ' ')) {
        return WV_NOWHERE;
    }
    hour++;
    const uint32_t year = wv_syslog_shape(text, hour, WV_LIT("0000 "));
    const uint32_t end =
        wv_syslog_shape(text, year == WV_NOWHERE ? hour : year, WV_LIT("00:00:00"));
    return end == WV_NOWHERE ? WV_NOWHERE : skip_fraction(text, end);
}

uint32_t wv_syslog_time(struct wv_slice text, uint32_t at)
{
    const uint32_t end = wv_syslog_iso_time(text, at);
    return end != WV_NOWHERE ? end : old_time_end(text, at);
}

uint32_t wv_syslog_priority(struct wv_slice text, uint32_t at)
{
    const uint32_t end = wv_syslog_is_at(text, at, '<')
                             ? wv_syslog_digits(text, at + 1, 1, PRIORITY_DIGITS)
                             : WV_NOWHERE;
    if (end == WV_NOWHERE || !wv_syslog_is_at(text, end, '>')) {
        return WV_NOWHERE;
    }
    uint32_t number = 0;
    for (uint32_t i = at + 1; i < end; i++) {
        number = 10 * number + text.ptr[i] - '0';
    }
    return number <= PRIORITY_MAX ? end + 1 : WV_NOWHERE;
}

uint32_t wv_syslog_count(struct wv_slice text)
{
    const uint32_t end = wv_syslog_digits(text, 0, 1, WV_SYSLOG_DIGITS);
    const bool counts = end != WV_NOWHERE && text.ptr[0] != '0' && wv_syslog_is_at(text, end, ' ');
    return counts && wv_syslog_priority(text, end + 1) != WV_NOWHERE ? end : WV_NOWHERE;
}

uint32_t wv_syslog_word(struct wv_slice text, uint32_t at)
{
    const uint32_t from = at;
    while (at < text.len && text.ptr[at] > ' ' && text.ptr[at] < 0x7f) {
        at++;
    }
    return at > from && (at == text.len || text.ptr[at] == ' ') ? at : WV_NOWHERE;
}

/* A name in structured data. */
static uint32_t data_name_end(struct wv_slice text, uint32_t at)
{
    const uint32_t from = at;
    while (at < text.len && text.ptr[at] > ' ' && text.ptr[at] < 0x7f && text.ptr[at] != '=' &&
           text.ptr[at] != ']' && text.ptr[at] != '"') {
        at++;
    }
    return at > from ? at : WV_NOWHERE;
}

/* name="value" */
static uint32_t data_pair_end(struct wv_slice text, uint32_t at)
{
    const uint32_t sign = data_name_end(text, at);
    if (sign == WV_NOWHERE || !wv_syslog_is_at(text, sign, '=') ||
        !wv_syslog_is_at(text, sign + 1, '"')) {
        return WV_NOWHERE;
    }
    uint32_t end = sign + 2;
    while (end < text.len && text.ptr[end] != '"') {
        end += text.ptr[end] == '\\' ? 2 : 1;
    }
    return end < text.len ? end + 1 : WV_NOWHERE;
}

uint32_t wv_syslog_data(struct wv_slice text, uint32_t at)
{
    if (wv_syslog_is_at(text, at, '-')) {
        return at + 1;
    }
    if (!wv_syslog_is_at(text, at, '[')) {
        return WV_NOWHERE;
    }
    while (wv_syslog_is_at(text, at, '[')) {
        at = data_name_end(text, at + 1);
        while (at != WV_NOWHERE && wv_syslog_is_at(text, at, ' ')) {
            at = data_pair_end(text, at + 1);
        }
        if (at == WV_NOWHERE || !wv_syslog_is_at(text, at, ']')) {
            return WV_NOWHERE;
        }
        at++;
    }
    return at;
}

uint32_t wv_syslog_app(struct wv_slice text, uint32_t at)
{
    const uint32_t from = at;
    bool letter = false;
    while (at < text.len && at - from < NAME_MAX_BYTES &&
           (wv_syslog_is_letter(text.ptr[at]) || wv_syslog_is_digit(text.ptr[at]) ||
            text.ptr[at] == '_' || text.ptr[at] == '-' || text.ptr[at] == '/')) {
        letter = letter || wv_syslog_is_letter(text.ptr[at]);
        at++;
    }
    return letter ? at : WV_NOWHERE;
}

uint32_t wv_syslog_procid(struct wv_slice text, uint32_t at)
{
    const uint32_t end = wv_syslog_digits(text, at, 1, WV_SYSLOG_DIGITS);
    return end != WV_NOWHERE && wv_syslog_is_at(text, end, ']') ? end : WV_NOWHERE;
}
