/*
 * transform.h — protects the records of one message.
 *
 * This is the whole face of the engine, and all that a program needs which has no Kafka. Link
 * libwafveil: it brings in no Kafka, no HTTP server and no thread.
 *
 *     struct wv_plan *plan = wv_plan_load("wafveil.json", report);     once
 *     struct wv_worker *worker = wv_worker_new(plan);                  once per thread
 *     struct wv_results results = wv_transform(worker, &record);       once per message
 *
 * Promise. With the outcome WV_PUBLISH, every byte of the value was either copied from a place
 *          that no rule covers, or written by a filter. With any other outcome the value is empty;
 *          of a WV_STUB it holds only words of the operator's and the vendor's vocabulary. There is
 *          no outcome in which the record comes back as it was because something went wrong.
 * Memory.  wv_transform() allocates nothing, but room for a message larger or of more records than
 *          any before. What a result points to lives in the worker or in the input, and stays
 *          valid until the next call with that worker.
 * Threads. A plan never changes and may be shared. A worker belongs to one thread at a time.
 * Limits.  See struct wv_limits in plan/config.h. A limit removes the field where it can, and
 *          rejects the record where it cannot.
 */
#ifndef WV_ENGINE_TRANSFORM_H
#define WV_ENGINE_TRANSFORM_H

#include "base/clock.h"
#include "engine/categories.h"
#include "engine/tally.h"
#include "plan/plan.h"
#include "plan/rule.h"

struct wv_header {
    struct wv_slice name;
    struct wv_slice value;
};

/* One message as it came. */
struct wv_record {
    uint32_t input;        /* index into the plan's inputs */
    struct wv_slice topic; /* empty: not from Kafka */
    struct wv_slice value; /* one record, or one a line */
    struct wv_slice key;   /* ptr NULL: the message has no key */
    const struct wv_header *headers;
    size_t header_count;
    int64_t time_ms; /* Kafka's; used where the record has no time of its own; -1: none */
};

enum wv_outcome {
    WV_REJECT = 0, /* not fit to publish: coordinates and reason go to the reject topic */
    WV_PUBLISH,
    WV_STUB,     /* rejected, but its structure was read: the value says that it existed; it goes to
                    the output AND is reported to the reject topic */
    WV_SUPPRESS, /* policy says that it must not exist downstream */
};

/* What becomes of one record of the message in one output. */
struct wv_result {
    enum wv_outcome outcome;
    enum wv_reason reason;           /* REJECT, STUB */
    enum wv_suppression suppression; /* SUPPRESS */
    uint32_t output;        /* index into the plan's outputs; UINT32_MAX: all (REJECT only) */
    uint32_t record;        /* which of the message's records, from 0 */
    size_t at;              /* byte offset in the message of what caused the reason */
    const char *place;      /* the format's path of that place; NULL: unknown */
    struct wv_slice value;  /* PUBLISH, STUB */
    struct wv_slice key;    /* ptr NULL: none */
    int64_t time_ms;        /* coarsened as the policy says; -1: none */
    struct wv_slice tenant; /* "" when unknown */
    bool withheld; /* a transfer or a consent was refused: nothing that leads to the raw record may
                      go along */
    const struct wv_header *headers; /* to set: allowed ones of the input, and wafveil-… */
    size_t header_count;
};

struct wv_results {
    const struct wv_result *items; /* by record, then by output, in input order */
    size_t count;
    size_t records; /* how many records the message held */
};

struct wv_worker;

/* NULL when memory is short. The plan must outlive the worker; its keyring, which it must have, the
 * worker holds: it makes tokens with that one until it is freed. */
WV_MUST_USE struct wv_worker *wv_worker_new(const struct wv_plan *plan);

/* Of locked memory, which a worker asks for. */
size_t wv_worker_locked_bytes(void);

/* Wipes the worker's buffers and releases it; NULL is allowed. */
void wv_worker_free(struct wv_worker *worker);

WV_MUST_USE struct wv_results wv_transform(struct wv_worker *worker,
                                           const struct wv_record *record);

/* Told of every classed value while an output is written: for `wafveil try` and for tests. The
 * slices hold raw values and must go to nobody but the person who gave the record. */
struct wv_trace {
    uint32_t output;
    const char *path; /* the format's, "httpRequest.headers[].value"; "*" for an unlisted member */
    enum wv_class class;
    const struct wv_rule *rule; /* NULL: no rule, searched for the record's needles only */
    enum wv_action action;
    struct wv_slice before; /* raw spelling in the record */
    struct wv_slice after;  /* raw spelling in the output; empty: removed */
};
typedef void wv_trace_fn(void *user, const struct wv_trace *trace);
void wv_worker_trace(struct wv_worker *worker, wv_trace_fn *fn, void *user);

/* Another clock says which day it is, for agreements and adequacies that end: for tests, and for
 * whoever moves time. It must outlive the worker. */
void wv_worker_clock(struct wv_worker *worker, const struct wv_clock *clock);

/* What somebody says of a record instead of what it says itself, and what came of it: for
 * `wafveil test`. Never for records that go anywhere. */
enum { WV_SUPPOSED_REGIONS = 8 };
struct wv_supposed {
    bool has_tenant; /* `tenant` instead of the one that the input finds; NULL: unknown */
    const struct wv_tenant *tenant;
    uint32_t regions[WV_SUPPOSED_REGIONS]; /* packs, instead of those that sources of regions find;
                                              at most wv_plan_most_regions() */
    size_t region_count;                   /* 0: what the sources find */
    uint32_t output;                       /* of which the rest tells, of a message's last record */
    uint64_t fell_under;                   /* bits of packs: the record's own */
    uint64_t packs;                        /* bits of packs that were at work in the output */
    uint64_t conditions;                   /* bits of conditions that held */
    int64_t time_ms;                       /* of the event; -1: none */
};

/* It must outlive the worker, or NULL ends it. */
void wv_worker_suppose(struct wv_worker *worker, struct wv_supposed *supposed);

/* From now on every record counts there, too (engine/categories.h); NULL: no longer. The counts
 * must be of the worker's plan and stay alive until others are set. To be called between two
 * messages. */
void wv_worker_counts(struct wv_worker *worker, struct wv_categories *counts);

/* What the worker has counted since it was made. Only its own thread may read it while it works. */
const struct wv_tally *wv_worker_tally(const struct wv_worker *worker);

#endif
