/* quiet.c — a consumer that leaves no trace, by librdkafka's simple consumer. */
#include "runtime/quiet.h"

#include "runtime/client.h"

bool wv_quiet_fail(rd_kafka_resp_err_t code, struct wv_sample_trouble *trouble)
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

bool wv_quiet_open(struct wv_quiet *quiet, const struct wv_config *config, struct wv_slice name,
                   struct wv_properties kafka, struct wv_sample_trouble *trouble)
{
    struct wv_settings settings = {0};
    *quiet = (struct wv_quiet){0};
    if (!wv_settings_join(&settings, config->kafka, kafka)) {
        return fail_here(trouble);
    }
    const struct wv_client_plan plan = {
        .role = WV_ROLE_PROBE, .settings = &settings, .config = config};
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
    quiet->client = wv_client_new(WV_ROLE_PROBE, conf);
    quiet->topic = quiet->client == NULL ? NULL : open_topic(quiet->client, (const char *)name.ptr);
    quiet->queue = quiet->client == NULL ? NULL : rd_kafka_queue_new(quiet->client);
    return (quiet->topic != NULL && quiet->queue != NULL) || fail_here(trouble);
}

void wv_quiet_close(struct wv_quiet *quiet)
{
    if (quiet->queue != NULL) {
        rd_kafka_queue_destroy(quiet->queue);
    }
    if (quiet->topic != NULL) {
        rd_kafka_topic_destroy(quiet->topic);
    }
    if (quiet->client != NULL) {
        rd_kafka_destroy(quiet->client);
    }
    *quiet = (struct wv_quiet){0};
}

static size_t take_headers(const rd_kafka_message_t *message, struct wv_header *out)
{
    rd_kafka_headers_t *headers = NULL;
    size_t count = 0;
    const char *name = NULL;
    const void *value = NULL;
    size_t len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    while (count < WV_QUIET_HEADERS &&
           rd_kafka_header_get_all(headers, count, &name, &value, &len) ==
               RD_KAFKA_RESP_ERR_NO_ERROR) {
        out[count++] = (struct wv_header){.name = wv_slice_of(name),
                                          .value = {value, value == NULL ? 0 : len}};
    }
    return count;
}

struct wv_record wv_quiet_record(const struct wv_config *config, uint32_t input,
                                 const rd_kafka_message_t *message,
                                 struct wv_header headers[WV_QUIET_HEADERS])
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    return (struct wv_record){
        .input = input,
        .topic = config->inputs[input].topic,
        .value = {message->payload, message->len},
        .key = {message->key, message->key_len},
        .headers = headers,
        .header_count = take_headers(message, headers),
        .time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms,
    };
}
