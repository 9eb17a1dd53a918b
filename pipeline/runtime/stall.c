/*
 * stall.c — a partition that stands still while others go on.
 */
#include "runtime/stall.h"

enum { STEP_MS = 1000 };

bool wv_stall_look(struct wv_stall *stall, const struct wv_tracker *tracker, uint64_t now_ns,
                   uint64_t progress_ns)
{
    const struct wv_stall before = *stall;
    *stall = (struct wv_stall){now_ns, 0, wv_tracker_position(tracker), tracker->generation};
    if (wv_tracker_in_flight(tracker) == 0 || before.looked_ns == 0 ||
        before.position != stall->position || before.generation != stall->generation) {
        return false;
    }
    const uint64_t step = UINT64_C(1000000) * STEP_MS;
    const uint64_t since = now_ns - before.looked_ns;
    stall->waited_ns = before.waited_ns + (since < step ? since : step);
    return stall->waited_ns >= UINT64_C(1000000) * WV_STALL_LIMIT_MS &&
           progress_ns > before.looked_ns;
}
