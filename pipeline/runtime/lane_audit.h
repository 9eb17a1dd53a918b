/*
 * lane_audit.h — a lane's own audit records, where everything of a transaction is in it.
 *
 * At least once, one chain a process counts what all lanes did. Exactly once, counts have to be
 * committed with what they count, so each lane has a chain (keys/ledger.h) of its own, with a
 * record "window" for each transaction that holds anything, and "stopped" at its end in order. A
 * transaction that is repeated has the same record again; one that becomes somebody else's takes
 * its record with it.
 *
 * Threads. Belongs to the lane.
 */
#ifndef WV_RUNTIME_LANE_AUDIT_H
#define WV_RUNTIME_LANE_AUDIT_H

#include "engine/categories.h"
#include "runtime/dispatch.h"

struct wv_lane_audit;

/* NULL when there is no memory or randomness. */
WV_MUST_USE struct wv_lane_audit *wv_lane_audit_new(const struct wv_config *config,
                                                    const struct wv_clock *clock,
                                                    struct wv_dispatch *dispatch,
                                                    struct wv_stop *stop);
void wv_lane_audit_free(struct wv_lane_audit *audit); /* NULL is allowed */

/* Sends what has been counted since the last time, if anything, and clears the counts. */
void wv_lane_audit_write(struct wv_lane_audit *audit, struct wv_categories *counts);

/* The chain's last record, if it has any before. */
void wv_lane_audit_end(struct wv_lane_audit *audit, uint32_t lane);

/* Whether everything that was written is committed. */
bool wv_lane_audit_is_settled(const struct wv_lane_audit *audit);

/* What was written has been committed, or has been thrown away: the chain goes on behind it, or
 * from where it was before. */
void wv_lane_audit_settled(struct wv_lane_audit *audit, enum wv_exact_outcome outcome);

#endif
