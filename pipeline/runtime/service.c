/*
 * service.c — `wafveil run`: from the first look at the brokers to the last commit.
 */
#include "runtime/service.h"

#include "base/log.h"
#include "runtime/intake.h"
#include "runtime/preflight.h"
#include "runtime/windows.h"

#include <malloc.h>
#include <pthread.h>
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
    HANG_MS = 60000,   /* a thread that does nothing for so long hangs */
    STALL_MS = 30000,  /* no acknowledgement for so long: not ready */
};

/* What waits to be written to the audit. */
enum { NOTICES_MAX = 64 };

struct waiting_notice {
    struct wv_notice notice;
    struct wv_plan *plan; /* held: that lanes go on by; NULL: as before */
};

enum phase { PHASE_PREFLIGHT = 0, PHASE_RUNNING, PHASE_STOPPING };

struct wv_service {
    struct wv_plan *first;          /* held: routes and config are its */
    const struct wv_config *config; /* what does not change while it runs */
    const struct wv_clock *clock;
    struct wv_routes routes;
    struct wv_stop stop;
    struct wv_service_hooks hooks;
    uint32_t generation;
    _Atomic uint64_t lost;
    _Atomic uint64_t beat_ns;
    _Atomic int phase; /* enum phase */
    struct wv_windows windows;
    _Atomic bool audit_trouble; /* its topic cannot be written */

    pthread_mutex_t mutex; /* over what follows: others look at it */
    struct waiting_notice notices[NOTICES_MAX];
    size_t notice_count;
    struct wv_plan *plan; /* held: what lanes work by, or soon will */
    struct wv_lane **lanes;
    size_t lane_count;
    struct wv_intake **intakes;
    size_t intake_count;
    struct wv_intake_numbers gone; /* of intakes that are no more */
};

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

static void catch_signals(void)
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

static void free_turns(struct wv_lane_turn **turns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wv_lane_turn_free(turns[i]);
    }
}

/* One for each lane, or none at all; under the mutex. */
static bool prepare_turns(const struct wv_service *service, struct wv_plan *plan,
                          struct wv_lane_turn **turns)
{
    for (size_t i = 0; i < service->lane_count; i++) {
        turns[i] = wv_lane_turn_new(plan);
        if (turns[i] == NULL) {
            free_turns(turns, i);
            return false;
        }
    }
    return true;
}

/* Under the mutex. */
static bool add_notice(struct wv_service *service, struct wv_notice notice, struct wv_plan *plan)
{
    if (service->config->audit_topic.len == 0) {
        return true;
    }
    if (service->notice_count == NOTICES_MAX) {
        return false;
    }
    service->notices[service->notice_count++] =
        (struct waiting_notice){notice, plan == NULL ? NULL : wv_plan_hold(plan)};
    return true;
}

bool wv_service_note(struct wv_service *service, struct wv_notice notice)
{
    pthread_mutex_lock(&service->mutex);
    const bool added = add_notice(service, notice, NULL);
    pthread_mutex_unlock(&service->mutex);
    return added;
}

bool wv_service_use(struct wv_service *service, struct wv_plan *plan, struct wv_notice notice)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_lane_turn **turns = calloc(service->lane_count + 1, sizeof *turns);
    bool good = turns != NULL && prepare_turns(service, plan, turns);
    if (good && !add_notice(service, notice, plan)) {
        free_turns(turns, service->lane_count);
        good = false;
    }
    for (size_t i = 0; good && i < service->lane_count; i++) {
        wv_lane_use(service->lanes[i], turns[i]);
    }
    struct wv_plan *before = good ? service->plan : NULL;
    service->plan = good ? wv_plan_hold(plan) : service->plan;
    pthread_mutex_unlock(&service->mutex);
    wv_plan_free(before);
    free(turns);
    return good;
}

/* Writes what others asked to be written. A change of plan ends the window, so that what lanes have
 * counted by earlier plans does not grow. */
static void write_notices(struct wv_service *service)
{
    struct waiting_notice notices[NOTICES_MAX];
    pthread_mutex_lock(&service->mutex);
    const size_t count = service->notice_count;
    memcpy(notices, service->notices, count * sizeof *notices);
    service->notice_count = 0;
    pthread_mutex_unlock(&service->mutex);
    for (size_t i = 0; i < count; i++) {
        const struct wv_notice *notice = &notices[i].notice;
        wv_audit_event(
            service->windows.audit, notice->event,
            WV_FIELDS(wv_log_word("by", notice->by), wv_log_number("errors", notice->errors)));
        if (notices[i].plan != NULL) {
            wv_audit_plan(service->windows.audit, notices[i].plan);
            service->windows.early = true;
        }
        wv_plan_free(notices[i].plan);
    }
}

void wv_service_turns(struct wv_service *service, size_t *done, size_t *lanes)
{
    *done = 0;
    pthread_mutex_lock(&service->mutex);
    *lanes = service->lane_count;
    for (size_t i = 0; i < service->lane_count; i++) {
        *done += wv_lane_uses(service->lanes[i], service->plan);
    }
    pthread_mutex_unlock(&service->mutex);
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
    write_notices(service);
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

/* Before partitions are given back: what was counted of them is written. */
static bool count_now(void *context)
{
    struct wv_service *service = context;
    return wv_windows_close(&service->windows, service->lanes, service->lane_count,
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
                : wv_windows_turn(&service->windows, service->lanes, service->lane_count);
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
    atomic_store(&service->phase, PHASE_RUNNING);
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
    atomic_store(&service->phase, PHASE_PREFLIGHT);
    atomic_store(&service->stop.again, false);
    for (uint32_t waited = 0; waited < REFUSED_MS && !must_stop(service); waited += POLL_MS) {
        pause_ms(POLL_MS);
    }
    return !must_stop(service);
}

enum wv_exit wv_service_run(struct wv_service *service)
{
    keep_memory();
    catch_signals();
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
            atomic_store(&service->phase, PHASE_STOPPING);
            wv_log(WV_LOG_INFO, "stopping", WV_FIELDS(wv_log_number("signal", signalled)));
        }
        stop_all(service);
    } while (!wv_stop_asked(&service->stop) && try_again(service, &refused_since_ns));
    int code = atomic_load(&service->stop.code);
    write_notices(service);
    const bool written = wv_windows_end(&service->windows, code, signalled);
    code = !written && code == WV_EXIT_OK ? WV_EXIT_OUTPUT : code;
    wv_log(code == WV_EXIT_OK ? WV_LOG_INFO : WV_LOG_ERROR, "stopped",
           WV_FIELDS(wv_log_number("exit", code)));
    return (enum wv_exit)code;
}

bool wv_service_is_live(struct wv_service *service)
{
    const uint64_t now = wv_clock_now_ns(service->clock);
    const uint64_t drain_ns = (uint64_t)service->config->delivery.drain_ms * 1000000;
    const uint64_t hang_ns = (uint64_t)HANG_MS * 1000000;
    const int phase = atomic_load(&service->phase);
    if (phase == PHASE_STOPPING) {
        return true; /* it ends by itself, and has its time for that */
    }
    struct wv_snapshot snapshot;
    if (!wv_service_snapshot(service, &snapshot)) {
        return false;
    }
    const uint64_t lane_beat_ns = snapshot.sum.beat_ns;
    wv_snapshot_free(&snapshot);
    return now < atomic_load(&service->beat_ns) + drain_ns + hang_ns &&
           (phase != PHASE_RUNNING || now < lane_beat_ns + hang_ns);
}

static bool not_ready(struct wv_buf *reason, const char *text)
{
    wv_buf_put(reason, wv_slice_of(text));
    return false;
}

/* The intakes' part of the snapshot; under the mutex. */
static bool look_at_intakes(struct wv_service *service, struct wv_snapshot *snapshot)
{
    struct wv_intake_numbers all = service->gone;
    all.assigned = service->intake_count > 0;
    for (size_t i = 0; i < service->intake_count; i++) {
        struct wv_intake_numbers numbers;
        const size_t count = wv_intake_numbers(service->intakes[i], &numbers, NULL, 0);
        const size_t room = snapshot->partition_count + count;
        struct wv_partition_numbers *partitions =
            realloc(snapshot->partitions, (room + 1) * sizeof *partitions);
        if (partitions == NULL) {
            return false;
        }
        snapshot->partitions = partitions;
        const size_t now = wv_intake_numbers(service->intakes[i], &numbers,
                                             partitions + snapshot->partition_count, count);
        snapshot->partition_count += now < count ? now : count;
        all.rebalances += numbers.rebalances;
        all.commits += numbers.commits;
        all.commit_errors += numbers.commit_errors;
        all.assigned = all.assigned && numbers.assigned;
    }
    snapshot->rebalances = all.rebalances;
    snapshot->commits = all.commits;
    snapshot->commit_errors = all.commit_errors;
    snapshot->ready = all.assigned;
    return true;
}

static uint64_t older(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The lanes' part of the snapshot; under the mutex. */
static void look_at_lanes(struct wv_service *service, struct wv_snapshot *snapshot,
                          struct wv_lane_numbers *lane, struct wv_destination_numbers *destinations)
{
    struct wv_lane_numbers *sum = &snapshot->sum;
    sum->beat_ns = UINT64_MAX;
    sum->progress_ns = UINT64_MAX;
    for (size_t i = 0; i < service->lane_count; i++) {
        wv_lane_numbers(service->lanes[i], lane, destinations);
        wv_tally_add(&sum->tally, &lane->tally);
        sum->delivery.too_large += lane->delivery.too_large;
        sum->delivery.rejects_unsent += lane->delivery.rejects_unsent;
        sum->delivery.held += lane->delivery.held;
        sum->delivery.blocked_ns = UINT64_MAX - older(UINT64_MAX - sum->delivery.blocked_ns,
                                                      UINT64_MAX - lane->delivery.blocked_ns);
        sum->queued += lane->queued;
        sum->in_flight += lane->in_flight;
        sum->beat_ns = older(sum->beat_ns, lane->beat_ns);
        sum->progress_ns = older(sum->progress_ns, lane->progress_ns);
        for (size_t k = 0; k < snapshot->destination_count; k++) {
            wv_destination_add(&snapshot->destinations[k], &destinations[k]);
        }
    }
}

bool wv_service_snapshot(struct wv_service *service, struct wv_snapshot *snapshot)
{
    *snapshot = (struct wv_snapshot){.destination_count = service->routes.destination_count};
    const size_t count = snapshot->destination_count + 1;
    snapshot->destinations = calloc(count, sizeof *snapshot->destinations);
    struct wv_destination_numbers *destinations = calloc(count, sizeof *destinations);
    struct wv_lane_numbers *lane = calloc(1, sizeof *lane);
    bool good = snapshot->destinations != NULL && destinations != NULL && lane != NULL;
    if (good) {
        pthread_mutex_lock(&service->mutex);
        look_at_lanes(service, snapshot, lane, destinations);
        good = look_at_intakes(service, snapshot);
        pthread_mutex_unlock(&service->mutex);
    }
    free(destinations);
    free(lane);
    if (!good) {
        wv_snapshot_free(snapshot);
        return false;
    }
    snapshot->lost = atomic_load(&service->lost);
    return true;
}

void wv_snapshot_free(struct wv_snapshot *snapshot)
{
    free(snapshot->destinations);
    free(snapshot->partitions);
    *snapshot = (struct wv_snapshot){0};
}

bool wv_service_is_ready(struct wv_service *service, struct wv_buf *reason)
{
    const int phase = atomic_load(&service->phase);
    if (phase == PHASE_PREFLIGHT) {
        return not_ready(reason, "waiting for brokers and topics; the log names them");
    }
    if (phase == PHASE_STOPPING) {
        return not_ready(reason, "stopping");
    }
    struct wv_snapshot snapshot;
    if (!wv_service_snapshot(service, &snapshot)) {
        return not_ready(reason, "out of memory");
    }
    const bool assigned = snapshot.ready;
    const bool blocked = snapshot.sum.delivery.blocked_ns > 0;
    const bool stalled =
        wv_clock_now_ns(service->clock) > snapshot.sum.progress_ns + (uint64_t)STALL_MS * 1000000;
    wv_snapshot_free(&snapshot);
    if (atomic_load(&service->audit_trouble)) {
        return not_ready(reason, "the audit topic cannot be written; the log says why");
    }
    if (!assigned) {
        return not_ready(reason, "waiting for the consumer group");
    }
    if (blocked) {
        return not_ready(reason, "an output cannot be written; the log names it");
    }
    return stalled ? not_ready(reason, "the brokers do not acknowledge") : true;
}
