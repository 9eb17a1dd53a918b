/* lexemes.c — bytes of words, numbers, and keywords where they may stand. */
#include "filters/lexemes.h"

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* A no-break space of Latin-1, which databases take for a blank: no part of a longer character. */
static bool is_odd_blank(struct wv_slice text, size_t at)
{
    return text.ptr[at] == 0xa0 && (at == 0 || text.ptr[at - 1] < 0x80) &&
           (at + 1 == text.len || text.ptr[at + 1] < 0x80);
}

bool wv_lexeme_in_word(struct wv_slice text, size_t at)
{
    const uint8_t byte = text.ptr[at];
    const uint8_t lower = byte | 0x20;
    if (byte >= 0x80) {
        return !is_odd_blank(text, at);
    }
    return (lower >= 'a' && lower <= 'z') || is_digit(byte) || byte == '_' || byte == 0x7f ||
           (byte < ' ' && byte != 0 && !wv_lexeme_is_blank(byte));
}

size_t wv_lexeme_end(struct wv_slice text, size_t at)
{
    while (at < text.len && wv_lexeme_in_word(text, at)) {
        at++;
    }
    return at;
}

size_t wv_lexeme_digits_end(struct wv_slice text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at])) {
        at++;
    }
    return at;
}

static bool is_hex_number(struct wv_slice word)
{
    bool hex = word.len > 2 && word.ptr[0] == '0' && (word.ptr[1] | 0x20) == 'x';
    for (size_t i = 2; hex && i < word.len; i++) {
        const uint8_t lower = word.ptr[i] | 0x20;
        hex = is_digit(word.ptr[i]) || (lower >= 'a' && lower <= 'f');
    }
    return hex;
}

static bool is_number(struct wv_slice word)
{
    const size_t digits = wv_lexeme_digits_end(word, 0);
    if (digits == word.len || is_hex_number(word)) {
        return true;
    }
    return digits > 0 && (word.ptr[digits] | 0x20) == 'e' && digits + 1 < word.len &&
           wv_lexeme_digits_end(word, digits + 1) == word.len;
}

static bool is_slash_at(struct wv_slice text, size_t at)
{
    return at < text.len && (text.ptr[at] == '/' || text.ptr[at] == '\\');
}

enum wv_keyword wv_lexeme_keyword(struct wv_slice text, size_t from, size_t to)
{
    const enum wv_keyword keyword = wv_keyword_find(wv_slice_sub(text, from, to));
    if (keyword == WV_KEYWORD_FOLDER && !is_slash_at(text, to) &&
        (from == 0 || !is_slash_at(text, from - 1))) {
        return WV_KEYWORD_NONE;
    }
    return keyword;
}

enum wv_lexeme wv_lexeme_of(struct wv_slice text, size_t from, size_t to)
{
    const struct wv_slice word = wv_slice_sub(text, from, to);
    const size_t digits = wv_lexeme_digits_end(word, 0);
    if (is_number(word)) {
        return WV_LEXEME_NUMBER;
    }
    if (wv_lexeme_keyword(text, from + digits, to) == WV_KEYWORD_NONE) {
        return WV_LEXEME_WORD;
    }
    return digits > 0 ? WV_LEXEME_BOTH : WV_LEXEME_KEYWORD;
}
