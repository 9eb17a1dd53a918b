/*
 * delimited.c — columns, some of them in quotes.
 *
 * What a column is, only its number tells. So a line whose quotes are not where they belong is no
 * record at all: a column that is torn in two would move the address behind it to where a number
 * is expected.
 */
#include "text/reader.h"

#include "base/lanes.h"

/* Names for wv_reader.state. */
enum { STATE_END, STATE_DONE };

/* What the spellings of columns can be written between. */
static bool is_possible(const struct wv_layout *layout)
{
    const uint8_t delimiter = layout->delimiter;
    const bool control =
        delimiter > 0 && delimiter < 0x20 && delimiter != '\n' && delimiter != '\r';
    return (control || delimiter == ' ' || delimiter == ',' || delimiter == ';' ||
            delimiter == '|') &&
           (layout->quote == 0 || layout->quote == '"');
}

/* Where the quotes close that were opened before `at`, or the end. */
static uint32_t find_closing(struct wv_slice text, uint32_t at, bool doubled)
{
    const uint32_t end = (uint32_t)text.len;
    while (at < end) {
        const uint8_t byte = text.ptr[at];
        const bool more = at + 1 < end;
        if (byte == '"' && !(doubled && more && text.ptr[at + 1] == '"')) {
            return at;
        }
        at += (byte == '"' || (byte == '\\' && !doubled)) && more ? 2 : 1;
    }
    return end;
}

/* False: the quotes do not close, or not at the end of the column. */
static bool read_quoted(struct wv_slice text, const struct wv_layout *layout, uint32_t at,
                        struct wv_part *part)
{
    const uint32_t end = (uint32_t)text.len;
    part->spelling = layout->doubled ? WV_SPELLING_CSV : WV_SPELLING_LOG_QUOTED;
    part->from = at;
    part->start = at + 1;
    part->end = find_closing(text, part->start, layout->doubled);
    if (part->end == end) {
        return false;
    }
    part->to = part->end + 1;
    part->escaped = wv_find_byte(wv_slice_sub(text, 0, part->end), part->start,
                                 layout->doubled ? '"' : '\\') < part->end;
    return part->to == end || text.ptr[part->to] == layout->delimiter;
}

/* False: a quote or the end of a line stands inside. */
static bool read_cell(struct wv_slice text, const struct wv_layout *layout, uint32_t at,
                      struct wv_part *part)
{
    uint32_t end = at;
    while (end < text.len && text.ptr[end] != layout->delimiter) {
        const uint8_t byte = text.ptr[end];
        if (byte == '\n' || byte == '\r' || (byte == layout->quote && byte != 0)) {
            return false;
        }
        end++;
    }
    part->spelling = WV_SPELLING_CELL;
    part->from = at;
    part->start = at;
    part->end = end;
    part->to = end;
    return true;
}

static void begin(struct wv_reader *reader)
{
    wv_ensure(reader->layout != NULL);
    uint32_t end = (uint32_t)reader->text.len;
    while (end > 0 && (reader->text.ptr[end - 1] == '\n' || reader->text.ptr[end - 1] == '\r')) {
        end--;
    }
    reader->state[STATE_END] = end;
    reader->state[STATE_DONE] = end == 0;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    if (reader->state[STATE_DONE] != 0) {
        return WV_PART_END;
    }
    const struct wv_slice text = wv_slice_sub(reader->text, 0, reader->state[STATE_END]);
    const struct wv_layout *layout = reader->layout;
    const uint32_t at = reader->at;
    const bool quoted = layout->quote != 0 && at < text.len && text.ptr[at] == layout->quote;
    *part = (struct wv_part){.column = reader->column, .held = true};
    if (!is_possible(layout) ||
        !(quoted ? read_quoted(text, layout, at, part) : read_cell(text, layout, at, part))) {
        return WV_PART_BAD;
    }
    reader->column++;
    reader->state[STATE_DONE] = part->to == text.len;
    reader->at = part->to + 1;
    return WV_PART_FOUND;
}

const struct wv_syntax wv_syntax_delimited = {"delimited", begin, next};
