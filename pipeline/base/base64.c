/* base64.c — three bytes as four characters, and back. */
#include "base/base64.h"

static int value_of(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return byte - 'A';
    }
    if (byte >= 'a' && byte <= 'z') {
        return byte - 'a' + 26;
    }
    if (byte >= '0' && byte <= '9') {
        return byte - '0' + 52;
    }
    if (byte == '+' || byte == '-') {
        return 62;
    }
    return byte == '/' || byte == '_' ? 63 : -1;
}

bool wv_base64_decode(struct wv_slice text, uint8_t *out, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    *len = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        const int value = value_of(text.ptr[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[(*len)++] = (uint8_t)(bits >> held);
        }
    }
    return text.len % 4 != 1;
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
