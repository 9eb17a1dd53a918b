/* utf8.c — validation eight ASCII bytes at a time, sequences one by one. */
#include "json/utf8.h"

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The bytes that may follow a leading byte: RFC 3629, section 4. */
static bool second_is_valid(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_tail(second);
    }
}

static size_t expected_length(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* How many bytes of text belong to one sequence; *valid tells whether it is whole. At least 1. */
static size_t part_length(struct wv_slice text, bool *valid)
{
    const size_t expected = expected_length(text.ptr[0]);
    size_t have = 1;
    while (have < expected && have < text.len &&
           (have == 1 ? second_is_valid(text.ptr[0], text.ptr[1]) : is_tail(text.ptr[have]))) {
        have++;
    }
    *valid = have == expected;
    return have;
}

size_t wv_utf8_sequence(struct wv_slice text)
{
    bool valid = false;
    const size_t length = text.len == 0 ? 0 : part_length(text, &valid);
    return valid ? length : 0;
}

bool wv_utf8_valid(struct wv_slice text)
{
    size_t at = 0;
    while (at < text.len) {
        uint64_t word;
        if (text.len - at >= sizeof word) {
            memcpy(&word, text.ptr + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        if (text.ptr[at] < 0x80) {
            at++;
            continue;
        }
        bool valid;
        at += part_length(wv_slice_sub(text, at, text.len), &valid);
        if (!valid) {
            return false;
        }
    }
    return true;
}

void wv_utf8_repair(struct wv_slice record, bool json, struct wv_buf *out)
{
    bool in_string = false;
    bool escaped = false;
    for (size_t at = 0; at < record.len;) {
        bool valid = false;
        const size_t length = part_length(wv_slice_sub(record, at, record.len), &valid);
        const uint8_t byte = record.ptr[at];
        if (!valid || (byte < 0x20 && in_string && json)) {
            wv_buf_put(out, WV_LIT("\xef\xbf\xbd"));
        } else {
            wv_buf_put(out, wv_slice_sub(record, at, at + length));
        }
        in_string ^= byte == '"' && !escaped;
        escaped = byte == '\\' && !escaped;
        at += length;
    }
}
