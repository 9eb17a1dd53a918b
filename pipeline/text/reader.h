/*
 * reader.h — takes a record apart that is text and not JSON.
 *
 * A reader hands out the parts of one record, one after another, as places in its text. It changes
 * nothing and decodes nothing: what stands between two parts belongs to neither and is copied, so
 * that a record whose parts all stay is byte-identical.
 *
 * Promise. Parts come in the order of the text and do not overlap; from <= start <= end <= to, and
 *          every byte that can hold something of the client is inside some part. What cannot be
 *          read ends in WV_PART_BAD, never in a part that is left out.
 * Cost.    Every byte is looked at a fixed number of times, whatever the text is. No memory.
 */
#ifndef WV_TEXT_READER_H
#define WV_TEXT_READER_H

#include "text/spelling.h"

struct wv_pattern;

/* One part of a record: a column, a pair of key and value, a piece of a URL. */
struct wv_part {
    struct wv_slice key; /* as it is written, or the syntax's own word for it; empty: its column
                            tells */
    uint32_t column;     /* counted from 0 */
    uint32_t start;      /* the value as it is written, without what quotes it */
    uint32_t end;
    uint32_t from; /* what goes when the part goes: key, quotes and one separator, too */
    uint32_t to;
    uint8_t spelling; /* enum wv_spelling */
    bool escaped;     /* some escape of the spelling stands in the value */
    bool held;        /* its place must stay: when it goes, only the value does, and the
                         spelling's word for "nothing" takes its place */
};

/* What a format says of its syntax. */
struct wv_layout {
    uint8_t delimiter;                /* delimited, pairs: what stands between two parts */
    uint8_t quote;                    /* delimited, pairs: around values; 0: nothing */
    bool doubled;                     /* a quote inside quotes is written twice; otherwise \" */
    const struct wv_pattern *pattern; /* pattern */
    struct wv_slice
        rest; /* cef: key whose value runs to the end, whatever it looks like; or empty */
};

enum wv_part_next {
    WV_PART_END = 0, /* the text was read to its end */
    WV_PART_FOUND,
    WV_PART_BAD, /* this is no record of the syntax */
};

struct wv_reader;

/* A syntax, by its word in formats. */
struct wv_syntax {
    const char *name;
    void (*begin)(struct wv_reader *reader);
    enum wv_part_next (*next)(struct wv_reader *reader, struct wv_part *part);
};

/* Where a reader stands. Only text and layout are for others. */
struct wv_reader {
    const struct wv_syntax *syntax;
    struct wv_slice text; /* at most UINT32_MAX - 64 bytes */
    const struct wv_layout *layout;
    uint32_t at;
    uint32_t column;
    uint32_t state[5]; /* the syntax's own */
};

extern const struct wv_syntax wv_syntax_url;          /* host, path, query, fragment, user */
extern const struct wv_syntax wv_syntax_request_line; /* method, url, protocol */
extern const struct wv_syntax wv_syntax_percent;      /* one value, percent-encoded */
extern const struct wv_syntax wv_syntax_cef;          /* ArcSight Common Event Format */
extern const struct wv_syntax wv_syntax_pairs;        /* key=value */
extern const struct wv_syntax wv_syntax_delimited;    /* columns */
extern const struct wv_syntax wv_syntax_pattern;      /* what a log format says */
extern const struct wv_syntax wv_syntax_syslog;       /* header of RFC 3164 or 5424, message */
extern const struct wv_syntax wv_syntax_tagged;       /* free text, [key "value"], , key: value */

static inline struct wv_reader wv_reader_of(const struct wv_syntax *syntax, struct wv_slice text,
                                            const struct wv_layout *layout)
{
    struct wv_reader reader = {.syntax = syntax, .text = text, .layout = layout};
    syntax->begin(&reader);
    return reader;
}

static inline enum wv_part_next wv_reader_next(struct wv_reader *reader, struct wv_part *part)
{
    return reader->syntax->next(reader, part);
}

#endif
