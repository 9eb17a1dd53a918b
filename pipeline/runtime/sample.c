/* sample.c — the newest messages of a topic, by librdkafka's simple consumer. */
#include "runtime/sample.h"

#include "runtime/client.h"

#include <stdlib.h>

enum {
    ASK_MS = 10000,
    WAIT_MS = 30000, /* without a message: something does not answer any more */
    POLL_MS = 500,
    HEADERS_MAX = 64,
};

struct part {
    int32_t id;
    int64_t from;
    int64_t to; /* the first that is not read */
};

struct sample {
    const struct wv_config *config;
    struct wv_slice name;
    struct wv_properties kafka;
    uint32_t input;
    wv_sample_fn *fn; /* NULL: plain is told */
    wv_topic_fn *plain;
    void *user;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    struct part *parts;
    size_t part_count;
    size_t unfinished; /* partitions */
};

static bool fail(rd_kafka_resp_err_t code, struct wv_sample_trouble *trouble)
{
    *trouble = (struct wv_sample_trouble){rd_kafka_err2str(code), wv_client_advice(code)};
    return false;
}

static bool fail_here(struct wv_sample_trouble *trouble)
{
    *trouble = (struct wv_sample_trouble){"the client cannot be made", "run `wafveil check`"};
    return false;
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char ignored[256];
    return rd_kafka_conf_set(conf, name, value, ignored, sizeof ignored) == RD_KAFKA_CONF_OK;
}

/* The topic by itself commits what it has handed out, unless it is told not to. */
static rd_kafka_topic_t *open_topic(rd_kafka_t *client, const char *name)
{
    char ignored[256];
    rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
    if (rd_kafka_topic_conf_set(conf, "auto.commit.enable", "false", ignored, sizeof ignored) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_topic_conf_set(conf, "auto.offset.reset", "error", ignored, sizeof ignored) !=
            RD_KAFKA_CONF_OK) {
        rd_kafka_topic_conf_destroy(conf);
        return NULL;
    }
    return rd_kafka_topic_new(client, name, conf);
}

static bool open_client(struct sample *sample, struct wv_sample_trouble *trouble)
{
    struct wv_settings settings = {0};
    if (!wv_settings_join(&settings, sample->config->kafka, sample->kafka)) {
        return fail_here(trouble);
    }
    const struct wv_client_plan plan = {
        .role = WV_ROLE_PROBE, .settings = &settings, .config = sample->config};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    wv_settings_free(&settings);
    if (conf == NULL) {
        return fail_here(trouble);
    }
    if (!set(conf, "enable.auto.commit", "false") || !set(conf, "enable.partition.eof", "true") ||
        !set(conf, "check.crcs", "true") || !set(conf, "queued.max.messages.kbytes", "16384")) {
        rd_kafka_conf_destroy(conf);
        return fail_here(trouble);
    }
    sample->client = wv_client_new(WV_ROLE_PROBE, conf);
    sample->topic =
        sample->client == NULL ? NULL : open_topic(sample->client, (const char *)sample->name.ptr);
    sample->queue = sample->client == NULL ? NULL : rd_kafka_queue_new(sample->client);
    return (sample->topic != NULL && sample->queue != NULL) || fail_here(trouble);
}

/* Which partitions there are, and how far each goes. */
static bool ask(struct sample *sample, struct wv_sample_trouble *trouble)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(sample->client, 0, sample->topic, &metadata, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail(code, trouble);
    }
    const bool there = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0;
    code = there ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sample->part_count = (size_t)metadata->topics[0].partition_cnt;
        sample->parts = calloc(sample->part_count, sizeof *sample->parts);
        wv_ensure(sample->parts != NULL);
    }
    for (size_t i = 0; i < sample->part_count; i++) {
        sample->parts[i].id = metadata->topics[0].partitions[i].id;
    }
    rd_kafka_metadata_destroy(metadata);
    for (size_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < sample->part_count; i++) {
        struct part *part = &sample->parts[i];
        code = rd_kafka_query_watermark_offsets(sample->client, rd_kafka_topic_name(sample->topic),
                                                part->id, &part->from, &part->to, ASK_MS);
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || fail(code, trouble);
}

static uint64_t length_of(const struct part *part)
{
    return part->to > part->from ? (uint64_t)(part->to - part->from) : 0;
}

/* How many there are if no partition gives more than its share. */
static uint64_t count_within(const struct sample *sample, uint64_t share)
{
    uint64_t count = 0;
    for (size_t i = 0; i < sample->part_count; i++) {
        const uint64_t length = length_of(&sample->parts[i]);
        count += length < share ? length : share;
    }
    return count;
}

/* Leaves the newest of each partition: the same number of all that have so many, and all of the
 * others. */
static void choose(struct sample *sample, uint64_t most)
{
    uint64_t share = 0;
    for (uint64_t step = UINT64_C(1) << 32; step > 0; step /= 2) {
        share += count_within(sample, share + step) <= most ? step : 0;
    }
    uint64_t left = most - count_within(sample, share);
    for (size_t i = 0; i < sample->part_count; i++) {
        struct part *part = &sample->parts[i];
        const bool has_more = length_of(part) > share;
        const bool one_more = has_more && left > 0;
        left -= one_more;
        part->from = has_more ? part->to - (int64_t)(share + one_more) : part->from;
    }
}

static bool start(struct sample *sample, struct wv_sample_trouble *trouble)
{
    for (size_t i = 0; i < sample->part_count; i++) {
        const struct part *part = &sample->parts[i];
        if (part->from >= part->to) {
            continue;
        }
        if (rd_kafka_consume_start_queue(sample->topic, part->id, part->from, sample->queue) != 0) {
            return fail(rd_kafka_last_error(), trouble);
        }
        sample->unfinished++;
    }
    return true;
}

static size_t take_headers(const rd_kafka_message_t *message, struct wv_header out[HEADERS_MAX])
{
    rd_kafka_headers_t *headers = NULL;
    size_t count = 0;
    const char *name = NULL;
    const void *value = NULL;
    size_t len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    while (count < HEADERS_MAX && rd_kafka_header_get_all(headers, count, &name, &value, &len) ==
                                      RD_KAFKA_RESP_ERR_NO_ERROR) {
        out[count++] = (struct wv_header){.name = wv_slice_of(name),
                                          .value = {value, value == NULL ? 0 : len}};
    }
    return count;
}

static void give(const struct sample *sample, const rd_kafka_message_t *message)
{
    if (sample->fn == NULL) {
        sample->plain(sample->user, &(struct wv_topic_message){
                                        .partition = message->partition,
                                        .offset = message->offset,
                                        .value = {message->payload, message->len},
                                    });
        return;
    }
    struct wv_header headers[HEADERS_MAX];
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    const struct wv_record record = {
        .input = sample->input,
        .topic = sample->config->inputs[sample->input].topic,
        .value = {message->payload, message->len},
        .key = {message->key, message->key_len},
        .headers = headers,
        .header_count = take_headers(message, headers),
        .time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms,
    };
    sample->fn(sample->user, &record);
}

static struct part *part_of(struct sample *sample, int32_t id)
{
    for (size_t i = 0; i < sample->part_count; i++) {
        if (sample->parts[i].id == id) {
            return &sample->parts[i];
        }
    }
    return NULL;
}

/* A message, or the end of a partition. */
static void take(struct sample *sample, const rd_kafka_message_t *message)
{
    struct part *part = part_of(sample, message->partition);
    if (part == NULL || part->from >= part->to) {
        return; /* what came after the end that it had */
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset < part->to) {
        give(sample, message);
        part->from = message->offset + 1;
    } else {
        part->from = part->to;
    }
    if (part->from >= part->to) {
        sample->unfinished--;
        (void)rd_kafka_consume_stop(sample->topic, part->id);
    }
}

static bool read_all(struct sample *sample, struct wv_sample_trouble *trouble)
{
    int waited_ms = 0;
    while (sample->unfinished > 0) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(sample->queue, POLL_MS);
        if (message == NULL) {
            waited_ms += POLL_MS;
            if (waited_ms >= WAIT_MS) {
                return fail(RD_KAFKA_RESP_ERR__TIMED_OUT, trouble);
            }
            continue;
        }
        const rd_kafka_resp_err_t code = message->err;
        const bool passes =
            code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (passes) {
            waited_ms = 0;
            take(sample, message);
        }
        rd_kafka_message_destroy(message);
        if (!passes && code != RD_KAFKA_RESP_ERR__TRANSPORT) {
            return fail(code, trouble);
        }
    }
    return true;
}

static void close_all(struct sample *sample)
{
    for (size_t i = 0; sample->unfinished > 0 && i < sample->part_count; i++) {
        (void)rd_kafka_consume_stop(sample->topic, sample->parts[i].id);
    }
    if (sample->queue != NULL) {
        rd_kafka_queue_destroy(sample->queue);
    }
    if (sample->topic != NULL) {
        rd_kafka_topic_destroy(sample->topic);
    }
    if (sample->client != NULL) {
        rd_kafka_destroy(sample->client);
    }
    free(sample->parts);
}

bool wv_sample_topic(const struct wv_config *config, uint32_t input, uint64_t most,
                     wv_sample_fn *fn, void *user, struct wv_sample_trouble *trouble)
{
    struct sample sample = {.config = config,
                            .name = config->inputs[input].topic,
                            .kafka = config->inputs[input].kafka,
                            .input = input,
                            .fn = fn,
                            .user = user};
    bool good = open_client(&sample, trouble) && ask(&sample, trouble);
    if (good) {
        choose(&sample, most);
        good = start(&sample, trouble) && read_all(&sample, trouble);
    }
    close_all(&sample);
    return good;
}

bool wv_topic_read(const struct wv_config *config, const struct wv_topic *topic, wv_topic_fn *fn,
                   void *user, struct wv_sample_trouble *trouble)
{
    struct sample sample = {
        .config = config, .name = topic->name, .kafka = topic->kafka, .plain = fn, .user = user};
    bool good = open_client(&sample, trouble) && ask(&sample, trouble);
    for (size_t i = 0; good && i < sample.part_count; i++) {
        struct part *part = &sample.parts[i];
        part->from = length_of(part) > topic->each ? part->to - (int64_t)topic->each : part->from;
    }
    good = good && start(&sample, trouble) && read_all(&sample, trouble);
    close_all(&sample);
    return good;
}
