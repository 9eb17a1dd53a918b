/*
 * audit_read.h — audit records from files, stdin or their topic.
 */
#ifndef WV_APP_AUDIT_READ_H
#define WV_APP_AUDIT_READ_H

#include "app/commands.h"

/* One record, as a line without its end; empty: it was longer than a record can be. place tells
 * people where it stands: "audit.jsonl:57", "waf.audit:0:1200". */
typedef void wv_audit_line_fn(void *user, struct wv_slice line, const char *place);

/* The files that the operands name from the second one on ("-" is stdin), stdin where there are
 * none; with --config the audit topic of the configuration instead. Anything else than WV_EXIT_OK
 * has been explained on stderr. */
WV_MUST_USE enum wv_exit wv_audit_read(const struct wv_arguments *arguments, wv_audit_line_fn *fn,
                                       void *user);

#endif
