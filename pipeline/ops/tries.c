/* tries.c — counts failed tries by address, so that nobody can guess a token as fast as he asks. */
#include "ops/tries.h"

#include <netinet/in.h>

static const uint64_t window_ns = (uint64_t)WV_TRIES_WINDOW_S * 1000000000;

/* All that is no address of the internet is one client. */
static void network_of(const struct sockaddr *address, uint8_t network[8])
{
    memset(network, 0, 8);
    if (address != NULL && address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        memcpy(network, v6->sin6_addr.s6_addr, 8);
    } else if (address != NULL && address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        memcpy(network + 4, &v4->sin_addr, 4);
    }
}

static bool is_over(const struct wv_tries_row *row, uint64_t now_ns)
{
    return row->failed == 0 || now_ns - row->since_ns >= window_ns;
}

/* The row of the network; -1: it has none that still counts. */
static int find(const struct wv_tries *tries, const uint8_t network[8], uint64_t now_ns)
{
    for (int i = 0; i < WV_TRIES_ADDRESSES; i++) {
        const struct wv_tries_row *row = &tries->rows[i];
        if (!is_over(row, now_ns) && memcmp(row->network, network, sizeof row->network) == 0) {
            return i;
        }
    }
    return -1;
}

/* A free one; where there is none, that of whoever has failed least. */
static struct wv_tries_row *make_row(struct wv_tries *tries, uint64_t now_ns)
{
    struct wv_tries_row *least = &tries->rows[0];
    for (size_t i = 0; i < WV_TRIES_ADDRESSES; i++) {
        struct wv_tries_row *row = &tries->rows[i];
        if (is_over(row, now_ns)) {
            return row;
        }
        least = row->failed < least->failed ? row : least;
    }
    return least;
}

uint32_t wv_tries_wait_s(const struct wv_tries *tries, const struct sockaddr *address,
                         uint64_t now_ns)
{
    uint8_t network[8];
    network_of(address, network);
    const int at = find(tries, network, now_ns);
    if (at < 0 || tries->rows[at].failed < WV_TRIES_MAX) {
        return 0;
    }
    const uint64_t left_ns = window_ns - (now_ns - tries->rows[at].since_ns);
    return (uint32_t)((left_ns + 999999999) / 1000000000);
}

bool wv_tries_failed(struct wv_tries *tries, const struct sockaddr *address, uint64_t now_ns)
{
    uint8_t network[8];
    network_of(address, network);
    const int at = find(tries, network, now_ns);
    struct wv_tries_row *row = at >= 0 ? &tries->rows[at] : make_row(tries, now_ns);
    if (at < 0) {
        *row = (struct wv_tries_row){.since_ns = now_ns};
        memcpy(row->network, network, sizeof row->network);
    }
    row->failed++;
    return row->failed == WV_TRIES_MAX;
}
