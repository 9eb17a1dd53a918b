/*
 * fuzz_text_pattern — lines of access logs are taken apart as their log format says.
 *
 * Oracles: a line that is read is the pattern with the values in the places of their names, so that
 * nothing is left out; no quote that is not escaped stands in a value; a line in which one value
 * was replaced has the same values otherwise, if it was certain before where they end; and a
 * pattern is refused at a place inside of it.
 *
 * Input: one byte that chooses the pattern (0: the first line of the text), one that chooses the
 * part, one with the length of a new value, the new value, then the line.
 */
#include "json/utf8.h"
#include "text/pattern.h"
#include "text/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HEAD = 3,
    VALUE_MAX = 257,
    TEXT_MAX = 8 * 1024,
    PARTS_MAX = TEXT_MAX,
    EXPANSION = 4, /* \xHH */
};

#define COMBINED                                                                                   \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\""

static const char *const patterns[] = {
    COMBINED,
    "$host:$port $addr - $user [$time] \"$request\" $status $*",
    "$addr:$port [$time] $a $b/$c $d \"$e\"",
    "\"$method $uri $protocol\" $status \"agent=$agent\"",
    "$a|$b|$c [$d]",
    "$a $ident $user [$time] $addr $status $took",
    "[$time] [$level] $a, $b: \"$c, $d\"$*",
};

struct parts {
    struct wv_part items[PARTS_MAX];
    size_t count;
    enum wv_part_next last;
};

static struct wv_slice value_of(struct wv_slice text, const struct wv_part *part)
{
    return wv_slice_sub(text, part->start, part->end);
}

static void check_value(struct wv_slice value, const struct wv_part *part)
{
    bool escaped = false;
    for (size_t i = 0; part->held && i < value.len; i++) {
        wv_ensure(value.ptr[i] != '"');
        escaped = escaped || value.ptr[i] == '\\';
        i += value.ptr[i] == '\\';
    }
    wv_ensure(part->escaped == escaped);
}

/* Whether the text stands at *at, which then moves behind it. */
static void expect(struct wv_slice line, size_t *at, struct wv_slice text)
{
    wv_ensure(line.len - *at >= text.len &&
              wv_slice_eq(wv_slice_sub(line, *at, *at + text.len), text));
    *at += text.len;
}

static bool only_blanks_before_rest(struct wv_slice pattern, size_t at)
{
    const size_t from = at;
    while (at < pattern.len && pattern.ptr[at] == ' ') {
        at++;
    }
    return at > from && wv_slice_eq(wv_slice_sub(pattern, at, pattern.len), WV_LIT("$*"));
}

/* Walks the pattern as it is written, without knowing what it was made into. */
static void check_line(struct wv_slice pattern, struct wv_slice line, const struct parts *parts)
{
    size_t at = 0;
    size_t column = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        const bool rest = only_blanks_before_rest(pattern, i);
        if (!rest && pattern.ptr[i] != '$') {
            expect(line, &at, wv_slice_sub(pattern, i, i + 1));
            continue;
        }
        if (rest || pattern.ptr[i + 1] == '*') {
            if (column < parts->count) {
                const struct wv_part *part = &parts->items[column++];
                wv_ensure(part->from == at && !part->held && part->end == part->to);
                wv_ensure(part->start == at + rest);
                at = part->to;
            }
            break;
        }
        wv_ensure(column < parts->count);
        const struct wv_part *part = &parts->items[column++];
        wv_ensure(part->from == at && part->start == at && part->end == part->to && part->held);
        at = part->to;
        const bool braces = pattern.ptr[i + 1] == '{';
        i += braces ? 2 : 1;
        while (i < pattern.len &&
               ((pattern.ptr[i] >= 'a' && pattern.ptr[i] <= 'z') ||
                (pattern.ptr[i] >= '0' && pattern.ptr[i] <= '9') || pattern.ptr[i] == '_')) {
            i++;
        }
        i -= braces ? 0 : 1;
    }
    wv_ensure(column == parts->count && line.len - at <= 2);
    for (; at < line.len; at++) {
        wv_ensure(line.ptr[at] == '\r' || line.ptr[at] == '\n');
    }
}

static void take_apart(struct wv_slice pattern, const struct wv_pattern *compiled,
                       struct wv_slice line, struct parts *out)
{
    const struct wv_layout layout = {.pattern = compiled};
    struct wv_reader reader = wv_reader_of(&wv_syntax_pattern, line, &layout);
    struct wv_part part;
    uint32_t at = 0;
    out->count = 0;
    while ((out->last = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        wv_ensure(part.column == out->count && out->count < wv_pattern_count(compiled));
        wv_ensure(at <= part.from && part.from <= part.start && part.start <= part.end &&
                  part.end <= part.to && part.to <= line.len);
        check_value(value_of(line, &part), &part);
        at = part.to;
        out->items[out->count++] = part;
    }
    if (out->last == WV_PART_END) {
        check_line(pattern, line, out);
    }
    wv_ensure(wv_reader_next(&reader, &part) == out->last);
}

/* A new value that begins and ends with a ~, as placeholders do; without what separates two values
 * of a pattern and no spelling can write. */
static struct wv_slice new_value(const struct wv_part *part, struct wv_slice wish)
{
    static uint8_t mem[(VALUE_MAX + 3) * EXPANSION];
    static uint8_t plain[VALUE_MAX + 3];
    size_t len = 0;
    plain[len++] = '~';
    for (size_t i = 0; i < wish.len; i++) {
        const bool lost =
            wish.ptr[i] == ':' || wish.ptr[i] == '/' || part->spelling == WV_SPELLING_PLAIN;
        plain[len++] = lost ? 'x' : wish.ptr[i];
    }
    plain[len++] = '~';
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_spelling_writer *write = wv_spelling_write((enum wv_spelling)part->spelling);
    (write == NULL ? wv_buf_put : write)(&buf, (struct wv_slice){plain, len});
    struct wv_slice raw = {0};
    wv_ensure(wv_buf_take(&buf, &raw));
    return raw;
}

static void check_change(struct wv_slice pattern, const struct wv_pattern *compiled,
                         struct wv_slice line, const struct parts *parts, size_t index,
                         struct wv_slice value)
{
    static uint8_t mem[TEXT_MAX + (VALUE_MAX + 3) * EXPANSION];
    static struct parts after;
    const struct wv_part *part = &parts->items[index];
    if (part->start == part->end) {
        return; /* nobody replaces nothing; and something would begin a list with the " : " behind
                 */
    }
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_put(&buf, wv_slice_sub(line, 0, part->start));
    wv_buf_put(&buf, value);
    wv_buf_put(&buf, wv_slice_sub(line, part->end, line.len));
    struct wv_slice changed = {0};
    wv_ensure(wv_buf_take(&buf, &changed));
    take_apart(pattern, compiled, changed, &after);
    if (after.last == WV_PART_BAD) {
        /* The value was an address or "-", behind which another may hold what stands between. */
        wv_ensure(after.count == index + 1);
        return;
    }
    wv_ensure(after.count == parts->count);
    for (size_t i = 0; i < parts->count; i++) {
        wv_ensure(wv_slice_eq(value_of(changed, &after.items[i]),
                              i == index ? value : value_of(line, &parts->items[i])));
    }
}

static void check_pattern(struct wv_slice text, struct wv_arena *arena)
{
    const uint8_t *newline = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
    const size_t len = newline == NULL ? text.len : (size_t)(newline - text.ptr);
    const struct wv_slice pattern = wv_slice_sub(text, 0, len);
    const struct wv_slice line = wv_slice_sub(text, len + (newline != NULL), text.len);
    size_t error_at;
    const struct wv_pattern *compiled = wv_pattern_compile(pattern, arena, &error_at);
    if (compiled == NULL) {
        wv_ensure(error_at <= pattern.len);
        return;
    }
    wv_ensure(wv_pattern_count(compiled) > 0);
    for (size_t i = 0; i < wv_pattern_count(compiled); i++) {
        wv_ensure(wv_pattern_name(compiled, i).len > 0);
    }
    static struct parts parts;
    take_apart(pattern, compiled, line, &parts);
}

static void check_text(size_t choice, struct wv_slice line, struct wv_arena *arena, size_t index,
                       struct wv_slice wish)
{
    const struct wv_slice pattern = wv_slice_of(patterns[choice]);
    size_t error_at;
    const struct wv_pattern *compiled = wv_pattern_compile(pattern, arena, &error_at);
    wv_ensure(compiled != NULL);
    static struct parts parts;
    take_apart(pattern, compiled, line, &parts);
    if (parts.last == WV_PART_END && wv_utf8_valid(wish)) {
        const struct wv_part *part = &parts.items[index % parts.count];
        check_change(pattern, compiled, line, &parts, index % parts.count, new_value(part, wish));
        if (part->held) {
            check_change(pattern, compiled, line, &parts, index % parts.count,
                         wv_spelling_nothing((enum wv_spelling)part->spelling));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size - HEAD < data[2] || size > TEXT_MAX) {
        return 0;
    }
    const size_t choice = data[0] % (WV_COUNT(patterns) + 1);
    const struct wv_slice wish = {data + HEAD, data[2]};
    const size_t len = size - HEAD - wish.len;
    uint8_t *exact = malloc(len + 1); /* so that one byte too far is seen */
    struct wv_arena *arena = wv_arena_new(1 << 22);
    wv_ensure(exact != NULL && arena != NULL);
    memcpy(exact + 1, data + size - len, len);
    const struct wv_slice text = {exact + 1, len};
    if (choice == 0) {
        check_pattern(text, arena);
    } else {
        check_text(choice - 1, text, arena, data[1], wish);
    }
    wv_arena_free(arena);
    free(exact);
    return 0;
}
