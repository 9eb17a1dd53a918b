/*
 * http.h — a listener with a few fixed paths, for the machines and people who look after the
 * process.
 *
 * Only the paths of its routes, and for each only GET and HEAD, or only POST. Nothing a client
 * sends is looked at but path, method and, where there is one, the token.
 *
 * Threads. The server has one of its own, which takes no signals; the routes are called in it, one
 *          after the other.
 * Limits.  WV_HTTP_CLIENTS connections, each with WV_HTTP_MEMORY bytes and WV_HTTP_TIMEOUT_S of
 *          silence; WV_HTTP_BODY bytes of a body, which nobody reads; wrong tokens: tries.h.
 */
#ifndef WV_OPS_HTTP_H
#define WV_OPS_HTTP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/report.h"

#include <stdatomic.h>

enum {
    WV_HTTP_CLIENTS = 16,
    WV_HTTP_MEMORY = 16 * 1024,
    WV_HTTP_TIMEOUT_S = 10,
    WV_HTTP_BODY = 4096,
};

/* Status codes that routes give (RFC 9110). */
enum { WV_HTTP_OK = 200, WV_HTTP_CONFLICT = 409, WV_HTTP_ERROR = 500, WV_HTTP_UNAVAILABLE = 503 };

struct wv_http_body {
    struct wv_slice text;
    bool is_ours;     /* it is copied; otherwise it was malloc'd, and the server frees it */
    const char *type; /* media type */
};

/* Plain text, which is copied when the route returns. */
void wv_http_say(struct wv_http_body *body, struct wv_slice text);

struct wv_http_route {
    const char *path;
    bool changes;                                              /* POST; otherwise GET and HEAD */
    unsigned (*answer)(void *user, struct wv_http_body *body); /* the status */
};

/* Requests that were refused: read by any thread. */
struct wv_http_refusals {
    _Atomic uint64_t token; /* there was none, or a wrong one */
    _Atomic uint64_t rate;  /* too many of them had come from that address */
};

struct wv_http_config {
    struct wv_slice listen; /* "192.0.2.1:9464", "[::1]:9464"; port 0: the system chooses */
    struct wv_slice token;  /* that every request must bring; empty: none. Outlives the server */
    const struct wv_http_route *routes; /* outlive the server */
    size_t route_count;
    void *user;
    struct wv_http_refusals *refusals; /* counted there; NULL: nowhere. Outlives the server */
    const struct wv_clock *clock;      /* NULL: the machine's */
};

struct wv_http_server;

/* NULL, with a finding, when the address is none or cannot be listened on. */
WV_MUST_USE struct wv_http_server *wv_http_start(const struct wv_http_config *config,
                                                 struct wv_report *report);

/* Ends the connections and waits for the server's thread; NULL is allowed. */
void wv_http_stop(struct wv_http_server *server);

uint16_t wv_http_port(const struct wv_http_server *server);

#endif
