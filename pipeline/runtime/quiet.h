/*
 * quiet.h — a consumer that leaves no trace: it joins no group, commits nothing, and reads from
 * where it is told. What sample.c and fetch.c have in common.
 */
#ifndef WV_RUNTIME_QUIET_H
#define WV_RUNTIME_QUIET_H

#include "runtime/sample.h"

#include <librdkafka/rdkafka.h>

enum {
    WV_QUIET_ASK_MS = 10000,
    WV_QUIET_WAIT_MS = 30000, /* without a message: something does not answer any more */
    WV_QUIET_POLL_MS = 500,
    WV_QUIET_HEADERS = 256, /* more are not passed on, as in reader.c */
};

struct wv_quiet {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
};

/* False with trouble; wv_quiet_close() in any case. */
WV_MUST_USE bool wv_quiet_open(struct wv_quiet *quiet, const struct wv_config *config,
                               struct wv_slice name, struct wv_properties kafka,
                               struct wv_sample_trouble *trouble);
void wv_quiet_close(struct wv_quiet *quiet);

/* False, always. */
bool wv_quiet_fail(rd_kafka_resp_err_t code, struct wv_sample_trouble *trouble);

/* The message as the engine takes it; it lives as long as the message and the headers. */
struct wv_record wv_quiet_record(const struct wv_config *config, uint32_t input,
                                 const rd_kafka_message_t *message,
                                 struct wv_header headers[WV_QUIET_HEADERS]);

#endif
