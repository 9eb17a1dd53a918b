/*
 * view.h — text as somebody who decodes it would read it, with a map back.
 *
 * Personal data hides behind percent-encoding, HTML entities, backslash escapes and full-width
 * letters. A view holds the decoded bytes, and for each of them where its spelling begins in the
 * original text, so that a hit in the view replaces just the bytes that spell it. It is for
 * looking, never for writing: full-width letters become those of ASCII, and a named blank or dash
 * (&ensp; &ndash;) a blank or a hyphen.
 *
 * An escape gives a byte (%C3, \xc3) or a character in UTF-8 (\u00f6, &ouml;). What spells a
 * character is one thing: its first byte has the whole escape in the map, and the bytes behind it
 * have the empty range at the escape's end. So every place in the map is a border between escapes,
 * and a stretch of the view that ends inside of a character has all of it; where one begins inside,
 * wv_view_start() takes the rest in. No escape gives more bytes than it has.
 *
 * What cannot be decoded stays as it is; nothing is an error, because attackers write this text.
 */
#ifndef WV_FILTERS_VIEW_H
#define WV_FILTERS_VIEW_H

#include "base/scratch.h"

enum wv_coding {
    WV_CODING_PERCENT = 1,  /* %41, %u0041, %ud83d%ude00 */
    WV_CODING_PLUS = 2,     /* + is a blank, as in queries and forms */
    WV_CODING_ENTITIES = 4, /* &#64; &#x40; &commat; */
    WV_CODING_ESCAPES = 8,  /* \u0040 \ud83d\ude00 \u{1f600} \x40 \303\266 \" \' \/ with any number
                               of backslashes; three digits only where several spell a character */
    WV_CODING_WIDE = 16,    /* U+FF01 … U+FF5E, in UTF-8 */
    WV_CODING_WHITE = 32,   /* with ESCAPES: \n \t \r \f \b */
    WV_CODING_SHAPES = WV_CODING_PERCENT | WV_CODING_ENTITIES | WV_CODING_ESCAPES | WV_CODING_WIDE,
    WV_CODING_TEXT = WV_CODING_SHAPES | WV_CODING_WHITE,
};

/* Stands in a view for what is no character: half of a surrogate pair, a number beyond Unicode. */
enum { WV_VIEW_OTHER = 0xff };

struct wv_view {
    uint8_t *bytes; /* len of them; NULL: there is no view yet */
    uint32_t *map;  /* len + 1: byte i is spelled by the original's [map[i], map[i + 1]), which is
                       empty for the second and later bytes of an escaped character */
    size_t len;
};

enum wv_view_verdict {
    WV_VIEW_NO_ROOM = 0,
    WV_VIEW_SAME,    /* there is nothing to decode; the view is not set */
    WV_VIEW_DECODED, /* the view is set, and not longer than the text */
};

/* Decodes the text once. */
WV_MUST_USE enum wv_view_verdict wv_view_open(struct wv_slice text, unsigned codings,
                                              struct wv_scratch *scratch, struct wv_view *view);

/* Decodes the view once more, in place; the map still leads to the original text. False: there was
 * nothing left to decode. */
bool wv_view_deepen(struct wv_view *view, unsigned codings);

/* Whether there is anything that wv_view_open() would decode. Cheap, and exact. */
bool wv_view_is_coded(struct wv_slice text, unsigned codings);

static inline struct wv_slice wv_view_slice(const struct wv_view *view)
{
    return (struct wv_slice){view->bytes, view->len};
}

/* Where the spelling of the view's byte `at` begins in the original, of a character escaped as one
 * that of the whole; the original's end for view->len. */
static inline uint32_t wv_view_start(const struct wv_view *view, size_t at)
{
    while (at < view->len && view->map[at] == view->map[at + 1]) {
        at--;
    }
    return view->map[at];
}

/* The index of the view's byte whose spelling holds the original's byte `at`: of a character
 * escaped as one, its first; view->len when `at` is at the end. */
size_t wv_view_index(const struct wv_view *view, uint32_t at);

#endif
