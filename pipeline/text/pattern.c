/* pattern.c — reads lines of a log format. */
#include "text/pattern_pieces.h"

#include "base/lanes.h"
#include "text/reader.h"

#define NOWHERE UINT32_MAX

/* Names for wv_reader.state: the line's end, and where the value before stands. */
enum { STATE_END, STATE_START_BEFORE, STATE_END_BEFORE };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether "02 +0000" stands around the blank: the end of a time, and its zone. */
static bool is_zone(struct wv_slice value, size_t at)
{
    const uint8_t *blank = value.ptr + at;
    if (at < 3 || value.len - at < 6 || blank[-3] != ':' || (blank[1] != '+' && blank[1] != '-')) {
        return false;
    }
    return is_digit(blank[-2]) && is_digit(blank[-1]) && is_digit(blank[2]) && is_digit(blank[3]) &&
           is_digit(blank[4]) && is_digit(blank[5]);
}

/* Whether "2026/11/22" stands before the blank and "10:" behind it. */
static bool is_after_date(struct wv_slice value, size_t at)
{
    static const char shape[] = "0000/00/00 00:";
    if (at != 10 || value.len < sizeof shape - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        const bool digit = value.ptr[i] >= '0' && value.ptr[i] <= '9';
        if (shape[i] == '0' ? !digit : value.ptr[i] != (uint8_t)shape[i]) {
            return false;
        }
    }
    return true;
}

/* Whether the blank is one of those that values hold themselves: in lists, before a zone, and
 * between date and time. None begins with one. */
static bool is_inner_blank(struct wv_slice value, size_t at)
{
    const uint8_t *blank = value.ptr + at;
    if (at > 0 && blank[-1] == ',') {
        return true;
    }
    const bool colon_behind = at > 0 && value.len - at > 2 && blank[1] == ':' && blank[2] == ' ';
    const bool colon_before = at > 2 && blank[-1] == ':' && blank[-2] == ' ';
    return colon_behind || colon_before || is_zone(value, at) || is_after_date(value, at);
}

static bool stands(struct wv_slice text, struct wv_slice literal, uint32_t at)
{
    return literal.len == 0 ||
           (text.len - at >= literal.len && wv_bytes_eq(text.ptr + at, literal.ptr, literal.len));
}

/* Where the literal stands first in a value that begins at `start`, looking from `at`. NOWHERE when
 * it does not, or when a quote comes before it: none stands in a value that is not escaped. What is
 * escaped is never looked at. */
static uint32_t find(struct wv_slice text, uint32_t start, uint32_t at, struct wv_slice literal)
{
    const bool blank = wv_slice_eq(literal, WV_LIT(" "));
    for (;;) {
        at = (uint32_t)wv_find_either(text, at, literal.ptr[0], '"', '\\');
        if (at == text.len) {
            return NOWHERE;
        }
        if (text.ptr[at] == literal.ptr[0] && stands(text, literal, at) &&
            !(blank && is_inner_blank(wv_slice_sub(text, start, text.len), at - start))) {
            return at;
        }
        if (text.ptr[at] == '"') {
            return NOWHERE;
        }
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
}

/* The end of the text, if no quote comes before it. */
static uint32_t find_end(struct wv_slice text, uint32_t at)
{
    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? NOWHERE : (uint32_t)text.len;
}

/* The first quote that is not escaped, if the literal, which begins with one, stands there. Between
 * two quotes the backslashes are counted once. */
static uint32_t find_quote(struct wv_slice text, uint32_t start, struct wv_slice literal)
{
    for (uint32_t at = start;; at++) {
        at = (uint32_t)wv_find_byte(text, at, '"');
        if (at == text.len) {
            return NOWHERE;
        }
        uint32_t before = at;
        while (before > start && text.ptr[before - 1] == '\\') {
            before--;
        }
        if ((at - before) % 2 == 0) {
            return stands(text, literal, at) ? at : NOWHERE;
        }
    }
}

/* Where a value would end first. */
static uint32_t first_end(struct wv_slice text, const struct wv_piece *piece, uint32_t start)
{
    if (piece->kind == WV_PIECE_QUOTED) {
        return find_quote(text, start, piece->behind);
    }
    if (piece->behind.len > 0) {
        return find(text, start, start, piece->behind);
    }
    const uint32_t blank = piece->rest ? find(text, start, start, WV_LIT(" ")) : NOWHERE;
    return blank != NOWHERE ? blank : find_end(text, start);
}

/* Where a value ends. Between the first place where it could and the end of the value behind it,
 * each byte is looked at once more. */
static uint32_t value_end(struct wv_slice text, const struct wv_piece *piece, uint32_t start)
{
    uint32_t end = first_end(text, piece, start);
    if (end == NOWHERE || !piece->last_end) {
        return end;
    }
    const uint32_t step = (uint32_t)piece->behind.len;
    const uint32_t limit = first_end(text, piece + 1, end + step);
    for (uint32_t at = end; at != NOWHERE && limit != NOWHERE && at + step <= limit;
         at = find(text, start, at + 1, piece->behind)) {
        end = at;
    }
    return limit == NOWHERE ? NOWHERE : end;
}

/* Whether a value is certain to be whole although the text behind it stands in the next value, too:
 * "-" is no value, and an address does not go on behind " - ". Behind a single byte it might: there
 * are lists of addresses with nothing but blanks between them. */
static bool settled(struct wv_slice value, struct wv_slice behind)
{
    if (wv_slice_eq(value, WV_LIT("-"))) {
        return true;
    }
    size_t at = 0;
    while (at < value.len &&
           (is_digit(value.ptr[at]) || value.ptr[at] == '.' || value.ptr[at] == ':' ||
            (wv_lower(value.ptr[at]) >= 'a' && wv_lower(value.ptr[at]) <= 'f'))) {
        at++;
    }
    return behind.len > 1 && value.len > 0 && at == value.len;
}

/* Whether nothing stands in the value that could belong to another one. */
static bool is_certain(const struct wv_reader *reader, struct wv_slice text,
                       const struct wv_piece *piece, uint32_t start)
{
    if (piece->kind == WV_PIECE_QUOTED) {
        return true;
    }
    if (piece->kind == WV_PIECE_BRACKET) {
        return !wv_has_byte(wv_slice_sub(text, start, text.len), ']');
    }
    if (!piece->blanks && find(text, start, start, WV_LIT(" ")) != NOWHERE) {
        return false;
    }
    if (reader->column == 0 || wv_has_byte(piece->before, '"') ||
        find(text, start, start, piece->before) == NOWHERE) {
        return true;
    }
    const struct wv_slice before = wv_slice_sub(reader->text, reader->state[STATE_START_BEFORE],
                                                reader->state[STATE_END_BEFORE]);
    return settled(before, piece->before);
}

static enum wv_part_next read_rest(struct wv_reader *reader, const struct wv_piece *piece,
                                   struct wv_part *part)
{
    const uint32_t end = reader->state[STATE_END];
    if (reader->at == end) {
        reader->column++;
        return WV_PART_END;
    }
    if (!stands(wv_slice_sub(reader->text, 0, end), piece->before, reader->at)) {
        return WV_PART_BAD;
    }
    part->key = piece->name;
    part->from = reader->at;
    part->start = reader->at + (uint32_t)piece->before.len;
    part->end = end;
    part->to = end;
    part->spelling = WV_SPELLING_PLAIN;
    reader->at = end;
    reader->column++;
    return WV_PART_FOUND;
}

/* Whether the reader of the line expects blanks in the value: in brackets, and in a time. */
static bool may_hold_blanks(struct wv_slice text, const struct wv_piece *piece, uint32_t start,
                            uint32_t end)
{
    const struct wv_slice value = wv_slice_sub(text, start, end);
    return piece->kind == WV_PIECE_BRACKET || (value.len > 10 && is_after_date(value, 10));
}

static enum wv_part_next read_value(struct wv_reader *reader, const struct wv_piece *piece,
                                    struct wv_part *part)
{
    const struct wv_slice text = wv_slice_sub(reader->text, 0, reader->state[STATE_END]);
    const uint32_t start = reader->at;
    const uint32_t end = value_end(text, piece, start);
    if (end == NOWHERE || !is_certain(reader, wv_slice_sub(text, 0, end), piece, start)) {
        return WV_PART_BAD;
    }
    part->held = true;
    part->from = start;
    part->start = start;
    part->end = end;
    part->to = end;
    part->spelling = (uint8_t)(piece->kind == WV_PIECE_QUOTED             ? WV_SPELLING_LOG_QUOTED
                               : may_hold_blanks(text, piece, start, end) ? WV_SPELLING_BRACKETED
                                                                          : WV_SPELLING_BARE);
    part->escaped = wv_has_byte(wv_slice_sub(text, start, end), '\\');
    reader->state[STATE_START_BEFORE] = start;
    reader->state[STATE_END_BEFORE] = end;
    reader->at = end + (uint32_t)piece->behind.len;
    reader->column++;
    return WV_PART_FOUND;
}

static void begin(struct wv_reader *reader)
{
    /* Some take over the end of the line, too. */
    uint32_t end = (uint32_t)reader->text.len;
    end -= end > 0 && reader->text.ptr[end - 1] == '\n';
    end -= end > 0 && reader->text.ptr[end - 1] == '\r';
    reader->state[STATE_END] = end;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    const struct wv_pattern *pattern = reader->layout->pattern;
    *part = (struct wv_part){.column = reader->column};
    if (reader->column == pattern->count) {
        return reader->at == reader->state[STATE_END] ? WV_PART_END : WV_PART_BAD;
    }
    const struct wv_piece *piece = &pattern->pieces[reader->column];
    if (piece->kind == WV_PIECE_REST) {
        return read_rest(reader, piece, part);
    }
    if (reader->column == 0) {
        if (!stands(wv_slice_sub(reader->text, 0, reader->state[STATE_END]), piece->before, 0)) {
            return WV_PART_BAD;
        }
        reader->at = (uint32_t)piece->before.len;
    }
    return read_value(reader, piece, part);
}

const struct wv_syntax wv_syntax_pattern = {"pattern", begin, next};
