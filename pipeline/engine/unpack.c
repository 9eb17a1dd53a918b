/* unpack.c — from a message to its records. */
#include "engine/unpack.h"

#include "base/base64.h"
#include "base/expand.h"
#include "engine/borders.h"
#include "json/text.h"

#include <stdlib.h>

enum {
    LEVELS = WV_NESTING_MAX + 1,
    WORK_FACTOR = 4, /* times limits.expanded_bytes: what may be unpacked, in vain or not */
    LOOK_AHEAD = 4,  /* times a message's length: how much of it may be looked at for values over
                        several lines, most of which an attacker would make fail */
};

struct wv_unpacker {
    struct wv_expander *expander;
    const struct wv_limits *limits;
    struct wv_room rooms[LEVELS];   /* what was unpacked at each level */
    struct wv_room batches[LEVELS]; /* envelopes that had to be repaired */
    struct wv_room flat;            /* a record over several lines, as one */
};

/* What packed parts of a message have given so far, and cost, also in vain. */
struct effort {
    size_t bytes;
    size_t work;
};

/* One message, or what was unpacked from it. */
struct source {
    struct wv_worker *worker;
    struct wv_slice text;
    size_t at;
    size_t offset; /* in the message */
    bool direct;   /* text is the message itself */
    unsigned level;
    uint32_t *count; /* records so far */
    uint32_t *seen;  /* also of those that hold no event */
    size_t *budget;  /* bytes that may still be looked at in vain */
    struct effort *effort;
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
    for (size_t i = 0; i < LEVELS; i++) {
        wv_room_fini(&unpacker->rooms[i]);
        wv_room_fini(&unpacker->batches[i]);
    }
    wv_room_fini(&unpacker->flat);
    free(unpacker);
}

static void unpack(struct source source);

static uint8_t skip_blanks(struct source *source)
{
    while (source->at < source->text.len && wv_is_blank_byte(source->text.ptr[source->at])) {
        source->at++;
    }
    return source->at < source->text.len ? source->text.ptr[source->at] : 0;
}

/* Moves to the line that holds the next byte that is not blank, and tells the byte. Blanks before
 * it are part of its line. */
static uint8_t skip_lines(struct source *source)
{
    size_t at = source->at;
    while (at < source->text.len && wv_is_blank_byte(source->text.ptr[at])) {
        at++;
        source->at = source->text.ptr[at - 1] == '\n' ? at : source->at;
    }
    return at < source->text.len ? source->text.ptr[at] : 0;
}

static struct wv_slice rest_of(const struct source *source)
{
    return wv_slice_sub(source->text, source->at, source->text.len);
}

/* The length of the value that text begins with, over any number of lines, or 0: for a source that
 * may be looked through in vain only so often. */
static size_t value_length(const struct source *source, struct wv_slice text)
{
    size_t looked = 0;
    const size_t len = *source->budget == 0 ? 0 : wv_value_length(text, &looked);
    if (len == 0) {
        *source->budget -= looked < *source->budget ? looked : *source->budget;
    }
    return len;
}

static struct wv_piece piece_of(const struct source *source, struct wv_slice text)
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

static void reject(struct source *source, enum wv_reason reason, size_t at)
{
    const struct wv_piece piece = piece_of(source, (struct wv_slice){0});
    source->worker->tally.records_in++;
    wv_reject_piece(source->worker, &piece, reason, at);
    ++*source->count;
    ++*source->seen;
}

/* A text that stands inside of this one, and has a room of its own. */
static struct source inside(const struct source *source, struct wv_slice text)
{
    struct source inner = *source;
    inner.text = text;
    inner.at = 0;
    inner.offset = source->offset + (source->direct ? source->at : 0);
    inner.direct = false;
    inner.level++;
    return inner;
}

/* Puts count bytes of memory that lives as long as the level below this one into *room. */
static uint8_t *room_below(const struct source *source, size_t count)
{
    struct wv_unpacker *unpacker = source->worker->unpacker;
    if (source->level + 1 >= LEVELS || count > UINT32_MAX) {
        return NULL;
    }
    struct wv_room *room = &unpacker->rooms[source->level + 1];
    return wv_room_grow(room, count > 0 ? count : 1, UINT32_MAX) ? room->mem : NULL;
}

/* Unpacks what a piece turned out to hold, which stands in memory of the record. */
static void unpack_inside(struct source *source, struct wv_slice text)
{
    uint8_t *copy = room_below(source, text.len);
    if (copy == NULL) {
        reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    memcpy(copy, text.ptr, text.len);
    unpack(inside(source, (struct wv_slice){copy, text.len}));
}

/* One record of a batch that is a string: its text, decoded. */
static void unpack_string(struct source *source, struct wv_slice raw, bool base64)
{
    uint8_t *text = room_below(source, raw.len);
    size_t len = raw.len;
    if (text == NULL) {
        reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    len = wv_text_unescape(raw, text, NULL);
    if (len != SIZE_MAX && base64 && !wv_base64_decode((struct wv_slice){text, len}, text, &len)) {
        len = SIZE_MAX;
    }
    if (len == SIZE_MAX) {
        reject(source, WV_REASON_SYNTAX, 0);
        return;
    }
    unpack(inside(source, (struct wv_slice){text, len}));
}

/* The records that an envelope was found to hold, which the worker gathered above `from`. */
static void unpack_batch(struct source *source, struct wv_slice text, size_t from)
{
    struct wv_worker *worker = source->worker;
    const size_t to = worker->gathered_count;
    const bool enveloped = worker->enveloped;
    worker->enveloped = true;
    for (size_t i = from; i < to; i++) {
        const struct wv_gathered one = worker->gathered[i];
        if (one.kind == WV_STRING && one.end - one.start == 2) {
            reject(source, WV_REASON_EMPTY, 0);
        } else if (one.kind != WV_STRING && one.kind != WV_OBJECT) {
            reject(source, WV_REASON_NOT_OBJECT, 0);
        } else if (one.kind == WV_STRING) {
            unpack_string(source, wv_slice_sub(text, one.start + 1, one.end - 1), one.base64);
        } else {
            unpack(inside(source, wv_slice_sub(text, one.start, one.end)));
        }
    }
    worker->enveloped = enveloped;
    worker->gathered_count = from;
}

/* A repaired record stands where the next one that needs repair will. */
static bool keep_repaired(struct source *source, struct wv_slice *text)
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
static void finish(struct source *source, const struct wv_piece *piece, enum wv_reason reason,
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
        reject(source, WV_REASON_NOT_OBJECT, 0);
    } else if (worker->gathered_count == gathered) {
        ++*source->seen; /* an empty batch */
    } else if (keep_repaired(source, &text)) {
        unpack_batch(source, text, gathered);
    } else {
        worker->gathered_count = gathered;
        reject(source, WV_REASON_TOO_NESTED, 0);
    }
}

/* Builds the index of a text that is one line, or is made one. */
static bool index_value(struct source *source, struct wv_piece *piece)
{
    struct wv_worker *worker = source->worker;
    struct wv_room *flat = &worker->unpacker->flat;
    if (piece->text.len > worker->limits->record_bytes) {
        return false;
    }
    if (wv_line_end(piece->text) < piece->text.len) {
        if (!wv_room_grow(flat, piece->text.len, UINT32_MAX)) {
            return false;
        }
        memcpy(flat->mem, piece->text.ptr, piece->text.len);
        wv_flatten(flat->mem, piece->text.len);
        piece->text.ptr = flat->mem;
    }
    return wv_index_build(&worker->index, piece->text);
}

/* One object whose length is known. */
static void take_value(struct source *source, size_t len)
{
    struct wv_worker *worker = source->worker;
    struct wv_piece piece =
        piece_of(source, wv_slice_sub(source->text, source->at, source->at + len));
    const size_t gathered = worker->gathered_count;
    const enum wv_reason reason =
        index_value(source, &piece) ? wv_read_piece(worker, &piece) : WV_REASON_TOO_LARGE;
    finish(source, &piece, reason, gathered);
    source->at += len;
}

/* Whether an object that is not read to its end on its line goes on behind it. */
static size_t longer_value(struct source *source, size_t line)
{
    const struct wv_slice rest = rest_of(source);
    if (wv_first_byte(rest) != '{' || line >= rest.len) {
        return 0;
    }
    const size_t len = value_length(source, rest);
    return len > line ? len : 0;
}

/* Objects that stand in one line without anything between them: the first was read. */
static void take_followers(struct source *source, size_t end)
{
    while (source->at < end && skip_blanks(source) == '{' && source->at < end) {
        const size_t len = value_length(source, wv_slice_sub(source->text, source->at, end));
        take_value(source, len == 0 ? end - source->at : len);
    }
    if (source->at < end) {
        reject(source, WV_REASON_SYNTAX, 0);
    }
}

/* A line too long to be a record: it may be records without anything between them. */
static bool take_long_line(struct source *source, size_t line)
{
    const size_t end = source->at + line;
    const struct wv_slice text = wv_slice_sub(source->text, source->at, end);
    const size_t len = wv_first_byte(text) == '{' ? value_length(source, text) : 0;
    if (len == 0 || len > source->worker->limits->record_bytes) {
        return false;
    }
    take_value(source, len);
    take_followers(source, end);
    return true;
}

/* Whether a record begins with the line, behind one in CEF. */
static bool begins_record(const struct source *source, struct wv_slice line)
{
    const uint8_t first = wv_first_byte(line);
    const uint8_t *bracket = first == '[' ? memchr(line.ptr, '[', line.len) : NULL;
    const size_t behind = bracket == NULL ? line.len : (size_t)(bracket - line.ptr) + 1;
    const uint8_t second = wv_first_byte(wv_slice_sub(line, behind, line.len));
    return first == '{' || first == '<' || second == '{' || wv_has_cef_mark(line) ||
           wv_is_known_line(source->worker, line);
}

/* The length of a record in CEF that begins here: requests inside of it may hold real newlines, so
 * it goes on to the line where another record begins. 0: none begins here. */
static size_t cef_length(const struct source *source, struct wv_slice text)
{
    const struct wv_worker *worker = source->worker;
    const struct wv_format *named = worker->plan->inputs[worker->record->input].format;
    const bool marked =
        text.len > 0 && (text.ptr[0] == '<' || wv_slice_starts(text, WV_LIT("CEF:")));
    size_t len = wv_line_end(text);
    if (!wv_has_cef_mark(wv_slice_sub(text, 0, len)) ||
        (named == NULL ? !marked : named->syntax != &wv_syntax_cef)) {
        return 0;
    }
    while (len < text.len) {
        const struct wv_slice rest = wv_slice_sub(text, len + 1, text.len);
        const struct wv_slice line = wv_slice_sub(rest, 0, wv_line_end(rest));
        if (rest.len == 0 || begins_record(source, line)) {
            break;
        }
        len += 1 + line.len;
    }
    return len;
}

/* Builds the index of the line that the text goes on with, and finds its end. False: it is too
 * large. */
static bool index_line(struct source *source, size_t *line)
{
    struct wv_worker *worker = source->worker;
    const struct wv_slice rest = rest_of(source);
    const size_t most = worker->limits->record_bytes;
    const bool cut = rest.len > most + 1;
    const bool indexed =
        wv_index_build(&worker->index, cut ? wv_slice_sub(rest, 0, most + 1) : rest) &&
        worker->index.len <= most;
    *line = indexed ? worker->index.len : wv_line_end(rest);
    return indexed;
}

/* How much of a line a record takes that was read, or could not be: others may stand behind it. */
static size_t own_length(const struct source *source, const struct wv_piece *piece,
                         enum wv_reason reason)
{
    const struct wv_slice read = source->worker->layers[0].text;
    if (reason == WV_REASON_NONE && read.ptr == piece->text.ptr) {
        return read.len;
    }
    const size_t len = piece->json ? value_length(source, piece->text) : 0;
    const struct wv_slice rest =
        len == 0 ? (struct wv_slice){0} : wv_slice_sub(piece->text, len, piece->text.len);
    return wv_first_byte(rest) == '{' ? len : piece->text.len;
}

/* A record in CEF over several lines, if one begins here that can be read. */
static bool take_cef(struct source *source)
{
    struct wv_worker *worker = source->worker;
    const struct wv_slice rest = rest_of(source);
    const size_t gathered = worker->gathered_count;
    const size_t len = wv_first_byte(rest) == '{' ? 0 : cef_length(source, rest);
    if (len == 0 || len <= wv_line_end(rest) || len > worker->limits->record_bytes) {
        return false;
    }
    const struct wv_piece piece =
        piece_of(source, wv_slice_sub(source->text, source->at, source->at + len));
    worker->index.non_ascii = true; /* nothing was looked at yet */
    const enum wv_reason reason = wv_read_piece(worker, &piece);
    if (reason == WV_REASON_UNDETECTED || worker->found == WV_FOUND_NOTHING) {
        worker->gathered_count = gathered;
        return false;
    }
    finish(source, &piece, reason, gathered);
    source->at += len;
    return true;
}

/* One line: mostly one record. */
static void take_line(struct source *source)
{
    struct wv_worker *worker = source->worker;
    const size_t gathered = worker->gathered_count;
    if (take_cef(source)) {
        return;
    }
    size_t line;
    const bool indexed = index_line(source, &line);
    const size_t end = source->at + line;
    const struct wv_piece piece = piece_of(source, wv_slice_sub(source->text, source->at, end));
    enum wv_reason reason = WV_REASON_TOO_LARGE;
    if (!indexed && take_long_line(source, line)) {
        source->at = end;
        return;
    }
    if (indexed) {
        reason = wv_read_piece(worker, &piece);
    }
    if (reason == WV_REASON_SYNTAX) {
        const size_t len = longer_value(source, line);
        if (len > 0) {
            take_value(source, len);
            return;
        }
    }
    const size_t taken = own_length(source, &piece, reason);
    finish(source, &piece, reason, gathered);
    if (taken < line) {
        source->at += taken;
        take_followers(source, end);
    }
    source->at = end;
}

/* Whether an array of records begins here: there are logs whose lines begin with a bracket. */
static bool begins_array(const struct source *source)
{
    const struct wv_slice rest = rest_of(source);
    const uint8_t *bracket = memchr(rest.ptr, '[', rest.len);
    const size_t at = (size_t)(bracket - rest.ptr) + 1;
    const uint8_t next = wv_first_byte(wv_slice_sub(rest, at, rest.len));
    return next != 0 && memchr("{[\"]", next, 4) != NULL;
}

/* One element of an array. False: it has no end. */
static bool take_element(struct source *source, uint8_t first)
{
    const struct wv_slice rest = rest_of(source);
    if (first == '{' || first == '[') {
        const size_t len = value_length(source, rest);
        if (len > 0 && first == '{') {
            take_value(source, len);
        } else if (len > 0) {
            reject(source, WV_REASON_NOT_OBJECT, 0);
            source->at += len;
        }
        return len > 0;
    }
    size_t to = 1;
    if (first == '"') {
        while (to < rest.len && rest.ptr[to] != '"' && rest.ptr[to] != '\n') {
            to += rest.ptr[to] == '\\' ? 2 : 1;
        }
        if (to >= rest.len || rest.ptr[to] == '\n') {
            return false;
        }
        unpack_string(source, wv_slice_sub(rest, 1, to), false);
        source->at += to + 1;
        return true;
    }
    while (to < rest.len && memchr(",]\n", rest.ptr[to], 3) == NULL) {
        to++;
    }
    reject(source, WV_REASON_NOT_OBJECT, 0);
    source->at += to;
    return to < rest.len && rest.ptr[to] != '\n';
}

/* An array of records. Where it breaks off, what is left of the line is rejected as one. */
static void take_array(struct source *source)
{
    source->at++;
    for (bool first = true;; first = false) {
        const size_t end = source->at;
        uint8_t byte = skip_blanks(source);
        if (byte == ']') {
            source->at++;
            *source->seen += first;
            return;
        }
        bool good = first || byte == ',';
        if (good && !first) {
            source->at++;
            byte = skip_blanks(source);
        }
        good = good && byte != 0 && byte != ',' && byte != ']' && take_element(source, byte);
        if (!good) {
            source->at = end;
            reject(source, WV_REASON_SYNTAX, 0);
            source->at += wv_line_end(rest_of(source));
            return;
        }
    }
}

/* Lines, objects and arrays, one after the other. */
static void unpack_lines(struct source *source)
{
    const struct wv_worker *worker = source->worker;
    const struct wv_format *named = worker->plan->inputs[worker->record->input].format;
    const bool arrays = named == NULL || named->syntax == NULL;
    for (uint8_t first; (first = skip_lines(source)) != 0;) {
        if (first == '[' && arrays && begins_array(source)) {
            (void)skip_blanks(source);
            take_array(source);
        } else {
            take_line(source);
        }
    }
}

static void unpack_packed(struct source *source, enum wv_packing packing)
{
    struct wv_unpacker *unpacker = source->worker->unpacker;
    if (source->level + 1 >= LEVELS) {
        reject(source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    /* Many small ones are as much as a large one, and those that fail are work, too. */
    const size_t most = unpacker->limits->expanded_bytes;
    struct effort *effort = source->effort;
    if (effort->bytes >= most || effort->work / WORK_FACTOR >= most) {
        reject(source, WV_REASON_TOO_LARGE, 0);
        return;
    }
    wv_expander_allow(unpacker->expander, most - effort->bytes);
    struct wv_room *room = &unpacker->rooms[source->level + 1];
    const enum wv_expand_verdict verdict =
        wv_expand(unpacker->expander, packing, source->text, room);
    effort->bytes += room->len;
    effort->work += wv_expander_cost(unpacker->expander);
    if (verdict == WV_EXPAND_BAD && packing == WV_PACKING_ZLIB) {
        unpack_lines(source); /* its mark is two bytes that text can begin with, too */
        return;
    }
    if (verdict != WV_EXPAND_DONE) {
        reject(source, verdict == WV_EXPAND_BAD ? WV_REASON_PACKED : WV_REASON_TOO_LARGE, 0);
        return;
    }
    unpack(inside(source, wv_room_bytes(room)));
}

/* Each level has its own room, and there are few levels. */
static void unpack(struct source source)
{
    if (source.level >= LEVELS) {
        source.at = 0;
        reject(&source, WV_REASON_TOO_NESTED, 0);
        return;
    }
    const enum wv_packing packing = wv_packing_of(source.text);
    if (wv_unlikely(packing != WV_PACKING_NONE)) {
        unpack_packed(&source, packing);
        return;
    }
    unpack_lines(&source);
}

uint32_t wv_unpack(struct wv_worker *worker, struct wv_slice value)
{
    uint32_t count = 0;
    uint32_t seen = 0;
    size_t budget = LOOK_AHEAD * value.len;
    struct effort effort = {0};
    struct source source = {
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
        reject(&source, WV_REASON_EMPTY, 0);
        worker->tally.records_in--;
        return 0;
    }
    return count;
}
