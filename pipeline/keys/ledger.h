/*
 * ledger.h — records that each hold the hash of the one before, written and verified.
 *
 * A record is one line of JSON that ends so, without blanks:
 *
 *     …,"previous":"<64 digits>","hash":"<64 digits>"}
 *
 * hash is SHA-256, in lower-case hexadecimal, over the exact bytes of the record from its first
 * brace up to the comma before "hash". previous is the hash of the record before in the same chain,
 * 64 zeros in the first one. "chain" is the chain's id, "seq" counts its records from 0.
 *
 *     head -c -75 record | sha256sum
 *
 * What it proves. Whoever changes, removes or inserts a record has to compute all later ones anew.
 * Who keeps a head (a chain's last hash) elsewhere sees that; who does not cannot tell records that
 * were computed anew, or an end that was cut off, from what was written, unless a later chain names
 * the head ("after").
 *
 * Limits. WV_LEDGER_RECORD_MAX bytes a record, WV_LEDGERS_MAX chains and WV_LEDGER_SEEN_MAX heads
 * of other chains. What is verified may be anything at all.
 */
#ifndef WV_KEYS_LEDGER_H
#define WV_KEYS_LEDGER_H

#include "base/buf.h"
#include "json/document.h"

enum {
    WV_LEDGER_HASH = 64,
    WV_LEDGER_ID = 32,
    WV_LEDGER_RECORD_MAX = 1 << 20,
    WV_LEDGER_SEAL = 160, /* room for what wv_ledger_seal() adds */
    WV_LEDGER_PLACE = 200,
    WV_LEDGER_TEXT = 64,
    WV_LEDGERS_MAX = 100000,
    WV_LEDGER_SEEN_MAX = 100000,
};

/* A chain that is being written. */
struct wv_ledger {
    char id[WV_LEDGER_ID + 1];
    uint64_t seq; /* of the next record */
    char head[WV_LEDGER_HASH + 1];
};

/* A new chain with an id that nobody can foresee. False: there is no randomness. */
WV_MUST_USE bool wv_ledger_start(struct wv_ledger *chain);

/* record holds the members, from the first brace on and without the last one. Adds previous, hash
 * and the brace; the chain goes on from there. False, and the chain stands where it was, when there
 * is no room (WV_LEDGER_SEAL bytes). */
WV_MUST_USE bool wv_ledger_seal(struct wv_ledger *chain, struct wv_buf *record);

/* What is wrong with a record or a chain; the words are wv_ledger_fault_text()'s. */
enum wv_ledger_fault {
    WV_LEDGER_GOOD = 0,
    WV_LEDGER_NO_RECORD, /* not what is described above */
    WV_LEDGER_CHANGED,   /* the hash is not that of its bytes */
    WV_LEDGER_MISSING,   /* seq says that records are missing before it */
    WV_LEDGER_AGAIN,     /* seq was here already, and it is not just the last one once more */
    WV_LEDGER_BEFORE,    /* previous is not the hash of the record before */
    WV_LEDGER_CUT,       /* a later chain saw more of this one */
    WV_LEDGER_OTHER,     /* a later chain saw another record there */
    WV_LEDGER_LIMIT,     /* more chains than are looked at */
    WV_LEDGER_FAULTS
};
const char *wv_ledger_fault_text(enum wv_ledger_fault fault);

/* A chain as far as it has been read. Texts are cut and hold only printable ASCII. */
struct wv_ledger_state {
    char id[WV_LEDGER_ID + 1];
    char instance[WV_LEDGER_TEXT];
    char first_time[WV_LEDGER_TEXT];
    char last_time[WV_LEDGER_TEXT];
    char head[WV_LEDGER_HASH + 1]; /* of the last record that is whole */
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t records; /* whole ones that follow each other */
    uint64_t repeated;
    bool stopped;               /* the last one says that the process ended in order */
    enum wv_ledger_fault fault; /* the first one; what comes after it is not looked at */
    uint64_t fault_seq;
    char fault_place[WV_LEDGER_PLACE];
};

struct wv_ledgers;
WV_MUST_USE struct wv_ledgers *wv_ledgers_new(void); /* NULL when memory is short */
void wv_ledgers_free(struct wv_ledgers *chains);     /* NULL is allowed */

/* Reads one record. place is what people find it by, "audit.jsonl:57". On WV_LEDGER_GOOD *record is
 * the document, valid until the next call; NULL when it was here before, byte by byte. Memory that
 * runs out ends the process. */
enum wv_ledger_fault wv_ledgers_add(struct wv_ledgers *chains, struct wv_slice line,
                                    const char *place, json_t **record);

/* To be called after the last record: whether later chains saw more than is there. */
void wv_ledgers_finish(struct wv_ledgers *chains);

size_t wv_ledgers_count(const struct wv_ledgers *chains);
const struct wv_ledger_state *wv_ledgers_at(const struct wv_ledgers *chains, size_t index);

/* NULL: there is none. */
const struct wv_ledger_state *wv_ledgers_find(const struct wv_ledgers *chains, const char *id);

/* What belongs to no chain: how many lines, and the first of them. */
struct wv_ledger_strays {
    uint64_t count;
    enum wv_ledger_fault fault;
    char place[WV_LEDGER_PLACE];
    uint64_t absent; /* chains that others began after, and that are not here */
    char absent_id[WV_LEDGER_ID + 1];
    char absent_by[WV_LEDGER_ID + 1];
};
const struct wv_ledger_strays *wv_ledgers_strays(const struct wv_ledgers *chains);

#endif
