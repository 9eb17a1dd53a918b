/*
 * lexemes.h — words and numbers in the text of an attack, and which of them are keywords.
 *
 * A word is as long as it can be, so that no part of somebody's name is taken for a keyword:
 * letters, digits and underscores, everything outside ASCII, and control characters, which could be
 * numbers in binary. Blanks are none, and neither is a zero byte, because it ends strings.
 *
 * wv_keywords_ready() comes first.
 */
#ifndef WV_FILTERS_LEXEMES_H
#define WV_FILTERS_LEXEMES_H

#include "filters/keywords.h"

enum wv_lexeme {
    WV_LEXEME_WORD = 0,
    WV_LEXEME_NUMBER,  /* 10, 0x1f, 1e5 */
    WV_LEXEME_KEYWORD, /* one that a writer of ours may keep */
    WV_LEXEME_BOTH,    /* a number that a keyword follows at once: "1or", "50000union" */
};

static inline bool wv_lexeme_is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Whether the byte at `at` is one of a word. */
bool wv_lexeme_in_word(struct wv_slice text, size_t at);

/* Where the word at `at` ends; `at`, when there is none. */
size_t wv_lexeme_end(struct wv_slice text, size_t at);

/* The same for the digits at `at`. */
size_t wv_lexeme_digits_end(struct wv_slice text, size_t at);

/* Whether the bytes [from, to), where no word goes on, are a keyword where they stand. */
enum wv_keyword wv_lexeme_keyword(struct wv_slice text, size_t from, size_t to);

/* What the word [from, to) is; it is not empty. */
enum wv_lexeme wv_lexeme_of(struct wv_slice text, size_t from, size_t to);

#endif
