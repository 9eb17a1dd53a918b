/*
 * detect_reference.h — a second, slow opinion about which identifiers stand in a text.
 *
 * Written from what the detectors are documented to find (filters/detectors.def, filters/detect.h)
 * and in the most obvious way: at every byte, is there one? No blocks, no anchors, no memory of
 * what was looked at before. It shares the validators and the lists of names with the engine and
 * nothing of filters/detect_*.c; so the two are wrong in the same way only where the same person
 * was. For tests and fuzzers: it takes the square of the length and more.
 *
 * What counts as what, beyond detectors.def:
 *   run       groups of digits with one sign between each two: - . / blank, tab, +, a dash or blank
 *             of another script, " - ", " / ", or up to three bytes of these with a parenthesis.
 *   number    up to eight groups of a run that stand side by side, of at most 19 digits, none of
 *             which is part of a word of hexadecimal digits with a letter in it. From left to
 *             right, at each group the longest; what was taken for one is not looked at again, but
 *             a telephone number, of which every group may have been something else, hides no
 *             other number. No part of a decimal fraction, except a card of 16 digits before its
 *             point; one with the same sign between all groups, and neither a blank nor a
 *             parenthesis, is no part of a longer one.
 *   fours     a card with underscores, two blanks or different signs between its fours is no
 *             number, but found as it stands.
 *   code      a word of letters and digits; its last letter or digit may stand apart. Six of its
 *             digits in a row begin no number.
 *   context   the 64 bytes before a run or a code, read as words, without the word that they cut. A
 *             word of our letters ends where these end, also beside Japanese. A value right behind
 *             a listed name and = has no context, unless it ends within the number.
 *   key       a private key is told by its lines: detect_reference_shapes.c says which are its.
 */
#ifndef WV_TESTS_DETECT_REFERENCE_H
#define WV_TESTS_DETECT_REFERENCE_H

#include "filters/detectors.h"
#include "filters/parameters.h"

enum { REFERENCE_HITS_MAX = 1024, REFERENCE_TEXT_MAX = 8 * 1024 };

struct reference_hit {
    size_t from;
    size_t to;
    uint64_t kinds; /* bits: what it may be called */
    bool optional;  /* some part of it may be found, or nothing: telephone numbers of a run with one
                       digit behind a point, more likely a version; a code within another one */
};

struct reference_hits {
    size_t count;
    struct reference_hit items[REFERENCE_HITS_MAX];
};

/* All identifiers in the text, of at most REFERENCE_TEXT_MAX bytes, in no order. */
void reference_detect(const struct wv_detectors *detectors, const struct wv_parameters *parameters,
                      struct wv_slice text, struct reference_hits *hits);

#endif
