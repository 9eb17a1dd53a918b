/*
 * pack_law.h — what a pack says of itself: which law it follows, from which day on, and whether
 * anybody has gone through it.
 *
 * Nothing here changes a record. It is what people need who have to answer for the rules: whom to
 * ask, by when requests and breaches are due, how long logs may be and must be kept, and where it
 * is written.
 */
#ifndef WV_PLAN_PACK_LAW_H
#define WV_PLAN_PACK_LAW_H

#include "base/arena.h"
#include "json/document.h"

/* Where something is written. */
struct wv_pack_law_source {
    const char *title;
    const char *where; /* an address, or an article */
    bool is_url;
};

/* Texts are "" where the pack says nothing. */
struct wv_pack_law {
    const char *name;
    const char *summary_en;
    const char *summary_ja;
    const char *authority;
    const char *authority_url;
    const char *representative;
    uint32_t access_days;    /* to answer who wants to know what is stored; 0: not said */
    uint32_t extension_days; /* by which that may be prolonged */
    uint32_t erasure_days;   /* 0: not said */
    uint32_t breach_hours;   /* 0: the law names no time */
    uint32_t log_days[2];    /* for which logs are usually kept; 0: not said */
    uint32_t log_minimum;    /* days for which raw logs must be kept by whoever has them */
    const char *log_ref;
    const char *result; /* what tokenised records are under that law */
    const struct wv_pack_law_source *sources;
    size_t source_count;
};

/* What a pack without a law of its own has. */
extern const struct wv_pack_law wv_pack_law_none;

/* From which day on a pack holds whose document names none: ever since. */
enum { WV_EFFECTIVE_ALWAYS = INT64_C(-354285) };

/* Fills *out from the member "law". False with findings. */
WV_MUST_USE bool wv_pack_law_load(const struct wv_node *node, struct wv_arena *arena,
                                  struct wv_report *report, struct wv_pack_law *out);

/* Reads "2018-05-25" into days since 1970. False with a finding. */
WV_MUST_USE bool wv_effective_load(const struct wv_node *node, struct wv_report *report,
                                   int64_t *day);

#endif
