/* health.c — /livez, /readyz and /metrics. */
#include "ops/health.h"

enum { REASON_MAX = 512 };

static unsigned answer_live(void *user, struct wv_http_body *body)
{
    const struct wv_health *health = user;
    const bool live = health->live(health->user);
    wv_http_say(body, live ? WV_LIT("live\n") : WV_LIT("not live\n"));
    return live ? WV_HTTP_OK : WV_HTTP_UNAVAILABLE;
}

/* "not ready: waiting for the consumer group" */
static struct wv_slice not_ready(struct wv_buf *reason, struct wv_buf *text)
{
    struct wv_slice why;
    wv_buf_put(text, WV_LIT("not ready"));
    if (wv_buf_take(reason, &why) && why.len > 0) {
        wv_buf_put(text, WV_LIT(": "));
        wv_buf_put(text, why);
    }
    wv_buf_byte(text, '\n');
    wv_ensure(wv_buf_take(text, &why));
    return why;
}

static unsigned answer_ready(void *user, struct wv_http_body *body)
{
    /* The body is copied after this returns, in the server's one thread. */
    static _Thread_local uint8_t mem[REASON_MAX + 16];
    const struct wv_health *health = user;
    uint8_t words[REASON_MAX];
    struct wv_buf reason = wv_buf_of(words, sizeof words);
    struct wv_buf text = wv_buf_of(mem, sizeof mem);
    const bool ready = health->ready(health->user, &reason);
    wv_http_say(body, ready ? WV_LIT("ready\n") : not_ready(&reason, &text));
    return ready ? WV_HTTP_OK : WV_HTTP_UNAVAILABLE;
}

static unsigned answer_metrics(void *user, struct wv_http_body *body)
{
    const struct wv_health *health = user;
    struct wv_slice page = {0};
    struct wv_metrics_writer *writer = wv_metrics_new();
    bool whole = writer != NULL;
    if (whole) {
        health->collect(writer, health->user);
        whole = wv_metrics_page(writer, &page);
    }
    wv_metrics_free(writer);
    if (!whole) {
        wv_http_say(body, WV_LIT("memory is short\n"));
        return WV_HTTP_ERROR;
    }
    *body = (struct wv_http_body){page, false, "text/plain; version=0.0.4; charset=utf-8"};
    return WV_HTTP_OK;
}

struct wv_http_server *wv_health_start(struct wv_slice listen, struct wv_health *health,
                                       struct wv_report *report)
{
    static const struct wv_http_route routes[] = {{"/livez", false, answer_live},
                                                  {"/readyz", false, answer_ready},
                                                  {"/metrics", false, answer_metrics}};
    const struct wv_http_config config = {
        .listen = listen, .routes = routes, .route_count = WV_COUNT(routes), .user = health};
    return wv_http_start(&config, report);
}
