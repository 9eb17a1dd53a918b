/*
 * detect_compare.h — holds the detector against the reference (detect_reference.h).
 *
 * For tests and fuzzers. A text is looked at alone and with neutral text on both sides, in memory
 * of exactly its size: nothing about it may change with the place where it stands.
 */
#ifndef WV_TESTS_DETECT_COMPARE_H
#define WV_TESTS_DETECT_COMPARE_H

#include "support/detect_reference.h"

enum { COMPARE_TEXT_MAX = 4096, COMPARE_BESIDE_MAX = 160 };

struct comparison {
    struct wv_detectors detectors;
    const struct wv_parameters *parameters;
    size_t before; /* bytes of neutral text, at most COMPARE_BESIDE_MAX */
    size_t after;
};

/* The detectors at home in some of the regions that have any, one for each bit. */
struct wv_detectors compare_detectors(unsigned regions);

/* Whether the two say the same of text and pad, and the quick looks nothing else. At most
 * COMPARE_TEXT_MAX bytes. expected: what the reference says of the text. */
bool compare_agrees(const struct comparison *comparison, struct wv_slice text,
                    const struct reference_hits *expected);

/* Takes away what the difference does not need, and tells on stderr what is left of it and who says
 * what. text: *len bytes that do not agree. */
void compare_explain(const struct comparison *comparison, uint8_t *text, size_t *len);

#endif
