/*
 * dotted.h — plain IPv4 addresses ("192.0.2.1"), read and written without guessing.
 *
 * They are most of what stands in a firewall's log. Nobody can foretell how many digits a number
 * has, so code that branches on it guesses wrong again and again; this takes the same way for all.
 */
#ifndef WV_FILTERS_DOTTED_H
#define WV_FILTERS_DOTTED_H

#include "base/slice.h"

/* Sixteen bytes as two words, the first byte lowest; what text does not fill is zero. len: 8..16.
 */
static inline void wv_dotted_load(struct wv_slice text, uint64_t words[2])
{
    memcpy(&words[0], text.ptr, 8);
    memcpy(&words[1], text.ptr + text.len - 8, 8);
    words[1] = text.len == 8 ? 0 : words[1] >> (8 * (16 - text.len));
}

/* Bit i: byte i of the word has its highest bit set. Each factor moves one of them to the top byte.
 */
static inline unsigned wv_dotted_high_bits(uint64_t word)
{
    return (unsigned)(((word >> 7 & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080)) >>
                      56);
}

/* Highest bit of every byte that is no digit: with the digits' own bits flipped, 0 to 9 are what
 * stays below 0x80 when 0x76 is added. */
static inline uint64_t wv_dotted_not_digits(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t flipped = word ^ ones * '0';
    return (((flipped & ones * 0x7f) + ones * 0x76) | flipped) & ones * 0x80;
}

/* Highest bit of every byte that is a point: the only one whose lower bits carry nowhere. */
static inline uint64_t wv_dotted_points(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t flipped = word ^ ones * '.';
    return ~(((flipped & ones * 0x7f) + ones * 0x7f) | flipped) & ones * 0x80;
}

/* The whole of text as four decimal numbers, read without a branch that depends on how many digits
 * they have: nobody can foretell that, and four wrong guesses cost more than everything else. False
 * also for forms that the way byte by byte accepts. */
static inline bool wv_dotted_read(struct wv_slice text, uint8_t out[4])
{
    /* By how many digits there are: what they count, and the least number without a zero before. */
    static const unsigned tens[4] = {0, 0, 10, 10};
    static const unsigned hundreds[4] = {0, 0, 0, 100};
    static const unsigned least_of[4] = {256, 0, 10, 100};
    if (text.len < 8 || text.len > 15 || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
        return false;
    }
    uint64_t words[2];
    wv_dotted_load(text, words);
    const unsigned used = (1u << text.len) - 1;
    const unsigned other = (wv_dotted_high_bits(wv_dotted_not_digits(words[0])) |
                            wv_dotted_high_bits(wv_dotted_not_digits(words[1])) << 8) &
                           used;
    unsigned ends = (wv_dotted_high_bits(wv_dotted_points(words[0])) |
                     wv_dotted_high_bits(wv_dotted_points(words[1])) << 8) &
                    used;
    const unsigned last_two = ends & (ends - 1);
    const unsigned last_one = last_two & (last_two - 1);
    if (other != ends || last_one == 0 || (last_one & (last_one - 1)) != 0) {
        return false; /* not three points and digits */
    }
    /* Each number is read as the four bytes that end with its last digit. */
    uint8_t bytes[4 + 16] = {0};
    memcpy(bytes + 4, words, sizeof words);
    ends |= 1u << text.len;
    bool valid = true;
    unsigned begin = 0;
    for (size_t part = 0; part < 4; part++) {
        const unsigned end = (unsigned)__builtin_ctz(ends);
        const unsigned digits = end - begin;
        const uint8_t *last = bytes + 4 + end - 1;
        const unsigned number = (last[0] & 15u) + tens[digits & 3] * (last[-1] & 15u) +
                                hundreds[digits & 3] * (last[-2] & 15u);
        valid = valid & (digits <= 3) & (number <= 255) & (number >= least_of[digits & 3]);
        out[part] = (uint8_t)number;
        begin = end + 1;
        ends &= ends - 1;
    }
    return valid;
}

/* Writes the number and a point, always as four bytes, and returns how many of them count. */
static inline size_t wv_dotted_put(uint8_t byte, uint8_t *out)
{
    const unsigned unwritten = (byte < 10 ? 1u : 0u) + (byte < 100 ? 1u : 0u);
    const uint32_t digits =
        (byte / 100u) | (byte / 10u % 10u) << 8 | (byte % 10u) << 16 | (uint32_t)('.' - '0') << 24;
    const uint32_t text = (digits + UINT32_C(0x30303030)) >> (8 * unwritten);
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(text >> (8 * i));
    }
    return 4 - unwritten;
}

static inline size_t wv_dotted_write(const uint8_t bytes[4], uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        len += wv_dotted_put(bytes[i], out + len);
    }
    return len - 1;
}

#endif
