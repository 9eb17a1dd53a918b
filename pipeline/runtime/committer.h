/*
 * committer.h — the thread that ends a lane's transactions, while the lane goes on.
 *
 * Sending offsets and committing wait for three answers of brokers, one after the other. Nothing
 * else of the producer is used meanwhile, and no delivery report is missing any more when they
 * begin, so that none is served here.
 *
 * Threads. All functions are for the lane's.
 */
#ifndef WV_RUNTIME_COMMITTER_H
#define WV_RUNTIME_COMMITTER_H

#include "runtime/membership.h"

/* Offsets of one consumer. */
struct wv_offer {
    struct wv_membership *membership; /* held */
    rd_kafka_topic_partition_list_t *offsets;
};

/* Of all consumers that a lane reads from. */
struct wv_offers {
    struct wv_offer *items;
    size_t count;
};

void wv_offers_free(struct wv_offers *offers);

enum wv_committed {
    WV_COMMIT_IDLE = 0, /* nothing was asked for */
    WV_COMMIT_BUSY,
    WV_COMMIT_DONE,
    WV_COMMIT_ABORT, /* the transaction has to be aborted, and may be repeated */
    WV_COMMIT_FATAL, /* the producer is of no use any more */
};

struct wv_committer;

/* Starts the thread. NULL when there is no memory, or no thread. */
WV_MUST_USE struct wv_committer *wv_committer_start(void);

/* Ends it. What it is about is left as it is: the next producer of that name learns how it ended.
 * NULL is allowed. */
void wv_committer_stop(struct wv_committer *committer);

/* Commits the transaction with these offsets, and takes them. */
void wv_committer_begin(struct wv_committer *committer, rd_kafka_t *producer,
                        struct wv_offers offers);

/* What is known of an end that was not good. */
struct wv_commit_trouble {
    rd_kafka_resp_err_t code;
    bool attempted; /* brokers were asked to commit: perhaps they have */
};

/* How it stands. An end is told once. */
enum wv_committed wv_committer_look(struct wv_committer *committer,
                                    struct wv_commit_trouble *trouble);

#endif
