/*
 * proxy_connections.c — what the proxy of the tests (proxy.c) does with one connection.
 */
#include "proxy_connections.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PIPE_BYTES = 1 << 22, /* large, so that a delay is no limit */
    MARK_NS = 5000000,    /* arrivals that are so close leave together, with the last of them */
    MARKS_MAX = 128,      /* how many arrivals a pipe tells apart while they are delayed */
    BURSTS_A_SECOND = 20, /* in so many pieces a limited way passes what it may pass */
};

/* Bytes before `end` may leave from `due_ns` on. */
struct mark {
    uint64_t end;
    int64_t due_ns;
    int64_t first_ns; /* when the first of them might have left alone */
};

/* One way of a connection. */
struct pipe {
    uint8_t *bytes; /* a ring */
    uint64_t read;
    uint64_t written;
    struct mark marks[MARKS_MAX]; /* a ring, too */
    size_t first_mark;
    size_t mark_count;
    bool ended;  /* the sender will send no more, */
    bool closed; /* and the receiver has been told */
};

struct connection {
    struct pair *pair;
    int ends[2]; /* of the client, of the target: way W reads ends[W] and writes the other */
    bool connecting;
    bool gone;
    struct pipe pipes[WAYS];
};

int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

void fail(const char *what)
{
    (void)fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    exit(1);
}

struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void set_option(int socket_fd, int level, int name)
{
    const int one = 1;
    if (setsockopt(socket_fd, level, name, &one, sizeof one) != 0) {
        fail("setsockopt");
    }
}

/* ---- Life -------------------------------------------------------------------------------------
 */

static void end_connection(struct connection *connection, bool hard)
{
    /* Closing it sends a reset, not an end. */
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (connection->gone) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (hard) {
            (void)setsockopt(connection->ends[i], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        }
        (void)close(connection->ends[i]);
    }
    connection->gone = true;
    connection->pair->connections--;
}

void connection_reset(struct connection *connection)
{
    end_connection(connection, true);
}

bool connection_is_gone(const struct connection *connection)
{
    return connection->gone;
}

bool connection_is_of(const struct connection *connection, const struct pair *pair)
{
    return connection->pair == pair;
}

void connection_free(struct connection *connection)
{
    free(connection->pipes[UP].bytes);
    free(connection->pipes[DOWN].bytes);
    free(connection);
}

static struct connection *new_connection(struct pair *pair, int client, int target)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        fail("memory");
    }
    *connection = (struct connection){.pair = pair, .ends = {client, target}};
    for (int way = 0; way < WAYS; way++) {
        connection->pipes[way].bytes = malloc(PIPE_BYTES);
        if (connection->pipes[way].bytes == NULL) {
            fail("memory");
        }
    }
    pair->connections++;
    pair->accepted++;
    return connection;
}

struct connection *connection_accept(struct pair *pair)
{
    const int client = accept4(pair->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
        return NULL;
    }
    const int target = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (target < 0) {
        fail("socket");
    }
    set_option(client, IPPROTO_TCP, TCP_NODELAY);
    set_option(target, IPPROTO_TCP, TCP_NODELAY);
    struct connection *connection = new_connection(pair, client, target);
    const struct sockaddr_in address = loopback(pair->target);
    if (connect(target, (const struct sockaddr *)&address, sizeof address) != 0) {
        connection->connecting = errno == EINPROGRESS;
        if (!connection->connecting) {
            connection_reset(connection);
        }
    }
    return connection;
}

/* Where the target refuses, the client's connection is reset. */
static void finish_connecting(struct connection *connection)
{
    int error = 0;
    socklen_t len = sizeof error;
    connection->connecting = false;
    if (getsockopt(connection->ends[DOWN], SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        connection_reset(connection);
    }
}

/* ---- Bytes ------------------------------------------------------------------------------------
 */

static bool may_read(const struct connection *connection, enum way way)
{
    const struct pipe *pipe = &connection->pipes[way];
    return !connection->connecting && !connection->pair->faults[way].hole && !pipe->ended &&
           pipe->written - pipe->read < PIPE_BYTES && pipe->mark_count < MARKS_MAX;
}

/* Of so many bytes, how many a limited way lets pass now: whole bursts, since many small pieces
 * would be another fault. */
static size_t spend(struct fault *fault, size_t size, int64_t now)
{
    const int64_t burst = fault->rate / BURSTS_A_SECOND + 1;
    const int64_t since = now - fault->credited_ns;
    const int64_t gained = (since < SECOND_NS ? since : SECOND_NS) * fault->rate / SECOND_NS;
    if (gained > 0) { /* not often for so little that it is rounded to nothing */
        fault->credit += gained;
        fault->credited_ns = now;
    }
    if (fault->credit < burst) {
        return 0;
    }
    fault->credit = burst;
    return size < (size_t)burst ? size : (size_t)burst;
}

/* How much may be written now. Where time alone decides, `wake_ns` becomes when to ask again. */
static size_t may_write(struct connection *connection, enum way way, int64_t now, int64_t *wake_ns)
{
    struct fault *fault = &connection->pair->faults[way];
    const struct pipe *pipe = &connection->pipes[way];
    uint64_t end = pipe->read;
    int64_t wake = INT64_MAX;
    if (connection->connecting || fault->hole) {
        return 0;
    }
    for (size_t i = 0; i < pipe->mark_count && wake == INT64_MAX; i++) {
        const struct mark *mark = &pipe->marks[(pipe->first_mark + i) % MARKS_MAX];
        if (mark->due_ns <= now) {
            end = mark->end;
        } else {
            wake = mark->due_ns;
        }
    }
    size_t size = (size_t)(end - pipe->read);
    if (size > 0 && fault->rate > 0) {
        size = spend(fault, size, now);
        wake = now + SECOND_NS / BURSTS_A_SECOND;
    }
    if (size == 0 && wake < *wake_ns) {
        *wake_ns = wake;
    }
    return size;
}

static void mark_arrival(struct pipe *pipe, int64_t due_ns)
{
    struct mark *last =
        &pipe->marks[(pipe->first_mark + pipe->mark_count + MARKS_MAX - 1) % MARKS_MAX];
    if (pipe->mark_count > 0 && due_ns >= last->due_ns && due_ns - last->first_ns < MARK_NS) {
        last->end = pipe->written;
        last->due_ns = due_ns;
        return;
    }
    pipe->marks[(pipe->first_mark + pipe->mark_count++) % MARKS_MAX] =
        (struct mark){pipe->written, due_ns, due_ns};
}

static void read_some(struct connection *connection, enum way way, int64_t now)
{
    struct pipe *pipe = &connection->pipes[way];
    const size_t at = pipe->written % PIPE_BYTES;
    const size_t room = PIPE_BYTES - (size_t)(pipe->written - pipe->read);
    const size_t straight = PIPE_BYTES - at;
    const ssize_t got = recv(connection->ends[way], pipe->bytes + at,
                             room < straight ? room : straight, MSG_DONTWAIT);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            connection_reset(connection);
        }
        return;
    }
    if (got == 0) {
        pipe->ended = true;
        return;
    }
    pipe->written += (size_t)got;
    mark_arrival(pipe, now + connection->pair->faults[way].delay_ns);
}

/* Counts what has left; resets the connection where that is what the fault wants. */
static void note_written(struct connection *connection, enum way way, size_t size)
{
    struct fault *fault = &connection->pair->faults[way];
    struct pipe *pipe = &connection->pipes[way];
    pipe->read += size;
    fault->passed += size;
    fault->credit -= (int64_t)size;
    while (pipe->mark_count > 0 && pipe->marks[pipe->first_mark].end <= pipe->read) {
        pipe->first_mark = (pipe->first_mark + 1) % MARKS_MAX;
        pipe->mark_count--;
    }
    if (fault->cut_after >= 0) {
        fault->cut_after -= (int64_t)size;
        if (fault->cut_after == 0) {
            fault->cut_after = -1;
            connection_reset(connection);
        }
    }
}

static void write_some(struct connection *connection, enum way way, size_t size)
{
    const struct fault *fault = &connection->pair->faults[way];
    const struct pipe *pipe = &connection->pipes[way];
    const size_t at = pipe->read % PIPE_BYTES;
    size = size < PIPE_BYTES - at ? size : PIPE_BYTES - at;
    if (fault->cut_after >= 0 && (uint64_t)fault->cut_after < size) {
        size = (size_t)fault->cut_after;
    }
    const ssize_t put = size == 0 ? 0
                                  : send(connection->ends[1 - (int)way], pipe->bytes + at, size,
                                         MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) {
        note_written(connection, way, (size_t)put);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection_reset(connection);
    }
}

/* Passes the end of one way on, behind its last byte. */
static void pass_ends(struct connection *connection)
{
    for (int way = 0; way < WAYS; way++) {
        struct pipe *pipe = &connection->pipes[way];
        if (pipe->ended && !pipe->closed && pipe->read == pipe->written &&
            !connection->pair->faults[way].hole) {
            (void)shutdown(connection->ends[1 - way], SHUT_WR);
            pipe->closed = true;
        }
    }
    if (connection->pipes[UP].closed && connection->pipes[DOWN].closed) {
        end_connection(connection, false);
    }
}

/* ---- Turns ------------------------------------------------------------------------------------
 */

void connection_wish(struct connection *connection, struct pollfd fds[2], int64_t now,
                     int64_t *wake_ns)
{
    short events[2] = {0, 0};
    for (int way = 0; way < WAYS; way++) {
        if (may_read(connection, (enum way)way)) {
            events[way] |= POLLIN;
        }
        if (may_write(connection, (enum way)way, now, wake_ns) > 0) {
            events[1 - way] |= POLLOUT;
        }
    }
    if (connection->connecting) {
        events[DOWN] = POLLOUT;
    }
    fds[0] = wish(connection->ends[0], events[0]);
    fds[1] = wish(connection->ends[1], events[1]);
}

static void carry(struct connection *connection, const struct pollfd fds[2], int64_t now)
{
    int64_t ignored = INT64_MAX;
    for (int way = 0; way < WAYS && !connection->gone; way++) {
        const struct pollfd *from = &fds[way];
        const struct pollfd *to = &fds[1 - way];
        if (from->revents != 0 && (from->events & POLLIN) != 0) {
            read_some(connection, (enum way)way, now);
        }
        if (!connection->gone && to->revents != 0 && (to->events & POLLOUT) != 0) {
            /* Another connection may have taken the credit of this one meanwhile. */
            const size_t size = may_write(connection, (enum way)way, now, &ignored);
            if (size > 0) {
                write_some(connection, (enum way)way, size);
            }
        }
    }
}

void connection_serve(struct connection *connection, const struct pollfd fds[2], int64_t now)
{
    if (connection->connecting) {
        if (fds[DOWN].revents != 0) {
            finish_connecting(connection);
        }
    } else {
        carry(connection, fds, now);
    }
    if (!connection->gone) {
        pass_ends(connection); /* also of what was held until now */
    }
}
