/*
 * address.c — reads, compares and truncates IP addresses, by hand and on slices.
 */
#include "filters/address.h"

#include "filters/dotted.h"
#include "filters/hextets.h"

enum { GROUPS = 8, PORT_MAX = 65535, ZONE_MAX = 64 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_word(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (lower >= 'a' && lower <= 'z') || is_digit(byte);
}

/* 0..15, or 16 for any other byte. */
static unsigned hex_of(uint8_t byte)
{
    static const uint8_t plus_one[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };
    return plus_one[byte] == 0 ? 16 : plus_one[byte] - 1u;
}

static uint8_t at(struct wv_slice text, size_t index)
{
    return index < text.len ? text.ptr[index] : 0;
}

static struct wv_slice from(struct wv_slice text, size_t index)
{
    return wv_slice_sub(text, index, text.len);
}

/* Four decimal numbers at the beginning of text; how many bytes they take, or 0. */
static size_t read_v4(struct wv_slice text, uint8_t out[4])
{
    size_t i = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && at(text, i++) != '.') {
            return 0;
        }
        const size_t begin = i;
        unsigned number = 0;
        while (i - begin < 4 && is_digit(at(text, i))) {
            number = number * 10 + (unsigned)(text.ptr[i] - '0');
            i++;
        }
        const size_t digits = i - begin;
        if (digits == 0 || number > 255 || digits > 3 || (digits > 1 && text.ptr[begin] == '0')) {
            return 0;
        }
        out[part] = (uint8_t)number;
    }
    return i;
}

/* What was read of an IPv6 address so far. */
struct groups {
    uint8_t bytes[16];
    size_t count; /* of groups of two bytes */
    size_t gap;   /* how many stood before "::"; GROUPS: there is none */
    bool dotted;  /* the last two groups were written as IPv4 */
};

/* One hexadecimal group of 1 to 4 digits; how many bytes it takes, or 0. */
static size_t read_group(struct wv_slice text, struct groups *groups)
{
    unsigned value = 0;
    size_t digits = 0;
    unsigned digit = hex_of(at(text, 0));
    while (digit < 16 && digits < 5) {
        value = value * 16 + digit;
        digit = hex_of(at(text, ++digits));
    }
    if (digits == 0 || digits > 4) {
        return 0;
    }
    groups->bytes[2 * groups->count] = (uint8_t)(value >> 8);
    groups->bytes[2 * groups->count + 1] = (uint8_t)value;
    groups->count++;
    return digits;
}

/* The groups from the beginning of text up to where no address can go on; bytes taken, or 0. */
static size_t read_groups(struct wv_slice text, struct groups *groups)
{
    size_t i = 0;
    if (at(text, 0) == ':') {
        if (at(text, 1) != ':') {
            return 0;
        }
        groups->gap = 0;
        i = 2;
    }
    while (hex_of(at(text, i)) < 16) {
        const size_t room = (groups->gap < GROUPS ? GROUPS - 1 : GROUPS) - groups->count;
        const size_t digits = room >= 1 ? read_group(from(text, i), groups) : 0;
        if (digits == 0) {
            return 0;
        }
        uint8_t v4[4];
        const bool dotted = room >= 2 && at(text, i + digits) == '.';
        const size_t quad = dotted ? read_v4(from(text, i), v4) : 0;
        if (quad > 0) {
            memcpy(groups->bytes + 2 * (groups->count - 1), v4, sizeof v4);
            groups->count++;
            groups->dotted = true;
            return i + quad;
        }
        i += digits;
        if (at(text, i) != ':' || room == 1) {
            return i;
        }
        const uint8_t next = at(text, i + 1);
        if (next == ':' && groups->gap == GROUPS) {
            groups->gap = groups->count;
            i += 2;
        } else if (hex_of(next) < 16) {
            i += 1;
        } else {
            return next == ':' ? 0 : i;
        }
    }
    return i;
}

/* An IPv6 address at the beginning of text; how many bytes it takes, or 0. */
static size_t read_v6(struct wv_slice text, struct groups *groups)
{
    *groups = (struct groups){.gap = GROUPS};
    const size_t len = read_groups(text, groups);
    if (len == 0 || (groups->gap == GROUPS && groups->count != GROUPS)) {
        return 0;
    }
    if (groups->gap < GROUPS) {
        const size_t tail = 2 * (groups->count - groups->gap);
        uint8_t *begin = groups->bytes + 2 * groups->gap;
        memmove(groups->bytes + 16 - tail, begin, tail);
        memset(begin, 0, (size_t)(groups->bytes + 16 - tail - begin));
    }
    return len;
}

static bool all_zero(const uint8_t *bytes, size_t count)
{
    uint8_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

static enum wv_address_form form_of(const uint8_t bytes[16])
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t teredo[4] = {0x20, 0x01};
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
        return WV_ADDRESS_6TO4;
    }
    if (memcmp(bytes, teredo, sizeof teredo) == 0) {
        return WV_ADDRESS_TEREDO;
    }
    if (memcmp(bytes, nat64, sizeof nat64) == 0) {
        return WV_ADDRESS_NAT64;
    }
    if ((bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe) {
        return WV_ADDRESS_ISATAP;
    }
    return WV_ADDRESS_PLAIN;
}

static struct wv_address v4_address(const uint8_t bytes[4], enum wv_address_form form)
{
    struct wv_address address = {.family = 4, .form = (uint8_t)form};
    memcpy(address.bytes, bytes, 4);
    return address;
}

/* The normal form: an address that is IPv4 in disguise becomes IPv4, so that both spellings are the
 * same value everywhere. */
static struct wv_address normal(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        return v4_address(bytes + 12, WV_ADDRESS_MAPPED);
    }
    const bool low = all_zero(bytes, 15) && bytes[15] <= 1;
    if (!low && all_zero(bytes, 12)) {
        return v4_address(bytes + 12, WV_ADDRESS_COMPAT);
    }
    struct wv_address address = {.family = 6, .form = (uint8_t)form_of(bytes)};
    memcpy(address.bytes, bytes, 16);
    return address;
}

/* 1 to 5 digits, at most 65535; how many bytes, or 0. */
static size_t read_port(struct wv_slice text)
{
    unsigned long port = 0;
    size_t digits = 0;
    while (digits < 6 && is_digit(at(text, digits))) {
        port = port * 10 + (unsigned long)(text.ptr[digits] - '0');
        digits++;
    }
    return digits > 0 && digits < 6 && port <= PORT_MAX ? digits : 0;
}

static bool is_port(struct wv_slice text)
{
    return text.len > 1 && text.ptr[0] == ':' && read_port(from(text, 1)) == text.len - 1;
}

/* "%eth0", or "%25eth0" as in a URL. */
static bool is_zone(struct wv_slice text)
{
    if (text.len < 2 || text.len > ZONE_MAX || text.ptr[0] != '%') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        const uint8_t lower = wv_lower(text.ptr[i]);
        if (!is_word(lower) && memchr("-._~", lower, 4) == NULL) {
            return false;
        }
    }
    return true;
}

/* IPv6 with a zone or nothing behind it. */
static bool parse_v6(struct wv_slice text, struct wv_address *out)
{
    struct groups groups;
    const size_t len = read_v6(text, &groups);
    if (len == 0 || (len < text.len && !is_zone(from(text, len)))) {
        return false;
    }
    *out = normal(groups.bytes);
    return true;
}

/* "[address]", with a port or nothing behind it. */
static bool parse_bracketed(struct wv_slice text, struct wv_address *out)
{
    const uint8_t *close = memchr(text.ptr, ']', text.len);
    if (close == NULL) {
        return false;
    }
    const size_t end = (size_t)(close - text.ptr);
    const struct wv_slice rest = from(text, end + 1);
    return (rest.len == 0 || is_port(rest)) && parse_v6(wv_slice_sub(text, 1, end), out);
}

static bool stands_around(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '"';
}

static struct wv_slice trimmed(struct wv_slice text)
{
    size_t begin = 0;
    size_t end = text.len;
    while (begin < end && stands_around(text.ptr[begin])) {
        begin++;
    }
    while (end > begin && stands_around(text.ptr[end - 1])) {
        end--;
    }
    return wv_slice_sub(text, begin, end);
}

bool wv_address_is_absent(struct wv_slice text)
{
    switch (text.len) {
    case 0:
        return true;
    case 1:
        return text.ptr[0] == '-';
    case 4:
        return wv_slice_eq(text, WV_LIT("_obf"));
    case 7:
        return wv_slice_eq(text, WV_LIT("unknown"));
    default:
        return false;
    }
}

enum wv_address_verdict wv_address_parse(struct wv_slice text, struct wv_address *out)
{
    uint8_t bytes[16];
    if (wv_dotted_read(text, bytes)) {
        *out = v4_address(bytes, WV_ADDRESS_PLAIN);
        return WV_ADDRESS_VALID;
    }
    if (wv_hextets_read(text, bytes)) {
        *out = normal(bytes);
        return WV_ADDRESS_VALID;
    }
    text = trimmed(text);
    if (wv_address_is_absent(text) || wv_slice_eq_nocase(text, WV_LIT("unknown"))) {
        return WV_ADDRESS_ABSENT;
    }
    if (text.ptr[0] == '[') {
        return parse_bracketed(text, out) ? WV_ADDRESS_VALID : WV_ADDRESS_INVALID;
    }
    const size_t v4 = read_v4(text, bytes);
    if (v4 > 0 && (v4 == text.len || is_port(from(text, v4)))) {
        *out = v4_address(bytes, WV_ADDRESS_PLAIN);
        return WV_ADDRESS_VALID;
    }
    return parse_v6(text, out) ? WV_ADDRESS_VALID : WV_ADDRESS_INVALID;
}

/* Behind decimal digits: a fifth number makes it something else, a letter or a port does not. */
static bool ends_dotted(struct wv_slice rest)
{
    return !(at(rest, 0) == '.' && is_digit(at(rest, 1)));
}

/* Behind hexadecimal digits: a letter goes on with the word, a colon with the groups, but one
 * decimal number behind all eight groups is a port. */
static bool ends_groups(struct wv_slice rest, const struct groups *groups)
{
    if (at(rest, 0) == ':' && (at(rest, 1) == ':' || hex_of(at(rest, 1)) < 16)) {
        const bool full = groups->count == (groups->gap < GROUPS ? GROUPS - 1 : GROUPS);
        const struct wv_slice behind = from(rest, 1);
        const size_t port = read_port(behind);
        return full && port > 0 && !is_word(at(behind, port)) && at(behind, port) != ':';
    }
    return !is_word(at(rest, 0)) && ends_dotted(rest);
}

size_t wv_address_prefix(struct wv_slice text, struct wv_address *out)
{
    uint8_t bytes[4];
    const size_t v4 = read_v4(text, bytes);
    if (v4 > 0) {
        *out = v4_address(bytes, WV_ADDRESS_PLAIN);
        return ends_dotted(from(text, v4)) ? v4 : 0;
    }
    struct groups groups;
    const size_t v6 = read_v6(text, &groups);
    if (v6 == 0 || groups.count == 0) {
        return 0;
    }
    const struct wv_slice rest = from(text, v6);
    if (groups.dotted ? !ends_dotted(rest) : !ends_groups(rest, &groups)) {
        return 0;
    }
    *out = normal(groups.bytes);
    return v6;
}

bool wv_address_eq(const struct wv_address *a, const struct wv_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t wv_address_keep_bits(const struct wv_address *address, uint32_t v4_keep, uint32_t v6_keep)
{
    if (address->family == 4) {
        return least(v4_keep, 32);
    }
    switch ((enum wv_address_form)address->form) {
    case WV_ADDRESS_NAT64:
        return 96 + least(v4_keep, 32);
    case WV_ADDRESS_6TO4:
        return least(v6_keep, 16 + least(v4_keep, 32));
    case WV_ADDRESS_TEREDO:
        return least(v6_keep, 32);
    case WV_ADDRESS_ISATAP:
        return least(v6_keep, 64);
    case WV_ADDRESS_PLAIN:
    case WV_ADDRESS_MAPPED:
    case WV_ADDRESS_COMPAT:
        break;
    }
    return least(v6_keep, 128);
}

struct wv_address wv_address_truncate(const struct wv_address *address, uint32_t v4_keep,
                                      uint32_t v6_keep)
{
    struct wv_address cut = *address;
    const size_t bits = wv_address_keep_bits(address, v4_keep, v6_keep);
    const size_t width = address->family == 4 ? 4 : 16;
    size_t whole = bits / 8;
    if (bits % 8 != 0) {
        cut.bytes[whole] = (uint8_t)(cut.bytes[whole] & (0xff00 >> (bits % 8)));
        whole++;
    }
    if (whole < width) {
        memset(cut.bytes + whole, 0, width - whole);
    }
    if (address->family == 6) {
        cut.form = (uint8_t)form_of(cut.bytes);
    }
    return cut;
}

static bool is_internal_v4(const uint8_t b[4])
{
    return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64);
}

bool wv_address_is_internal(const struct wv_address *address)
{
    const uint8_t *b = address->bytes;
    if (address->family == 4) {
        return is_internal_v4(b);
    }
    const bool unique_local = (b[0] & 0xfe) == 0xfc;
    const bool link_local = b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
    return unique_local || link_local || (all_zero(b, 15) && b[15] == 1);
}
