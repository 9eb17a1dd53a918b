/*
 * transform.c — one message through the engine: records out of it, find, settle, write, results.
 */
#include "engine/unpack.h"

#include "base/compress.h"
#include "json/utf8.h"

#include <stdlib.h>
#include <time.h>

enum {
    BLOCK_FIRST = 4 << 20,
    ENVELOPE_ROOM = 64 * 1024, /* for all that is made of one record in one output but its value */
};

/* A block with that much room: the current one, a later one, or, for a message larger than any
 * before, a new one. NULL when memory is short. */
static struct wv_block *block_with(struct wv_worker *worker, size_t room)
{
    struct wv_block **link = worker->block == NULL ? &worker->blocks : &worker->block->next;
    struct wv_block *block = worker->block;
    while (block == NULL || block->cap - block->used < room) {
        block = *link;
        if (block == NULL) {
            const size_t cap = room > BLOCK_FIRST ? room : BLOCK_FIRST;
            block = malloc(sizeof *block + cap);
            if (block == NULL) {
                return NULL;
            }
            *block = (struct wv_block){.cap = cap};
            *link = block;
        }
        link = &block->next;
    }
    worker->block = block;
    return block;
}

static void start_blocks(struct wv_worker *worker)
{
    for (struct wv_block *block = worker->blocks; block != NULL; block = block->next) {
        block->used = 0;
    }
    worker->block = worker->blocks;
}

static struct wv_result *add_result(struct wv_worker *worker)
{
    if (worker->result_count == worker->result_cap) {
        const size_t cap = worker->result_cap * 2;
        struct wv_result *results = realloc(worker->results, cap * sizeof *results);
        wv_ensure(results != NULL);
        worker->results = results;
        worker->result_cap = cap;
    }
    struct wv_result *result = &worker->results[worker->result_count++];
    /* Every member by itself: see wv_field_set(). */
    result->outcome = WV_PUBLISH;
    result->reason = WV_REASON_NONE;
    result->suppression = WV_SUPPRESSION_NONE;
    result->output = UINT32_MAX;
    result->record = 0;
    result->at = 0;
    result->place = NULL;
    result->value = result->key = result->tenant = (struct wv_slice){0};
    result->time_ms = -1;
    result->withheld = false;
    result->headers = NULL;
    result->header_count = 0;
    return result;
}

void wv_reject_piece(struct wv_worker *worker, const struct wv_piece *piece, enum wv_reason reason,
                     size_t at)
{
    struct wv_result *result = add_result(worker);
    result->outcome = WV_REJECT;
    result->reason = reason;
    result->record = piece->number;
    result->at = piece->offset + (piece->direct ? at : 0);
    result->tenant = WV_LIT("unknown");
    worker->tally.rejected[reason]++;
    if (worker->counts != NULL) {
        worker->counts->unread++;
    }
}

static const char *place_of_walk(const struct wv_worker *worker)
{
    const struct wv_walk *walk = &worker->walk;
    const struct wv_place *place = walk->depth == 0 ? NULL : walk->frames[walk->depth - 1].place;
    return place == NULL ? NULL : place->path;
}

enum wv_reason wv_read_piece(struct wv_worker *worker, const struct wv_piece *piece)
{
    const bool json = piece->text.len > 0 && piece->json;
    const bool control = json && worker->index.control;
    struct wv_slice text = piece->text;
    worker->walk.at = 0;
    worker->walk.depth = 0;
    if (wv_likely(!control && (!worker->index.non_ascii || wv_utf8_valid(text)))) {
        return wv_read(worker, text, piece->origin, false);
    }
    struct wv_buf repaired = wv_buf_of(worker->repaired, worker->repaired_cap);
    wv_utf8_repair(text, json, &repaired);
    worker->tally.repaired_utf8++;
    if (!wv_buf_take(&repaired, &text) || text.len > worker->limits->record_bytes ||
        !wv_index_build(&worker->index, text)) {
        return WV_REASON_TOO_LARGE;
    }
    return wv_read(worker, text, text, true);
}

/* How much output one record may need: values grow by placeholders and escapes, never by more. */
static size_t room_for(const struct wv_worker *worker)
{
    const size_t most = 6 * worker->layers[0].text.len + ENVELOPE_ROOM;
    const size_t limit = worker->limits->output_bytes;
    return most < limit ? most : limit;
}

static void make_stub(struct wv_writer *writer, struct wv_result *result, enum wv_reason reason)
{
    struct wv_worker *worker = writer->worker;
    wv_buf_reset(writer->buf);
    wv_annotate_stub(writer, reason, writer->buf);
    result->outcome = wv_buf_take(writer->buf, &result->value) ? WV_STUB : WV_REJECT;
    result->reason = reason;
    worker->tally.rejected[reason]++;
    worker->tally.stubs += result->outcome == WV_STUB;
    worker->tally.bytes_out += result->value.len;
}

/* Packs the value of a result, which stands in the block. False: it gets too large. */
static bool pack(struct wv_worker *worker, enum wv_packing packing, uint8_t *memory, size_t room,
                 struct wv_slice *value)
{
    if (packing == WV_PACKING_NONE) {
        return true;
    }
    if (wv_compress(worker->compressor, packing, *value, &worker->packed_room) !=
            WV_COMPRESS_DONE ||
        worker->packed_room.len > room) {
        return false;
    }
    memcpy(memory, worker->packed_room.mem, worker->packed_room.len);
    *value = (struct wv_slice){memory, worker->packed_room.len};
    return true;
}

/* Once for each region that may not go there. */
static void count_withheld(struct wv_worker *worker, size_t output)
{
    const struct wv_permits *permits = &worker->permits;
    const struct wv_plan *plan = worker->plan;
    uint64_t refused =
        wv_permits_against(permits, output, worker->settled.origins, worker->settled.templates);
    while (refused != 0) {
        const size_t pack = wv_plan_pack_name(plan, (size_t)__builtin_ctzll(refused));
        worker->tally.withheld[permits->numbers[output * plan->pack_count + pack]]++;
        refused &= ~plan->packs[pack].versions;
    }
}

/* The output does not get the record. What could not have been published is a reject all the same:
 * somebody must be able to see that it existed. */
static void leave_out(struct wv_worker *worker, struct wv_result *result,
                      enum wv_suppression suppression, enum wv_reason reason)
{
    result->outcome = reason == WV_REASON_NONE ? WV_SUPPRESS : WV_REJECT;
    result->reason = reason;
    result->suppression = suppression;
    result->tenant = worker->settled.tenant_name;
    if (reason == WV_REASON_NONE) {
        worker->tally.left_out[result->output][suppression]++;
    } else {
        result->place = place_of_walk(worker);
        worker->tally.rejected[reason]++;
    }
}

static struct wv_result *add_output_result(struct wv_worker *worker, const struct wv_piece *piece,
                                           size_t output)
{
    struct wv_result *result = add_result(worker);
    result->output = (uint32_t)output;
    result->record = piece->number;
    result->at = piece->offset + (piece->direct ? worker->walk.at : 0);
    return result;
}

static void count_refusals(struct wv_writer *writer, struct wv_result *result)
{
    for (size_t i = 0; i < WV_CONSENT_COUNT; i++) {
        writer->worker->tally.unconsented[writer->output][i] += writer->unconsented[i];
    }
    result->withheld = writer->set->refused;
    if (wv_unlikely(writer->withheld)) {
        count_withheld(writer->worker, writer->output);
    }
}

/* Writes the protected record, if nothing is in the way of that. */
static enum wv_reason write_value(struct wv_writer *writer, const struct wv_piece *piece,
                                  struct wv_result *result)
{
    struct wv_worker *worker = writer->worker;
    struct wv_buf *buf = writer->buf;
    if (!wv_write(writer)) {
        result->at = piece->offset +
                     (piece->direct && writer->failed->layer == 0 ? writer->failed->start : 0);
        result->place = writer->failed->place == NULL ? "*" : writer->failed->place->path;
        return WV_REASON_FIELD_FAILED;
    }
    return wv_buf_take(buf, &result->value) &&
                   pack(worker, (enum wv_packing)writer->config->compress, buf->mem, buf->cap,
                        &result->value)
               ? WV_REASON_NONE
               : WV_REASON_OUTPUT_TOO_LARGE;
}

/* The same with what is sealed; where that does not fit, without: a box never costs a record its
 * place. */
static enum wv_reason write_sealed(struct wv_writer *writer, const struct wv_piece *piece,
                                   struct wv_result *result)
{
    wv_seal_record(writer);
    const enum wv_reason reason = write_value(writer, piece, result);
    if (wv_likely(reason == WV_REASON_NONE || writer->sealed.len == 0)) {
        return reason;
    }
    wv_seal_forget(writer);
    if (reason != WV_REASON_OUTPUT_TOO_LARGE) {
        return reason;
    }
    writer->worker->tally.sealed[writer->output][WV_SEALING_NO_ROOM]++;
    wv_buf_reset(writer->buf);
    wv_writer_init(writer, writer->worker, writer->output, writer->buf);
    (void)wv_route_sample(writer); /* it was kept, and says so again */
    result->value = (struct wv_slice){0};
    return write_value(writer, piece, result);
}

/* One output of a settled record; reason: why it must not be published, or NONE. */
static void write_output(struct wv_worker *worker, const struct wv_piece *piece, size_t output,
                         enum wv_reason reason)
{
    struct wv_writer *writer = &worker->writer;
    const enum wv_suppression suppression = wv_route(worker, output);
    if (suppression != WV_SUPPRESSION_NONE) {
        leave_out(worker, add_output_result(worker, piece, output), suppression, reason);
        return;
    }
    const size_t room = room_for(worker);
    struct wv_block *block = block_with(worker, room + ENVELOPE_ROOM);
    if (block == NULL) {
        wv_reject_piece(worker, piece, WV_REASON_OUTPUT_TOO_LARGE, 0);
        return;
    }
    struct wv_buf buf = wv_buf_of(block->bytes + block->used, room);
    struct wv_result *result = add_output_result(worker, piece, output);
    wv_writer_init(writer, worker, output, &buf);
    if (reason == WV_REASON_NONE && !wv_route_sample(writer)) {
        leave_out(worker, result, WV_SUPPRESSION_SAMPLE, reason);
        return;
    }
    count_refusals(writer, result);
    const bool watched =
        reason == WV_REASON_NONE && worker->watch != NULL && worker->watch->output == output;
    if (watched) {
        wv_watch_begin(worker);
    }
    if (reason == WV_REASON_NONE) {
        reason = write_sealed(writer, piece, result);
    }
    if (watched) {
        wv_watch_end(writer);
    }
    if (reason == WV_REASON_NONE) {
        result->outcome = WV_PUBLISH;
        worker->tally.records_out++;
        wv_client_count(writer);
        worker->tally.bytes_out += result->value.len;
    } else {
        result->place = result->place == NULL ? place_of_walk(worker) : result->place;
        make_stub(writer, result, reason);
    }
    block->used += result->value.len;
    wv_envelope(writer, result);
    if (worker->counts != NULL) {
        wv_count_shown(writer, result);
    }
}

/* Whether enough of the record was read to tell that it existed. */
static bool leaves_stub(enum wv_reason reason)
{
    return reason == WV_REASON_NONE || reason == WV_REASON_TOO_DEEP ||
           reason == WV_REASON_TOO_MANY_FIELDS;
}

static void write_outputs(struct wv_worker *worker, const struct wv_piece *piece,
                          enum wv_reason reason)
{
    for (size_t output = 0; output < worker->plan->config->output_count; output++) {
        if (worker->counts != NULL) {
            worker->counts->shown[output] = 0; /* nothing, where it is left out */
        }
        write_output(worker, piece, output, reason);
    }
}

/* What a record wrote is behind this. */
struct written {
    size_t results;
    struct wv_block *block;
    size_t used;
    struct wv_outcomes outcomes;
};

static struct written written_so_far(const struct wv_worker *worker)
{
    return (struct written){worker->result_count, worker->block,
                            worker->block == NULL ? 0 : worker->block->used,
                            wv_outcomes_of(&worker->tally)};
}

/* Writes the outputs as if nobody had before. Of what was counted, outcomes are those of the second
 * time; the rest stays, because keeping all of it for each record would take too long. */
static void write_again(struct wv_worker *worker, const struct wv_piece *piece,
                        const struct written *before)
{
    worker->result_count = before->results;
    worker->block = before->block == NULL ? worker->blocks : before->block;
    for (struct wv_block *block = worker->block; block != NULL; block = block->next) {
        block->used = block == before->block ? before->used : 0;
    }
    worker->counted = worker->tally;
    wv_outcomes_set(&worker->tally, &before->outcomes);
    write_outputs(worker, piece, WV_REASON_NONE);
    const struct wv_outcomes outcomes = wv_outcomes_of(&worker->tally);
    worker->tally = worker->counted;
    wv_outcomes_set(&worker->tally, &outcomes);
}

/* While a record is written, it may turn out that more of its values are personal (filters/search.c
 * learns it from words before them); then it is written once more with that knowledge. For whoever
 * looks on, the first time does not count. */
static void write_record(struct wv_worker *worker, const struct wv_piece *piece)
{
    const struct written before = written_so_far(worker);
    const size_t known = worker->needles.text_count;
    const bool lost = worker->needles.texts_lost;
    const bool observed = worker->observed;
    struct wv_watch *watch = worker->watch;
    worker->observed = false;
    worker->watch = NULL;
    write_outputs(worker, piece, WV_REASON_NONE);
    worker->observed = observed;
    worker->watch = watch;
    if (wv_unlikely(worker->needles.text_count > known || worker->needles.texts_lost != lost ||
                    observed)) {
        write_again(worker, piece, &before);
    }
}

void wv_finish_piece(struct wv_worker *worker, const struct wv_piece *piece, enum wv_reason reason)
{
    worker->tally.records_in++;
    if (!leaves_stub(reason)) {
        wv_reject_piece(worker, piece, reason, worker->walk.at);
        worker->results[worker->result_count - 1].place = place_of_walk(worker);
        return;
    }
    wv_settle(worker);
    const struct wv_config *config = worker->plan->config;
    if (reason == WV_REASON_NONE && worker->settled.tenant == NULL &&
        config->inputs[worker->record->input].tenant.reject_unknown) {
        reason = WV_REASON_UNKNOWN_TENANT;
    }
    if (reason == WV_REASON_NONE && worker->settled.timely != WV_TIMELY &&
        config->events.out_of_range == WV_RANGE_REJECT) {
        reason = worker->settled.timely == WV_LATE ? WV_REASON_LATE : WV_REASON_FUTURE;
    }
    const size_t first = worker->result_count;
    if (reason == WV_REASON_NONE) {
        write_record(worker, piece);
    } else {
        write_outputs(worker, piece, reason);
    }
    if (worker->counts != NULL) {
        wv_count_record(worker, first);
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void count_time(struct wv_tally *tally, uint64_t ns)
{
    size_t bucket = 0;
    while (bucket < WV_TIME_BUCKETS && ns > UINT64_C(1000) << bucket) {
        bucket++;
    }
    tally->time_ns_sum += ns;
    tally->time_ns[bucket]++;
}

struct wv_results wv_transform(struct wv_worker *worker, const struct wv_record *record)
{
    wv_ensure(record->input < worker->plan->config->input_count);
    const uint64_t start = now_ns();
    if (wv_unlikely(start >= worker->permits.look_ns)) {
        wv_permits_look(&worker->permits, worker->plan, start);
    }
    worker->record = record;
    worker->result_count = 0;
    start_blocks(worker);
    worker->tally.messages++;
    worker->tally.bytes_in += record->value.len;
    const uint32_t records = wv_unpack(worker, record->value);
    count_time(&worker->tally, now_ns() - start);
    return (struct wv_results){worker->results, worker->result_count, records};
}
