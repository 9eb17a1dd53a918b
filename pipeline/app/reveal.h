/*
 * reveal.h — finds what is sealed in a line of JSON, opens it, and makes it a line to be shown.
 *
 * A line is a record of an output with a member `_wafveil.sealed`, or what a consumer made of the
 * message: `kcat -J`, with the record as text in a member, and the header wafveil-sealed in a list
 * of headers. Texts inside of texts are looked into as deep as wafveil writes them. A line may hold
 * several records. Whatever else stands in it is ignored.
 *
 * Lines may come from anybody: work is bounded by their length, and what does not open shows
 * nothing.
 */
#ifndef WV_APP_REVEAL_H
#define WV_APP_REVEAL_H

#include "keys/seal_open.h"

#include <jansson.h>

enum {
    WV_REVEAL_LINE = 40 << 20, /* bytes of a line: the largest record, spelled as text */
    WV_REVEAL_BOXES = 256,     /* that are opened of one line */
};

/* One line that was looked at. */
struct wv_reveal {
    struct wv_seal_opener *opener;
    int64_t today; /* in days since 1970 */
    uint64_t line; /* its number */
    /* Takes a line to be shown, made with malloc(); what it holds is to be wiped. */
    void (*show)(void *user, char *text);
    /* Is told of a box that was not opened; until: its day, NULL where it has none. */
    void (*refuse)(void *user, enum wv_seal_verdict verdict, const char *until);
    void *user;
};

/* False: the line is no JSON, or memory is short. */
WV_MUST_USE bool wv_reveal_line(const struct wv_reveal *reveal, struct wv_slice line);

#endif
