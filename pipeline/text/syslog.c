/*
 * syslog.c — what syslog and container runtimes put in front of a message.
 *
 *     123 <134>1 2026-11-22T10:00:00Z host app procid msgid [data] message      RFC 5424
 *     <134>Nov 22 10:00:00 host app[procid]: message                           RFC 3164
 *     2026-11-22T10:00:00.1Z stdout F message                                  CRI
 *
 * Every text is one of these, because what is not certainly a header is message: "message" is read
 * as free text or as a record, the fields of a header as what a machine says of itself. So a header
 * is looked through as a whole first, and a name of a host or program is none if it might be an
 * address or an account of somebody.
 */
#include "text/reader.h"

#include "text/syslog_words.h"

/* In the order in which they stand. */
enum field {
    FIELD_COUNT = 0,
    FIELD_PRIORITY,
    FIELD_TIME,
    FIELD_STREAM,
    FIELD_FLAGS,
    FIELD_HOST,
    FIELD_APP,
    FIELD_PROCID,
    FIELD_MSGID,
    FIELD_DATA,
    FIELD_MESSAGE,
    FIELDS,
};

static const char *const keys[FIELDS] = {"count", "priority", "time",  "stream", "flags",  "host",
                                         "app",   "procid",   "msgid", "data",   "message"};

enum form { FORM_OLD = 0, FORM_5424, FORM_CRI };

/* Names for wv_reader.state. */
enum {
    STATE_FIELDS, /* those that are still to come, a bit each */
    STATE_FORM,
    STATE_END,
    STATE_BEFORE, /* the field before; FIELDS: none */
};

/* ---- Which header ---- */

/* Adds "app: ", "app[123]: " or "app[123] " to the fields if it stands there. */
static uint32_t add_app(struct wv_slice text, uint32_t at)
{
    uint32_t end = wv_syslog_app(text, at);
    if (end == WV_NOWHERE) {
        return 0;
    }
    const uint32_t procid =
        wv_syslog_is_at(text, end, '[') ? wv_syslog_procid(text, end + 1) : WV_NOWHERE;
    end = procid != WV_NOWHERE ? procid + 1 : end;
    const bool colon = wv_syslog_is_at(text, end, ':');
    end += colon;
    if ((!colon && procid == WV_NOWHERE) || (end < text.len && text.ptr[end] != ' ')) {
        return 0;
    }
    return 1U << FIELD_APP | (procid != WV_NOWHERE ? 1U << FIELD_PROCID : 0);
}

/* What cannot be the text of a person, behind the name of a host. */
static bool is_message_of_machine(struct wv_slice text, uint32_t at)
{
    static const char *const begins[] = {"CEF:", "LEEF:", "{"};
    for (size_t i = 0; i < WV_COUNT(begins); i++) {
        if (wv_slice_starts(wv_slice_sub(text, at, text.len), wv_slice_of(begins[i]))) {
            return true;
        }
    }
    return false;
}

/* Adds what stands behind an old time. An address is the host only if it is followed by what
 * follows a host: some leave it out, and then it may be the client's, at the beginning of an access
 * log. */
static uint32_t add_host_and_app(struct wv_slice text, uint32_t at)
{
    const uint32_t app = add_app(text, at);
    const uint32_t end = wv_syslog_word(text, at);
    if (app != 0 || end == WV_NOWHERE) {
        return app;
    }
    bool address = true;
    for (uint32_t i = at; i < end; i++) {
        const uint8_t byte = text.ptr[i];
        const bool hex =
            wv_syslog_is_digit(byte) || (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'f');
        if (!wv_syslog_is_letter(byte) && !wv_syslog_is_digit(byte) &&
            memchr("._:-", byte, 4) == NULL) {
            return 0;
        }
        address = address && (hex || byte == '.' || byte == ':' || byte == '-');
    }
    const uint32_t behind = wv_syslog_skip_blanks(text, end);
    if (behind == text.len || text.ptr[end - 1] == ':') {
        return 0;
    }
    const uint32_t app_behind = add_app(text, behind);
    if (address && app_behind == 0 && !is_message_of_machine(text, behind)) {
        return 0;
    }
    return 1U << FIELD_HOST | app_behind;
}

/* "1 ", then a time or "-", four words and data. */
static bool is_5424(struct wv_slice text, uint32_t at, bool priority)
{
    const uint32_t time = wv_syslog_shape(text, at, WV_LIT("1 "));
    if (time == WV_NOWHERE) {
        return false;
    }
    at = wv_syslog_iso_time(text, time);
    if (at == WV_NOWHERE && priority && wv_syslog_is_at(text, time, '-')) {
        at = time + 1;
    }
    for (size_t i = 0; i < 4 && at != WV_NOWHERE; i++) {
        at = wv_syslog_is_at(text, at, ' ') ? wv_syslog_word(text, at + 1) : WV_NOWHERE;
    }
    at = at != WV_NOWHERE && wv_syslog_is_at(text, at, ' ') ? wv_syslog_data(text, at + 1)
                                                            : WV_NOWHERE;
    return at != WV_NOWHERE && (at == text.len || text.ptr[at] == ' ');
}

/* "stdout F" behind an ISO time. */
static bool is_cri(struct wv_slice text)
{
    const uint32_t time = wv_syslog_iso_time(text, 0);
    if (time == WV_NOWHERE || !wv_syslog_is_at(text, time, ' ')) {
        return false;
    }
    const struct wv_slice stream = wv_slice_sub(text, time + 1, text.len);
    if (!wv_slice_starts(stream, WV_LIT("stdout ")) &&
        !wv_slice_starts(stream, WV_LIT("stderr "))) {
        return false;
    }
    uint32_t at = time + 1 + (uint32_t)WV_LIT("stdout ").len;
    const bool flag = wv_syslog_is_at(text, at, 'F') || wv_syslog_is_at(text, at, 'P');
    while (at < text.len && (wv_syslog_is_letter(text.ptr[at]) || text.ptr[at] == ':')) {
        at++;
    }
    return flag && (at == text.len || text.ptr[at] == ' ');
}

/* The fields of an old header behind its priority. */
static uint32_t old_fields(struct wv_slice text, uint32_t at, bool priority)
{
    const uint32_t end = wv_syslog_time(text, at);
    if (end == WV_NOWHERE || (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != ':')) {
        return priority ? add_app(text, at) : 0;
    }
    if (wv_syslog_is_at(text, end, ':')) {
        return wv_syslog_is_at(text, end + 1, ' ') ? 1U << FIELD_TIME : 0;
    }
    return 1U << FIELD_TIME | add_host_and_app(text, wv_syslog_skip_blanks(text, end));
}

static void begin(struct wv_reader *reader)
{
    uint32_t end = (uint32_t)reader->text.len;
    while (end > 0 && (reader->text.ptr[end - 1] == '\n' || reader->text.ptr[end - 1] == '\r' ||
                       reader->text.ptr[end - 1] == '\0')) {
        end--;
    }
    const struct wv_slice text = wv_slice_sub(reader->text, 0, end);
    const uint32_t count = wv_syslog_count(text);
    const uint32_t behind = wv_syslog_priority(text, count == WV_NOWHERE ? 0 : count + 1);
    const bool priority = behind != WV_NOWHERE;
    const uint32_t at = priority ? wv_syslog_skip_blanks(text, behind) : 0;
    uint32_t fields = 1U << FIELD_MESSAGE;
    enum form form = FORM_OLD;
    if (is_5424(text, at, priority)) {
        form = FORM_5424;
        fields |= 1U << FIELD_TIME | 1U << FIELD_HOST | 1U << FIELD_APP | 1U << FIELD_PROCID |
                  1U << FIELD_MSGID | 1U << FIELD_DATA;
    } else if (!priority && is_cri(text)) {
        form = FORM_CRI;
        fields |= 1U << FIELD_TIME | 1U << FIELD_STREAM | 1U << FIELD_FLAGS;
    } else {
        fields |= old_fields(text, at, priority);
    }
    fields |= count != WV_NOWHERE ? 1U << FIELD_COUNT : 0;
    fields |= priority ? 1U << FIELD_PRIORITY : 0;
    reader->state[STATE_FIELDS] = fields;
    reader->state[STATE_FORM] = form;
    reader->state[STATE_END] = end;
    reader->state[STATE_BEFORE] = FIELDS;
}

/* ---- Reading ---- */

/* Behind the signs that end the field before: "<134>", "app[1]:", "10:00:00:". */
static uint32_t skip_signs(const struct wv_reader *reader, struct wv_slice text)
{
    uint32_t at = reader->at;
    switch ((enum field)reader->state[STATE_BEFORE]) {
    case FIELD_COUNT:
        return at + 1;
    case FIELD_PRIORITY:
        return wv_syslog_skip_blanks(text, at + 1);
    case FIELD_PROCID:
        at += wv_syslog_is_at(text, at, ']');
        return at + wv_syslog_is_at(text, at, ':');
    case FIELD_TIME:
    case FIELD_APP:
        return at + wv_syslog_is_at(text, at, ':');
    case FIELD_STREAM:
    case FIELD_FLAGS:
    case FIELD_HOST:
    case FIELD_MSGID:
    case FIELD_DATA:
        return at;
    case FIELD_MESSAGE:
    case FIELDS:
    default:
        return at;
    }
}

/* Where the field begins; `at` is behind the signs of the one before. */
static uint32_t field_start(const struct wv_reader *reader, struct wv_slice text, enum field field,
                            uint32_t at)
{
    const enum form form = (enum form)reader->state[STATE_FORM];
    const bool first = reader->state[STATE_BEFORE] == FIELDS;
    switch (field) {
    case FIELD_COUNT:
        return at;
    case FIELD_TIME:
        return form == FORM_5424 ? at + (uint32_t)WV_LIT("1 ").len : at;
    case FIELD_PRIORITY:
        return at + 1;
    case FIELD_PROCID:
        return form == FORM_OLD ? at + 1 : at + wv_syslog_is_at(text, at, ' ');
    case FIELD_MESSAGE:
        at = form != FORM_OLD ? at + wv_syslog_is_at(text, at, ' ')
             : first          ? at
                              : wv_syslog_skip_blanks(text, at);
        return wv_syslog_shape(text, at, WV_LIT("\xef\xbb\xbf")) == WV_NOWHERE ? at : at + 3;
    case FIELD_STREAM:
    case FIELD_FLAGS:
    case FIELD_HOST:
    case FIELD_APP:
    case FIELD_MSGID:
    case FIELD_DATA:
    case FIELDS:
    default:
        return wv_syslog_skip_blanks(text, at);
    }
}

static uint32_t field_end(const struct wv_reader *reader, struct wv_slice text, enum field field,
                          uint32_t at)
{
    const bool old = reader->state[STATE_FORM] == FORM_OLD;
    switch (field) {
    case FIELD_COUNT:
    case FIELD_PRIORITY:
        return wv_syslog_digits(text, at, 1, WV_SYSLOG_DIGITS);
    case FIELD_TIME:
        return wv_syslog_is_at(text, at, '-') ? at + 1 : wv_syslog_time(text, at);
    case FIELD_APP:
        return old ? wv_syslog_app(text, at) : wv_syslog_word(text, at);
    case FIELD_PROCID:
        return old ? wv_syslog_procid(text, at) : wv_syslog_word(text, at);
    case FIELD_DATA:
        return wv_syslog_data(text, at);
    case FIELD_STREAM:
    case FIELD_FLAGS:
    case FIELD_HOST:
    case FIELD_MSGID:
        return wv_syslog_word(text, at);
    case FIELD_MESSAGE:
    case FIELDS:
    default:
        return (uint32_t)text.len;
    }
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    const uint32_t fields = reader->state[STATE_FIELDS];
    *part = (struct wv_part){.column = reader->column};
    if (fields == 0) {
        return WV_PART_END;
    }
    const enum field field = (enum field)__builtin_ctz(fields);
    const struct wv_slice text = wv_slice_sub(reader->text, 0, reader->state[STATE_END]);
    const uint32_t signs_end = skip_signs(reader, text);
    part->key = wv_slice_of(keys[field]);
    part->start = field_start(reader, text, field, signs_end);
    part->end = field_end(reader, text, field, part->start);
    wv_ensure(part->end != WV_NOWHERE && part->start <= part->end);
    part->from = field == FIELD_MESSAGE ? signs_end : part->start;
    part->to = field == FIELD_COUNT ? part->end + 1 : part->end;
    part->spelling = field == FIELD_MESSAGE ? WV_SPELLING_PLAIN
                     : field == FIELD_TIME  ? WV_SPELLING_BRACKETED /* its blanks are expected */
                                            : WV_SPELLING_CELL;
    part->held = field != FIELD_MESSAGE && field != FIELD_COUNT;
    reader->state[STATE_FIELDS] = fields & (fields - 1);
    reader->state[STATE_BEFORE] = field;
    reader->at = part->end;
    if (part->start == part->end) {
        return WV_PART_END; /* there is no message */
    }
    reader->column++;
    return WV_PART_FOUND;
}

const struct wv_syntax wv_syntax_syslog = {"syslog", begin, next};
