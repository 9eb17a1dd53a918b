/* http.c — libmicrohttpd with one thread. */
#include "ops/http.h"

#include "base/log.h"
#include "base/wipe.h"
#include "ops/tries.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATHS_MAX = 256, ADDRESS_MAX = 64 };

struct wv_http_server {
    struct wv_http_config config;
    struct MHD_Daemon *daemon;
    struct wv_tries tries; /* the server's thread's */
    uint16_t port;
};

/* ---- Answers ----------------------------------------------------------------------------------
 */

/* Queues the body and releases it; *body is empty afterwards. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              struct wv_http_body *body, const char *header, const char *value)
{
    const enum MHD_ResponseMemoryMode mode =
        body->is_ours ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_MUST_FREE;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->text.len, (void *)(uintptr_t)body->text.ptr, mode);
    if (response == NULL) {
        if (!body->is_ours) {
            free((void *)(uintptr_t)body->text.ptr);
        }
        return MHD_NO;
    }
    enum MHD_Result result = MHD_add_response_header(response, "Content-Type", body->type);
    if (result == MHD_YES) {
        result = MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    if (result == MHD_YES && header != NULL) {
        result = MHD_add_response_header(response, header, value);
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, status, response);
    }
    MHD_destroy_response(response);
    return result;
}

void wv_http_say(struct wv_http_body *body, struct wv_slice text)
{
    *body = (struct wv_http_body){text, true, "text/plain; charset=utf-8"};
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status,
                              struct wv_slice text, const char *header, const char *value)
{
    struct wv_http_body body;
    wv_http_say(&body, text);
    return answer(connection, status, &body, header, value);
}

/* "there are /livez, /readyz and /metrics" */
static enum MHD_Result refuse_path(const struct wv_http_server *server,
                                   struct MHD_Connection *connection)
{
    uint8_t mem[PATHS_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_slice text;
    const size_t count = server->config.route_count;
    wv_buf_put(&buf, WV_LIT("there are "));
    for (size_t i = 0; i < count; i++) {
        wv_buf_put(&buf, i == 0 ? WV_LIT("") : i + 1 < count ? WV_LIT(", ") : WV_LIT(" and "));
        wv_buf_put(&buf, wv_slice_of(server->config.routes[i].path));
    }
    wv_buf_byte(&buf, '\n');
    wv_ensure(wv_buf_take(&buf, &text));
    return refuse(connection, MHD_HTTP_NOT_FOUND, text, NULL, NULL);
}

static enum MHD_Result refuse_method(const struct wv_http_route *route,
                                     struct MHD_Connection *connection)
{
    return route->changes ? refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, WV_LIT("only POST\n"),
                                   "Allow", "POST")
                          : refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                                   WV_LIT("only GET and HEAD\n"), "Allow", "GET, HEAD");
}

/* In a time that says nothing of where the two differ. */
static bool is_authorized(const struct wv_http_server *server, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const struct wv_slice token = server->config.token;
    if (token.len == 0) {
        return true;
    }
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (header == NULL || strncasecmp(header, scheme, sizeof scheme - 1) != 0) {
        return false;
    }
    const struct wv_slice given = wv_slice_of(header + sizeof scheme - 1);
    return given.len == token.len && wv_same_secret(given.ptr, token.ptr, token.len);
}

static void count(_Atomic uint64_t *counter)
{
    if (counter != NULL) {
        atomic_fetch_add(counter, 1);
    }
}

static enum MHD_Result refuse_tries(struct MHD_Connection *connection, uint32_t wait_s)
{
    char seconds[16];
    (void)snprintf(seconds, sizeof seconds, "%u", wait_s);
    return refuse(connection, MHD_HTTP_TOO_MANY_REQUESTS,
                  WV_LIT("too many wrong tokens came from this address\n"), "Retry-After", seconds);
}

/* Whether the request may go on; otherwise it is answered, with *result. */
static bool let_in(struct wv_http_server *server, struct MHD_Connection *connection,
                   enum MHD_Result *result)
{
    struct wv_http_refusals *refusals = server->config.refusals;
    const struct wv_clock *clock = server->config.clock;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    const uint64_t now = wv_clock_now_ns(clock == NULL ? wv_clock_system() : clock);
    const uint32_t wait_s = wv_tries_wait_s(&server->tries, address, now);
    if (wait_s > 0) {
        count(refusals == NULL ? NULL : &refusals->rate);
        *result = refuse_tries(connection, wait_s);
        return false;
    }
    if (is_authorized(server, connection)) {
        return true;
    }
    count(refusals == NULL ? NULL : &refusals->token);
    if (wv_tries_failed(&server->tries, address, now)) {
        wv_log(WV_LOG_WARN, "wrong_tokens",
               WV_FIELDS(wv_log_number("tries", WV_TRIES_MAX),
                         wv_log_number("refused_seconds", WV_TRIES_WINDOW_S),
                         wv_log_word("effect", "the address is refused for a while, with the right "
                                               "token, too"),
                         wv_log_word("advice", "find out who asks; SIGHUP loads changes without "
                                               "the listener")));
    }
    *result =
        refuse(connection, MHD_HTTP_UNAUTHORIZED,
               WV_LIT("give the token: Authorization: Bearer …\n"), "WWW-Authenticate", "Bearer");
    return false;
}

/* What is sent is not read; it is not waited for either when it is long, or does not say how long.
 */
static bool is_body_short(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding") != NULL) {
        return false;
    }
    uint64_t bytes = 0;
    for (; length != NULL && *length != '\0'; length++) {
        if (*length < '0' || *length > '9' || bytes > WV_HTTP_BODY) {
            return false;
        }
        bytes = bytes * 10 + (uint64_t)(*length - '0');
    }
    return bytes <= WV_HTTP_BODY;
}

static const struct wv_http_route *find_route(const struct wv_http_server *server, const char *path)
{
    for (size_t i = 0; i < server->config.route_count; i++) {
        if (strcmp(server->config.routes[i].path, path) == 0) {
            return &server->config.routes[i];
        }
    }
    return NULL;
}

/* The path comes without its query, which nobody reads. Who has no token learns nothing of paths.
 */
static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct wv_http_server *server = user;
    enum MHD_Result refused;
    (void)version;
    (void)upload;
    if (*request == NULL && !let_in(server, connection, &refused)) {
        return refused;
    }
    const struct wv_http_route *route = find_route(server, path);
    if (route == NULL) {
        return refuse_path(server, connection);
    }
    const bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (route->changes ? strcmp(method, "POST") != 0 : !reads) {
        return refuse_method(route, connection);
    }
    if (*request == NULL) {
        if (!is_body_short(connection)) {
            return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                          WV_LIT("nothing that is sent is read\n"), "Connection", "close");
        }
        *request = user; /* the headers are read; the answer is given at the last call */
        return MHD_YES;
    }
    if (*upload_size > 0) { /* nobody reads what is sent */
        *upload_size = 0;
        return MHD_YES;
    }
    struct wv_http_body body;
    wv_http_say(&body, WV_LIT(""));
    const unsigned status = route->answer(server->config.user, &body);
    return answer(connection, status, &body, NULL, NULL);
}

/* ---- Listening --------------------------------------------------------------------------------
 */

union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse_port(struct wv_slice text, uint16_t *out)
{
    uint32_t port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || port > 65535) {
            return false;
        }
        port = port * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *out = (uint16_t)port;
    return text.len > 0 && port <= 65535;
}

static bool parse_endpoint(struct wv_slice listen, union endpoint *out)
{
    size_t colon = listen.len;
    while (colon > 0 && listen.ptr[colon - 1] != ':') {
        colon--;
    }
    uint16_t port;
    if (colon == 0 || !parse_port(wv_slice_sub(listen, colon, listen.len), &port)) {
        return false;
    }
    struct wv_slice host = wv_slice_sub(listen, 0, colon - 1);
    const bool is_v6 = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (is_v6) {
        host = wv_slice_sub(host, 1, host.len - 1);
    }
    char address[ADDRESS_MAX];
    if (host.len == 0 || host.len >= sizeof address || memchr(host.ptr, 0, host.len) != NULL) {
        return false;
    }
    memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    memset(out, 0, sizeof *out);
    if (is_v6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return inet_pton(AF_INET6, address, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return inet_pton(AF_INET, address, &out->v4.sin_addr) == 1;
}

/* A socket of our own, because the server does not say reliably why it could not bind one. -1 with
 * errno. */
static int listen_on(const union endpoint *endpoint, uint16_t *port)
{
    const bool is_v6 = endpoint->any.sa_family == AF_INET6;
    const int yes = 1;
    union endpoint bound;
    socklen_t size = is_v6 ? sizeof endpoint->v6 : sizeof endpoint->v4;
    const int fd = socket(endpoint->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        (!is_v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0) &&
        bind(fd, &endpoint->any, size) == 0 && listen(fd, WV_HTTP_CLIENTS) == 0 &&
        getsockname(fd, &bound.any, &size) == 0) {
        *port = ntohs(is_v6 ? bound.v6.sin6_port : bound.v4.sin_port);
        return fd;
    }
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The thread inherits the mask: signals belong to the thread that knows how to stop the process. */
static struct MHD_Daemon *start_daemon(struct wv_http_server *server, int fd)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    wv_ensure(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)WV_HTTP_CLIENTS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WV_HTTP_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)WV_HTTP_TIMEOUT_S, MHD_OPTION_END);
    wv_ensure(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    return daemon;
}

struct wv_http_server *wv_http_start(const struct wv_http_config *config, struct wv_report *report)
{
    const struct wv_finding where = {.severity = WV_ERROR};
    union endpoint endpoint;
    if (!parse_endpoint(config->listen, &endpoint)) {
        wv_report_add(report, where,
                      "cannot listen on \"%.*s\": give an address and a port, as in "
                      "\"127.0.0.1:9464\" or \"[::1]:9464\"",
                      WV_SHOW(config->listen));
        return NULL;
    }
    struct wv_http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        wv_report_add(report, where, "memory is short");
        return NULL;
    }
    server->config = *config;
    const int fd = listen_on(&endpoint, &server->port);
    if (fd < 0) {
        wv_report_add(report, where, "cannot listen on \"%.*s\": %s", WV_SHOW(config->listen),
                      strerror(errno));
        free(server);
        return NULL;
    }
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        wv_report_add(report, where, "cannot listen on \"%.*s\": the HTTP server does not start",
                      WV_SHOW(config->listen));
        close(fd);
        free(server);
        return NULL;
    }
    return server;
}

void wv_http_stop(struct wv_http_server *server)
{
    if (server == NULL) {
        return;
    }
    MHD_stop_daemon(server->daemon);
    free(server);
}

uint16_t wv_http_port(const struct wv_http_server *server)
{
    return server->port;
}
