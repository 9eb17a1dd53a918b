/*
 * reader.c — the messages of a lane's partitions, one by one through the engine.
 */
#include "base/log.h"
#include "runtime/client.h"
#include "runtime/reader_parts.h"
#include "runtime/watermarks.h"

#include <stdlib.h>

enum { ASK_MS = 5000 };

struct wv_reader *wv_reader_new(const struct wv_reader_setup *setup)
{
    struct wv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    reader->setup = *setup;
    reader->feeds = calloc(setup->routes->source_count + 1, sizeof *reader->feeds);
    reader->worker = wv_worker_new(setup->plan);
    if (reader->feeds == NULL || reader->worker == NULL) {
        wv_reader_free(reader);
        return NULL;
    }
    return reader;
}

void wv_reader_drop_batch(struct wv_reader *reader)
{
    while (reader->batch_next < reader->batch_count) {
        rd_kafka_message_destroy(reader->batch[reader->batch_next++]);
    }
}

void wv_reader_free(struct wv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    wv_reader_drop_batch(reader);
    for (size_t i = 0; i < reader->slot_count; i++) {
        wv_tracker_fini(&reader->slots[i]->tracker);
        wv_published_free(reader->slots[i]->published);
        free(reader->slots[i]);
    }
    free(reader->slots);
    for (size_t i = 0; reader->feeds != NULL && i < reader->setup.routes->source_count; i++) {
        wv_membership_free(reader->feeds[i].membership);
    }
    free(reader->feeds);
    wv_worker_free(reader->worker);
    free(reader);
}

static struct wv_slot *slot_of(struct wv_reader *reader, const rd_kafka_message_t *message)
{
    struct wv_slot *slot = reader->recent;
    if (slot != NULL && reader->topic == message->rkt && slot->partition == message->partition) {
        return slot;
    }
    const char *topic = message->rkt == NULL ? "" : rd_kafka_topic_name(message->rkt);
    for (size_t i = 0; i < reader->slot_count; i++) {
        slot = reader->slots[i];
        if ((slot->used || slot->gone) &&
            wv_slot_is(slot, reader->batch_source, topic, message->partition)) {
            reader->recent = slot;
            reader->topic = message->rkt;
            return slot;
        }
    }
    return NULL;
}

/* The offset to go on from is not in the input any more. Where to go on instead is not ours to
 * decide: it skips records. */
static void on_lost(struct wv_reader *reader, const struct wv_slot *slot)
{
    int64_t low = -1;
    int64_t high = -1;
    const int64_t wanted = wv_tracker_position(&slot->tracker);
    if (wv_watermarks(reader->feeds[slot->source].consumer, slot->topic, slot->partition, ASK_MS,
                      &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        low = high = -1; /* unknown: it ends all the same */
    }
    const int64_t lost = wanted >= 0 && low > wanted ? low - wanted : 0;
    atomic_fetch_add(reader->setup.lost, (uint64_t)lost);
    wv_log(
        WV_LOG_ERROR, "offset_lost",
        WV_FIELDS(wv_log_word("topic", slot->topic), wv_log_number("partition", slot->partition),
                  wv_log_number("offset", wanted), wv_log_number("first", low),
                  wv_log_number("end", high), wv_log_number("lost", lost),
                  wv_log_word("advice",
                              "the records were deleted before they were read, or the topic was "
                              "made anew; decide where to go on and set the group's offset with "
                              "kafka-consumer-groups --reset-offsets while wafveil is stopped")));
    wv_stop_ask(reader->setup.stop, WV_EXIT_LOST);
}

static void on_error(struct wv_reader *reader, struct wv_slot *slot,
                     const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return;
    }
    if (slot != NULL && wv_damage_is(message->err)) {
        wv_reader_hold(reader, slot, message->err);
        return;
    }
    if (slot != NULL && (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                         message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)) {
        if (wv_tracker_position(&slot->tracker) >= 0) {
            on_lost(reader, slot);
            return;
        }
        /* Nothing has been committed, so nothing is lost: the partition begins later by now than
         * when we asked. The next start asks again. */
        wv_stop_ask(reader->setup.stop, WV_EXIT_KAFKA);
    }
    if (wv_log_is_due(&reader->error_pause, reader->setup.clock)) {
        wv_log(WV_LOG_ERROR, "read_failed",
               WV_FIELDS(wv_log_word("topic", slot == NULL ? "" : slot->topic),
                         wv_log_number("partition", message->partition),
                         wv_log_word("what", rd_kafka_err2str(message->err)),
                         wv_log_word("advice", wv_client_advice(message->err))));
    }
}

static size_t take_headers(struct wv_reader *reader, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    size_t count = 0;
    const char *name = NULL;
    const void *value = NULL;
    size_t len = 0;
    while (count < WV_READER_HEADERS_MAX &&
           rd_kafka_header_get_all(headers, count, &name, &value, &len) ==
               RD_KAFKA_RESP_ERR_NO_ERROR) {
        reader->headers[count++] = (struct wv_header){.name = wv_slice_of(name),
                                                      .value = {value, value == NULL ? 0 : len}};
    }
    return count;
}

static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms;
}

/* False: there is no room for it yet. */
static bool read_message(struct wv_reader *reader, struct wv_slot *slot,
                         const rd_kafka_message_t *message)
{
    struct wv_consignment consignment = {.slot = slot, .offset = message->offset};
    if (!wv_tracker_open(&slot->tracker, message->offset, &consignment.ticket)) {
        reader->crowded = slot;
        return false;
    }
    const struct wv_record record = {
        .input = slot->input,
        .topic = reader->setup.routes->config->inputs[slot->input].topic,
        .value = {message->payload, message->len},
        .key = {message->key, message->key_len},
        .headers = reader->headers,
        .header_count = take_headers(reader, message),
        .time_ms = time_of(message),
    };
    consignment.record = &record;
    consignment.results = wv_transform(reader->worker, &record);
    if (wv_unlikely(slot->damage.found)) {
        wv_reader_go_on(slot);
    }
    wv_dispatch_message(reader->setup.dispatch, &consignment);
    atomic_store_explicit(&slot->read_ms, record.time_ms, memory_order_relaxed);
    return true;
}

/* A message that was read before, or lies before the position that the group gave us: librdkafka
 * can bring such ones after a rebalance (see positions.c, and its issue #4637). Published, it would
 * be doubled, also where everything is exactly once. */
static bool is_behind(struct wv_reader *reader, const struct wv_slot *slot,
                      const rd_kafka_message_t *message)
{
    const int64_t position = wv_tracker_end(&slot->tracker);
    const bool behind = message->offset < position;
    if (behind && wv_log_is_due(&reader->behind_pause, reader->setup.clock)) {
        wv_log(WV_LOG_INFO, "fetched_again",
               WV_FIELDS(
                   wv_log_word("topic", slot->topic), wv_log_number("partition", slot->partition),
                   wv_log_number("offset", message->offset), wv_log_number("position", position),
                   wv_log_word("effect", "nothing is published twice")));
    }
    return behind;
}

/* Gives the batch to the engine until it is through or something says to wait. */
static void read_batch(struct wv_reader *reader)
{
    reader->crowded = NULL;
    while (reader->batch_next < reader->batch_count &&
           !wv_dispatch_is_full(reader->setup.dispatch)) {
        rd_kafka_message_t *message = reader->batch[reader->batch_next];
        struct wv_slot *slot = slot_of(reader, message);
        if (slot != NULL && (slot->gone || slot->damage.holds || atomic_load(&slot->leaving))) {
            /* Its next owner reads it, or we when it is asked for again. */
        } else if (message->err != 0) {
            on_error(reader, slot, message);
        } else if (slot == NULL) { /* a partition that was not assigned: nobody would commit it */
            wv_log(WV_LOG_ERROR, "unexpected_partition",
                   WV_FIELDS(wv_log_number("partition", message->partition)));
            wv_stop_ask(reader->setup.stop, WV_EXIT_INTERNAL);
        } else if (!is_behind(reader, slot, message) && !read_message(reader, slot, message)) {
            return;
        }
        rd_kafka_message_destroy(message);
        reader->batch_next++;
    }
}

static void fetch(struct wv_reader *reader, size_t source, int wait_ms)
{
    rd_kafka_queue_t *queue = reader->feeds[source].queue;
    if (queue == NULL) {
        return;
    }
    /* With a timeout this call waits until the array is full: it only takes what is there. */
    ssize_t count = rd_kafka_consume_batch_queue(queue, 0, reader->batch, WV_READER_BATCH);
    if (count <= 0 && wait_ms > 0) {
        reader->batch[0] = rd_kafka_consume_queue(queue, wait_ms);
        count = reader->batch[0] != NULL;
    }
    if (count == WV_READER_BATCH) { /* there is a lag */
        wv_refill_look(&reader->refill, reader->feeds[source].consumer, reader->slots,
                       reader->slot_count, source, wv_clock_now_ns(reader->setup.clock));
    }
    reader->batch_source = source;
    reader->batch_next = 0;
    reader->batch_count = count > 0 ? (size_t)count : 0;
}

void wv_reader_turn(struct wv_reader *reader, int wait_ms)
{
    const size_t sources = reader->setup.routes->source_count;
    if (reader->batch_next < reader->batch_count) {
        read_batch(reader);
        return;
    }
    bool idle = true;
    for (size_t i = 0; i < sources; i++) {
        fetch(reader, i, wait_ms / (int)sources);
        idle = idle && reader->feeds[i].queue == NULL;
        read_batch(reader);
        if (reader->batch_next < reader->batch_count) {
            return;
        }
    }
    if (idle && wait_ms > 0) { /* nothing is assigned: wait by serving acknowledgements */
        wv_dispatch_serve(reader->setup.dispatch, wait_ms);
    }
}

bool wv_reader_has_room(const struct wv_reader *reader)
{
    return reader->crowded == NULL || wv_tracker_room(&reader->crowded->tracker) > 0;
}

void wv_reader_tally(const struct wv_reader *reader, struct wv_tally *tally)
{
    *tally = reader->before;
    wv_tally_add(tally, wv_worker_tally(reader->worker));
}

bool wv_reader_is_between_batches(const struct wv_reader *reader)
{
    return reader->batch_next == reader->batch_count;
}

void wv_reader_use(struct wv_reader *reader, struct wv_worker *worker, bool same_plan)
{
    wv_tally_add(&reader->before, wv_worker_tally(reader->worker));
    if (!same_plan) {
        wv_tally_forget_plan(&reader->before);
    }
    wv_worker_free(reader->worker);
    reader->worker = worker;
}
