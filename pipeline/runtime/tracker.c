/*
 * tracker.c — which messages of one partition are done, and so which offset may be committed.
 */
#include "runtime/tracker.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_AT_START = 1024 };

static struct wv_tracker_entry *entry_at(const struct wv_tracker *tracker, uint64_t sequence)
{
    return &tracker->ring[sequence & (tracker->cap - 1)];
}

bool wv_tracker_init(struct wv_tracker *tracker, size_t max)
{
    wv_ensure(max != 0 && (max & (max - 1)) == 0);
    const size_t cap = max < CAP_AT_START ? max : CAP_AT_START;
    *tracker = (struct wv_tracker){.max = max, .cap = cap, .position = -1};
    tracker->ring = calloc(cap, sizeof *tracker->ring);
    return tracker->ring != NULL;
}

void wv_tracker_fini(struct wv_tracker *tracker)
{
    free(tracker->ring);
    *tracker = (struct wv_tracker){0};
}

void wv_tracker_reset(struct wv_tracker *tracker, uint32_t generation, int64_t position)
{
    tracker->first = 0;
    tracker->next = 0;
    tracker->position = position;
    tracker->generation = generation;
}

/* Doubles the ring. Sequences keep their meaning; only their places change. */
static bool grow(struct wv_tracker *tracker)
{
    if (tracker->cap == tracker->max) {
        return false;
    }
    const size_t cap = tracker->cap * 2;
    struct wv_tracker_entry *ring = calloc(cap, sizeof *ring);
    if (ring == NULL) {
        return false;
    }
    for (uint64_t sequence = tracker->first; sequence != tracker->next; sequence++) {
        ring[sequence & (cap - 1)] = *entry_at(tracker, sequence);
    }
    free(tracker->ring);
    tracker->ring = ring;
    tracker->cap = cap;
    return true;
}

bool wv_tracker_open(struct wv_tracker *tracker, int64_t offset, struct wv_ticket *ticket)
{
    if (wv_tracker_in_flight(tracker) == tracker->cap && !grow(tracker)) {
        return false;
    }
    *entry_at(tracker, tracker->next) = (struct wv_tracker_entry){.offset = offset, .open = 1};
    *ticket = (struct wv_ticket){.sequence = tracker->next, .generation = tracker->generation};
    tracker->next++;
    return true;
}

static struct wv_tracker_entry *open_entry(const struct wv_tracker *tracker,
                                           struct wv_ticket ticket)
{
    wv_ensure(wv_tracker_knows(tracker, ticket));
    wv_ensure(ticket.sequence >= tracker->first && ticket.sequence < tracker->next);
    struct wv_tracker_entry *entry = entry_at(tracker, ticket.sequence);
    wv_ensure(entry->open > 0);
    return entry;
}

void wv_tracker_expect(struct wv_tracker *tracker, struct wv_ticket ticket)
{
    struct wv_tracker_entry *entry = open_entry(tracker, ticket);
    wv_ensure(entry->open < UINT32_MAX);
    entry->open++;
}

bool wv_tracker_ack(struct wv_tracker *tracker, struct wv_ticket ticket)
{
    if (!wv_tracker_knows(tracker, ticket)) {
        return false;
    }
    open_entry(tracker, ticket)->open--;
    while (tracker->first != tracker->next && entry_at(tracker, tracker->first)->open == 0) {
        tracker->position = entry_at(tracker, tracker->first)->offset + 1;
        tracker->first++;
    }
    return true;
}

int64_t wv_tracker_offset(const struct wv_tracker *tracker, struct wv_ticket ticket)
{
    return open_entry(tracker, ticket)->offset;
}

int64_t wv_tracker_oldest(const struct wv_tracker *tracker)
{
    wv_ensure(tracker->first != tracker->next);
    return entry_at(tracker, tracker->first)->offset;
}

int64_t wv_tracker_end(const struct wv_tracker *tracker)
{
    return tracker->first == tracker->next ? tracker->position
                                           : entry_at(tracker, tracker->next - 1)->offset + 1;
}
