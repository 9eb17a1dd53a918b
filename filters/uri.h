/*
 * uri.h — cuts URLs, authorities and queries into pieces, without changing a byte.
 *
 * All slices point into the text that was given. Nothing is decoded.
 */
#ifndef WV_FILTERS_URI_H
#define WV_FILTERS_URI_H

#include "base/slice.h"

struct wv_uri {
    struct wv_slice scheme; /* without the colon */
    struct wv_slice host;   /* without brackets, user and port */
    struct wv_slice rest;   /* path, query and fragment */
};

/* Reads scheme://authority…; false when the text is no such URL. */
WV_MUST_USE bool wv_uri_split(struct wv_slice text, struct wv_uri *out);

/* Takes the port and brackets off "host:port", "[v6]:port". False: the port is none, or a bracket
 * is missing. More than one colon without brackets is an IPv6 address without a port. */
WV_MUST_USE bool wv_uri_host(struct wv_slice authority, struct wv_slice *host);

/* One part of a query: name, or name=value. */
struct wv_uri_parameter {
    struct wv_slice text; /* the part as it stands, without the sign behind it */
    struct wv_slice name;
    struct wv_slice value; /* ptr NULL: there is no "=" */
};

/* What separates the parts: & everywhere but where it begins a character reference (&#64;); in a
 * query without any & also a ; that is followed by name=, as old servers wrote it. Otherwise a ; is
 * part of the value, or half of a password would become a name. */
struct wv_uri_query {
    struct wv_slice text;
    size_t at;
    bool semicolons;
    bool ended;
};

struct wv_uri_query wv_uri_query_of(struct wv_slice text);

/* Whether an & of the query begins a character reference. */
bool wv_uri_query_holds_reference(const struct wv_uri_query *query);

/* The next part, which may be empty; false after the last one. */
bool wv_uri_query_next(struct wv_uri_query *query, struct wv_uri_parameter *out);

#endif
