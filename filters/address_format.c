/*
 * address_format.c — addresses as text (RFC 5952) and as the bytes that tokens are made of.
 */
#include "filters/address.h"

#include "filters/dotted.h"

enum { GROUPS = 8 };

static size_t put_group(unsigned value, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;
    for (unsigned shift = 12; shift > 0; shift -= 4) {
        if (value >> shift != 0) {
            out[len++] = (uint8_t)digits[(value >> shift) & 15];
        }
    }
    out[len++] = (uint8_t)digits[value & 15];
    return len;
}

/* The longest run of zero groups, at least two of them, the first of equals (RFC 5952, 4.2). */
static void find_gap(const unsigned groups[GROUPS], size_t *begin, size_t *end)
{
    *begin = *end = GROUPS;
    size_t longest = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t run = 0;
        while (i + run < GROUPS && groups[i + run] == 0) {
            run++;
        }
        if (run > longest) {
            longest = run;
            *begin = i;
            *end = i + run;
        }
        i += run;
    }
}

static size_t format_v6(const uint8_t bytes[16], uint8_t *out)
{
    unsigned groups[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    }
    size_t begin;
    size_t end;
    find_gap(groups, &begin, &end);
    size_t len = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        if (i == begin) {
            out[len++] = ':';
            out[len++] = ':';
            i = end;
            if (i == GROUPS) {
                break;
            }
        } else if (i > 0) {
            out[len++] = ':';
        }
        len += put_group(groups[i], out + len);
    }
    return len;
}

size_t wv_address_format(const struct wv_address *address, uint8_t out[WV_ADDRESS_TEXT_MAX])
{
    return address->family == 4 ? wv_dotted_write(address->bytes, out)
                                : format_v6(address->bytes, out);
}

struct wv_slice wv_address_canonical(const struct wv_address *address,
                                     uint8_t out[WV_ADDRESS_CANONICAL_MAX])
{
    const size_t width = address->family == 4 ? 4 : 16;
    out[0] = address->family;
    memcpy(out + 1, address->bytes, width);
    return (struct wv_slice){out, 1 + width};
}
