/*
 * published.h — what an output's partition already has of an input's partition, and from where on
 * to look for it after a crash: delivery.skip_published.
 *
 * Each commit carries in its metadata, for every output, an offset of the output's partition: what
 * is published of messages behind the committed position stands there or later. Who takes the
 * partition next reads from there to the end, and does not send again what he finds. Where the
 * metadata is not ours, somebody has decided where to go on, and everything comes again.
 *
 * Nothing is ever skipped because of an offset alone: only a record that was found, and whose
 * headers name this writer and that message, counts as published. A wrong offset makes doubles.
 *
 * Threads. A lane owns it, as its slot; wv_published_write() is for the main thread, which commits.
 */
#ifndef WV_RUNTIME_PUBLISHED_H
#define WV_RUNTIME_PUBLISHED_H

#include "base/slice.h"

#include <stdatomic.h>

enum {
    WV_WRITER_LEN = 16,
    WV_PUBLISHED_TEXT_MAX = 4096, /* offset.metadata.max.bytes of brokers, unless it was changed */
};

/* A writer: a group, where it reads, and one of its outputs. */
struct wv_writer {
    char text[WV_WRITER_LEN + 1];
};

struct wv_writer wv_writer_of(const char *group, const char *brokers, struct wv_slice output);

struct wv_published_output {
    struct wv_writer writer;
    int64_t *found; /* offsets of messages, sorted; NULL: none, or all are behind us */
    size_t found_count;
    size_t next;     /* the first that is not behind us */
    int64_t acked;   /* everything that is acknowledged stands before it; -1: it is not known */
    int64_t before;  /* the same, some time ago */
    int64_t handed;  /* `from`, when counts were handed over last */
    int64_t counted; /* the same of counts that were taken: the main thread's */
    _Atomic int64_t from; /* where to look from, by the position as it is; -1: not at all */
};

struct wv_published {
    int64_t until; /* position from which on `before` says where to look */
    size_t count;
    struct wv_published_output outputs[];
};

/* Nothing is known of any output. NULL when memory is short. */
WV_MUST_USE struct wv_published *wv_published_new(size_t outputs);
void wv_published_free(struct wv_published *published); /* NULL is allowed */

/* Reads the metadata of a committed position into `from` of the outputs that it names. False, and
 * nothing is changed, when it is not ours. */
WV_MUST_USE bool wv_published_read(struct wv_published *published, struct wv_slice metadata,
                                   int64_t position);

/* A record of this message was found in the output. False when memory is short. */
WV_MUST_USE bool wv_published_find(struct wv_published *published, size_t output, int64_t offset);

/* All has been found; reading begins at the position. ends: by output, where its partition ended
 * (-1: it is not known) before anything was read. Without metadata of ours, that is also where to
 * look from. */
void wv_published_begin(struct wv_published *published, int64_t position, const int64_t *ends);

/* Whether the output has a record of this message. Messages are asked for in their order. */
WV_MUST_USE bool wv_published_has(struct wv_published *published, size_t output, int64_t offset);

/* A record was acknowledged, and stands there. */
static inline void wv_published_acked(struct wv_published *published, size_t output, int64_t offset)
{
    if (published->outputs[output].acked >= 0 && offset >= published->outputs[output].acked) {
        published->outputs[output].acked = offset + 1;
    }
}

/* Everything before the position is done, and will be before the end when everything is done that
 * was read. To be told after the position was published. */
void wv_published_move(struct wv_published *published, int64_t position, int64_t end);

/* As wv_reader_count() and wv_reader_counted(). */
void wv_published_hand(struct wv_published *published);
void wv_published_count(struct wv_published *published);

/* The metadata for a position that is looked up after this call: wv_published_end() adds it.
 * counted: by the counts that were taken. Returns its length; 0: there is nothing to say. */
size_t wv_published_write(const struct wv_published *published, bool counted,
                          char text[WV_PUBLISHED_TEXT_MAX]);
size_t wv_published_end(char text[WV_PUBLISHED_TEXT_MAX], size_t len, int64_t position);

/* The offset in a header wafveil-source, when it names this topic and partition; else -1. */
int64_t wv_published_source(struct wv_slice header, const char *topic, int32_t partition);

#endif
