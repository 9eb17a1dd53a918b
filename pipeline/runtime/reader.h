/*
 * reader.h — the messages of a lane's partitions, one by one through the engine.
 *
 * Belongs to the lane's thread. A message that was fetched and has not been given to the engine
 * counts as not read: when its partition goes away it is simply dropped.
 */
#ifndef WV_RUNTIME_READER_H
#define WV_RUNTIME_READER_H

#include "runtime/dispatch.h"

/* Partitions of one source for one lane, beside those that it has. */
struct wv_lane_share {
    size_t source;
    uint32_t generation;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue; /* all of them are forwarded to it; stays the caller's. NULL: nothing
                              * is read, until another share comes */
    struct wv_membership *membership; /* exactly once: held by the reader; else NULL */
    size_t count;
    struct wv_lane_part {
        const char *topic;
        int32_t partition;
        uint32_t input;
        int64_t position;               /* where it is read from; -1: not known yet */
        struct wv_published *published; /* the reader's from now on; NULL: nothing is skipped */
        struct wv_slot *slot;           /* filled in */
    } * parts;
};

struct wv_reader_setup {
    struct wv_plan *plan; /* that it begins with */
    const struct wv_routes *routes;
    struct wv_stop *stop;
    const struct wv_clock *clock;
    struct wv_dispatch *dispatch;
    _Atomic uint64_t *lost; /* counts messages that were gone before they were read */
};

struct wv_reader;

/* NULL when memory is short. */
WV_MUST_USE struct wv_reader *wv_reader_new(const struct wv_reader_setup *setup);

/* Frees the slots too: only when no acknowledgement can come any more. */
void wv_reader_free(struct wv_reader *reader);

/* From now on reads these partitions, too; fills in their slots. False when memory is short. */
WV_MUST_USE bool wv_reader_add(struct wv_reader *reader, struct wv_lane_share *share);

/* Reads no more of the source's partitions that are leaving. */
void wv_reader_stop(struct wv_reader *reader, size_t source);

/* How many messages of the source's partitions that are leaving are not done. */
size_t wv_reader_unfinished(const struct wv_reader *reader, size_t source);

/* Forgets the source's partitions that are leaving. Acknowledgements that still come for them are
 * ignored. */
void wv_reader_remove(struct wv_reader *reader, size_t source);

/* Reads what is there, at most a batch; where there is nothing, waits at most wait_ms. */
void wv_reader_turn(struct wv_reader *reader, int wait_ms);

/* False while a partition has as many messages on their way as may be. */
bool wv_reader_has_room(const struct wv_reader *reader);

/* Makes positions visible to other threads. */
void wv_reader_publish(struct wv_reader *reader);

/* Ends the process, logged, when a partition stands still while others go on (stall.h).
 * progress_ns: when the lane was acknowledged something last. */
void wv_reader_watch(struct wv_reader *reader, uint64_t progress_ns);

/* Asks again, when it is time, for what could not be read; ends the process, logged, when that
 * lasts too long (damage.h). */
void wv_reader_mend(struct wv_reader *reader);

/* How many partitions cannot be read. */
size_t wv_reader_damaged(const struct wv_reader *reader);

/* From now on classes are counted there, and positions up to now belong to what was counted before.
 */
void wv_reader_count(struct wv_reader *reader, struct wv_categories *counts);

/* The same with another worker, between two hand-overs: positions stay with what comes after. */
void wv_reader_count_on(struct wv_reader *reader, struct wv_categories *counts);

/* Those positions may be committed when the counts are written: for the main thread, which waits
 * neither for nor with the lane's. */
void wv_reader_counted(struct wv_reader *reader);

size_t wv_reader_in_flight(const struct wv_reader *reader);

/* Exactly once: positions behind everything that has been read and is not committed yet. No items
 * at all (NULL) when memory is short. */
struct wv_offers wv_reader_offer(struct wv_reader *reader);

/* What was offered last is committed. */
void wv_reader_settled(struct wv_reader *reader);

/* Whether everything that was read of the source's partitions that are leaving is committed. */
bool wv_reader_is_settled(const struct wv_reader *reader, size_t source);

/* Whether anything was read that is neither committed nor forgotten. */
bool wv_reader_has_unsettled(const struct wv_reader *reader);

/* Counts of all its workers, except that what is counted by number of the plan (refused transfers,
 * the configuration's own detectors) begins anew with each plan. */
void wv_reader_tally(const struct wv_reader *reader, struct wv_tally *tally);

/* Whether every message that was fetched has been given to the engine. */
bool wv_reader_is_between_batches(const struct wv_reader *reader);

/* Messages go through this worker from now on; it is the reader's, and the one before is freed.
 * same_plan: what is counted by the plan goes on. */
void wv_reader_use(struct wv_reader *reader, struct wv_worker *worker, bool same_plan);

#endif
