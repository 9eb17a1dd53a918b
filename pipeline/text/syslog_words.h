/*
 * syslog_words.h — what the headers of syslog are made of: for syslog.c.
 *
 * Each function says where a word ends that begins at `at`, which is at most text.len;
 * WV_NOWHERE: no such word stands there.
 */
#ifndef WV_TEXT_SYSLOG_WORDS_H
#define WV_TEXT_SYSLOG_WORDS_H

#include "base/slice.h"

#define WV_NOWHERE UINT32_MAX

enum { WV_SYSLOG_DIGITS = 10 /* of a length or the number of a process */ };

static inline bool wv_syslog_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool wv_syslog_is_letter(uint8_t byte)
{
    return wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
}

static inline bool wv_syslog_is_at(struct wv_slice text, uint32_t at, uint8_t byte)
{
    return at < text.len && text.ptr[at] == byte;
}

static inline uint32_t wv_syslog_skip_blanks(struct wv_slice text, uint32_t at)
{
    while (wv_syslog_is_at(text, at, ' ')) {
        at++;
    }
    return at;
}

/* From min to max digits. */
uint32_t wv_syslog_digits(struct wv_slice text, uint32_t at, uint32_t min, uint32_t max);

/* A shape: 0 is a digit, everything else itself. */
uint32_t wv_syslog_shape(struct wv_slice text, uint32_t at, struct wv_slice shape);

/* 2026-11-22T10:00:00.123+09:00 */
uint32_t wv_syslog_iso_time(struct wv_slice text, uint32_t at);

/* That, or Nov 22 10:00:00, also with a year before the hour and with a fraction. */
uint32_t wv_syslog_time(struct wv_slice text, uint32_t at);

/* <134> */
uint32_t wv_syslog_priority(struct wv_slice text, uint32_t at);

/* The length in digits, then a blank and a priority; ends before the blank. */
uint32_t wv_syslog_count(struct wv_slice text);

/* Printable ASCII up to a blank. */
uint32_t wv_syslog_word(struct wv_slice text, uint32_t at);

/* "-", or groups: [name name="value" name="value"][name] */
uint32_t wv_syslog_data(struct wv_slice text, uint32_t at);

/* The name of a program: it has a letter, so that no address is one, and no point or @, so that no
 * site and no account is. */
uint32_t wv_syslog_app(struct wv_slice text, uint32_t at);

/* The number in "app[123]", from behind the bracket; ends before the other. */
uint32_t wv_syslog_procid(struct wv_slice text, uint32_t at);

#endif
