/*
 * http.h — /livez, /readyz and /metrics, for the machines that look after the process.
 *
 * The answers hold numbers and words of the operator's documents, nothing of a record, so there is
 * no password. Only GET and HEAD, only these paths; nothing a client sends is looked at beyond
 * them.
 *
 * Threads. The server has one of its own, which takes no signals; the callbacks run in it. They
 * must be quick and must not wait for the data. Limits.  WV_HTTP_CLIENTS connections, each with
 * WV_HTTP_MEMORY bytes and WV_HTTP_TIMEOUT_S.
 */
#ifndef WV_OPS_HTTP_H
#define WV_OPS_HTTP_H

#include "base/buf.h"
#include "base/report.h"
#include "ops/metrics.h"

enum { WV_HTTP_CLIENTS = 16, WV_HTTP_MEMORY = 16 * 1024, WV_HTTP_TIMEOUT_S = 10 };

/* Hands all numbers to the writer. */
typedef void wv_metrics_collect(struct wv_metrics_writer *writer, void *user);

struct wv_http_config {
    struct wv_slice listen; /* "192.0.2.1:9464", "[::1]:9464"; port 0: the system chooses */
    wv_metrics_collect *collect;

    /* False: the process should be restarted. */
    bool (*live)(void *user);

    /* False, with words that say why in reason: send no work and do not go on with a roll-out. */
    bool (*ready)(void *user, struct wv_buf *reason);
    void *user;
};

struct wv_http_server;

/* NULL, with a finding, when the address is none or cannot be listened on. */
WV_MUST_USE struct wv_http_server *wv_http_start(const struct wv_http_config *config,
                                                 struct wv_report *report);

/* Ends the connections and waits for the server's thread; NULL is allowed. */
void wv_http_stop(struct wv_http_server *server);

uint16_t wv_http_port(const struct wv_http_server *server);

#endif
