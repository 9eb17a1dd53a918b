/* text.c — JSON escapes, both ways. */
#include "json/text.h"

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The code unit of "XXXX"; false when that is not what stands at `at`. */
static bool read_unit(struct wv_slice raw, size_t at, uint32_t *unit)
{
    if (at > raw.len || raw.len - at < 4) {
        return false;
    }
    *unit = 0;
    for (size_t i = at; i < at + 4; i++) {
        const int digit = hex_digit(raw.ptr[i]);
        if (digit < 0) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static int simple_escape(uint8_t byte)
{
    switch (byte) {
    case '"':
    case '\\':
    case '/':
        return byte;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return -1;
    }
}

/* Reads the escape at raw.ptr[at] == '\\' into a code point and returns its length; 0: invalid. */
static size_t read_escape(struct wv_slice raw, size_t at, uint32_t *point)
{
    if (raw.len - at < 2) {
        return 0;
    }
    if (raw.ptr[at + 1] != 'u') {
        const int byte = simple_escape(raw.ptr[at + 1]);
        *point = (uint32_t)byte;
        return byte < 0 ? 0 : 2;
    }
    if (!read_unit(raw, at + 2, point)) {
        return 0;
    }
    if (*point < 0xd800 || *point > 0xdfff) {
        return 6;
    }
    uint32_t low;
    if (*point <= 0xdbff && raw.len - at >= 12 && raw.ptr[at + 6] == '\\' &&
        raw.ptr[at + 7] == 'u' && read_unit(raw, at + 8, &low) && low >= 0xdc00 && low <= 0xdfff) {
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
        return 12;
    }
    *point = 0xfffd;
    return 6;
}

static size_t write_utf8(uint32_t point, uint8_t *out)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

bool wv_text_escapes_valid(struct wv_slice raw)
{
    size_t at = 0;
    while (at < raw.len) {
        const uint8_t *next = memchr(raw.ptr + at, '\\', raw.len - at);
        if (next == NULL) {
            return true;
        }
        at = (size_t)(next - raw.ptr);
        uint32_t point;
        const size_t length = read_escape(raw, at, &point);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

size_t wv_text_unescape(struct wv_slice raw, uint8_t *out, uint32_t *map)
{
    size_t count = 0;
    size_t at = 0;
    while (at < raw.len) {
        size_t length = 1;
        size_t written = 1;
        if (raw.ptr[at] == '\\') {
            uint32_t point;
            length = read_escape(raw, at, &point);
            if (length == 0) {
                return SIZE_MAX;
            }
            written = write_utf8(point, out + count);
        } else {
            out[count] = raw.ptr[at];
        }
        for (size_t i = 0; map != NULL && i < written; i++) {
            map[count + i] = (uint32_t)at;
        }
        count += written;
        at += length;
    }
    if (map != NULL) {
        map[count] = (uint32_t)raw.len;
    }
    return count;
}

static void escape_byte(struct wv_buf *buf, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    switch (byte) {
    case '"':
        wv_buf_put(buf, WV_LIT("\\\""));
        return;
    case '\\':
        wv_buf_put(buf, WV_LIT("\\\\"));
        return;
    case '\n':
        wv_buf_put(buf, WV_LIT("\\n"));
        return;
    case '\r':
        wv_buf_put(buf, WV_LIT("\\r"));
        return;
    case '\t':
        wv_buf_put(buf, WV_LIT("\\t"));
        return;
    default:
        wv_buf_put(buf, WV_LIT("\\u00"));
        wv_buf_byte(buf, (uint8_t)hex[byte >> 4]);
        wv_buf_byte(buf, (uint8_t)hex[byte & 15]);
    }
}

/* Whether one of eight bytes needs an escape: is below 0x20, a quote or a backslash. May say so
 * also of a byte above 0x7f, never the opposite. Finding a zero byte by subtraction: see Warren,
 * Hacker's Delight, 6-1. */
static bool needs_look(const uint8_t bytes[8])
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    const uint64_t quote = word ^ ones * '"';
    const uint64_t backslash = word ^ ones * '\\';
    const uint64_t found = (word - ones * 0x20) | (quote - ones) | (backslash - ones);
    return (found & ~word & ones * 0x80) != 0 || (word & ones * 0x80) != 0;
}

/* How many bytes at the beginning need no look, found eight at a time. The last eight are looked at
 * together even when some of them have been before: most texts are short, and byte by byte costs
 * more. */
static size_t plain_length(struct wv_slice text)
{
    size_t at = 0;
    while (text.len - at >= 8) {
        if (needs_look(text.ptr + at)) {
            return at;
        }
        at += 8;
    }
    return text.len >= 8 && !needs_look(text.ptr + text.len - 8) ? text.len : at;
}

void wv_text_escape(struct wv_buf *buf, struct wv_slice text)
{
    size_t from = 0;
    for (size_t at = plain_length(text); at < text.len; at++) {
        const uint8_t byte = text.ptr[at];
        if (wv_unlikely(byte < 0x20 || byte == '"' || byte == '\\')) {
            wv_buf_put(buf, wv_slice_sub(text, from, at));
            escape_byte(buf, byte);
            from = at + 1;
        }
        while (text.len - at > 8 && !needs_look(text.ptr + at + 1)) {
            at += 8;
        }
    }
    wv_buf_put(buf, wv_slice_sub(text, from, text.len));
}
