/*
 * formats_address — other clients' addresses, as long as the documentation addresses that they
 * replace.
 */
#include "bench/formats_place.h"

struct octets {
    size_t at[4];
    size_t len[4];
    uint32_t value[4];
    size_t end;
};

/* Four numbers with points between them, which may be percent-encoded. */
static bool read_octets(struct wv_slice text, size_t at, struct octets *octets)
{
    for (size_t i = 0; i < 4; i++) {
        const size_t point = i == 0 ? 0 : vary_spelled(text, at, '.');
        at += point;
        octets->at[i] = at;
        octets->len[i] = vary_run(text, at, vary_is_digit);
        octets->value[i] = 0;
        if ((i > 0 && point == 0) || octets->len[i] == 0 || octets->len[i] > 3) {
            return false;
        }
        for (size_t end = at + octets->len[i]; at < end; at++) {
            octets->value[i] = 10 * octets->value[i] + text.ptr[at] - '0';
        }
    }
    octets->end = at;
    return true;
}

static bool is_documented(const struct octets *octets)
{
    static const uint32_t networks[] = {0xc00002, 0xc63364, 0xcb0071};
    const uint32_t network = octets->value[0] << 16 | octets->value[1] << 8 | octets->value[2];
    return network == networks[0] || network == networks[1] || network == networks[2];
}

/* A public address of the same length. */
size_t vary_address4(struct vary_place *place)
{
    static const struct {
        uint32_t from, count;
    } ranges[4] = {{0, 0}, {0, 10}, {10, 90}, {100, 155}};
    struct octets octets;
    if (!read_octets(place->text, place->at, &octets) || !is_documented(&octets)) {
        return 0;
    }
    const struct wv_slice spelling = wv_slice_sub(place->text, place->at, octets.end);
    if (vary_is_kept(place->vary, spelling)) {
        return spelling.len;
    }
    uint64_t seed = vary_client(place) + octets.value[2] * 256 + octets.value[3];
    vary_put_number(place->copy + octets.at[0], octets.len[0], 130 + vary_next(&seed, 39));
    for (size_t i = 1; i < 4; i++) {
        const uint32_t value =
            ranges[octets.len[i]].from + vary_next(&seed, ranges[octets.len[i]].count);
        vary_put_number(place->copy + octets.at[i], octets.len[i], value);
    }
    return spelling.len;
}

static bool is_address6(uint8_t byte)
{
    return vary_is_hex(byte) || byte == ':' || byte == '%';
}

/* Only the first two groups change, because the others can be spelled in many ways. */
size_t vary_address6(struct vary_place *place)
{
    const struct wv_slice text = place->text;
    size_t at = place->at;
    if (!wv_slice_eq(wv_slice_sub(text, at, at + 4 < text.len ? at + 4 : at), WV_LIT("2001"))) {
        return 0;
    }
    size_t second = at + 4 + vary_spelled(text, at + 4, ':');
    const bool colon = second > at + 4;
    second += vary_byte(text, second) == '0';
    const bool good = colon && second + 4 < text.len && vary_spelled(text, second + 3, ':') > 0 &&
                      wv_slice_eq_nocase(wv_slice_sub(text, second, second + 3), WV_LIT("db8"));
    if (!good) {
        return 0;
    }
    const size_t len = vary_run(text, at, is_address6);
    if (vary_is_kept(place->vary, wv_slice_sub(text, at, at + len))) {
        return len;
    }
    uint64_t seed = vary_client(place);
    place->copy[at + 1] = (uint8_t)('4' + vary_next(&seed, 6));
    vary_change(place->copy + at + 2, 2, seed, 6);
    vary_change(place->copy + second, 3, seed + 1, 6);
    return len;
}
