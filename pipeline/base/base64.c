/* base64.c — three bytes as four characters, and back. */
#include "base/base64.h"

#include "base/wipe.h"

enum { NONE = 0xff };

/* The value of every byte. */
static const uint8_t *values(void)
{
#define ROW16(v) v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
    static const uint8_t table[256] = {
        ROW16(NONE), ROW16(NONE), NONE,        NONE,        NONE,        NONE,        NONE,
        NONE,        NONE,        NONE,        NONE,        NONE,        NONE,        62,
        NONE,        62,          NONE,        63,          52,          53,          54,
        55,          56,          57,          58,          59,          60,          61,
        NONE,        NONE,        NONE,        NONE,        NONE,        NONE,        NONE,
        0,           1,           2,           3,           4,           5,           6,
        7,           8,           9,           10,          11,          12,          13,
        14,          15,          16,          17,          18,          19,          20,
        21,          22,          23,          24,          25,          NONE,        NONE,
        NONE,        NONE,        63,          NONE,        26,          27,          28,
        29,          30,          31,          32,          33,          34,          35,
        36,          37,          38,          39,          40,          41,          42,
        43,          44,          45,          46,          47,          48,          49,
        50,          51,          NONE,        NONE,        NONE,        NONE,        NONE,
        ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE),
        ROW16(NONE),
    };
#undef ROW16
    return table;
}

/* What is left behind the last whole four. */
static bool decode_rest(struct wv_slice rest, uint8_t *out, size_t *len)
{
    const uint8_t *value = values();
    uint32_t bits = 0;
    uint8_t wrong = 0;
    for (size_t i = 0; i < rest.len; i++) {
        wrong |= value[rest.ptr[i]];
        bits = bits << 6 | value[rest.ptr[i]];
    }
    if (rest.len == 3) {
        out[(*len)++] = (uint8_t)(bits >> 10);
        out[(*len)++] = (uint8_t)(bits >> 2);
    } else if (rest.len == 2) {
        out[(*len)++] = (uint8_t)(bits >> 4);
    }
    return rest.len != 1 && wrong < 64;
}

bool wv_base64_decode(struct wv_slice text, uint8_t *out, size_t *len)
{
    const uint8_t *value = values();
    uint8_t wrong = 0; /* NONE has a bit that no value has */
    size_t at = 0;
    *len = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    for (; text.len - at >= 4; at += 4) {
        const uint8_t a = value[text.ptr[at]];
        const uint8_t b = value[text.ptr[at + 1]];
        const uint8_t c = value[text.ptr[at + 2]];
        const uint8_t d = value[text.ptr[at + 3]];
        wrong |= (uint8_t)(a | b | c | d);
        const uint32_t bits = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
        out[(*len)++] = (uint8_t)(bits >> 16);
        out[(*len)++] = (uint8_t)(bits >> 8);
        out[(*len)++] = (uint8_t)bits;
    }
    return decode_rest(wv_slice_sub(text, at, text.len), out, len) && wrong < 64;
}

void wv_base64_encode(struct wv_buf *buf, struct wv_slice bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t left = bytes.len - i;
        const uint32_t bits = (uint32_t)bytes.ptr[i] << 16 |
                              (left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0) |
                              (left > 2 ? bytes.ptr[i + 2] : 0U);
        wv_buf_byte(buf, (uint8_t)alphabet[bits >> 18]);
        wv_buf_byte(buf, (uint8_t)alphabet[bits >> 12 & 63]);
        wv_buf_byte(buf, left > 1 ? (uint8_t)alphabet[bits >> 6 & 63] : '=');
        wv_buf_byte(buf, left > 2 ? (uint8_t)alphabet[bits & 63] : '=');
    }
}

bool wv_base64_decode_exact(struct wv_slice text, uint8_t *out, size_t *len)
{
    bool same = wv_base64_decode(text, out, len) && text.len == (*len + 2) / 3 * 4;
    for (size_t i = 0; same && i < *len; i += 3) {
        uint8_t four[4];
        struct wv_buf again = wv_buf_of(four, sizeof four);
        wv_base64_encode(&again, (struct wv_slice){out + i, *len - i < 3 ? *len - i : 3});
        same = memcmp(four, text.ptr + i / 3 * 4, sizeof four) == 0;
        wv_wipe(four, sizeof four);
    }
    return same;
}
