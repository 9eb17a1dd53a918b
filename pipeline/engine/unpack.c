/* unpack.c — from a message to its records. */
#include "engine/unpack.h"

#include "base/base64.h"
#include "base/expand.h"
#include "engine/borders.h"
#include "engine/source.h"
#include "json/text.h"

#include <stdlib.h>

enum {
    WORK_FACTOR = 4, /* times limits.expanded_bytes: what may be unpacked, in vain or not */
    LOOK_AHEAD = 4,  /* times a message's length: how much of it may be looked at for values over
                        several lines, most of which an attacker would make fail */
};

struct wv_unpacker *wv_unpacker_new(const struct wv_limits *limits)
{
    struct wv_unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (unpacker == NULL) {
        return NULL;
    }
    unpacker->limits = limits;
    unpacker->expander = wv_expander_new(limits->expanded_bytes);
    if (unpacker->expander == NULL) {
        free(unpacker);
        return NULL;
    }
    return unpacker;
}

void wv_unpacker_free(struct wv_unpacker *unpacker)
{
    if (unpacker == NULL) {
        return;
    }
    wv_expander_free(unpacker->expander);
    for (size_t i = 0; i < WV_LEVELS; i++) {
        wv_room_fini(&unpacker->rooms[i]);
        wv_room_fini(&unpacker->batches[i]);
    }
    wv_room_fini(&unpacker->flat);
    free(unpacker);
}

static void unpack(struct wv_source source);

struct wv_piece wv_source_piece(const struct wv_source *source, struct wv_slice text)
{
    return (struct wv_piece){
        .number = *source->count,
        .offset = source->offset + (source->direct ? source->at : 0),
        .text = text,
        .origin = text,
        .json = wv_first_byte(text) == '{',
        .direct = source->direct,
    };
}

void wv_source_reject(struct wv_source *source, enum wv_reason reason, size_t at)
{
    const struct wv_piece piece = wv_source_piece(source, (struct wv_slice){0});
    source->worker->tally.records_in++;
    wv_reject_piece(source->worker, &piece, reason, at);
    ++*source->count;
    ++*source->seen;
}

/* A text that stands inside of this one, and has a room of its own. */
static struct wv_source inside(const struct wv_source *source, struct wv_slice text)
{
    struct wv_source inner = *source;
    inner.text = text;
    inner.at = 0;
    inner.offset = source->offset + (source->direct ? source->at : 0);
    inner.direct = false;
    inner.level++;
    return inner;
}

/* Puts count bytes of memory that lives as long as the level below this one into *room. */
static uint8_t *room_below(const struct wv_source *source, size_t count)
{
    struct wv_unpacker *unpacker = source->worker->unpacker;
    if (source->level + 1 >= WV_LEVELS || count > UINT32_MAX) {
        return NULL;
    }
    struct wv_room *room = &unpacker->rooms[source->level + 1];
    return wv_room_grow(room, count > 0 ? count : 1, UINT32_MAX) ? room->mem : NULL;
}

/* Unpacks what a piece turned out to hold, which stands in memory of the record. */
static void unpack_inside(struct wv_source *source, struct wv_slice text)
{
    uint8_t *copy = room_below(source, text.len);
    if (copy == NULL) {
        wv_source_reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    memcpy(copy, text.ptr, text.len);
    unpack(inside(source, (struct wv_slice){copy, text.len}));
}

/* One record of a batch that is a string: its text, decoded. */
void wv_source_string(struct wv_source *source, struct wv_slice raw, bool base64)
{
    uint8_t *text = room_below(source, raw.len);
    size_t len = raw.len;
    if (text == NULL) {
        wv_source_reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    len = wv_text_unescape(raw, text, NULL);
    if (len != SIZE_MAX && base64 && !wv_base64_decode((struct wv_slice){text, len}, text, &len)) {
        len = SIZE_MAX;
    }
    if (len == SIZE_MAX) {
        wv_source_reject(source, WV_REASON_SYNTAX, 0);
        return;
    }
    unpack(inside(source, (struct wv_slice){text, len}));
}

/* The records that an envelope was found to hold, which the worker gathered above `from`. */
static void unpack_batch(struct wv_source *source, struct wv_slice text, size_t from)
{
    struct wv_worker *worker = source->worker;
    const size_t to = worker->gathered_count;
    const bool enveloped = worker->enveloped;
    worker->enveloped = true;
    for (size_t i = from; i < to; i++) {
        const struct wv_gathered one = worker->gathered[i];
        if (one.kind == WV_STRING && one.end - one.start == 2) {
            wv_source_reject(source, WV_REASON_EMPTY, 0);
        } else if (one.kind != WV_STRING && one.kind != WV_OBJECT) {
            wv_source_reject(source, WV_REASON_NOT_OBJECT, 0);
        } else if (one.kind == WV_STRING) {
            wv_source_string(source, wv_slice_sub(text, one.start + 1, one.end - 1), one.base64);
        } else {
            unpack(inside(source, wv_slice_sub(text, one.start, one.end)));
        }
    }
    worker->enveloped = enveloped;
    worker->gathered_count = from;
}

/* A repaired record stands where the next one that needs repair will. */
static bool keep_repaired(struct wv_source *source, struct wv_slice *text)
{
    const struct wv_worker *worker = source->worker;
    struct wv_room *room = &worker->unpacker->batches[source->level];
    if (text->ptr != worker->repaired) {
        return true;
    }
    if (!wv_room_grow(room, text->len, UINT32_MAX)) {
        return false;
    }
    memcpy(room->mem, text->ptr, text->len);
    text->ptr = room->mem;
    return true;
}

/* What comes after a piece was read: its results, or what it holds. */
void wv_source_finish(struct wv_source *source, const struct wv_piece *piece, enum wv_reason reason,
                      size_t gathered)
{
    struct wv_worker *worker = source->worker;
    if (reason != WV_REASON_NONE || worker->found == WV_FOUND_RECORD) {
        wv_finish_piece(worker, piece, reason);
        ++*source->count;
        ++*source->seen;
        return;
    }
    if (worker->found == WV_FOUND_NOTHING) {
        worker->gathered_count = gathered;
        worker->tally.suppressed++;
        ++*source->seen;
        return;
    }
    if (worker->found == WV_FOUND_PACKED) {
        const bool enveloped = worker->enveloped;
        worker->gathered_count = gathered;
        worker->enveloped = true;
        unpack_inside(source, worker->packed);
        worker->enveloped = enveloped;
        return;
    }
    struct wv_slice text = worker->layers[0].origin;
    if (worker->gathered_count == gathered && worker->misfit) {
        wv_source_reject(source, WV_REASON_NOT_OBJECT, 0);
    } else if (worker->gathered_count == gathered) {
        ++*source->seen; /* an empty batch */
    } else if (keep_repaired(source, &text)) {
        unpack_batch(source, text, gathered);
    } else {
        worker->gathered_count = gathered;
        wv_source_reject(source, WV_REASON_TOO_NESTED, 0);
    }
}

static void unpack_packed(struct wv_source *source, enum wv_packing packing)
{
    struct wv_unpacker *unpacker = source->worker->unpacker;
    if (source->level + 1 >= WV_LEVELS) {
        wv_source_reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    /* Many small ones are as much as a large one, and those that fail are work, too. */
    const size_t most = unpacker->limits->expanded_bytes;
    struct wv_effort *effort = source->effort;
    if (effort->bytes >= most || effort->work / WORK_FACTOR >= most) {
        wv_source_reject(source, WV_REASON_TOO_LARGE, 0);
        return;
    }
    wv_expander_allow(unpacker->expander, most - effort->bytes);
    struct wv_room *room = &unpacker->rooms[source->level + 1];
    const enum wv_expand_verdict verdict =
        wv_expand(unpacker->expander, packing, source->text, room);
    effort->bytes += room->len;
    effort->work += wv_expander_cost(unpacker->expander);
    if (verdict == WV_EXPAND_BAD && packing == WV_PACKING_ZLIB) {
        wv_take_lines(source); /* its mark is two bytes that text can begin with, too */
        return;
    }
    if (verdict != WV_EXPAND_DONE) {
        wv_source_reject(source, verdict == WV_EXPAND_BAD ? WV_REASON_PACKED : WV_REASON_TOO_LARGE,
                         0);
        return;
    }
    unpack(inside(source, wv_room_bytes(room)));
}

/* Each level has its own room, and there are few levels. */
static void unpack(struct wv_source source)
{
    if (source.level >= WV_LEVELS) {
        source.at = 0;
        wv_source_reject(&source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    const enum wv_packing packing = wv_packing_of(source.text);
    if (wv_unlikely(packing != WV_PACKING_NONE)) {
        unpack_packed(&source, packing);
        return;
    }
    wv_take_lines(&source);
}

uint32_t wv_unpack(struct wv_worker *worker, struct wv_slice value)
{
    uint32_t count = 0;
    uint32_t seen = 0;
    size_t budget = LOOK_AHEAD * value.len;
    struct wv_effort effort = {0};
    struct wv_source source = {
        .worker = worker,
        .text = value,
        .direct = true,
        .count = &count,
        .seen = &seen,
        .budget = &budget,
        .effort = &effort,
    };
    worker->enveloped = false;
    worker->gathered_count = 0;
    unpack(source);
    if (seen == 0) {
        source.at = 0;
        wv_source_reject(&source, WV_REASON_EMPTY, 0);
        worker->tally.records_in--;
        return 0;
    }
    return count;
}
