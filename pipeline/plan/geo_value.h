/*
 * geo_value.h — reads values of a MaxMind DB, however wrong the file is.
 *
 * libmaxminddb goes into maps and along pointers as far as a file tells it to. What is read of a
 * database is therefore read here, once, when it is loaded: no recursion, and a limit to every
 * walk. Format: MaxMind DB File Format Specification, version 2.0.
 *
 * data is the section in which the values stand and in which pointers count. Nothing is copied.
 */
#ifndef WV_PLAN_GEO_VALUE_H
#define WV_PLAN_GEO_VALUE_H

#include "base/slice.h"

enum wv_geo_kind {
    WV_GEO_OTHER = 0, /* a kind of number, bytes or truth that nothing here asks for */
    WV_GEO_TEXT,
    WV_GEO_NUMBER, /* whole and not negative, up to 64 bits */
    WV_GEO_MAP,
    WV_GEO_ARRAY,
};

enum {
    WV_GEO_STEPS_MAX = 1024, /* values that are gone over to find one */
    WV_GEO_DEPTH_MAX = 32,   /* of maps, arrays and pointers inside each other */
};

struct wv_geo_value {
    enum wv_geo_kind kind;
    uint64_t number;
    struct wv_slice text;
    uint32_t count; /* pairs of a map, elements of an array */
    size_t next;    /* offset behind it; of a map or array: of the first thing in it */
};

/* The value at an offset, or that to which the pointer there leads. False: there is none. */
WV_MUST_USE bool wv_geo_value(struct wv_slice data, size_t at, struct wv_geo_value *out);

/* The value of a member of the map at an offset. False: that is no map or has no such member, or
 * the search took WV_GEO_STEPS_MAX steps. */
WV_MUST_USE bool wv_geo_member(struct wv_slice data, size_t map, const char *name,
                               struct wv_geo_value *out, size_t *at);

/* Whether there is a map or an array at an offset in which everything, names too, is a text. */
WV_MUST_USE bool wv_geo_is_of_texts(struct wv_slice data, size_t at);

/* Whether everything that can be reached from an offset can be read, and is no more than
 * WV_GEO_STEPS_MAX values, also where pointers lead to the same one again, no deeper than
 * WV_GEO_DEPTH_MAX. */
WV_MUST_USE bool wv_geo_is_bounded(struct wv_slice data, size_t at);

#endif
