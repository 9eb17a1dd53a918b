/* detect_address.c — where an address begins and ends inside text, and whether it is one. */
#include "filters/detect.h"

enum {
    QUAD_MAX = 15,        /* 255.255.255.255 */
    GROUP_MAX = 4,        /* hexadecimal digits between two colons */
    RUN_MAX = 45 + 6 + 1, /* an address, one group too many, and a colon */
    PORT_DIGITS = 5,
    LONE_MAX = 4,  /* a group of two digits, and two colons */
    LABEL_MIN = 3, /* letters a–f only, before a colon: "face:2001:db8::1" */
};

static uint8_t needle_index(const struct wv_needles *needles, const struct wv_address *address)
{
    for (size_t i = 0; i < needles->count; i++) {
        if (wv_address_eq(&needles->items[i].address, address)) {
            return (uint8_t)i;
        }
    }
    return WV_HIT_NO_NEEDLE;
}

/* Whether the address is looked for, and which needle it is. */
static bool is_wanted(const struct wv_scan *scan, const struct wv_address *address, bool plausible,
                      uint8_t *needle)
{
    const unsigned what = scan->detection->what;
    *needle = needle_index(scan->detection->needles, address);
    return *needle != WV_HIT_NO_NEEDLE || (what & WV_SEARCH_ANY_ADDRESS) != 0 ||
           (plausible && (what & WV_SEARCH_ADDRESSES) != 0);
}

/* Reads four numbers from `at`; the offset behind them, or 0. Leading zeros are let through: here
 * it is safer to see an address too many. */
static size_t read_quad(struct wv_slice text, size_t at, struct wv_address *out)
{
    *out = (struct wv_address){.family = 4};
    for (size_t part = 0; part < 4; part++) {
        unsigned number = 0;
        size_t digits = 0;
        while (digits < 4 && wv_is_digit(wv_byte_at(text, at))) {
            number = number * 10 + (unsigned)(text.ptr[at] - '0');
            digits++;
            at++;
        }
        if (digits == 0 || digits > 3 || number > 255) {
            return 0;
        }
        out->bytes[part] = (uint8_t)number;
        if (part < 3) {
            if (wv_byte_at(text, at) != '.') {
                return 0;
            }
            at++;
        }
    }
    return at;
}

static bool quad_may_end(const struct wv_scan *scan, size_t at)
{
    const uint8_t next = wv_byte_at(scan->text, at);
    return scan->detection->loose ||
           (!wv_is_word(next) && !(next == '.' && wv_is_digit(wv_byte_at(scan->text, at + 1))));
}

/* "Chrome/120.0.0.0": what ends in three zeros is a version or a network of millions. */
static bool names_machine(const struct wv_address *address)
{
    return (address->bytes[1] | address->bytes[2] | address->bytes[3]) != 0;
}

void wv_scan_point(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (at < scan->quad_to || !wv_is_digit(wv_byte_at(text, at + 1))) {
        return;
    }
    size_t from = at;
    while (from > 0 && at - from < 4 && wv_is_digit(text.ptr[from - 1])) {
        from--;
    }
    const uint8_t before = from > 0 ? text.ptr[from - 1] : 0;
    if (from == at || at - from > 3) {
        return;
    }
    const bool glued = !scan->detection->loose && (wv_is_word(before) || before == '.');
    scan->hits->steps += QUAD_MAX;
    struct wv_address address;
    uint8_t needle;
    const size_t to = read_quad(text, from, &address);
    /* An address of the record is found whatever it is glued to. */
    if (to != 0 && is_wanted(scan, &address, names_machine(&address), &needle) &&
        (needle != WV_HIT_NO_NEEDLE || (!glued && quad_may_end(scan, to)))) {
        wv_scan_hit(scan, WV_HIT_IPV4, from, to, from, needle);
        scan->quad_to = to;
    }
}

/* Eight groups, or a decimal digit somewhere: else it may be two names with colons between them. */
static bool is_plausible(struct wv_slice text)
{
    size_t colons = 0;
    bool digit = false;
    bool wide = false;
    for (size_t i = 0; i < text.len; i++) {
        colons += text.ptr[i] == ':';
        digit = digit || wv_is_digit(text.ptr[i]);
        wide = wide || (i > 0 && text.ptr[i] == ':' && text.ptr[i - 1] == ':');
    }
    /* "eu-west-1::": the end of a region's name, and nothing. */
    const bool lone = text.len <= LONE_MAX && text.ptr[text.len - 1] == ':';
    return (colons == 7 && !wide) || (digit && !lone);
}

static bool try_address(struct wv_scan *scan, size_t from, size_t to)
{
    if (to <= from + 1 || to - from > 45) {
        return false;
    }
    scan->hits->steps += to - from;
    const struct wv_slice text = wv_slice_sub(scan->text, from, to);
    struct wv_address address;
    uint8_t needle;
    if (wv_address_prefix(text, &address) != text.len ||
        !is_wanted(scan, &address, is_plausible(text), &needle)) {
        return false;
    }
    wv_scan_hit(scan, address.family == 4 ? WV_HIT_IPV4 : WV_HIT_IPV6, from, to, from, needle);
    scan->address_to = to;
    scan->quad_to = to > scan->quad_to ? to : scan->quad_to;
    return true;
}

/* Where the hexadecimal digits before the colon begin. */
static size_t first_group(struct wv_slice text, size_t colon)
{
    size_t from = colon;
    while (from > 0 && colon - from < GROUP_MAX && wv_is_hex(text.ptr[from - 1])) {
        from--;
    }
    return from;
}

/* Where an address may begin around the first colon of a run; text.len: nowhere. */
static size_t find_start(const struct wv_scan *scan, size_t colon)
{
    const struct wv_slice text = scan->text;
    const size_t from = first_group(text, colon);
    const bool in_word = from > 0 && wv_is_word(text.ptr[from - 1]);
    if (from < colon && !in_word) {
        return from;
    }
    const uint8_t next = wv_byte_at(text, colon + 1);
    if (!in_word && next == ':') {
        return colon;
    }
    /* The colon ends a word before the address: "ip:2001:db8::1", "ip:::1". */
    const bool begins = wv_is_hex(next) || (next == ':' && wv_byte_at(text, colon + 2) == ':');
    return begins ? colon + 1 : text.len;
}

/* The first byte of the group that ends at `to`. */
static size_t group_start(struct wv_slice text, size_t from, size_t to)
{
    while (to > from && text.ptr[to - 1] != ':') {
        to--;
    }
    return to;
}

/* A run may hold one group too many at its end, the port: "2001:db8::1:443". */
static size_t without_port(const struct wv_scan *scan, size_t from, size_t to)
{
    const size_t group = group_start(scan->text, from, to);
    const bool digits = to - group > 0 && to - group <= PORT_DIGITS;
    for (size_t i = group; digits && i < to; i++) {
        if (!wv_is_digit(scan->text.ptr[i])) {
            return from;
        }
    }
    if (!digits || group < from + 2 || scan->text.ptr[group - 2] == ':') {
        return from;
    }
    return group - 1;
}

/* A run may begin with a word that happens to be hexadecimal: "face:2001:db8::1". */
static size_t without_label(const struct wv_scan *scan, size_t from, size_t to)
{
    size_t at = from;
    while (at < to && wv_is_letter(scan->text.ptr[at])) {
        at++;
    }
    return at - from >= LABEL_MIN && at < to && scan->text.ptr[at] == ':' ? at + 1 : to;
}

/* An address of the record is found whatever it is glued to. */
static bool try_needle(struct wv_scan *scan, size_t from, size_t to)
{
    struct wv_address address;
    const struct wv_slice text = wv_slice_sub(scan->text, from, to);
    if (to <= from + 1 || to - from > 45 || scan->detection->needles->count == 0 ||
        wv_address_prefix(text, &address) != text.len ||
        needle_index(scan->detection->needles, &address) == WV_HIT_NO_NEEDLE) {
        return false;
    }
    return try_address(scan, from, to);
}

static bool try_run(struct wv_scan *scan, size_t from, size_t to)
{
    const struct wv_slice text = scan->text;
    if (to - from > RUN_MAX) {
        return false;
    }
    const size_t group = group_start(text, from, to);
    struct wv_address quad;
    const size_t quad_to = wv_byte_at(text, to) == '.' ? read_quad(text, group, &quad) : 0;
    if (quad_to != 0 && quad_may_end(scan, quad_to)) {
        return try_address(scan, from, quad_to);
    }
    size_t end = to;
    if (wv_is_word(wv_byte_at(text, to)) && !scan->detection->loose) {
        if (try_needle(scan, from, to)) {
            return true;
        }
        end = group > from ? group - 1 : from;
    } else if (end > from + 1 && text.ptr[end - 1] == ':' && text.ptr[end - 2] != ':') {
        end--;
    }
    return try_address(scan, from, end) || try_address(scan, from, without_port(scan, from, end));
}

void wv_scan_colon(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (at < scan->address_to) {
        return;
    }
    size_t to = at + 1;
    size_t colons = 0; /* behind this one */
    while (to < text.len && (text.ptr[to] == ':' || wv_is_hex(text.ptr[to]))) {
        colons += text.ptr[to] == ':';
        to++;
    }
    scan->hits->steps += to - at;
    scan->address_to = to;
    /* IPv6 needs two colons; IPv4 may stand behind a word that looks like a group. */
    const bool dotted = wv_byte_at(text, to) == '.';
    if (colons == 0 && !dotted) {
        return;
    }
    const size_t group = first_group(text, at);
    if (group < at && group > 0 && wv_is_word(text.ptr[group - 1]) && try_needle(scan, group, to)) {
        return;
    }
    const size_t from = find_start(scan, at);
    if (from >= to || (from > at && colons < (dotted ? 1U : 2U))) {
        return;
    }
    if (!try_run(scan, from, to)) {
        const size_t start = without_label(scan, from, to);
        if (start < to) {
            try_run(scan, start, to);
        }
    }
    scan->address_to = to;
}
