/*
 * cmd_run.c — the service, with its health, its metrics and its changes.
 */
#include "app/admin.h"
#include "app/collect.h"
#include "app/commands.h"
#include "app/hardening.h"
#include "app/seccomp.h"

#include "base/log.h"
#include "ops/health.h"
#include "plan/geo.h"

enum {
    DAY_S = 86400,
    KEYS_LOOK_MS = 60000, /* between two looks at the key file */
};

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
static bool listen_on(const struct wv_config *config, struct wv_health *health,
                      struct wv_http_server **server, struct wv_report *report)
{
    *server = NULL;
    if (config->http.listen.len == 0) {
        return true;
    }
    *server = wv_health_start(config->http.listen, health, report);
    if (*server == NULL) {
        return false;
    }
    wv_log(WV_LOG_INFO, "listening",
           WV_FIELDS(wv_log_slice("address", config->http.listen),
                     wv_log_number("port", wv_http_port(*server))));
    return true;
}

/* How old the databases are with which the service begins. */
static void log_geo(const struct wv_plan *plan, const struct wv_clock *clock)
{
    const struct wv_geo *geo = wv_plan_geo(plan);
    for (size_t i = 0; i < geo->used_count; i++) {
        const struct wv_geo_used *used = &geo->used[i];
        const int64_t days =
            (int64_t)(wv_geo_age_s(used->database, wv_clock_wall_ms(clock) / 1000) / DAY_S);
        if (days > (int64_t)used->max_age_days) {
            wv_log(WV_LOG_WARN, "geo_database_old",
                   WV_FIELDS(wv_log_word("file", used->file), wv_log_number("age_days", days),
                             wv_log_number("max_age_days", used->max_age_days),
                             wv_log_word("effect", "addresses that have moved since are taken for "
                                                   "those of another country"),
                             wv_log_word("advice", "put a new one there and reload")));
        } else {
            wv_log(WV_LOG_INFO, "geo_database",
                   WV_FIELDS(wv_log_word("file", used->file), wv_log_number("age_days", days),
                             wv_log_number("max_age_days", used->max_age_days)));
        }
    }
}

/* When everything is loaded and before there are threads. A command is run again when keys are read
 * again. */
static void refuse_calls(const struct wv_config *config)
{
    const char *why = NULL;
    const bool runs_commands =
        config->keys.kek.from == WV_KEK_COMMAND || config->keys.previous_kek.from == WV_KEK_COMMAND;
    if (wv_seccomp_start(runs_commands, &why)) {
        wv_log(WV_LOG_INFO, "system_calls_limited",
               WV_FIELDS(wv_log_word("commands", runs_commands ? "allowed" : "refused")));
    } else {
        wv_log(WV_LOG_WARN, "system_calls_not_limited",
               WV_FIELDS(wv_log_word("what", why),
                         wv_log_word("effect", "somebody who finds a way into the process can do "
                                               "more with it"),
                         wv_log_word("advice", "limit them from outside, as "
                                               "deploy/wafveil.service does")));
    }
}

static void on_hangup(void *user)
{
    wv_changes_ask_reload(user);
}

static void on_turn(void *user)
{
    wv_changes_watch(user);
}

/* Both listeners, and the service between them. */
static enum wv_exit serve_with(const struct wv_plan *plan, struct wv_collect *numbers,
                               struct wv_report *report)
{
    const struct wv_config *config = wv_plan_config(plan);
    struct wv_health health = {.collect = collect, .live = live, .ready = ready, .user = numbers};
    struct wv_admin_listener admin = {0};
    struct wv_http_server *server;
    refuse_calls(config);
    wv_harden_check_memory(plan, wv_service_lanes(numbers->service), report);
    const bool listening =
        listen_on(config, &health, &server, report) &&
        wv_admin_start(config, numbers->changes, &numbers->refusals, &admin, report) &&
        (wv_changes_start(numbers->changes, KEYS_LOOK_MS) ||
         wv_report_add(report, (struct wv_finding){0}, "memory is short"));
    wv_report_print(report, stderr);
    log_geo(plan, numbers->clock);
    wv_service_hook(numbers->service,
                    (struct wv_service_hooks){on_hangup, on_turn, numbers->changes});
    const enum wv_exit code = listening ? wv_service_run(numbers->service) : WV_EXIT_CONFIG;
    wv_admin_stop(&admin);
    wv_http_stop(server);
    return code;
}

static enum wv_exit serve(const char *path, struct wv_plan *plan, struct wv_report *report)
{
    const struct wv_clock *clock = wv_clock_system();
    struct wv_collect numbers = {.service = wv_service_new(plan, clock, report),
                                 .clock = clock,
                                 .started_ms = wv_clock_wall_ms(clock)};
    enum wv_exit code = WV_EXIT_CONFIG;
    if (numbers.service != NULL) {
        numbers.changes = wv_changes_new(path, plan, numbers.service, clock, report);
    }
    if (numbers.changes != NULL) {
        code = serve_with(plan, &numbers, report);
    } else {
        wv_report_print(report, stderr);
    }
    wv_changes_free(numbers.changes);
    wv_service_free(numbers.service);
    return code;
}

enum wv_exit wv_cmd_run(const struct wv_arguments *arguments)
{
    wv_service_catch_signals();
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return WV_EXIT_INTERNAL;
    }
    enum wv_exit code = WV_EXIT_CONFIG;
    const char *path = wv_argument_text(arguments, "config");
    struct wv_plan *plan = wv_plan_load(path, report);
    if (plan == NULL) {
        wv_report_print(report, stderr);
    } else {
        wv_log_init((struct wv_log_config){
            .level = (enum wv_log_level)wv_plan_config(plan)->log_level, .file = 2});
        code = serve(path, plan, report);
    }
    wv_plan_free(plan);
    wv_report_free(report);
    return code;
}
