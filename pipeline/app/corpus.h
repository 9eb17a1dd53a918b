/*
 * corpus.h — makes up AWS WAF records for demos, tests and benchmarks.
 *
 * The same seed gives the same bytes on every machine. The records look like real ones where it
 * matters to a reader of records: 1.5 to 2 KiB on average, some ten headers in the order and case
 * of real clients, few clients and agents that come often and many that come once, attacks, and the
 * client's address and e-mail again in places where nobody expects them. Three kinds of serialiser
 * take turns, because vendors escape differently. Nothing in them belongs to a person: names are
 * invented and all domains are reserved ones.
 *
 * Memory: none but the struct. Threads: one a corpus.
 */
#ifndef WV_APP_CORPUS_H
#define WV_APP_CORPUS_H

#include "base/buf.h"

enum {
    WV_CORPUS_RECORD_MAX = 8 * 1024, /* longer than any record */
    WV_CORPUS_PIECE_MAX = 1024,
};

/* How a record is spelled. */
enum wv_corpus_dialect {
    WV_CORPUS_PLAIN = 0, /* \" and raw UTF-8 */
    WV_CORPUS_HTML,      /* \u0022 \u0026 \u003c \u003e: safe inside a page */
    WV_CORPUS_SLASH,     /* \/ and \uXXXX for all that is not ASCII */
    WV_CORPUS_DIALECTS,
};

/* A text of the record that is made before it is written, because it stands at several places. */
struct wv_corpus_piece {
    uint8_t mem[WV_CORPUS_PIECE_MAX];
    size_t len;
};

struct wv_corpus {
    uint64_t state; /* of the generator */
    uint64_t time_ms;
    bool fresh;         /* every record has a client that never came before */
    uint32_t newcomers; /* how many did */

    /* Of the record being made. */
    uint32_t dialect;
    uint32_t client; /* rank: 0 comes most often */
    uint32_t agent;  /* rank */
    uint32_t scene;  /* index into the table of scenes */
    uint32_t attack; /* index into the table of attacks */
    struct wv_corpus_piece address;
    struct wv_corpus_piece email;
    struct wv_corpus_piece session;
    struct wv_corpus_piece payload;
    struct wv_corpus_piece path;
    struct wv_corpus_piece query;
};

void wv_corpus_init(struct wv_corpus *corpus, uint64_t seed);

/* Appends one record, without a line end. False when out has no room: it is unusable then. */
WV_MUST_USE bool wv_corpus_next(struct wv_corpus *corpus, struct wv_buf *out);

/* The dialect of the record that was made last. */
enum wv_corpus_dialect wv_corpus_dialect_of(const struct wv_corpus *corpus);

/* The client address of the record that was made last, as the record spells it. */
struct wv_slice wv_corpus_address_of(const struct wv_corpus *corpus);

#endif
