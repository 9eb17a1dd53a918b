/*
 * reader_parts.h — the inside of the reader, as its files share it: messages (reader.c), the
 * partitions that they come from (reader_slots.c), and those that cannot be read (reader_damage.c).
 */
#ifndef WV_RUNTIME_READER_PARTS_H
#define WV_RUNTIME_READER_PARTS_H

#include "runtime/reader.h"
#include "runtime/refill.h"

enum {
    WV_READER_BATCH = 256,
    WV_READER_HEADERS_MAX = 256, /* more are not passed on */
};

struct wv_feed {
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue; /* NULL: not read */
    struct wv_membership *membership;
};

struct wv_reader {
    struct wv_reader_setup setup;
    struct wv_worker *worker;
    struct wv_tally before; /* what the workers before it have counted */
    struct wv_feed *feeds;  /* by source */
    struct wv_slot **slots;
    size_t slot_count;

    /* A fetched batch of one source; [next, count) has not been given to the engine. */
    rd_kafka_message_t *batch[WV_READER_BATCH];
    size_t batch_next;
    size_t batch_count;
    size_t batch_source;

    struct wv_slot *recent;        /* messages come in runs of one partition */
    const rd_kafka_topic_t *topic; /* of the recent one */
    const struct wv_slot *crowded; /* has no room for another message; NULL: none */
    struct wv_log_pause error_pause;
    struct wv_log_pause behind_pause; /* of messages that had been read */
    struct wv_refill refill;
    struct wv_header headers[WV_READER_HEADERS_MAX];
};

/* Whether the slot is of this partition. */
static inline bool wv_slot_is(const struct wv_slot *slot, size_t source, const char *topic,
                              int32_t partition)
{
    return slot->source == source && slot->partition == partition &&
           strcmp(slot->topic, topic) == 0;
}

/* Throws away what was fetched and has not been given to the engine. */
void wv_reader_drop_batch(struct wv_reader *reader);

/* The same of one partition: it comes again, from its offset. */
void wv_reader_drop_of(struct wv_reader *reader, const struct wv_slot *slot);

/* The partition cannot be read on from where it stands (damage.h). */
void wv_reader_hold(struct wv_reader *reader, struct wv_slot *slot, rd_kafka_resp_err_t code);

/* It can be again. */
void wv_reader_go_on(struct wv_slot *slot);

#endif
