/*
 * rejects_replay.h — `wafveil rejects replay`: reported records once more, from the input's topic
 * through the present policy to the outputs.
 *
 * It is recorded: before a part is sent, and again when all of it is acknowledged. What the second
 * record names is not sent by a later run; what was cut off between the two is.
 */
#ifndef WV_APP_REJECTS_REPLAY_H
#define WV_APP_REJECTS_REPLAY_H

#include "app/reject_reports.h"

/* most: messages. Takes the order of the reports. */
WV_MUST_USE enum wv_exit wv_rejects_replay(const struct wv_arguments *arguments,
                                           struct wv_plan *plan, struct wv_reject_reports *reports,
                                           uint32_t most, struct wv_report *report);

#endif
