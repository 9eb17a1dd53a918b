/*
 * hextets.h — plain IPv6 addresses ("2001:db8::1:2"), read without guessing.
 *
 * Like dotted.h: how many digits a group has cannot be foretold, so nothing branches on it. What is
 * not plain (a zone, brackets, an IPv4 address inside, "::" at an end) is left to the way byte by
 * byte.
 */
#ifndef WV_FILTERS_HEXTETS_H
#define WV_FILTERS_HEXTETS_H

#include "base/lanes.h"

enum { WV_HEXTETS_MIN = 4, WV_HEXTETS_MAX = 39, WV_HEXTETS_GROUPS = 8, WV_HEXTETS_BEFORE = 4 };

/* What stands where in a text of up to 39 bytes: bit i is byte i. */
struct wv_hextets {
    uint64_t colons;
    uint64_t hexes;
    uint8_t values[WV_HEXTETS_BEFORE + 48]; /* zeros, so that every group has four digits; then
                                               those of the text */
};

static inline void wv_hextets_look_plain(struct wv_slice text, struct wv_hextets *out)
{
    *out = (struct wv_hextets){0};
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const uint8_t lower = byte | 0x20;
        const bool digit = byte >= '0' && byte <= '9';
        const bool letter = lower >= 'a' && lower <= 'f';
        out->colons |= (uint64_t)(byte == ':') << i;
        out->hexes |= (uint64_t)(digit || letter) << i;
        out->values[WV_HEXTETS_BEFORE + i] = (uint8_t)((byte & 15) + (letter ? 9 : 0));
    }
}

#if defined(__SSE2__)

static inline void wv_hextets_add(struct wv_hextets *out, __m128i bytes, size_t at)
{
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i digits = wv_lanes_range(bytes, '0', 10);
    const __m128i letters = wv_lanes_range(lower, 'a', 6);
    const __m128i values = _mm_add_epi8(_mm_and_si128(bytes, _mm_set1_epi8(15)),
                                        _mm_and_si128(letters, _mm_set1_epi8(9)));
    out->colons |= (uint64_t)wv_lanes_bits(wv_lanes_equal(bytes, ':')) << at;
    out->hexes |= (uint64_t)wv_lanes_bits(_mm_or_si128(digits, letters)) << at;
    _mm_storeu_si128((__m128i *)(void *)(out->values + WV_HEXTETS_BEFORE + at), values);
}

/* The last 16 bytes may be looked at twice, which says the same of them. */
static inline void wv_hextets_look(struct wv_slice text, struct wv_hextets *out)
{
    out->colons = 0;
    out->hexes = 0;
    memset(out->values, 0, WV_HEXTETS_BEFORE);
    if (text.len < WV_LANES) {
        wv_hextets_add(out, wv_lanes_short(text), 0);
        return;
    }
    const size_t last = text.len - WV_LANES;
    for (size_t at = 0; at < last; at += WV_LANES) {
        wv_hextets_add(out, wv_lanes_load(text.ptr + at), at);
    }
    wv_hextets_add(out, wv_lanes_load(text.ptr + last), last);
}

#else

static inline void wv_hextets_look(struct wv_slice text, struct wv_hextets *out)
{
    wv_hextets_look_plain(text, out);
}

#endif

static inline size_t wv_hextets_count(uint64_t bits)
{
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* Puts the groups together. False: the text is none or not plain. */
static inline bool wv_hextets_join(const struct wv_hextets *seen, size_t len, uint8_t out[16])
{
    const uint64_t all = ((uint64_t)1 << len) - 1;
    const uint64_t edges = (uint64_t)1 << (len - 1) | 1;
    if ((seen->colons | seen->hexes) != all || (seen->hexes & edges) != edges) {
        return false;
    }
    uint64_t ends = seen->colons | (uint64_t)1 << len;
    uint32_t words[WV_HEXTETS_GROUPS] = {0};
    size_t group = 0;
    size_t begin = 0;
    bool gap = false;
    bool good = true;
    for (; ends != 0; ends &= ends - 1) {
        const size_t end = (size_t)__builtin_ctzll(ends);
        const size_t digits = end - begin;
        if (digits == 0) { /* "::", which stands for one group at least */
            const size_t left = wv_hextets_count(ends) - 1;
            if (gap || group + left >= WV_HEXTETS_GROUPS) {
                return false;
            }
            gap = true;
            group = WV_HEXTETS_GROUPS - left;
        } else if (group == WV_HEXTETS_GROUPS) {
            return false;
        } else {
            uint32_t four; /* digits, the last one highest */
            memcpy(&four, seen->values + WV_HEXTETS_BEFORE + end - 4, sizeof four);
            const unsigned other = 8 * (4 - (unsigned)digits % 5) % 32;
            words[group++] = four >> other << other;
            good = good & (digits <= 4);
        }
        begin = end + 1;
    }
    for (size_t i = 0; i < WV_HEXTETS_GROUPS; i++) {
        const uint32_t pairs = words[i] << 4 | words[i] >> 8;
        out[2 * i] = (uint8_t)pairs;
        out[2 * i + 1] = (uint8_t)(pairs >> 16);
    }
    return good && group == WV_HEXTETS_GROUPS;
}

/* The whole of text as an IPv6 address. False also for forms that the way byte by byte accepts. */
static inline bool wv_hextets_read(struct wv_slice text, uint8_t out[16])
{
    if (text.len < WV_HEXTETS_MIN || text.len > WV_HEXTETS_MAX ||
        __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
        return false;
    }
    struct wv_hextets seen;
    wv_hextets_look(text, &seen);
    return wv_hextets_join(&seen, text.len, out);
}

#endif
