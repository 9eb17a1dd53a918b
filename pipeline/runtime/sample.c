/* sample.c — the newest messages of a topic, by librdkafka's simple consumer. */
#include "runtime/sample.h"

#include "runtime/quiet.h"
#include "runtime/watermarks.h"

#include <stdlib.h>

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
    struct wv_quiet quiet;
    struct part *parts;
    size_t part_count;
    size_t unfinished; /* partitions */
};

/* Which partitions there are, and how far each goes. */
static bool ask(struct sample *sample, struct wv_sample_trouble *trouble)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(sample->quiet.client, 0, sample->quiet.topic, &metadata, WV_QUIET_ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return wv_quiet_fail(code, trouble);
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
        code = wv_watermarks(sample->quiet.client, rd_kafka_topic_name(sample->quiet.topic),
                             part->id, WV_QUIET_ASK_MS, &part->from, &part->to);
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || wv_quiet_fail(code, trouble);
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

/* Where in each partition the messages since that time begin. */
static bool skip_until(struct sample *sample, int64_t since_ms, struct wv_sample_trouble *trouble)
{
    const char *name = rd_kafka_topic_name(sample->quiet.topic);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)sample->part_count);
    for (size_t i = 0; i < sample->part_count; i++) {
        rd_kafka_topic_partition_list_add(list, name, sample->parts[i].id)->offset = since_ms;
    }
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(sample->quiet.client, list, WV_QUIET_ASK_MS);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        struct part *part = part_of(sample, list->elems[i].partition);
        const int64_t offset = list->elems[i].offset;
        code = list->elems[i].err;
        if (offset < 0) { /* none is so young */
            part->from = part->to;
        } else if (offset > part->from) {
            part->from = offset < part->to ? offset : part->to;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || wv_quiet_fail(code, trouble);
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
        if (rd_kafka_consume_start_queue(sample->quiet.topic, part->id, part->from,
                                         sample->quiet.queue) != 0) {
            return wv_quiet_fail(rd_kafka_last_error(), trouble);
        }
        sample->unfinished++;
    }
    return true;
}

static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms;
}

static void give(const struct sample *sample, const rd_kafka_message_t *message)
{
    if (sample->fn == NULL) {
        sample->plain(sample->user, &(struct wv_topic_message){
                                        .partition = message->partition,
                                        .offset = message->offset,
                                        .time_ms = time_of(message),
                                        .value = {message->payload, message->len},
                                    });
        return;
    }
    struct wv_header headers[WV_QUIET_HEADERS];
    const struct wv_record record =
        wv_quiet_record(sample->config, sample->input, message, headers);
    sample->fn(sample->user, &record);
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
        (void)rd_kafka_consume_stop(sample->quiet.topic, part->id);
    }
}

static bool read_all(struct sample *sample, struct wv_sample_trouble *trouble)
{
    int waited_ms = 0;
    while (sample->unfinished > 0) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(sample->quiet.queue, WV_QUIET_POLL_MS);
        if (message == NULL) {
            waited_ms += WV_QUIET_POLL_MS;
            if (waited_ms >= WV_QUIET_WAIT_MS) {
                return wv_quiet_fail(RD_KAFKA_RESP_ERR__TIMED_OUT, trouble);
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
            return wv_quiet_fail(code, trouble);
        }
    }
    return true;
}

static void close_all(struct sample *sample)
{
    for (size_t i = 0; sample->unfinished > 0 && i < sample->part_count; i++) {
        (void)rd_kafka_consume_stop(sample->quiet.topic, sample->parts[i].id);
    }
    wv_quiet_close(&sample->quiet);
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
    bool good = wv_quiet_open(&sample.quiet, config, sample.name, sample.kafka, trouble) &&
                ask(&sample, trouble);
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
    bool good = wv_quiet_open(&sample.quiet, config, sample.name, sample.kafka, trouble) &&
                ask(&sample, trouble);
    good = good && (topic->since_ms <= 0 || skip_until(&sample, topic->since_ms, trouble));
    for (size_t i = 0; good && i < sample.part_count; i++) {
        struct part *part = &sample.parts[i];
        part->from = length_of(part) > topic->each ? part->to - (int64_t)topic->each : part->from;
    }
    good = good && start(&sample, trouble) && read_all(&sample, trouble);
    close_all(&sample);
    return good;
}
