/*
 * tries.h — counts failed tries by address, so that nobody can guess a token as fast as he asks.
 *
 * After WV_TRIES_MAX failed tries within WV_TRIES_WINDOW_S seconds an address is refused until that
 * time is over, with the right token, too: otherwise guessing would go on. Addresses of IPv6 count
 * by their first 64 bits, which one client can have whole. For one thread.
 */
#ifndef WV_OPS_TRIES_H
#define WV_OPS_TRIES_H

#include "base/slice.h"

#include <sys/socket.h>

enum { WV_TRIES_MAX = 10, WV_TRIES_WINDOW_S = 60, WV_TRIES_ADDRESSES = 64 };

struct wv_tries {
    struct wv_tries_row {
        uint8_t network[8];
        uint32_t failed; /* 0: the row is free */
        uint64_t since_ns;
    } rows[WV_TRIES_ADDRESSES];
};

/* For how many seconds more the address is refused; 0: it may try. */
uint32_t wv_tries_wait_s(const struct wv_tries *tries, const struct sockaddr *address,
                         uint64_t now_ns);

/* One more try has failed. True when it was the last one that is allowed. */
bool wv_tries_failed(struct wv_tries *tries, const struct sockaddr *address, uint64_t now_ns);

#endif
