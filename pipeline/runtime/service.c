/*
 * service.c — `wafveil run`: from the first look at the brokers to the last commit.
 */
#include "base/log.h"
#include "runtime/preflight.h"
#include "runtime/service_parts.h"
#include "runtime/wall_watch.h"

#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POLL_MS = 50,
    PAUSE_MS = 500, /* between two looks at brokers that do not answer */
    OUTPUT_LIMIT_MS =
        300000,        /* how long an output may be missing before a supervisor shall see it */
    REFUSED_MS = 3000, /* before producers that were refused are made again */
    WALL_LOOK_MS = 200,
};

/* How topics are kept changes seldom, and a stop must not wait long for brokers that are down. */
static const struct wv_retention_times retention_times = {
    .every_ms = 3600000, .retry_ms = 300000, .look_ms = 10000, .wait_ms = 3000};

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t hung_up;

/* The second one ends the process at once: what has not been acknowledged is repeated. */
static void on_signal(int number)
{
    if (signalled != 0) {
        _exit(128 + number);
    }
    signalled = number;
}

static void on_hangup(int number)
{
    (void)number;
    hung_up = 1;
}

void wv_service_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = on_hangup;
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* One lane a core that this process may use. */
static size_t lanes_of(const struct wv_config *config)
{
    if (config->delivery.lanes > 0) {
        return config->delivery.lanes;
    }
    cpu_set_t cores;
    CPU_ZERO(&cores);
    const int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count > 0 ? (size_t)count : 1;
}

size_t wv_service_lanes(const struct wv_service *service)
{
    return lanes_of(service->config);
}

struct wv_service *wv_service_new(struct wv_plan *plan, const struct wv_clock *clock,
                                  struct wv_report *report)
{
    const struct wv_config *config = wv_plan_config(plan);
    const bool known = wv_properties_check(config, report);
    if (!wv_properties_require(config, report) || !known) {
        return NULL;
    }
    struct wv_service *service = calloc(1, sizeof *service);
    if (service == NULL || !wv_routes_init(&service->routes, config)) {
        free(service);
        (void)wv_report_add(report, (struct wv_finding){0}, "there is no memory left");
        return NULL;
    }
    service->first = wv_plan_hold(plan);
    service->plan = wv_plan_hold(plan);
    service->config = config;
    service->clock = clock;
    wv_stop_init(&service->stop);
    atomic_store(&service->beat_ns, wv_clock_now_ns(clock));
    pthread_mutex_init(&service->mutex, NULL);
    return service;
}

void wv_service_free(struct wv_service *service)
{
    if (service == NULL) {
        return;
    }
    wv_routes_fini(&service->routes);
    for (size_t i = 0; i < service->notice_count; i++) {
        wv_plan_free(service->notices[i].plan);
    }
    wv_plan_free(service->plan);
    wv_plan_free(service->first);
    pthread_mutex_destroy(&service->mutex);
    free(service);
}

void wv_service_hook(struct wv_service *service, struct wv_service_hooks hooks)
{
    service->hooks = hooks;
}

void wv_service_ask_stop(struct wv_service *service)
{
    wv_stop_ask(&service->stop, WV_EXIT_OK);
}

void wv_service_end(struct wv_service *service, enum wv_exit code)
{
    wv_stop_ask(&service->stop, code);
}

/* Whether to leave; does on the way what others ask of this thread, and shows that the main thread
 * is alive. */
static bool must_stop(struct wv_service *service)
{
    atomic_store(&service->beat_ns, wv_clock_now_ns(service->clock));
    if (signalled != 0) {
        wv_stop_ask(&service->stop, WV_EXIT_OK);
    }
    if (hung_up != 0) {
        hung_up = 0;
        if (service->hooks.hangup != NULL) {
            service->hooks.hangup(service->hooks.user);
        }
    }
    if (service->hooks.turn != NULL) {
        service->hooks.turn(service->hooks.user);
    }
    wv_service_write_notices(service);
    return wv_stop_asked(&service->stop);
}

static void pause_ms(uint32_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Waits until brokers and topics are there. */
static void await_topics(struct wv_service *service)
{
    struct wv_preflight *preflight = wv_preflight_new(&service->routes, service->clock);
    if (preflight == NULL) {
        wv_stop_ask(&service->stop, WV_EXIT_CONFIG);
        return;
    }
    uint64_t blocked_since = 0;
    while (!must_stop(service)) {
        const enum wv_preflight_state state = wv_preflight_ask(preflight);
        const uint64_t now = wv_clock_now_ns(service->clock);
        if (state == WV_PREFLIGHT_READY) {
            break;
        }
        if (state != WV_PREFLIGHT_BLOCKED) {
            blocked_since = 0;
        } else if (blocked_since == 0) {
            blocked_since = now;
        } else if (now - blocked_since > (uint64_t)OUTPUT_LIMIT_MS * 1000000) {
            wv_stop_ask(&service->stop, WV_EXIT_OUTPUT);
        }
        pause_ms(PAUSE_MS);
    }
    wv_preflight_free(preflight);
}

/* The plan of the moment, with its lane, so that no change comes between. */
static bool start_lane(struct wv_service *service, size_t index, size_t count)
{
    pthread_mutex_lock(&service->mutex);
    const struct wv_lane_setup setup = {
        .dispatch = {.plan = service->plan,
                     .routes = &service->routes,
                     .stop = &service->stop,
                     .clock = service->clock,
                     .producers = count * service->routes.channel_count},
        .index = (uint32_t)index,
        .turn = service->turn,
        .lost = &service->lost};
    service->lanes[index] = wv_lane_start(&setup);
    const bool started = service->lanes[index] != NULL;
    service->lane_count += started;
    pthread_mutex_unlock(&service->mutex);
    return started;
}

static bool start_lanes(struct wv_service *service)
{
    const size_t count = lanes_of(service->config);
    struct wv_lane **lanes = calloc(count, sizeof(struct wv_lane *));
    service->lanes = lanes;
    bool good = lanes != NULL;
    for (size_t i = 0; good && i < count; i++) {
        good = start_lane(service, i, count);
    }
    return good;
}

/* Exactly once, each lane writes what it has counted, in its transactions. */
static size_t counted_lanes(const struct wv_service *service)
{
    return service->config->delivery.mode == WV_EXACTLY_ONCE ? 0 : service->lane_count;
}

/* Before partitions are given back: what was counted of them is written. */
static bool count_now(void *context)
{
    struct wv_service *service = context;
    return wv_windows_close(&service->windows, service->lanes, counted_lanes(service),
                            service->config->delivery.drain_ms);
}

static bool start_intakes(struct wv_service *service)
{
    const size_t count = service->routes.source_count;
    struct wv_intake **intakes = calloc(count, sizeof(struct wv_intake *));
    service->intakes = intakes;
    for (size_t i = 0; intakes != NULL && i < count; i++) {
        const struct wv_intake_setup setup = {.routes = &service->routes,
                                              .source = i,
                                              .lanes = service->lanes,
                                              .lane_count = service->lane_count,
                                              .stop = &service->stop,
                                              .clock = service->clock,
                                              .generation = &service->generation,
                                              .count =
                                                  service->windows.audit == NULL ? NULL : count_now,
                                              .context = service};
        intakes[i] = wv_intake_start(&setup);
        if (intakes[i] == NULL) {
            return false;
        }
        pthread_mutex_lock(&service->mutex);
        service->intake_count = i + 1;
        pthread_mutex_unlock(&service->mutex);
    }
    return intakes != NULL;
}

static void serve(struct wv_service *service)
{
    const uint64_t every_ns = (uint64_t)service->config->delivery.commit_ms * 1000000;
    uint64_t committed_ns = wv_clock_now_ns(service->clock);
    while (!must_stop(service) && !atomic_load(&service->stop.again)) {
        const bool due =
            service->windows.audit == NULL
                ? wv_clock_now_ns(service->clock) - committed_ns >= every_ns
                : wv_windows_turn(&service->windows, service->lanes, counted_lanes(service));
        if (due) {
            committed_ns = wv_clock_now_ns(service->clock);
        }
        for (size_t i = 0; i < service->intake_count; i++) {
            wv_intake_poll(service->intakes[i], POLL_MS / (int)service->intake_count);
            if (due) {
                wv_intake_commit(service->intakes[i]);
            }
        }
    }
}

/* Takes an intake out of the others' sight before it ends. */
static struct wv_intake *unhook_intake(struct wv_service *service)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_intake *intake =
        service->intake_count == 0 ? NULL : service->intakes[--service->intake_count];
    if (intake != NULL) {
        struct wv_intake_numbers numbers;
        (void)wv_intake_numbers(intake, &numbers, NULL, 0);
        service->gone.rebalances += numbers.rebalances;
        service->gone.commits += numbers.commits;
        service->gone.commit_errors += numbers.commit_errors;
    }
    pthread_mutex_unlock(&service->mutex);
    return intake;
}

static void stop_all(struct wv_service *service)
{
    for (struct wv_intake *intake = unhook_intake(service); intake != NULL;
         intake = unhook_intake(service)) {
        wv_intake_stop(intake);
    }
    (void)count_now(service);
    pthread_mutex_lock(&service->mutex);
    const size_t lanes = service->lane_count;
    service->lane_count = 0;
    pthread_mutex_unlock(&service->mutex);
    for (size_t i = 0; i < lanes; i++) {
        wv_lane_end(service->lanes[i]);
    }
    for (size_t i = 0; i < lanes; i++) {
        wv_lane_stop(service->lanes[i]);
    }
    free(service->lanes);
    free(service->intakes);
    service->lanes = NULL;
    service->intakes = NULL;
}

/* librdkafka takes and gives back batches of about a megabyte all the time. By default each would
 * be mapped and faulted in anew. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

static struct wv_plan *hold_plan(struct wv_service *service)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_plan *plan = wv_plan_hold(service->plan);
    pthread_mutex_unlock(&service->mutex);
    return plan;
}

static struct wv_plan *plan_of(void *context)
{
    return hold_plan(context);
}

/* Whoever declares how long records are kept is told whether they are; nothing depends on it. */
static void watch_retention(struct wv_service *service)
{
    const struct wv_retention_setup setup = {plan_of, service, retention_times};
    if (service->retention != NULL) {
        return;
    }
    struct wv_retention_watch *watch = wv_retention_watch_start(&setup);
    if (watch == NULL) {
        wv_log(WV_LOG_WARN, "retention_unknown",
               WV_FIELDS(wv_log_word("what", "there is no memory or thread left to ask for it")));
        return;
    }
    pthread_mutex_lock(&service->mutex);
    service->retention = watch;
    pthread_mutex_unlock(&service->mutex);
}

static void unwatch_retention(struct wv_service *service)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_retention_watch *watch = service->retention;
    service->retention = NULL;
    pthread_mutex_unlock(&service->mutex);
    wv_retention_watch_stop(watch);
}

/* Nothing is read before the audit knows that this process has begun. */
static void await_audit(struct wv_service *service)
{
    wv_audit_begin(service->windows.audit, service->lane_count);
    while (!must_stop(service) && !wv_audit_flush(service->windows.audit, POLL_MS)) {
    }
}

/* From the first look at the brokers until something says stop, or start over. */
static void run_once(struct wv_service *service)
{
    await_topics(service);
    if (must_stop(service)) {
        return;
    }
    watch_retention(service);
    if (!start_lanes(service)) {
        wv_stop_ask(&service->stop, WV_EXIT_INTERNAL);
        return;
    }
    await_audit(service);
    if (must_stop(service)) {
        return;
    }
    if (!start_intakes(service)) {
        wv_stop_ask(&service->stop, WV_EXIT_INTERNAL);
        return;
    }
    atomic_store(&service->phase, WV_PHASE_RUNNING);
    struct wv_plan *plan = hold_plan(service);
    wv_log(WV_LOG_INFO, "started",
           WV_FIELDS(wv_log_word("version", WV_VERSION), wv_log_word("plan", wv_plan_version(plan)),
                     wv_log_number("lanes", (int64_t)service->lane_count),
                     wv_log_number("inputs", (int64_t)service->config->input_count),
                     wv_log_number("outputs", (int64_t)service->config->output_count)));
    wv_plan_free(plan);
    serve(service);
}

/* The producers were refused. Waits, and says whether to try again. */
static bool try_again(struct wv_service *service, uint64_t *since_ns)
{
    const uint64_t now = wv_clock_now_ns(service->clock);
    if (*since_ns == 0 || now - *since_ns > 2 * (uint64_t)OUTPUT_LIMIT_MS * 1000000) {
        *since_ns = now;
    } else if (now - *since_ns > (uint64_t)OUTPUT_LIMIT_MS * 1000000) {
        wv_stop_ask(&service->stop, WV_EXIT_OUTPUT);
    }
    atomic_store(&service->phase, WV_PHASE_PREFLIGHT);
    atomic_store(&service->stop.again, false);
    for (uint32_t waited = 0; waited < REFUSED_MS && !must_stop(service); waited += POLL_MS) {
        pause_ms(POLL_MS);
    }
    return !must_stop(service);
}

static enum wv_exit run_all(struct wv_service *service)
{
    uint64_t refused_since_ns = 0;
    const struct wv_audit_setup audit = {.plan = service->first,
                                         .clock = service->clock,
                                         .stop = &service->stop,
                                         .trouble = &service->audit_trouble};
    if (!wv_windows_init(&service->windows, &audit)) {
        return WV_EXIT_INTERNAL;
    }
    do {
        run_once(service);
        if (wv_stop_asked(&service->stop)) {
            atomic_store(&service->phase, WV_PHASE_STOPPING);
            wv_log(WV_LOG_INFO, "stopping", WV_FIELDS(wv_log_number("signal", signalled)));
        }
        stop_all(service);
    } while (!wv_stop_asked(&service->stop) && try_again(service, &refused_since_ns));
    int code = atomic_load(&service->stop.code);
    unwatch_retention(service);
    wv_service_write_notices(service);
    const bool written = wv_windows_end(&service->windows, code, signalled);
    code = !written && code == WV_EXIT_OK ? WV_EXIT_OUTPUT : code;
    wv_log(code == WV_EXIT_OK ? WV_LOG_INFO : WV_LOG_ERROR, "stopped",
           WV_FIELDS(wv_log_number("exit", code)));
    return (enum wv_exit)code;
}

enum wv_exit wv_service_run(struct wv_service *service)
{
    const struct wv_wall_setup wall = {service->clock, WALL_LOOK_MS, wv_wall_end_process, NULL};
    keep_memory();
    wv_service_catch_signals();
    struct wv_wall_watch *watch = wv_wall_watch_start(&wall);
    const enum wv_exit code = watch == NULL ? WV_EXIT_INTERNAL : run_all(service);
    wv_wall_watch_stop(watch);
    return code;
}
