/*
 * preflight.c — looks at the brokers and topics before the first record is read.
 */
#include "runtime/preflight.h"

#include "base/log.h"
#include "runtime/client.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_MS = 3000, REASON_MAX = 400 };

/* A client that asks, and why the brokers last did not take its connection. */
struct probe {
    rd_kafka_t *client;
    rd_kafka_resp_err_t code; /* 0: nothing is known to be wrong */
    char reason[REASON_MAX];  /* in librdkafka's words: addresses, states, causes */
};

struct wv_preflight {
    struct wv_routes *routes;
    const struct wv_clock *clock;
    struct probe *source_probes; /* by source */
    struct probe *channel_probes;
    struct wv_log_pause pause;
    bool may_complain; /* in this round */
};

bool wv_preflight_properties(const struct wv_config *config, struct wv_report *report)
{
    const bool good = wv_properties_check(config, report);
    return config->kafka.count == 0 ? good : wv_properties_require(config, report) && good;
}

/* That no broker answers says less than why one of them did not. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    struct probe *probe = opaque;
    (void)client;
    /* Under TLS 1.3 a broker says only after the handshake that it does not take our certificate.
     */
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT && strstr(reason, "SSL routines") != NULL) {
        code = RD_KAFKA_RESP_ERR__SSL;
    }
    if (code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        code == RD_KAFKA_RESP_ERR__RESOLVE ||
        (code == RD_KAFKA_RESP_ERR__TRANSPORT && probe->code == RD_KAFKA_RESP_ERR_NO_ERROR)) {
        probe->code = code;
        (void)snprintf(probe->reason, sizeof probe->reason, "%s", reason);
    }
}

static bool make_probe(const struct wv_routes *routes, const struct wv_settings *settings,
                       struct probe *probe)
{
    const struct wv_client_plan plan = {
        .role = WV_ROLE_PROBE, .settings = settings, .config = routes->config};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, probe);
    rd_kafka_conf_set_error_cb(conf, on_error);
    probe->client = wv_client_new(WV_ROLE_PROBE, conf);
    return probe->client != NULL;
}

struct wv_preflight *wv_preflight_new(struct wv_routes *routes, const struct wv_clock *clock)
{
    struct wv_preflight *preflight = calloc(1, sizeof *preflight);
    if (preflight == NULL) {
        return NULL;
    }
    preflight->routes = routes;
    preflight->clock = clock;
    preflight->source_probes = calloc(routes->source_count + 1, sizeof(struct probe));
    preflight->channel_probes = calloc(routes->channel_count + 1, sizeof(struct probe));
    bool good = preflight->source_probes != NULL && preflight->channel_probes != NULL;
    for (size_t i = 0; good && i < routes->source_count; i++) {
        good = make_probe(routes, &routes->sources[i].settings, &preflight->source_probes[i]);
    }
    for (size_t i = 0; good && i < routes->channel_count; i++) {
        good = make_probe(routes, &routes->channels[i].settings, &preflight->channel_probes[i]);
    }
    if (!good) {
        wv_preflight_free(preflight);
        return NULL;
    }
    return preflight;
}

static void free_probes(struct probe *probes, size_t count)
{
    for (size_t i = 0; probes != NULL && i < count; i++) {
        if (probes[i].client != NULL) {
            rd_kafka_destroy(probes[i].client);
        }
    }
    free(probes);
}

void wv_preflight_free(struct wv_preflight *preflight)
{
    if (preflight == NULL) {
        return;
    }
    free_probes(preflight->source_probes, preflight->routes->source_count);
    free_probes(preflight->channel_probes, preflight->routes->channel_count);
    free(preflight);
}

/* How many partitions the topic has. */
static rd_kafka_resp_err_t ask_topic(struct probe *probe, const char *topic, int32_t *partitions)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(probe->client, topic, NULL);
    if (handle == NULL) {
        return rd_kafka_last_error();
    }
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(probe->client, 0, handle, &metadata, ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        probe->code = RD_KAFKA_RESP_ERR_NO_ERROR;
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err
                                        : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        *partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && *partitions == 0) {
        code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    rd_kafka_topic_destroy(handle);
    while (rd_kafka_poll(probe->client, 0) > 0) {
        /* on_error() */
    }
    return code;
}

static bool is_unreachable(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* The permission that is missing is known better here than from the code alone. */
static const char *advice_for(rd_kafka_resp_err_t code, bool is_input)
{
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        return is_input ? "grant this user Read on the topic"
                        : "grant this user Write on the topic";
    }
    return wv_client_advice(code);
}

static void complain(const struct wv_preflight *preflight, const struct probe *probe,
                     const char *topic, const char *at, rd_kafka_resp_err_t code)
{
    const bool unreachable = is_unreachable(code);
    const bool is_input = strncmp(at, "/inputs/", 8) == 0;
    const bool known = unreachable && probe->code != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (preflight->may_complain) {
        wv_log(WV_LOG_WARN, unreachable ? "brokers_unreachable" : "topic_unusable",
               WV_FIELDS(wv_log_word("topic", topic), wv_log_word("at", at),
                         wv_log_word("what", known ? probe->reason : rd_kafka_err2str(code)),
                         wv_log_word("advice", advice_for(known ? probe->code : code, is_input)),
                         wv_log_word("effect", "nothing is read until it works")));
    }
}

static enum wv_preflight_state ask_inputs(const struct wv_preflight *preflight)
{
    struct wv_routes *routes = preflight->routes;
    for (size_t i = 0; i < routes->source_count; i++) {
        routes->sources[i].partitions = 0;
    }
    for (size_t i = 0; i < routes->config->input_count; i++) {
        const char *topic = (const char *)routes->config->inputs[i].topic.ptr;
        int32_t partitions = 0;
        struct probe *probe = &preflight->source_probes[routes->source_of[i]];
        const rd_kafka_resp_err_t code = ask_topic(probe, topic, &partitions);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            char at[48];
            (void)snprintf(at, sizeof at, "/inputs/%zu/topic", i);
            complain(preflight, probe, topic, at, code);
            return WV_PREFLIGHT_WAIT;
        }
        routes->sources[routes->source_of[i]].partitions += (size_t)partitions;
    }
    return WV_PREFLIGHT_READY;
}

static enum wv_preflight_state ask_outputs(const struct wv_preflight *preflight)
{
    struct wv_routes *routes = preflight->routes;
    enum wv_preflight_state state = WV_PREFLIGHT_READY;
    for (size_t i = 0; i < routes->destination_count && state != WV_PREFLIGHT_WAIT; i++) {
        struct wv_destination *to = &routes->destinations[i];
        struct probe *probe = &preflight->channel_probes[to->channel];
        const rd_kafka_resp_err_t code = ask_topic(probe, to->topic, &to->partitions);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            complain(preflight, probe, to->topic, to->pointer, code);
            state = is_unreachable(code) ? WV_PREFLIGHT_WAIT : WV_PREFLIGHT_BLOCKED;
        }
    }
    return state;
}

/* Not an error: the key decides then, and the order of records of one key stays. */
static void warn_narrow(const struct wv_routes *routes)
{
    size_t most = 0;
    for (size_t i = 0; i < routes->source_count; i++) {
        most = routes->sources[i].partitions > most ? routes->sources[i].partitions : most;
    }
    for (size_t i = 0; i < routes->config->output_count; i++) {
        const struct wv_destination *to = &routes->destinations[i];
        if ((size_t)to->partitions < most) {
            wv_log(WV_LOG_WARN, "fewer_partitions",
                   WV_FIELDS(wv_log_word("topic", to->topic), wv_log_word("at", to->pointer),
                             wv_log_number("partitions", to->partitions),
                             wv_log_number("input_partitions", (int64_t)most),
                             wv_log_word("effect", "records of the input's higher partitions are "
                                                   "spread by their key"),
                             wv_log_word("advice", "give the topic as many partitions as the "
                                                   "input if their order matters")));
        }
    }
    if (!routes->has_rejects) {
        wv_log(WV_LOG_WARN, "no_reject_topic",
               WV_FIELDS(wv_log_word("effect", "rejected records are only counted"),
                         wv_log_word("advice", "set rejects.topic to be told which they are")));
    }
}

enum wv_preflight_state wv_preflight_ask(struct wv_preflight *preflight)
{
    preflight->may_complain = wv_log_is_due(&preflight->pause, preflight->clock);
    enum wv_preflight_state state = ask_inputs(preflight);
    if (state == WV_PREFLIGHT_READY) {
        state = ask_outputs(preflight);
    }
    if (state == WV_PREFLIGHT_READY) {
        warn_narrow(preflight->routes);
    }
    return state;
}
