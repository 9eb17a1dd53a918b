/*
 * refill.h — librdkafka fills the queues of a lane that lags behind before they run dry.
 *
 * Before 2.2 it looks only once a second whether a queue that was full wants more (librdkafka
 * #2879); a lane that works off what it holds in less than that waits, although there is a lag. It
 * looks whenever its thread for a broker has anything to do, so the lane asks for an offset that
 * nobody needs, ten times a second, and does not wait for the answer.
 *
 * Threads: the lane's.
 */
#ifndef WV_RUNTIME_REFILL_H
#define WV_RUNTIME_REFILL_H

#include "runtime/slot.h"

#include <librdkafka/rdkafka.h>

struct wv_refill {
    uint64_t asked_ns;
};

/* To be called when a batch was full. Asks the brokers of the source's partitions, if it is time.
 */
void wv_refill_look(struct wv_refill *refill, rd_kafka_t *consumer, struct wv_slot *const *slots,
                    size_t count, size_t source, uint64_t now_ns);

#endif
