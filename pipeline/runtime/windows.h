/*
 * windows.h — when counts go from the lanes to the audit, and when offsets may be committed.
 *
 * Promise. Counts are never too low: an offset is committed only when an audit record that counts
 *          everything before it has been acknowledged. What a crash loses of the counts is read
 *          again by the next process, and counted there; what it had counted and published already
 *          is counted twice, as it was published twice.
 * How.     The engine counts a record before it is sent. A lane hands its counts over together with
 *          the positions that it has reached (wv_lane_ask_counts()); these are the positions that
 *          are committed. Without an audit nothing of this happens.
 * Plans.   Counts hold the plan under which they were made. After a change the next window has a
 *          record for each plan that lanes counted by; `early` brings it on, so that they are few.
 * Threads. The main thread's.
 */
#ifndef WV_RUNTIME_WINDOWS_H
#define WV_RUNTIME_WINDOWS_H

#include "runtime/audit.h"
#include "runtime/lane.h"

struct wv_windows {
    struct wv_audit *audit; /* NULL: there is none */
    const struct wv_clock *clock;
    uint32_t seconds;
    uint32_t drain_ms;
    uint64_t opened_ns;
    int64_t opened_ms;
    bool early;   /* the next turn closes the window */
    bool pending; /* a window was closed, and its record is not acknowledged */
    bool stuck;   /* it was waited for in vain: once is enough for a stop */
};

/* Makes the audit, if the configuration has one. False, logged, when that fails. */
WV_MUST_USE bool wv_windows_init(struct wv_windows *windows, const struct wv_audit_setup *setup);

/* The record "stopped", the last one. False, logged: some could not be written. Frees the audit. */
bool wv_windows_end(struct wv_windows *windows, int code, int signal);

/* Closes the window when it is time. True: positions may be committed now. */
WV_MUST_USE bool wv_windows_turn(struct wv_windows *windows, struct wv_lane **lanes, size_t count);

/* Closes the window now and waits until its record is acknowledged, at most wait_ms. */
bool wv_windows_close(struct wv_windows *windows, struct wv_lane **lanes, size_t count,
                      uint32_t wait_ms);

#endif
