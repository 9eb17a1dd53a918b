/*
 * cursor.h — the tokens of JSON (RFC 8259) under the cursor of a walk.
 *
 * The cursor lives in the registers of the one function into which these are inlined: the engine
 * spends a fifth of its time between strings.
 */
#ifndef WV_ENGINE_CURSOR_H
#define WV_ENGINE_CURSOR_H

#include "engine/work.h"
#include "json/text.h"

/* The next byte that is not blank, or 0 at the end: NUL is not part of the grammar. */
WV_INLINE uint8_t wv_cursor_next(struct wv_cursor *cursor)
{
    while (cursor->at < cursor->len) {
        const uint8_t byte = cursor->text[cursor->at];
        if (wv_likely(byte > ' ') ||
            (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t')) {
            return byte;
        }
        cursor->at++;
    }
    return 0;
}

/* Moves over the string that begins here. False: it does not end, or has an invalid escape. */
WV_INLINE bool wv_cursor_string(const struct wv_index *index, struct wv_cursor *cursor,
                                bool *escaped)
{
    if (cursor->quotes_end - cursor->quote < 2 || cursor->quote[0] != cursor->at) {
        return false;
    }
    const uint32_t from = cursor->at + 1;
    const uint32_t close = cursor->quote[1];
    *escaped = wv_index_escaped(index, (size_t)(cursor->quote + 1 - index->quotes));
    if (wv_unlikely(*escaped) &&
        !wv_text_escapes_valid((struct wv_slice){cursor->text + from, close - from})) {
        return false;
    }
    cursor->quote += 2;
    cursor->at = close + 1;
    return true;
}

static inline uint8_t wv_cursor_here(const struct wv_cursor *cursor)
{
    return cursor->at < cursor->len ? cursor->text[cursor->at] : 0;
}

static inline bool wv_cursor_digits(struct wv_cursor *cursor)
{
    const uint32_t from = cursor->at;
    while (wv_cursor_here(cursor) >= '0' && wv_cursor_here(cursor) <= '9') {
        cursor->at++;
    }
    return cursor->at > from;
}

static inline bool wv_cursor_number(struct wv_cursor *cursor)
{
    cursor->at += wv_cursor_here(cursor) == '-';
    if (wv_cursor_here(cursor) == '0') {
        cursor->at++;
    } else if (!wv_cursor_digits(cursor)) {
        return false;
    }
    if (wv_cursor_here(cursor) == '.') {
        cursor->at++;
        if (!wv_cursor_digits(cursor)) {
            return false;
        }
    }
    if (wv_cursor_here(cursor) == 'e' || wv_cursor_here(cursor) == 'E') {
        cursor->at++;
        cursor->at += wv_cursor_here(cursor) == '+' || wv_cursor_here(cursor) == '-';
        return wv_cursor_digits(cursor);
    }
    return true;
}

static inline bool wv_cursor_word(struct wv_cursor *cursor, struct wv_slice word)
{
    const struct wv_slice rest = {cursor->text + cursor->at, cursor->len - cursor->at};
    cursor->at += (uint32_t)(wv_slice_starts(rest, word) ? word.len : 0);
    return wv_slice_starts(rest, word);
}

/* By value, so that the walk's own cursor stays in registers; *end is where the scalar ends, or
 * where it is wrong. */
static inline bool wv_cursor_scalar(struct wv_cursor cursor, enum wv_field_kind *kind,
                                    uint32_t *end)
{
    bool good;
    *kind = WV_LITERAL;
    switch (wv_cursor_here(&cursor)) {
    case 't':
        good = wv_cursor_word(&cursor, WV_LIT("true"));
        break;
    case 'f':
        good = wv_cursor_word(&cursor, WV_LIT("false"));
        break;
    case 'n':
        good = wv_cursor_word(&cursor, WV_LIT("null"));
        break;
    default:
        *kind = WV_NUMBER;
        good = wv_cursor_number(&cursor);
    }
    *end = cursor.at;
    return good;
}

#endif
