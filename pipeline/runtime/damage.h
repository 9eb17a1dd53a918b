/*
 * damage.h — a batch of the input that cannot be read holds up its partition, and no other.
 *
 * Its checksum is wrong, or it cannot be unpacked: a disk of a broker is broken, or the network is.
 * librdkafka reports such a batch, and then goes on somewhere behind it, or gives the partition up
 * because it takes bytes of a record for an offset (rd_kafka_msgset_reader_v2(), 2.0.2 and 2.15.1).
 * Whoever commits what comes then has lost the batch. So what comes of the partition is dropped,
 * and after a pause it is asked for again, from where it stands: another broker may have a whole
 * copy. Where librdkafka has given it up nothing comes any more, until the next start.
 */
#ifndef WV_RUNTIME_DAMAGE_H
#define WV_RUNTIME_DAMAGE_H

#include "base/clock.h"

#include <librdkafka/rdkafka.h>

enum {
    WV_DAMAGE_PAUSE_FIRST_MS = 1000, /* twice as long each time, */
    WV_DAMAGE_PAUSE_LAST_MS = 30000, /* but not longer than this */
    WV_DAMAGE_LIMIT_MS = 300000,     /* after that a supervisor shall see it */
};

/* Of one partition. Zeroed: all could be read. */
struct wv_damage {
    bool found; /* since since_ns, and nothing has been read since */
    bool holds; /* what comes is dropped, until again_ns */
    uint64_t since_ns;
    uint64_t again_ns;
    uint64_t pause_ms;
};

enum wv_damage_turn {
    WV_DAMAGE_WAIT = 0, /* there is none, or it is not time yet */
    WV_DAMAGE_ASK,      /* the partition is to be asked for again now; it is not held any more */
    WV_DAMAGE_END,      /* nothing could be read for too long */
};

/* Whether a message with this error stands for records that librdkafka could not read. */
WV_MUST_USE bool wv_damage_is(rd_kafka_resp_err_t code);

/* Such a message has come. */
void wv_damage_hold(struct wv_damage *damage, uint64_t now_ns);

/* To be asked about every second. */
WV_MUST_USE enum wv_damage_turn wv_damage_look(struct wv_damage *damage, uint64_t now_ns);

#endif
