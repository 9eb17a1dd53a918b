/*
 * pairs.c — key=value key="value, quoted" …
 *
 * Not every producer escapes the quotes inside of a quoted value. So a quote ends it only where the
 * text goes on as pairs do; an attack or a JSON body inside stays in one piece, and what would be
 * torn off has at worst a key of its own.
 */
#include "text/reader.h"

#include "base/lanes.h"

enum stage { STAGE_PREFIX = 0, STAGE_PARTS };

/* Names for wv_reader.state. */
enum { STATE_STAGE };

static bool is_white(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Whether the byte ends what has no quotes. With blanks, every white space does. */
static bool is_end(const struct wv_layout *layout, uint8_t byte)
{
    return byte == layout->delimiter || (layout->delimiter == ' ' && is_white(byte));
}

static bool is_quote(const struct wv_layout *layout, uint8_t byte)
{
    return byte == layout->quote && layout->quote != 0;
}

/* What the spellings of pairs can be written between. */
static bool is_possible(const struct wv_layout *layout)
{
    const uint8_t delimiter = layout->delimiter;
    return (delimiter == ' ' || delimiter == ',' || delimiter == ';' || delimiter == '\t') &&
           (layout->quote == 0 || layout->quote == '"') && !layout->doubled;
}

static uint32_t skip_between(const struct wv_reader *reader, uint32_t at)
{
    const struct wv_slice text = reader->text;
    while (at < text.len && (is_white(text.ptr[at]) || is_end(reader->layout, text.ptr[at]))) {
        at++;
    }
    return at;
}

/* White space that is no end of anything. */
static uint32_t skip_inside(const struct wv_reader *reader, uint32_t at)
{
    const struct wv_slice text = reader->text;
    while (at < text.len && is_white(text.ptr[at]) && !is_end(reader->layout, text.ptr[at])) {
        at++;
    }
    return at;
}

static uint32_t trim(struct wv_slice text, uint32_t from, uint32_t to)
{
    while (to > from && is_white(text.ptr[to - 1])) {
        to--;
    }
    return to;
}

static uint32_t find_end(const struct wv_reader *reader, uint32_t at)
{
    while (at < reader->text.len && !is_end(reader->layout, reader->text.ptr[at])) {
        at++;
    }
    return at;
}

/* Where a key would end: at its sign, or at what no key has. */
static uint32_t find_key_end(const struct wv_reader *reader, uint32_t at)
{
    while (at < reader->text.len && reader->text.ptr[at] != '=' &&
           !is_end(reader->layout, reader->text.ptr[at]) &&
           !is_quote(reader->layout, reader->text.ptr[at])) {
        at++;
    }
    return at;
}

/* Whether the quote at `at` ends its value: nothing more follows, or what separates parts and then
 * a key or a word. Looks no further than to the next quote. */
static bool is_closing(const struct wv_reader *reader, uint32_t at)
{
    const struct wv_slice text = reader->text;
    const uint32_t end = skip_inside(reader, at + 1);
    if (end < text.len && !is_end(reader->layout, text.ptr[end])) {
        return false;
    }
    const uint32_t key_end = find_key_end(reader, skip_between(reader, end));
    return key_end == text.len || !is_quote(reader->layout, text.ptr[key_end]);
}

/* A quote that never closes: the value runs to the end. */
static uint32_t find_closing(const struct wv_reader *reader, uint32_t at)
{
    const struct wv_slice text = reader->text;
    while (at < text.len && !(is_quote(reader->layout, text.ptr[at]) && is_closing(reader, at))) {
        at += text.ptr[at] == '\\' && at + 1 < text.len ? 2 : 1;
    }
    return at;
}

static bool is_key_byte(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '.' || byte == '-' || byte == '[' || byte == ']';
}

/* Where the first key begins, which may be glued to what stands before it ("ASM:unit=…"), or the
 * end. */
static uint32_t find_first_key(struct wv_slice text)
{
    for (size_t sign = wv_find_byte(text, 0, '='); sign < text.len;
         sign = wv_find_byte(text, sign + 1, '=')) {
        size_t start = sign;
        while (start > 0 && is_key_byte(text.ptr[start - 1])) {
            start--;
        }
        if (start < sign) {
            return (uint32_t)start;
        }
    }
    return (uint32_t)text.len;
}

/* What stands before the first key. */
static enum wv_part_next read_prefix(struct wv_reader *reader, struct wv_part *part)
{
    const struct wv_slice text = reader->text;
    const uint32_t first = is_possible(reader->layout) ? find_first_key(text) : (uint32_t)text.len;
    if (first == text.len) {
        return WV_PART_BAD;
    }
    uint32_t start = 0;
    while (is_white(text.ptr[start])) {
        start++;
    }
    reader->at = first;
    reader->state[STATE_STAGE] = STAGE_PARTS;
    part->key = WV_LIT("prefix");
    part->spelling = WV_SPELLING_PLAIN;
    part->start = start;
    part->end = trim(text, start, first);
    part->from = part->start;
    part->to = part->end;
    return part->start < part->end ? WV_PART_FOUND : WV_PART_END;
}

static void read_quoted(const struct wv_reader *reader, uint32_t quote, struct wv_part *part)
{
    part->spelling = WV_SPELLING_QUOTED;
    part->start = quote + 1;
    part->end = find_closing(reader, part->start);
    part->to = part->end < reader->text.len ? part->end + 1 : part->end;
    if (part->end == reader->text.len) {
        part->spelling = WV_SPELLING_BARE;
        part->start = quote; /* a quote in it shows that more than a value may be in it */
    }
}

static void read_bare(const struct wv_reader *reader, uint32_t at, struct wv_part *part)
{
    part->spelling = WV_SPELLING_BARE;
    part->start = at;
    part->end = trim(reader->text, at, find_end(reader, at));
    part->to = part->end;
}

static enum wv_part_next read_part(struct wv_reader *reader, struct wv_part *part)
{
    const struct wv_slice text = reader->text;
    const uint32_t start = reader->at;
    if (start == text.len) {
        return WV_PART_END;
    }
    uint32_t value = start;
    const uint32_t key_end = find_key_end(reader, start);
    if (key_end > start && key_end < text.len && text.ptr[key_end] == '=') {
        part->key = wv_slice_sub(text, start, trim(text, start, key_end));
        value = skip_inside(reader, key_end + 1);
    }
    if (value < text.len && is_quote(reader->layout, text.ptr[value])) {
        read_quoted(reader, value, part);
    } else {
        read_bare(reader, value, part);
    }
    part->escaped = wv_find_byte(wv_slice_sub(text, 0, part->end), part->start, '\\') < part->end;
    part->from = start;
    reader->at = skip_between(reader, part->to);
    if (reader->at < text.len) {
        part->to = reader->at; /* what ends the record is no separator */
    }
    return WV_PART_FOUND;
}

static void begin(struct wv_reader *reader)
{
    wv_ensure(reader->layout != NULL);
    reader->state[STATE_STAGE] = STAGE_PREFIX;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    *part = (struct wv_part){.column = reader->column};
    enum wv_part_next next = WV_PART_END;
    if (reader->state[STATE_STAGE] == STAGE_PREFIX) {
        next = read_prefix(reader, part);
    }
    if (next == WV_PART_END && reader->state[STATE_STAGE] == STAGE_PARTS) {
        next = read_part(reader, part);
    }
    reader->column += next == WV_PART_FOUND;
    return next;
}

const struct wv_syntax wv_syntax_pairs = {"pairs", begin, next};
