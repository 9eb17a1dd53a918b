/* view.c — one pass that turns every escape into the bytes that it stands for. */
#include "filters/view.h"

#include "filters/anchors.h"
#include "filters/entities.h"
#include "json/utf8.h"

enum {
    BRACES_MAX = 8,           /* digits of "\u{0001f600}" */
    CHARACTER_MAX = 0x10ffff, /* a number beyond it must not come round to a letter */
    HALVES = 0xd800,          /* surrogates: first halves … */
    SECOND_HALVES = 0xdc00,   /* … and second ones */
    HALVES_LAST = 0xdfff,
    WIDE_FIRST = 0xff01, /* full-width ! … */
    WIDE_LAST = 0xff5e,  /* … to ~ */
};

static unsigned hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return (unsigned)(byte - '0');
    }
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10) : 16;
}

/* Reads exactly count hexadecimal digits at `at`. */
static bool read_hex(struct wv_slice text, size_t at, size_t count, uint32_t *out)
{
    if (at > text.len || count > text.len - at) {
        return false;
    }
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned digit = hex_value(text.ptr[at + i]);
        if (digit == 16) {
            return false;
        }
        total = total * 16 + digit;
    }
    *out = total;
    return true;
}

/* What an escape stands for: a byte, or a character in UTF-8. */
struct unit {
    uint8_t bytes[4];
    uint8_t len;
};

static void set_byte(struct unit *unit, uint8_t byte)
{
    unit->bytes[0] = byte;
    unit->len = 1;
}

/* A byte that is no character's first. */
static uint8_t tail(uint32_t bits)
{
    return (uint8_t)(0x80 | (bits & 0x3f));
}

static void set_character(struct unit *unit, uint32_t character)
{
    if (character >= WIDE_FIRST && character <= WIDE_LAST) {
        character = character - WIDE_FIRST + '!';
    }
    uint8_t *bytes = unit->bytes;
    if (character < 0x80) {
        set_byte(unit, (uint8_t)character);
    } else if (character < 0x800) {
        unit->len = 2;
        bytes[0] = (uint8_t)(0xc0 | character >> 6);
        bytes[1] = tail(character);
    } else if (character > CHARACTER_MAX || (character >= HALVES && character <= HALVES_LAST)) {
        set_byte(unit, WV_VIEW_OTHER);
    } else if (character < 0x10000) {
        unit->len = 3;
        bytes[0] = (uint8_t)(0xe0 | character >> 12);
        bytes[1] = tail(character >> 6);
        bytes[2] = tail(character);
    } else {
        unit->len = 4;
        bytes[0] = (uint8_t)(0xf0 | character >> 18);
        bytes[1] = tail(character >> 12);
        bytes[2] = tail(character >> 6);
        bytes[3] = tail(character);
    }
}

static size_t slashes_end(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] == '\\') {
        at++;
    }
    return at;
}

/* What ends before `at` is *value, which may be the first half of a surrogate pair, and began with
 * the mark (% or backslashes). If the second half follows, makes the character of both. Returns the
 * end of what belongs to it. */
static size_t join_halves(struct wv_slice text, size_t at, uint8_t mark, uint32_t *value)
{
    if (*value < HALVES || *value >= SECOND_HALVES) {
        return at;
    }
    const size_t letter = mark == '\\' ? slashes_end(text, at) : at + 1;
    uint32_t second;
    if (at == text.len || text.ptr[at] != mark || letter >= text.len ||
        wv_lower(text.ptr[letter]) != 'u' || !read_hex(text, letter + 1, 4, &second) ||
        second < SECOND_HALVES || second > HALVES_LAST) {
        return at;
    }
    *value = 0x10000 + (*value - HALVES) * 0x400 + (second - SECOND_HALVES);
    return letter + 5;
}

/* The readers below return how many bytes spell *out, or 0 when there is no escape at `at`. None
 * gives more bytes than spell it; the shortest that give 1, 2, 3 and 4 bytes:
 *
 *     %HH          3 -> 1
 *     %uHHHH       6 -> 1, 2, 3      a pair     12 -> 4
 *     \n \"        2 -> 1
 *     \xHH         4 -> 1
 *     \uHHHH       6 -> 1, 2, 3      a pair     12 -> 4
 *     \u{…}        5 -> 1   6 -> 2   7 -> 3   9 -> 4
 *     \OOO\OOO     8 -> 2  12 -> 3  16 -> 4
 *     &#…          3 -> 1   5 -> 2   5 -> 3 (&#150 is U+2013)   7 -> 4
 *     &…;          4 -> 1   5 -> 2
 *     U+FF01 …     3 -> 1 */

static size_t read_percent(struct wv_slice text, size_t at, struct unit *out)
{
    uint32_t value;
    if (read_hex(text, at + 1, 2, &value)) {
        set_byte(out, (uint8_t)value); /* a byte, not a character: UTF-8 stays UTF-8 */
        return 3;
    }
    if (at + 1 < text.len && wv_lower(text.ptr[at + 1]) == 'u' &&
        read_hex(text, at + 2, 4, &value)) {
        const size_t to = join_halves(text, at + 6, '%', &value);
        set_character(out, value);
        return to - at;
    }
    return 0;
}

/* "{1f600}": where it ends, or `at`. */
static size_t read_braces(struct wv_slice text, size_t at, uint32_t *value)
{
    size_t digits = 0;
    if (at == text.len || text.ptr[at] != '{') {
        return at;
    }
    while (digits < BRACES_MAX && at + 1 + digits < text.len &&
           hex_value(text.ptr[at + 1 + digits]) < 16) {
        digits++;
    }
    const size_t end = at + 1 + digits;
    return digits > 0 && end < text.len && text.ptr[end] == '}' &&
                   read_hex(text, at + 1, digits, value)
               ? end + 1
               : at;
}

/* "\303": where it ends, or `at`. */
static size_t read_octal(struct wv_slice text, size_t at, uint8_t *byte)
{
    const size_t digits = slashes_end(text, at);
    unsigned value = 0;
    for (size_t i = digits; i < digits + 3; i++) {
        if (i >= text.len || text.ptr[i] < '0' || text.ptr[i] > '7') {
            return at;
        }
        value = value * 8 + (unsigned)(text.ptr[i] - '0');
    }
    *byte = (uint8_t)value;
    return digits > at && value >= 0x80 && value <= 0xff ? digits + 3 : at;
}

/* Three digits behind a backslash are often something else, as in \\203.0.113.5: so they are only
 * read where as many stand together as make a character. */
static size_t read_octals(struct wv_slice text, size_t at, struct unit *out)
{
    size_t end = at;
    for (out->len = 0; out->len < sizeof out->bytes;) {
        const size_t next = read_octal(text, end, &out->bytes[out->len]);
        if (next == end) {
            return 0;
        }
        end = next;
        out->len++;
        const size_t valid = wv_utf8_sequence((struct wv_slice){out->bytes, out->len});
        if (valid > 0) {
            return end - at;
        }
    }
    return 0;
}

/* The letters that stand for white space in strings of JSON and of most languages; 0: of others. */
static uint8_t white_of(uint8_t letter, unsigned codings)
{
    switch ((codings & WV_CODING_WHITE) == 0 ? 0 : letter) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    case 'b':
        return '\b';
    default:
        return 0;
    }
}

static size_t read_escape(struct wv_slice text, size_t at, unsigned codings, struct unit *out)
{
    const size_t i = slashes_end(text, at);
    if (i == text.len) {
        return 0;
    }
    const uint8_t letter = text.ptr[i];
    uint32_t value;
    const uint8_t white = white_of(letter, codings);
    if (letter == '"' || letter == '\'' || letter == '/' || white != 0) {
        set_byte(out, white != 0 ? white : letter);
        return i + 1 - at;
    }
    if (letter == 'x' && read_hex(text, i + 1, 2, &value)) {
        set_byte(out, (uint8_t)value);
        return i + 3 - at;
    }
    if (letter == 'u') {
        const bool four = read_hex(text, i + 1, 4, &value);
        const size_t to =
            four ? join_halves(text, i + 5, '\\', &value) : read_braces(text, i + 1, &value);
        if (to == i + 1) {
            return 0;
        }
        set_character(out, value);
        return to - at;
    }
    return letter == '3' ? read_octals(text, at, out) : 0;
}

static size_t read_entity(struct wv_slice text, size_t at, struct unit *out)
{
    uint32_t value;
    const size_t len = wv_entity_read(wv_slice_sub(text, at, text.len), &value);
    if (len > 0) {
        set_character(out, value);
    }
    return len;
}

static size_t read_wide(struct wv_slice text, size_t at, struct unit *out)
{
    if (text.len - at < 3) {
        return 0;
    }
    const uint8_t second = text.ptr[at + 1];
    const uint8_t third = text.ptr[at + 2];
    if ((second != 0xbc && second != 0xbd) || third < 0x80 || third > 0xbf) {
        return 0;
    }
    set_character(out, 0xf000U | (uint32_t)(second & 0x3f) << 6 | (uint32_t)(third & 0x3f));
    return out->len == 1 ? 3 : 0;
}

static size_t read_unit(struct wv_slice text, size_t at, unsigned codings, struct unit *out)
{
    switch (text.ptr[at]) {
    case '%':
        return (codings & WV_CODING_PERCENT) != 0 ? read_percent(text, at, out) : 0;
    case '+':
        if ((codings & WV_CODING_PLUS) == 0) {
            return 0;
        }
        set_byte(out, ' ');
        return 1;
    case '&':
        return (codings & WV_CODING_ENTITIES) != 0 ? read_entity(text, at, out) : 0;
    case '\\':
        return (codings & WV_CODING_ESCAPES) != 0 ? read_escape(text, at, codings, out) : 0;
    case 0xef:
        return (codings & WV_CODING_WIDE) != 0 ? read_wide(text, at, out) : 0;
    default:
        return 0;
    }
}

/* A run of backslashes that escapes nothing is skipped as a whole, or a long one would be walked
 * again from each of its bytes. */
static size_t plain_length(struct wv_slice text, size_t at)
{
    return text.ptr[at] == '\\' ? slashes_end(text, at) - at : 1;
}

/* The offset of the first escape at or after `at`, or text.len. */
static size_t first_unit(struct wv_slice text, size_t at, unsigned codings)
{
    while (at < text.len) {
        at += wv_anchor_lead(wv_slice_sub(text, at, text.len), (codings & WV_CODING_PLUS) != 0);
        struct unit unit;
        if (at == text.len || read_unit(text, at, codings, &unit) > 0) {
            return at;
        }
        at += plain_length(text, at);
    }
    return text.len;
}

/* Writes the unit that the original's [from, to) spells to the view's bytes at `len`; its end. */
static size_t put_unit(struct wv_view *view, size_t len, const struct unit *unit, uint32_t from,
                       uint32_t to)
{
    view->bytes[len] = unit->bytes[0];
    view->map[len] = from;
    for (size_t i = 1; i < unit->len; i++) {
        view->bytes[len + i] = unit->bytes[i];
        view->map[len + i] = to;
    }
    return len + unit->len;
}

static uint32_t place(const uint32_t *map, size_t at)
{
    return map == NULL ? (uint32_t)at : map[at];
}

/* Writes the decoded text from `at` on to bytes[at…]; text may be the same memory, because a byte
 * is never written before its spelling was read: no unit has more bytes than spell it. No unit
 * begins or ends inside of a character that was one: their leads are of ASCII, but for the first
 * byte of three. map_in NULL: text is the original. */
static size_t decode(struct wv_slice text, size_t at, unsigned codings, const uint32_t *map_in,
                     struct wv_view *view)
{
    size_t len = at;
    while (at < text.len) {
        struct unit unit;
        size_t count = 1;
        if (wv_anchor_is_lead(text.ptr[at], true)) {
            const size_t spelled = read_unit(text, at, codings, &unit);
            if (spelled > 0) {
                len = put_unit(view, len, &unit, place(map_in, at), place(map_in, at + spelled));
                at += spelled;
                continue;
            }
            count = plain_length(text, at);
        }
        for (; count > 0; count--) {
            view->map[len] = place(map_in, at);
            view->bytes[len] = text.ptr[at];
            len++;
            at++;
        }
    }
    view->map[len] = place(map_in, text.len);
    return len;
}

bool wv_view_is_coded(struct wv_slice text, unsigned codings)
{
    return first_unit(text, 0, codings) < text.len;
}

enum wv_view_verdict wv_view_open(struct wv_slice text, unsigned codings,
                                  struct wv_scratch *scratch, struct wv_view *view)
{
    const size_t first = first_unit(text, 0, codings);
    if (first == text.len) {
        return WV_VIEW_SAME;
    }
    if (text.len >= UINT32_MAX / sizeof(uint32_t)) {
        return WV_VIEW_NO_ROOM;
    }
    view->bytes = wv_scratch_take(scratch, text.len);
    view->map = wv_scratch_take(scratch, (text.len + 1) * sizeof *view->map);
    if (view->bytes == NULL || view->map == NULL) {
        return WV_VIEW_NO_ROOM;
    }
    memcpy(view->bytes, text.ptr, first);
    for (size_t i = 0; i < first; i++) {
        view->map[i] = (uint32_t)i;
    }
    view->len = decode(text, first, codings, NULL, view);
    return WV_VIEW_DECODED;
}

bool wv_view_deepen(struct wv_view *view, unsigned codings)
{
    const struct wv_slice text = wv_view_slice(view);
    const size_t first = first_unit(text, 0, codings);
    if (first == text.len) {
        return false;
    }
    view->len = decode(text, first, codings, view->map, view);
    return true;
}

size_t wv_view_index(const struct wv_view *view, uint32_t at)
{
    size_t low = 0;
    size_t high = view->len;
    while (low < high) {
        const size_t middle = low + (high - low + 1) / 2;
        if (view->map[middle] <= at) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}
