/*
 * stall.h — a partition that stands still while others go on.
 *
 * Brokers that acknowledge nothing are waited for, and an output that refuses is another matter
 * (dispatch.h). Here the first unfinished message of one partition waits while later ones of the
 * lane are acknowledged: the brokers of one output of several are out of reach, or a delivery
 * report never came. Nothing is lost by it, but nothing ends it either, other than a start anew.
 */
#ifndef WV_RUNTIME_STALL_H
#define WV_RUNTIME_STALL_H

#include "runtime/tracker.h"

enum { WV_STALL_LIMIT_MS = 300000 };

/* Of one partition. Zeroed: nothing was seen. */
struct wv_stall {
    uint64_t looked_ns; /* last */
    uint64_t waited_ns; /* at this position; a process that was halted meanwhile has not waited */
    int64_t position;
    uint32_t generation;
};

/* To be asked each second at least. progress_ns: when the lane was acknowledged something last.
 * True: the position has not moved for WV_STALL_LIMIT_MS, and something else was acknowledged since
 * the last look. */
WV_MUST_USE bool wv_stall_look(struct wv_stall *stall, const struct wv_tracker *tracker,
                               uint64_t now_ns, uint64_t progress_ns);

#endif
