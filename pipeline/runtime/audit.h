/*
 * audit.h — what the service did, for those who have to answer for it: one record per event on a
 * topic of its own, each with the hash of the one before (keys/ledger.h).
 *
 *     {"v":1,"instance":"waf-1","chain":"…","seq":0,"time":"2026-11-22T10:00:00.123Z",
 *      "event":"started",…,"previous":"…","hash":"…"}
 *
 * Promise. A record is never dropped. One at a time is with the producer, so that they stand in the
 *          topic in the order of their numbers; the others wait in memory. While the topic cannot
 *          be written the service is not ready; after five minutes, or when more than
 *          WV_AUDIT_WAITING_MAX records wait, the process ends with WV_EXIT_OUTPUT, as it does when
 *          records are left at the end.
 * Values.  Words of ours, of the operator's documents, and numbers; never a value of a record.
 * Threads. The main thread's. Every function takes NULL, the audit of a configuration that has
 *          none, and does nothing.
 */
#ifndef WV_RUNTIME_AUDIT_H
#define WV_RUNTIME_AUDIT_H

#include "base/log.h"
#include "engine/categories.h"
#include "runtime/stop.h"

enum { WV_AUDIT_WAITING_MAX = 4096 };

struct wv_audit_setup {
    struct wv_plan *plan;
    const struct wv_clock *clock;
    struct wv_stop *stop;
    _Atomic bool *trouble; /* set while the topic cannot be written; others may read it */
};

struct wv_audit;

/* The producer, and a new chain. NULL, logged, when it cannot be made. */
WV_MUST_USE struct wv_audit *wv_audit_new(const struct wv_audit_setup *setup);
void wv_audit_free(struct wv_audit *audit);

/* The first record, "started": it names the last records that stand in the topic now, if they can
 * be read, and says why not otherwise. Then "plan_loaded". Waits some seconds at most. */
void wv_audit_begin(struct wv_audit *audit, size_t lanes);

/* Whether it has been called: what others want to be written waits for it. */
bool wv_audit_has_begun(const struct wv_audit *audit);

/* Appends a record. fields as for wv_log(): WV_FIELDS(wv_log_word("reason", "signal")). */
void wv_audit_event(struct wv_audit *audit, const char *event, const struct wv_log_field *fields);

/* Appends "plan_loaded" for another plan: version, fingerprint, documents, outputs, packs. Holds
 * it. Counts of the one before may follow. Topic and brokers stay those of the first. */
void wv_audit_plan(struct wv_audit *audit, struct wv_plan *plan);

/* Appends what was counted from one time to another (ms since 1970), as one or more records; counts
 * NULL: nothing was. */
void wv_audit_window(struct wv_audit *audit, const struct wv_categories *counts, int64_t from_ms,
                     int64_t until_ms);

/* Sends what waits, and takes acknowledgements, waiting at most wait_ms for one. */
void wv_audit_serve(struct wv_audit *audit, int wait_ms);

/* Whether everything has been acknowledged. */
bool wv_audit_is_written(const struct wv_audit *audit);

/* Serves until everything is, or the time is over. */
bool wv_audit_flush(struct wv_audit *audit, uint32_t wait_ms);

#endif
