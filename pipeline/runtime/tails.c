/*
 * tails.c — reads the ends of the outputs' partitions.
 */
#include "runtime/tails.h"

#include "base/log.h"
#include "runtime/client.h"
#include "runtime/watermarks.h"

#include <stdlib.h>

enum {
    WAIT_MS = 30000, /* for all that is read at one assignment: the group waits meanwhile */
    ASK_MS = 5000,
    POLL_MS = 100,
    TAIL_MAX = 200000, /* records; more are not on their way at the same time */
};

/* One output, over all partitions. */
struct look {
    const struct wv_tails_setup *setup;
    struct wv_tail *tails;
    size_t count;
    size_t output;
    int64_t *ends; /* by partition, of all outputs */
    uint64_t deadline_ns;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    bool *open; /* by partition: it is being read */
    size_t open_count;
    size_t found;
    const char *trouble; /* NULL: none */
    const char *advice;
};

static const struct wv_destination *destination_of(const struct look *look)
{
    return &look->setup->routes->destinations[look->output];
}

static int64_t *end_of(const struct look *look, size_t tail)
{
    return &look->ends[tail * look->setup->routes->config->output_count + look->output];
}

static void fail(struct look *look, rd_kafka_resp_err_t code)
{
    if (look->trouble == NULL) {
        look->trouble = rd_kafka_err2str(code);
        look->advice = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                           ? "grant this user Read on the output's topic"
                           : wv_client_advice(code);
    }
}

static bool is_over(const struct look *look)
{
    return wv_stop_asked(look->setup->stop) ||
           wv_clock_now_ns(look->setup->clock) > look->deadline_ns;
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char ignored[256];
    return rd_kafka_conf_set(conf, name, value, ignored, sizeof ignored) == RD_KAFKA_CONF_OK;
}

/* Reads also what no transaction has committed yet: it stands there, and this is no transaction of
 * ours. */
static bool open_client(struct look *look)
{
    const struct wv_destination *to = destination_of(look);
    const struct wv_client_plan plan = {.role = WV_ROLE_PROBE,
                                        .settings =
                                            &look->setup->routes->channels[to->channel].settings,
                                        .config = look->setup->routes->config};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        return false;
    }
    if (!set(conf, "enable.auto.commit", "false") || !set(conf, "enable.partition.eof", "true") ||
        !set(conf, "isolation.level", "read_uncommitted") || !set(conf, "check.crcs", "true") ||
        !set(conf, "queued.max.messages.kbytes", "16384")) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    look->client = wv_client_new(WV_ROLE_PROBE, conf);
    if (look->client == NULL) {
        return false;
    }
    rd_kafka_topic_conf_t *topic = rd_kafka_topic_conf_new();
    char ignored[256];
    if (rd_kafka_topic_conf_set(topic, "auto.commit.enable", "false", ignored, sizeof ignored) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_topic_conf_set(topic, "auto.offset.reset", "error", ignored, sizeof ignored) !=
            RD_KAFKA_CONF_OK) {
        rd_kafka_topic_conf_destroy(topic);
        return false;
    }
    look->topic = rd_kafka_topic_new(look->client, to->topic, topic);
    look->queue = rd_kafka_queue_new(look->client);
    return look->topic != NULL && look->queue != NULL;
}

static void close_client(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        if (look->open[i]) {
            (void)rd_kafka_consume_stop(look->topic, look->tails[i].partition);
            look->open[i] = false;
        }
    }
    if (look->queue != NULL) {
        rd_kafka_queue_destroy(look->queue);
    }
    if (look->topic != NULL) {
        rd_kafka_topic_destroy(look->topic);
    }
    if (look->client != NULL) {
        rd_kafka_destroy(look->client);
    }
}

/* Finds where the partition ends, and starts to read from where its metadata says. */
static void start(struct look *look, size_t index)
{
    struct wv_tail *tail = &look->tails[index];
    int64_t low = 0;
    int64_t high = 0;
    const rd_kafka_resp_err_t code = wv_watermarks(look->client, destination_of(look)->topic,
                                                   tail->partition, ASK_MS, &low, &high);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(look, code);
        return;
    }
    *end_of(look, index) = high;
    const int64_t from = atomic_load(&tail->published->outputs[look->output].from);
    if (from < 0 || from >= high || high <= low) {
        return; /* nobody has said where, nothing has come since, or the topic was made anew */
    }
    const int64_t first = from > low ? from : low;
    if (high - first > TAIL_MAX) {
        look->trouble = "more was written since the last commit than can have been on its way";
        look->advice = "see that nothing else writes much to this topic";
        return;
    }
    if (rd_kafka_consume_start_queue(look->topic, tail->partition, first, look->queue) != 0) {
        fail(look, rd_kafka_last_error());
        return;
    }
    look->open[index] = true;
    look->open_count++;
}

/* Whether the record is of this writer; *source: where it says that it comes from. */
static bool is_of(const struct wv_writer *writer, const rd_kafka_message_t *message,
                  struct wv_slice *source)
{
    rd_kafka_headers_t *headers = NULL;
    const void *name = NULL;
    const void *value = NULL;
    size_t name_len = 0;
    size_t value_len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "wafveil-writer", &name, &name_len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "wafveil-source", &value, &value_len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        name == NULL || value == NULL) {
        return false;
    }
    *source = (struct wv_slice){value, value_len};
    return wv_slice_eq((struct wv_slice){name, name_len}, wv_slice_of(writer->text));
}

static void stop(struct look *look, size_t index)
{
    (void)rd_kafka_consume_stop(look->topic, look->tails[index].partition);
    look->open[index] = false;
    look->open_count--;
}

static void take(struct look *look, size_t index, const rd_kafka_message_t *message)
{
    struct wv_tail *tail = &look->tails[index];
    struct wv_slice source;
    if (message->partition != tail->partition) {
        return;
    }
    if (is_of(&tail->published->outputs[look->output].writer, message, &source)) {
        const int64_t offset = wv_published_source(source, tail->topic, tail->partition);
        if (offset >= 0 && offset >= tail->position) {
            look->found++;
            if (!wv_published_find(tail->published, look->output, offset)) {
                fail(look, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE);
            }
        }
    }
    if (message->offset + 1 >= *end_of(look, index)) {
        stop(look, index);
    }
}

/* Two inputs can have a partition of the same number, and both look for theirs in one of the
 * output: each reads it on its own. */
static void read_one(struct look *look, size_t index)
{
    start(look, index);
    while (look->open_count > 0 && !is_over(look)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(look->queue, POLL_MS);
        if (message == NULL) {
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take(look, index, message);
        } else if (message->partition != look->tails[index].partition) {
            /* It was stopped meanwhile. */
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            stop(look, index);
        } else if (message->err != RD_KAFKA_RESP_ERR__TRANSPORT) {
            fail(look, message->err);
            stop(look, index);
        }
        rd_kafka_message_destroy(message);
    }
    if (look->open[index]) {
        stop(look, index);
        fail(look, RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
}

static void look_at(struct look *look)
{
    const struct wv_destination *to = destination_of(look);
    const bool opened = open_client(look);
    if (!opened) {
        fail(look, RD_KAFKA_RESP_ERR__FAIL);
    }
    for (size_t i = 0; opened && i < look->count && !is_over(look); i++) {
        if (look->tails[i].published == NULL) {
            fail(look, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE);
        } else if (look->tails[i].partition < to->partitions) {
            read_one(look, i);
        } else if (look->trouble == NULL) { /* by their key, records may stand anywhere */
            look->trouble = "the output has fewer partitions than the input";
            look->advice = "give it as many";
        }
    }
    close_client(look);
    if (look->trouble != NULL) {
        wv_log(WV_LOG_WARN, "published_unknown",
               WV_FIELDS(wv_log_word("output", to->name), wv_log_word("topic", to->topic),
                         wv_log_word("what", look->trouble), wv_log_word("advice", look->advice),
                         wv_log_word("effect", "records that are published already may come "
                                               "twice")));
    }
}

static bool make(const struct wv_tails_setup *setup, struct wv_tail *tail)
{
    const struct wv_settings *settings = &setup->routes->sources[setup->source].settings;
    const struct wv_config *config = setup->routes->config;
    const char *group = wv_settings_find(settings, "group.id");
    const char *brokers = wv_settings_brokers(settings);
    tail->published = wv_published_new(config->output_count);
    if (tail->published == NULL) {
        return false;
    }
    for (size_t i = 0; i < config->output_count; i++) {
        tail->published->outputs[i].writer = wv_writer_of(
            group == NULL ? "" : group, brokers == NULL ? "" : brokers, config->outputs[i].name);
    }
    return wv_published_read(tail->published, tail->metadata, tail->position);
}

void wv_tails_read(const struct wv_tails_setup *setup, struct wv_tail *tails, size_t count)
{
    const size_t outputs = setup->routes->config->output_count;
    const uint64_t deadline_ns = wv_clock_now_ns(setup->clock) + (uint64_t)WAIT_MS * 1000000;
    int64_t *ends = calloc(count * outputs + 1, sizeof *ends);
    bool *open = calloc(count + 1, sizeof *open);
    size_t known = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        known += make(setup, &tails[i]);
    }
    for (size_t i = 0; ends != NULL && i < count * outputs; i++) {
        ends[i] = -1;
    }
    for (size_t i = 0; ends != NULL && open != NULL && i < outputs; i++) {
        struct look look = {.setup = setup,
                            .tails = tails,
                            .count = count,
                            .output = i,
                            .ends = ends,
                            .deadline_ns = deadline_ns,
                            .open = open};
        look_at(&look);
        found += look.found;
    }
    for (size_t i = 0; ends != NULL && i < count; i++) {
        if (tails[i].published != NULL) {
            wv_published_begin(tails[i].published, tails[i].position, &ends[i * outputs]);
        }
    }
    free(ends);
    free(open);
    wv_log(WV_LOG_INFO, "published_found",
           WV_FIELDS(wv_log_number("partitions", (int64_t)count),
                     wv_log_number("with_own_commit", (int64_t)known),
                     wv_log_number("records", (int64_t)found)));
}
