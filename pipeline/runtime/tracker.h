/*
 * tracker.h — which messages of one partition are done, and so which offset may be committed.
 *
 * Messages are opened in the order in which they are consumed, and finish in any order. The
 * position moves only over messages that are done and have no unfinished one before them, so that a
 * restart repeats messages but never skips one. Offsets may have gaps (compaction, control
 * records).
 *
 * Memory:  a ring that grows up to a limit; a full one means: do not read on.
 * Threads: belongs to one.
 */
#ifndef WV_RUNTIME_TRACKER_H
#define WV_RUNTIME_TRACKER_H

#include "base/ensure.h"

/* Names one open message. It stays harmless when the partition has been given away meanwhile: the
 * generation of the assignment tells. */
struct wv_ticket {
    uint64_t sequence;
    uint32_t generation;
};

struct wv_tracker_entry {
    int64_t offset;
    uint32_t open; /* acknowledgements that are still missing */
};

struct wv_tracker {
    struct wv_tracker_entry *ring; /* cap entries, a power of two */
    size_t cap;
    size_t max;
    uint64_t first; /* sequence of the oldest open message */
    uint64_t next;  /* sequence that the next message will get */
    int64_t position;
    uint32_t generation;
};

/* max: a power of two. False when memory is short. */
WV_MUST_USE bool wv_tracker_init(struct wv_tracker *tracker, size_t max);
void wv_tracker_fini(struct wv_tracker *tracker);

/* Forgets everything: the partition has been assigned anew and is read from `position`. */
void wv_tracker_reset(struct wv_tracker *tracker, uint32_t generation, int64_t position);

/* A consumed message. It is open until wv_tracker_ack(): the reader holds it while it finds out how
 * many outputs it has. False when the ring is full and cannot grow. */
WV_MUST_USE bool wv_tracker_open(struct wv_tracker *tracker, int64_t offset,
                                 struct wv_ticket *ticket);

/* One more acknowledgement is needed. The ticket must be open. */
void wv_tracker_expect(struct wv_tracker *tracker, struct wv_ticket ticket);

/* One acknowledgement less is missing. False: the ticket is of an older generation, ignored. */
bool wv_tracker_ack(struct wv_tracker *tracker, struct wv_ticket ticket);

/* Whether the ticket is of this generation. */
static inline bool wv_tracker_knows(const struct wv_tracker *tracker, struct wv_ticket ticket)
{
    return ticket.generation == tracker->generation;
}

/* The offset of an open message. */
int64_t wv_tracker_offset(const struct wv_tracker *tracker, struct wv_ticket ticket);

/* The offset of the oldest open message. There must be one. */
int64_t wv_tracker_oldest(const struct wv_tracker *tracker);

/* The offset to commit: everything before it is done. */
static inline int64_t wv_tracker_position(const struct wv_tracker *tracker)
{
    return tracker->position;
}

/* The position that there will be when everything that is open now is done. */
int64_t wv_tracker_end(const struct wv_tracker *tracker);

static inline size_t wv_tracker_in_flight(const struct wv_tracker *tracker)
{
    return (size_t)(tracker->next - tracker->first);
}

/* How many messages may still be opened. */
static inline size_t wv_tracker_room(const struct wv_tracker *tracker)
{
    return tracker->max - wv_tracker_in_flight(tracker);
}

#endif
