/* lines.c — takes a message apart: lines, objects over several lines or without anything between
 * them, arrays. */
#include "engine/borders.h"
#include "engine/source.h"

static uint8_t skip_blanks(struct wv_source *source)
{
    while (source->at < source->text.len && wv_is_blank_byte(source->text.ptr[source->at])) {
        source->at++;
    }
    return source->at < source->text.len ? source->text.ptr[source->at] : 0;
}

/* Moves to the line that holds the next byte that is not blank, and tells the byte. Blanks before
 * it are part of its line. */
static uint8_t skip_lines(struct wv_source *source)
{
    size_t at = source->at;
    while (at < source->text.len && wv_is_blank_byte(source->text.ptr[at])) {
        at++;
        source->at = source->text.ptr[at - 1] == '\n' ? at : source->at;
    }
    return at < source->text.len ? source->text.ptr[at] : 0;
}

static struct wv_slice rest_of(const struct wv_source *source)
{
    return wv_slice_sub(source->text, source->at, source->text.len);
}

/* The length of the value that text begins with, over any number of lines, or 0: for a source that
 * may be looked through in vain only so often. */
static size_t value_length(const struct wv_source *source, struct wv_slice text)
{
    size_t looked = 0;
    const size_t len = *source->budget == 0 ? 0 : wv_value_length(text, &looked);
    if (len == 0) {
        *source->budget -= looked < *source->budget ? looked : *source->budget;
    }
    return len;
}

/* Builds the index of a text that is one line, or is made one. */
static bool index_value(struct wv_source *source, struct wv_piece *piece)
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
static void take_value(struct wv_source *source, size_t len)
{
    struct wv_worker *worker = source->worker;
    struct wv_piece piece =
        wv_source_piece(source, wv_slice_sub(source->text, source->at, source->at + len));
    const size_t gathered = worker->gathered_count;
    const enum wv_reason reason =
        index_value(source, &piece) ? wv_read_piece(worker, &piece) : WV_REASON_TOO_LARGE;
    wv_source_finish(source, &piece, reason, gathered);
    source->at += len;
}

/* Whether an object that is not read to its end on its line goes on behind it. */
static size_t longer_value(struct wv_source *source, size_t line)
{
    const struct wv_slice rest = rest_of(source);
    if (wv_first_byte(rest) != '{' || line >= rest.len) {
        return 0;
    }
    const size_t len = value_length(source, rest);
    return len > line ? len : 0;
}

/* Objects that stand in one line without anything between them: the first was read. */
static void take_followers(struct wv_source *source, size_t end)
{
    while (source->at < end && skip_blanks(source) == '{' && source->at < end) {
        const size_t len = value_length(source, wv_slice_sub(source->text, source->at, end));
        take_value(source, len == 0 ? end - source->at : len);
    }
    if (source->at < end) {
        wv_source_reject(source, WV_REASON_SYNTAX, 0);
    }
}

/* A line too long to be a record: it may be records without anything between them. */
static bool take_long_line(struct wv_source *source, size_t line)
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
static bool begins_record(const struct wv_source *source, struct wv_slice line)
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
static size_t cef_length(const struct wv_source *source, struct wv_slice text)
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
static bool index_line(struct wv_source *source, size_t *line)
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
static size_t own_length(const struct wv_source *source, const struct wv_piece *piece,
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

/* A record in CEF over several lines, if one begins here that can be read: else the lines behind it
 * have verdicts of their own. */
static bool take_cef(struct wv_source *source)
{
    struct wv_worker *worker = source->worker;
    const struct wv_slice rest = rest_of(source);
    const size_t gathered = worker->gathered_count;
    const size_t len = wv_first_byte(rest) == '{' ? 0 : cef_length(source, rest);
    if (len == 0 || len <= wv_line_end(rest) || len > worker->limits->record_bytes) {
        return false;
    }
    const struct wv_piece piece =
        wv_source_piece(source, wv_slice_sub(source->text, source->at, source->at + len));
    worker->index.non_ascii = true; /* nothing was looked at yet */
    const enum wv_reason reason = wv_read_piece(worker, &piece);
    if (reason != WV_REASON_NONE || worker->found == WV_FOUND_NOTHING) {
        worker->gathered_count = gathered;
        return false;
    }
    wv_source_finish(source, &piece, reason, gathered);
    source->at += len;
    return true;
}

/* One line: mostly one record. */
static void take_line(struct wv_source *source)
{
    struct wv_worker *worker = source->worker;
    const size_t gathered = worker->gathered_count;
    if (take_cef(source)) {
        return;
    }
    size_t line;
    const bool indexed = index_line(source, &line);
    const size_t end = source->at + line;
    const struct wv_piece piece =
        wv_source_piece(source, wv_slice_sub(source->text, source->at, end));
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
    wv_source_finish(source, &piece, reason, gathered);
    if (taken < line) {
        source->at += taken;
        take_followers(source, end);
    }
    source->at = end;
}

/* Whether an array of records begins here: there are logs whose lines begin with a bracket. */
static bool begins_array(const struct wv_source *source)
{
    const struct wv_slice rest = rest_of(source);
    const uint8_t *bracket = memchr(rest.ptr, '[', rest.len);
    const size_t at = (size_t)(bracket - rest.ptr) + 1;
    const uint8_t next = wv_first_byte(wv_slice_sub(rest, at, rest.len));
    return next != 0 && memchr("{[\"]", next, 4) != NULL;
}

/* One element of an array. False: it has no end. */
static bool take_element(struct wv_source *source, uint8_t first)
{
    const struct wv_slice rest = rest_of(source);
    if (first == '{' || first == '[') {
        const size_t len = value_length(source, rest);
        if (len > 0 && first == '{') {
            take_value(source, len);
        } else if (len > 0) {
            wv_source_reject(source, WV_REASON_NOT_OBJECT, 0);
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
        wv_source_string(source, wv_slice_sub(rest, 1, to), false);
        source->at += to + 1;
        return true;
    }
    while (to < rest.len && memchr(",]\n", rest.ptr[to], 3) == NULL) {
        to++;
    }
    wv_source_reject(source, WV_REASON_NOT_OBJECT, 0);
    source->at += to;
    return to < rest.len && rest.ptr[to] != '\n';
}

/* An array of records. Where it breaks off, what is left of the line is rejected as one. */
static void take_array(struct wv_source *source)
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
            wv_source_reject(source, WV_REASON_SYNTAX, 0);
            source->at += wv_line_end(rest_of(source));
            return;
        }
    }
}

/* Lines, objects and arrays, one after the other. */
void wv_take_lines(struct wv_source *source)
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
