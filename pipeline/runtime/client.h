/*
 * client.h — makes librdkafka's clients the way wafveil needs them.
 *
 * Three layers make a client's configuration: defaults that suit large logs on few cores, the
 * operator's properties over them, and over both the few that the promises rest on.
 *
 * Memory. limits.memory_mib is split so, in sixteenths: seven for the bytes of records that were
 *         fetched and not yet read, three for what librdkafka keeps beside them, as a limit on
 *         their number; three for the bytes of records that were sent and not yet acknowledged, one
 *         for what is kept beside those; two for the rest: above all, a queue takes the whole of
 *         the response that fills it, which is unpacked by then. The shares of what was fetched are
 *         divided by the lanes, those of what was sent by the producers (lanes times distinct
 *         outputs). No share of bytes is smaller than WV_QUEUE_MIN_KIB. A property that the
 * operator sets himself wins.
 */
#ifndef WV_RUNTIME_CLIENT_H
#define WV_RUNTIME_CLIENT_H

#include "runtime/properties.h"

#include <librdkafka/rdkafka.h>

enum { WV_QUEUE_MIN_KIB = 512 };

enum wv_role {
    WV_ROLE_CONSUMER = 0,
    WV_ROLE_PRODUCER,
    WV_ROLE_PROBE, /* asks for metadata and joins no group */
};

struct wv_client_plan {
    enum wv_role role;
    const struct wv_settings *settings;
    const struct wv_config *config;
    size_t sharers; /* CONSUMER: lanes that it feeds; PRODUCER: producers of the process */
    const char *transactional_id; /* PRODUCER that works in transactions; else NULL */
};

/* How much a producer may have in memory, in KiB. */
uint64_t wv_client_send_kib(const struct wv_config *config, size_t producers);

/* A configuration without callbacks other than the log's; NULL, logged, when librdkafka refuses a
 * property. */
WV_MUST_USE rd_kafka_conf_t *wv_client_conf(const struct wv_client_plan *plan);

/* Takes conf. NULL, logged, when the client cannot be made. */
WV_MUST_USE rd_kafka_t *wv_client_new(enum wv_role role, rd_kafka_conf_t *conf);

/* How a failed delivery is to be taken. */
enum wv_trouble {
    WV_TROUBLE_LATER = 0, /* the topic or the permission is missing: ask again */
    WV_TROUBLE_SIZE,      /* the broker takes no message, or no batch, of this size */
    WV_TROUBLE_TIME,      /* the topic takes no message with this timestamp */
    WV_TROUBLE_FATAL,     /* the producer is unusable from now on */
    WV_TROUBLE_DROPPED,   /* we threw it away ourselves, at the end */
};

enum wv_trouble wv_client_trouble(rd_kafka_resp_err_t code);

/* What the operator can do about it: one sentence. */
const char *wv_client_advice(rd_kafka_resp_err_t code);

#endif
