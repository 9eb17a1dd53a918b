/*
 * audit_text.h — the words of audit records.
 *
 * Each function appends members to a record that has been begun; what does not fit sets the
 * buffer's flag.
 */
#ifndef WV_RUNTIME_AUDIT_TEXT_H
#define WV_RUNTIME_AUDIT_TEXT_H

#include "base/buf.h"
#include "base/log.h"
#include "engine/categories.h"
#include "keys/ledger.h"

/* `{"v":1,"instance":…,"event":…` */
void wv_audit_put_head(struct wv_buf *out, const struct wv_config *config,
                       const struct wv_ledger *ledger, int64_t time_ms, const char *event);

void wv_audit_put_fields(struct wv_buf *out, const struct wv_log_field *fields);

/* Version and digests of a plan, and its packs. */
void wv_audit_put_plan(struct wv_buf *out, const struct wv_plan *plan);

/* Plan, times (ms since 1970: from, until) and number of records that could not be read. */
void wv_audit_put_window(struct wv_buf *out, const struct wv_plan *plan, const int64_t times[2],
                         uint64_t unread);

/* One group of a window: an object. */
void wv_audit_put_group(struct wv_buf *out, const struct wv_plan *plan,
                        const struct wv_counted *group);

#endif
