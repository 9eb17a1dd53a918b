/*
 * reader_slots.c — the partitions of a lane's reader: which there are, and how far each is.
 */
#include "base/log.h"
#include "runtime/reader_parts.h"

#include <stdlib.h>

static struct wv_slot *make_slot(struct wv_reader *reader)
{
    struct wv_slot **slots =
        realloc(reader->slots, (reader->slot_count + 1) * sizeof *reader->slots);
    if (slots == NULL) {
        return NULL;
    }
    reader->slots = slots;
    struct wv_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL || !wv_tracker_init(&slot->tracker, WV_SLOT_IN_FLIGHT_MAX)) {
        free(slot);
        return NULL;
    }
    reader->slots[reader->slot_count++] = slot;
    return slot;
}

static struct wv_slot *unused_slot(struct wv_reader *reader, size_t source,
                                   const struct wv_lane_part *part)
{
    struct wv_slot *unused = NULL;
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct wv_slot *slot = reader->slots[i];
        if (slot->gone && wv_slot_is(slot, source, part->topic, part->partition)) {
            return slot;
        }
        unused = !slot->used && !slot->gone ? slot : unused;
    }
    return unused != NULL ? unused : make_slot(reader);
}

void wv_reader_drop_of(struct wv_reader *reader, const struct wv_slot *slot)
{
    size_t kept = reader->batch_next;
    for (size_t i = reader->batch_next; i < reader->batch_count; i++) {
        rd_kafka_message_t *message = reader->batch[i];
        const char *topic = message->rkt == NULL ? "" : rd_kafka_topic_name(message->rkt);
        if (wv_slot_is(slot, reader->batch_source, topic, message->partition)) {
            rd_kafka_message_destroy(message);
        } else {
            reader->batch[kept++] = message;
        }
    }
    reader->batch_count = kept;
}

static bool add_part(struct wv_reader *reader, const struct wv_lane_share *share,
                     struct wv_lane_part *part)
{
    struct wv_slot *slot = unused_slot(reader, share->source, part);
    const size_t len = strlen(part->topic);
    if (slot == NULL || len > WV_TOPIC_MAX) {
        return false;
    }
    memcpy(slot->topic, part->topic, len + 1);
    slot->partition = part->partition;
    slot->input = part->input;
    slot->source = share->source;
    slot->used = true;
    slot->gone = false;
    atomic_store(&slot->leaving, false);
    wv_reader_drop_of(reader, slot);
    wv_tracker_reset(&slot->tracker, share->generation, part->position);
    atomic_store(&slot->position, part->position);
    wv_published_free(slot->published);
    slot->published = part->published;
    part->published = NULL;
    slot->damage = (struct wv_damage){0};
    slot->offered = part->position;
    slot->settled = part->position;
    slot->handed = part->position;
    slot->counted = part->position;
    atomic_store(&slot->read_ms, -1);
    atomic_store(&slot->in_flight, 0);
    part->slot = slot;
    return true;
}

bool wv_reader_add(struct wv_reader *reader, struct wv_lane_share *share)
{
    for (size_t i = 0; i < share->count; i++) {
        if (!add_part(reader, share, &share->parts[i])) {
            return false;
        }
    }
    struct wv_membership *membership =
        share->membership == NULL ? NULL : wv_membership_hold(share->membership);
    wv_membership_free(reader->feeds[share->source].membership);
    reader->feeds[share->source] = (struct wv_feed){share->consumer, share->queue, membership};
    return true;
}

static bool is_of(const struct wv_slot *slot, size_t source)
{
    return slot->used && slot->source == source;
}

static bool is_leaving(const struct wv_slot *slot, size_t source)
{
    return is_of(slot, source) && atomic_load(&slot->leaving);
}

/* Whether a partition of the source stays. */
static bool has_others(const struct wv_reader *reader, size_t source)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        if (is_of(reader->slots[i], source) && !is_leaving(reader->slots[i], source)) {
            return true;
        }
    }
    return false;
}

void wv_reader_stop(struct wv_reader *reader, size_t source)
{
    if (has_others(reader, source)) {
        return; /* messages of those that are leaving are dropped as they come */
    }
    reader->feeds[source].queue = NULL;
    if (reader->batch_source == source) {
        wv_reader_drop_batch(reader);
        reader->crowded = NULL;
    }
}

size_t wv_reader_unfinished(const struct wv_reader *reader, size_t source)
{
    size_t unfinished = 0;
    for (size_t i = 0; i < reader->slot_count; i++) {
        if (is_leaving(reader->slots[i], source)) {
            unfinished += wv_tracker_in_flight(&reader->slots[i]->tracker);
        }
    }
    return unfinished;
}

/* librdkafka may still have messages of theirs in the queue that the others share. */
void wv_reader_remove(struct wv_reader *reader, size_t source)
{
    const bool others = has_others(reader, source);
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct wv_slot *slot = reader->slots[i];
        if (is_leaving(slot, source)) {
            slot->used = false;
            slot->gone = true;
            wv_tracker_reset(&slot->tracker, 0, -1); /* no assignment has generation 0 */
            reader->crowded = reader->crowded == slot ? NULL : reader->crowded;
        }
        slot->gone = slot->gone && (others || slot->source != source);
    }
    reader->recent = NULL;
    if (!others) {
        wv_membership_free(reader->feeds[source].membership);
        reader->feeds[source] = (struct wv_feed){0};
    }
}

void wv_reader_publish(struct wv_reader *reader)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct wv_slot *slot = reader->slots[i];
        if (slot->used) {
            atomic_store_explicit(&slot->position, wv_tracker_position(&slot->tracker),
                                  memory_order_release);
            atomic_store_explicit(&slot->in_flight, wv_tracker_in_flight(&slot->tracker),
                                  memory_order_relaxed);
            if (slot->published != NULL) {
                wv_published_move(slot->published, wv_tracker_position(&slot->tracker),
                                  wv_tracker_end(&slot->tracker));
            }
        }
    }
}

void wv_reader_watch(struct wv_reader *reader, uint64_t progress_ns)
{
    const uint64_t now = wv_clock_now_ns(reader->setup.clock);
    for (size_t i = 0; i < reader->slot_count && !wv_stop_asked(reader->setup.stop); i++) {
        struct wv_slot *slot = reader->slots[i];
        if (!slot->used || !wv_stall_look(&slot->stall, &slot->tracker, now, progress_ns)) {
            continue;
        }
        wv_log(WV_LOG_ERROR, "partition_stalled",
               WV_FIELDS(wv_log_word("topic", slot->topic),
                         wv_log_number("partition", slot->partition),
                         wv_log_number("offset", wv_tracker_oldest(&slot->tracker)),
                         wv_log_number("seconds", WV_STALL_LIMIT_MS / 1000),
                         wv_log_word("advice", "look whether the brokers of each output answer"),
                         wv_log_word("effect", "nothing is lost: it is read again")));
        wv_stop_ask(reader->setup.stop, WV_EXIT_OUTPUT);
    }
}

void wv_reader_count(struct wv_reader *reader, struct wv_categories *counts)
{
    wv_worker_counts(reader->worker, counts);
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct wv_slot *slot = reader->slots[i];
        slot->handed = atomic_load_explicit(&slot->position, memory_order_relaxed);
        if (slot->published != NULL) {
            wv_published_hand(slot->published);
        }
    }
}

void wv_reader_count_on(struct wv_reader *reader, struct wv_categories *counts)
{
    wv_worker_counts(reader->worker, counts);
}

void wv_reader_counted(struct wv_reader *reader)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        reader->slots[i]->counted = reader->slots[i]->handed;
        if (reader->slots[i]->published != NULL) {
            wv_published_count(reader->slots[i]->published);
        }
    }
}

size_t wv_reader_in_flight(const struct wv_reader *reader)
{
    size_t in_flight = 0;
    for (size_t i = 0; i < reader->slot_count; i++) {
        in_flight += wv_tracker_in_flight(&reader->slots[i]->tracker);
    }
    return in_flight;
}

/* NULL: there is nothing. */
static rd_kafka_topic_partition_list_t *offer_of(struct wv_reader *reader, size_t source)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct wv_slot *slot = reader->slots[i];
        const int64_t end = wv_tracker_end(&slot->tracker);
        if (!is_of(slot, source) || end <= slot->settled) {
            continue;
        }
        list = list == NULL ? rd_kafka_topic_partition_list_new((int)reader->slot_count) : list;
        rd_kafka_topic_partition_list_add(list, slot->topic, slot->partition)->offset = end;
        slot->offered = end;
    }
    return list;
}

struct wv_offers wv_reader_offer(struct wv_reader *reader)
{
    const size_t sources = reader->setup.routes->source_count;
    struct wv_offers offers = {.items = calloc(sources, sizeof *offers.items)};
    for (size_t i = 0; offers.items != NULL && i < sources; i++) {
        struct wv_membership *membership = reader->feeds[i].membership;
        rd_kafka_topic_partition_list_t *list = membership == NULL ? NULL : offer_of(reader, i);
        if (list != NULL) {
            offers.items[offers.count++] = (struct wv_offer){wv_membership_hold(membership), list};
        }
    }
    return offers;
}

void wv_reader_settled(struct wv_reader *reader)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        reader->slots[i]->settled = reader->slots[i]->offered;
    }
}

bool wv_reader_is_settled(const struct wv_reader *reader, size_t source)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        const struct wv_slot *slot = reader->slots[i];
        if (is_leaving(slot, source) && wv_tracker_end(&slot->tracker) > slot->settled) {
            return false;
        }
    }
    return true;
}

bool wv_reader_has_unsettled(const struct wv_reader *reader)
{
    for (size_t i = 0; i < reader->slot_count; i++) {
        const struct wv_slot *slot = reader->slots[i];
        if (slot->used && wv_tracker_end(&slot->tracker) > slot->settled) {
            return true;
        }
    }
    return false;
}
