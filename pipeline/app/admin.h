/*
 * admin.h — /status, /plan, /reload and /rollback, for people with the token.
 */
#ifndef WV_APP_ADMIN_H
#define WV_APP_ADMIN_H

#include "app/changes.h"
#include "base/file.h"
#include "ops/http.h"

struct wv_admin_listener {
    struct wv_bytes token;
    struct wv_http_server *server; /* NULL: the configuration has none */
};

/* False, with a finding, when there is to be a listener and there is none. changes and refusals
 * must outlive it. */
WV_MUST_USE bool wv_admin_start(const struct wv_config *config, struct wv_changes *changes,
                                struct wv_http_refusals *refusals, struct wv_admin_listener *admin,
                                struct wv_report *report);
void wv_admin_stop(struct wv_admin_listener *admin);

#endif
