/*
 * search.h — finds personal data inside text, through every spelling it may have, and replaces it.
 *
 * The text is looked at through views: as it is, percent-decoded once and twice. A view keeps a map
 * back, so that a hit in the decoded text replaces just the bytes that spell it and the rest of the
 * value stays byte-identical. A replacement is made of URI-unreserved characters that no query,
 * markup or shell language takes for syntax: `~EMAIL~`, `~IP~`, `~IP.ak2vq7zt~`, `~CREDENTIAL~`.
 * The attack around it stays readable.
 *
 * More than WV_SEARCH_HITS_MAX hits, a pattern's limit, or no scratch, is WV_FAILED.
 */
#ifndef WV_FILTERS_SEARCH_H
#define WV_FILTERS_SEARCH_H

#include "filters/filter.h"
#include "filters/parameters.h"

enum { WV_SEARCH_HITS_MAX = 256 };

enum wv_search_what {
    WV_SEARCH_NEEDLES = 1,     /* the addresses of context->needles, in any spelling */
    WV_SEARCH_ADDRESSES = 2,   /* every IPv4 and IPv6 address */
    WV_SEARCH_EMAILS = 4,      /* also with %40 */
    WV_SEARCH_CREDENTIALS = 8, /* Bearer and Basic credentials, JSON Web Tokens, userinfo in URLs */
    WV_SEARCH_PARAMETERS = 16, /* values of `name=` and `"name":` whose name is listed */
    WV_SEARCH_IDENTIFIERS = 32, /* numbers, cards, accounts, keys, devices … (detectors.def), and
                                   what the operator's own patterns find (patterns.h) */
    WV_SEARCH_TEXTS = 64,       /* the texts of context->needles, in any spelling */
    WV_SEARCH_ALL = 127,

    /* With ADDRESSES: also what parses as an address but is more likely a version or a word. Text
     * in which this finds nothing holds no needle, whatever the needles are. */
    WV_SEARCH_ANY_ADDRESS = 128,
};

/* WV_HARMLESS when nothing was found, WV_REPLACED, WV_REMOVED where a pattern was found that wants
 * the value removed, or WV_FAILED. */
enum wv_verdict wv_search(unsigned what, struct wv_slice text, struct wv_context *context,
                          struct wv_out *out);

struct wv_hits;

/* What wv_search() would replace, in places of the text: hits in rising order that do not overlap.
 * False: it would answer WV_FAILED. */
WV_MUST_USE bool wv_search_hits(unsigned what, struct wv_slice text, struct wv_context *context,
                                struct wv_hits *out);

/* wv_search() of the bytes [from, to) of out->text, for filters that take a value apart: what it
 * finds is replaced, and what is harmless is kept, so that the piece is written in either case.
 * WV_REMOVED is about the whole value. */
enum wv_verdict wv_search_piece(unsigned what, size_t from, size_t to, struct wv_context *context,
                                struct wv_out *out);

/* Whether a search of text, which was joined from pieces that begin at the given offsets, finds
 * something that crosses from one piece into another. True also when it cannot tell. In joined text
 * a hit needs no word boundary at a border. */
bool wv_search_crosses(unsigned what, struct wv_slice text, const uint32_t *borders, size_t count,
                       struct wv_context *context);

/* Whether no search of any piece of the text can find anything but the values of listed names:
 * there is no address, e-mail, credential, identifier or escape in it. & and = are let through.
 * True is certain. */
bool wv_search_is_quiet(struct wv_slice text);

/* Whether the text, as it is or decoded, can hold an address: three points, or two colons, as near
 * to each other as an address has them, or an escape. False is certain. */
bool wv_search_may_find_address(struct wv_slice text);

/* A cheap look whether a search of the raw bytes for needles could find anything at all (a digit
 * beside a point, a colon, a percent sign …). False is certain. */
bool wv_search_may_hold_address(struct wv_slice text);

#endif
