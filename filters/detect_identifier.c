/* detect_identifier.c — where identifiers may begin; those that a fixed pattern of separators
 * shows: UUIDs, MAC addresses, places on Earth; private keys. */
#include "filters/anchors.h"
#include "filters/detect.h"

enum {
    UUID_LENGTH = 36,
    MAC_LENGTH = 17,
    MAC_DOTTED_LENGTH = 14,
    DEGREES_MAX = 3,
    DECIMALS_MIN = 4, /* 11 m */
    DECIMALS_MAX = 20,
};

/* The value of a parameter, whole and without a blank: what its name says decides (detect_value.c),
 * and is no further evidence. */
static bool is_announced(struct wv_slice text, size_t from, size_t to)
{
    size_t at = from;
    at -= at > 0 && (text.ptr[at - 1] == '"' || text.ptr[at - 1] == '\'');
    return at > 0 && text.ptr[at - 1] == '=' && memchr(text.ptr + from, ' ', to - from) == NULL;
}

bool wv_scan_identifier(struct wv_scan *scan, size_t kind, enum wv_evidence evidence,
                        size_t context, size_t from, size_t to)
{
    const struct wv_detectors *detectors = scan->detection->detectors;
    const bool at_home =
        evidence == WV_EVIDENCE_SHAPE ||
        (evidence <= wv_detector_at(kind)->evidence && wv_detectors_have(detectors->at_home, kind));
    size_t seen = from;
    if (!wv_detectors_have(detectors->on, kind) ||
        (!at_home &&
         (is_announced(scan->text, from, to) || !wv_context_tells(scan, kind, context, &seen)))) {
        return false;
    }
    wv_scan_hit(scan, (enum wv_hit_kind)kind, from, to, seen, 0);
    return true;
}

static bool is_hex_at(struct wv_slice text, size_t at)
{
    return at < text.len && wv_is_hex(text.ptr[at]);
}

/* Whether there are exactly `count` hexadecimal digits at `at`, up to a byte that is none. */
static bool is_hex_group(struct wv_slice text, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_hex_at(text, at + i)) {
            return false;
        }
    }
    return !is_hex_at(text, at + count);
}

/* RFC 9562, section 4. The nil UUID, too: who has it says that he has none. */
void wv_scan_uuid(struct wv_scan *scan, size_t hyphen)
{
    const struct wv_slice text = scan->text;
    scan->hits->steps++;
    if (hyphen < 8 || !wv_is_hex(text.ptr[hyphen - 1])) {
        return;
    }
    scan->hits->steps += UUID_LENGTH;
    const size_t from = hyphen - 8;
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    size_t at = from;
    if (from > 0 && is_hex_at(text, from - 1) && !scan->detection->loose) {
        return;
    }
    for (size_t i = 0; i < WV_COUNT(groups); i++) {
        if (!is_hex_group(text, at, groups[i])) {
            return;
        }
        at += groups[i] + 1U;
    }
    wv_scan_identifier(scan, WV_HIT_UUID, WV_EVIDENCE_SHAPE, from, from, from + UUID_LENGTH);
}

/* "22-11-26-10-20-30": six pairs of digits that read as a time. */
static bool is_time(struct wv_slice text, size_t from)
{
    unsigned pairs[6];
    for (size_t i = 0; i < 6; i++) {
        const uint8_t tens = text.ptr[from + 3 * i];
        const uint8_t ones = text.ptr[from + 3 * i + 1];
        if (!wv_is_digit(tens) || !wv_is_digit(ones)) {
            return false;
        }
        pairs[i] = (unsigned)(tens - '0') * 10 + (unsigned)(ones - '0');
    }
    return pairs[3] <= 23 && pairs[4] <= 59 && pairs[5] <= 60;
}

/* IEEE 802: six pairs with colons or hyphens, or three groups of four with points. */
void wv_scan_mac(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    const uint8_t sign = text.ptr[at];
    const size_t group = sign == '.' ? 4 : 2;
    const size_t length = sign == '.' ? MAC_DOTTED_LENGTH : MAC_LENGTH;
    scan->hits->steps++;
    if (at < group || !wv_is_hex(text.ptr[at - 1])) {
        return;
    }
    scan->hits->steps += length;
    const size_t from = at - group;
    const size_t to = from + length;
    const uint8_t before = from > 0 ? text.ptr[from - 1] : 0;
    const uint8_t after = wv_byte_at(text, to);
    if (!scan->detection->loose &&
        (wv_is_word(before) || before == sign || wv_is_word(after) || after == sign)) {
        return;
    }
    bool lettered = false;
    for (size_t i = from; i < to; i += group + 1) {
        if (!is_hex_group(text, i, group) || (i + group < to && text.ptr[i + group] != sign)) {
            return;
        }
        for (size_t k = i; k < i + group; k++) {
            lettered = lettered || wv_is_letter(text.ptr[k]);
        }
    }
    if (lettered || sign == ':' || (sign == '-' && !is_time(text, from))) {
        wv_scan_identifier(scan, WV_HIT_MAC, WV_EVIDENCE_SHAPE, from, from, to);
    }
}

/* A decimal number with many decimals, of which the point stands at `point`. */
struct degrees {
    size_t from;
    size_t to;
    unsigned whole;
};

static bool read_degrees(struct wv_slice text, size_t point, struct degrees *out)
{
    size_t from = point;
    while (from > 0 && point - from <= DEGREES_MAX && wv_is_digit(text.ptr[from - 1])) {
        from--;
    }
    size_t to = point + 1;
    while (to < text.len && to - point <= DECIMALS_MAX && wv_is_digit(text.ptr[to])) {
        to++;
    }
    out->whole = 0;
    for (size_t i = from; i < point; i++) {
        out->whole = out->whole * 10 + (unsigned)(text.ptr[i] - '0');
    }
    if (from == point || point - from > DEGREES_MAX || to - point <= DECIMALS_MIN ||
        wv_is_digit(wv_byte_at(text, to)) || out->whole > 180) {
        return false;
    }
    out->from = from - (from > 0 && (text.ptr[from - 1] == '-'));
    out->to = to;
    return true;
}

/* Behind the comma, and a blank, where the second of the two begins; 0: there is no comma. */
static size_t behind_comma(struct wv_slice text, size_t at)
{
    if (wv_byte_at(text, at) != ',') {
        return 0;
    }
    at++;
    at += wv_is_blank(wv_byte_at(text, at)) || wv_byte_at(text, at) == '+';
    return at;
}

/* Whether `at` is followed by one more number of such a list: then it is a matrix or a path of a
 * drawing. */
static bool goes_on(struct wv_slice text, size_t at)
{
    size_t next = behind_comma(text, at);
    if (next == 0) {
        return false;
    }
    next += wv_byte_at(text, next) == '-';
    const size_t from = next;
    while (wv_is_digit(wv_byte_at(text, next))) {
        next++;
    }
    return next > from && wv_byte_at(text, next) == '.' && wv_is_digit(wv_byte_at(text, next + 1));
}

/* Whether a number with decimals and a comma stand before `at`. */
static bool went_before(struct wv_slice text, size_t at)
{
    at -= at > 0 && wv_is_blank(text.ptr[at - 1]);
    if (at == 0 || text.ptr[at - 1] != ',') {
        return false;
    }
    size_t from = at - 1;
    while (from > 0 && at - from < DECIMALS_MAX && wv_is_digit(text.ptr[from - 1])) {
        from--;
    }
    return from < at - 1 && from > 0 && text.ptr[from - 1] == '.';
}

void wv_scan_place(struct wv_scan *scan, size_t point)
{
    const struct wv_slice text = scan->text;
    struct degrees first;
    struct degrees second;
    if (point < scan->place_to || !read_degrees(text, point, &first)) {
        return;
    }
    scan->hits->steps += first.to - first.from;
    size_t at = behind_comma(text, first.to);
    const size_t begin = at;
    at += wv_byte_at(text, at) == '-';
    while (at - begin <= DEGREES_MAX && wv_is_digit(wv_byte_at(text, at))) {
        at++;
    }
    if (begin == 0 || wv_byte_at(text, at) != '.' || !read_degrees(text, at, &second) ||
        second.from != begin) {
        return;
    }
    scan->place_to = second.to;
    const uint8_t before = first.from > 0 ? text.ptr[first.from - 1] : 0;
    const uint8_t after = wv_byte_at(text, second.to);
    if (wv_is_word(before) || before == '.' || before == '-' || wv_is_letter(after) ||
        after == '.' || (first.whole > 90 && second.whole > 90) || goes_on(text, second.to) ||
        went_before(text, first.from)) {
        return;
    }
    wv_scan_identifier(scan, WV_HIT_GEO, WV_EVIDENCE_SHAPE, first.from, first.from, second.to);
}

static bool is_key_byte(uint8_t byte)
{
    return wv_is_word(byte) || byte <= ' ' || byte == '+' || byte == '/' || byte == '=' ||
           byte == '-' || byte == ':' || byte == ',' || byte == '\\';
}

/* The end of a key in what may be one: behind its last line, if it has one. */
static size_t key_end(struct wv_slice text, size_t from, size_t to)
{
    const struct wv_slice last = WV_LIT("-----END");
    const uint8_t *found = memmem(text.ptr + from, to - from, last.ptr, last.len);
    if (found == NULL) {
        return to;
    }
    size_t end = (size_t)(found - text.ptr) + last.len;
    while (end < to && text.ptr[end] != '-') {
        end++;
    }
    while (end < to && text.ptr[end] == '-') {
        end++;
    }
    return end;
}

/* RFC 7468: all lines of the key; of one that was cut off, as far as it goes. */
void wv_scan_private_key(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    const struct wv_slice begin = WV_LIT("-----BEGIN ");
    const struct wv_slice name = WV_LIT("PRIVATE KEY");
    size_t to = at + begin.len;
    if (at < scan->key_to || !wv_slice_starts(wv_slice_sub(text, at, text.len), begin)) {
        return;
    }
    while (to < text.len && (wv_is_word(text.ptr[to]) || text.ptr[to] == ' ')) {
        to++;
    }
    scan->hits->steps += to - at;
    scan->key_to = to;
    if (to - at < name.len || !wv_slice_eq(wv_slice_sub(text, to - name.len, to), name)) {
        return;
    }
    while (to < text.len && is_key_byte(text.ptr[to])) {
        to++;
    }
    scan->hits->steps += 2 * (to - at);
    scan->key_to = key_end(text, at, to);
    wv_scan_identifier(scan, WV_HIT_PRIVATE_KEY, WV_EVIDENCE_SHAPE, at, at, scan->key_to);
}

static void scan_each(struct wv_scan *scan, uint64_t places, size_t from,
                      void (*look)(struct wv_scan *, size_t))
{
    for (; wv_unlikely(places != 0); places &= places - 1) {
        look(scan, from + (size_t)__builtin_ctzll(places));
    }
}

void wv_scan_identifiers(struct wv_scan *scan, const struct wv_block_marks *marks, size_t from,
                         bool last, uint64_t todo)
{
    const uint8_t before = from > 0 ? scan->text.ptr[from - 1] : 0;
    const struct wv_places places = wv_places_of(marks, before, last);
    if (wv_places_none(&places)) {
        return;
    }
    scan_each(scan, places.numbers & todo, from, wv_scan_number);
    scan_each(scan, places.words & todo, from, wv_scan_word);
    scan_each(scan, places.accounts & todo, from, wv_scan_account);
    scan_each(scan, places.uuids & todo, from, wv_scan_uuid);
    scan_each(scan, places.macs & todo, from, wv_scan_mac);
    scan_each(scan, places.points & todo, from, wv_scan_place);
    scan_each(scan, places.keys & todo, from, wv_scan_private_key);
}
