/*
 * spelling.h — how values are written in records that are not JSON, and back.
 *
 * Reading takes the escapes away and tells for each byte of the text where it was spelled; writing
 * spells text so that the reader of the syntax reads the same text again.
 */
#ifndef WV_TEXT_SPELLING_H
#define WV_TEXT_SPELLING_H

#include "base/buf.h"

enum wv_spelling {
    WV_SPELLING_JSON = 0,   /* a JSON string, with its quotes: read and written by json/text.h */
    WV_SPELLING_PLAIN,      /* as it is: pieces of URLs, the message behind a header */
    WV_SPELLING_BARE,       /* a word without quotes in an access log or a pair */
    WV_SPELLING_LOG_QUOTED, /* "…" of nginx and Apache: \" \\ \xHH \n */
    WV_SPELLING_QUOTED,     /* "…" of a pair: \" \\ */
    WV_SPELLING_CSV,        /* "…" with quotes inside written twice */
    WV_SPELLING_CELL,       /* a column without quotes: nothing is escaped, nothing that separates
                               can be written */
    WV_SPELLING_BRACKETED,  /* […] of an access log, which may hold blanks: \xHH */
    WV_SPELLING_PERCENT,    /* %HH, of all that a URL could not hold */
    WV_SPELLING_CEF_HEADER, /* \| \\ */
    WV_SPELLING_CEF_VALUE,  /* \= \\ \n \r */
    WV_SPELLING_COUNT,
};

/* Takes the escapes away. out has room for raw.len bytes and map for raw.len + 1 numbers (map may
 * be NULL): text byte i was spelled by raw bytes [map[i], map[i + 1]). An escape that the spelling
 * does not know stands for itself. Returns the length of the text, which is valid UTF-8 if raw is.
 * Not for WV_SPELLING_JSON. */
size_t wv_spelling_read(enum wv_spelling spelling, struct wv_slice raw, uint8_t *out,
                        uint32_t *map);

/* The function that writes text in a spelling, as struct wv_out wants it. It may be called for
 * piece after piece. NULL: as it is. Not for WV_SPELLING_JSON. */
typedef void wv_spelling_writer(struct wv_buf *buf, struct wv_slice text);
wv_spelling_writer *wv_spelling_write(enum wv_spelling spelling);

/* Whether nothing stands in a raw value that its producer would have escaped: otherwise more than
 * the value may be in it. */
bool wv_spelling_is_clean(enum wv_spelling spelling, struct wv_slice raw);

/* What stands in the place of a value that went, where its place must stay ("-" or nothing). */
struct wv_slice wv_spelling_nothing(enum wv_spelling spelling);

#endif
