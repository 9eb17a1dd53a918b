/*
 * proxy_connections.h — what the proxy of the tests (proxy.c) does with one connection: takes it,
 * carries its bytes as the faults of its pair let it, and ends it.
 *
 * One thread. Whatever cannot be (no memory, no descriptors) ends the process with a word.
 */
#ifndef WV_TESTS_PROXY_CONNECTIONS_H
#define WV_TESTS_PROXY_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <poll.h>

enum way { UP, DOWN, WAYS }; /* to the target, from it */

enum { CONNECTIONS_MAX = 256 };

#define SECOND_NS INT64_C(1000000000)

/* What is wrong with one way of a pair. */
struct fault {
    int64_t delay_ns;
    bool hole;
    int64_t rate;   /* bytes a second; 0: no limit */
    int64_t credit; /* of a limited way: bytes that may pass now */
    int64_t credited_ns;
    int64_t cut_after; /* bytes until a connection is reset; -1: none is */
    uint64_t passed;
};

struct pair {
    uint16_t port;
    uint16_t target;
    int listener;
    bool refuses;
    size_t connections;
    uint64_t accepted;
    struct fault faults[WAYS];
};

struct connection;

int64_t now_ns(void);
_Noreturn void fail(const char *what);
void set_option(int socket_fd, int level, int name);
struct sockaddr_in loopback(uint16_t port);

/* Takes one that waits, and connects it to the target; NULL: it has gone already. */
struct connection *connection_accept(struct pair *pair);
bool connection_is_of(const struct connection *connection, const struct pair *pair);
/* Both ends get a reset; the memory stays until connection_free(). */
void connection_reset(struct connection *connection);
bool connection_is_gone(const struct connection *connection);
void connection_free(struct connection *connection);

/* What to wait for at its two ends; `wake_ns` becomes earlier where only time has to pass. */
void connection_wish(struct connection *connection, struct pollfd fds[2], int64_t now,
                     int64_t *wake_ns);
/* Does what can be done now. */
void connection_serve(struct connection *connection, const struct pollfd fds[2], int64_t now);

/* A descriptor of which nothing is wanted is not named at all: its end would wake us for ever. */
static inline struct pollfd wish(int fd, short events)
{
    return (struct pollfd){.fd = events == 0 ? -1 : fd, .events = events};
}

#endif
