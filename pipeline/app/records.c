/*
 * records.c — a growing buffer over read(2).
 */
#include "app/records.h"

#include "base/wipe.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_CAP = 256 * 1024 };

void wv_records_init(struct wv_records *records, int file, size_t max)
{
    *records = (struct wv_records){.file = file, .max = max};
}

void wv_records_fini(struct wv_records *records)
{
    if (records->mem != NULL) {
        wv_wipe(records->mem, records->cap);
    }
    free(records->mem);
    *records = (struct wv_records){.file = -1};
}

/* A longest line, its CRLF, and a first part of what follows. */
static size_t cap_max(const struct wv_records *records)
{
    return records->max + 2 > FIRST_CAP ? records->max + 2 : FIRST_CAP;
}

/* Makes room behind `to`; false when memory is short. */
static bool make_room(struct wv_records *records)
{
    if (records->from > 0) {
        memmove(records->mem, records->mem + records->from, records->to - records->from);
        records->to -= records->from;
        records->from = 0;
    }
    if (records->to < records->cap) {
        return true;
    }
    const size_t most = cap_max(records);
    const size_t doubled = records->cap == 0 ? FIRST_CAP : records->cap * 2;
    const size_t cap = doubled < most ? doubled : most;
    wv_ensure(cap > records->cap);
    uint8_t *mem = malloc(cap);
    if (mem == NULL) {
        errno = ENOMEM;
        return false;
    }
    if (records->mem != NULL) {
        memcpy(mem, records->mem, records->to);
        wv_wipe(records->mem, records->cap);
        free(records->mem);
    }
    records->mem = mem;
    records->cap = cap;
    return true;
}

/* Reads more behind `to`; false on an error. */
static bool fill(struct wv_records *records)
{
    if (records->to == records->cap && !make_room(records)) {
        return false;
    }
    ssize_t got;
    do {
        got = read(records->file, records->mem + records->to, records->cap - records->to);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    records->ended = got == 0;
    records->to += (size_t)got;
    return true;
}

/* Throws away all bytes up to the end of the line; false on an error. */
static bool skip_line(struct wv_records *records)
{
    for (;;) {
        const size_t have = records->to - records->from;
        const uint8_t *end = have == 0 ? NULL : memchr(records->mem + records->from, '\n', have);
        if (end != NULL) {
            const size_t past = (size_t)(end - records->mem) + 1;
            records->bytes += past - records->from;
            records->from = past;
            return true;
        }
        records->bytes += have;
        records->from = 0;
        records->to = 0;
        if (records->ended) {
            return true;
        }
        if (!fill(records)) {
            return false;
        }
    }
}

static bool is_blank(struct wv_slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* Finds the end of the line that begins at `from`, reading on where needed. *length leaves the LF
 * out and is larger than max + 1 where the line is too long. */
static bool find_end(struct wv_records *records, size_t *length)
{
    size_t looked = 0;
    for (;;) {
        const size_t have = records->to - records->from;
        const uint8_t *end =
            have == looked ? NULL
                           : memchr(records->mem + records->from + looked, '\n', have - looked);
        if (end != NULL) {
            *length = (size_t)(end - (records->mem + records->from));
            return true;
        }
        looked = have;
        if (records->ended || have > records->max + 1) {
            *length = have;
            return true;
        }
        if (!fill(records)) {
            return false;
        }
    }
}

enum wv_records_next wv_records_next(struct wv_records *records, struct wv_slice *line)
{
    for (;;) {
        size_t length = 0;
        if (!find_end(records, &length)) {
            return WV_RECORDS_FAILED;
        }
        if (length == 0 && records->from == records->to) {
            return WV_RECORDS_END;
        }
        records->line++;
        *line = (struct wv_slice){records->mem + records->from, length};
        if (length > 0 && line->ptr[length - 1] == '\r') {
            line->len--;
        }
        if (line->len > records->max) {
            return skip_line(records) ? WV_RECORDS_TOO_LONG : WV_RECORDS_FAILED;
        }
        const size_t past = records->from + length + 1;
        const size_t next = past < records->to ? past : records->to;
        records->bytes += next - records->from;
        records->from = next;
        if (records->blank || !is_blank(*line)) {
            return WV_RECORDS_LINE;
        }
    }
}
