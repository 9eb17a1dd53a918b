/*
 * replay_acts.h — which reports were replayed, as the file of acts says it.
 *
 * A report is known by where it stands in the reject topic: "0:15-80,82 3:7" are reports 15 to 80
 * and 82 of partition 0, and 7 of partition 3.
 */
#ifndef WV_APP_REPLAY_ACTS_H
#define WV_APP_REPLAY_ACTS_H

#include "app/reject_reports.h"

struct wv_replayed_before {
    struct wv_replayed_range {
        int32_t partition;
        int64_t first;
        int64_t last;
        int64_t until_ms; /* when that was recorded: a report that is younger is another one */
    } * ranges;
    size_t count;
    size_t cap;
};

/* What the file says of this reject topic; nothing, where there is no such file. False, told on
 * stderr, when it cannot be read. */
WV_MUST_USE bool wv_replayed_before_read(const char *path, const char *topic,
                                         struct wv_replayed_before *before);
void wv_replayed_before_fini(struct wv_replayed_before *before);

bool wv_replayed_before_has(const struct wv_replayed_before *before,
                            const struct wv_reject_report *report);

/* The reports as such a text, for free(). Sorts them by where they stand in the reject topic. */
char *wv_replayed_text(const struct wv_reject_report **reports, size_t count);

/* Adds the ranges of such a text; false: it is none. */
WV_MUST_USE bool wv_replayed_before_add(struct wv_replayed_before *before, const char *text,
                                        int64_t until_ms);

#endif
