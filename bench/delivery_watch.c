/*
 * delivery_watch.c — CPU time of a process from one count of published records to another.
 *
 * Both are read together, so that neither start-up nor the end of the input is in it.
 */
#include "bench/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_NS = 20000000, /* between two looks: it must not keep the broker busy */
    ASK_MS = 5000,
    STALL_S = 300, /* seconds without one record, also at the start: something is wrong */
    STAT_MAX = 2048,
};

/* Where the output ends, with what is not committed yet. */
static uint64_t published(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list)
{
    uint64_t sum = 0;
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    if (rd_kafka_offsets_for_times(client, list, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    for (int i = 0; i < list->cnt; i++) {
        sum += list->elems[i].offset > 0 ? (uint64_t)list->elems[i].offset : 0;
    }
    return sum;
}

/* User and system time of all its threads, also of those that have ended. */
static bool cpu_seconds(uint64_t pid, double *seconds)
{
    char path[64];
    char text[STAT_MAX];
    (void)snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    const size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')'); /* the program's name may have anything in it */
    for (int field = 2; at != NULL && field < 14; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    char *next = NULL;
    const unsigned long long user = strtoull(at, &next, 10);
    const unsigned long long system = strtoull(next, NULL, 10);
    *seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

struct moment {
    uint64_t records;
    uint64_t ns;
    double cpu_s;
};

static struct moment wait_for(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list,
                              uint64_t pid, uint64_t records)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    uint64_t seen = 0;
    uint64_t seen_ns = delivery_now_ns();
    for (;;) {
        struct moment now = {.records = published(client, list)};
        now.ns = delivery_now_ns();
        if (!cpu_seconds(pid, &now.cpu_s)) {
            delivery_fail("watch", "the process has ended");
        }
        if (now.records >= records) {
            return now;
        }
        if (now.records > seen) {
            seen = now.records;
            seen_ns = now.ns;
        }
        if (now.ns - seen_ns > (uint64_t)STALL_S * 1000000000) {
            delivery_fail("watch", "nothing is published any more");
        }
        (void)nanosleep(&pause, NULL);
    }
}

int delivery_watch(const struct delivery *delivery, uint64_t pid, uint64_t from, uint64_t to)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    delivery_set(
        conf, "bootstrap.servers",
        wv_settings_brokers(
            &delivery->routes.channels[delivery->routes.destinations[0].channel].settings));
    delivery_set(conf, "isolation.level", "read_uncommitted");
    rd_kafka_t *client = wv_client_new(WV_ROLE_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(DELIVERY_PARTITIONS);
    for (int32_t i = 0; i < DELIVERY_PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, delivery->output, i);
    }
    if (client == NULL) {
        delivery_fail("watch", "no client");
    }
    const struct moment first = wait_for(client, list, pid, from);
    const struct moment last = wait_for(client, list, pid, to);
    const uint64_t records = last.records - first.records;
    if (records == 0) {
        delivery_fail("watch", "all was published between two looks: take more records");
    }
    (void)printf("{\"records\":%llu,\"wall_s\":%.4f,\"cpu_s\":%.2f,\"cpu_us\":%.3f}\n",
                 (unsigned long long)records, (double)(last.ns - first.ns) / 1e9,
                 last.cpu_s - first.cpu_s, (last.cpu_s - first.cpu_s) * 1e6 / (double)records);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return 0;
}
