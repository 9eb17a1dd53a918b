/*
 * cmd_demo.c — the service at work, with brokers and made-up records in one process.
 *
 * The service is the real one: it joins a consumer group, reads, protects, writes and commits over
 * TCP as it does anywhere. Only its brokers are librdkafka's embedded ones. It shows raw values,
 * which it may because they are made up.
 */
#include "app/commands.h"
#include "app/demo_config.h"
#include "app/demo_records.h"
#include "app/demo_samples.h"
#include "app/demo_summary.h"

#include "base/log.h"
#include "runtime/service.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RECORDS = 100000,
    RECORDS_MAX = 100000000,
    SEED = 1,
    FEED_BATCH = 500, /* records between two looks at what came out */
    WAIT_MS = 2,      /* for something to come out, when nothing can be fed */
    STALL_MS = 30000, /* without any record coming out: something is wrong */
    SETTLE_MS = 3000, /* for the service to publish its own numbers */
    SURPLUS_MS = 200, /* how long to look for messages that should not be there */
    PROGRESS_MS = 200,
    PROGRESS_WIDTH = 60,
};

struct demo {
    const struct wv_colors *colors;
    const struct wv_clock *clock;
    uint64_t records;
    uint64_t seed;
    bool shows_progress;
    struct wv_demo_broker *broker;
    const struct wv_demo_counts *counts;
    struct wv_demo_records source;
    size_t partition; /* that the next record goes to, if it has room */
    struct wv_plan *plan;
    struct wv_service *service;
    pthread_t thread;
    _Atomic bool ended; /* the service has, be it by Ctrl-C */
    enum wv_exit code;  /* of the service, once its thread is joined */
    uint64_t started_ns;
    uint64_t first_ns; /* when the first record came out; 0: none has */
    uint64_t last_ns;
    uint64_t progress_ns;
};

static void say(const struct demo *demo, const char *text)
{
    (void)printf("%s==>%s %s\n", demo->colors->green, demo->colors->off, text);
    (void)fflush(stdout);
}

static void *serve(void *argument)
{
    struct demo *demo = argument;
    demo->code = wv_service_run(demo->service);
    atomic_store(&demo->ended, true);
    return NULL;
}

static bool open_plan(struct demo *demo, struct wv_report *report)
{
    struct wv_config *config = wv_demo_config(wv_demo_broker_servers(demo->broker), report);
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    if (config == NULL || keyring == NULL) {
        wv_config_free(config);
        wv_keyring_free(keyring);
        return false;
    }
    demo->plan = wv_plan_build(config, keyring, report);
    return demo->plan != NULL;
}

static bool start_service(struct demo *demo)
{
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return false;
    }
    if (open_plan(demo, report)) {
        demo->service = wv_service_new(demo->plan, demo->clock, report);
    }
    if (wv_report_errors(report) > 0) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    if (demo->service == NULL) {
        return false;
    }
    if (pthread_create(&demo->thread, NULL, serve, demo) != 0) {
        wv_service_free(demo->service);
        demo->service = NULL;
        return false;
    }
    return true;
}

static void stop_service(struct demo *demo)
{
    if (demo->service != NULL) {
        wv_service_ask_stop(demo->service);
        (void)pthread_join(demo->thread, NULL);
        wv_service_free(demo->service);
        demo->service = NULL;
    }
}

/* The next partition with room; false: none has. */
static bool find_room(struct demo *demo)
{
    for (size_t i = 0; i < WV_DEMO_PARTITIONS; i++) {
        if (wv_demo_has_room(demo->counts, demo->partition)) {
            return true;
        }
        demo->partition = (demo->partition + 1) % WV_DEMO_PARTITIONS;
    }
    return false;
}

/* Whether anything was fed. A record that did not fit is kept for the next time. */
static bool feed(struct demo *demo, uint64_t *fed)
{
    const uint64_t before = *fed;
    for (size_t i = 0; i < FEED_BATCH && *fed < demo->records && find_room(demo); i++) {
        if (demo->source.made == *fed) {
            wv_demo_records_next(&demo->source);
        }
        if (!wv_demo_broker_feed(demo->broker, demo->partition, demo->source.key,
                                 demo->source.value)) {
            break;
        }
        (*fed)++;
        demo->partition = (demo->partition + 1) % WV_DEMO_PARTITIONS;
    }
    return *fed > before;
}

static void show_progress(struct demo *demo, uint64_t accounted)
{
    const uint64_t now = wv_clock_now_ns(demo->clock);
    if (demo->shows_progress && now - demo->progress_ns > (uint64_t)PROGRESS_MS * 1000000) {
        demo->progress_ns = now;
        (void)printf("\r    %llu of %llu records ", (unsigned long long)accounted,
                     (unsigned long long)demo->records);
        (void)fflush(stdout);
    }
}

static void end_progress(const struct demo *demo)
{
    if (demo->shows_progress) {
        (void)printf("\r%*s\r", PROGRESS_WIDTH, "");
    }
}

/* Feeds and counts until every record has come out. False, explained, when that does not happen. */
static bool protect_all(struct demo *demo)
{
    uint64_t fed = 0;
    uint64_t accounted = 0;
    demo->last_ns = wv_clock_now_ns(demo->clock);
    while (accounted < demo->records && demo->counts->unfed == 0 && demo->counts->strange == 0) {
        const bool busy = feed(demo, &fed);
        const size_t counted = wv_demo_broker_count(demo->broker, busy ? 0 : WAIT_MS);
        const uint64_t now = wv_clock_now_ns(demo->clock);
        if (counted > 0) {
            accounted = wv_demo_accounted(demo->counts);
            demo->first_ns = demo->first_ns == 0 ? now : demo->first_ns;
            demo->last_ns = now;
        }
        show_progress(demo, accounted);
        if (atomic_load(&demo->ended)) {
            end_progress(demo);
            (void)fprintf(stderr,
                          "wafveil: interrupted: %llu of %llu records had come out, and nothing "
                          "was checked\n",
                          (unsigned long long)accounted, (unsigned long long)demo->records);
            return false;
        }
        if (now - demo->last_ns > (uint64_t)STALL_MS * 1000000) {
            end_progress(demo);
            (void)fprintf(stderr, "wafveil: no record came out for %d seconds\n", STALL_MS / 1000);
            break;
        }
    }
    end_progress(demo);
    return true;
}

/* Lanes publish their numbers now and then: waits until they speak of all records. */
static bool take_snapshot(struct demo *demo, struct wv_snapshot *snapshot)
{
    const uint64_t from = wv_clock_now_ns(demo->clock);
    for (;;) {
        if (!wv_service_snapshot(demo->service, snapshot)) {
            return false;
        }
        const bool late = wv_clock_now_ns(demo->clock) - from > (uint64_t)SETTLE_MS * 1000000;
        if (snapshot->sum.tally.records_in >= demo->records || late) {
            return true;
        }
        wv_snapshot_free(snapshot);
        (void)wv_demo_broker_count(demo->broker, WAIT_MS);
    }
}

static void look_for_surplus(struct demo *demo)
{
    const uint64_t from = wv_clock_now_ns(demo->clock);
    while (wv_clock_now_ns(demo->clock) - from < (uint64_t)SURPLUS_MS * 1000000) {
        (void)wv_demo_broker_count(demo->broker, WAIT_MS);
    }
}

static long cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void say_next(const struct demo *demo)
{
    const char *name = program_invocation_name;
    (void)printf("\n%sNext%s\n", demo->colors->bold, demo->colors->off);
    (void)printf("  %s try                 records with the reason for every change\n", name);
    (void)printf("  %s try FILE            your records, one a line\n", name);
    (void)printf("  %s explain --region eu,us-ca --class client_ip\n", name);
    (void)printf("  %s check --config FILE everything that is wrong with your configuration\n",
                 name);
    (void)printf("  echo "
                 "'{\"webaclId\":\"shop\",\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"198."
                 "51.100.7\","
                 "\"args\":\"q=ann%%40example.org\"}}' |\n    %s filter --region eu\n",
                 name);
    (void)printf("  docs/guide.md: from here to a service on your own Kafka\n");
}

static enum wv_exit conclude(struct demo *demo)
{
    struct wv_snapshot snapshot;
    if (!take_snapshot(demo, &snapshot)) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    stop_service(demo);
    look_for_surplus(demo);
    const struct wv_demo_summary summary = {
        .counts = demo->counts,
        .tally = &snapshot.sum.tally,
        .records = demo->records,
        .committed = wv_demo_broker_committed(demo->broker),
        .busy_ns = demo->last_ns - demo->first_ns,
        .total_ns = wv_clock_now_ns(demo->clock) - demo->started_ns,
        .cores = cores(),
    };
    const bool holds = wv_demo_summarise(&summary, demo->colors);
    wv_snapshot_free(&snapshot);
    if (holds) {
        say_next(demo);
    }
    return holds ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

static enum wv_exit run(struct demo *demo)
{
    say(demo, "Kafka: an embedded broker in this process, topics " WV_DEMO_RAW
              ", " WV_DEMO_PROTECTED ", " WV_DEMO_REJECTS);
    demo->broker = wv_demo_broker_start();
    if (demo->broker == NULL) {
        (void)fputs("wafveil: the embedded broker cannot be started; are loopback connections "
                    "forbidden here?\n",
                    stderr);
        return WV_EXIT_CONFIG;
    }
    demo->counts = wv_demo_broker_counts(demo->broker);
    say(demo,
        "Service: the real one, with a throwaway key: its tokens mean nothing after this run");
    if (!start_service(demo)) {
        (void)fputs("wafveil: the service cannot be started\n", stderr);
        return WV_EXIT_CONFIG;
    }
    say(demo, "Records: AWS WAF logs, all made up. Raw values are shown only because of that:");
    if (!wv_demo_samples(demo->plan, demo->seed, demo->colors)) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    (void)fputc('\n', stdout);
    char text[96];
    (void)snprintf(text, sizeof text, "Protects %llu records, some of them broken on purpose",
                   (unsigned long long)demo->records);
    say(demo, text);
    return protect_all(demo) ? conclude(demo) : WV_EXIT_CONFIG;
}

enum wv_exit wv_cmd_demo(const struct wv_arguments *arguments)
{
    uint32_t records;
    uint32_t seed;
    if (!wv_argument_number(arguments, "records", 1, RECORDS_MAX, RECORDS, &records) ||
        !wv_argument_number(arguments, "seed", 0, UINT32_MAX, SEED, &seed)) {
        return WV_EXIT_USAGE;
    }
    struct demo *demo = calloc(1, sizeof *demo);
    if (demo == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    wv_log_init((struct wv_log_config){.level = WV_LOG_WARN, .file = STDERR_FILENO});
    demo->colors = wv_colors_choose(wv_argument_text(arguments, "color"));
    demo->clock = wv_clock_system();
    demo->started_ns = wv_clock_now_ns(demo->clock);
    demo->records = records;
    demo->seed = seed;
    demo->shows_progress = isatty(STDOUT_FILENO) != 0;
    wv_demo_records_init(&demo->source, seed, records);
    const enum wv_exit code = run(demo);
    stop_service(demo);
    wv_demo_broker_stop(demo->broker);
    wv_plan_free(demo->plan);
    free(demo);
    return code;
}
