/*
 * cef.c — ArcSight Common Event Format: CEF:version|six more fields|key=value key=value …
 *
 * Whether a value says "key=" itself is not always certain, because old producers escape no "=".
 * What looks like a key behind white space is one, so that a value that may be published never
 * takes in the pairs behind it; what does not, as "/doc?id=", stays in its value.
 */
#include "text/reader.h"

#include "base/lanes.h"

enum stage { STAGE_PREFIX = 0, STAGE_HEADER, STAGE_EXTENSION, STAGE_PAIRS, STAGE_END };

enum { PREFIX_MAX = 64 };

/* Names for wv_reader.state. A key ends where its sign stands. */
enum { STATE_STAGE, STATE_FIELD, STATE_KEY, STATE_SIGN };

static const char *const header_keys[] = {"version",       "deviceVendor",       "deviceProduct",
                                          "deviceVersion", "deviceEventClassId", "name",
                                          "severity"};

struct key {
    uint32_t start;
    uint32_t sign; /* the text's end: there is no key */
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_key_byte(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (lower >= 'a' && lower <= 'z') || is_digit(byte) || byte == '_' || byte == '.' ||
           byte == '-' || byte == '[' || byte == ']';
}

static uint32_t skip_white(struct wv_slice text, uint32_t at)
{
    while (at < text.len && is_white(text.ptr[at])) {
        at++;
    }
    return at;
}

/* The end of the bytes [from, to) without the white space behind them. */
static uint32_t trim(struct wv_slice text, uint32_t from, uint32_t to)
{
    while (to > from && is_white(text.ptr[to - 1])) {
        to--;
    }
    return to;
}

/* Whether "0|" or "1.2|" stands there. */
static bool is_version(struct wv_slice text, uint32_t at)
{
    const uint32_t from = at;
    while (at < text.len && (is_digit(text.ptr[at]) || (at > from && text.ptr[at] == '.'))) {
        at++;
    }
    return at > from && at < text.len && text.ptr[at] == '|';
}

/* Where the word of the device ends that some write before "CEF:", as "ASM:". Behind anything
 * else, a client may have written what looks like a record. */
static size_t find_prefix_end(struct wv_slice text)
{
    size_t at = skip_white(text, 0);
    const size_t most = at + PREFIX_MAX < text.len ? at + PREFIX_MAX : text.len;
    while (at < most && (is_key_byte(text.ptr[at]) || text.ptr[at] == ':' || text.ptr[at] == '~')) {
        at++;
    }
    return at;
}

/* Sets *prefix_end to where "CEF:" stands and returns where the version begins behind it; the
 * text's end: nowhere. Some write "CEF:CEF:0|", some "CEF: 0|". */
static uint32_t find_version(struct wv_slice text, uint32_t *prefix_end)
{
    const struct wv_slice word = WV_LIT("CEF:");
    const size_t most = find_prefix_end(text);
    for (size_t at = wv_find_byte(text, 0, ':'); at < most; at = wv_find_byte(text, at + 1, ':')) {
        if (at + 1 < word.len ||
            !wv_slice_eq(wv_slice_sub(text, at + 1 - word.len, at + 1), word)) {
            continue;
        }
        const uint32_t version = skip_white(text, (uint32_t)at + 1);
        if (is_version(text, version)) {
            *prefix_end = (uint32_t)(at + 1 - word.len);
            return version;
        }
    }
    return (uint32_t)text.len;
}

static struct key nowhere(struct wv_slice text)
{
    return (struct key){(uint32_t)text.len, (uint32_t)text.len};
}

/* The first key whose sign stands at or after `from`; `first` is where one needs no white space
 * before it. Between two signs every byte is looked at once in each direction. */
static struct key find_key(struct wv_slice text, uint32_t from, uint32_t first)
{
    const uint32_t end = (uint32_t)text.len;
    while (from < end) {
        const uint32_t sign = (uint32_t)wv_find_byte(text, from, '=');
        uint32_t start = sign;
        while (start > from && is_key_byte(text.ptr[start - 1])) {
            start--;
        }
        if (sign < end && start < sign && (start == first || is_white(text.ptr[start - 1]))) {
            return (struct key){start, sign};
        }
        from = sign + 1;
    }
    return nowhere(text);
}

static bool has_backslash(struct wv_slice text, uint32_t from, uint32_t to)
{
    return wv_find_byte(wv_slice_sub(text, 0, to), from, '\\') < to;
}

/* What stands before "CEF:". */
static enum wv_part_next read_prefix(struct wv_reader *reader, struct wv_part *part)
{
    uint32_t prefix_end = 0;
    reader->at = find_version(reader->text, &prefix_end);
    if (reader->at == reader->text.len) {
        return WV_PART_BAD;
    }
    reader->state[STATE_STAGE] = STAGE_HEADER;
    part->key = WV_LIT("prefix");
    part->spelling = WV_SPELLING_PLAIN;
    part->start = skip_white(reader->text, 0);
    part->start = part->start < prefix_end ? part->start : prefix_end;
    part->end = trim(reader->text, part->start, prefix_end);
    part->from = part->start;
    part->to = part->end;
    return part->start < part->end ? WV_PART_FOUND : WV_PART_END;
}

static enum wv_part_next read_header(struct wv_reader *reader, struct wv_part *part)
{
    const struct wv_slice text = reader->text;
    uint32_t end = reader->at;
    while (end < text.len && text.ptr[end] != '|' && text.ptr[end] != '\n') {
        end += text.ptr[end] == '\\' && end + 1 < text.len ? 2 : 1;
    }
    const uint32_t field = reader->state[STATE_FIELD];
    const bool last = field + 1 == WV_COUNT(header_keys);
    if (end >= text.len || text.ptr[end] != '|' ||
        (last && wv_find_byte(wv_slice_sub(text, 0, end), reader->at, '=') < end)) {
        return WV_PART_BAD; /* a bar that is missing would make pairs part of the header */
    }
    part->key = wv_slice_of(header_keys[field]);
    part->spelling = WV_SPELLING_CEF_HEADER;
    part->escaped = has_backslash(text, reader->at, end);
    part->held = true;
    part->start = reader->at;
    part->end = end;
    part->from = part->start;
    part->to = part->end;
    reader->at = end + 1;
    reader->state[STATE_FIELD]++;
    reader->state[STATE_STAGE] = last ? STAGE_EXTENSION : STAGE_HEADER;
    return WV_PART_FOUND;
}

/* A line behind the record is none of it: only a request that runs to the end has line breaks. */
static bool has_more_lines(struct wv_slice text, uint32_t from, uint32_t to)
{
    const uint32_t end = to < text.len ? to : trim(text, from, to);
    return wv_find_byte(wv_slice_sub(text, 0, end), from, '\n') < end;
}

static void spell_value(struct wv_slice text, uint32_t from, uint32_t to, struct wv_part *part)
{
    part->spelling = WV_SPELLING_CEF_VALUE;
    part->start = from;
    part->end = trim(text, from, to);
    part->escaped = has_backslash(text, part->start, part->end);
    part->to = to < text.len ? to : part->end; /* what ends the record is no separator */
}

/* What stands before the first key has none. */
static enum wv_part_next read_extension(struct wv_reader *reader, struct wv_part *part)
{
    const uint32_t start = skip_white(reader->text, reader->at);
    const struct key first = find_key(reader->text, start, start);
    spell_value(reader->text, start, first.start, part);
    part->from = start;
    if (has_more_lines(reader->text, reader->at, first.start)) {
        return WV_PART_BAD;
    }
    reader->state[STATE_STAGE] = STAGE_PAIRS;
    reader->state[STATE_KEY] = first.start;
    reader->state[STATE_SIGN] = first.sign;
    return part->start < part->end ? WV_PART_FOUND : WV_PART_END;
}

/* Whether the value of the key takes in all that follows. */
static bool is_rest(const struct wv_reader *reader, struct wv_slice key)
{
    const struct wv_layout *layout = reader->layout;
    return layout != NULL && layout->rest.len > 0 && wv_slice_eq(layout->rest, key);
}

static enum wv_part_next read_pair(struct wv_reader *reader, struct wv_part *part)
{
    const struct key key = {reader->state[STATE_KEY], reader->state[STATE_SIGN]};
    if (key.sign == reader->text.len) {
        reader->state[STATE_STAGE] = STAGE_END;
        return WV_PART_END;
    }
    part->key = wv_slice_sub(reader->text, key.start, key.sign);
    const bool rest = is_rest(reader, part->key);
    const struct key following =
        rest ? nowhere(reader->text) : find_key(reader->text, key.sign + 1, 0);
    if (!rest && has_more_lines(reader->text, key.sign + 1, following.start)) {
        return WV_PART_BAD;
    }
    spell_value(reader->text, key.sign + 1, following.start, part);
    part->from = key.start;
    reader->state[STATE_KEY] = following.start;
    reader->state[STATE_SIGN] = following.sign;
    return WV_PART_FOUND;
}

static void begin(struct wv_reader *reader)
{
    reader->state[STATE_STAGE] = STAGE_PREFIX;
    reader->state[STATE_FIELD] = 0;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    static enum wv_part_next (*const stages[])(struct wv_reader *, struct wv_part *) = {
        [STAGE_PREFIX] = read_prefix,
        [STAGE_HEADER] = read_header,
        [STAGE_EXTENSION] = read_extension,
        [STAGE_PAIRS] = read_pair,
    };
    while (reader->state[STATE_STAGE] != STAGE_END) {
        *part = (struct wv_part){.column = reader->column};
        const enum wv_part_next next = stages[reader->state[STATE_STAGE]](reader, part);
        if (next != WV_PART_END) {
            reader->column += next == WV_PART_FOUND;
            return next;
        }
    }
    return WV_PART_END;
}

const struct wv_syntax wv_syntax_cef = {"cef", begin, next};
