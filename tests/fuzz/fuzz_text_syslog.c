/*
 * fuzz_text_syslog — every text is a header of syslog and a message, or a message.
 *
 * Oracles: parts are in order and inside the text, of known keys, and each of them once; between
 * them stands only what headers need; no field of a header holds what it must not; the message goes
 * to the end; a header that was read alone is read in the same way; and where the fields are
 * counted (RFC 5424, containers), a field that is replaced or cut changes none of the others.
 *
 * Input: one byte that chooses the part, one with the length of a new value, the new value, then
 * the text.
 */
#include "text/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, VALUE_MAX = 257, TEXT_MAX = 8 * 1024, FIELDS = 11 };

static const char *const keys[FIELDS] = {"count", "priority", "time",  "stream", "flags",  "host",
                                         "app",   "procid",   "msgid", "data",   "message"};

struct parts {
    struct wv_part items[FIELDS];
    size_t key_of[FIELDS]; /* index into keys */
    size_t count;
};

static size_t index_of(struct wv_slice key)
{
    size_t index = 0;
    while (index < FIELDS && !wv_slice_eq(key, wv_slice_of(keys[index]))) {
        index++;
    }
    return index;
}

static bool has(const struct parts *parts, const char *key)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (wv_slice_eq(parts->items[i].key, wv_slice_of(key))) {
            return true;
        }
    }
    return false;
}

/* "1 " is the version of RFC 5424; everything else is said by its place. */
static void check_gap(struct wv_slice gap)
{
    size_t version = 0;
    for (size_t i = 0; i < gap.len; i++) {
        wv_ensure(gap.ptr[i] != '\0' && strchr("<>[]: 1", gap.ptr[i]) != NULL);
        version += gap.ptr[i] == '1';
    }
    wv_ensure(version <= 1);
}

static void check_end(struct wv_slice gap)
{
    const struct wv_slice mark = WV_LIT("\xef\xbb\xbf");
    size_t at = 0;
    while (at < gap.len && strchr("[]:> ", gap.ptr[at]) != NULL && gap.ptr[at] != '\0') {
        at++;
    }
    at += wv_slice_starts(wv_slice_sub(gap, at, gap.len), mark) ? mark.len : 0;
    for (; at < gap.len; at++) {
        wv_ensure(gap.ptr[at] == '\r' || gap.ptr[at] == '\n' || gap.ptr[at] == '\0');
    }
}

/* What a field of a header must look like, whatever the text is. */
static void check_value(struct wv_slice text, const struct wv_part *part, bool counted)
{
    const struct wv_slice value = wv_slice_sub(text, part->start, part->end);
    const bool message = wv_slice_eq(part->key, WV_LIT("message"));
    wv_ensure(value.len > 0 && !part->escaped);
    wv_ensure(part->spelling == (message                                  ? WV_SPELLING_PLAIN
                                 : wv_slice_eq(part->key, WV_LIT("time")) ? WV_SPELLING_BRACKETED
                                                                          : WV_SPELLING_CELL));
    for (size_t i = 0; i < value.len && !message; i++) {
        const bool inside = wv_slice_eq(part->key, WV_LIT("data"));
        const bool time = wv_slice_eq(part->key, WV_LIT("time"));
        wv_ensure(inside || (value.ptr[i] > ' ' && value.ptr[i] < 0x7f) ||
                  (time && value.ptr[i] == ' '));
        wv_ensure(inside || counted || strchr("@\"'<>=|;,%?&", value.ptr[i]) == NULL);
    }
}

static void take_apart(struct wv_slice text, struct parts *out)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_syslog, text, NULL);
    struct wv_part part;
    enum wv_part_next last;
    uint32_t at = 0;
    size_t least = 0;
    *out = (struct parts){0};
    while ((last = wv_reader_next(&reader, &part)) == WV_PART_FOUND) {
        const size_t key = index_of(part.key);
        wv_ensure(key >= least && key < FIELDS && part.column == out->count);
        wv_ensure(at <= part.from && part.from <= part.start && part.start <= part.end &&
                  part.end <= part.to && part.to <= text.len);
        check_gap(wv_slice_sub(text, at, part.from));
        least = key + 1;
        at = part.to;
        out->key_of[out->count] = key;
        out->items[out->count++] = part;
    }
    wv_ensure(last == WV_PART_END && wv_reader_next(&reader, &part) == WV_PART_END);
    check_end(wv_slice_sub(text, at, text.len));
    for (size_t i = 0; i < out->count; i++) {
        check_value(text, &out->items[i], has(out, "msgid"));
    }
}

/* Without its message, and without what ends the line, a header is read in the same way; but a host
 * is one only because of what stands behind it. */
static void check_alone(struct wv_slice text, const struct parts *parts)
{
    static struct parts alone;
    if (parts->count < 2 || !has(parts, "message") ||
        !(has(parts, "msgid") || has(parts, "flags"))) {
        return;
    }
    const struct wv_part *message = &parts->items[parts->count - 1];
    take_apart(wv_slice_sub(text, 0, message->from), &alone);
    wv_ensure(alone.count == parts->count - 1);
    for (size_t i = 0; i < alone.count; i++) {
        wv_ensure(alone.key_of[i] == parts->key_of[i] &&
                  alone.items[i].start == parts->items[i].start &&
                  alone.items[i].end == parts->items[i].end);
    }
}

static struct wv_slice new_value(const struct wv_part *part, struct wv_slice wish)
{
    static uint8_t mem[VALUE_MAX + 2];
    static uint8_t plain[VALUE_MAX + 2];
    size_t len = 0;
    plain[len++] = '~';
    for (size_t i = 0; i < wish.len; i++) {
        plain[len++] = part->held ? wish.ptr[i] & 0x7f : wish.ptr[i];
    }
    plain[len++] = '~';
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_spelling_writer *write = wv_spelling_write((enum wv_spelling)part->spelling);
    (write == NULL ? wv_buf_put : write)(&buf, (struct wv_slice){plain, len});
    struct wv_slice raw = {0};
    wv_ensure(wv_buf_take(&buf, &raw));
    return raw;
}

static void check_change(struct wv_slice text, const struct parts *parts, size_t index,
                         struct wv_slice value)
{
    static uint8_t mem[TEXT_MAX + VALUE_MAX + 2];
    static struct parts after;
    const struct wv_part *part = &parts->items[index];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_put(&buf, wv_slice_sub(text, 0, part->start));
    wv_buf_put(&buf, value);
    wv_buf_put(&buf, wv_slice_sub(text, part->end, text.len));
    struct wv_slice changed = {0};
    wv_ensure(wv_buf_take(&buf, &changed));
    take_apart(changed, &after);
    wv_ensure(after.count == parts->count);
    for (size_t i = 0; i < parts->count; i++) {
        const struct wv_slice want =
            i == index ? value : wv_slice_sub(text, parts->items[i].start, parts->items[i].end);
        wv_ensure(after.key_of[i] == parts->key_of[i]);
        wv_ensure(
            wv_slice_eq(wv_slice_sub(changed, after.items[i].start, after.items[i].end), want));
    }
}

/* A time, a priority and what container runtimes say of a line are what headers are known by. */
static bool is_free(const struct parts *parts, size_t index)
{
    const struct wv_slice key = parts->items[index].key;
    return (has(parts, "msgid") &&
            (wv_slice_eq(key, WV_LIT("host")) || wv_slice_eq(key, WV_LIT("app")) ||
             wv_slice_eq(key, WV_LIT("procid")) || wv_slice_eq(key, WV_LIT("msgid")))) ||
           ((has(parts, "msgid") || has(parts, "stream")) && wv_slice_eq(key, WV_LIT("message")));
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
    check_alone(text, &parts);
    if (parts.count > 0) {
        const size_t index = data[0] % parts.count;
        const struct wv_part *part = &parts.items[index];
        if (is_free(&parts, index)) {
            check_change(text, &parts, index, new_value(part, wish));
        }
        if (part->held && has(&parts, "msgid") && !wv_slice_eq(part->key, WV_LIT("priority")) &&
            (!wv_slice_eq(part->key, WV_LIT("time")) || has(&parts, "priority"))) {
            check_change(text, &parts, index,
                         wv_spelling_nothing((enum wv_spelling)part->spelling));
        }
    }
    free(exact);
    return 0;
}
