/*
 * audit_heads.h — the last records of the audit topic, for a chain that begins after them.
 */
#ifndef WV_RUNTIME_AUDIT_HEADS_H
#define WV_RUNTIME_AUDIT_HEADS_H

#include "base/buf.h"
#include "plan/config.h"

/* Appends `,"after":[{"chain":…,"seq":…,"hash":…},…]` with the last record of each partition, as
 * far as they are records; `,"after":null,"because":…` where the topic cannot be read. Asks the
 * brokers, and waits for them some seconds at most. */
void wv_audit_put_heads(struct wv_buf *out, const struct wv_config *config);

#endif
