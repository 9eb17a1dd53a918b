/*
 * membership.h — what a transaction says of the consumer whose offsets it commits.
 *
 * Taken while partitions are being assigned, so that it names the generation in which they are
 * ours: asked for later, librdkafka may answer for none, and brokers take offsets of no generation
 * from anybody (KIP-447). Shared by lanes and transactions; the last one frees it.
 */
#ifndef WV_RUNTIME_MEMBERSHIP_H
#define WV_RUNTIME_MEMBERSHIP_H

#include "base/ensure.h"

#include <librdkafka/rdkafka.h>

struct wv_membership;

/* To be called before anything that may take long: a member that the group has thrown out meanwhile
 * would speak for no generation. NULL when it is one already, or memory is short. */
WV_MUST_USE struct wv_membership *wv_membership_new(rd_kafka_t *consumer);
struct wv_membership *wv_membership_hold(struct wv_membership *membership);
void wv_membership_free(struct wv_membership *membership); /* NULL is allowed */

/* By the group's next protocol (KIP-848): whether the group has taken the member in, of which one
 * that gets no partitions hears nothing else. False with librdkafka before 2.15. */
WV_MUST_USE bool wv_membership_is_joined(rd_kafka_t *consumer);

const rd_kafka_consumer_group_metadata_t *
wv_membership_metadata(const struct wv_membership *membership);

#endif
