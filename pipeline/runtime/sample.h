/*
 * sample.h — the newest messages of a topic, read once and without leaving a trace.
 *
 * No consumer group is joined and nothing is committed: the service that reads the same topic does
 * not notice. Reading ends with what was the end of the topic when it began.
 */
#ifndef WV_RUNTIME_SAMPLE_H
#define WV_RUNTIME_SAMPLE_H

#include "engine/transform.h"

/* The record is valid until the function returns. */
typedef void wv_sample_fn(void *user, const struct wv_record *record);

/* A message as it stands in a topic; valid until the function returns. */
struct wv_topic_message {
    int32_t partition;
    int64_t offset;
    int64_t time_ms;       /* Kafka's; -1: none */
    struct wv_slice value; /* ptr NULL: none */
};
typedef void wv_topic_fn(void *user, const struct wv_topic_message *message);

/* Why a topic could not be read. */
struct wv_sample_trouble {
    const char *what;
    const char *advice;
};

/* Gives at most `most` messages of the input's topic to the function: of each partition the newest,
 * evenly where they have enough. False when the topic cannot be read; messages may have been given
 * before that. */
WV_MUST_USE bool wv_sample_topic(const struct wv_config *config, uint32_t input, uint64_t most,
                                 wv_sample_fn *fn, void *user, struct wv_sample_trouble *trouble);

/* A topic that is no input, as those who write it see it. */
struct wv_topic {
    struct wv_slice name; /* ends with NUL */
    struct wv_properties kafka;
    uint64_t each;    /* of each partition at most so many, the newest */
    int64_t since_ms; /* only from that time on; 0: all */
};

/* The same for such a topic: each partition in its order, and none before another. */
WV_MUST_USE bool wv_topic_read(const struct wv_config *config, const struct wv_topic *topic,
                               wv_topic_fn *fn, void *user, struct wv_sample_trouble *trouble);

#endif
