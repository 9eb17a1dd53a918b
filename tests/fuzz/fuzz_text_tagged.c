/*
 * fuzz_text_tagged — every text is free text, groups and a tail.
 *
 * Oracles: parts are in order and inside the text; between them stands nothing but keys, signs,
 * commas, brackets and white space; a quoted value goes to the first quote that can end it, and if
 * a quote in it is not escaped its spelling says so; free text holds no group; a value that is said
 * to have no escapes reads as it is written; and a text in which one value was replaced, or taken
 * away, has the same parts with the same values but for that one.
 *
 * Input: one byte that chooses the part, one with the length of a new value, the new value, then
 * the text.
 */
#include "json/utf8.h"
#include "text/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, VALUE_MAX = 257, TEXT_MAX = 8 * 1024, EXPANSION = 4 /* \xHH */ };

#define WHITE " \t\n\v\f\r"

struct parts {
    struct wv_part items[TEXT_MAX];
    size_t count;
};

static bool is_among(const char *bytes, uint8_t byte)
{
    return byte != '\0' && strchr(bytes, byte) != NULL;
}

/* A user whom Apache names in its free text; the key of a group stands in the text. */
static bool is_user(struct wv_slice text, const struct wv_part *part)
{
    const bool in_text = part->key.ptr >= text.ptr && part->key.ptr < text.ptr + text.len;
    return !in_text && wv_slice_eq(part->key, WV_LIT("user"));
}

static bool is_text(struct wv_slice text, const struct wv_part *part)
{
    return part->spelling == WV_SPELLING_PLAIN || is_user(text, part);
}

static bool is_group(struct wv_slice text, const struct wv_part *part)
{
    return !is_text(text, part) && text.ptr[part->key.ptr - text.ptr - 1] == '[';
}

static size_t end_of(struct wv_slice text)
{
    while (text.len > 0 && is_among(WHITE, text.ptr[text.len - 1])) {
        text.len--;
    }
    return text.len;
}

static bool is_quoted(const struct wv_part *part)
{
    return part->spelling == WV_SPELLING_LOG_QUOTED || part->spelling == WV_SPELLING_QUOTED;
}

/* Whether a quoted value runs to the end without a quote that ends it. */
static bool is_cut(struct wv_slice text, const struct wv_part *part)
{
    return is_quoted(part) && part->end == end_of(text);
}

static struct wv_slice value_of(struct wv_slice text, const struct wv_part *part)
{
    return wv_slice_sub(text, part->start, part->end);
}

static struct wv_slice after(struct wv_slice gap, struct wv_slice sign)
{
    wv_ensure(wv_slice_starts(gap, sign));
    return wv_slice_sub(gap, sign.len, gap.len);
}

/* Takes what ends a part off the gap behind it. */
static struct wv_slice after_close(struct wv_slice text, const struct wv_part *part,
                                   struct wv_slice gap)
{
    if (is_text(text, part) || is_cut(text, part)) {
        return gap;
    }
    const struct wv_slice rest = is_quoted(part) ? after(gap, WV_LIT("\"")) : gap;
    return is_group(text, part) ? after(rest, WV_LIT("]")) : rest;
}

/* Takes what begins a part off the gap before it, which must be all but commas, brackets and
 * white space. */
static void check_open(struct wv_slice text, const struct wv_part *part, struct wv_slice gap)
{
    size_t at = 0;
    const uint8_t *key = part == NULL || is_text(text, part) ? NULL : part->key.ptr;
    const bool group = key != NULL && is_group(text, part);
    while (at < gap.len && is_among(WHITE ",[", gap.ptr[at]) &&
           gap.ptr + at + (group ? 1 : 2) != key) {
        at++;
    }
    struct wv_slice rest = wv_slice_sub(gap, at, gap.len);
    if (part != NULL && !is_text(text, part)) {
        wv_ensure(part->held && part->key.len > 0);
        rest = after(after(rest, group ? WV_LIT("[") : WV_LIT(", ")), part->key);
        rest = after(rest, group ? WV_LIT(" ") : WV_LIT(": "));
        if (is_quoted(part) && !is_cut(text, part)) {
            rest = after(rest, WV_LIT("\""));
        }
    }
    wv_ensure(rest.len == 0);
}

static size_t backslashes_before(struct wv_slice text, size_t at, size_t from)
{
    size_t count = 0;
    while (at - count > from && text.ptr[at - count - 1] == '\\') {
        count++;
    }
    return count;
}

/* Whether the quote at `at` can end the value of a group that begins at `from`. */
static bool can_end(struct wv_slice text, size_t at, size_t from)
{
    const struct wv_slice rest = wv_slice_sub(text, at, end_of(text));
    return backslashes_before(text, at, from) % 4 == 0 && wv_slice_starts(rest, WV_LIT("\"]")) &&
           (rest.len == 2 || is_among("[," WHITE, rest.ptr[2]));
}

static void check_quoted(struct wv_slice text, const struct wv_part *part)
{
    const bool cut = is_cut(text, part);
    const size_t from = part->start + (cut ? 1 : 0);
    bool certain = !cut;
    wv_ensure(!cut || text.ptr[part->start] == '"');
    for (size_t at = from; at < part->end; at++) {
        if (text.ptr[at] == '"') {
            wv_ensure(is_group(text, part) && !can_end(text, at, from));
            certain = certain && backslashes_before(text, at, from) % 2 == 1;
        }
    }
    wv_ensure(cut || !is_group(text, part) || can_end(text, part->end, from));
    wv_ensure(part->spelling == (certain ? WV_SPELLING_LOG_QUOTED : WV_SPELLING_QUOTED));
    wv_ensure(wv_spelling_is_clean(WV_SPELLING_QUOTED, value_of(text, part)) == certain);
}

/* No [key "value" stands in free text, which may begin behind a bracket. */
static void check_text(struct wv_slice text, const struct wv_part *part)
{
    const bool bracket = part->start > 0 && text.ptr[part->start - 1] == '[';
    const struct wv_slice all = wv_slice_sub(text, part->start - (bracket ? 1 : 0), part->end);
    const struct wv_slice value = value_of(text, part);
    wv_ensure(value.len > 0 && !is_among(WHITE ",[", value.ptr[0]) &&
              !is_among(WHITE, value.ptr[value.len - 1]));
    for (size_t at = 0; at < all.len; at++) {
        size_t end = at + 1;
        while (all.ptr[at] == '[' && end < all.len && all.ptr[end] >= 'a' && all.ptr[end] <= 'z') {
            end++;
        }
        const bool key = end > at + 1 && end <= at + 1 + 32;
        wv_ensure(!key || !wv_slice_starts(wv_slice_sub(all, end, all.len), WV_LIT(" \"")));
    }
}

static void check_value(struct wv_slice text, const struct wv_part *part)
{
    static uint8_t mem[TEXT_MAX * EXPANSION];
    const struct wv_slice raw = value_of(text, part);
    const size_t len = wv_spelling_read((enum wv_spelling)part->spelling, raw, mem, NULL);
    wv_ensure(part->escaped || wv_slice_eq((struct wv_slice){mem, len}, raw));
    if (is_user(text, part)) {
        wv_ensure(part->held && part->spelling == WV_SPELLING_BARE);
    } else if (is_text(text, part)) {
        check_text(text, part);
    } else if (is_quoted(part)) {
        check_quoted(text, part);
    } else {
        wv_ensure(part->spelling == WV_SPELLING_BARE);
        wv_ensure(raw.len > 0 || !is_group(text, part));
        for (size_t i = 0; i < raw.len; i++) {
            wv_ensure(!is_among(WHITE ",\"", raw.ptr[i]));
        }
    }
}

static void take_apart(struct wv_slice text, struct parts *out)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_tagged, text, NULL);
    uint32_t at = 0;
    struct wv_part part;
    enum wv_part_next last;
    out->count = 0;
    while ((last = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        wv_ensure(out->count < TEXT_MAX && part.column == out->count);
        wv_ensure(at <= part.from && part.from == part.start && part.start <= part.end &&
                  part.end == part.to && part.to <= text.len);
        struct wv_slice gap = wv_slice_sub(text, at, part.from);
        if (out->count > 0) {
            gap = after_close(text, &out->items[out->count - 1], gap);
        }
        check_open(text, &part, gap);
        check_value(text, &part);
        at = part.to;
        out->items[out->count++] = part;
    }
    struct wv_slice gap = wv_slice_sub(text, at, text.len);
    if (out->count > 0) {
        gap = after_close(text, &out->items[out->count - 1], gap);
    }
    check_open(text, NULL, gap);
    wv_ensure(last == WV_PART_END && wv_reader_next(&reader, &part) == WV_PART_END);
}

/* A new value that begins and ends with a ~, as placeholders do; free text of letters only, because
 * nothing can be escaped there. An address of mail does not stand without quotes. */
static struct wv_slice new_value(struct wv_slice text, const struct wv_part *part,
                                 struct wv_slice wish)
{
    static uint8_t plain[VALUE_MAX + 2];
    static uint8_t mem[sizeof plain * EXPANSION];
    static uint8_t back[sizeof mem];
    size_t len = 0;
    plain[len++] = '~';
    for (size_t i = 0; i < wish.len; i++) {
        const bool letter =
            is_text(text, part) || (part->spelling == WV_SPELLING_BARE && wish.ptr[i] == '@');
        plain[len++] = letter ? (uint8_t)('a' + wish.ptr[i] % 26) : wish.ptr[i];
    }
    plain[len++] = '~';
    const enum wv_spelling spelling = (enum wv_spelling)part->spelling;
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_spelling_writer *write = wv_spelling_write(spelling);
    (write == NULL ? wv_buf_put : write)(&buf, (struct wv_slice){plain, len});
    struct wv_slice raw = {0};
    wv_ensure(wv_buf_take(&buf, &raw));
    const struct wv_slice read = {back, wv_spelling_read(spelling, raw, back, NULL)};
    wv_ensure(wv_slice_eq(read, (struct wv_slice){plain, len}));
    return raw;
}

static void check_change(struct wv_slice text, const struct parts *parts, size_t index,
                         struct wv_slice raw)
{
    static uint8_t mem[TEXT_MAX + (VALUE_MAX + 2) * EXPANSION];
    static struct parts now;
    const struct wv_part *part = &parts->items[index];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_put(&buf, wv_slice_sub(text, 0, part->start));
    wv_buf_put(&buf, raw);
    wv_buf_put(&buf, wv_slice_sub(text, part->end, text.len));
    struct wv_slice changed = {0};
    wv_ensure(wv_buf_take(&buf, &changed));
    take_apart(changed, &now);
    wv_ensure(now.count == parts->count);
    for (size_t i = 0; i < parts->count; i++) {
        const struct wv_slice want = i == index ? raw : value_of(text, &parts->items[i]);
        wv_ensure(wv_slice_eq(now.items[i].key, parts->items[i].key));
        wv_ensure(wv_slice_eq(value_of(changed, &now.items[i]), want));
    }
}

/* A cut value is known by its end, what looks like a tail makes others doubtful, and a user is
 * known by the text around. */
static bool is_free(struct wv_slice text, const struct parts *parts, size_t index)
{
    const struct wv_part *part = &parts->items[index];
    if ((index + 1 < parts->count && is_user(text, part + 1)) ||
        (index > 0 && is_user(text, part - 1))) {
        return false;
    }
    if (!is_text(text, part)) {
        return !is_cut(text, part);
    }
    for (size_t at = part->start > 2 ? part->start - 2 : 0; at < part->end; at++) {
        const struct wv_slice rest = wv_slice_sub(text, at, text.len);
        if (wv_slice_starts(rest, WV_LIT(", client: ")) ||
            wv_slice_starts(rest, WV_LIT(", referer: "))) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size - HEAD < data[1] || size > TEXT_MAX) {
        return 0;
    }
    const struct wv_slice wish = {data + HEAD, data[1]};
    const size_t len = size - HEAD - wish.len;
    uint8_t *exact = malloc(len + 1); /* so that one byte too far is seen */
    wv_ensure(exact != NULL);
    memcpy(exact + 1, data + size - len, len);
    const struct wv_slice text = {exact + 1, len};
    static struct parts parts;
    take_apart(text, &parts);
    if (parts.count > 0 && is_free(text, &parts, data[0] % parts.count)) {
        const size_t index = data[0] % parts.count;
        const struct wv_part *part = &parts.items[index];
        if (wv_utf8_valid(wish)) {
            check_change(text, &parts, index, new_value(text, part, wish));
        }
        if (part->held) {
            const enum wv_spelling spelling = (enum wv_spelling)part->spelling;
            check_change(text, &parts, index, wv_spelling_nothing(spelling));
        }
    }
    free(exact);
    return 0;
}
