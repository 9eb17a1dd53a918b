/*
 * watch.h — every value of a record as it came, with what became of it in one output.
 *
 * For commands that look for what formats and packs do not cover: unlike wv_worker_trace() it tells
 * of values that went along with something around them, and where members stand that no format
 * lists. All slices hold raw values and names: they may be counted and compared, and must go to
 * nobody but the person who gave the record. They stay valid until the function returns.
 */
#ifndef WV_ENGINE_WATCH_H
#define WV_ENGINE_WATCH_H

#include "engine/transform.h"

enum wv_sight_kind {
    WV_SIGHT_STRING = 0,
    WV_SIGHT_NUMBER,
    WV_SIGHT_BOOLEAN,
    WV_SIGHT_NULL,
    WV_SIGHT_OBJECT, /* only where the format has a plain value, or when it is empty */
    WV_SIGHT_ARRAY,
    WV_SIGHT_KINDS,
};

const char *wv_sight_kind_word(enum wv_sight_kind kind); /* "string" */

struct wv_sight {
    uint64_t record;    /* a number that no other record of the worker has */
    const char *format; /* of the text that the value stands in */
    const char *path;   /* the format's; of an unlisted value, that of the last listed place around
                           it: "" or "detail:" for the outermost object */
    bool listed;        /* the format lists the place */
    bool plain;         /* formats.fields can say the class of the path with the names behind it */
    bool misfit;        /* the format has something else at `path`: a string, and not an object */
    const struct wv_slice *names; /* unlisted: members from `path` on, decoded, the outermost first;
                                     ptr NULL: an element of an array; empty: a column */
    size_t name_count;
    enum wv_class class;
    const struct wv_rule *rule;
    enum wv_action action;
    enum wv_sight_kind kind;
    struct wv_slice text; /* decoded; ptr NULL: a container, or longer than limits.value_bytes */
    struct wv_slice name; /* of the header or argument, lower case; empty: it has none */
    uint64_t packs;       /* bits of the packs that the record falls under */
};

typedef void wv_watch_fn(void *user, const struct wv_sight *sight);

/* Tells of every record that is written for the output, published or not, in the order of its
 * values. False when memory is short. */
WV_MUST_USE bool wv_worker_watch(struct wv_worker *worker, size_t output, wv_watch_fn *fn,
                                 void *user);

#endif
