/*
 * slot.h — one assigned partition, as the lane that works on it sees it.
 *
 * The lane's thread owns everything but the atomic members, which others read. A slot is used again
 * for another partition after a rebalance, and freed with its lane, so a late acknowledgement
 * always finds it; the tracker's generation tells whether it is still meant.
 */
#ifndef WV_RUNTIME_SLOT_H
#define WV_RUNTIME_SLOT_H

#include "runtime/damage.h"
#include "runtime/published.h"
#include "runtime/stall.h"

#include <stdatomic.h>

enum { WV_TOPIC_MAX = 249, WV_SLOT_IN_FLIGHT_MAX = 1 << 16 };

struct wv_slot {
    struct wv_tracker tracker;
    char topic[WV_TOPIC_MAX + 1];
    int32_t partition;
    uint32_t input;
    size_t source;
    bool used;
    bool gone; /* not ours any more, while others of its source are: its messages are dropped */
    atomic_bool leaving;            /* it is to be given back: set by the main thread */
    struct wv_published *published; /* delivery.skip_published; NULL: nothing is skipped */
    struct wv_stall stall;
    struct wv_damage damage;
    int64_t offered;            /* exactly once: position in the transaction closed last */
    int64_t settled;            /* the same of the one committed last */
    _Atomic int64_t position;   /* to be committed; -1: nothing is done yet */
    int64_t handed;             /* the position when counts were handed over last */
    int64_t counted;            /* the same of counts that were taken: the main thread's */
    _Atomic int64_t read_ms;    /* Kafka's time of the last message that was read; -1: none */
    _Atomic uint64_t in_flight; /* messages that were read and are not done */
};

#endif
