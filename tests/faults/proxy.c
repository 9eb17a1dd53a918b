/*
 * proxy.c — a network between the two ends of TCP connections that tests can break in known ways.
 *
 *     proxy LISTEN:TARGET…       ports of 127.0.0.1, a pair each; LISTEN 0: a free one
 *
 * Says `PAIR LISTEN TARGET` for each pair, then answers each line of standard input with one line
 * and ends with the input. The answer is `error …`, or, of the pairs that the line names and from
 * before it did anything, `ok CONNECTIONS ACCEPTED BYTES_UP BYTES_DOWN`: how many connections there
 * are, how many there have been, and what passed. PAIR is a number, from 0, or `all`; WAY is `up`
 * (to the target), `down` (from it), or nothing: both.
 *
 *     delay PAIR MS [WAY]        every byte leaves so much later
 *     hole PAIR [WAY]            connections stay and nothing passes, the end of one neither; what
 *                                is under way arrives after `pass`, as after a cut cable
 *     limit PAIR BYTES [WAY]     so many bytes a second, all connections together
 *     cut PAIR BYTES [WAY]       the connection that carries the byte after so many is reset there
 *     reset PAIR                 resets all connections
 *     refuse PAIR                no new connections
 *     pass PAIR                  ends all of these
 *     count PAIR                 only answers
 *
 * One thread that sleeps until something can be done. Commands work at once, also on connections
 * that exist.
 */
#include "proxy_connections.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 16, LINE_MAX_BYTES = 128, WORDS_MAX = 5, MILLIARD = 1000000000 };

static struct pair pairs[PAIRS_MAX];
static size_t pair_count;
static struct connection *connections[CONNECTIONS_MAX];
static size_t connection_count;

/* ---- Pairs ------------------------------------------------------------------------------------
 */

static void listen_again(struct pair *pair)
{
    if (listen(pair->listener, CONNECTIONS_MAX) != 0) {
        fail("listen");
    }
    pair->refuses = false;
}

static int bound(uint16_t port)
{
    const int bound_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = loopback(port);
    if (bound_fd < 0) {
        fail("socket");
    }
    set_option(bound_fd, SOL_SOCKET, SO_REUSEADDR);
    if (bind(bound_fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail("bind");
    }
    return bound_fd;
}

/* A port that is asked for by its number stays ours while nobody listens on it: the number of a
 * free one is found first, and held until it has been asked for. */
static bool add_pair(const char *text)
{
    unsigned port = 0;
    unsigned target = 0;
    char rest = '\0';
    if (pair_count == PAIRS_MAX || sscanf(text, "%5u:%5u%c", &port, &target, &rest) != 2 ||
        port > UINT16_MAX || target == 0 || target > UINT16_MAX) {
        return false;
    }
    int holder = -1;
    if (port == 0) {
        struct sockaddr_in found;
        socklen_t len = sizeof found;
        holder = bound(0);
        if (getsockname(holder, (struct sockaddr *)&found, &len) != 0) {
            fail("getsockname");
        }
        port = ntohs(found.sin_port);
    }
    struct pair *pair = &pairs[pair_count];
    *pair = (struct pair){.port = (uint16_t)port,
                          .target = (uint16_t)target,
                          .listener = bound((uint16_t)port),
                          .faults = {{.cut_after = -1}, {.cut_after = -1}}};
    if (holder >= 0) {
        (void)close(holder);
    }
    listen_again(pair);
    (void)printf("%zu %u %u\n", pair_count++, port, target);
    return true;
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

struct command {
    size_t verb;
    size_t first; /* of the pairs, */
    size_t end;   /* behind the last */
    int64_t number;
    bool ways[WAYS];
    struct pair *pair; /* that it is about now */
};

typedef void verb(const struct command *command, struct fault *fault);

static void delay(const struct command *command, struct fault *fault)
{
    fault->delay_ns = command->number * 1000000;
}

static void hole(const struct command *command, struct fault *fault)
{
    (void)command;
    fault->hole = true;
}

static void limit(const struct command *command, struct fault *fault)
{
    fault->rate = command->number;
    fault->credit = 0;
    fault->credited_ns = now_ns();
}

static void cut(const struct command *command, struct fault *fault)
{
    fault->cut_after = command->number;
}

static void pass(const struct command *command, struct fault *fault)
{
    *fault = (struct fault){.cut_after = -1, .passed = fault->passed};
    if (command->pair->refuses) {
        listen_again(command->pair);
    }
}

/* The socket stays bound, and connections to it are refused by the kernel. */
static void refuse(const struct command *command, struct fault *fault)
{
    (void)fault;
    if (!command->pair->refuses && shutdown(command->pair->listener, SHUT_RDWR) != 0) {
        fail("shutdown");
    }
    command->pair->refuses = true;
}

static void reset(const struct command *command, struct fault *fault)
{
    (void)fault;
    for (size_t i = 0; i < connection_count; i++) {
        if (connection_is_of(connections[i], command->pair)) {
            connection_reset(connections[i]);
        }
    }
}

static const struct {
    const char *word;
    verb *does; /* once for each way; NULL: only answers */
    bool has_number;
    bool has_way;
} verbs[] = {
    {"delay", delay, true, true}, {"hole", hole, false, true},    {"limit", limit, true, true},
    {"cut", cut, true, true},     {"reset", reset, false, false}, {"refuse", refuse, false, false},
    {"pass", pass, false, false}, {"count", NULL, false, false},
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static bool read_number(const char *word, int64_t max, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    const long long read = word == NULL ? -1 : strtoll(word, &end, 10);
    if (read < 0 || read > max || errno != 0 || end == word || *end != '\0') {
        return false;
    }
    *number = read;
    return true;
}

static bool read_ways(const char *word, struct command *command)
{
    command->ways[UP] = word == NULL || strcmp(word, "up") == 0;
    command->ways[DOWN] = word == NULL || strcmp(word, "down") == 0;
    return command->ways[UP] || command->ways[DOWN];
}

/* False: it is no command. */
static bool read_command(char *line, struct command *command)
{
    static const char blank[] = " \t\r";
    char *words[WORDS_MAX] = {NULL};
    char *rest = NULL;
    size_t count = 0;
    for (char *word = strtok_r(line, blank, &rest); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, blank, &rest)) {
        words[count++] = word;
    }
    while (count >= 2 && command->verb < VERBS &&
           strcmp(verbs[command->verb].word, words[0]) != 0) {
        command->verb++;
    }
    if (count < 2 || command->verb == VERBS) {
        return false;
    }
    int64_t only = 0;
    const bool all = strcmp(words[1], "all") == 0;
    if (!all && !read_number(words[1], (int64_t)pair_count - 1, &only)) {
        return false;
    }
    command->first = (size_t)only;
    command->end = all ? pair_count : command->first + 1;
    size_t next = 2;
    if (verbs[command->verb].has_number &&
        !read_number(words[next++], MILLIARD, &command->number)) {
        return false;
    }
    return read_ways(verbs[command->verb].has_way ? words[next++] : NULL, command) && count <= next;
}

/* Answers with what the pairs have had until then. */
static void obey(struct command *command)
{
    uint64_t numbers[4] = {0};
    for (size_t i = command->first; i < command->end; i++) {
        command->pair = &pairs[i];
        numbers[0] += pairs[i].connections;
        numbers[1] += pairs[i].accepted;
        numbers[2] += pairs[i].faults[UP].passed;
        numbers[3] += pairs[i].faults[DOWN].passed;
        for (int way = 0; way < WAYS; way++) {
            if (command->ways[way] && verbs[command->verb].does != NULL) {
                verbs[command->verb].does(command, &pairs[i].faults[way]);
            }
        }
    }
    (void)printf("ok %llu %llu %llu %llu\n", (unsigned long long)numbers[0],
                 (unsigned long long)numbers[1], (unsigned long long)numbers[2],
                 (unsigned long long)numbers[3]);
}

/* False: the input has ended. */
static bool read_commands(void)
{
    static char text[LINE_MAX_BYTES];
    static size_t len;
    const ssize_t got = read(STDIN_FILENO, text + len, sizeof text - 1 - len);
    if (got <= 0) {
        return got < 0 && errno == EINTR;
    }
    len += (size_t)got;
    text[len] = '\0';
    for (char *end = strchr(text, '\n'); end != NULL; end = strchr(text, '\n')) {
        struct command command = {0};
        *end = '\0';
        if (read_command(text, &command)) {
            obey(&command);
        } else {
            (void)printf("error no such command\n");
        }
        len -= (size_t)(end + 1 - text);
        memmove(text, end + 1, len + 1);
    }
    return len < sizeof text - 1; /* a longer line is none of ours */
}

/* ---- The loop ---------------------------------------------------------------------------------
 */

static void await(struct pollfd *fds, size_t count, int64_t now, int64_t wake_ns)
{
    struct timespec time = {0};
    if (wake_ns != INT64_MAX) {
        const int64_t wait_ns = wake_ns > now ? wake_ns - now : 0;
        time = (struct timespec){.tv_sec = wait_ns / SECOND_NS, .tv_nsec = wait_ns % SECOND_NS};
    }
    if (ppoll(fds, count, wake_ns == INT64_MAX ? NULL : &time, NULL) < 0 && errno != EINTR) {
        fail("poll");
    }
}

static void free_gone(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < connection_count; i++) {
        if (connection_is_gone(connections[i])) {
            connection_free(connections[i]);
        } else {
            connections[kept++] = connections[i];
        }
    }
    connection_count = kept;
}

/* Waits until something can be done, and does it. False: the input has ended. */
static bool turn(void)
{
    static struct pollfd fds[1 + PAIRS_MAX + 2 * CONNECTIONS_MAX];
    int64_t wake_ns = INT64_MAX;
    int64_t now = now_ns();
    size_t used = 0;
    fds[used++] = wish(STDIN_FILENO, POLLIN);
    for (size_t i = 0; i < pair_count; i++) {
        const bool accepts = !pairs[i].refuses && connection_count < CONNECTIONS_MAX;
        fds[used++] = wish(pairs[i].listener, accepts ? POLLIN : 0);
    }
    for (size_t i = 0; i < connection_count; i++, used += 2) {
        connection_wish(connections[i], &fds[used], now, &wake_ns);
    }
    await(fds, used, now, wake_ns);
    now = now_ns();
    for (size_t i = 0; i < connection_count; i++) {
        connection_serve(connections[i], &fds[1 + pair_count + 2 * i], now);
    }
    for (size_t i = 0; i < pair_count; i++) {
        struct connection *connection = NULL;
        if (fds[1 + i].revents != 0 && connection_count < CONNECTIONS_MAX) {
            connection = connection_accept(&pairs[i]);
        }
        if (connection != NULL) {
            connections[connection_count++] = connection;
        }
    }
    const bool goes_on = fds[0].revents == 0 || read_commands();
    free_gone();
    return goes_on;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (!add_pair(argv[i])) {
            (void)fprintf(stderr, "proxy: %s is not LISTEN:TARGET\n", argv[i]);
            return 2;
        }
    }
    while (turn()) {
    }
    return 0;
}
