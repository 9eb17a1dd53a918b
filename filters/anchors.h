/*
 * anchors.h — finds the few bytes at which a closer look is worth its time.
 *
 * Most bytes of a log begin nothing. These leaves skip them 16 at a time (SSE2, which every x86-64
 * has) or one by one elsewhere; both ways give the same answers, and the plain one is always built
 * so that a test can compare them.
 */
#ifndef WV_FILTERS_ANCHORS_H
#define WV_FILTERS_ANCHORS_H

#include "base/lanes.h"

enum {
    WV_ANCHOR_BLOCK = 64,
    WV_WORD_MAX = 15,
    WV_NUMBER_MIN = 6, /* digits that the shortest identifier has */
};

static inline bool wv_anchor_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* What stands where in a block: bit i is byte i. */
struct wv_block_marks {
    uint64_t points;
    uint64_t colons;
    uint64_t digits;
    uint64_t others; /* the @ of an e-mail, the = behind a name, the J of "eyJ" */
    uint64_t blanks; /* also a + that stands for one */
    uint64_t ends;   /* last letters of Bearer, Basic, Negotiate, NTLM */
    uint64_t leads;  /* of escapes */
    uint64_t equals; /* = and & alone, for queries */
    uint64_t ampersands;
    uint64_t letters;
    uint64_t hyphens;
    uint64_t unders;
    uint64_t slashes;
    uint64_t parens; /* ( and ) */
    uint64_t pluses;
    uint64_t wide; /* no ASCII */
};

static inline struct wv_block_marks wv_marks_plain(struct wv_slice block)
{
    struct wv_block_marks marks = {0};
    for (size_t i = 0; i < block.len; i++) {
        const uint8_t byte = block.ptr[i];
        const uint8_t lower = byte | 0x20;
        marks.points |= (uint64_t)(byte == '.') << i;
        marks.colons |= (uint64_t)(byte == ':') << i;
        marks.digits |= (uint64_t)wv_anchor_is_digit(byte) << i;
        marks.others |= (uint64_t)(byte == '@' || byte == '=' || byte == 'J') << i;
        marks.blanks |= (uint64_t)(byte == ' ' || byte == '\t' || byte == '+') << i;
        marks.ends |= (uint64_t)(lower == 'r' || lower == 'c' || lower == 'e' || lower == 'm') << i;
        marks.equals |= (uint64_t)(byte == '=') << i;
        marks.ampersands |= (uint64_t)(byte == '&') << i;
        marks.leads |= (uint64_t)(byte == '%' || byte == '\\' || byte == '&' || byte == 0xef) << i;
        marks.letters |= (uint64_t)(lower >= 'a' && lower <= 'z') << i;
        marks.hyphens |= (uint64_t)(byte == '-') << i;
        marks.unders |= (uint64_t)(byte == '_') << i;
        marks.slashes |= (uint64_t)(byte == '/') << i;
        marks.parens |= (uint64_t)(byte == '(' || byte == ')') << i;
        marks.pluses |= (uint64_t)(byte == '+') << i;
        marks.wide |= (uint64_t)(byte >= 0x80) << i;
    }
    return marks;
}

/* Colons, and the digits that may stand between two of them. */
struct wv_groups {
    uint64_t colons;
    uint64_t hexes;
};

static inline bool wv_anchor_is_hex(uint8_t byte)
{
    return wv_anchor_is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

static inline struct wv_groups wv_groups_plain(struct wv_slice block)
{
    struct wv_groups groups = {0};
    for (size_t i = 0; i < block.len; i++) {
        groups.colons |= (uint64_t)(block.ptr[i] == ':') << i;
        groups.hexes |= (uint64_t)wv_anchor_is_hex(block.ptr[i]) << i;
    }
    return groups;
}

/* Points with a digit on both sides that can be the first of three, as IPv4 has them: the next ones
 * follow in two to four bytes. What stands outside of the block may be anything. */
static inline uint64_t wv_quad_points(const struct wv_block_marks *marks, bool first, bool last)
{
    const uint64_t points = marks->points & (marks->digits << 1 | (uint64_t)!first) &
                            (marks->digits >> 1 | (uint64_t)!last << 63);
    if (points == 0) {
        return 0;
    }
    const uint64_t unseen = last ? 0 : ~(uint64_t)0 << 55; /* the third one may be in the next */
    const uint64_t seconds = points & (points >> 2 | points >> 3 | points >> 4 | unseen);
    return points & (seconds >> 2 | seconds >> 3 | seconds >> 4 | unseen);
}

/* Bit i: what bit i + by says. What stands behind the block may be anything. */
static inline uint64_t wv_ahead(uint64_t bits, unsigned by, bool last)
{
    return bits >> by | (last ? 0 : ~(uint64_t)0 << (WV_ANCHOR_BLOCK - by));
}

/* Places of a block at which identifiers may begin (detect.h says what of them stands there). */
struct wv_places {
    uint64_t numbers;
    uint64_t words;
    uint64_t accounts;
    uint64_t uuids;
    uint64_t macs;
    uint64_t points;
    uint64_t keys;
    uint64_t fours;
};

/* Up to three signs between two digits, with a parenthesis among them. signs: with parentheses. */
static inline uint64_t wv_paren_places(uint64_t parens, uint64_t signs, uint64_t digits,
                                       uint64_t behind, bool last)
{
    const uint64_t second = signs & wv_ahead(signs, 1, last);
    const uint64_t third = second & wv_ahead(signs, 2, last);
    const uint64_t two = parens | wv_ahead(parens, 1, last);
    const uint64_t three = two | wv_ahead(parens, 2, last);
    return behind &
           ((parens & wv_ahead(digits, 1, last)) | (second & two & wv_ahead(digits, 2, last)) |
            (third & three & wv_ahead(digits, 3, last)));
}

/* Six digits in a row; groups of digits with something between them; a sign of a telephone number.
 * before: the byte before the block, 0 for none. */
static inline uint64_t wv_number_places(const struct wv_block_marks *marks, uint8_t before,
                                        bool last)
{
    const uint64_t digits = marks->digits;
    const uint64_t behind = digits << 1 | (uint64_t)wv_anchor_is_digit(before);
    const uint64_t two = digits & wv_ahead(digits, 1, last);
    const uint64_t four = two & wv_ahead(two, 2, last);
    const uint64_t six = four & wv_ahead(two, 4, last);
    /* Behind a point stand two digits at least: versions and decimals are everywhere. */
    const uint64_t signs = marks->hyphens | marks->blanks | marks->slashes;
    const uint64_t joins =
        behind & ((signs & wv_ahead(digits, 1, last)) | (marks->points & wv_ahead(two, 1, last)));
    uint64_t pairs = wv_ahead(six, 1, last);
    for (unsigned by = 2; by <= WV_NUMBER_MIN; by++) {
        pairs |= wv_ahead(joins, by, last);
    }
    /* "935-3593", "04 12345": three digits on both sides, or two and five. */
    const uint64_t unseen = before == 0 ? 0 : 31;
    const uint64_t two_behind = behind << 1 | unseen;
    const uint64_t three_behind = two_behind & (behind << 2 | unseen);
    const uint64_t five_behind = three_behind & (behind << 3 | unseen) & (behind << 4 | unseen);
    const uint64_t five = four & wv_ahead(digits, 4, last);
    pairs |= (wv_ahead(two, 1, last) & five_behind) |
             (wv_ahead(two & wv_ahead(digits, 2, last), 1, last) & three_behind) |
             (wv_ahead(five, 1, last) & two_behind);
    uint64_t places = (six & ~behind) | (joins & pairs) |
                      (marks->pluses & wv_ahead(digits, 1, last)) |
                      (digits & wv_ahead(marks->wide, 1, last));
    /* "0351 - 41234" */
    places |= behind & marks->blanks & wv_ahead(marks->hyphens | marks->slashes, 1, last) &
              wv_ahead(marks->blanks, 2, last) & wv_ahead(digits, 3, last);
    /* A parenthesis of the next block may belong to the last signs of this one. */
    if ((marks->parens | (last ? 0 : signs >> (WV_ANCHOR_BLOCK - 2))) != 0) {
        places |= wv_paren_places(marks->parens, signs | marks->points | marks->parens, digits,
                                  behind, last);
    }
    return places;
}

static inline uint64_t wv_series(uint64_t bits, unsigned step, unsigned count, bool last)
{
    uint64_t series = bits;
    for (unsigned i = 1; i < count; i++) {
        series &= wv_ahead(bits, i * step, last);
    }
    return series;
}

/* What stands behind the first of four times four digits, with a sign or two blanks between them.
 */
static inline uint64_t wv_fours_places(const struct wv_block_marks *marks, uint64_t digit_behind,
                                       bool last)
{
    const uint64_t signs = marks->blanks | marks->hyphens | marks->points | marks->unders;
    const uint64_t four = wv_series(marks->digits, 1, 4, last);
    const uint64_t begins = signs & digit_behind &
                            (wv_ahead(four, 1, last) | (marks->blanks & wv_ahead(four, 2, last)));
    const uint64_t second = begins & (wv_ahead(begins, 5, last) | wv_ahead(begins, 6, last));
    return second & (wv_ahead(second, 5, last) | wv_ahead(second, 6, last));
}

static inline bool wv_anchor_is_alnum(uint8_t byte)
{
    return wv_anchor_is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static inline struct wv_places wv_places_of(const struct wv_block_marks *marks, uint8_t before,
                                            bool last)
{
    const uint64_t alnums = marks->letters | marks->digits;
    const uint64_t words = alnums | marks->hyphens | marks->unders;
    const uint64_t alnum_behind = alnums << 1 | (uint64_t)wv_anchor_is_alnum(before);
    const uint64_t word_behind =
        words << 1 | (uint64_t)(wv_anchor_is_alnum(before) || before == '-' || before == '_');
    const uint64_t digit_behind = marks->digits << 1 | (uint64_t)wv_anchor_is_digit(before);
    uint64_t run = words; /* of 16 */
    for (unsigned by = 1; by <= 8; by *= 2) {
        run &= wv_ahead(run, by, last);
    }
    return (struct wv_places){
        .numbers = wv_number_places(marks, before, last),
        .words = run & ~word_behind,
        .accounts = marks->letters & ~alnum_behind & wv_ahead(marks->letters, 1, last) &
                    wv_ahead(marks->digits, 2, last) & wv_ahead(marks->digits, 3, last),
        .uuids = wv_series(marks->hyphens, 5, 4, last),
        .macs = wv_series(marks->colons, 3, 5, last) | wv_series(marks->hyphens, 3, 5, last) |
                wv_series(marks->points, 5, 2, last),
        .points =
            marks->points & digit_behind & wv_ahead(wv_series(marks->digits, 1, 4, last), 1, last),
        .keys = wv_series(marks->hyphens, 1, 5, last) & wv_ahead(marks->letters, 5, last),
        .fours = wv_fours_places(marks, digit_behind, last),
    };
}

static inline bool wv_places_none(const struct wv_places *places)
{
    return (places->numbers | places->words | places->accounts | places->uuids | places->macs |
            places->points | places->keys | places->fours) == 0;
}

/* Whether two colons stand so near to each other as they do in IPv6: with at most four hexadecimal
 * digits between them. */
static inline bool wv_has_group(const struct wv_groups *groups)
{
    if ((groups->colons & (groups->colons - 1)) == 0) {
        return false; /* one colon, or none */
    }
    uint64_t reach = groups->colons << 1;
    uint64_t found = reach & groups->colons;
    for (size_t i = 0; i < 4; i++) {
        reach = (reach & groups->hexes) << 1;
        found |= reach & groups->colons;
    }
    return found != 0;
}

/* Letters, digits, - and _, with fewer digits than any identifier has: most names and values are
 * made of nothing else. */
static inline bool wv_anchor_is_plain(struct wv_slice text)
{
    bool plain = true;
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const uint8_t lower = byte | 0x20;
        digits += wv_anchor_is_digit(byte);
        plain = plain & (wv_anchor_is_digit(byte) || (lower >= 'a' && lower <= 'z') ||
                         byte == '-' || byte == '_');
    }
    return plain && digits < WV_NUMBER_MIN;
}

static inline bool wv_anchor_is_lead(uint8_t byte, bool plus)
{
    return byte == '%' || byte == '\\' || byte == '&' || byte == 0xef || (plus && byte == '+');
}

static inline size_t wv_anchor_lead_plain(struct wv_slice text, size_t at, bool plus)
{
    while (at < text.len && !wv_anchor_is_lead(text.ptr[at], plus)) {
        at++;
    }
    return at;
}

static inline size_t wv_alnum_end_plain(struct wv_slice text, size_t at)
{
    while (at < text.len && wv_anchor_is_alnum(text.ptr[at])) {
        at++;
    }
    return at;
}

#if defined(__SSE2__)

static inline uint64_t wv_anchor_bits(__m128i found, size_t at)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(found) << at;
}

WV_INLINE void wv_marks_add(struct wv_block_marks *marks, __m128i bytes, size_t at)
{
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i others =
        _mm_or_si128(_mm_or_si128(wv_lanes_equal(bytes, '@'), wv_lanes_equal(bytes, '=')),
                     wv_lanes_equal(bytes, 'J'));
    const __m128i blanks =
        _mm_or_si128(_mm_or_si128(wv_lanes_equal(bytes, ' '), wv_lanes_equal(bytes, '\t')),
                     wv_lanes_equal(bytes, '+'));
    marks->equals |= wv_anchor_bits(wv_lanes_equal(bytes, '='), at);
    marks->ampersands |= wv_anchor_bits(wv_lanes_equal(bytes, '&'), at);
    marks->points |= wv_anchor_bits(wv_lanes_equal(bytes, '.'), at);
    marks->colons |= wv_anchor_bits(wv_lanes_equal(bytes, ':'), at);
    marks->digits |= wv_anchor_bits(wv_lanes_range(bytes, '0', 10), at);
    marks->others |= wv_anchor_bits(others, at);
    marks->blanks |= wv_anchor_bits(blanks, at);
    marks->ends |=
        wv_anchor_bits(wv_lanes_either(wv_lanes_equal(lower, 'r'), wv_lanes_equal(lower, 'c'),
                                       wv_lanes_equal(lower, 'e'), wv_lanes_equal(lower, 'm')),
                       at);
    marks->leads |= wv_anchor_bits(
        wv_lanes_either(wv_lanes_equal(bytes, '%'), wv_lanes_equal(bytes, '\\'),
                        wv_lanes_equal(bytes, '&'), wv_lanes_equal(bytes, (char)0xef)),
        at);
    marks->letters |= wv_anchor_bits(wv_lanes_range(lower, 'a', 26), at);
    marks->hyphens |= wv_anchor_bits(wv_lanes_equal(bytes, '-'), at);
    marks->unders |= wv_anchor_bits(wv_lanes_equal(bytes, '_'), at);
    marks->slashes |= wv_anchor_bits(wv_lanes_equal(bytes, '/'), at);
    marks->parens |=
        wv_anchor_bits(_mm_or_si128(wv_lanes_equal(bytes, '('), wv_lanes_equal(bytes, ')')), at);
    marks->pluses |= wv_anchor_bits(wv_lanes_equal(bytes, '+'), at);
    marks->wide |= wv_anchor_bits(bytes, at);
}

/* A short plain word, which can hold nothing that is looked for: a token is longer, an identifier
 * has more digits. */
static inline bool wv_is_plain_word(struct wv_slice text)
{
    if (text.len > WV_WORD_MAX) {
        return false;
    }
    const __m128i bytes = wv_lanes_short(text);
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i digits = wv_lanes_range(bytes, '0', 10);
    const __m128i plain = wv_lanes_either(digits, wv_lanes_range(lower, 'a', 26),
                                          wv_lanes_equal(bytes, '-'), wv_lanes_equal(bytes, '_'));
    return wv_lanes_bits(plain) == (1U << text.len) - 1 &&
           __builtin_popcount(wv_lanes_bits(digits)) < WV_NUMBER_MIN;
}

/* The block has at most 64 bytes. The last 16 may be looked at twice: that sets the same bits. */
WV_INLINE struct wv_block_marks wv_marks_of(struct wv_slice block)
{
    struct wv_block_marks marks = {0};
    if (block.len < 16) {
        wv_marks_add(&marks, wv_lanes_short(block), 0);
        return marks;
    }
    const size_t last = block.len - 16;
    for (size_t at = 0; at < last; at += 16) {
        wv_marks_add(&marks, wv_lanes_load(block.ptr + at), at);
    }
    wv_marks_add(&marks, wv_lanes_load(block.ptr + last), last);
    return marks;
}

WV_INLINE void wv_groups_add(struct wv_groups *groups, __m128i bytes, size_t at)
{
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    groups->colons |= wv_anchor_bits(wv_lanes_equal(bytes, ':'), at);
    groups->hexes |= wv_anchor_bits(
        _mm_or_si128(wv_lanes_range(bytes, '0', 10), wv_lanes_range(lower, 'a', 6)), at);
}

WV_INLINE struct wv_groups wv_groups_of(struct wv_slice block)
{
    struct wv_groups groups = {0};
    if (block.len < 16) {
        wv_groups_add(&groups, wv_lanes_short(block), 0);
        return groups;
    }
    const size_t last = block.len - 16;
    for (size_t at = 0; at < last; at += 16) {
        wv_groups_add(&groups, wv_lanes_load(block.ptr + at), at);
    }
    wv_groups_add(&groups, wv_lanes_load(block.ptr + last), last);
    return groups;
}

static inline unsigned wv_anchor_leads_in(__m128i bytes, bool plus)
{
    const __m128i some =
        wv_lanes_either(wv_lanes_equal(bytes, '%'), wv_lanes_equal(bytes, '\\'),
                        wv_lanes_equal(bytes, '&'), wv_lanes_equal(bytes, (char)0xef));
    const __m128i blank = wv_lanes_equal(bytes, plus ? '+' : '%');
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(some, blank));
}

/* The offset of the first byte that may begin an escape, or text.len. */
static inline size_t wv_anchor_lead(struct wv_slice text, bool plus)
{
    if (text.len < 16) {
        const unsigned mask = wv_anchor_leads_in(wv_lanes_short(text), plus);
        return mask == 0 ? text.len : (size_t)__builtin_ctz(mask);
    }
    const size_t last = text.len - 16;
    for (size_t at = 0; at < last; at += 16) {
        const unsigned mask = wv_anchor_leads_in(wv_lanes_load(text.ptr + at), plus);
        if (mask != 0) {
            return at + (size_t)__builtin_ctz(mask);
        }
    }
    /* May look at bytes again that are known to begin nothing. */
    const unsigned mask = wv_anchor_leads_in(wv_lanes_load(text.ptr + last), plus);
    return mask == 0 ? text.len : last + (size_t)__builtin_ctz(mask);
}

/* Where the letters and digits end that stand at `at`; at <= text.len. */
static inline size_t wv_alnum_end(struct wv_slice text, size_t at)
{
    for (;; at += WV_LANES) {
        const struct wv_slice rest = {text.ptr + at, text.len - at};
        const __m128i bytes = rest.len < WV_LANES ? wv_lanes_short(rest) : wv_lanes_load(rest.ptr);
        const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        const unsigned others =
            0xffffU ^ wv_lanes_bits(_mm_or_si128(wv_lanes_range(bytes, '0', 10),
                                                 wv_lanes_range(lower, 'a', 26)));
        if (others != 0) {
            return at + (size_t)__builtin_ctz(others);
        }
    }
}

#else

static inline bool wv_is_plain_word(struct wv_slice text)
{
    return text.len <= WV_WORD_MAX && wv_anchor_is_plain(text);
}

WV_INLINE struct wv_block_marks wv_marks_of(struct wv_slice block)
{
    return wv_marks_plain(block);
}

WV_INLINE struct wv_groups wv_groups_of(struct wv_slice block)
{
    return wv_groups_plain(block);
}

static inline size_t wv_anchor_lead(struct wv_slice text, bool plus)
{
    return wv_anchor_lead_plain(text, 0, plus);
}

static inline size_t wv_alnum_end(struct wv_slice text, size_t at)
{
    return wv_alnum_end_plain(text, at);
}

#endif

#endif
