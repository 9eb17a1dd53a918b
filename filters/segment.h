/*
 * segment.h — what a segment of a path is, by its shape: a number, an id, a date, or a word.
 *
 * A whole segment is judged first (wv_segment_of). One that is nothing as a whole may still hold
 * something: "4711'--" is a number with an attack behind it. wv_piece_next() finds it between the
 * bytes that stand in no id.
 */
#ifndef WV_FILTERS_SEGMENT_H
#define WV_FILTERS_SEGMENT_H

#include "base/slice.h"

/* What bytes there are, for one look at a segment that rules most questions out. */
enum wv_byte_kind {
    WV_BYTE_DIGIT = 1,
    WV_BYTE_HEX = 2,      /* a … f */
    WV_BYTE_BASE32 = 4,   /* other letters of Crockford's base32 */
    WV_BYTE_LETTER = 8,   /* and those that it leaves out: i l o u */
    WV_BYTE_JOIN = 16,    /* - . + _ stand in numbers and in tokens */
    WV_BYTE_SPAN = 32,    /* blanks and ( ), only in numbers */
    WV_BYTE_MARK = 64,    /* ~ = : only in tokens */
    WV_BYTE_FOREIGN = 128 /* in neither of them */
};

/* The kind of each byte. */
extern const uint8_t wv_segment_kinds[256];

static inline unsigned wv_segment_kinds_in(struct wv_slice text)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < text.len; i++) {
        kinds |= wv_segment_kinds[text.ptr[i]];
    }
    return kinds;
}

enum { WV_SEGMENT_TOKEN_MIN = 20 }; /* bytes of base64url that are no word */

enum wv_segment {
    WV_SEGMENT_ORDINARY = 0,
    WV_SEGMENT_INT,
    WV_SEGMENT_DATE,
    WV_SEGMENT_ID,
    WV_SEGMENT_IP,
    WV_SEGMENT_EMAIL,
    WV_SEGMENT_TOKEN,
    WV_SEGMENT_COUNT,
};

/* Judges a segment as a whole, which is not empty; kinds: those of its bytes. *extension: what of a
 * file name stays behind it (".php"), of a table; empty: nothing does. */
enum wv_segment wv_segment_of(struct wv_slice text, unsigned kinds, struct wv_slice *extension);

/* Whether the segment, with or without an extension, is too plain to be anything. Cheap. */
static inline bool wv_segment_is_ordinary(struct wv_slice text, unsigned kinds)
{
    return text.len < WV_SEGMENT_TOKEN_MIN &&
           (kinds & (WV_BYTE_DIGIT | WV_BYTE_MARK | WV_BYTE_FOREIGN)) == 0;
}

/* A part of a segment that is no ordinary word. All zero before the first one. */
struct wv_piece {
    size_t from;
    size_t to;
    size_t tried; /* no longer piece that ends here needs a look */
    enum wv_segment what;
};

/* Finds the next one behind piece->to; false: there is no more. Takes linear time for all of them.
 */
bool wv_piece_next(struct wv_slice text, struct wv_piece *piece);

const char *wv_segment_word(enum wv_segment segment); /* "INT" */
struct wv_slice wv_segment_template(enum wv_segment segment);

/* Whether the text is what is written for some kind of segment. */
bool wv_segment_is_template(struct wv_slice text);
/* "{int}" */

#endif
