/*
 * needle.h — values of this record that are known to be personal, searched for in its other texts.
 *
 * An e-mail in a query comes back in the path, in the referer and in what a rule has matched. What
 * is searched for must be valid as what it is said to be: nobody shall have an attack wiped from
 * the evidence by putting it where a name belongs. So there are least lengths, letters that may
 * stand in it, and words that are never searched for, because half of a record is made of them.
 */
#ifndef WV_FILTERS_NEEDLE_H
#define WV_FILTERS_NEEDLE_H

#include "filters/filter.h"
#include "filters/parameters.h"

enum { WV_NEEDLE_MIN = 3 }; /* bytes of the shortest; decoded, as it is searched for */

/* What a value is said to be; decides what it may look like. */
enum wv_needle_form {
    WV_NEEDLE_NONE = 0, /* never searched for */
    WV_NEEDLE_EMAIL,    /* a name, @, a domain with a point */
    WV_NEEDLE_LOGIN,    /* 3 bytes or more, a letter or six digits; an e-mail, too */
    WV_NEEDLE_NAME,     /* of a person or place: 4 bytes or more, words with blanks between them */
    WV_NEEDLE_ID,       /* of a session or device: 6 bytes or more, with a digit and a letter */
    WV_NEEDLE_NUMBER,   /* 7 digits or more, with what stands between them */
};

/* The form of values with such a name. */
enum wv_needle_form wv_needle_form_of(enum wv_parameter parameter);

/* Adds the value if it is valid, not there yet, and there is room; copies it into scratch, where it
 * must stay as long as the needles do. kind, detail: of the hit that it makes. The index of the
 * needle that it is, or WV_TEXTS_MAX. */
size_t wv_needles_add(struct wv_needles *needles, enum wv_needle_form form, uint8_t kind,
                      uint8_t detail, struct wv_slice value, struct wv_scratch *scratch);

/* Whether a needle may be found in the text or in a piece of it, as it is or decoded. False is
 * certain. */
bool wv_needles_may_be_in(const struct wv_needles *needles, struct wv_slice text);

/* The same of the texts that a search of the value looks for. */
static inline bool wv_texts_may_be_in(const struct wv_context *context, struct wv_slice text)
{
    return context->needles->text_count > 0 && !context->no_texts &&
           wv_needles_may_be_in(context->needles, text);
}

/* The next place at or after `at` where the first two bytes of a needle stand, or text.len. Upper
 * case is as good as lower case, and a byte too many is sorted out by whoever looks closer. The
 * plain one is always built, so that a test can compare the two. */
size_t wv_needles_next(const struct wv_needles *needles, struct wv_slice text, size_t at);
size_t wv_needles_next_plain(const struct wv_needles *needles, struct wv_slice text, size_t at);

#endif
