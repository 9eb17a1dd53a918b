/*
 * fetch.h — exactly these messages of an input's topic, without leaving a trace.
 *
 * No consumer group is joined and nothing is committed. What transactions have aborted is not read.
 */
#ifndef WV_RUNTIME_FETCH_H
#define WV_RUNTIME_FETCH_H

#include "runtime/sample.h"

struct wv_position {
    int32_t partition;
    int64_t offset;
};

/* record NULL: the topic does not have that message any more. Valid until the function returns.
 * False ends the reading. */
typedef bool wv_fetch_fn(void *user, size_t index, const struct wv_record *record);

struct wv_fetch;

/* NULL with trouble. The configuration must outlive it. */
WV_MUST_USE struct wv_fetch *wv_fetch_open(const struct wv_config *config, uint32_t input,
                                           struct wv_sample_trouble *trouble);
void wv_fetch_close(struct wv_fetch *fetch); /* NULL is allowed */

/* Tells of every position, which are sorted and differ, in their order. False with trouble when the
 * topic cannot be read; without (what is NULL), when the function ended it. */
WV_MUST_USE bool wv_fetch_read(struct wv_fetch *fetch, const struct wv_position *wanted,
                               size_t count, wv_fetch_fn *fn, void *user,
                               struct wv_sample_trouble *trouble);

#endif
