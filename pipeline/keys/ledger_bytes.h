/*
 * ledger_bytes.h — which bytes of a record are hashed: what its writer and its reader agree on.
 */
#ifndef WV_KEYS_LEDGER_BYTES_H
#define WV_KEYS_LEDGER_BYTES_H

#include "keys/ledger.h"

/* What stands between the bytes that are hashed and their hash. */
#define WV_LEDGER_BEFORE_HASH ",\"hash\":\""

/* SHA-256 in lower-case hexadecimal. */
void wv_ledger_hash(struct wv_slice bytes, char out[WV_LEDGER_HASH + 1]);

#endif
