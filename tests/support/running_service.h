/*
 * running_service.h — a service that runs in the process of a test, on brokers that librdkafka
 * embeds: its folder, the brokers, who feeds and who reads, and its thread.
 *
 * One at a time, in `run`. The test writes the configuration itself.
 */
#ifndef WV_TESTS_RUNNING_SERVICE_H
#define WV_TESTS_RUNNING_SERVICE_H

#include "findings.h"
#include "runtime/service.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h> /* needs the other before it */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static struct running_service {
    char folder[64];
    char config[96]; /* path of wafveil.json in the folder */
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *producer;
    rd_kafka_t *consumer;
    struct wv_plan *plan;
    struct wv_service *service;
    pthread_t thread;
    bool is_on;
    const struct wv_clock *clock; /* NULL: the machine's */
    enum wv_exit code;            /* of the service, */
    _Atomic bool has_ended;       /* once it has ended, asked or not */
} run;

struct running_topic {
    const char *name;
    int partitions;
};

static inline void running_write(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", run.folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* Without the line that says that no broker was named: the embedded ones are not there yet. */
static inline rd_kafka_conf_t *running_quiet(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    return conf;
}

/* Another client of the same brokers; a consumer is of the group. */
static inline rd_kafka_t *running_client(rd_kafka_type_t type, const char *group)
{
    char why[256];
    rd_kafka_conf_t *conf = running_quiet();
    const char *const settings[][2] = {
        {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(run.cluster)},
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"fetch.wait.max.ms", "10"}};
    for (size_t i = 0; i < (type == RD_KAFKA_CONSUMER ? WV_COUNT(settings) : 1); i++) {
        ck_assert_int_eq(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why),
                         RD_KAFKA_CONF_OK);
    }
    rd_kafka_t *made = rd_kafka_new(type, conf, why, sizeof why);
    ck_assert_msg(made != NULL, "%s", why);
    return made;
}

/* The consumer goes to the first record of each partition. */
static inline void running_read(const char *topic, int partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    }
    ck_assert_int_eq(rd_kafka_assign(run.consumer, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
}

/* An empty folder whose name begins so. */
static inline void running_make_folder(const char *name)
{
    (void)snprintf(run.folder, sizeof run.folder, "/tmp/wafveil-%s-XXXXXX", name);
    ck_assert_ptr_nonnull(mkdtemp(run.folder));
    (void)snprintf(run.config, sizeof run.config, "%s/wafveil.json", run.folder);
}

static inline void running_start_brokers(int brokers, const struct running_topic *topics,
                                         size_t count)
{
    run.owner = rd_kafka_new(RD_KAFKA_PRODUCER, running_quiet(), NULL, 0);
    run.cluster = rd_kafka_mock_cluster_new(run.owner, brokers);
    ck_assert_ptr_nonnull(run.cluster);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(
            rd_kafka_mock_topic_create(run.cluster, topics[i].name, topics[i].partitions, brokers),
            0);
    }
    run.producer = running_client(RD_KAFKA_PRODUCER, NULL);
    run.consumer = running_client(RD_KAFKA_CONSUMER, "reader");
}

/* A configuration that is enough where something else is at stake: from `in` to `out`, by one lane
 * of the group `g`. */
static inline void running_write_plain(void)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\","
                   "\"session.timeout.ms\":\"2500\",\"heartbeat.interval.ms\":\"100\"},"
                   "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":"
                   "\"fixed\",\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":"
                   "\"tenant\"}],\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":"
                   "\"security\"}],\"http\":{\"listen\":\"\"},\"log\":{\"level\":\"error\"},"
                   "\"delivery\":{\"lanes\":1,\"drain_ms\":1000,\"commit_ms\":100}}",
                   rd_kafka_mock_cluster_bootstraps(run.cluster));
    running_write("wafveil.json", text);
}

/* As many records for its input. */
static inline void running_feed(int32_t partition, int count)
{
    char record[] = "{\"timestamp\":1795000000000,\"httpRequest\":{\"clientIp\":\"198.51.100.7\"}}";
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(
            rd_kafka_producev(run.producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE(record, sizeof record - 1),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ck_assert_int_eq(rd_kafka_flush(run.producer, 60000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Makes the service of what has been written; it does not run yet. */
static inline void running_load(void)
{
    struct wv_report *report = wv_report_new();
    run.plan = wv_plan_load(run.config, report);
    const struct wv_clock *clock = run.clock == NULL ? wv_clock_system() : run.clock;
    run.service = run.plan == NULL ? NULL : wv_service_new(run.plan, clock, report);
    if (run.service == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(run.service);
    wv_report_free(report);
}

static inline void *running_serve(void *unused)
{
    run.code = wv_service_run(run.service);
    run.has_ended = true;
    return unused;
}

static inline void running_start(void)
{
    run.has_ended = false;
    ck_assert_int_eq(pthread_create(&run.thread, NULL, running_serve, NULL), 0);
    run.is_on = true;
}

/* Until it has ended by itself; its exit code. */
static inline enum wv_exit running_await(void)
{
    ck_assert(run.is_on);
    ck_assert_int_eq(pthread_join(run.thread, NULL), 0);
    run.is_on = false;
    return run.code;
}

static inline void running_stop(void)
{
    wv_service_ask_stop(run.service);
    ck_assert_int_eq(running_await(), WV_EXIT_OK);
}

/* Takes the service away, which does not run any more; the brokers stay. */
static inline void running_unload(void)
{
    ck_assert(!run.is_on);
    wv_service_free(run.service);
    wv_plan_free(run.plan);
    run.service = NULL;
    run.plan = NULL;
}

/* Ends all; the files are those that may be in the folder: anything else there fails the test. */
static inline void running_end(const char *const *files, size_t count)
{
    running_unload();
    rd_kafka_destroy(run.producer);
    rd_kafka_destroy(run.consumer);
    rd_kafka_mock_cluster_destroy(run.cluster);
    rd_kafka_destroy(run.owner);
    for (size_t i = 0; i < count; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", run.folder, files[i]);
        (void)unlink(path);
    }
    ck_assert_int_eq(rmdir(run.folder), 0);
    run = (struct running_service){0};
}

#endif
