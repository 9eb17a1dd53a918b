/*
 * checksum.h — the sums by which identifiers show that they were not mistyped.
 *
 * What is asked about a text that holds other bytes than a sum is defined for has no checksum: the
 * answer is false. Sums over numbers of any length are right up to WV_CHECKSUM_MAX bytes; a longer
 * text has no checksum either.
 */
#ifndef WV_FILTERS_CHECKSUM_H
#define WV_FILTERS_CHECKSUM_H

#include "filters/compact.h"

enum { WV_CHECKSUM_MAX = 64 };

/* Luhn (ISO/IEC 7812-1, annex B), the last digit being the check digit. Catches every wrong digit,
 * and two that changed places unless they are 0 and 9. */
bool wv_checksum_luhn(struct wv_slice digits);

/* Verhoeff (1969), over the dihedral group of ten elements. Catches every wrong digit, and every
 * two neighbours that changed places. */
bool wv_checksum_verhoeff(struct wv_slice digits);

/* ISO 7064 MOD 11,10: digits. Catches every wrong digit. */
bool wv_checksum_mod11_10(struct wv_slice digits);

/* ISO 7064 MOD 11-2: digits, the last of which may be X, ten. Catches every wrong digit, and every
 * two neighbours that changed places. */
bool wv_checksum_mod11_2(struct wv_slice text);

/* EAN-13 and other GS1 numbers: weights 3 and 1 by turns, 1 at the last digit. Catches every wrong
 * digit. */
bool wv_checksum_ean(struct wv_slice digits);

/* The remainder by 97 of the number that text continues, a letter being two digits (A: 10); rest:
 * that of what stands before, 0 at the beginning. As ISO 7064 MOD 97-10 counts. Text: digits and
 * letters. */
unsigned wv_checksum_mod97(unsigned rest, struct wv_slice text);

/* The sum of the first count values, each times its weight; letters count as in wv_compact_value().
 * Text must have that many digits and letters. */
unsigned wv_checksum_weighted(struct wv_slice text, const uint8_t *weights, size_t count);

#endif
