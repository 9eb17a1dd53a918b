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

#endif
