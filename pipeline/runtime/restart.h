/*
 * restart.h — what a running service cannot take over from a new configuration.
 *
 * Formats, packs, regions, tenants, recipients, keys, detectors and what outputs may have are a
 * matter of the plan, which lanes change between two batches. Topics, brokers, listeners and sizes
 * belong to clients, threads and memory that were made at the start.
 */
#ifndef WV_RUNTIME_RESTART_H
#define WV_RUNTIME_RESTART_H

#include "plan/config.h"

/* False, with a finding for each member of `next` that differs from the running configuration
 * although it cannot be changed without a restart. */
bool wv_restart_check(const struct wv_config *running, const struct wv_config *next,
                      struct wv_report *report);

#endif
