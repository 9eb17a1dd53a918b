/*
 * retention.h — how long outputs say that their records are kept, against what their topics do and
 * what the laws of a plan's regions let them.
 *
 * Pure: whoever asks the brokers (runtime/topics.h) brings the answer. Spans are in milliseconds,
 * -1 is "without an end".
 */
#ifndef WV_PLAN_RETENTION_H
#define WV_PLAN_RETENTION_H

#include "plan/listing.h"
#include "plan/topics.h"

/* What the output declares; -1: nobody has said. */
int64_t wv_retention_declared_ms(const struct wv_output *output);

/* How what a topic does stands to what its output declares. */
enum wv_retention {
    WV_RETENTION_UNKNOWN = 0, /* the brokers have not said, or the output has not */
    WV_RETENTION_WITHIN,
    WV_RETENTION_SEGMENT, /* longer, together with the segment that a record can stay in */
    WV_RETENTION_LONGER,
    WV_RETENTION_ENDLESS,
};
enum wv_retention wv_retention_of(const struct wv_output *output, const struct wv_keeping *keeping);

/* What is wrong and what to do about it, in one sentence for people; false: nothing is. */
enum { WV_RETENTION_TEXT = 512 };
WV_MUST_USE bool wv_retention_advice(const struct wv_output *output,
                                     const struct wv_keeping *keeping,
                                     char text[WV_RETENTION_TEXT]);

/* The regions of a plan under which raw records so long are kept longer than is usual, or shorter
 * than they must be, on the day of its configuration. */
struct wv_listing wv_retention_raw(const struct wv_plan *plan, int64_t kept_ms, bool longer);

/* The regions of which the output gets tokens, and whose logs are usually gone sooner. */
struct wv_listing wv_retention_tokens(const struct wv_plan *plan, size_t output, int64_t kept_ms);

/* A warning for each output that declares more than is usual where its records come from. */
void wv_retention_check(const struct wv_plan *plan, struct wv_report *report);

#endif
