/*
 * admin.c — /status, /plan, /reload and /rollback, for people with the token.
 */
#include "app/admin.h"

#include "base/log.h"

#include <ctype.h>
#include <stdlib.h>

enum { TOKEN_FILE_MAX = 4096, TOKEN_MIN = 32 };

/* Takes the answer. */
static unsigned say(struct wv_http_body *body, json_t *answer, unsigned status)
{
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_INDENT(2));
    json_decref(answer);
    if (text == NULL) {
        wv_http_say(body, WV_LIT("memory is short\n"));
        return WV_HTTP_ERROR;
    }
    *body = (struct wv_http_body){wv_slice_of(text), false, "application/json"};
    return status;
}

static unsigned answer_status(void *user, struct wv_http_body *body)
{
    return say(body, wv_changes_status(user), WV_HTTP_OK);
}

static unsigned answer_plan(void *user, struct wv_http_body *body)
{
    return say(body, wv_changes_plan(user), WV_HTTP_OK);
}

static unsigned answer_reload(void *user, struct wv_http_body *body)
{
    bool done;
    json_t *answer = wv_changes_reload(user, "admin", &done);
    return say(body, answer, done ? WV_HTTP_OK : WV_HTTP_CONFLICT);
}

static unsigned answer_rollback(void *user, struct wv_http_body *body)
{
    bool done;
    json_t *answer = wv_changes_rollback(user, "admin", &done);
    return say(body, answer, done ? WV_HTTP_OK : WV_HTTP_CONFLICT);
}

/* The file's text without blanks around it. */
static bool read_token(const struct wv_config *config, struct wv_bytes *bytes,
                       struct wv_slice *token, struct wv_report *report)
{
    const char *path = (const char *)config->admin.token_file.ptr;
    if (!wv_file_read_secret(path, TOKEN_FILE_MAX, bytes, report)) {
        return false;
    }
    *token = wv_bytes_slice(*bytes);
    while (token->len > 0 && isspace(token->ptr[token->len - 1])) {
        token->len--;
    }
    bool printable = true;
    for (size_t i = 0; i < token->len; i++) {
        printable = printable && isgraph(token->ptr[i]);
    }
    return (token->len >= TOKEN_MIN && printable) ||
           wv_report_add(report, (struct wv_finding){.file = path},
                         "must hold one token of at least %d characters without blanks; `openssl "
                         "rand -hex 32` makes one",
                         TOKEN_MIN);
}

bool wv_admin_start(const struct wv_config *config, struct wv_changes *changes,
                    struct wv_http_refusals *refusals, struct wv_admin_listener *admin,
                    struct wv_report *report)
{
    static const struct wv_http_route routes[] = {{"/status", false, answer_status},
                                                  {"/plan", false, answer_plan},
                                                  {"/reload", true, answer_reload},
                                                  {"/rollback", true, answer_rollback}};
    *admin = (struct wv_admin_listener){0};
    struct wv_http_config http = {.listen = config->admin.listen,
                                  .routes = routes,
                                  .route_count = WV_COUNT(routes),
                                  .user = changes,
                                  .refusals = refusals};
    if (config->admin.listen.len == 0) {
        return true;
    }
    if (!read_token(config, &admin->token, &http.token, report)) {
        return false;
    }
    admin->server = wv_http_start(&http, report);
    if (admin->server == NULL) {
        return false;
    }
    wv_log(WV_LOG_INFO, "admin_listening",
           WV_FIELDS(wv_log_slice("address", config->admin.listen),
                     wv_log_number("port", wv_http_port(admin->server))));
    return true;
}

void wv_admin_stop(struct wv_admin_listener *admin)
{
    wv_http_stop(admin->server);
    wv_bytes_free(&admin->token);
    admin->server = NULL;
}
