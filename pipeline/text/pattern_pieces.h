/*
 * pattern_pieces.h — what a pattern is made into: for pattern_compile.c, which makes it, and
 * pattern.c, which reads lines with it.
 */
#ifndef WV_TEXT_PATTERN_PIECES_H
#define WV_TEXT_PATTERN_PIECES_H

#include "text/pattern.h"

enum wv_piece_kind {
    WV_PIECE_BARE = 0,
    WV_PIECE_QUOTED,  /* a quote on each side */
    WV_PIECE_BRACKET, /* [ ] */
    WV_PIECE_REST,    /* $* */
};

/* One name of a pattern. */
struct wv_piece {
    struct wv_slice name;
    struct wv_slice before; /* the text in front of it */
    struct wv_slice behind; /* the text behind it; empty: the line's end, or the rest */
    enum wv_piece_kind kind;
    bool last_end; /* it ends at the last `behind` before the end of the value that follows */
    bool blanks;   /* a blank may stand in it */
    bool rest;     /* the rest follows */
};

struct wv_pattern {
    struct wv_piece *pieces;
    size_t count;
};

static inline bool wv_has_byte(struct wv_slice text, uint8_t byte)
{
    return text.len > 0 && memchr(text.ptr, byte, text.len) != NULL;
}

#endif
