/*
 * feeder.c — writes numbered records to a topic until it is told to stop, and says how many
 * arrived.
 *
 *     feeder brokers=B topic=T folder=F partitions=N clients=N [run=N] [seed=N] [poison=N]
 *            [count=N] [rate=N] [time=MS]
 *
 * folder: has `raw` (templates) and `keys` (a Kafka key for each client).
 * count:  records of all partitions together; 0: until SIGTERM
 * rate:   records a second; 0: as fast as it can
 *
 * Prints `PARTITION RECORDS` for each partition when all of them are acknowledged. It ends with 1
 * when a record cannot be delivered, or has another offset than its number: then nothing that is
 * found out with them would mean anything.
 */
#include "records.h"

#include <librdkafka/rdkafka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

static char text[512];
static volatile sig_atomic_t stopping;

struct feeder {
    struct run run;
    struct templates raw;
    struct lines keys;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    int64_t time_ms;
    uint64_t *sent; /* by partition */
    uint64_t *acked;
    bool failed;
};

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct feeder *feeder = opaque;
    (void)client;
    const uint64_t sequence = (uint64_t)(uintptr_t)message->_private;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)fprintf(stderr, "feeder: a record was not delivered: %s\n",
                      rd_kafka_err2str(message->err));
        feeder->failed = true;
    } else if (message->offset != (int64_t)sequence) {
        (void)fprintf(stderr, "feeder: record %d-%llu has the offset %lld\n",
                      (int)message->partition, (unsigned long long)sequence,
                      (long long)message->offset);
        feeder->failed = true;
    } else {
        feeder->acked[message->partition]++;
    }
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        (void)fprintf(stderr, "feeder: %s\n", text);
        return false;
    }
    return true;
}

static bool connect_to(struct feeder *feeder, const char *brokers, const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* Brokers that are down for minutes are part of the tests. */
    if (!set(conf, "bootstrap.servers", brokers) || !set(conf, "enable.idempotence", "true") ||
        !set(conf, "message.timeout.ms", "900000") || !set(conf, "linger.ms", "10") ||
        !set(conf, "compression.type", "lz4") || !set(conf, "socket.nagle.disable", "true") ||
        !set(conf, "reconnect.backoff.max.ms", "1000") || !set(conf, "log_level", "2") ||
        !set(conf, "request.timeout.ms", "10000")) {
        return false;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, feeder);
    feeder->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (feeder->client == NULL) {
        (void)fprintf(stderr, "feeder: %s\n", text);
        return false;
    }
    feeder->topic = rd_kafka_topic_new(feeder->client, topic, NULL);
    return feeder->topic != NULL;
}

/* The bytes of a record; 0: there is no room. */
static size_t write_record(const struct feeder *feeder, unsigned partition, uint64_t sequence,
                           struct record record, char *buffer, size_t room)
{
    const size_t deep = record.kind == KIND_DEEP ? feeder->run.clients : 0;
    const struct template *template = &feeder->raw.items[record.client + deep];
    char number[64];
    const int digits = snprintf(number, sizeof number, "rule-%u-%u-%llu", feeder->run.number,
                                partition, (unsigned long long)sequence);
    const size_t len = template->before_len + (size_t)digits + template->after_len;
    if (len > room) {
        return 0;
    }
    (void)memcpy(buffer, template->before, template->before_len);
    (void)memcpy(buffer + template->before_len, number, (size_t)digits);
    (void)memcpy(buffer + template->before_len + digits, template->after, template->after_len);
    return record.kind == KIND_TORN ? len - len / 4 : len;
}

static bool send_next(struct feeder *feeder, unsigned partition)
{
    static char buffer[65536];
    const uint64_t sequence = feeder->sent[partition];
    const struct record record = record_at(&feeder->run, partition, sequence);
    const size_t len = write_record(feeder, partition, sequence, record, buffer, sizeof buffer);
    if (len == 0) {
        (void)fprintf(stderr, "feeder: a template is too long\n");
        return false;
    }
    const char *key = feeder->keys.items[record.client];
    const size_t key_len = feeder->keys.lengths[record.client];
    for (;;) {
        const rd_kafka_resp_err_t code = rd_kafka_producev(
            feeder->client, RD_KAFKA_V_RKT(feeder->topic), RD_KAFKA_V_PARTITION((int32_t)partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(buffer, len),
            RD_KAFKA_V_KEY(key, key_len), RD_KAFKA_V_HEADER("x-client", key, (ssize_t)key_len),
            RD_KAFKA_V_TIMESTAMP(feeder->time_ms), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)sequence),
            RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            feeder->sent[partition]++;
            return true;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            (void)fprintf(stderr, "feeder: %s\n", rd_kafka_err2str(code));
            return false;
        }
        if (stopping) {
            return true;
        }
        (void)rd_kafka_poll(feeder->client, 20);
        if (feeder->failed) {
            return false;
        }
    }
}

static bool feed(struct feeder *feeder, uint64_t count, uint64_t rate)
{
    const double begin = now();
    for (uint64_t done = 0; !stopping && (count == 0 || done < count); done++) {
        if (!send_next(feeder, (unsigned)(done % feeder->run.partitions))) {
            return false;
        }
        if (done % 64 == 0) {
            (void)rd_kafka_poll(feeder->client, 0);
        }
        while (rate != 0 && !stopping && !feeder->failed &&
               (double)done > (now() - begin) * (double)rate) {
            (void)rd_kafka_poll(feeder->client, 5);
        }
        if (feeder->failed) {
            return false;
        }
    }
    return true;
}

static int finish(struct feeder *feeder)
{
    const double deadline = now() + 300;
    while (!feeder->failed && rd_kafka_outq_len(feeder->client) > 0 && now() < deadline) {
        (void)rd_kafka_flush(feeder->client, 200);
    }
    bool whole = !feeder->failed;
    for (unsigned p = 0; p < feeder->run.partitions; p++) {
        (void)printf("%u %llu\n", p, (unsigned long long)feeder->acked[p]);
        whole = whole && feeder->acked[p] == feeder->sent[p];
    }
    if (!whole) {
        (void)fprintf(stderr, "feeder: not every record was acknowledged\n");
    }
    return whole ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct feeder feeder = {0};
    const char *folder = option_of(argc, argv, "folder", ".");
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGTERM, on_signal);
    if (!run_of(&feeder.run, argc, argv) || !templates_load(&feeder.raw, folder, "raw") ||
        !lines_load(&feeder.keys, folder, "keys") ||
        feeder.raw.count != (size_t)2 * feeder.run.clients ||
        feeder.keys.count != feeder.run.clients) {
        (void)fprintf(stderr, "feeder: what it needs is not there; see the head of feeder.c\n");
        return 1;
    }
    feeder.time_ms = (int64_t)number_of(argc, argv, "time", 0);
    feeder.sent = calloc(feeder.run.partitions, sizeof *feeder.sent);
    feeder.acked = calloc(feeder.run.partitions, sizeof *feeder.acked);
    if (feeder.sent == NULL || feeder.acked == NULL ||
        !connect_to(&feeder, option_of(argc, argv, "brokers", ""),
                    option_of(argc, argv, "topic", ""))) {
        return 1;
    }
    const bool fed =
        feed(&feeder, number_of(argc, argv, "count", 0), number_of(argc, argv, "rate", 0));
    const int code = finish(&feeder);
    return fed ? code : 1;
}
