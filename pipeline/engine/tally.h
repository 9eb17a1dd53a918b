/*
 * tally.h — what one worker has counted.
 *
 * Plain numbers that only the worker's thread writes, by words that the operator knows: classes,
 * filters and reasons. They hold nothing of a record. Whoever owns the thread copies them out
 * between two records (the runtime: between two batches).
 */
#ifndef WV_ENGINE_TALLY_H
#define WV_ENGINE_TALLY_H

#include "filters/patterns.h"
#include "plan/classes.h"
#include "plan/legal.h"

enum wv_reason {
#define WV_REASON(symbol, word, text) WV_REASON_##symbol,
#include "engine/reasons.def"
#undef WV_REASON
    WV_REASON_COUNT,
};

const char *wv_reason_word(enum wv_reason reason);
const char *wv_reason_text(enum wv_reason reason);

/* Why an output does not get a record. */
enum wv_suppression {
#define WV_SUPPRESSION(symbol, word, text) WV_SUPPRESSION_##symbol,
#include "engine/suppressions.def"
#undef WV_SUPPRESSION
    WV_SUPPRESSION_COUNT,
};

const char *wv_suppression_word(enum wv_suppression suppression);
const char *wv_suppression_text(enum wv_suppression suppression);

/* Consents that an output can need. */
enum wv_consent { WV_CONSENT_PROCESSING = 0, WV_CONSENT_THIRD_PARTY, WV_CONSENT_COUNT };

/* What came of a record whose originals an output seals. */
enum wv_sealing {
    WV_SEALING_DONE = 0,
    WV_SEALING_SHORTENED,   /* done, but not every value fitted */
    WV_SEALING_REFUSED,     /* a law, or a consent, lets nothing personal go there */
    WV_SEALING_CERTIFICATE, /* it is not valid now */
    WV_SEALING_LATE,        /* the last day on which it might be opened has passed */
    WV_SEALING_NO_ROOM,     /* the record would have got too large */
    WV_SEALING_FAILED,      /* there is no content key */
    WV_SEALING_COUNT
};
const char *wv_sealing_word(enum wv_sealing sealing);

/* What was done to one value. */
enum wv_action {
    WV_ACTION_KEPT = 0, /* no rule covers it, or every byte was looked at */
    WV_ACTION_REPLACED,
    WV_ACTION_REMOVED, /* the rule says so */
    WV_ACTION_FAILED,  /* removed because a filter failed */
    WV_ACTION_COUNT,
};

const char *wv_action_word(enum wv_action action);

/* Upper bounds of the transform-time histogram in nanoseconds: 1 µs, 2 µs, 4 µs … 8.4 s, +Inf. */
enum { WV_TIME_BUCKETS = 24, WV_FILTERS_MAX = 64 };

/* What an address was looked up for, and what came of it. */
enum wv_geo_use {
    WV_GEO_FOR_REGION = 0,
    WV_GEO_FOR_COUNTRY,
    WV_GEO_FOR_ASN,
    WV_GEO_FOR_LISTS,
    WV_GEO_USES
};
enum wv_geo_result {
    WV_GEO_FOUND = 0,
    WV_GEO_UNKNOWN,    /* no database, or no list, knows the address */
    WV_GEO_RESERVED,   /* it is nobody's on the internet */
    WV_GEO_NO_ADDRESS, /* the record holds none, or none that can be read */
    WV_GEO_SEVERAL,    /* it holds several that do not agree */
    WV_GEO_RESULTS
};
/* What is added to a record: country, asn, lists. */
enum { WV_ENRICHED_MEMBERS = 3 };
enum wv_enriched { WV_SHOWN = 0, WV_WITHHELD, WV_ENRICHED_COUNT };

const char *wv_geo_use_word(enum wv_geo_use use);
const char *wv_geo_result_word(enum wv_geo_result result);
const char *wv_enriched_member(size_t member); /* below WV_ENRICHED_MEMBERS */
const char *wv_enriched_word(enum wv_enriched action);

struct wv_tally {
    uint64_t messages;
    uint64_t bytes_in;
    uint64_t records_in;
    uint64_t records_out; /* per output: a record published to two outputs counts twice */
    uint64_t bytes_out;
    uint64_t stubs;
    uint64_t suppressed; /* lines that hold no event: no output gets them */
    uint64_t left_out[WV_OUTPUTS_MAX][WV_SUPPRESSION_COUNT];
    uint64_t sensitive[WV_OUTPUTS_MAX]; /* values removed for tenants that never want such */
    uint64_t unconsented[WV_OUTPUTS_MAX][WV_CONSENT_COUNT]; /* published without personal data */
    uint64_t sealed[WV_OUTPUTS_MAX][WV_SEALING_COUNT];
    uint64_t rejected[WV_REASON_COUNT]; /* once a record (and output, for a stub) */
    uint64_t repaired_utf8;
    uint64_t unknown_tenant;
    uint64_t unknown_region;
    uint64_t unreviewed_region; /* of a template that is not used */
    uint64_t late;              /* events that came later than the configuration lets them */
    uint64_t future;            /* … and such that claim a time further ahead */
    uint64_t geo[WV_GEO_USES][WV_GEO_RESULTS];
    uint64_t enriched[WV_ENRICHED_MEMBERS][WV_ENRICHED_COUNT]; /* by output */
    uint64_t tokens;
    uint64_t tokens_without_key;
    uint64_t needles_found;                 /* values replaced outside their own field */
    uint64_t withheld[WV_REFUSALS_MAX + 1]; /* by number of the refusal; the last: any other */
    uint64_t fields[WV_CLASS_COUNT][WV_ACTION_COUNT];
    uint64_t filters[WV_FILTERS_MAX][WV_ACTION_COUNT]; /* by index in the registry */
    uint64_t detector_limits[WV_PATTERNS_MAX]; /* texts that a detector of the configuration could
                                                  not be looked for in */
    uint64_t time_ns_sum;
    uint64_t time_ns[WV_TIME_BUCKETS + 1]; /* messages by duration; the last is +Inf */
};

/* sum += part, member by member. */
void wv_tally_add(struct wv_tally *sum, const struct wv_tally *part);

/* What came of records: of one that is written twice only the second time counts. */
struct wv_outcomes {
    uint64_t records_out;
    uint64_t bytes_out;
    uint64_t stubs;
    uint64_t needles_found;
    uint64_t rejected[WV_REASON_COUNT];
};
struct wv_outcomes wv_outcomes_of(const struct wv_tally *tally);
void wv_outcomes_set(struct wv_tally *tally, const struct wv_outcomes *outcomes);

/* Sets to zero what is counted by number of the plan: under another one the numbers mean others. */
void wv_tally_forget_plan(struct wv_tally *tally);

#endif
