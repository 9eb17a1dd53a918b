/*
 * bearer.h — until when a bearer token is good (RFC 7519), so that a new one is sent in time.
 *
 * Nothing is verified: the token goes to somebody who does that.
 */
#ifndef WV_KEYS_BEARER_H
#define WV_KEYS_BEARER_H

#include "base/slice.h"

enum { WV_BEARER_MAX = 32 * 1024 };

/* NULL, and the end in milliseconds since 1970; otherwise what is wrong with it, in words that hold
 * nothing of it. */
WV_MUST_USE const char *wv_bearer_expiry(struct wv_slice token, int64_t *expires_ms);

#endif
