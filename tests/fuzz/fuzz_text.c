/*
 * fuzz_text — records that are no JSON are taken apart without a gap, and can be put together
 * again.
 *
 * Oracles: parts are in order and inside the text; between them, and around their values, stands
 * only what the syntax needs; a value that is said to have no escapes reads as it is written; what
 * a spelling writes, it reads as the same text; a record in which one value was replaced has the
 * same parts with the same values, but for that one; and so has a CEF record or a URL from which
 * one part was cut.
 *
 * Input: one byte that chooses the syntax, one that chooses the part, one with the length of a new
 * value, the new value, then the record.
 */
#include "json/utf8.h"
#include "text/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HEAD = 3,
    VALUE_MAX = 257,
    TEXT_MAX = 8 * 1024,
    PARTS_MAX = TEXT_MAX + 8,
    EXPANSION = 4, /* \xHH */
    PORT_DIGITS = 5,
};

#define WHITE " \t\n\v\f\r"

static const struct kind {
    const struct wv_syntax *syntax;
    struct wv_layout layout;
    const char *between; /* what may stand between two parts */
    const char *around;  /* what may go with a value, beside its key */
} kinds[] = {
    {&wv_syntax_url, {0}, ":/[]?#@*0123456789", "?#@"},
    {&wv_syntax_request_line, {0}, ":/[]?#@*0123456789 ", "?#@"},
    {&wv_syntax_cef, {0}, "CEF:|" WHITE, "=" WHITE},
    {&wv_syntax_pairs, {.delimiter = ' ', .quote = '"'}, WHITE, "=\"" WHITE},
    {&wv_syntax_pairs, {.delimiter = ',', .quote = '"'}, "," WHITE, "=\"," WHITE},
    {&wv_syntax_pairs, {.delimiter = ';'}, ";" WHITE, "=;" WHITE},
    {&wv_syntax_pairs, {.delimiter = '\t', .quote = '"'}, WHITE, "=\"" WHITE},
    {&wv_syntax_delimited, {.delimiter = ',', .quote = '"', .doubled = true}, ",\r\n", "\""},
    {&wv_syntax_delimited, {.delimiter = ' ', .quote = '"'}, " \r\n", "\""},
    {&wv_syntax_delimited, {.delimiter = '\t'}, "\t\r\n", ""},
};

struct parts {
    struct wv_part items[PARTS_MAX];
    size_t count;
    enum wv_part_next last;
};

static bool is_url(const struct kind *kind)
{
    return kind->syntax == &wv_syntax_url || kind->syntax == &wv_syntax_request_line;
}

static struct wv_slice value_of(struct wv_slice text, const struct wv_part *part)
{
    return wv_slice_sub(text, part->start, part->end);
}

static void check_bytes(struct wv_slice text, const char *allowed)
{
    for (size_t i = 0; i < text.len; i++) {
        wv_ensure(text.ptr[i] != '\0' && strchr(allowed, text.ptr[i]) != NULL);
    }
}

/* A URL's scheme stands between its parts if it is one that says nothing. */
static struct wv_slice without_scheme(struct wv_slice gap)
{
    static const char *const schemes[] = {"http://", "https://", "ws://", "wss://", "ftp://"};
    while (gap.len > 0 && gap.ptr[0] == ' ') {
        gap = wv_slice_sub(gap, 1, gap.len);
    }
    for (size_t i = 0; i < WV_COUNT(schemes); i++) {
        const struct wv_slice scheme = wv_slice_of(schemes[i]);
        if (gap.len >= scheme.len && wv_slice_eq_nocase(wv_slice_sub(gap, 0, scheme.len), scheme)) {
            return wv_slice_sub(gap, scheme.len, gap.len);
        }
    }
    return gap;
}

static void check_gap(const struct kind *kind, struct wv_slice gap)
{
    if (!is_url(kind)) {
        check_bytes(gap, kind->between);
        return;
    }
    const struct wv_slice rest = without_scheme(gap);
    size_t digits = 0;
    for (size_t i = 0; i < rest.len; i++) {
        digits += rest.ptr[i] >= '0' && rest.ptr[i] <= '9';
    }
    wv_ensure(digits <= PORT_DIGITS);
    check_bytes(rest, kind->between);
}

/* What stands around a value and goes with it: its key, and the syntax's own signs. */
static void check_around(const struct kind *kind, struct wv_slice text, const struct wv_part *part)
{
    const bool keyed = part->key.len > 0 && part->key.ptr == text.ptr + part->from;
    const size_t behind_key = part->from + (keyed ? part->key.len : 0);
    wv_ensure(behind_key <= part->start);
    check_bytes(wv_slice_sub(text, behind_key, part->start), kind->around);
    check_bytes(wv_slice_sub(text, part->end, part->to), kind->around);
}

static void check_value(struct wv_slice raw, const struct wv_part *part)
{
    static uint8_t mem[TEXT_MAX * EXPANSION];
    static uint32_t map[TEXT_MAX * EXPANSION + 1];
    wv_ensure(part->spelling > WV_SPELLING_JSON && part->spelling < WV_SPELLING_COUNT);
    const size_t len = wv_spelling_read((enum wv_spelling)part->spelling, raw, mem, map);
    const struct wv_slice text = {mem, len};
    wv_ensure(len <= raw.len && map[len] == raw.len && (len == 0 || map[0] == 0));
    for (size_t i = 0; i < len; i++) {
        wv_ensure(map[i] <= map[i + 1]);
    }
    wv_ensure(part->escaped || wv_slice_eq(text, raw));
    wv_ensure(wv_utf8_valid(text) || !wv_utf8_valid(raw));
}

static void take_apart(const struct kind *kind, struct wv_slice text, struct parts *out)
{
    struct wv_reader reader = wv_reader_of(kind->syntax, text, &kind->layout);
    uint32_t at = 0;
    out->count = 0;
    struct wv_part part;
    while ((out->last = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        wv_ensure(out->count < PARTS_MAX && part.column == out->count);
        wv_ensure(at <= part.from && part.from <= part.start && part.start <= part.end &&
                  part.end <= part.to && part.to <= text.len);
        wv_ensure(part.key.len > 0 || kind->syntax != &wv_syntax_url);
        check_gap(kind, wv_slice_sub(text, at, part.from));
        check_around(kind, text, &part);
        check_value(value_of(text, &part), &part);
        at = part.to;
        out->items[out->count++] = part;
    }
    if (out->last == WV_PART_END) {
        check_gap(kind, wv_slice_sub(text, at, text.len));
    }
    wv_ensure(wv_reader_next(&reader, &part) == out->last);
}

/* Whether the part can be changed and the text still be of the syntax: not what tells a URL or a
 * record of CEF from other text. */
static bool is_free(const struct kind *kind, struct wv_slice text, const struct wv_part *part)
{
    const struct wv_slice behind = wv_slice_sub(text, part->to, text.len);
    const bool scheme = is_url(kind) && wv_slice_eq(part->key, WV_LIT("path")) &&
                        wv_slice_starts(behind, WV_LIT("://"));
    return !scheme && !wv_slice_eq(part->key, WV_LIT("method")) &&
           !wv_slice_eq(part->key, WV_LIT("protocol")) &&
           !(kind->syntax == &wv_syntax_cef && wv_slice_eq(part->key, WV_LIT("prefix"))) &&
           !(part->held && wv_slice_eq(part->key, WV_LIT("version")));
}

/* A new value that begins and ends with a ~, as placeholders do. Where nothing can be escaped, all
 * of it is letters, and a path remains one; a header holds no line break, a severity no =. */
static struct wv_slice new_value(const struct wv_part *part, struct wv_slice old,
                                 struct wv_slice wish)
{
    static uint8_t mem[VALUE_MAX + 3];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    const bool plain = part->spelling == WV_SPELLING_PLAIN;
    if (plain && old.len > 0 && (old.ptr[0] == '/' || old.ptr[0] == '\\')) {
        wv_buf_byte(&buf, old.ptr[0]);
    }
    wv_buf_byte(&buf, '~');
    for (size_t i = 0; i < wish.len; i++) {
        const bool sign =
            part->spelling == WV_SPELLING_CEF_HEADER && (wish.ptr[i] == '=' || wish.ptr[i] == '\n');
        wv_buf_byte(&buf, plain || sign ? (uint8_t)('a' + wish.ptr[i] % 26) : wish.ptr[i]);
    }
    wv_buf_byte(&buf, '~');
    struct wv_slice value = {0};
    wv_ensure(wv_buf_take(&buf, &value));
    return value;
}

static struct wv_slice written(const struct wv_part *part, struct wv_slice value)
{
    static uint8_t mem[(VALUE_MAX + 3) * EXPANSION];
    static uint8_t back[sizeof mem];
    const enum wv_spelling spelling = (enum wv_spelling)part->spelling;
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_spelling_writer *write = wv_spelling_write(spelling);
    (write == NULL ? wv_buf_put : write)(&buf, value);
    struct wv_slice raw = {0};
    wv_ensure(wv_buf_take(&buf, &raw));
    const struct wv_slice read = {back, wv_spelling_read(spelling, raw, back, NULL)};
    wv_ensure(wv_slice_eq(read, spelling == WV_SPELLING_CELL ? raw : value));
    return raw;
}

/* The parts of a changed record, without the one that was changed. */
static void check_same(const struct kind *kind, struct wv_slice text, const struct parts *before,
                       struct wv_slice changed, size_t index, bool cut)
{
    static struct parts after;
    take_apart(kind, changed, &after);
    wv_ensure(after.last == before->last && after.count == before->count - (cut ? 1 : 0));
    for (size_t i = 0; i < before->count; i++) {
        if (i != index) {
            const struct wv_part *old = &before->items[i];
            const struct wv_part *new = &after.items[i - (cut && i > index ? 1 : 0)];
            wv_ensure(wv_slice_eq(old->key, new->key) && old->spelling == new->spelling);
            wv_ensure(wv_slice_eq(value_of(text, old), value_of(changed, new)));
        }
    }
}

static struct wv_slice without(struct wv_slice text, uint32_t from, uint32_t to,
                               struct wv_slice instead)
{
    static uint8_t mem[TEXT_MAX + (VALUE_MAX + 3) * EXPANSION];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_put(&buf, wv_slice_sub(text, 0, from));
    wv_buf_put(&buf, instead);
    wv_buf_put(&buf, wv_slice_sub(text, to, text.len));
    struct wv_slice changed = {0};
    wv_ensure(wv_buf_take(&buf, &changed));
    return changed;
}

/* A record without the part is of the same parts otherwise. "*" alone is no path; and what ends a
 * request without its last part may be its protocol. */
static bool can_be_cut(const struct kind *kind, struct wv_slice text, const struct parts *parts,
                       const struct wv_part *part)
{
    const bool asterisk = wv_slice_eq(value_of(text, &parts->items[0]), WV_LIT("*"));
    return kind->syntax == &wv_syntax_cef ? !part->held
                                          : kind->syntax == &wv_syntax_url && !asterisk;
}

static void check_change(const struct kind *kind, struct wv_slice text, const struct parts *parts,
                         size_t index, struct wv_slice wish)
{
    const struct wv_part *part = &parts->items[index];
    if (!is_free(kind, text, part)) {
        return;
    }
    const struct wv_slice raw = written(part, new_value(part, value_of(text, part), wish));
    const struct wv_slice changed = without(text, part->start, part->end, raw);
    check_same(kind, text, parts, changed, index, false);

    static struct parts after;
    take_apart(kind, changed, &after);
    wv_ensure(wv_slice_eq(value_of(changed, &after.items[index]), raw));
    if (can_be_cut(kind, text, parts, part)) {
        check_same(kind, text, parts, without(text, part->from, part->to, (struct wv_slice){0}),
                   index, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size - HEAD < data[2] || size > TEXT_MAX) {
        return 0;
    }
    const struct kind *kind = &kinds[data[0] % WV_COUNT(kinds)];
    const struct wv_slice wish = {data + HEAD, data[2]};
    const size_t len = size - HEAD - wish.len;
    uint8_t *exact = malloc(len + 1); /* so that one byte too far is seen */
    wv_ensure(exact != NULL);
    memcpy(exact + 1, data + size - len, len);
    const struct wv_slice text = {exact + 1, len};
    static struct parts parts;
    take_apart(kind, text, &parts);
    if (parts.last == WV_PART_END && parts.count > 0 && wv_utf8_valid(wish)) {
        check_change(kind, text, &parts, data[1] % parts.count, wish);
    }
    free(exact);
    return 0;
}
