/*
 * timestamp.h — moments as vendors write them: numbers since 1970, RFC 3339, logs of web servers.
 *
 * Numbers are seconds, milliseconds, microseconds or nanoseconds by their size; numbers of seconds
 * may have a fraction. Strings: RFC 3339 with any fraction (`2026-11-22T03:19:53.5Z`, `+09:00`,
 * also with a blank or without a zone), `2026/11/22 03:19:53`, the form of web servers
 * (`22/Nov/2026:03:19:53 +0000`, also in brackets), that of C (`Sun Nov 22 03:19:53 2026`) and that
 * of CEF (`Nov 22 2026 03:19:53 UTC`, also with `+09:00`, `GMT+09:00` or without a zone); in all of
 * them the seconds may have a fraction. A form without a zone is read as UTC. Nothing before 1970.
 *
 * `Nov 22 03:19:53` (RFC 3164; CEF, also with a zone) and `03:19:53` are times, but no moments: the
 * filter sets them back when the seconds divide a day, and leaves the day.
 */
#ifndef WV_FILTERS_TIMESTAMP_H
#define WV_FILTERS_TIMESTAMP_H

#include "filters/filter.h"

/* Milliseconds since 1970 in *ms; false when the text is none of these forms, or
 * only a time without a year. */
WV_MUST_USE bool wv_timestamp_parse(struct wv_slice text, int64_t *ms);

/* The last multiple of so many seconds that is not later (seconds > 0, ms >= 0). */
int64_t wv_timestamp_floor(int64_t ms, uint32_t seconds);

/* Whether a step of a rule is this filter, and how coarse its settings make a time: Kafka's own
 * timestamps must not tell more than the record. */
bool wv_timestamp_is(const struct wv_filter *filter);
uint32_t wv_timestamp_seconds(const void *settings);

#endif
