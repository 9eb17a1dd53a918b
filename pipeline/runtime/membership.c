/*
 * membership.c — what a transaction says of the consumer whose offsets it commits.
 */
#include "runtime/membership.h"

#include <stdatomic.h>
#include <stdlib.h>

struct wv_membership {
    atomic_size_t holders;
    rd_kafka_consumer_group_metadata_t *metadata;
};

/* Brokers hold a commit to its generation only where it names a member. */
static bool is_member(rd_kafka_t *consumer)
{
    char *id = rd_kafka_memberid(consumer);
    const bool named = id != NULL && id[0] != '\0';
    if (id != NULL) {
        rd_kafka_mem_free(consumer, id);
    }
    return named;
}

struct wv_membership *wv_membership_new(rd_kafka_t *consumer)
{
    struct wv_membership *membership = malloc(sizeof *membership);
    if (membership == NULL) {
        return NULL;
    }
    atomic_init(&membership->holders, 1);
    membership->metadata = rd_kafka_consumer_group_metadata(consumer);
    /* Asked for afterwards: what was thrown out since does not come back before we let it. */
    if (membership->metadata == NULL || !is_member(consumer)) {
        wv_membership_free(membership);
        return NULL;
    }
    return membership;
}

struct wv_membership *wv_membership_hold(struct wv_membership *membership)
{
    atomic_fetch_add(&membership->holders, 1);
    return membership;
}

void wv_membership_free(struct wv_membership *membership)
{
    if (membership != NULL && atomic_fetch_sub(&membership->holders, 1) == 1) {
        if (membership->metadata != NULL) {
            rd_kafka_consumer_group_metadata_destroy(membership->metadata);
        }
        free(membership);
    }
}

bool wv_membership_is_joined(rd_kafka_t *consumer)
{
    int32_t epoch = 0;
#if RD_KAFKA_VERSION >= 0x020f0000
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(consumer);
    if (metadata != NULL) {
        epoch = rd_kafka_consumer_group_metadata_generation_id(metadata);
        rd_kafka_consumer_group_metadata_destroy(metadata);
    }
#else
    (void)consumer;
#endif
    return epoch > 0;
}

const rd_kafka_consumer_group_metadata_t *
wv_membership_metadata(const struct wv_membership *membership)
{
    return membership->metadata;
}
