/*
 * records.h — lines of a stream, one record each.
 *
 * A line ends with LF or CRLF; the last one may have no end. Blank lines are skipped. A line longer
 * than the limit is told as such and skipped, whatever its length: memory stays bounded.
 */
#ifndef WV_APP_RECORDS_H
#define WV_APP_RECORDS_H

#include "base/slice.h"

struct wv_records {
    int file;
    size_t max;   /* longest line */
    uint8_t *mem; /* grows up to what max needs */
    size_t cap;
    size_t from; /* unread bytes are [from, to) */
    size_t to;
    bool ended;
    bool blank;     /* to be set: blank lines are told, too */
    uint64_t line;  /* number of the line that was told last, from 1 */
    uint64_t bytes; /* of all lines read */
};

enum wv_records_next {
    WV_RECORDS_FAILED = 0, /* errno says why */
    WV_RECORDS_LINE,
    WV_RECORDS_TOO_LONG,
    WV_RECORDS_END,
};

void wv_records_init(struct wv_records *records, int file, size_t max);
void wv_records_fini(struct wv_records *records); /* wipes the buffer */

/* *line stays valid until the next call. */
WV_MUST_USE enum wv_records_next wv_records_next(struct wv_records *records, struct wv_slice *line);

#endif
