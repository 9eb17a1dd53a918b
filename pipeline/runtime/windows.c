/*
 * windows.c — when counts go from the lanes to the audit, and when offsets may be committed.
 */
#include "runtime/windows.h"

#include <stdlib.h>
#include <time.h>

enum { HAND_OVER_MS = 5000, STEP_NS = 1000000, STUCK_MS = 1000 };

bool wv_windows_init(struct wv_windows *windows, const struct wv_audit_setup *setup)
{
    const struct wv_config *config = wv_plan_config(setup->plan);
    *windows = (struct wv_windows){.clock = setup->clock,
                                   .seconds = config->audit_window_s,
                                   .drain_ms = config->delivery.drain_ms,
                                   .opened_ns = wv_clock_now_ns(setup->clock),
                                   .opened_ms = wv_clock_wall_ms(setup->clock)};
    windows->audit = config->audit_topic.len > 0 ? wv_audit_new(setup) : NULL;
    return windows->audit != NULL || config->audit_topic.len == 0;
}

bool wv_windows_end(struct wv_windows *windows, int code, int signal)
{
    wv_audit_event(windows->audit, "stopped",
                   WV_FIELDS(wv_log_number("exit", code), wv_log_number("signal", signal)));
    const bool written =
        wv_audit_flush(windows->audit, windows->stuck ? STUCK_MS : windows->drain_ms);
    if (!written) {
        wv_log(WV_LOG_ERROR, "audit_unwritten",
               WV_FIELDS(wv_log_word("effect", "the last audit records of this process are lost; "
                                               "offsets behind them are not committed")));
    }
    wv_audit_free(windows->audit);
    windows->audit = NULL;
    return written;
}

/* All lanes' counts, in the order of the lanes; false: one does not answer, and keeps what it has.
 */
static bool take_all(const struct wv_windows *windows, struct wv_lane **lanes, size_t count,
                     struct wv_categories **counts)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    const uint64_t end = wv_clock_now_ns(windows->clock) + (uint64_t)HAND_OVER_MS * 1000000;
    for (size_t i = 0; i < count; i++) {
        wv_lane_ask_counts(lanes[i]);
    }
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        counts[i] = wv_lane_counts(lanes[i]);
        while (counts[i] == NULL && wv_clock_now_ns(windows->clock) < end) {
            (void)nanosleep(&step, NULL);
            counts[i] = wv_lane_counts(lanes[i]);
        }
        all = all && counts[i] != NULL;
    }
    return all;
}

/* Adds the counts to those of the same plan in the list; false: there are none yet. */
static bool add_to(struct wv_categories *sums, const struct wv_categories *counts)
{
    for (struct wv_categories *sum = sums; sum != NULL; sum = sum->next) {
        if (sum->plan == counts->plan) {
            wv_categories_add(sum, counts);
            return true;
        }
    }
    return false;
}

/* What was counted by plans before the present one, a sum for each. */
static struct wv_categories *gather_full(struct wv_lane *lane, struct wv_categories *sums)
{
    struct wv_categories *next;
    for (struct wv_categories *full = wv_lane_full(lane); full != NULL; full = next) {
        next = full->next;
        if (add_to(sums, full)) {
            wv_categories_free(full);
        } else {
            full->next = sums;
            sums = full;
        }
    }
    return sums;
}

static void write_and_free(const struct wv_windows *windows, struct wv_categories *sums,
                           int64_t until_ms)
{
    while (sums != NULL) {
        struct wv_categories *next = sums->next;
        if (!wv_categories_empty(sums)) {
            wv_audit_window(windows->audit, sums, windows->opened_ms, until_ms);
        }
        wv_categories_free(sums);
        sums = next;
    }
}

/* Lanes go by the same plan, but for the moments of a change: one record for each. */
static bool write_and_clear(const struct wv_windows *windows, struct wv_categories *const *counts,
                            size_t count, int64_t until_ms)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; counts[i] != NULL && k < count; k++) {
            if (counts[k] != NULL && counts[k]->plan == counts[i]->plan) {
                wv_categories_add(counts[i], counts[k]);
                wv_categories_clear(counts[k]);
            }
        }
        if (counts[i] != NULL && !wv_categories_empty(counts[i])) {
            wv_audit_window(windows->audit, counts[i], windows->opened_ms, until_ms);
            wv_categories_clear(counts[i]);
            any = true;
        }
    }
    return any;
}

/* The window ends; one that ends before its time and holds nothing leaves no record. False: its
 * counts are not complete. */
static bool close_window(struct wv_windows *windows, struct wv_lane **lanes, size_t count, bool due)
{
    struct wv_categories **counts = calloc(count + 1, sizeof(struct wv_categories *));
    const int64_t until_ms = wv_clock_wall_ms(windows->clock);
    if (counts == NULL) {
        return false;
    }
    const bool complete = take_all(windows, lanes, count, counts);
    struct wv_categories *sums = NULL;
    for (size_t i = 0; i < count; i++) {
        sums = counts[i] != NULL ? gather_full(lanes[i], sums) : sums;
    }
    write_and_free(windows, sums, until_ms);
    if (!write_and_clear(windows, counts, count, until_ms) && due) {
        wv_audit_window(windows->audit, NULL, windows->opened_ms, until_ms);
    }
    free(counts);
    windows->opened_ms = until_ms;
    windows->opened_ns = wv_clock_now_ns(windows->clock);
    windows->pending = true;
    return complete;
}

bool wv_windows_turn(struct wv_windows *windows, struct wv_lane **lanes, size_t count)
{
    wv_audit_serve(windows->audit, 0);
    if (windows->pending) {
        windows->pending = !wv_audit_is_written(windows->audit);
        windows->stuck = windows->stuck && windows->pending;
        return !windows->pending;
    }
    const uint64_t passed = wv_clock_now_ns(windows->clock) - windows->opened_ns;
    if (passed >= (uint64_t)windows->seconds * 1000000000U || windows->early) {
        windows->early = false;
        (void)close_window(windows, lanes, count, true);
    }
    return false;
}

bool wv_windows_close(struct wv_windows *windows, struct wv_lane **lanes, size_t count,
                      uint32_t wait_ms)
{
    if (windows->audit == NULL) {
        return true;
    }
    const bool all = close_window(windows, lanes, count, false);
    windows->pending = !wv_audit_flush(windows->audit, windows->stuck ? STUCK_MS : wait_ms);
    windows->stuck = windows->pending;
    return all && !windows->pending;
}
