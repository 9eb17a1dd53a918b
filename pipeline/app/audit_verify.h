/*
 * audit_verify.h — what `wafveil audit` says of chains.
 */
#ifndef WV_APP_AUDIT_VERIFY_H
#define WV_APP_AUDIT_VERIFY_H

#include "app/commands.h"
#include "keys/ledger.h"

/* `wafveil audit verify` */
enum wv_exit wv_audit_verify(const struct wv_arguments *arguments);

/* Whether the chain can be trusted; partial: its beginning may be gone. */
bool wv_audit_chain_is_good(const struct wv_ledger_state *state, bool partial);

#endif
