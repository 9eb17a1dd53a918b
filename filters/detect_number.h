/*
 * detect_number.h — groups of digits with separators between them, and what they may be.
 *
 * A run is a stretch such as "+1 (202) 555-0143 4111-1111-1111-1111". Any groups of it that stand
 * side by side may together be an identifier; which ones is asked of the longest first.
 */
#ifndef WV_FILTERS_DETECT_NUMBER_H
#define WV_FILTERS_DETECT_NUMBER_H

#include "filters/detect.h"

enum {
    WV_GROUPS_MAX = 32,   /* of a run that are looked at together */
    WV_NUMBER_GROUPS = 8, /* of one number: France's has seven */
    WV_NUMBER_DIGITS = 19 /* the longest identifier: a payment card */
};

struct wv_group {
    uint32_t from;
    uint32_t to;
    uint8_t join;  /* what stands before it: '-', '.', ' ', '/', '(' for anything with one, 0 */
    bool lettered; /* a letter touches it */
    bool hashed;   /* it is part of a word of hexadecimal digits */
};

struct wv_run {
    size_t context; /* before which byte the words stand that tell what it is */
    size_t count;
    struct wv_group groups[WV_GROUPS_MAX];
};

/* Groups [first, last] of a run, of at most WV_NUMBER_DIGITS digits. */
struct wv_number {
    const struct wv_run *run;
    size_t first;
    size_t last;
    struct wv_slice digits; /* without what stands between them */
};

static inline size_t wv_number_from(const struct wv_number *number)
{
    return number->run->groups[number->first].from;
}

static inline size_t wv_number_to(const struct wv_number *number)
{
    return number->run->groups[number->last].to;
}

/* What stands between all groups, if it is always the same; 0: it differs; ' ' for one group. */
uint8_t wv_number_join(const struct wv_number *number);

/* Each notes a hit and is true when the number is what it is about. */
bool wv_number_is_card(struct wv_scan *scan, const struct wv_number *number);
bool wv_number_is_listed(struct wv_scan *scan, const struct wv_number *number); /* by its form */
bool wv_number_is_phone(struct wv_scan *scan, const struct wv_number *number);
bool wv_number_is_international(struct wv_scan *scan, const struct wv_number *number);

/* ITU-T E.164: where the + stands of a number that begins at `from`, or SIZE_MAX. */
size_t wv_number_plus(const struct wv_scan *scan, size_t from);

/* The length of what stands at `at` between two groups, whatever follows; 0: nothing does that can.
 * *kind: as in struct wv_group. */
size_t wv_join_length(struct wv_slice text, size_t at, uint8_t *kind);

/* A whole word of letters and digits, [from, to) of the text: notes a hit if it is a person's code.
 */
bool wv_word_is_code(struct wv_scan *scan, size_t from, size_t to);

/* A code in which there are letters, too, and which holds the group `first`: the first group behind
 * it, or `first` (detect_code.c). */
size_t wv_number_is_code(struct wv_scan *scan, const struct wv_run *run, size_t first);

#endif
