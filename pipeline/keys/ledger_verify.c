/*
 * ledger_verify.c — reads records of any number of chains, and says where each breaks first.
 *
 * Whatever stands in the input: time and memory grow with its length and no faster, and no text of
 * it is kept but ids, hashes, times and names, cut to a length and made printable.
 */
#include "keys/ledger_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { FIRST_ROOM = 64 };

/* The head of another chain, as a chain saw it when it began. */
struct seen {
    char id[WV_LEDGER_ID + 1];
    char by[WV_LEDGER_ID + 1];
    char hash[WV_LEDGER_HASH + 1];
    uint64_t seq;
};

/* Hashes of a chain's records, from its first one here: another chain may name any of them. */
struct trail {
    char (*hashes)[WV_LEDGER_HASH];
    uint64_t room;
};

struct wv_ledgers {
    struct wv_ledger_state *states;
    struct trail *trails; /* as the states */
    size_t count;
    size_t room;
    uint32_t *slots; /* open-addressed: number of a chain from 1; 0: free */
    size_t slot_count;
    struct seen *seen;
    size_t seen_count;
    size_t seen_room;
    struct wv_ledger_strays strays;
    json_t *record; /* of the last call */
};

/* What a record says of itself. */
struct said {
    const char *id;
    const char *previous;
    const char *event;
    uint64_t seq;
    char hash[WV_LEDGER_HASH + 1];
};

static const char *const texts[WV_LEDGER_FAULTS] = {
    [WV_LEDGER_GOOD] = "whole",
    [WV_LEDGER_NO_RECORD] = "is no audit record",
    [WV_LEDGER_CHANGED] = "was changed: its hash is not that of its bytes",
    [WV_LEDGER_MISSING] = "records are missing before it",
    [WV_LEDGER_AGAIN] = "comes again, or too late: its number was here already",
    [WV_LEDGER_BEFORE] = "does not follow the record before it: previous is another hash",
    [WV_LEDGER_CUT] = "the end is missing: a later chain saw more of it",
    [WV_LEDGER_OTHER] = "the end was replaced: a later chain saw another record there",
    [WV_LEDGER_LIMIT] = "there are too many chains",
};

const char *wv_ledger_fault_text(enum wv_ledger_fault fault)
{
    wv_ensure(fault < WV_LEDGER_FAULTS);
    return texts[fault];
}

struct wv_ledgers *wv_ledgers_new(void)
{
    struct wv_ledgers *chains = calloc(1, sizeof *chains);
    if (chains == NULL) {
        return NULL;
    }
    chains->slot_count = 2 * FIRST_ROOM;
    chains->slots = calloc(chains->slot_count, sizeof *chains->slots);
    if (chains->slots == NULL) {
        free(chains);
        return NULL;
    }
    return chains;
}

void wv_ledgers_free(struct wv_ledgers *chains)
{
    if (chains == NULL) {
        return;
    }
    json_decref(chains->record);
    for (size_t i = 0; i < chains->count; i++) {
        free(chains->trails[i].hashes);
    }
    free(chains->trails);
    free(chains->states);
    free(chains->slots);
    free(chains->seen);
    free(chains);
}

static size_t first_slot(const struct wv_ledgers *chains, const char *id)
{
    return XXH3_64bits(id, WV_LEDGER_ID) % chains->slot_count;
}

static struct wv_ledger_state *find(const struct wv_ledgers *chains, const char *id)
{
    for (size_t at = first_slot(chains, id); chains->slots[at] != 0;
         at = (at + 1) % chains->slot_count) {
        struct wv_ledger_state *state = &chains->states[chains->slots[at] - 1];
        if (memcmp(state->id, id, WV_LEDGER_ID) == 0) {
            return state;
        }
    }
    return NULL;
}

static void hang_up(struct wv_ledgers *chains, size_t index)
{
    size_t at = first_slot(chains, chains->states[index].id);
    while (chains->slots[at] != 0) {
        at = (at + 1) % chains->slot_count;
    }
    chains->slots[at] = (uint32_t)(index + 1);
}

static void grow(struct wv_ledgers *chains)
{
    const size_t room = chains->room == 0 ? FIRST_ROOM : 2 * chains->room;
    chains->states = realloc(chains->states, room * sizeof *chains->states);
    free(chains->slots);
    chains->slot_count = 4 * room;
    chains->slots = calloc(chains->slot_count, sizeof *chains->slots);
    chains->trails = realloc(chains->trails, room * sizeof *chains->trails);
    wv_ensure(chains->states != NULL && chains->slots != NULL && chains->trails != NULL);
    chains->room = room;
    for (size_t i = 0; i < chains->count; i++) {
        hang_up(chains, i);
    }
}

static struct wv_ledger_state *make(struct wv_ledgers *chains, const char *id)
{
    if (chains->count == WV_LEDGERS_MAX) {
        return NULL;
    }
    if (chains->count == chains->room) {
        grow(chains);
    }
    struct wv_ledger_state *state = &chains->states[chains->count];
    *state = (struct wv_ledger_state){0};
    chains->trails[chains->count] = (struct trail){0};
    memcpy(state->id, id, WV_LEDGER_ID);
    hang_up(chains, chains->count++);
    return state;
}

/* count lower-case hexadecimal digits and nothing else. */
static bool is_hex(const char *text, size_t count)
{
    size_t at = 0;
    while (at < count &&
           ((text[at] >= '0' && text[at] <= '9') || (text[at] >= 'a' && text[at] <= 'f'))) {
        at++;
    }
    return at == count;
}

static const char *member(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text == NULL ? "" : text;
}

static bool is_hash(const char *text, size_t count)
{
    return strlen(text) == count && is_hex(text, count);
}

/* Printable ASCII, cut to what fits. */
static void keep(char out[WV_LEDGER_TEXT], const char *text)
{
    size_t at = 0;
    for (; text[at] != '\0' && at < WV_LEDGER_TEXT - 1; at++) {
        out[at] = text[at] >= ' ' && text[at] <= '~' ? text[at] : '?';
    }
    out[at] = '\0';
}

static bool read_seq(const json_t *record, const char *name, uint64_t *seq)
{
    const json_t *value = json_object_get(record, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *seq = (uint64_t)json_integer_value(value);
    return true;
}

/* The bytes that are hashed, and the hash that stands behind them. */
static bool split(struct wv_slice line, struct wv_slice *bytes, char hash[WV_LEDGER_HASH + 1])
{
    const size_t before = sizeof WV_LEDGER_BEFORE_HASH - 1;
    const size_t tail = before + WV_LEDGER_HASH + 2;
    if (line.len <= tail || line.len > WV_LEDGER_RECORD_MAX || line.ptr[0] != '{' ||
        memchr(line.ptr, '\0', line.len) != NULL) {
        return false;
    }
    const char *at = (const char *)line.ptr + line.len - tail;
    if (memcmp(at, WV_LEDGER_BEFORE_HASH, before) != 0 || !is_hex(at + before, WV_LEDGER_HASH) ||
        memcmp(at + before + WV_LEDGER_HASH, "\"}", 2) != 0) {
        return false;
    }
    memcpy(hash, at + before, WV_LEDGER_HASH);
    hash[WV_LEDGER_HASH] = '\0';
    *bytes = wv_slice_sub(line, 0, line.len - tail);
    return true;
}

/* Whether it is a record, and what it says. */
static bool read_record(struct wv_ledgers *chains, struct wv_slice line, struct wv_slice *bytes,
                        struct said *said)
{
    json_error_t error;
    json_decref(chains->record);
    chains->record = NULL;
    if (!split(line, bytes, said->hash)) {
        return false;
    }
    chains->record = json_loadb((const char *)line.ptr, line.len, JSON_REJECT_DUPLICATES, &error);
    const json_t *record = chains->record;
    uint64_t version = 0;
    if (!json_is_object(record) || !read_seq(record, "v", &version) || version != 1 ||
        !read_seq(record, "seq", &said->seq)) {
        return false;
    }
    said->id = member(record, "chain");
    said->previous = member(record, "previous");
    said->event = member(record, "event");
    return is_hash(said->id, WV_LEDGER_ID) && is_hash(said->previous, WV_LEDGER_HASH) &&
           strcmp(member(record, "hash"), said->hash) == 0 && said->event[0] != '\0';
}

static void keep_place(char out[WV_LEDGER_PLACE], const char *place)
{
    (void)snprintf(out, WV_LEDGER_PLACE, "%s", place);
}

static enum wv_ledger_fault stray(struct wv_ledgers *chains, enum wv_ledger_fault fault,
                                  const char *place)
{
    if (chains->strays.count++ == 0) {
        chains->strays.fault = fault;
        keep_place(chains->strays.place, place);
    }
    return fault;
}

static enum wv_ledger_fault breaks(struct wv_ledger_state *state, enum wv_ledger_fault fault,
                                   uint64_t seq, const char *place)
{
    state->fault = fault;
    state->fault_seq = seq;
    keep_place(state->fault_place, place);
    return fault;
}

static void keep_seen(struct wv_ledgers *chains, const json_t *head, const char *by)
{
    struct seen seen = {0};
    const char *id = member(head, "chain");
    const char *hash = member(head, "hash");
    if (!is_hash(id, WV_LEDGER_ID) || !is_hash(hash, WV_LEDGER_HASH) ||
        !read_seq(head, "seq", &seen.seq) || chains->seen_count == WV_LEDGER_SEEN_MAX) {
        return;
    }
    if (chains->seen_count == chains->seen_room) {
        chains->seen_room = chains->seen_room == 0 ? FIRST_ROOM : 2 * chains->seen_room;
        chains->seen = realloc(chains->seen, chains->seen_room * sizeof *chains->seen);
        wv_ensure(chains->seen != NULL);
    }
    memcpy(seen.id, id, WV_LEDGER_ID);
    memcpy(seen.by, by, WV_LEDGER_ID);
    memcpy(seen.hash, hash, WV_LEDGER_HASH);
    chains->seen[chains->seen_count++] = seen;
}

/* A record that follows: the state goes on to it. */
/* To be called with each record of the chain, before it is counted. */
static void leave_trail(struct wv_ledgers *chains, const struct wv_ledger_state *state,
                        const char *hash)
{
    struct trail *trail = &chains->trails[state - chains->states];
    if (state->records == trail->room) {
        trail->room = trail->room == 0 ? FIRST_ROOM : 2 * trail->room;
        trail->hashes = realloc(trail->hashes, trail->room * sizeof *trail->hashes);
        wv_ensure(trail->hashes != NULL);
    }
    memcpy(trail->hashes[state->records], hash, WV_LEDGER_HASH);
}

/* Whether the chain's record of that number is the one that was seen; true where nobody can tell,
 * because what is here begins later. */
static bool was_there(const struct wv_ledgers *chains, const struct wv_ledger_state *state,
                      const struct seen *seen)
{
    const struct trail *trail = &chains->trails[state - chains->states];
    return seen->seq < state->first_seq ||
           memcmp(trail->hashes[seen->seq - state->first_seq], seen->hash, WV_LEDGER_HASH) == 0;
}

static void accept(struct wv_ledgers *chains, struct wv_ledger_state *state,
                   const struct said *said)
{
    leave_trail(chains, state, said->hash);
    const json_t *record = chains->record;
    if (state->records == 0) {
        state->first_seq = said->seq;
        keep(state->first_time, member(record, "time"));
        keep(state->instance, member(record, "instance"));
    }
    state->records++;
    state->last_seq = said->seq;
    state->stopped = strcmp(said->event, "stopped") == 0;
    keep(state->last_time, member(record, "time"));
    memcpy(state->head, said->hash, sizeof state->head);
    size_t index;
    json_t *head;
    json_array_foreach(json_object_get(record, "after"), index, head)
    {
        keep_seen(chains, head, state->id);
    }
}

static enum wv_ledger_fault follow(struct wv_ledgers *chains, struct wv_ledger_state *state,
                                   const struct said *said, const char *place)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    if (state->records > 0 && said->seq > state->last_seq + 1) {
        return breaks(state, WV_LEDGER_MISSING, said->seq, place);
    }
    if (state->records > 0 && said->seq <= state->last_seq) {
        return breaks(state, WV_LEDGER_AGAIN, said->seq, place);
    }
    if ((state->records > 0 && strcmp(said->previous, state->head) != 0) ||
        (state->records == 0 && said->seq == 0 && strcmp(said->previous, zeros) != 0)) {
        return breaks(state, WV_LEDGER_BEFORE, said->seq, place);
    }
    accept(chains, state, said);
    return WV_LEDGER_GOOD;
}

enum wv_ledger_fault wv_ledgers_add(struct wv_ledgers *chains, struct wv_slice line,
                                    const char *place, json_t **record)
{
    struct said said = {0};
    struct wv_slice bytes;
    char hash[WV_LEDGER_HASH + 1];
    *record = NULL;
    if (!read_record(chains, line, &bytes, &said)) {
        return stray(chains, WV_LEDGER_NO_RECORD, place);
    }
    struct wv_ledger_state *state = find(chains, said.id);
    state = state == NULL ? make(chains, said.id) : state;
    if (state == NULL) {
        return stray(chains, WV_LEDGER_LIMIT, place);
    }
    if (state->fault != WV_LEDGER_GOOD) {
        return state->fault;
    }
    wv_ledger_hash(bytes, hash);
    if (strcmp(hash, said.hash) != 0) {
        return breaks(state, WV_LEDGER_CHANGED, said.seq, place);
    }
    if (state->records > 0 && said.seq == state->last_seq && strcmp(said.hash, state->head) == 0) {
        state->repeated++;
        return WV_LEDGER_GOOD;
    }
    const enum wv_ledger_fault fault = follow(chains, state, &said, place);
    *record = fault == WV_LEDGER_GOOD ? chains->record : NULL;
    return fault;
}

void wv_ledgers_finish(struct wv_ledgers *chains)
{
    for (size_t i = 0; i < chains->seen_count; i++) {
        const struct seen *seen = &chains->seen[i];
        struct wv_ledger_state *state = find(chains, seen->id);
        char place[WV_LEDGER_PLACE];
        (void)snprintf(place, sizeof place, "seen by chain %s", seen->by);
        if (state == NULL && chains->strays.absent++ == 0) {
            memcpy(chains->strays.absent_id, seen->id, sizeof seen->id);
            memcpy(chains->strays.absent_by, seen->by, sizeof seen->by);
        }
        if (state == NULL || state->fault != WV_LEDGER_GOOD) {
            continue;
        }
        if (state->last_seq < seen->seq) {
            (void)breaks(state, WV_LEDGER_CUT, seen->seq, place);
        } else if (!was_there(chains, state, seen)) {
            (void)breaks(state, WV_LEDGER_OTHER, seen->seq, place);
        }
    }
}

size_t wv_ledgers_count(const struct wv_ledgers *chains)
{
    return chains->count;
}

const struct wv_ledger_state *wv_ledgers_at(const struct wv_ledgers *chains, size_t index)
{
    wv_ensure(index < chains->count);
    return &chains->states[index];
}

const struct wv_ledger_state *wv_ledgers_find(const struct wv_ledgers *chains, const char *id)
{
    return is_hash(id, WV_LEDGER_ID) ? find(chains, id) : NULL;
}

const struct wv_ledger_strays *wv_ledgers_strays(const struct wv_ledgers *chains)
{
    return &chains->strays;
}
