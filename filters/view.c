/* view.c — one pass that turns every escape into one byte. */
#include "filters/view.h"

#include "filters/anchors.h"

/* Longest spelling of a named or numeric entity that is looked at: "&#x0000040;". */
enum {
    ENTITY_MAX = 12,
    NAMED_MAX = 8,            /* "NewLine;" */
    CHARACTER_MAX = 0x10ffff, /* a number beyond it must not come round to a letter */
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

static uint8_t narrow(uint32_t character)
{
    if (character < 0x80) {
        return (uint8_t)character;
    }
    if (character >= 0xff01 && character <= 0xff5e) {
        return (uint8_t)(character - 0xff01 + '!');
    }
    return WV_VIEW_OTHER;
}

/* The readers below return how many bytes spell *out, or 0 when there is no escape at `at`. */

static size_t read_percent(struct wv_slice text, size_t at, uint8_t *out)
{
    uint32_t value;
    if (read_hex(text, at + 1, 2, &value)) {
        *out = (uint8_t)value; /* a byte, not a character: UTF-8 stays UTF-8 */
        return 3;
    }
    if (at + 1 < text.len && wv_lower(text.ptr[at + 1]) == 'u' &&
        read_hex(text, at + 2, 4, &value)) {
        *out = narrow(value);
        return 6;
    }
    return 0;
}

static size_t read_escape(struct wv_slice text, size_t at, uint8_t *out)
{
    size_t i = at;
    while (i < text.len && text.ptr[i] == '\\') {
        i++;
    }
    if (i == text.len) {
        return 0;
    }
    const uint8_t letter = text.ptr[i];
    uint32_t value;
    if (letter == '"' || letter == '\'' || letter == '/') {
        *out = letter;
        return i + 1 - at;
    }
    if (letter == 'u' && read_hex(text, i + 1, 4, &value)) {
        *out = narrow(value);
        return i + 5 - at;
    }
    if (letter == 'x' && read_hex(text, i + 1, 2, &value)) {
        *out = narrow(value);
        return i + 3 - at;
    }
    return 0;
}

static size_t read_number_entity(struct wv_slice text, size_t at, uint8_t *out)
{
    const size_t end = text.len - at < ENTITY_MAX ? text.len : at + ENTITY_MAX;
    size_t i = at + 2;
    const bool hex = i < end && wv_lower(text.ptr[i]) == 'x';
    i += hex ? 1 : 0;
    const size_t digits = i;
    uint32_t value = 0;
    while (i < end && hex_value(text.ptr[i]) < (hex ? 16U : 10U)) {
        value = value * (hex ? 16U : 10U) + hex_value(text.ptr[i]);
        value = value > CHARACTER_MAX ? CHARACTER_MAX + 1 : value;
        i++;
    }
    if (i == digits || value == 0) {
        return 0;
    }
    /* Browsers decode it without the semicolon, too. */
    i += i < text.len && text.ptr[i] == ';' ? 1 : 0;
    *out = narrow(value);
    return i - at;
}

static size_t read_entity(struct wv_slice text, size_t at, uint8_t *out)
{
    static const struct {
        const char *name;
        uint8_t byte;
    } names[] = {
        {"amp;", '&'},    {"lt;", '<'},     {"gt;", '>'},    {"quot;", '"'},     {"apos;", '\''},
        {"commat;", '@'}, {"period;", '.'}, {"colon;", ':'}, {"equals;", '='},   {"sol;", '/'},
        {"percnt;", '%'}, {"num;", '#'},    {"plus;", '+'},  {"nbsp;", ' '},     {"semi;", ';'},
        {"lowbar;", '_'}, {"hyphen;", '-'}, {"Tab;", '\t'},  {"NewLine;", '\n'},
    };
    const struct wv_slice rest = wv_slice_sub(text, at + 1, text.len);
    if (rest.len > 0 && rest.ptr[0] == '#') {
        return read_number_entity(text, at, out);
    }
    /* In a query most ampersands begin a parameter; their end tells them apart at once. */
    const size_t reach = rest.len < NAMED_MAX ? rest.len : NAMED_MAX;
    if (reach == 0 || memchr(rest.ptr, ';', reach) == NULL) {
        return 0;
    }
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        const struct wv_slice name = wv_slice_of(names[i].name);
        if (wv_slice_starts(rest, name)) {
            *out = names[i].byte;
            return 1 + name.len;
        }
    }
    return 0;
}

static size_t read_wide(struct wv_slice text, size_t at, uint8_t *out)
{
    if (text.len - at < 3) {
        return 0;
    }
    const uint8_t second = text.ptr[at + 1];
    const uint8_t third = text.ptr[at + 2];
    if ((second != 0xbc && second != 0xbd) || third < 0x80 || third > 0xbf) {
        return 0;
    }
    const uint8_t byte =
        narrow(0xf000U | (uint32_t)(second & 0x3f) << 6 | (uint32_t)(third & 0x3f));
    if (byte == WV_VIEW_OTHER) {
        return 0;
    }
    *out = byte;
    return 3;
}

static size_t read_unit(struct wv_slice text, size_t at, unsigned codings, uint8_t *out)
{
    switch (text.ptr[at]) {
    case '%':
        return (codings & WV_CODING_PERCENT) != 0 ? read_percent(text, at, out) : 0;
    case '+':
        if ((codings & WV_CODING_PLUS) == 0) {
            return 0;
        }
        *out = ' ';
        return 1;
    case '&':
        return (codings & WV_CODING_ENTITIES) != 0 ? read_entity(text, at, out) : 0;
    case '\\':
        return (codings & WV_CODING_ESCAPES) != 0 ? read_escape(text, at, out) : 0;
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
    size_t i = at + 1;
    if (text.ptr[at] == '\\') {
        while (i < text.len && text.ptr[i] == '\\') {
            i++;
        }
    }
    return i - at;
}

/* The offset of the first escape at or after `at`, or text.len. */
static size_t first_unit(struct wv_slice text, size_t at, unsigned codings)
{
    while (at < text.len) {
        at += wv_anchor_lead(wv_slice_sub(text, at, text.len), (codings & WV_CODING_PLUS) != 0);
        uint8_t byte;
        if (at == text.len || read_unit(text, at, codings, &byte) > 0) {
            return at;
        }
        at += plain_length(text, at);
    }
    return text.len;
}

/* Writes the decoded text from `at` on to bytes[at…]; text may be the same memory, because a byte
 * is never written before its spelling was read. map_in NULL: text is the original. */
static size_t decode(struct wv_slice text, size_t at, unsigned codings, const uint32_t *map_in,
                     struct wv_view *view)
{
    size_t len = at;
    while (at < text.len) {
        uint8_t byte = text.ptr[at];
        if (!wv_anchor_is_lead(byte, true)) {
            view->map[len] = map_in == NULL ? (uint32_t)at : map_in[at];
            view->bytes[len] = byte;
            len++;
            at++;
            continue;
        }
        size_t spelled = read_unit(text, at, codings, &byte);
        size_t count = 1;
        if (spelled == 0) {
            count = plain_length(text, at);
            spelled = 1;
        }
        for (size_t i = 0; i < count; i++) {
            view->map[len] = map_in == NULL ? (uint32_t)at : map_in[at];
            view->bytes[len] = byte;
            len++;
            at += spelled;
        }
    }
    view->map[len] = map_in == NULL ? (uint32_t)text.len : map_in[text.len];
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
