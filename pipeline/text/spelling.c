/* spelling.c — escapes of logs, pairs, tables and CEF, both ways. */
#include "text/spelling.h"

#include "json/utf8.h"

enum { SEQUENCE_MAX = 4 /* bytes of one character in UTF-8 */ };

/* What stands for what behind a backslash: letters[i] means meanings[i]. */
struct escapes {
    const char *letters;
    const char *meanings;
    bool hex; /* \xHH, too */
};

static const struct escapes escapes_of[WV_SPELLING_COUNT] = {
    /* Apache writes control bytes by their letters, nginx only as numbers. */
    [WV_SPELLING_BARE] = {"\"\\bfnrtv", "\"\\\b\f\n\r\t\v", true},
    [WV_SPELLING_LOG_QUOTED] = {"\"\\bfnrtv", "\"\\\b\f\n\r\t\v", true},
    [WV_SPELLING_BRACKETED] = {"\"\\bfnrtv", "\"\\\b\f\n\r\t\v", true},
    [WV_SPELLING_QUOTED] = {"\"\\", "\"\\", false},
    [WV_SPELLING_CEF_HEADER] = {"|\\", "|\\", false},
    [WV_SPELLING_CEF_VALUE] = {"=\\nr", "=\\\n\r", false},
};

/* Bytes of the raw spelling and what they mean: what is kept of a value is whole units, so that
 * half an escape never stands before what was written. */
struct unit {
    size_t raw;
    size_t len;
    uint8_t text[SEQUENCE_MAX];
};

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte of the escape at `at` that ends in two hexadecimal digits ("\xHH", "%HH"), -1 when that
 * is not what stands there. */
static int hex_escape(struct wv_slice raw, size_t at, struct wv_slice begin)
{
    if (at > raw.len || !wv_slice_starts(wv_slice_sub(raw, at, raw.len), begin) ||
        raw.len - at - begin.len < 2) {
        return -1;
    }
    const int high = hex_digit(raw.ptr[at + begin.len]);
    const int low = hex_digit(raw.ptr[at + begin.len + 1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Characters above 0x7f are spelled byte by byte. What is no character must not stay as it is
 * written: its hexadecimal digits would be read as letters of the word behind them. */
static struct unit read_hex(struct wv_slice raw, size_t at, struct wv_slice begin)
{
    uint8_t bytes[SEQUENCE_MAX];
    size_t count = 0;
    const size_t step = begin.len + 2;
    for (size_t i = at; count < SEQUENCE_MAX && hex_escape(raw, i, begin) >= 0; i += step) {
        bytes[count++] = (uint8_t)hex_escape(raw, i, begin);
    }
    const size_t length = wv_utf8_sequence((struct wv_slice){bytes, count});
    if (length == 0) {
        return (struct unit){.raw = step, .len = 3, .text = {0xef, 0xbf, 0xbd}};
    }
    struct unit unit = {.raw = step * length, .len = length};
    memcpy(unit.text, bytes, length);
    return unit;
}

/* What begins with the backslash at `at`. */
static struct unit read_backslash(const struct escapes *escapes, struct wv_slice raw, size_t at)
{
    if (at + 1 == raw.len) {
        return (struct unit){.raw = 1, .len = 1, .text = {'\\'}};
    }
    const uint8_t letter = raw.ptr[at + 1];
    if (escapes->hex && hex_escape(raw, at, WV_LIT("\\x")) >= 0) {
        return read_hex(raw, at, WV_LIT("\\x"));
    }
    const char *found = letter == '\0' ? NULL : strchr(escapes->letters, letter);
    if (found != NULL) {
        const char meaning = escapes->meanings[found - escapes->letters];
        return (struct unit){.raw = 2, .len = 1, .text = {(uint8_t)meaning}};
    }
    return (struct unit){.raw = 2, .len = 2, .text = {'\\', letter}};
}

static struct unit read_unit(enum wv_spelling spelling, struct wv_slice raw, size_t at)
{
    const uint8_t byte = raw.ptr[at];
    if (spelling == WV_SPELLING_CSV) {
        const bool doubled = byte == '"' && raw.len - at > 1 && raw.ptr[at + 1] == '"';
        return (struct unit){.raw = doubled ? 2 : 1, .len = 1, .text = {byte}};
    }
    if (byte == '%' && spelling == WV_SPELLING_PERCENT && hex_escape(raw, at, WV_LIT("%")) >= 0) {
        return read_hex(raw, at, WV_LIT("%"));
    }
    if (byte == '\\' && escapes_of[spelling].letters != NULL) {
        return read_backslash(&escapes_of[spelling], raw, at);
    }
    return (struct unit){.raw = 1, .len = 1, .text = {byte}};
}

size_t wv_spelling_read(enum wv_spelling spelling, struct wv_slice raw, uint8_t *out, uint32_t *map)
{
    wv_ensure(spelling > WV_SPELLING_JSON && spelling < WV_SPELLING_COUNT);
    size_t count = 0;
    for (size_t at = 0; at < raw.len;) {
        const struct unit unit = read_unit(spelling, raw, at);
        for (size_t i = 0; i < unit.len; i++) {
            out[count + i] = unit.text[i];
            if (map != NULL) {
                map[count + i] = (uint32_t)at;
            }
        }
        count += unit.len;
        at += unit.raw;
    }
    if (map != NULL) {
        map[count] = (uint32_t)raw.len;
    }
    return count;
}

static void write_hex(struct wv_buf *buf, uint8_t byte)
{
    static const char hex[] = "0123456789ABCDEF";
    const uint8_t escape[] = {'\\', 'x', (uint8_t)hex[byte >> 4], (uint8_t)hex[byte & 15]};
    wv_buf_put(buf, (struct wv_slice){escape, sizeof escape});
}

static void write_backslash(struct wv_buf *buf, uint8_t byte)
{
    wv_buf_byte(buf, '\\');
    wv_buf_byte(buf, byte);
}

static bool is_among(const char *bytes, uint8_t byte)
{
    return byte != '\0' && strchr(bytes, byte) != NULL;
}

static bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Whatever may stand around a word in a line: what ends it is not known here. */
static void write_bare(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte == '\\') {
            write_backslash(buf, byte);
        } else if (is_control(byte) || is_among(" \"'`,;=|^[]{}()<>", byte)) {
            write_hex(buf, byte);
        } else {
            wv_buf_byte(buf, byte);
        }
    }
}

/* A quote as a number, as nginx does: many read these lines with no more than "[^"]*". */
static void write_log_quoted(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte == '\\') {
            write_backslash(buf, byte);
        } else if (is_control(byte) || byte == '"') {
            write_hex(buf, byte);
        } else {
            wv_buf_byte(buf, byte);
        }
    }
}

/* The time in an access log has a blank in it, and every reader expects it there. */
static void write_bracketed(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte == '\\') {
            write_backslash(buf, byte);
        } else if (is_control(byte) || is_among("\"[]", byte)) {
            write_hex(buf, byte);
        } else {
            wv_buf_byte(buf, byte);
        }
    }
}

/* All but what RFC 3986 lets stand in a path, and the signs that log readers split at. */
static void write_percent(struct wv_buf *buf, struct wv_slice text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const uint8_t lower = wv_lower(byte);
        if ((lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
            is_among("-._~!$&'()*+:@/", byte)) {
            wv_buf_byte(buf, byte);
            continue;
        }
        const uint8_t escape[] = {'%', (uint8_t)hex[byte >> 4], (uint8_t)hex[byte & 15]};
        wv_buf_put(buf, (struct wv_slice){escape, sizeof escape});
    }
}

static void write_quoted(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            wv_buf_byte(buf, '\\');
        }
        wv_buf_byte(buf, text.ptr[i]);
    }
}

static void write_csv(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            wv_buf_byte(buf, '"');
        }
        wv_buf_byte(buf, text.ptr[i]);
    }
}

/* There is no escape: what would end the column is lost. */
static void write_cell(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        wv_buf_byte(buf, is_control(byte) || is_among(" \",;|", byte) ? '_' : byte);
    }
}

static void write_cef_header(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|' || text.ptr[i] == '\\') {
            wv_buf_byte(buf, '\\');
        }
        wv_buf_byte(buf, text.ptr[i]);
    }
}

static void write_cef_value(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte == '\n' || byte == '\r') {
            write_backslash(buf, byte == '\n' ? 'n' : 'r');
        } else if (byte == '=' || byte == '\\') {
            write_backslash(buf, byte);
        } else {
            wv_buf_byte(buf, byte);
        }
    }
}

wv_spelling_writer *wv_spelling_write(enum wv_spelling spelling)
{
    static wv_spelling_writer *const writers[WV_SPELLING_COUNT] = {
        [WV_SPELLING_BARE] = write_bare,           [WV_SPELLING_LOG_QUOTED] = write_log_quoted,
        [WV_SPELLING_QUOTED] = write_quoted,       [WV_SPELLING_CSV] = write_csv,
        [WV_SPELLING_BRACKETED] = write_bracketed, [WV_SPELLING_PERCENT] = write_percent,
        [WV_SPELLING_CELL] = write_cell,           [WV_SPELLING_CEF_HEADER] = write_cef_header,
        [WV_SPELLING_CEF_VALUE] = write_cef_value,
    };
    wv_ensure(spelling > WV_SPELLING_JSON && spelling < WV_SPELLING_COUNT);
    return writers[spelling];
}

bool wv_spelling_is_clean(enum wv_spelling spelling, struct wv_slice raw)
{
    const uint8_t sign = spelling == WV_SPELLING_CEF_VALUE                                ? '='
                         : spelling == WV_SPELLING_QUOTED || spelling == WV_SPELLING_BARE ? '"'
                                                                                          : 0;
    for (size_t at = 0; sign != 0 && at < raw.len; at++) {
        if (raw.ptr[at] == sign) {
            return false;
        }
        at += raw.ptr[at] == '\\';
    }
    return true;
}

struct wv_slice wv_spelling_nothing(enum wv_spelling spelling)
{
    switch (spelling) {
    case WV_SPELLING_JSON:
        return WV_LIT("null");
    case WV_SPELLING_BARE:
    case WV_SPELLING_LOG_QUOTED:
    case WV_SPELLING_CELL:
    case WV_SPELLING_BRACKETED:
    case WV_SPELLING_PERCENT:
        return WV_LIT("-");
    case WV_SPELLING_PLAIN:
    case WV_SPELLING_QUOTED:
    case WV_SPELLING_CSV:
    case WV_SPELLING_CEF_HEADER:
    case WV_SPELLING_CEF_VALUE:
    case WV_SPELLING_COUNT:
    default:
        return (struct wv_slice){0};
    }
}
