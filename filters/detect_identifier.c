/* detect_identifier.c — where identifiers may begin; those that a fixed pattern of separators
 * shows: UUIDs, MAC addresses, places on Earth. */
#include "filters/anchors.h"
#include "filters/detect.h"
#include "filters/validate.h"

enum {
    UUID_LENGTH = 36,
    RESOURCE_MAX = 192, /* bytes of an ARN before the id at its end */
    MAC_LENGTH = 17,
    MAC_DOTTED_LENGTH = 14,
    DEGREES_MAX = 3,
    DECIMALS_MIN = 4, /* 11 m */
    DECIMALS_MAX = 20,
    FOUR = 4,            /* digits of a group of a card, and groups */
    DECIDES_BEFORE = 5,  /* bytes on which the place of a number depends … */
    DECIDES_BEHIND = 12, /* … on both sides of it (anchors.h) */
};

/* Whether nothing in [from, to) ends the value of a parameter. */
static bool is_one_value(struct wv_slice text, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        if (text.ptr[at] <= ' ' || text.ptr[at] == ')') {
            return false;
        }
    }
    return true;
}

/* The value of a parameter, or its beginning, whose name is listed: then that decides
 * (detect_value.c), and is no further evidence. */
static bool is_announced(const struct wv_scan *scan, size_t from, size_t to)
{
    const struct wv_slice text = scan->text;
    size_t sign = from;
    sign -= sign > 0 && (text.ptr[sign - 1] == '"' || text.ptr[sign - 1] == '\'');
    if (sign == 0 || text.ptr[sign - 1] != '=' || !is_one_value(text, from, to)) {
        return false;
    }
    sign--;
    const struct wv_slice name =
        wv_slice_sub(text, sign > WV_CONTEXT_MAX ? sign - WV_CONTEXT_MAX : 0, sign);
    return wv_parameter_is_replaced(wv_parameters_find(scan->detection->parameters, name));
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
         (!wv_context_tells(scan, kind, context, &seen) || is_announced(scan, from, to)))) {
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

/* Whether the word that ends before `at` begins as the name of a resource of AWS does. */
static bool is_resource(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    size_t from = at;
    while (from > 0 && at - from < RESOURCE_MAX && text.ptr[from - 1] > ' ' &&
           text.ptr[from - 1] != '"' && text.ptr[from - 1] != '\'' && text.ptr[from - 1] != ',') {
        from--;
    }
    scan->hits->steps += at - from;
    return wv_slice_starts(wv_slice_sub(text, from, at), WV_LIT("arn:"));
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
        const bool last = i + 1 == WV_COUNT(groups);
        if (!is_hex_group(text, at, groups[i]) ||
            (!last && wv_byte_at(text, at + groups[i]) != '-')) {
            return;
        }
        at += groups[i] + 1U;
    }
    if (from > 0 && text.ptr[from - 1] == '/' && is_resource(scan, from)) {
        return; /* it names the customer's firewall, not a device */
    }
    wv_scan_identifier(scan, WV_HIT_UUID, WV_EVIDENCE_SHAPE, from, from, from + UUID_LENGTH);
}

/* IEEE 802: six pairs with colons or hyphens, or three groups of four with points. Without a letter
 * it is one only with colons: six numbers with hyphens are a time or a list. */
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
    if (to > text.len) {
        return;
    }
    const uint8_t before = from > 0 ? text.ptr[from - 1] : 0;
    const uint8_t after = wv_byte_at(text, to);
    if (!scan->detection->loose && (wv_is_word(before) || before == sign || wv_is_word(after) ||
                                    (after == sign && is_hex_at(text, to + 1)))) {
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
    if (lettered || sign == ':') {
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
    while (wv_is_digit(wv_byte_at(text, next))) {
        next++;
    }
    return wv_byte_at(text, next) == '.' && wv_is_digit(wv_byte_at(text, next + 1));
}

/* Whether a number with decimals and a comma stand before `at`. */
static bool went_before(struct wv_slice text, size_t at)
{
    at -= at > 0 && (wv_is_blank(text.ptr[at - 1]) || text.ptr[at - 1] == '+');
    if (at == 0 || text.ptr[at - 1] != ',') {
        return false;
    }
    size_t from = at - 1;
    while (from > 0 && at - from < DECIMALS_MAX && wv_is_digit(text.ptr[from - 1])) {
        from--;
    }
    return from < at - 1 && from > 0 && text.ptr[from - 1] == '.';
}

/* Whether a blank and one more pair stand at `at`: points of a drawing. */
static bool pair_follows(struct wv_slice text, size_t at)
{
    if (!wv_is_blank(wv_byte_at(text, at))) {
        return false;
    }
    size_t to = at + 1 + (wv_byte_at(text, at + 1) == '-');
    const size_t from = to;
    while (to - from < DECIMALS_MAX &&
           (wv_is_digit(wv_byte_at(text, to)) || wv_byte_at(text, to) == '.')) {
        to++;
    }
    const uint8_t next = wv_byte_at(text, to + 1);
    return to > from && wv_byte_at(text, to) == ',' && (wv_is_digit(next) || next == '-');
}

/* Whether one more pair and a blank stand before `at`. */
static bool pair_precedes(struct wv_slice text, size_t at)
{
    size_t from = at;
    if (at < 2 || !wv_is_blank(text.ptr[at - 1])) {
        return false;
    }
    from--;
    const size_t to = from;
    while (from > 0 && to - from < DECIMALS_MAX &&
           (wv_is_digit(text.ptr[from - 1]) || text.ptr[from - 1] == '.')) {
        from--;
    }
    from -= from > 0 && text.ptr[from - 1] == '-';
    return from < to && from > 1 && text.ptr[from - 1] == ',' && wv_is_digit(text.ptr[from - 2]);
}

/* "translate(1.8355,1.5458)": the function before the parenthesis draws. */
static bool is_drawn(struct wv_slice text, size_t at)
{
    static const char *const functions[] = {"translate", "scale", "skew", "rotate"};
    size_t from = at;
    if (at == 0 || text.ptr[at - 1] != '(') {
        return false;
    }
    from--;
    for (size_t i = 0; i < WV_COUNT(functions); i++) {
        const struct wv_slice name = wv_slice_of(functions[i]);
        if (from >= name.len &&
            wv_slice_eq_nocase(wv_slice_sub(text, from - name.len, from), name)) {
            return true;
        }
    }
    return false;
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
        (after == '.' && wv_is_digit(wv_byte_at(text, second.to + 1))) ||
        (first.whole > 90 && second.whole > 90) || goes_on(text, second.to) ||
        went_before(text, first.from) || pair_follows(text, second.to) ||
        pair_precedes(text, first.from) || is_drawn(text, first.from)) {
        return;
    }
    wv_scan_identifier(scan, WV_HIT_GEO, WV_EVIDENCE_SHAPE, first.from, first.from, second.to);
}

static bool is_alnum(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte);
}

/* The length of what stands between two groups of a card; 0: nothing does. */
static size_t card_sign(struct wv_slice text, size_t at)
{
    const uint8_t sign = wv_byte_at(text, at);
    return sign == ' ' && wv_byte_at(text, at + 1) == ' '             ? 2
           : sign == ' ' || sign == '-' || sign == '.' || sign == '_' ? 1
                                                                      : 0;
}

/* Whether one more number stands beside what is in [from, to), with an underscore between them. */
static bool is_in_list(struct wv_slice text, size_t from, size_t to)
{
    return (from > 1 && text.ptr[from - 1] == '_' && wv_is_digit(text.ptr[from - 2])) ||
           (wv_byte_at(text, to) == '_' && wv_is_digit(wv_byte_at(text, to + 1)));
}

/* A card in fours with underscores, two blanks, or not the same sign everywhere: with the same one
 * it is a number (detect_number.c). */
void wv_scan_fours(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    uint8_t digits[FOUR * FOUR];
    bool same = true;
    scan->hits->steps += sizeof digits;
    const bool loose = scan->detection->loose;
    if (at < FOUR || (at > FOUR && !loose && is_alnum(text.ptr[at - FOUR - 1]))) {
        return;
    }
    const size_t from = at - FOUR;
    size_t to = from;
    for (size_t i = 0; i < FOUR; i++) {
        const size_t gap = i == 0 ? 0 : card_sign(text, to);
        same = same && (i == 0 || (gap == 1 && text.ptr[to] == text.ptr[at]));
        to += gap;
        if ((i > 0 && gap == 0) || text.len - to < FOUR) {
            return;
        }
        memcpy(digits + i * FOUR, text.ptr + to, FOUR);
        to += FOUR;
    }
    if ((!loose && is_alnum(wv_byte_at(text, to))) || (same && text.ptr[at] != '_')) {
        return;
    }
    const struct wv_slice card = {digits, sizeof digits};
    if (wv_valid_card(card) && !is_in_list(text, from, to)) {
        wv_scan_identifier(scan, WV_HIT_PAN, WV_EVIDENCE_SHAPE, from, from, to);
    }
}

static void scan_each(struct wv_scan *scan, uint64_t places, size_t from,
                      void (*look)(struct wv_scan *, size_t))
{
    for (; wv_unlikely(places != 0); places &= places - 1) {
        look(scan, from + (size_t)__builtin_ctzll(places));
    }
}

/* Without the places near the ends of the block that are none: there the block does not show what
 * decides, so it is looked at around them. What is found must not depend on where it stands. */
static uint64_t certain_numbers(const struct wv_scan *scan, uint64_t numbers, size_t from,
                                bool last)
{
    const uint64_t ends = (from > 0 ? ((uint64_t)1 << DECIDES_BEFORE) - 1 : 0) |
                          (last ? 0 : ~(uint64_t)0 << (WV_ANCHOR_BLOCK - DECIDES_BEHIND));
    for (uint64_t left = numbers & ends; wv_unlikely(left != 0); left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        const size_t at = from + bit;
        const size_t start = at > DECIDES_BEFORE ? at - DECIDES_BEFORE - 1 : 0;
        const size_t rest = scan->text.len - start;
        const struct wv_block_marks marks = wv_marks_of((struct wv_slice){
            scan->text.ptr + start, rest < WV_ANCHOR_BLOCK ? rest : WV_ANCHOR_BLOCK});
        const uint8_t before = start > 0 ? scan->text.ptr[start - 1] : 0;
        const uint64_t places = wv_number_places(&marks, before, rest <= WV_ANCHOR_BLOCK);
        numbers &= ~((~places >> (at - start) & 1) << bit);
    }
    return numbers;
}

void wv_scan_identifiers(struct wv_scan *scan, const struct wv_block_marks *marks, size_t from,
                         bool last, uint64_t todo)
{
    const uint8_t before = from > 0 ? scan->text.ptr[from - 1] : 0;
    const struct wv_places places = wv_places_of(marks, before, last);
    if (wv_places_none(&places)) {
        return;
    }
    const uint64_t numbers = certain_numbers(scan, places.numbers & todo, from, last);
    scan_each(scan, numbers, from, wv_scan_number);
    scan_each(scan, places.words & todo, from, wv_scan_word);
    scan_each(scan, places.words & todo, from, wv_scan_base64);
    scan_each(scan, places.accounts & todo, from, wv_scan_account);
    scan_each(scan, places.uuids & todo, from, wv_scan_uuid);
    scan_each(scan, places.macs & todo, from, wv_scan_mac);
    scan_each(scan, places.points & todo, from, wv_scan_place);
    scan_each(scan, places.keys & todo, from, wv_scan_private_key);
    scan_each(scan, places.fours & todo, from, wv_scan_fours);
}
