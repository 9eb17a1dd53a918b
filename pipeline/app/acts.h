/*
 * acts.h — what people did by a command (keys, subject, reveal), in a file that nobody changes
 * unseen.
 *
 * The file holds one hash-chained record a line, as keys/ledger.h describes them: v, instance (the
 * machine), chain, seq, time, event, uid (of the user whose command it was), the members of the
 * act, previous and hash. `wafveil audit verify FILE` reads it, and so can anybody with sha256sum.
 * It is made with mode 0600; a file that is a link, belongs to another user, is open to others, or
 * lies in a folder that everybody may write to is refused.
 *
 * Fails closed: what cannot be recorded must not be done, so an act is written before its effect is
 * shown. A record that could be written only in part is taken back.
 *
 * For one thread. Findings hold the file's name and line, never a member of a record.
 */
#ifndef WV_APP_ACTS_H
#define WV_APP_ACTS_H

#include "base/report.h"
#include "keys/ledger.h"

enum {
    WV_ACTS_FILE_MAX = 256 * 1024 * 1024, /* bytes; a larger file has to be moved away */
    WV_ACTS_WAIT_MS = 10000,              /* for another command that holds the file */
};

struct wv_acts;

/* Makes the file, or opens it, locks it until wv_acts_close(), verifies its whole chain and goes on
 * from the head. NULL with findings, which say what to do. */
WV_MUST_USE struct wv_acts *wv_acts_open(const char *path, struct wv_report *report);

/* Writes one record, which is on the disk when this returns true. event is a word of ours; members
 * is an object, is taken in every case (NULL: memory was short), and has none of the names above.
 * False with a finding; the file is then as it was, and takes no further record. */
WV_MUST_USE bool wv_acts_write(struct wv_acts *acts, const char *event, json_t *members,
                               struct wv_report *report);

/* The chain: seq counts its records, head is the hash of the last one. */
const struct wv_ledger *wv_acts_chain(const struct wv_acts *acts);

void wv_acts_close(struct wv_acts *acts); /* NULL is allowed */

#endif
