/*
 * checker.c — reads everything that came out and counts what is wrong with it.
 *
 *     checker brokers=B source=T outputs=T,T… rejects=T fed=N,N,… policies=FILE,FILE… folder=F
 *             partitions=N clients=N [run=N] [seed=N] [poison=N] [patience=S] [values=1]
 *
 * fed:      how many records the feeder had acknowledged, by partition of the source
 * policies: files of the folder: what each policy makes of the templates; `canaries` beside them
 * has the values that may stand nowhere patience: ends when nothing more has come for so long,
 * although something is missing
 * values:   only values count, and not what stands beside them
 *
 * Reads with isolation.level=read_committed: what was aborted does not count, and what stays behind
 * a transaction that nobody ends is `hanging`. Prints a JSON object with the counts of ledger.h and
 * ends with 0, whatever they are: the runner knows which of them may not be.
 */
#include "ledger.h"

#include <librdkafka/rdkafka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>

enum { MAX_OUTPUTS = 8, MAX_POLICIES = 200 };

static char text[512];

/* A partition that is read. */
struct reader {
    const char *topic;
    size_t output; /* SIZE_MAX: reports of rejects */
    int32_t partition;
    int64_t end;  /* where the last end was seen; -1: not yet, or more has come since */
    int64_t next; /* what was read again after a trouble of the connection is no repetition */
};

struct checker {
    struct ledger *ledger;
    rd_kafka_t *consumer;
    rd_kafka_t *bare; /* sees what is not committed, too */
    struct reader *readers;
    size_t reader_count;
    size_t at_end;
    size_t read_again; /* by this reader, not by the service */
    char *headers;     /* of one message */
    size_t headers_room;
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "checker: %s: %s\n", what, why);
    return false;
}

/* Parts of a word between commas; cuts the word. */
static size_t split(char *word, const char **parts, size_t room)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *part = strtok_r(word, ",", &rest); part != NULL && count < room;
         part = strtok_r(NULL, ",", &rest)) {
        parts[count++] = part;
    }
    return count;
}

static rd_kafka_t *connect_to(const char *brokers, const char *isolation)
{
    const char *properties[][2] = {{"bootstrap.servers", brokers},
                                   {"group.id", "checker"},
                                   {"enable.auto.commit", "false"},
                                   {"enable.partition.eof", "true"},
                                   {"auto.offset.reset", "earliest"},
                                   {"isolation.level", isolation},
                                   {"fetch.wait.max.ms", "50"},
                                   {"queued.min.messages", "200000"},
                                   {"log_level", "2"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], text, sizeof text) !=
            RD_KAFKA_CONF_OK) {
            (void)fail(properties[i][0], text);
            return NULL;
        }
    }
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (client == NULL) {
        (void)fail("client", text);
        return NULL;
    }
    (void)rd_kafka_poll_set_consumer(client);
    return client;
}

static bool add_topic(struct checker *checker, const char *topic, size_t output)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(checker->bare, topic, NULL);
    const rd_kafka_resp_err_t code = rd_kafka_metadata(checker->bare, 0, handle, &metadata, 30000);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topics[0].partition_cnt == 0) {
        return fail(topic, rd_kafka_err2str(code));
    }
    const size_t more = (size_t)metadata->topics[0].partition_cnt;
    struct reader *readers =
        realloc(checker->readers, (checker->reader_count + more) * sizeof *readers);
    if (readers == NULL) {
        return fail(topic, "memory is short");
    }
    checker->readers = readers;
    for (size_t i = 0; i < more; i++) {
        readers[checker->reader_count++] =
            (struct reader){.topic = topic, .output = output, .partition = (int32_t)i, .end = -1};
    }
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return true;
}

static bool assign(struct checker *checker)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)checker->reader_count);
    for (size_t i = 0; i < checker->reader_count; i++) {
        rd_kafka_topic_partition_list_add(list, checker->readers[i].topic,
                                          checker->readers[i].partition)
            ->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    const rd_kafka_resp_err_t code = rd_kafka_assign(checker->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || fail("assign", rd_kafka_err2str(code));
}

static struct reader *reader_of(struct checker *checker, const rd_kafka_message_t *message)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    for (size_t i = 0; i < checker->reader_count; i++) {
        struct reader *reader = &checker->readers[i];
        if (reader->partition == message->partition && strcmp(reader->topic, topic) == 0) {
            return reader;
        }
    }
    return NULL;
}

static bool append(struct checker *checker, size_t *len, const void *bytes, size_t more)
{
    if (*len + more > checker->headers_room) {
        const size_t room = (*len + more) * 2;
        char *headers = realloc(checker->headers, room);
        if (headers == NULL) {
            return fail("headers", "memory is short");
        }
        checker->headers = headers;
        checker->headers_room = room;
    }
    if (more > 0) {
        (void)memcpy(checker->headers + *len, bytes, more);
    }
    *len += more;
    return true;
}

static bool read_headers(struct checker *checker, const rd_kafka_message_t *message,
                         struct arrival *arrival)
{
    rd_kafka_headers_t *headers = NULL;
    const char *name = NULL;
    const void *value = NULL;
    size_t value_len = 0;
    size_t len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return true;
    }
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &value_len) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        if (strcmp(name, "wafveil-source") == 0) {
            arrival->source = (struct bytes){value, value_len};
        } else if (!append(checker, &len, name, strlen(name) + 1) ||
                   !append(checker, &len, value, value_len)) {
            return false;
        }
    }
    arrival->headers = (struct bytes){checker->headers, len};
    return true;
}

static bool take(struct checker *checker, const rd_kafka_message_t *message)
{
    struct reader *reader = message->rkt == NULL ? NULL : reader_of(checker, message);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        /* Brokers that come back are waited for; all other things are not for the checker. */
        return !rd_kafka_fatal_error(checker->consumer, NULL, 0);
    }
    if (reader == NULL) {
        return fail("a message", "of no topic that is read");
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        checker->at_end += reader->end < 0;
        reader->end = message->offset;
        return true;
    }
    checker->at_end -= reader->end >= 0;
    reader->end = -1;
    if (message->offset < reader->next) {
        checker->read_again++;
        return true;
    }
    reader->next = message->offset + 1;
    struct arrival arrival = {.partition = message->partition,
                              .offset = message->offset,
                              .time_ms = rd_kafka_message_timestamp(message, NULL),
                              .value = {message->payload, message->len},
                              .key = {message->key, message->key_len}};
    if (!read_headers(checker, message, &arrival)) {
        return false;
    }
    if (reader->output == SIZE_MAX) {
        ledger_report(checker->ledger, &arrival);
    } else {
        ledger_arrival(checker->ledger, reader->output, &arrival);
    }
    return true;
}

/* Partitions whose end cannot be read, because a transaction before it is open. */
static size_t hanging(struct checker *checker)
{
    size_t count = 0;
    for (size_t i = 0; i < checker->reader_count; i++) {
        const struct reader *reader = &checker->readers[i];
        int64_t low = 0;
        int64_t high = 0;
        const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            checker->bare, reader->topic, reader->partition, &low, &high, 30000);
        count += code != RD_KAFKA_RESP_ERR_NO_ERROR || reader->end < high;
    }
    return count;
}

/* Until everything is there and nothing more can come, or patience ends. SIZE_MAX: could not read.
 */
static size_t read_all(struct checker *checker, double patience)
{
    double last = now();
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(checker->consumer, 100);
        if (message != NULL) {
            const bool more = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
            const bool good = take(checker, message);
            rd_kafka_message_destroy(message);
            if (!good) {
                return SIZE_MAX;
            }
            last = more ? now() : last;
            continue;
        }
        const bool ends = checker->at_end == checker->reader_count;
        const bool patient = now() - last < patience;
        if (!ends && patient) {
            continue;
        }
        if (!ends) {
            (void)fail("reading", "the ends of the topics were not reached");
            return SIZE_MAX;
        }
        const size_t left = hanging(checker);
        if (!patient || (left == 0 && ledger_open(checker->ledger) == 0)) {
            return left;
        }
    }
}

static bool load(struct ledger_setup *setup, int argc, char **argv)
{
    static struct lines canaries;
    static struct templates made[MAX_POLICIES];
    const char *policies[MAX_POLICIES];
    const char *fed[1024];
    const char *folder = option_of(argc, argv, "folder", ".");
    char *policies_word = strdup(option_of(argc, argv, "policies", "made"));
    char *fed_word = strdup(option_of(argc, argv, "fed", ""));
    if (!run_of(&setup->run, argc, argv) || policies_word == NULL || fed_word == NULL ||
        !lines_load(&canaries, folder, "canaries")) {
        return false;
    }
    setup->policies = split(policies_word, policies, MAX_POLICIES);
    for (size_t i = 0; i < setup->policies; i++) {
        if (!templates_load(&made[i], folder, policies[i]) ||
            made[i].count != (size_t)2 * setup->run.clients) {
            return fail(policies[i], "is not what a policy makes of the templates");
        }
    }
    uint64_t *counts = calloc(setup->run.partitions, sizeof *counts);
    if (counts == NULL || split(fed_word, fed, 1024) != setup->run.partitions) {
        return fail("fed", "one number for each partition");
    }
    for (unsigned p = 0; p < setup->run.partitions; p++) {
        counts[p] = strtoull(fed[p], NULL, 10);
    }
    free(policies_word);
    free(fed_word);
    setup->source = option_of(argc, argv, "source", "");
    setup->canaries = &canaries;
    setup->only_values = number_of(argc, argv, "values", 0) != 0;
    setup->made = made;
    setup->fed = counts;
    return true;
}

int main(int argc, char **argv)
{
    struct checker checker = {0};
    struct ledger_setup setup = {0};
    const char *outputs[MAX_OUTPUTS];
    const char *brokers = option_of(argc, argv, "brokers", "");
    char *outputs_word = strdup(option_of(argc, argv, "outputs", ""));
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (outputs_word == NULL || !load(&setup, argc, argv)) {
        return 1;
    }
    setup.outputs = split(outputs_word, outputs, MAX_OUTPUTS);
    checker.ledger = ledger_new(&setup);
    checker.consumer = connect_to(brokers, "read_committed");
    checker.bare = connect_to(brokers, "read_uncommitted");
    if (checker.ledger == NULL || checker.consumer == NULL || checker.bare == NULL) {
        return 1;
    }
    for (size_t i = 0; i < setup.outputs; i++) {
        if (!add_topic(&checker, outputs[i], i)) {
            return 1;
        }
    }
    if (!add_topic(&checker, option_of(argc, argv, "rejects", ""), SIZE_MAX) || !assign(&checker)) {
        return 1;
    }
    const size_t left = read_all(&checker, (double)number_of(argc, argv, "patience", 30));
    if (left == SIZE_MAX) {
        return 1;
    }
    if (checker.read_again > 0) {
        (void)fprintf(stderr, "checker: %zu messages were read again at their offsets\n",
                      checker.read_again);
    }
    const struct counts *counts = ledger_close(checker.ledger);
    (void)printf("{\"hanging\":%zu", left);
#define COUNT(name, text) (void)printf(",\"" #name "\":%" PRIu64, counts->name);
    COUNTS
#undef COUNT
        (void)
    printf("}\n");
    return 0;
}
