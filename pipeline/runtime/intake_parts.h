/*
 * intake_parts.h — the inside of an intake, as its files share it: its consumer (intake.c), the
 * partitions that it takes and gives back (intake_shares.c), and their commits (intake_commit.c).
 */
#ifndef WV_RUNTIME_INTAKE_PARTS_H
#define WV_RUNTIME_INTAKE_PARTS_H

#include "runtime/intake.h"

#include <pthread.h>

struct wv_intake_part {
    char topic[WV_TOPIC_MAX + 1];
    int32_t partition;
    uint32_t lane;
    bool leaves; /* it is being given back */
    struct wv_slot *slot;
    rd_kafka_queue_t *queue;        /* of the partition, forwarded to the lane's */
    struct wv_published *published; /* until its lane has it; NULL: nothing is skipped */
    int64_t asked;                  /* last offset that was sent to be committed; -1: none */
    int64_t committed;              /* last one that was confirmed; -1: none */
};

struct wv_intake {
    struct wv_intake_setup setup;
    rd_kafka_t *consumer;
    rd_kafka_queue_t **queues;        /* by lane; NULL: no partitions */
    struct wv_membership *membership; /* exactly once, while partitions are ours */
    bool is_member;                   /* as it was when the membership was last asked for */
    bool incremental;     /* the group moves some partitions while its members keep the others */
    bool next_generation; /* and only brokers know who is in it (KIP-848) */
    bool leaving;
    uint64_t alone_since_ns; /* next generation: not in the group, or told so in the log */

    pthread_mutex_t mutex; /* over what follows, for wv_intake_numbers() */
    struct wv_intake_part *parts;
    size_t part_count;
    struct wv_intake_numbers numbers;
};

/* Then lanes commit offsets, in their transactions. */
static inline bool wv_intake_is_exact(const struct wv_intake *intake)
{
    return intake->setup.routes->config->delivery.mode == WV_EXACTLY_ONCE;
}

static inline const struct wv_source *wv_intake_source(const struct wv_intake *intake)
{
    return &intake->setup.routes->sources[intake->setup.source];
}

/* NULL: it is not ours. */
struct wv_intake_part *wv_intake_find(struct wv_intake *intake, const char *topic,
                                      int32_t partition);

/* Of a commit that was not waited for. */
void wv_intake_on_commit(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque);

/* Commits what is done, and waits for the answer. */
void wv_intake_commit_now(struct wv_intake *intake);

/* The group gives us these partitions, beside those that we have. */
void wv_intake_take(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list);

/* Finishes and commits the partitions of the list (NULL: all), and forgets them. lost: they may be
 * somebody else's already. */
void wv_intake_give_back(struct wv_intake *intake, const rd_kafka_topic_partition_list_t *list,
                         bool lost);

/* Tells librdkafka that this has been done: NULL, that we have no partitions. */
void wv_intake_answer(struct wv_intake *intake, rd_kafka_resp_err_t code,
                      const rd_kafka_topic_partition_list_t *list);

#endif
