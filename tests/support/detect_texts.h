/*
 * detect_texts.h — texts in which identifiers are likely, made of pieces, for tests and fuzzers.
 */
#ifndef WV_TESTS_DETECT_TEXTS_H
#define WV_TESTS_DETECT_TEXTS_H

#include "base/slice.h"

enum { TEXT_PIECE_MAX = 320 };

/* One piece: a number with its check digits in some spelling, a code, a key, words that tell what
 * comes, signs. Its length. */
size_t text_piece(uint64_t *state, uint8_t out[TEXT_PIECE_MAX]);

/* Some pieces, perhaps with a byte of them changed. Its length, at most cap. */
size_t text_random(uint64_t *state, uint8_t *out, size_t cap);

#endif
