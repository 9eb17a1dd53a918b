/*
 * cmd_run.c — the service, with its health and metrics.
 */
#include "app/collect.h"
#include "app/commands.h"

#include "base/log.h"
#include "ops/http.h"

#include <sys/prctl.h>

static void collect(struct wv_metrics_writer *writer, void *user)
{
    wv_collect_all(writer, user);
}

static bool live(void *user)
{
    const struct wv_collect *numbers = user;
    return wv_service_is_live(numbers->service);
}

static bool ready(void *user, struct wv_buf *reason)
{
    const struct wv_collect *numbers = user;
    return wv_service_is_ready(numbers->service, reason);
}

/* False when there is to be a listener and there is none. */
static bool listen_on(const struct wv_config *config, struct wv_collect *numbers,
                      struct wv_http_server **server, struct wv_report *report)
{
    *server = NULL;
    if (config->http.listen.len == 0) {
        return true;
    }
    const struct wv_http_config http = {.listen = config->http.listen,
                                        .collect = collect,
                                        .live = live,
                                        .ready = ready,
                                        .user = numbers};
    *server = wv_http_start(&http, report);
    if (*server == NULL) {
        return false;
    }
    wv_log(WV_LOG_INFO, "listening",
           WV_FIELDS(wv_log_slice("address", config->http.listen),
                     wv_log_number("port", wv_http_port(*server))));
    return true;
}

static enum wv_exit serve(const struct wv_plan *plan, struct wv_report *report)
{
    const struct wv_clock *clock = wv_clock_system();
    struct wv_collect numbers = {.service = wv_service_new(plan, clock, report),
                                 .plan = plan,
                                 .clock = clock,
                                 .started_ms = wv_clock_wall_ms(clock)};
    struct wv_http_server *server = NULL;
    enum wv_exit code = WV_EXIT_CONFIG;
    if (numbers.service != NULL && listen_on(wv_plan_config(plan), &numbers, &server, report)) {
        wv_report_print(report, stderr);
        code = wv_service_run(numbers.service);
    } else {
        wv_report_print(report, stderr);
    }
    wv_http_stop(server);
    wv_service_free(numbers.service);
    return code;
}

enum wv_exit wv_cmd_run(const struct wv_arguments *arguments)
{
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks needs to look into the process */
    /* A dump of this process would hold records and keys. */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return WV_EXIT_INTERNAL;
    }
    enum wv_exit code = WV_EXIT_CONFIG;
    struct wv_plan *plan = wv_plan_load(wv_argument_text(arguments, "config"), report);
    if (plan == NULL) {
        wv_report_print(report, stderr);
    } else {
        wv_log_init((struct wv_log_config){
            .level = (enum wv_log_level)wv_plan_config(plan)->log_level, .file = 2});
        code = serve(plan, report);
    }
    wv_plan_free(plan);
    wv_report_free(report);
    return code;
}
